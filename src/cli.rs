//! The commands, as the user types them.
//!
//! Here are arguments, files, standard streams and exit codes; what the commands *do* lives behind
//! [`wiring`]. Messages are lower case, name the place first, and say what to do. Exit codes: 0 done, 1 failed (for
//! `knowledge diff`: something changes), 2 wrong usage.

mod agreements;
mod codes;
mod config;
mod evaluate;
mod example;
mod explain;
mod files;
mod knowledge;
mod lines;
mod modes;
mod report;
mod serve;
mod simulate;
mod store;
mod switch;
pub mod wiring;

pub use explain::{Explain, Form};
pub use knowledge::{DiffForm, Report};

use clap::{Parser, Subcommand};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// CDS Hooks decision support: is the imaging ordered for this tumour the right one?
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer CDS Hooks calls over HTTP
    Serve(serve::Arguments),
    /// Play an EHR against this service or any other: sign, serve a record, call, show and check the cards
    Simulate(simulate::Arguments),
    /// Print a request to try the service with
    Example(example::Arguments),
    /// Show how one request is judged, rule by rule
    Explain(explain::Arguments),
    /// Replay a hospital's own history: how often would the service have spoken, and on which orders?
    Evaluate(Box<evaluate::Arguments>),
    /// Check a configuration file, or print one with every setting explained
    Config(config::Arguments),
    /// Check the knowledge in `cards/`
    Knowledge(knowledge::Arguments),
    /// Check a map of local codes, and find the codes it lacks
    Codes(codes::Arguments),
    /// Report what fires, what clinicians do with it and what to look at
    Report(report::Arguments),
    /// Take a service, a rule or a client out of service at once, and back
    Switch(switch::Arguments),
}

/// The folder the knowledge is read from.
#[derive(Debug, clap::Args)]
struct Cards {
    /// Read the knowledge from this folder instead of the one built in
    #[arg(long = "cards", value_name = "DIR", env = "APPOSITE_CARDS")]
    folder: Option<PathBuf>,
}

/// A site's own codes.
#[derive(Debug, clap::Args)]
struct LocalCodes {
    /// What the site's own codes mean: a CSV file, see `deploy/local-codes.md`
    #[arg(long = "local-codes", value_name = "FILE", env = "APPOSITE_LOCAL_CODES")]
    file: Option<PathBuf>,
}

/// A failure the user can mend: what and where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    what: String,
    help: String,
}

impl Failure {
    /// A failure in the words the user reads.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            help: help.into(),
        }
    }
}

/// Parses the command line, runs the command, reports what went wrong.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Example(arguments) => example::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Knowledge(arguments) => knowledge::run(&arguments),
        Command::Codes(arguments) => codes::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Switch(arguments) => switch::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        // With standard error closed there is nobody left to tell.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        if let Some(failure) = error.downcast_ref::<Failure>() {
            let _ = writeln!(io::stderr(), "help: {}", failure.help);
        }
        ExitCode::FAILURE
    })
}

/// Writes to standard output; a reader that has gone away (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
