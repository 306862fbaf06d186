//! `pnet/topic.toml` and `pnet/citations.toml`: who says so.

use serde::Deserialize;
use std::collections::BTreeMap;

/// `pnet/topic.toml`: identity and lifecycle of the rule set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicFile {
    /// Id of the rule set.
    pub id: String,
    /// `edition.minor.patch`; the edition is the year of the source that was read.
    pub version: String,
    /// Title for people.
    pub title: String,
    /// `draft`, `reviewed`, `active` or `retired`.
    pub status: String,
    /// Who wrote the rule set.
    pub authors: Vec<String>,
    /// Who reviewed it.
    pub reviewers: Vec<String>,
    /// What it rests on.
    pub source: TopicSource,
    /// How the guideline's numbers map to categories.
    pub scale: BTreeMap<String, String>,
    /// How cards name the topic.
    pub card: TopicCoding,
    /// How the service describes itself to EHRs.
    pub service: ServiceWords,
}

/// How the service describes itself to EHRs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are CDS Hooks'")]
pub struct ServiceWords {
    pub id: String,
    pub title: String,
    pub description: String,
    pub usage_requirements: String,
}

/// What the rule set rests on; `unknown` where nobody has seen it yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub struct TopicSource {
    pub publisher: String,
    pub series: String,
    pub panel: String,
    pub title: String,
    pub year: String,
    pub doi: String,
    pub topic_id: String,
    /// Whether the guideline itself was read, or only a summary of it.
    pub primary_text_seen: bool,
    /// What stands as the source on every card.
    pub label: String,
    /// Citation id.
    pub read_from: String,
    pub guide_reviewed: toml::value::Datetime,
    pub licence: String,
}

/// The topic as cards name it; static, so that a clinician's override can stick to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are CDS Hooks'")]
pub struct TopicCoding {
    pub system: String,
    pub code: String,
    pub display: String,
}

/// `pnet/citations.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitationsFile {
    /// The sources.
    pub citation: Vec<CitationEntry>,
}

/// One source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitationEntry {
    /// Id.
    pub id: String,
    /// Title and place.
    pub title: String,
    /// How sure.
    pub confidence: String,
    /// What it is cited for.
    pub says: String,
    /// Where it stands, if an address is known.
    #[serde(default)]
    pub url: Option<String>,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
}
