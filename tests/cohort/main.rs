//! Replays of a made-up hospital: judgements against a truth that is known, no leak of the future, and the same bytes
//! whatever the threads, parts and machines.
//!
//! The large run of 100,000 patients, with speed and memory, is not for every day:
//! `cargo test --release --test cohort -- --ignored --nocapture large`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "these are tests"
)]

mod codes;
mod courses;
mod dice;
mod engine;
mod export;
mod future;
mod large;
mod maker;
mod measure;
mod same;
mod truth;

use apposite::evaluate::{self, Options, Quiet, Summary};
use apposite::knowledge::Knowledge;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: OnceLock<Knowledge> = OnceLock::new();
    KNOWLEDGE.get_or_init(|| Knowledge::embedded().unwrap())
}

fn key() -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cohort.key");
    if !file.exists() {
        std::fs::write(&file, [7; 32]).unwrap();
    }
    file
}

fn options(input: &Path, out: &Path) -> Options {
    Options {
        inputs: vec![input.to_owned()],
        out: out.to_owned(),
        key_file: Some(key()),
        identified: false,
        memory: 256 << 20,
        threads: 2,
        shard: None,
    }
}

fn run(options: &Options) -> Summary {
    evaluate::run(knowledge(), options, &Quiet).unwrap()
}
