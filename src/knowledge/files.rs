//! The shape of each file in `cards/`, exactly as written. No meaning is attached here: see `compile`.
//!
//! Unknown fields are refused everywhere, so that a typing error is a finding and not a silent change of meaning.

use serde::Deserialize;
use std::collections::BTreeMap;

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

/// `pnet/scenarios.toml`: the scenario table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenariosFile {
    /// The facts the table asks about, with words for people.
    pub fact: Vec<FactEntry>,
    /// The scenarios.
    pub scenario: Vec<ScenarioEntry>,
    /// The questions a clinician can answer an uncertain order with, by one click.
    pub question: Vec<QuestionEntry>,
    /// The rows, first match wins.
    pub row: Vec<RowEntry>,
}

/// A question as it is written on an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionEntry {
    /// The scenario it states.
    pub scenario: String,
    /// The reason written on the order; an order that gives it word for word is believed.
    pub reason: String,
}

/// Words for one fact.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactEntry {
    /// Name.
    pub name: String,
    /// Rule that establishes it.
    pub rule: String,
    /// The question in words.
    pub question: String,
    /// Answer → words.
    pub answers: BTreeMap<String, String>,
}

/// Whether a scenario may lead to cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// Its ratings may lead to cards.
    Rated,
    /// It may at most ask which question is meant.
    Ask,
    /// It never speaks.
    Silent,
}

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioEntry {
    /// Key.
    pub key: String,
    /// Name on cards.
    pub title: String,
    /// Rating tables that apply; several must agree.
    #[serde(default)]
    pub variants: Vec<String>,
    /// May it speak?
    pub voice: Voice,
    /// It is an ACR variant (or might be one): a rating is held or unknown. Otherwise ratings do not apply.
    #[serde(default)]
    pub classified: bool,
    /// Where it is not rated: the scenario whose ratings decide whether asking is worth it.
    #[serde(default)]
    pub ask_as: Option<String>,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
}

/// One row of the scenario table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowEntry {
    /// Rule id.
    pub rule: String,
    /// Fact → answers that satisfy the row; all must hold.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// The scenario it decides.
    pub scenario: String,
    /// Where only the clinician can tell: the scenarios the evidence fits.
    #[serde(default)]
    pub fits: Vec<String>,
    /// Why, in words.
    pub because: String,
}

/// `pnet/ratings.csv`: one line per scenario and study.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingLine {
    /// Rating table.
    pub scenario: String,
    /// Study key.
    pub study: String,
    /// Category, or `unknown`.
    pub category: String,
    /// `yes` for the study listed first.
    pub recommended: String,
    /// Adult relative radiation level, or `unknown`.
    pub rrl: String,
    /// Where the rating stands.
    pub rating_source: String,
    /// How sure.
    pub confidence: String,
    /// Where the radiation level stands.
    pub rrl_source: String,
    /// `yes`: our extension of a stated rating; cards must say so.
    pub by_extension: String,
    /// Seed facts.
    pub facts: String,
    /// Remarks.
    pub note: String,
}

/// `pnet/cards.toml`: the words of the cards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardsFile {
    /// Words used on every card.
    pub common: CommonWords,
    /// Kind → words.
    pub card: BTreeMap<String, CardWords>,
    /// Reasons a clinician can give for keeping the order.
    pub override_reason: Vec<OverrideReason>,
}

/// Words used on every card.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonWords {
    /// Category → words.
    pub category: BTreeMap<String, String>,
    /// Certainty → words.
    pub certainty: BTreeMap<String, String>,
    /// Source key → words, for what was not seen.
    pub source: BTreeMap<String, String>,
    /// Resource type → what cards call it.
    pub resource: BTreeMap<String, String>,
    /// Template of the whole detail.
    pub detail: String,
    /// Label of a suggestion.
    pub suggestion_label: String,
    /// Description of the action that changes the draft order.
    pub update_description: String,
    /// Description of the action that adds an order.
    pub create_description: String,
    /// Label of a question to choose.
    pub question_label: String,
    /// Description of the action that states a question on an order.
    pub question_description: String,
    /// Note line kinds under "Not known".
    pub limits: BTreeMap<String, String>,
    /// Modifier → words when merged into a card.
    pub modifier: BTreeMap<String, String>,
}

/// The words of one kind of card.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardWords {
    /// Place in the order of cards; lower is earlier.
    pub precedence: u8,
    /// Template of the summary, under 140 characters.
    pub summary: String,
    /// Template of the reason, one or two sentences.
    pub why: String,
    /// Template of the guideline line.
    pub guideline: String,
    /// What the card offers.
    pub offers: Offers,
    /// Studies offered before all others.
    #[serde(default)]
    pub prefer: Vec<String>,
    /// Questions to choose from where the scenario itself is settled, but not what the study is for.
    #[serde(default)]
    pub questions: Vec<String>,
    /// Offers of the order's own modality come first.
    #[serde(default)]
    pub prefer_same_modality: bool,
}

/// What a card offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offers {
    /// Nothing.
    Nothing,
    /// Studies that replace the order.
    Replace,
    /// The preferred study, added beside the order.
    Add,
}

/// A reason a clinician can give for keeping the order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideReason {
    /// Code system URI.
    pub system: String,
    /// Code.
    pub code: String,
    /// Words.
    pub display: String,
}

/// `pnet/suggestions.toml`: what is offered instead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuggestionsFile {
    /// Studies offered, best first.
    pub base: Vec<String>,
    /// Told in words, never offered as a button.
    #[serde(default)]
    pub mention: Vec<String>,
    /// Added before the somatostatin-receptor study in high-grade disease.
    pub high_grade: String,
    /// Systems to code an offer in when the order's own system has no code for it, best first.
    pub fallback_systems: Vec<String>,
    /// Note that lets an offer win over notes of the order that speak of contrast or tracer; they stay as written.
    pub replaces_note: String,
    /// How a study is ordered.
    pub order: Vec<OfferEntry>,
}

/// How a study is ordered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferEntry {
    /// Study key.
    pub study: String,
    /// Note for radiology put on the order (S-37).
    #[serde(default)]
    pub protocol_note: Option<String>,
    /// One or two orders for each code system that can name it.
    pub coded: Vec<CodedOffer>,
    /// One sentence for it, shown under Alternatives.
    pub because: String,
}

/// The orders that make up a study in one code system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodedOffer {
    /// Code-system key.
    pub system: String,
    /// The orders: the first replaces the draft order, the others are added.
    pub orders: Vec<OfferedOrder>,
}

/// One order to place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedOrder {
    /// Codes, `system|code`; the first is the study's own.
    pub codes: Vec<String>,
    /// Text of the order.
    pub text: String,
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
