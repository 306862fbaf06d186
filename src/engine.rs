//! The decision: one pure function, [`consult`], and what it returns.
//!
//! No IO, no clock, no randomness, no error: odd input is a fact about the input and goes to the trace.
//! The engine does not know CDS Hooks; `answer` turns its advice into cards.

pub mod advice;
pub mod case;
pub mod counts;
pub mod facts;
pub mod language;
pub mod marks;
pub mod rating;
pub mod scenario;
pub mod study;
pub mod trace;

pub use crate::knowledge::{AppropriatenessCategory, Key};

use crate::knowledge::{Knowledge, Shape};
use crate::terminology::Coding;
use advice::Basket;
use case::{Case, ResourceRef, Source};
use facts::{ChartFacts, OrderFacts, disease};
use trace::{Evidence, Step};

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
    /// The draft orders that make up the study together, this one among them, in the order sent; empty where it
    /// stands alone. Some may not be selected: they count for what the study is, but nobody asked to change them.
    pub parts: Vec<ResourceRef>,
    /// The imaging study it asks for, composites resolved; `None` when nothing names one.
    pub study: Option<Key>,
    /// Codes of an imaging order that only the site can explain, and no map of its codes does.
    pub unmapped: Vec<Coding>,
    /// The clinical question.
    pub scenario: Key,
    /// Every question the evidence fits: `scenario` alone where it is settled, several where only the clinician knows.
    pub candidates: Vec<Key>,
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
    /// Studies offered, best first.
    pub offers: Vec<Key>,
    /// Questions the clinician can choose from; each is written on the order by one click.
    pub questions: Vec<Key>,
    /// Studies told in words only.
    pub mentions: Vec<Key>,
    /// The offers are added beside the draft order instead of replacing it.
    pub adds: bool,
    /// What the chart changes, told in this card: modifier kind and what it rests on.
    pub modifiers: Vec<(Key, Evidence)>,
    /// What is not known or was assumed, by its key in the card words, with what it is about.
    pub limits: Vec<(Key, Vec<Key>)>,
    /// What the judgement rests on.
    pub because: Vec<Evidence>,
    /// What speaks against the question that is asked about: told where the question stays open.
    pub against: Vec<Evidence>,
}

/// Judges every draft order of a case by the knowledge.
#[must_use]
pub fn consult(knowledge: &Knowledge, case: &Case) -> Consultation {
    let chart = ChartFacts::of(knowledge, case);
    let read: Vec<OrderFacts<'_>> = case
        .orders
        .iter()
        .map(|o| OrderFacts::of(knowledge, o, case))
        .collect();

    // §3.8: orders about the tumour that make up one study are judged as that study.
    let named = |o: &OrderFacts<'_>| o.reasons.tumour.is_some() || o.reasons.about_tumour.is_some();
    let tumour = !chart.tumours.is_empty() || chart.cured.is_some() || read.iter().any(named);
    // Where the chart holds another tumour and the order does not name this one, it may be about that one.
    let other = chart.tumours.iter().any(|t| t.kind == disease::Kind::NotPnet);
    let held = |o: &OrderFacts<'_>| {
        !other || disease::decide(knowledge, case, &chart, o, || false).0.value != disease::Disease::NotPnet
    };
    let part = |o: &OrderFacts<'_>| tumour && o.counts && o.link(&chart).value.about_tumour() && held(o);
    let shapes: Vec<_> = read
        .iter()
        .map(|o| o.asked.as_ref().map(|a| &a.shape).filter(|_| part(o)))
        .collect();
    let wholes = study::composite::combine(&shapes);

    let mut basket = Basket::of(knowledge, &read, &shapes, &wholes);
    let mut decisions = Vec::new();
    let mut unavailable = None;
    let grouped = parts(&read, &wholes);
    for ((order, facts), whole) in case.orders.iter().zip(&read).zip(&wholes) {
        if !order.selected && facts.asked.is_none() {
            continue;
        }
        let judged = scenario::judge(knowledge, case, &chart, order, facts, whole.as_ref());
        unavailable = unavailable.or(judged.unavailable);
        let mut decision = judged.decision;
        decision.parts = whole
            .as_ref()
            .and_then(|w| grouped.iter().find(|(shape, _)| *shape == w))
            .map(|(_, orders)| orders.clone())
            .unwrap_or_default();
        if order.selected {
            let answerable = |questions: &[Key]| {
                scenario::answerable(knowledge, case, &chart, order, whole.as_ref(), questions)
            };
            let ground = &judged.ground;
            let (advice, steps) =
                advice::advise(knowledge, case, &chart, facts, ground, &mut basket, &answerable);
            // What a card asks about is open, even where a row of the table took one side.
            if let Some(asks) = advice
                .iter()
                .find(|a| !a.questions.is_empty() && ground.open.is_empty())
            {
                decision.candidates.clone_from(&asks.questions);
            }
            decision.advice = advice;
            decision.trace.extend(steps);
        }
        decisions.push(decision);
    }
    advice::share(knowledge, &mut decisions);
    Consultation {
        decisions,
        unavailable,
    }
}

/// The orders that make up each whole study.
fn parts<'w>(read: &[OrderFacts<'_>], wholes: &'w [Option<Shape>]) -> Vec<(&'w Shape, Vec<ResourceRef>)> {
    let mut grouped: Vec<(&Shape, Vec<ResourceRef>)> = Vec::new();
    for (order, whole) in read.iter().zip(wholes) {
        let Some(whole) = whole else { continue };
        match grouped.iter_mut().find(|(shape, _)| *shape == whole) {
            Some((_, orders)) => orders.push(order.id.clone()),
            None => grouped.push((whole, vec![order.id.clone()])),
        }
    }
    grouped
}
