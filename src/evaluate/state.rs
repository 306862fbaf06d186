//! What an unfinished run leaves behind, so that the next one goes on where it was.
//!
//! A folder `.work` beside the results: the plan, the sorted export, and per finished part its rows and counts. A file
//! counts only once it has its final name, so a run may be ended at any moment.

use super::fault::{EvaluateFault, at};
use super::input::InputFile;
use super::pseudonym::Key;
use super::tally::{Input, Tally};
use super::{Judge, Options, spill};
use crate::knowledge::Knowledge;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The share of the memory that one part of the sorted export may fill.
const SHARE_OF_PART: u64 = 6;

/// The most parts: each is an open file.
const MOST_PARTS: u64 = 512;

/// What a run is about. Another plan is another run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    files: Vec<(String, u64, u64)>,
    judge: Judge,
    shard: Option<(u32, u32)>,
    identified: bool,
    /// The pseudonym of nobody: tells keys apart.
    key: String,
}

impl Plan {
    pub(super) fn of(knowledge: &Knowledge, options: &Options, files: &[InputFile], key: &Key) -> Self {
        let changed = |file: &InputFile| {
            let time = std::fs::metadata(&file.path).and_then(|m| m.modified()).ok();
            let since = time.and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            since.map_or(0, |s| u64::try_from(s.as_millis()).unwrap_or(0))
        };
        let files = files
            .iter()
            .map(|f| (f.path.display().to_string(), f.bytes, changed(f)));
        Self {
            files: files.collect(),
            judge: Judge::of(knowledge),
            shard: options.shard,
            identified: options.identified,
            key: key.pseudonym("key", "").text(),
        }
    }
}

/// The state of a run, as it lies on disk.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    plan: Plan,
    parts: usize,
    /// What was read; nothing until the whole export is sorted.
    input: Option<Input>,
}

/// The state of a run.
#[derive(Debug)]
pub(super) struct State {
    pub work: PathBuf,
    kept: Kept,
}

impl State {
    pub(super) fn open(
        out: &Path,
        plan: &Plan,
        options: &Options,
        files: &[InputFile],
    ) -> Result<Self, EvaluateFault> {
        let work = out.join(".work");
        // The sorted export is the record itself: for nobody else on this machine to read.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&work)
            .map_err(at(&work, "cannot be made"))?;
        let file = work.join("state.json");
        if file.exists() {
            let kept: Kept = read(&file)?;
            if kept.plan != *plan {
                return Err(EvaluateFault::OtherRun(out.to_owned()));
            }
            return Ok(Self { work, kept });
        }
        let shards = u64::from(options.shard.map_or(1, |(_, of)| of.max(1)));
        let size = files.iter().map(InputFile::unpacked).sum::<u64>() / shards;
        let parts = size
            .div_ceil((options.memory / SHARE_OF_PART).max(1))
            .clamp(1, MOST_PARTS);
        let state = Self {
            work,
            kept: Kept {
                plan: plan.clone(),
                parts: usize::try_from(parts).unwrap_or(1),
                input: None,
            },
        };
        state.save()?;
        Ok(state)
    }

    fn save(&self) -> Result<(), EvaluateFault> {
        write(&self.work.join("state.json"), &self.kept)
    }

    /// Parts of the sorted export.
    pub(super) fn parts(&self) -> usize {
        self.kept.parts
    }

    /// What was read, once the whole export is sorted.
    pub(super) fn input(&self) -> Option<&Input> {
        self.kept.input.as_ref()
    }

    pub(super) fn sorted(&mut self, input: Input) -> Result<(), EvaluateFault> {
        self.kept.input = Some(input);
        self.save()
    }

    /// Where the rows of a part lie.
    pub(super) fn rows(&self, part: usize) -> PathBuf {
        self.work.join(format!("rows-{part:05}"))
    }

    fn counts(&self, part: usize) -> PathBuf {
        self.work.join(format!("counts-{part:05}.json"))
    }

    /// The counts of a part, if it is finished.
    pub(super) fn finished(&self, part: usize) -> Result<Option<Tally>, EvaluateFault> {
        let counts = self.counts(part);
        if counts.exists() {
            read(&counts).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Keeps what came out of a part, and lets go of what went in.
    pub(super) fn finish(&self, part: usize, rows: &[u8], tally: &Tally) -> Result<(), EvaluateFault> {
        let file = self.rows(part);
        std::fs::write(&file, rows).map_err(at(&file, "cannot be written"))?;
        write(&self.counts(part), tally)?;
        // Left behind, it costs space and no more.
        let _ = std::fs::remove_file(spill::path_of(&self.work, part));
        Ok(())
    }

    /// Removes everything an unfinished run needs.
    pub(super) fn remove(&self) {
        let _ = std::fs::remove_dir_all(&self.work);
    }
}

/// Reads JSON of ours.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, EvaluateFault> {
    let text = std::fs::read(path).map_err(at(path, "cannot be read"))?;
    serde_json::from_slice(&text).map_err(|error| EvaluateFault::Content {
        path: path.to_owned(),
        what: format!("cannot be understood ({error})"),
    })
}

/// Writes JSON so that nobody finds half of it.
pub(super) fn write(path: &Path, value: &impl Serialize) -> Result<(), EvaluateFault> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| EvaluateFault::Content {
        path: path.to_owned(),
        what: format!("cannot be written as JSON ({error})"),
    })?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// Writes a file so that nobody finds half of it.
pub(super) fn write_whole(path: &Path, text: &[u8]) -> Result<(), EvaluateFault> {
    let apart = path.with_extension("unfinished");
    let written = std::fs::write(&apart, text).and_then(|()| std::fs::rename(&apart, path));
    written.map_err(at(path, "cannot be written"))
}
