//! `apposite serve`: the service, as configured. Without a configuration: the development profile.

use super::config::{self, Overrides};
use super::{Failure, files, print, store, wiring};
use crate::config::{Config, Profile};
use crate::service::auth::SetupError;
use crate::service::gather::BaseFault;
use crate::service::{
    self, About, Callers, Decide as _, Ended, Entrances, FhirReach, Limits, Origins, Rate, Settings, Tls,
    TlsFiles, telemetry,
};
use anyhow::Context as _;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// What to do about a file of authorities.
const AUTHORITIES_HELP: &str = "give the certificates of the authorities as PEM";

/// How long the store may take to write what waits, once every call is answered.
const STORE_TIME: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The configuration file; `apposite config example` prints one with every setting explained
    #[arg(long, value_name = "FILE", env = "APPOSITE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Listen beyond this machine although callers are not authenticated
    #[arg(long)]
    allow_remote: bool,
    /// Leave out the console
    #[arg(long)]
    no_console: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut config = config::effective(arguments.config.as_deref(), &arguments.overrides)?;
    config.admin.console &= !arguments.no_console;
    config::refuse_problems(arguments.config.as_deref(), &config)?;
    refuse_open_door(&config, arguments.allow_remote)?;
    files::check_folder(config.cards.as_deref())?;
    refuse_unapproved(&config)?;
    let decide = wiring::decide_configured(&config)?;
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the service")?;
    let outcome = runtime.block_on(async {
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|e| taken(config.listen, &e))?;
        let address = listener.local_addr().context("cannot tell the address in use")?;
        let mut settings = settings(&config, address)?;
        let kept = store::open(&config).await?;
        settings.callers = settings.callers.sharing(kept.as_ref());
        settings.store = kept.clone();
        let tls = tls(&config)?;
        let admin = admin(&config).await?;
        settings.pages = wiring::console(&config, &decide)?;
        let console = admin.as_ref().and_then(|admin| admin.local_addr().ok());
        let console = console.filter(|_| settings.pages.is_some());
        // Before the banner: who has read the banner may send signals.
        let mut end = Signals::new()?;
        if let Some(tls) = tls.clone() {
            let mut hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
            tokio::spawn(tls.keep_current(async move || {
                hangup.recv().await;
            }));
        }
        print(&banner(
            address,
            decide.about(),
            &config,
            &store::described(&config, kept.as_ref()),
            console,
        ))?;
        tracing::info!(%address, "serving");
        let entrances = Entrances {
            calls: listener,
            tls,
            admin,
        };
        let ended = service::serve(entrances, decide, settings, end.first()).await;
        if let Some(store) = kept {
            // What waits is written if the store takes it; a store that hangs holds up nobody's end.
            let _ = tokio::time::timeout(STORE_TIME, store.close()).await;
        }
        Ok::<_, anyhow::Error>(ended)
    });
    // Calls that were cut are still running on the threads; they get no say in when the process ends.
    runtime.shutdown_timeout(Duration::ZERO);
    match outcome? {
        Ended::Drained => tracing::info!("ended, every call answered"),
        Ended::Cut { connections } => {
            tracing::warn!(connections, "ended, some calls took too long and were cut")
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Beyond this machine somebody must check who calls, and nobody may listen in.
fn refuse_open_door(config: &Config, allow_remote: bool) -> Result<(), Failure> {
    if config.listen.ip().is_loopback() || allow_remote {
        return Ok(());
    }
    let open = format!("`{}`: this address is open to other machines", config.listen);
    if config.clients.is_empty() {
        let what = format!("{open}, and callers are not authenticated");
        let help = "listen on 127.0.0.1, register clients in a configuration file, or add --allow-remote if something \
                    in front checks who calls";
        return Err(Failure::new(what, help));
    }
    if !config.tls_ends_upstream && config.tls.certificate.is_none() {
        let what = format!("{open}, and the connection is not encrypted");
        let help = "set `[tls]`, put a TLS proxy in front and say `tls_ends_upstream = true`, or listen on 127.0.0.1";
        return Err(Failure::new(what, help));
    }
    Ok(())
}

/// The listener for health, metrics and the console. Where nobody has said which port, any free one will do.
async fn admin(config: &Config) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = config.admin_listen() else {
        return Ok(None);
    };
    let listener = match TcpListener::bind(address).await {
        Err(error) if config.admin.listen.is_none() && error.kind() == ErrorKind::AddrInUse => {
            TcpListener::bind((address.ip(), 0)).await
        }
        other => other,
    };
    listener.map(Some).map_err(|error| taken(address, &error))
}

/// The certificate and key, if this service speaks TLS itself.
fn tls(config: &Config) -> Result<Option<Tls>, Failure> {
    let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) else {
        return Ok(None);
    };
    let files = TlsFiles {
        certificate: certificate.clone(),
        key: key.clone(),
        client_ca: config.tls.client_ca.clone(),
        client_required: config.tls.client_required,
    };
    let time = Duration::from_secs(config.tls.handshake_seconds.into());
    let help = "give PEM files: the certificate first, then those in between; and its private key without a password";
    Tls::load(files, time)
        .map(Some)
        .map_err(|fault| Failure::new(fault.to_string(), help))
}

