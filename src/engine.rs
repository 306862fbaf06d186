//! The decision: one pure function, [`consult`], and what it returns.
//!
//! No IO, no clock, no randomness, no error: odd input is a fact about the input and goes to the trace.
//! The engine does not know CDS Hooks; `answer` turns its advice into cards.

pub mod case;
pub mod trace;

use crate::knowledge::Knowledge;
use case::{Case, ResourceRef, Source};
use std::sync::Arc;
use trace::Step;

/// A key of the knowledge: `initial_staging`, `CT_ABD_PEL_WO`, `UNA_NONCONTRAST`.
pub type Key = Arc<str>;

/// All judgements of one hook call. (PAMA's word.)
#[derive(Debug, Clone, PartialEq)]
pub struct Consultation {
    /// One per draft order that is imaging or EUS, or selected; in the order sent.
    pub decisions: Vec<Decision>,
    /// Data without which a selected, rated order cannot be judged (P-01): answer 412, no cards.
    pub unavailable: Option<Source>,
}

/// The judgement of one order and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// `ServiceRequest/o1`.
    pub order: ResourceRef,
    /// Whether the hook asked about it.
    pub selected: bool,
    /// The imaging study it asks for, composites resolved; `None` when nothing names one.
    pub study: Option<Key>,
    /// The clinical question.
    pub scenario: Key,
    /// How sure we are of the question.
    pub certainty: Certainty,
    /// The rating held for that question and study.
    pub rating: AppropriatenessCategory,
    /// What to say about it; empty is silence.
    pub advice: Vec<Advice>,
    /// Every rule that spoke, with its evidence.
    pub trace: Vec<Step>,
}

/// How an order is tied to the clinical question (gate R4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The order says so in a staging phrase.
    Explicit,
    /// The order names the tumour.
    Linked,
    /// The order states no reason; the chart suggests it.
    Presumed,
    /// The question is not one we rate.
    None,
}

impl Certainty {
    /// The word used in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Linked => "linked",
            Self::Presumed => "presumed",
            Self::None => "none",
        }
    }
}

/// ACR appropriateness category, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppropriatenessCategory {
    /// ACR 7–9.
    UsuallyAppropriate,
    /// ACR 4–6.
    MayBeAppropriate,
    /// ACR 1–3.
    UsuallyNotAppropriate,
    /// No rating is held for this question and study.
    Unknown,
    /// The order is not about a question that is rated at all.
    NotApplicable,
}

impl AppropriatenessCategory {
    /// The word used in JSON and in `ratings.csv`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::UsuallyAppropriate => "usually_appropriate",
            Self::MayBeAppropriate => "may_be_appropriate",
            Self::UsuallyNotAppropriate => "usually_not_appropriate",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// How loud a card is. Never critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    /// Worth knowing.
    Info,
    /// Worth stopping for.
    Warning,
}

impl Indicator {
    /// The CDS Hooks word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }
}

/// One thing worth saying about one order, with the choices offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// `UNA_NONCONTRAST` …
    pub kind: Key,
    /// How loud.
    pub indicator: Indicator,
    /// Studies offered instead, best first; each replaces the draft order.
    pub offers: Vec<Key>,
    /// Kinds merged into this card as text.
    pub merged: Vec<Key>,
}

/// Judges every draft order of a case by the knowledge.
#[must_use]
pub fn consult(_knowledge: &Knowledge, _case: &Case) -> Consultation {
    Consultation {
        decisions: Vec::new(),
        unavailable: None,
    }
}
