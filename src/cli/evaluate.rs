//! `apposite evaluate`: arguments, the bar on the terminal, and the summary in the end.

use super::{Cards, Failure, LocalCodes, files, print, wiring};
use crate::evaluate::{self, EvaluateFault, Options, Phase, Progress, Summary};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    replay: Replay,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Put the parts of a run on several machines together
    Merge {
        /// The folders of the parts, `--shard 1/n` to `n/n`
        #[arg(required = true)]
        parts: Vec<PathBuf>,
        /// Where the results go
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        cards: Cards,
        #[command(flatten)]
        local_codes: LocalCodes,
    },
}

#[derive(Debug, clap::Args)]
struct Replay {
    /// Files and folders of a FHIR Bulk Data export: NDJSON, plain, `.gz` or `.zst`
    #[arg(required = true)]
    export: Vec<PathBuf>,
    /// Where the results go; started again, an unfinished run goes on
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// Name patients and orders by their ids instead of by keyed hashes
    #[arg(long)]
    identified: bool,
    /// The key of the hashes, at least 32 bytes; without it one is made and kept as `key` in the folder
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Memory to keep to: `512M`, `1G`
    #[arg(long, value_name = "SIZE", default_value = "768M", value_parser = size)]
    memory: u64,
    /// Threads; all cores without it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Only this part of the patients: `1/4`. All parts need the same `--key-file`
    ///
    /// `job/4` takes the part from JOB_COMPLETION_INDEX, which an Indexed Job of Kubernetes sets and counts from 0.
    #[arg(long, value_name = "I/N", value_parser = shard, requires = "key_file")]
    shard: Option<(u32, u32)>,
    #[command(flatten)]
    cards: Cards,
    #[command(flatten)]
    local_codes: LocalCodes,
}

fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (digits, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let factor: u64 = match unit.to_ascii_uppercase().as_str() {
        "" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return Err("give a number with K, M or G".to_owned()),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    bytes
        .filter(|bytes| *bytes >= 64 << 20)
        .ok_or_else(|| "give at least 64M".to_owned())
}

fn shard(text: &str) -> Result<(u32, u32), String> {
    shard_of(text, || std::env::var("JOB_COMPLETION_INDEX").ok())
}

fn shard_of(text: &str, index: impl Fn() -> Option<String>) -> Result<(u32, u32), String> {
    let number = |one: &str| match one {
        "job" => index()?.parse::<u32>().ok()?.checked_add(1),
        one => one.parse().ok(),
    };
    let parts = text
        .split_once('/')
        .and_then(|(one, of)| Some((number(one)?, of.parse().ok()?)));
    parts
        .filter(|(one, of)| (1..=*of).contains(one))
        .ok_or_else(|| "give a part and how many there are, such as 1/4".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let told = |fault: EvaluateFault| {
        let help = fault.help();
        Failure::new(fault.to_string(), help)
    };
    let (summary, out) = match &arguments.task {
        Some(Task::Merge {
            parts,
            out,
            cards,
            local_codes,
        }) => {
            files::check_folder(cards.folder.as_deref())?;
            let service = wiring::service(cards.folder.as_deref(), local_codes.file.as_deref())?;
            let summary = evaluate::merge(service.knowledge(), parts, out).map_err(told)?;
            (summary, out.clone())
        }
        None => {
            let replay = &arguments.replay;
            files::check_folder(replay.cards.folder.as_deref())?;
            let service =
                wiring::service(replay.cards.folder.as_deref(), replay.local_codes.file.as_deref())?;
            let Some(out) = replay.out.clone() else {
                return Err(Failure::new("no folder for the results", "give one with `--out DIR`").into());
            };
            let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let options = Options {
                inputs: replay.export.clone(),
                out: out.clone(),
                key_file: replay.key_file.clone(),
                identified: replay.identified,
                memory: replay.memory,
                threads: replay.threads.unwrap_or_else(cores),
                shard: replay.shard,
            };
            let bar = Bar::default();
            let summary = evaluate::run(service.knowledge(), &options, &bar).map_err(told)?;
            bar.end();
            (summary, out)
        }
    };
    print(&last_words(&summary, &out))?;
    Ok(ExitCode::SUCCESS)
}

/// What came out, in a few lines.
fn last_words(summary: &Summary, out: &std::path::Path) -> String {
    let tally = &summary.tally;
    let orders = |word: &str| tally.orders.get(word).copied().unwrap_or(0);
    let part = summary
        .shard
        .map_or_else(String::new, |(one, of)| format!("part {one} of {of}: "));
    let damaged = match summary.input.damaged_lines.first() {
        Some((file, line, why)) => format!(
            "{} damaged lines, the first in `{file}`, line {line}: {why}\n",
            summary.input.damaged
        ),
        None => String::new(),
    };
    format!(
        "{part}{} imaging orders of {} patients judged: it would have spoken on {}, {} of them with a warning\n{damaged}\
         the report: {}\n",
        orders("judged"),
        tally.with_imaging,
        tally.of("outcome", "card"),
        tally.of("loudest", "warning"),
        out.join("report.html").display()
    )
}

/// A bar on the terminal; nothing where standard error is none.
#[derive(Default)]
struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    fn end(&self) {
        let bar = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn begin(&self, phase: Phase, size: u64, done: u64) {
        self.end();
        let (number, words) = match phase {
            Phase::Read => (1, "reading the export"),
            Phase::Judge => (2, "judging the orders"),
        };
        let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr_with_hz(4));
        let line = "{msg} {wide_bar} {percent}% {binary_bytes_per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(line) {
            bar.set_style(style);
        }
        bar.set_message(format!("{number}/2 {words}"));
        bar.set_position(done);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, by: u64) {
        if let Some(bar) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.inc(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shards_are_read() {
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("1g"), Ok(1 << 30));
        assert!(size("1M").is_err() && size("x").is_err() && size("9T").is_err());
        assert_eq!(shard("2/4"), Ok((2, 4)));
        assert_eq!(shard_of("job/4", || Some("3".to_owned())), Ok((4, 4)));
        assert!(shard_of("job/4", || None).is_err());
        assert!(shard("0/4").is_err() && shard("5/4").is_err() && shard("4").is_err());
    }
}
