//! The rows that are counted: what was kept of calls, joined with what was told of their cards.
//!
//! They hold pseudonyms of orders, to see what became of an order; these are compared and never given out.

use serde::{Deserialize, Serialize};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// Names it and no other; later calls have greater ones, mostly.
    pub id: String,
    /// When it arrived, in milliseconds since 1970.
    pub at: i64,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The service that was called.
    pub service: String,
    /// The hook; empty where the call was not read so far.
    pub hook: String,
    /// The client's name; empty for anybody.
    pub client: String,
    /// `answered`, `switched-off`, or our code of the refusal.
    pub outcome: String,
    /// What asking the FHIR server came to.
    pub gathered: String,
    /// Keys of data that were not delivered.
    pub missing: Vec<String>,
    /// Draft orders in it.
    pub drafts: u64,
    /// The version of the knowledge.
    pub knowledge_version: String,
    /// The version of this program.
    pub service_version: String,
    /// What was decided about each order.
    pub decisions: Vec<Decision>,
    /// The cards that fired, shown or not.
    pub cards: Vec<Card>,
}

/// What was decided about one order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The pseudonym of the order.
    pub order: String,
    /// Whether the hook asked about it.
    pub selected: bool,
    /// The study it asks for; empty where nothing names one.
    pub study: String,
    /// The clinical question.
    pub scenario: String,
    /// How sure we are of the question.
    pub certainty: String,
    /// The rating held.
    pub rating: String,
    /// The rules that spoke.
    pub rules: Vec<String>,
    /// Where nothing is said: the gate that decided so.
    pub gate: String,
    /// Where nothing is said: why.
    pub reason: String,
    /// How many codes of it nobody could explain.
    pub unmapped: u64,
}

/// A card that fired.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// The decision it is about, by its place in the call.
    pub decision: Option<usize>,
    /// Its kind.
    pub kind: String,
    /// How loud it was.
    pub indicator: String,
    /// Whether anybody saw it.
    pub mode: Mode,
    /// The studies or questions offered.
    pub offers: Vec<String>,
    /// What was last told of it.
    pub told: Option<Told>,
}

/// What a client told of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Whether it was followed; otherwise it was overridden.
    pub accepted: bool,
    /// When the user decided, in milliseconds since 1970.
    pub at: i64,
    /// Why it was not followed: a code we know, `other`, or empty.
    pub reason: String,
    /// The offers taken; empty words for suggestions we do not know.
    pub taken: Vec<String>,
}

/// Whether a card that fired was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In the answer.
    #[default]
    Shown,
    /// Judged and kept only: the client or the rule is in shadow mode.
    Shadow,
    /// Left out: the rule is switched off.
    Off,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Shown, Self::Shadow, Self::Off];

    /// Its word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }

    /// The mode with this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.key() == word)
    }
}

/// How often a code that nobody could explain came on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnmappedCode {
    /// The day it came, in days since 1970 (UTC).
    pub day: i64,
    /// Who sent it.
    pub client: String,
    /// Its code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// How many orders carried it.
    pub orders: u64,
}
