//! `code-systems.toml` and `value-sets/*.toml`: the codes.

use serde::Deserialize;

/// How sure we are of a code or rating: see `cards/README.md`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen with its meaning in a named public source.
    Verified,
    /// Seen only on a third-party page.
    Secondary,
    /// Seen only as a cross-reference of a disease ontology.
    MappingOnly,
    /// Not verified; to be checked before clinical use.
    #[default]
    Memory,
}

/// `code-systems.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeSystemsFile {
    /// The code systems.
    pub system: Vec<CodeSystemEntry>,
}

/// One code system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeSystemEntry {
    /// Short key used in all other files.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Canonical URI.
    pub uri: String,
    /// Other names senders use.
    #[serde(default)]
    pub also: Vec<String>,
    /// Senders append an edition to the URI.
    #[serde(default)]
    pub edition_in_uri: bool,
    /// Codes may be sent without their dot.
    #[serde(default)]
    pub dots_optional: bool,
    /// Remarks (licence, doubts).
    #[serde(default)]
    pub note: Option<String>,
}

/// `value-sets/*.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueSetFile {
    /// What the engine asks for: `dx.pnet.specific`.
    pub role: String,
    /// Name for people.
    pub title: String,
    /// How the decision uses it, in a sentence.
    pub purpose: String,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
    /// The codes.
    #[serde(default)]
    pub code: Vec<CodeEntry>,
    /// Whole blocks of codes.
    #[serde(default)]
    pub range: Vec<RangeEntry>,
}

/// One code of a value set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeEntry {
    /// Code-system key.
    pub system: String,
    /// The code.
    pub code: String,
    /// Our own words for it.
    pub label: String,
    /// How sure.
    pub confidence: Confidence,
    /// Where seen.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The concept itself implies the pancreas although its name does not say so.
    #[serde(default)]
    pub implies_pancreas: bool,
    /// `well` or `poor`.
    #[serde(default)]
    pub differentiation: Option<Differentiation>,
    /// Where a metastasis sits.
    #[serde(default)]
    pub site: Option<MetastasisSite>,
    /// Counts only beside a stronger hint.
    #[serde(default)]
    pub weak: bool,
    /// The concept mixes tumour kinds: no judgement.
    #[serde(default)]
    pub ambiguous: bool,
    /// It is about a relative, not the patient.
    #[serde(default)]
    pub family: bool,
    /// Names the site but not the histology: the same tumour when it stands beside a pNET.
    #[serde(default)]
    pub site_only: bool,
    /// No cancer.
    #[serde(default)]
    pub benign: bool,
    /// An antitumour drug that is also given for something else.
    #[serde(default)]
    pub unless: Option<Unless>,
    /// A heading that groups billable codes.
    #[serde(default)]
    pub heading: bool,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
}

/// When an antitumour drug does not count as treatment of this tumour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unless {
    /// Another cancer is active.
    OtherCancer,
    /// It is given for a transplant or another disease.
    OtherUse,
}

/// Differentiation of a neuroendocrine neoplasm, where the code tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Differentiation {
    Well,
    Poor,
}

/// Where a metastasis sits, where the code tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum MetastasisSite {
    Liver,
    Bone,
    Lung,
    Node,
    /// Regional nodes are no distant metastasis; the code does not part them from distant ones.
    RegionalOrDistantNode,
    Peritoneum,
    Other,
    Unspecified,
}

/// A block of codes, by the first characters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeEntry {
    /// Code-system key.
    pub system: String,
    /// First code of the block, e.g. `C00`.
    pub from: String,
    /// Last code of the block, e.g. `C75`; codes that begin with it belong to the block.
    pub to: String,
    /// Our own words for it.
    pub label: String,
    /// How sure.
    pub confidence: Confidence,
    /// Where seen.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Codes (or beginnings of codes) inside the block that do not belong.
    #[serde(default)]
    pub except: Vec<String>,
}
