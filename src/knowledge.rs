//! Knowledge: the validated, immutable rule set and its digest.
//!
//! Files → raw structs ([`files`]) → one compile step that reports every finding → `Knowledge`.

pub mod files;

/// The whole rule set.
#[derive(Debug)]
pub struct Knowledge {}
