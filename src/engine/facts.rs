//! What the decision asks of a case, each answer with its evidence.
//!
//! Chart facts hold for every order of a call ([`ChartFacts`]); order facts are read from one order
//! ([`OrderFacts`]). Unknown is an answer like any other.

pub mod coverage;
pub mod disease;
pub mod doubt;
pub mod link;
pub mod modifiers;
pub mod person;
pub mod timeline;

use super::case::{Case, Condition, DraftOrder, ResourceRef};
use super::counts;
use super::language::{Reading, Text};
use super::study::{self, Asked};
use super::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::terminology::Concept;
use disease::{Diagnosis, Tumour};
use std::cell::OnceCell;

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

/// A diagnosis that counts, with its codes looked up and its words made ready once for all rules.
#[derive(Debug)]
pub struct ReadCondition<'a> {
    /// The diagnosis.
    pub condition: &'a Condition,
    pub(super) diagnosis: Diagnosis<'a>,
    reading: OnceCell<Reading>,
}

impl ReadCondition<'_> {
    /// What its words ask and tell.
    fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::of(&self.diagnosis.text))
    }
}

/// What the chart tells, whatever the order.
#[derive(Debug)]
pub struct ChartFacts<'a> {
    /// Diagnoses that count.
    pub(super) conditions: Vec<ReadCondition<'a>>,
    /// Tumours found in the chart.
    pub tumours: Vec<Tumour>,
    /// Other active primary malignancies.
    pub other_malignancies: Vec<Evidence>,
    /// History codes alone, with surgery or follow-up beside neuroendocrine words (R-hist).
    pub cured: Option<Evidence>,
    /// What of it speaks against a first staging. Looked for when a warning depends on it.
    pub(super) against_staging: OnceCell<Option<Evidence>>,
}

impl<'a> ChartFacts<'a> {
    /// Reads the chart once for all orders.
    #[must_use]
    pub fn of(knowledge: &'a Knowledge, case: &'a Case) -> Self {
        let conditions = case.chart.conditions.iter().filter(|c| counts::condition(c));
        let conditions: Vec<ReadCondition<'a>> = conditions
            .map(|condition| {
                let concepts: Vec<&Concept> =
                    [&condition.code].into_iter().chain(&condition.stages).collect();
                let diagnosis = Diagnosis::of(knowledge, &concepts, &condition.body_sites, &condition.notes);
                ReadCondition {
                    condition,
                    diagnosis,
                    reading: OnceCell::new(),
                }
            })
            .collect();
        let (tumours, cured) = disease::read_chart(knowledge, case, &conditions);
        let other_malignancies = disease::other_malignancies(knowledge, case, &conditions, &tumours);
        Self {
            conditions,
            tumours,
            other_malignancies,
            cured,
            against_staging: OnceCell::new(),
        }
    }
}

/// What one order says.
#[derive(Debug)]
pub struct OrderFacts<'k> {
    /// `ServiceRequest/o1`.
    pub id: ResourceRef,
    /// The study by itself, before composites.
    pub asked: Option<Asked>,
    /// What its reasons name.
    pub reasons: link::Names,
    /// False for orders that are over or must not be done.
    pub counts: bool,
    knowledge: &'k Knowledge,
    order: &'k DraftOrder,
    /// The patient is a child, for whom abbreviations mean other things.
    child: bool,
    /// It asks for an endoscopic ultrasound, on which some words ask for the local stage.
    endoscopy: bool,
    text: OnceCell<Text<'k>>,
    names: OnceCell<link::Names>,
    reading: OnceCell<Reading>,
    link: OnceCell<Fact<link::Link>>,
}

impl<'k> OrderFacts<'k> {
    /// Reads one order.
    #[must_use]
    pub fn of(knowledge: &'k Knowledge, order: &'k DraftOrder, case: &Case) -> Self {
        let id = order
            .id
            .clone()
            .unwrap_or_else(|| ResourceRef::new("ServiceRequest"));
        let child = disease::is_child(knowledge, case);
        let reasons = link::Names::of_reasons(knowledge, &id, order, case, child);
        let asked = study::identify(knowledge, order);
        let counts = counts::order(order);
        let mut facts = Self {
            id,
            asked: None,
            reasons,
            counts,
            knowledge,
            order,
            child,
            endoscopy: asked.as_ref().is_some_and(|a| a.shape.purpose.is_some()),
            text: OnceCell::new(),
            names: OnceCell::new(),
            reading: OnceCell::new(),
            link: OnceCell::new(),
        };
        facts.asked = asked.map(|a| study::settle_purpose(a, &facts.id, || facts.reading()));
        facts
    }

    /// Every word of it that can tell what it is for. Made ready when a rule asks for it: most orders end at an earlier
    /// gate.
    pub(super) fn text(&self) -> &Text<'k> {
        self.text.get_or_init(|| order_text(self.knowledge, self.order))
    }

    /// What its reasons and all its words name. Read when a rule asks for it, as the next two.
    #[must_use]
    pub fn names(&self) -> &link::Names {
        self.names
            .get_or_init(|| self.reasons.and_words(&self.id, self.text(), self.child))
    }

    /// What its words ask and tell. Read when a rule asks for it.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| match self.endoscopy {
            true => Reading::of_endoscopy(self.text()),
            false => Reading::of(self.text()),
        })
    }

    /// R4: whether it is about the tumour. Decided when a rule asks for it.
    pub fn link(&self, chart: &ChartFacts<'_>) -> &Fact<link::Link> {
        self.link.get_or_init(|| link::decide(chart, self))
    }
}

/// Every word of an order that can tell what it is for.
fn order_text<'k>(knowledge: &'k Knowledge, order: &DraftOrder) -> Text<'k> {
    let concepts = order.reasons.iter().chain(&order.details);
    let concepts = concepts.chain(&order.supporting).chain([&order.code]);
    let words = concepts
        .flat_map(|c| c.words())
        .chain(order.notes.iter().map(String::as_str));
    Text::new(knowledge, &Text::join(words))
}
