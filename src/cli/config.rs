//! `apposite config`: checks a configuration file, shows what is in effect, explains every setting.
//!
//! Here too is where the file, the environment and the options of the command line come together.

use super::{Failure, agreements, files, print, serve, wiring};
use crate::config::{Config, Problem, Profile, reference};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Report everything that is wrong or unsafe in a configuration
    Check(Chosen),
    /// Print the configuration in effect: defaults, file, environment and options together
    Print(Chosen),
    /// Print an example file that explains every setting
    Example,
    /// Show what a dialect says of a kind of EHR, and where it has that from; without a name, list them
    Dialect {
        /// The dialect, or a file that ends in `.toml`
        name: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Chosen {
    /// The configuration file; without one, the defaults
    #[arg(value_name = "FILE", env = "APPOSITE_CONFIG")]
    file: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

/// What goes before the file.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Overrides {
    /// What the service is used for
    #[arg(long, value_enum, env = "APPOSITE_PROFILE")]
    pub(super) profile: Option<Profile>,
    /// Where to listen; port 0 takes any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "APPOSITE_LISTEN")]
    pub(super) listen: Option<SocketAddr>,
    /// The address of the service as clients see it
    #[arg(long, value_name = "URL", env = "APPOSITE_BASE_URL")]
    pub(super) base_url: Option<String>,
    /// Read the knowledge from this folder instead of the one built in
    #[arg(long = "cards", value_name = "DIR", env = "APPOSITE_CARDS")]
    pub(super) cards: Option<PathBuf>,
    /// What the site's own codes mean: a CSV file, see `deploy/local-codes.md`
    #[arg(long = "local-codes", value_name = "FILE", env = "APPOSITE_LOCAL_CODES")]
    pub(super) local_codes: Option<PathBuf>,
    /// Where decisions and feedback are kept: `sqlite:FILE`, `postgres://…` or `none`
    #[arg(long = "store", value_name = "URL", env = "APPOSITE_STORE")]
    pub(super) store: Option<String>,
    /// How callers speak CDS Hooks where no client is registered; `apposite config dialect` lists what there is
    #[arg(long, value_name = "NAME", env = "APPOSITE_DIALECT")]
    pub(super) dialect: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Check(chosen) => {
            let config = effective(chosen.file.as_deref(), &chosen.overrides)?;
            let what = match config.profile {
                Profile::Development => "development",
                Profile::Production => "production",
            };
            refuse_problems(chosen.file.as_deref(), &config)?;
            serve::callers(&config, config.listen)?;
            serve::fhir_reach(&config)?;
            wiring::check_agreements(&config)?;
            let clients = match config.clients.len() {
                0 => "nobody is registered, so anybody may call".to_owned(),
                1 => "one client is registered".to_owned(),
                many => format!("{many} clients are registered"),
            };
            print(&format!("fit for the {what} profile; {clients}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Print(chosen) => {
            let config = effective(chosen.file.as_deref(), &chosen.overrides)?;
            print(&config.to_toml().context("a path is not UTF-8 text")?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Example => {
            print(&reference::example())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Dialect { name } => {
            print(&agreements::told(name.as_deref())?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The file with what goes before it.
pub(super) fn effective(file: Option<&Path>, overrides: &Overrides) -> anyhow::Result<Config> {
    let mut config = match file {
        None => Config::default(),
        Some(file) => read(file)?,
    };
    if let Some(profile) = overrides.profile {
        config.profile = profile;
    }
    if let Some(listen) = overrides.listen {
        config.listen = listen;
    }
    config.base_url = overrides.base_url.clone().or(config.base_url);
    config.cards = overrides.cards.clone().or(config.cards);
    config.local_codes = overrides.local_codes.clone().or(config.local_codes);
    config.store.url = overrides.store.clone().or(config.store.url);
    config.dialect = overrides.dialect.clone().unwrap_or(config.dialect);
    Ok(config)
}

fn read(file: &Path) -> anyhow::Result<Config> {
    let what = |problem: &str| format!("`{}`: {problem}", file.display());
    let help = "`apposite config example` prints a file with every setting explained";
    let bytes = files::read_with(file, help)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(what("is not UTF-8 text"), help))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let config = Config::parse(&text, folder);
    Ok(config.map_err(|error| Failure::new(what(&error.to_string()), help))?)
}

/// Refuses a configuration that is contradictory or unsafe, and says all that is wrong with it.
pub(super) fn refuse_problems(file: Option<&Path>, config: &Config) -> Result<(), Failure> {
    let problems = config.problems();
    if problems.is_empty() {
        return Ok(());
    }
    let from = file.map_or("the configuration".to_owned(), |f| format!("`{}`", f.display()));
    let told = problems
        .iter()
        .fold(String::new(), |mut text, problem: &Problem| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{problem}");
            text
        });
    let count = match problems.len() {
        1 => "one problem".to_owned(),
        many => format!("{many} problems"),
    };
    Err(Failure::new(
        format!("{from} has {count}\n\n{told}"),
        "`apposite config check` shows this again; `apposite config example` explains every setting",
    ))
}
