//! What a call costs: CPU time of the whole server, as a ratio to a bare axum route that parses the same body.
//!
//! `cargo bench --bench load` (`-- --quick` for fewer rounds). Two child processes, the yardstick and
//! `apposite serve`, are driven in turns over kept-alive connections; ratios are medians over the rounds, so that
//! the speed of the machine and its other load cancel out. Ends with an error if an answer is wrong or a bar missed.
//!
//! `-- --store` measures instead what keeping audit rows costs: the program with a store in a file against the same
//! program without one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on shall stop where it stands"
)]

mod children;
mod drive;
mod requests;

use children::Child;
use drive::Connections;
use requests::{Size, Story};
use std::process::ExitCode;

/// A bar: what it is about and the ratio that may not be exceeded.
struct Bar {
    story: Story,
    size: Size,
    /// Calls of one round.
    calls: usize,
    most: f64,
}

const BARS: [Bar; 4] = [
    Bar {
        story: Story::Silent,
        size: Size::Small,
        calls: 4000,
        most: 1.0,
    },
    Bar {
        story: Story::Silent,
        size: Size::Large,
        calls: 120,
        most: 0.35,
    },
    Bar {
        story: Story::Card,
        size: Size::Small,
        calls: 4000,
        most: 3.0,
    },
    Bar {
        story: Story::Card,
        size: Size::Large,
        calls: 120,
        most: 0.45,
    },
];

/// Resident memory at its peak, in MB.
const MOST_MEMORY: f64 = 40.0;

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|a| a == flag);
    if has(children::YARDSTICK) {
        children::be_the_yardstick();
        return ExitCode::SUCCESS;
    }
    let rounds = if has("--quick") { 5 } else { 15 };
    let outcome = if has("--store") {
        audited(rounds)
    } else {
        measure(rounds)
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: a bar was missed");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every bar was kept.
fn measure(rounds: usize) -> Result<bool, String> {
    let ours = Child::apposite();
    let yardstick = Child::yardstick();
    let service = drive::service_for(ours.address, "order-select")?;
    for bar in &BARS {
        let body = requests::body(bar.story, bar.size);
        drive::check(ours.address, &service, &body, bar.story)?;
    }

    println!("{rounds} rounds; CPU time per call, medians\n");
    println!(
        "{:<14} {:>9} {:>12} {:>12} {:>7} {:>6}",
        "call", "bytes", "yardstick", "apposite", "ratio", "bar"
    );
    let mut kept = true;
    for bar in &BARS {
        let body = requests::body(bar.story, bar.size);
        let mut to_ours = Connections::open(ours.address, &service, &body);
        let mut to_yardstick = Connections::open(yardstick.address, "yardstick", &body);
        to_ours.run(bar.calls);
        to_yardstick.run(bar.calls);
        let mut pairs = Vec::new();
        for _ in 0..rounds {
            pairs.push((
                cost(&yardstick, &mut to_yardstick, bar.calls),
                cost(&ours, &mut to_ours, bar.calls),
            ));
        }
        let ratio = median(pairs.iter().map(|(theirs, own)| own / theirs));
        let ok = ratio <= bar.most;
        kept &= ok;
        println!(
            "{:<14} {:>9} {:>9.1} µs {:>9.1} µs {:>7.2} {:>6.2} {}",
            format!("{:?} {:?}", bar.story, bar.size).to_lowercase(),
            body.len(),
            median(pairs.iter().map(|p| p.0)),
            median(pairs.iter().map(|p| p.1)),
            ratio,
            bar.most,
            if ok { "kept" } else { "MISSED" },
        );
    }
    let memory = ours.peak_memory_mb();
    let ok = memory <= MOST_MEMORY;
    println!(
        "\npeak memory {memory:.1} MB, bar {MOST_MEMORY:.0} {}",
        if ok { "kept" } else { "MISSED" }
    );
    Ok(kept && ok)
}

/// What audit rows may cost, all threads together: one tenth of a call.
const MOST_AUDIT: f64 = 1.10;

/// Whether keeping audit rows costs no more than it may.
fn audited(rounds: usize) -> Result<bool, String> {
    let folder = std::env::temp_dir().join(format!("apposite-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let with = Child::keeping(&format!("sqlite:{}", folder.join("apposite.db").display()));
    let without = Child::apposite();
    let service = drive::service_for(with.address, "order-select")?;
    println!("{rounds} rounds; CPU time per call, medians\n");
    println!(
        "{:<14} {:>9} {:>12} {:>12} {:>7} {:>6}",
        "call", "bytes", "no store", "store", "ratio", "bar"
    );
    let mut kept = true;
    for bar in &BARS {
        let body = requests::body(bar.story, bar.size);
        drive::check(with.address, &service, &body, bar.story)?;
        let mut to_with = Connections::open(with.address, &service, &body);
        let mut to_without = Connections::open(without.address, &service, &body);
        to_with.run(bar.calls);
        to_without.run(bar.calls);
        let pairs: Vec<(f64, f64)> = (0..rounds)
            .map(|_| {
                (
                    cost(&without, &mut to_without, bar.calls),
                    cost(&with, &mut to_with, bar.calls),
                )
            })
            .collect();
        let ratio = median(pairs.iter().map(|(without, with)| with / without));
        kept &= ratio <= MOST_AUDIT;
        println!(
            "{:<14} {:>9} {:>9.1} µs {:>9.1} µs {:>7.2} {:>6.2} {}",
            format!("{:?} {:?}", bar.story, bar.size).to_lowercase(),
            body.len(),
            median(pairs.iter().map(|p| p.0)),
            median(pairs.iter().map(|p| p.1)),
            ratio,
            MOST_AUDIT,
            if ratio <= MOST_AUDIT { "kept" } else { "MISSED" },
        );
    }
    drop(with);
    // Left behind, it would be a nuisance and no more.
    let _ = std::fs::remove_dir_all(folder);
    Ok(kept)
}

/// CPU time per call of one round, in microseconds.
fn cost(child: &Child, connections: &mut Connections, calls: usize) -> f64 {
    let before = child.cpu_micros();
    connections.run(calls);
    (child.cpu_micros() - before) / calls as f64
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
