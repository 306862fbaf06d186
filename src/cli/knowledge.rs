//! `apposite knowledge`: lets the knowledge check itself.

use super::{Cards, files, print, wiring};
use std::process::ExitCode;

/// The outcome of a check, ready to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the user reads.
    pub text: String,
    /// Whether everything is in order.
    pub ok: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    check: Check,
}

#[derive(Debug, clap::Subcommand)]
enum Check {
    /// Read every file and report every defect
    Lint(Cards),
    /// Run the vignettes
    Test(Cards),
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Report { text, ok } = match &arguments.check {
        Check::Lint(cards) => {
            files::check_folder(cards.folder.as_deref())?;
            wiring::lint(cards.folder.as_deref())?
        }
        Check::Test(cards) => {
            files::check_folder(cards.folder.as_deref())?;
            wiring::test(cards.folder.as_deref())?
        }
    };
    print(&text)?;
    if !text.ends_with('\n') {
        print("\n")?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
