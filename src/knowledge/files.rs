//! The shape of each file in `cards/`, exactly as written. No meaning is attached here: see `compile`.
//!
//! Unknown fields are refused everywhere, so that a typing error is a finding and not a silent change of meaning.

use serde::Deserialize;
use std::collections::BTreeMap;

/// How sure we are of a code or rating: see `cards/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen with its meaning in a named public source.
    Verified,
    /// Seen only on a third-party page.
    Secondary,
    /// Seen only as a cross-reference of a disease ontology.
    MappingOnly,
    /// Not verified; to be checked before clinical use.
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
#[derive(Debug, Clone, Deserialize)]
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
    /// A heading that groups billable codes.
    #[serde(default)]
    pub heading: bool,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
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

/// `studies.toml`: the catalogue of imaging studies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudiesFile {
    /// The studies.
    pub study: Vec<StudyEntry>,
}

/// One study.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyEntry {
    /// `CT_ABD_PEL_WO`
    pub key: String,
    /// Name to show on cards.
    pub name: String,
    /// Kind of examination.
    pub modality: Modality,
    /// Parts of the body, in any order.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Intravenous contrast.
    pub contrast: IvContrast,
    /// Tracer class, for nuclear studies.
    #[serde(default)]
    pub tracer: Option<Tracer>,
    /// What an endoscopic ultrasound is for.
    #[serde(default)]
    pub purpose: Option<EusPurpose>,
    /// A vessel study (CT angiography): never a part of a composite.
    #[serde(default)]
    pub angiography: bool,
    /// False where the region cannot answer an abdominal-tumour question (R1).
    #[serde(default = "yes")]
    pub answers: bool,
    /// Covers staging by itself (§3.9).
    #[serde(default)]
    pub covers_staging: bool,
    /// Codes by which orders name it.
    #[serde(default)]
    pub code: Vec<CodeEntry>,
}

fn yes() -> bool {
    true
}

/// Kind of examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[allow(missing_docs, reason = "the names are the field's")]
pub enum Modality {
    CT,
    MR,
    PET,
    PETCT,
    PETMR,
    NM,
    US,
    EUS,
}

/// A part of the body as study catalogues name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the field's")]
pub enum Region {
    Chest,
    Abdomen,
    Pelvis,
    Liver,
    Pancreas,
    BiliaryPancreaticDucts,
    SkullBaseToMidThigh,
    WholeBody,
    Limited,
    Oesophagus,
    Bone,
    /// A region that cannot answer an abdominal-tumour question: brain, limb, breast, spine, heart …
    Elsewhere,
}

/// Intravenous contrast. Oral or rectal contrast alone is none (§3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IvContrast {
    /// Without.
    None,
    /// With.
    With,
    /// Without and with.
    WithoutAndWith,
    /// Not stated, or stated in contradictory ways: never the same as none.
    Unknown,
    /// The modality has none.
    NotApplicable,
}

/// Class of radiotracer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tracer {
    /// Somatostatin-receptor PET tracer.
    Sstr,
    /// Fluorodeoxyglucose.
    Fdg,
    /// Somatostatin-receptor scintigraphy agent.
    SstrSpect,
    /// Another tracer: no rating held.
    Other,
    /// Not named.
    Unknown,
}

/// What an endoscopic ultrasound is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum EusPurpose {
    Diagnostic,
    Sampling,
    Therapeutic,
    OesophagusOnly,
}

/// `lexicon/*.toml`: lists of phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LexiconFile {
    /// What the file is about, for people.
    pub topic: String,
    /// Name → list.
    pub list: BTreeMap<String, PhraseEntry>,
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