/// How clients address us, where no proxy is in between.
fn scheme(config: &Config) -> &'static str {
    if config.tls.certificate.is_some() {
        "https"
    } else {
        "http"
    }
}

/// Patients get advice from approved knowledge within its review date only; there is no way round it.
fn refuse_unapproved(config: &Config) -> anyhow::Result<()> {
    let forbidden = wiring::forbidden(config.cards.as_deref(), config.profile.into(), service::today())?;
    match forbidden {
        None => Ok(()),
        Some(told) => Err(Failure::new(
            format!("the knowledge is not approved for the production profile\n\n{told}"),
            "serve approved knowledge (`--cards DIR`), or try this one with the development profile",
        )
        .into()),
    }
}

/// What the service is told of the configuration.
pub(super) fn settings(config: &Config, address: SocketAddr) -> anyhow::Result<Settings> {
    let seconds = |s: u32| Duration::from_secs(s.into());
    let l = &config.limits;
    let limits = Limits {
        body_bytes: l.body_bytes,
        head_time: seconds(l.head_seconds),
        body_time: seconds(l.body_seconds),
        idle_time: seconds(l.idle_seconds),
        answer_time: Duration::from_millis(l.answer_millis.into()),
        leave_time: seconds(l.leave_seconds),
        drain_time: seconds(l.drain_seconds),
        connections: l.connections,
        calls: l.calls,
        anybody: Rate::limit(l.rate_per_second, l.burst),
        // Behind a proxy all calls come from one address: a stranger's failures would shut everybody out.
        failures: Rate::limit(l.failures_per_second, l.failures_burst).filter(|_| !config.tls_ends_upstream),
    };
    let mut origins = match config.profile {
        Profile::Development => Origins::development(),
        Profile::Production => Origins::default(),
    };
    origins.exact.extend(config.cors_origins());
    Ok(Settings {
        limits,
        origins,
        callers: callers(config, address)?,
        fhir: fhir_reach(config)?,
        ..Settings::development()
    })
}

/// Who may call: the clients registered, or anybody if there are none.
pub(super) fn callers(config: &Config, address: SocketAddr) -> Result<Callers, Failure> {
    if config.clients.is_empty() {
        return Ok(Callers::anybody());
    }
    let bases = match &config.base_url {
        Some(base) => vec![base.clone()],
        None => vec![
            format!("{}://{address}", scheme(config)),
            format!("{}://localhost:{}", scheme(config), address.port()),
        ],
    };
    let registered = Callers::registered(&config.clients, &bases, config.discovery_needs_token);
    registered.map_err(|error| {
        let help = match &error {
            SetupError::Address { .. } => "write an address as browsers show it",
            SetupError::File { .. } => "give the JWK Set of this client, as JSON",
            SetupError::Authorities { .. } => AUTHORITIES_HELP,
            SetupError::Tls { .. } => {
                "install the certificates of authorities, or name a file of them in SSL_CERT_FILE"
            }
        };
        Failure::new(error.to_string(), help)
    })
}

