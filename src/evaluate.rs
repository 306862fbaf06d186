//! A hospital's own history, replayed: how often would the service have spoken, on which orders, how sure, and why not?
//!
//! Reads a FHIR Bulk Data export, sorts it by patient on disk, and judges every imaging order of the past on what was on
//! record at its time, by the same reading and the same engine that answer calls. Here are the steps of a run; each has
//! its file. What is special to a replay ends where a call is written (`call`); what a clinician reads stands in `report`.
//!
//! Left out: arguments and the terminal (`cli`), and every clinical word (the knowledge).

mod call;
mod codes;
mod fault;
mod glance;
mod input;
mod judge;
mod medicines;
mod merge;
mod moment;
mod pseudonym;
mod record;
mod replay;
mod report;
mod row;
mod sort;
mod spill;
mod state;
mod tables;
mod tally;

pub use call::judge;
pub use fault::EvaluateFault;
pub use merge::merge;
pub use row::{Card, Followed, Row};
pub use tally::{After, Codes, Counts, Input, Tally, Unmapped};

use crate::knowledge::Knowledge;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What to replay, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and folders of the export.
    pub inputs: Vec<PathBuf>,
    /// Where the results go.
    pub out: PathBuf,
    /// The key of the pseudonyms; without one a key is made and kept in the folder of the results.
    pub key_file: Option<PathBuf>,
    /// Whether rows name patients and orders by their ids.
    pub identified: bool,
    /// Memory to keep to, in bytes.
    pub memory: u64,
    /// Threads.
    pub threads: usize,
    /// Only this part of the patients: the number from 1, and of how many.
    pub shard: Option<(u32, u32)>,
}

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The export is read and sorted by patient. Its size is in bytes of the files.
    Read,
    /// Patients are judged. Its size is in bytes sorted.
    Judge,
}

/// Told how far a run has come, from any thread.
pub trait Progress: Sync {
    /// A step begins; `done` of `size` was done by an earlier run.
    fn begin(&self, phase: Phase, size: u64, done: u64);
    /// So much more is done.
    fn advance(&self, by: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: Phase, _: u64, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// Which knowledge judged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Judge {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The digest of its files.
    pub digest: String,
    /// The digest of the map of local codes.
    pub local_codes: Option<String>,
    /// The version of this program.
    pub software: String,
}

impl Judge {
    fn of(knowledge: &Knowledge) -> Self {
        Self {
            id: knowledge.id().to_owned(),
            version: knowledge.version().to_owned(),
            digest: knowledge.digest().to_owned(),
            local_codes: knowledge.local_codes().map(|local| local.digest.clone()),
            software: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Everything counted in a run. The same export, key, knowledge and options: the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Which knowledge judged.
    pub judge: Judge,
    /// The part of the patients, where it is not all of them.
    pub shard: Option<(u32, u32)>,
    /// Whether rows name patients and orders by their ids.
    pub identified: bool,
    /// What was read.
    pub input: Input,
    /// What came out.
    pub tally: Tally,
}

/// Replays an export and writes the results into the folder.
///
/// Ended at any moment and started again, it goes on where it was: the sorted export, and each finished part, stay.
///
/// # Errors
/// If a file cannot be read or written. Damaged lines are counted, not fatal.
pub fn run(
    knowledge: &Knowledge,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Summary, EvaluateFault> {
    std::fs::create_dir_all(&options.out).map_err(fault::at(&options.out, "cannot be made"))?;
    let key = pseudonym::Key::load(options.key_file.as_deref(), &options.out.join("key"))?;
    let files = input::files(&options.inputs)?;
    let plan = state::Plan::of(knowledge, options, &files, &key);
    let mut state = state::State::open(&options.out, &plan, options, &files)?;
    let sorted = sort::export(knowledge, options, &files, &key, &mut state, progress)?;
    let tally = judge::parts(knowledge, options, key, &sorted, &state, progress)?;
    let summary = Summary {
        judge: Judge::of(knowledge),
        shard: options.shard,
        identified: options.identified,
        input: sorted.input,
        tally,
    };
    tables::from_parts(&options.out, &state)?;
    tables::finish(knowledge, &options.out, &summary)?;
    state.remove();
    Ok(summary)
}
