//! `pnet/topic.toml` and `pnet/citations.toml`: who says so.

use super::super::lifecycle::Status;
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
    /// Where it stands on its way to patients.
    pub status: Status,
    /// Who wrote the rule set.
    pub authors: Vec<String>,
    /// Who reviewed it.
    pub reviewers: Vec<Reviewer>,
    /// When it was approved for clinical use.
    #[serde(default)]
    pub approved: Option<toml::value::Datetime>,
    /// When it must be reviewed again.
    #[serde(default)]
    pub review_due: Option<toml::value::Datetime>,
    /// The rating tables, one for each variant of the guideline.
    #[serde(default)]
    pub table: Vec<TableEntry>,
    /// What it rests on.
    pub source: TopicSource,
    /// How the guideline's numbers map to categories.
    pub scale: BTreeMap<String, String>,
    /// How cards name the topic.
    pub card: TopicCoding,
    /// How the service describes itself to EHRs.
    pub service: ServiceWords,
}

/// Who reviewed, as what, and when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewer {
    /// Name.
    pub name: String,
    /// What the person is: radiologist, oncologist …
    pub role: String,
    /// Day of the signature.
    pub date: toml::value::Datetime,
}

/// One rating table and who answers for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// Its name in `ratings.csv` and in `scenarios.toml`.
    pub variant: String,
    /// Where it stands on its way to patients.
    pub status: Status,
    /// Scenarios may speak from it before it is approved (development only; production refuses).
    #[serde(default)]
    pub speaks_as_draft: bool,
    /// The variant in words.
    pub title: String,
    /// Why it stands there: what was seen, and what was not.
    pub because: String,
    /// Citation id.
    pub source: String,
    /// Who filled it in.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Who reviewed it.
    #[serde(default)]
    pub reviewers: Vec<Reviewer>,
    /// When it was approved for clinical use.
    #[serde(default)]
    pub approved: Option<toml::value::Datetime>,
    /// When it must be reviewed again.
    #[serde(default)]
    pub review_due: Option<toml::value::Datetime>,
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
