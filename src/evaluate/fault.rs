//! What ends a replay: which file, why, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a replay cannot go on. Damaged lines are none of these: they are counted.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateFault {
    /// A file or folder cannot be read or written.
    #[error("`{}`: {what} ({why})", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        why: io::Error,
    },
    /// A file does not hold what it should.
    #[error("`{}`: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nothing to read.
    #[error("no NDJSON file found (`.ndjson`, `.jsonl`, `.json`, each also with `.gz` or `.zst`)")]
    NoInput,
    /// The folder holds the state of another replay.
    #[error("`{}`: holds an unfinished evaluation of other files, knowledge or options", .0.display())]
    OtherRun(PathBuf),
    /// Parts that do not belong together.
    #[error("these parts cannot be put together: {0}")]
    Parts(String),
    /// This machine gives no random numbers.
    #[error("no key can be made: this machine gives no random numbers")]
    NoRandomness,
}

impl EvaluateFault {
    /// What the user can do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::File { .. } => "check the path, its permissions, and the space left on the disk",
            Self::Content { .. } => "give the folder of a finished run, or start again in an empty one",
            Self::NoInput => "give the files of a FHIR Bulk Data export, or the folder they are in",
            Self::OtherRun(_) => "give another folder, or remove `.work` in it to start afresh",
            Self::Parts(_) => {
                "run every part with the same files, knowledge, codes, options and `--key-file`, as 1/n to n/n"
            }
            Self::NoRandomness => "give a key: `head -c 32 /dev/urandom > FILE` and `--key-file FILE`",
        }
    }
}

/// Turns an IO error into a fault that says where.
pub(super) fn at(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> EvaluateFault {
    let path = path.to_owned();
    move |why| EvaluateFault::File { path, what, why }
}
