//! What the discovery document shows, for clients that read it in ways of their own (P-11, P-21).

use serde::{Deserialize, Serialize};

/// The discovery document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Discovery {
    /// Which members it has.
    pub profile: Members,
    /// Whether both hooks have one address.
    pub ids: Ids,
}

/// Which members an entry of the discovery document has (P-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Members {
    /// All that the specification knows.
    #[default]
    Full,
    /// Those of CDS Hooks 1.0 only.
    Plain,
}

/// Whether both hooks have one address (P-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ids {
    /// One for both: cards of a later hook replace those of an earlier one.
    #[default]
    Shared,
    /// Each hook has its own.
    PerHook,
}
