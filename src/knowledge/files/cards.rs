//! `pnet/cards.toml` and `pnet/suggestions.toml`: what is said and offered.

use serde::Deserialize;
use std::collections::BTreeMap;

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
    /// Description of the action that records the rating on an order.
    #[serde(default)]
    pub rating_description: String,
    /// Description of the action that takes our rating away from an order that is not rated any more.
    #[serde(default)]
    pub rating_removed_description: String,
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
    /// Scenarios that the words hold for; every one when empty.
    #[serde(default)]
    pub only_for: Vec<String>,
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
    /// Why that study is offered although it is not rated as high as the others.
    pub high_grade_because: String,
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