/// Which FHIR servers each client lets us ask; none without clients.
pub(super) fn fhir_reach(config: &Config) -> Result<FhirReach, Failure> {
    FhirReach::limited(&config.clients, &config.fhir).map_err(|error| {
        let help = match &error.fault {
            BaseFault::NoBase { .. } => "write the base as the EHR sends it in `fhirServer`",
            BaseFault::PlainHttp { .. } => "use https",
            BaseFault::Address { .. } => {
                "check where this FHIR server is, and say so if it is where it should be"
            }
            BaseFault::Authorities(_) => AUTHORITIES_HELP,
            BaseFault::Client { .. } => {
                "install the certificates of authorities, or name a file of them in SSL_CERT_FILE"
            }
        };
        Failure::new(error.to_string(), help)
    })
}

/// The two polite ways to ask a process to end.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn first(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn taken(address: SocketAddr, error: &std::io::Error) -> Failure {
    let (why, help) = match error.kind() {
        ErrorKind::AddrInUse => (
            "another program listens there",
            "end that program, or choose another port: `--listen 127.0.0.1:0` takes any free one",
        ),
        ErrorKind::PermissionDenied => ("this user may not listen there", "choose a port from 1024 up"),
        ErrorKind::AddrNotAvailable => ("this machine does not have this address", "listen on 127.0.0.1"),
        _ => ("cannot listen there", "try `--listen 127.0.0.1:0`"),
    };
    Failure::new(format!("`{address}`: {why}"), help)
}

/// What is served and how to see it work, on one screen.
fn banner(
    address: SocketAddr,
    about: &About,
    config: &Config,
    store: &str,
    console: Option<SocketAddr>,
) -> String {
    use std::fmt::Write as _;
    let base = format!("{}://{address}", scheme(config));
    let program = std::env::args().next().unwrap_or_else(|| "apposite".to_owned());
    let mut text = format!("apposite {} listens on {base}\n\n", env!("CARGO_PKG_VERSION"));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  {:<13} GET  {base}/cds-services", "discovery");
    for service in &about.services {
        let _ = writeln!(
            text,
            "  {:<13} POST {base}/cds-services/{}",
            service.hook, service.id
        );
    }
    let _ = writeln!(text, "  {:<13} GET  {base}/health/ready", "health");
    let _ = writeln!(text, "  {:<13} {}", "knowledge", about.knowledge);
    let _ = writeln!(text, "  {:<13} {store}", "store");
    let clients = config.clients.len();
    let callers = match clients {
        0 => "callers are not authenticated".to_owned(),
        1 => "one client is registered".to_owned(),
        many => format!("{many} clients are registered"),
    };
    let profile = match config.profile {
        Profile::Development => format!("development: {callers}; for trial data only"),
        Profile::Production => format!("production: {callers}"),
    };
    let _ = writeln!(text, "  {:<13} {profile}\n", "profile");
    if let Some(console) = console {
        let _ = writeln!(text, "Open in a browser:\n\n  http://{console}/console\n");
    } else if config.admin.console
        && config
            .admin
            .listen
            .is_some_and(|listen| !listen.ip().is_loopback())
    {
        let _ = writeln!(
            text,
            "No console: beyond this machine it needs `admin.operator_token_sha256`.\n"
        );
    }
    if let Some(service) = about.services.first()
        && clients == 0
    {
        let _ = writeln!(
            text,
            "See a card:\n\n  {program} example | curl -sS -H 'Content-Type: application/json' --data-binary @- \
             {base}/cds-services/{}\n",
            service.id
        );
    }
    text.push_str("Ctrl-C ends it.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a configuration everything is as it is without the configuration's code.
    #[test]
    fn the_defaults_of_the_file_are_those_of_the_service() {
        let config = Config::default();
        let settings = settings(&config, config.listen).unwrap();
        assert_eq!(settings.limits, Limits::default());
        assert_eq!(settings.origins, Origins::development());
        assert_eq!(format!("{:?}", settings.callers), "Callers(anybody)");
    }

    #[test]
    fn production_has_only_the_origins_it_lists() {
        let config = Config {
            profile: Profile::Production,
            ..Config::default()
        };
        assert_eq!(
            settings(&config, config.listen).unwrap().origins,
            Origins::default()
        );
    }
}
