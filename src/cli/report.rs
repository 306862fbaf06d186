//! `apposite report`: what fires, what clinicians do with it and what to look at, from the store.

use super::config::{self, Overrides};
use super::{Failure, print, store};
use crate::insight::{Filter, Mode, csv};
use crate::report;
use crate::service::{history, today};
use anyhow::Context as _;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The configuration file of the service
    #[arg(long, value_name = "FILE", env = "APPOSITE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// The file to write; without one, standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value = "html")]
    format: Format,
    /// The first day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,
    /// The last day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,
    /// The last so many days, instead of a first one
    #[arg(long, value_name = "NUMBER", conflicts_with = "from")]
    days: Option<String>,
    /// Only calls of this client
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Only cards of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only this clinical question
    #[arg(long, value_name = "KEY")]
    scenario: Option<String>,
    /// Only this study
    #[arg(long, value_name = "KEY")]
    study: Option<String>,
    /// Only this version of the knowledge
    #[arg(long, value_name = "VERSION")]
    knowledge: Option<String>,
    /// Only this version of the program
    #[arg(long = "service-version", value_name = "VERSION")]
    version: Option<String>,
    /// Only cards that were shown, or kept back
    #[arg(long, value_name = "MODE", value_parser = Mode::ALL.map(Mode::key))]
    mode: Option<String>,
    /// Calls that are read at most, the earliest first
    #[arg(long, value_name = "NUMBER", default_value_t = 5_000_000)]
    most: usize,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// One page to open in a browser
    Html,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let filter = arguments.filter()?;
    let config = config::effective(arguments.config.as_deref(), &arguments.overrides)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let talks = io::stderr().is_terminal();
    let insight = runtime.block_on(async {
        let store = store::needed(&config).await?;
        let progress = |read: usize| {
            if talks {
                // Whoever waits sees that it goes on.
                let _ = write!(io::stderr(), "\r{read} calls read ");
            }
        };
        let insight = history::insight(&store, &filter, arguments.most, progress).await;
        insight.context("the store cannot be read")
    });
    if talks {
        let _ = writeln!(io::stderr());
    }
    let insight = insight?;
    let text = match arguments.format {
        Format::Html => report::html(
            &insight,
            &jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        ),
        Format::Json => serde_json::to_string_pretty(&insight)? + "\n",
        Format::Csv => csv(&insight),
    };
    match &arguments.out {
        None => print(&text)?,
        Some(file) => {
            fs::write(file, text).with_context(|| format!("`{}`: cannot be written", file.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn filter(&self) -> Result<Filter, Failure> {
        let given = [
            ("from", &self.from),
            ("to", &self.to),
            ("days", &self.days),
            ("client", &self.client),
            ("kind", &self.kind),
            ("scenario", &self.scenario),
            ("study", &self.study),
            ("knowledge", &self.knowledge),
            ("version", &self.version),
            ("mode", &self.mode),
        ];
        let pairs = given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        Filter::of(pairs, today())
            .map_err(|fault| Failure::new(fault.to_string(), "`apposite report --help` shows how"))
    }
}
