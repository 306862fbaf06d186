//! `apposite knowledge`: lets the knowledge check, test, show and compare itself.

use super::{Cards, Failure, files, print, wiring};
use crate::knowledge::lifecycle::Profile;
use crate::knowledge::lint;
use crate::service::today;
use jiff::civil::Date;
use std::path::{Path, PathBuf};
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
    Lint(Lint),
    /// Run the vignettes
    Test(Cards),
    /// Write pages that a clinician reads and signs: Markdown, and one HTML file
    Render(Render),
    /// Tell which vignettes and requests get other advice; exit code 0 if none, 1 if any
    Diff(Diff),
}

#[derive(Debug, clap::Args)]
struct Lint {
    #[command(flatten)]
    cards: Cards,
    /// What the knowledge is to be used for
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileName,
    /// Judge review dates as on this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Explain one finding, such as K007, and check nothing
    #[arg(long, value_name = "CODE", conflicts_with_all = ["profile", "as_of"])]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum ProfileName {
    /// Drafts are allowed
    #[default]
    Development,
    /// Only approved knowledge within its review date
    Production,
}

#[derive(Debug, clap::Args)]
struct Render {
    /// Folder to write the pages to; made if it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    cards: Cards,
}

#[derive(Debug, clap::Args)]
struct Diff {
    /// Folder with the old knowledge
    old: PathBuf,
    /// Folder with the new knowledge
    new: PathBuf,
    /// Judge every request file (*.json) below this folder too
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,
    /// Judge the requests as on this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD", requires = "fixtures")]
    as_of: Option<Date>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: DiffForm,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DiffForm {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Report { text, ok } = match &arguments.check {
        Check::Lint(arguments) => lint(arguments)?,
        Check::Test(cards) => {
            files::check_folder(cards.folder.as_deref())?;
            wiring::test(cards.folder.as_deref())?
        }
        Check::Render(arguments) => {
            files::check_folder(arguments.cards.folder.as_deref())?;
            let pages = wiring::render(arguments.cards.folder.as_deref())?;
            write(&arguments.out, &pages)?
        }
        Check::Diff(arguments) => {
            for folder in [
                Some(&arguments.old),
                Some(&arguments.new),
                arguments.fixtures.as_ref(),
            ] {
                files::check_folder(folder.map(PathBuf::as_path))?;
            }
            wiring::diff(
                &arguments.old,
                &arguments.new,
                arguments.fixtures.as_deref(),
                arguments.as_of.unwrap_or_else(today),
                arguments.format,
            )?
        }
    };
    print(&text)?;
    if !text.ends_with('\n') {
        print("\n")?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn lint(arguments: &Lint) -> anyhow::Result<Report> {
    if let Some(code) = &arguments.explain {
        let Some(lint) = lint::explain(code) else {
            let known: Vec<&str> = lint::LINTS.iter().map(|l| l.code).collect();
            let help = format!("there are {}", known.join(", "));
            return Err(Failure::new(format!("`{code}` is no finding"), help).into());
        };
        return Ok(Report {
            text: lint.text(),
            ok: true,
        });
    }
    let folder = arguments.cards.folder.as_deref();
    files::check_folder(folder)?;
    let profile = match arguments.profile {
        ProfileName::Development => Profile::Development,
        ProfileName::Production => Profile::Production,
    };
    wiring::lint(folder, profile, arguments.as_of.unwrap_or_else(today))
}

fn write(out: &Path, pages: &std::collections::BTreeMap<String, String>) -> anyhow::Result<Report> {
    let mut text = String::new();
    for (name, page) in pages {
        let path = out.join(name);
        files::write(&path, page)?;
        text.push_str(&format!("{}\n", path.display()));
    }
    Ok(Report { text, ok: true })
}
