//! What the decision asks of a case, each answer with its evidence.
//!
//! Chart facts hold for every order of a call ([`ChartFacts`]); order facts are read from one order
//! ([`OrderFacts`]). Unknown is an answer like any other.

pub mod coverage;
pub mod disease;
pub mod link;
pub mod modifiers;
pub mod person;
pub mod timeline;

use super::case::{Case, DraftOrder, ResourceRef};
use super::counts;
use super::language::{Reading, Text};
use super::study::{self, Asked};
use super::trace::Evidence;
use crate::knowledge::Knowledge;
use disease::Tumour;

/// An answer with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<T> {
    /// The answer.
    pub value: T,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

impl<T> Fact<T> {
    /// An answer that rests on the absence of anything else.
    pub fn bare(value: T) -> Self {
        Self {
            value,
            evidence: Vec::new(),
        }
    }

    /// An answer with one piece of evidence.
    pub fn with(value: T, evidence: Evidence) -> Self {
        Self {
            value,
            evidence: vec![evidence],
        }
    }
}

/// What the chart tells, whatever the order.
#[derive(Debug)]
pub struct ChartFacts {
    /// Tumours found in the chart.
    pub tumours: Vec<Tumour>,
    /// Other active primary malignancies.
    pub other_malignancies: Vec<Evidence>,
    /// History codes alone, with surgery or follow-up beside neuroendocrine words (R-hist).
    pub cured: Option<Evidence>,
}

impl ChartFacts {
    /// Reads the chart once for all orders.
    #[must_use]
    pub fn of(knowledge: &Knowledge, case: &Case) -> Self {
        let mut facts = disease::read_chart(knowledge, case);
        facts.other_malignancies = disease::other_malignancies(knowledge, case, &facts.tumours);
        facts
    }
}

/// What one order says.
#[derive(Debug)]
pub struct OrderFacts {
    /// `ServiceRequest/o1`.
    pub id: ResourceRef,
    /// The study by itself, before composites.
    pub asked: Option<Asked>,
    /// What its words ask and tell.
    pub reading: Reading,
    /// What its reasons name.
    pub names: link::Names,
    /// False for orders that are over or must not be done.
    pub counts: bool,
}

impl OrderFacts {
    /// Reads one order.
    #[must_use]
    pub fn of(knowledge: &Knowledge, order: &DraftOrder, case: &Case) -> Self {
        let id = order
            .id
            .clone()
            .unwrap_or_else(|| ResourceRef::new("ServiceRequest"));
        let text = order_text(knowledge, order);
        let reading = Reading::of(&text);
        let asked = study::identify(knowledge, order, &reading);
        let names = link::Names::of(knowledge, &id, order, case, &text);
        Self {
            id,
            asked,
            reading,
            names,
            counts: counts::order(order),
        }
    }
}

/// Every word of an order that can tell what it is for.
fn order_text<'k>(knowledge: &'k Knowledge, order: &DraftOrder) -> Text<'k> {
    let concepts = order.reasons.iter().chain(&order.details).chain([&order.code]);
    let words = concepts
        .flat_map(|c| c.words())
        .chain(order.notes.iter().map(String::as_str));
    Text::new(knowledge, &Text::join(words))
}
