//! Shadow mode, and what is taken out of service, as it is configured. What it does is up to `service::modes`.

use serde::{Deserialize, Serialize};

/// What becomes of cards that fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardMode {
    /// They are shown.
    #[default]
    Live,
    /// They are judged and kept, and not shown.
    Shadow,
    /// They are not shown; of a whole service or client, nothing is judged either.
    Off,
}

/// Shadow mode and switches of the configuration, for all clients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Modes {
    /// For all calls.
    pub service: CardMode,
    /// Card kinds that are judged and kept, and not shown.
    pub shadow_rules: Vec<String>,
    /// Card kinds that are not shown.
    pub off_rules: Vec<String>,
}
