//! What can be wrong with a store. No text of a row or of a database's message is in it: those may quote what was kept.

use std::path::PathBuf;

/// Why the store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// It cannot be reached, or did not answer in time; nothing may have been kept. Trying again may help.
    #[error("the store cannot be reached ({code})")]
    Unreachable {
        /// What the database calls it.
        code: String,
    },
    /// It is there and refuses: full, read-only, or not the tables we know.
    #[error("the store refuses to write ({code})")]
    Refused {
        /// What the database calls it.
        code: String,
    },
    /// A newer version of this program has changed its tables.
    #[error(
        "the store belongs to a newer version of this program (its tables have version {found}, we know {known})"
    )]
    Newer {
        /// The version of its tables.
        found: i64,
        /// The last version we know.
        known: i64,
    },
    /// Its rows were made with another key, so that old and new ones could not be joined.
    #[error("the rows of the store were made with another key than this one")]
    OtherKey,
    /// The file cannot be made or read.
    #[error("`{}`: {why}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The setting that says where it is cannot be used.
    #[error("`{setting}`: {why}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl StoreFault {
    /// Whether it may pass without anybody doing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { .. })
    }

    pub(super) fn unreachable(code: impl Into<String>) -> Self {
        Self::Unreachable { code: code.into() }
    }

    pub(super) fn refused(code: impl Into<String>) -> Self {
        Self::Refused { code: code.into() }
    }
}
