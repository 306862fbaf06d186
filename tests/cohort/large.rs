//! The large run: 100,000 patients, how fast and in how much memory, against merely parsing the same lines.
//!
//! `APPOSITE_COHORT=20000` makes it smaller; `APPOSITE_COHORT_DIR` keeps the export and the results.

use crate::export::{folder, write_large};
use crate::measure::{Fared, rows};
use crate::{options, run};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

/// Parses every line to a `Value`, with so many threads, a file at a time each; gives the seconds.
fn parsed(export: &Path, threads: usize) -> f64 {
    let mut files: Vec<_> = std::fs::read_dir(export)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort_by_key(|file| std::fs::metadata(file).unwrap().len());
    let blocks = Mutex::new(Blocks { files, open: None });
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(block) = blocks.lock().unwrap().next() else {
                        return;
                    };
                    for line in block.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
                        std::hint::black_box(value);
                    }
                }
            });
        }
    });
    started.elapsed().as_secs_f64()
}

/// Blocks of whole lines, so that all threads have work till the end.
struct Blocks {
    files: Vec<std::path::PathBuf>,
    open: Option<BufReader<File>>,
}

impl Blocks {
    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if self.open.is_none() {
                let file = File::open(self.files.pop()?).unwrap();
                self.open = Some(BufReader::with_capacity(1 << 20, file));
            }
            let from = self.open.as_mut().unwrap();
            let mut block = Vec::with_capacity(1 << 20);
            while block.len() < 1 << 20 && from.read_until(b'\n', &mut block).unwrap() > 0 {}
            if block.is_empty() {
                self.open = None;
            } else {
                return Some(block);
            }
        }
    }
}

/// The most memory this process has used, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

#[test]
#[ignore = "minutes of work, and only an optimised build tells anything about speed"]
fn large() {
    let setting = |name: &str| std::env::var(name).ok();
    let patients = setting("APPOSITE_COHORT").map_or(100_000, |n| n.parse().unwrap());
    let folder = setting("APPOSITE_COHORT_DIR").map_or_else(|| folder("large"), Into::into);
    let export = folder.join("export");
    let (truths, bytes) = write_large(&export, patients, 2026, 5);
    let mib = bytes as f64 / (1 << 20) as f64;
    println!(
        "{patients} patients, {} imaging orders, {mib:.0} MiB",
        truths.len()
    );
    let mut options = options(&export, &folder.join("out"));
    options.identified = true;
    let before = peak();
    let started = Instant::now();
    let summary = run(&options);
    let ours = started.elapsed().as_secs_f64();
    let after = peak();
    let theirs = parsed(&export, options.threads);
    println!(
        "replayed in {ours:.1} s ({:.0} MiB/s), merely parsed in {theirs:.1} s ({:.0} MiB/s), {} threads: {:.0} % of that speed",
        mib / ours,
        mib / theirs,
        options.threads,
        100.0 * theirs / ours
    );
    println!("most memory: {before} MiB before, {after} MiB after the replay");
    println!("{} orders judged", summary.tally.orders["judged"]);
    let fared = Fared::of(&truths, &rows(&options.out));
    println!("{}", fared.told());
    assert_eq!(fared.false_cards(), 0);
    assert_eq!(fared.plain[0], fared.plain[1]);
}
