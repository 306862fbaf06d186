//! `apposite serve`: the service in its development profile.

use super::{Cards, Failure, LocalCodes, files, print, wiring};
use crate::service::{self, About, Ended, Settings, telemetry};
use anyhow::Context as _;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to listen; port 0 takes any free port
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080",
        env = "APPOSITE_LISTEN"
    )]
    listen: SocketAddr,
    /// Listen beyond this machine although callers are not authenticated
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    cards: Cards,
    #[command(flatten)]
    local_codes: LocalCodes,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if !arguments.listen.ip().is_loopback() && !arguments.allow_remote {
        let what = format!(
            "`{}`: this address is open to other machines, and callers are not authenticated",
            arguments.listen
        );
        let help = "listen on 127.0.0.1, or add --allow-remote if something in front checks who calls";
        return Err(Failure::new(what, help).into());
    }
    files::check_folder(arguments.cards.folder.as_deref())?;
    let decide = wiring::decide(
        arguments.cards.folder.as_deref(),
        arguments.local_codes.file.as_deref(),
    )?;
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the service")?;
    let outcome = runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen)
            .await
            .map_err(|e| taken(arguments.listen, &e))?;
        let address = listener.local_addr().context("cannot tell the address in use")?;
        // Before the banner: who has read the banner may send signals.
        let mut end = Signals::new()?;
        print(&banner(address, decide.about()))?;
        tracing::info!(%address, "serving");
        let serving = service::serve(listener, decide, Settings::development(), end.first());
        Ok::<_, anyhow::Error>(serving.await)
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
fn banner(address: SocketAddr, about: &About) -> String {
    use std::fmt::Write as _;
    let base = format!("http://{address}");
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
    let _ = writeln!(
        text,
        "  {:<13} development: callers are not authenticated; for trial data only\n",
        "profile"
    );
    if let Some(service) = about.services.first() {
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
