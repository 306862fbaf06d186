//! `lexicon/*.toml` and `modifiers.toml`: phrases, windows and thresholds.

use serde::Deserialize;
use std::collections::BTreeMap;

/// `lexicon/*.toml`: lists of phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LexiconFile {
    /// What the file is about, for people.
    pub topic: String,
    /// Name → part of phrases. Patterns of every file may use it: `{tumour}` stands for the part named `tumour`.
    #[serde(default)]
    pub part: BTreeMap<String, PartEntry>,
    /// Name → list.
    #[serde(default)]
    pub list: BTreeMap<String, PhraseEntry>,
}

/// A part that many phrases share, written once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartEntry {
    /// What it stands for, for people.
    pub means: String,
    /// A regular expression that uses no other part.
    pub pattern: String,
}

/// One list of phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhraseEntry {
    /// What a hit means, for people.
    pub means: String,
    /// Case-insensitive regular expressions without look-around.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Plain words or phrases (cues), matched whole.
    #[serde(default)]
    pub words: Vec<String>,
    /// Where the list comes from.
    #[serde(default)]
    pub source: Option<String>,
}

/// `modifiers.toml`: windows and thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifiersFile {
    /// Name → value.
    pub window: BTreeMap<String, WindowEntry>,
}

/// One window or threshold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowEntry {
    /// The number.
    pub value: i64,
    /// `days`, `years`, `words`, `mL/min/1.73 m2` …
    pub unit: String,
    /// What it decides.
    pub meaning: String,
    /// Citation id or "local policy".
    pub source: String,
}
