//! `apposite codes`: a site's own codes, from the side of the person who maps them.

use super::{Cards, LocalCodes, files, lines, print, wiring};
use crate::service::{ImagingService, today};
use crate::terminology::Coding;
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Check every line of a map
    Check {
        /// The map
        map: PathBuf,
        #[command(flatten)]
        cards: Cards,
    },
    /// List the codes of imaging orders that nothing explains, most frequent first
    ///
    /// Reads one hook request per line. Prints the lines of a map for a person to fill in, with counts as comments.
    Unmapped {
        /// The requests; `-` for standard input
        #[arg(default_value = "-")]
        requests: PathBuf,
        #[command(flatten)]
        cards: Cards,
        #[command(flatten)]
        local_codes: LocalCodes,
    },
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.task {
        Task::Check { map, cards } => {
            files::check_folder(cards.folder.as_deref())?;
            print(&wiring::check_codes(cards.folder.as_deref(), map)?)?;
        }
        Task::Unmapped {
            requests,
            cards,
            local_codes,
        } => {
            files::check_folder(cards.folder.as_deref())?;
            let service = wiring::service(cards.folder.as_deref(), local_codes.file.as_deref())?;
            let count = if requests.as_path() == Path::new("-") {
                Count::of(&service, &mut io::stdin().lock(), today())
            } else {
                Count::of(&service, &mut BufReader::new(files::open(requests)?), today())
            };
            print(&count?.map()?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How often each code was met that nothing explains.
#[derive(Debug, Default)]
struct Count {
    requests: usize,
    unreadable: usize,
    /// Imaging orders, and those among them with such a code.
    orders: [usize; 2],
    codes: BTreeMap<(String, String), (usize, String)>,
}

impl Count {
    fn of(service: &ImagingService, from: &mut dyn BufRead, today: Date) -> io::Result<Self> {
        let mut count = Self::default();
        lines::each(from, |_, line| {
            count.requests += 1;
            let judged = line.ok().and_then(|line| service.judge(line, today).ok());
            let Some(judged) = judged else {
                count.unreadable += 1;
                return Ok(());
            };
            for decision in &judged.consultation.decisions {
                let unmapped = !decision.unmapped.is_empty();
                count.add([decision.study.is_some() || unmapped, unmapped]);
                decision.unmapped.iter().for_each(|c| count.code(c));
            }
            Ok(())
        })?;
        Ok(count)
    }

    fn add(&mut self, order: [bool; 2]) {
        for (sum, one) in self.orders.iter_mut().zip(order) {
            *sum += usize::from(one);
        }
    }

    fn code(&mut self, coding: &Coding) {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let met = self
            .codes
            .entry((text(&coding.system), text(&coding.code)))
            .or_default();
        met.0 += 1;
        if met.1.is_empty() {
            met.1 = text(&coding.display);
        }
    }

    /// A map to be filled in: counts as comments, most frequent codes first.
    fn map(&self) -> anyhow::Result<String> {
        let mut codes: Vec<_> = self.codes.iter().collect();
        codes.sort_by_key(|(code, (times, _))| (Reverse(*times), *code));
        let [orders, unmapped] = self.orders;
        let mut text = format!(
            "# {} requests, {} of them unreadable; {orders} imaging orders, {unmapped} of them with a code that nothing explains\n",
            self.requests, self.unreadable
        );
        text.push_str(&record([
            "system",
            "system_name",
            "code",
            "display",
            "relationship",
            "target_system",
            "target_code",
            "orderable",
        ])?);
        for ((system, code), (times, display)) in codes {
            // The words come from a request: one short line, so that they cannot pass for anything else.
            let plain =
                |words: &str| -> String { words.chars().filter(|c| !c.is_control()).take(120).collect() };
            text.push_str(&format!("# seen {times} times\n"));
            text.push_str(&record([
                &plain(system),
                "",
                &plain(code),
                &plain(display),
                "",
                "",
                "",
                "",
            ])?);
        }
        Ok(text)
    }
}

/// One line of CSV.
fn record(fields: [&str; 8]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields)?;
    Ok(String::from_utf8(writer.into_inner()?)?)
}
