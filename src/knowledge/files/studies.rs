//! `studies.toml`: the catalogue of imaging studies.

use super::CodeEntry;
use serde::Deserialize;

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
