//! Old against new: which cases get other advice under another rule set. That list is what a reviewer reads.
//!
//! Pure: it runs the stories of both sets under both sets. Requests in FHIR are read by the caller, who hands in
//! [`Answered`]s to compare; it leaves out reading files and anything that is not advice.

use super::stories;
use super::vignette::Vignette;
use crate::answer::Told;
use crate::engine::case::Case;
use crate::engine::{Consultation, consult};
use crate::knowledge::{Knowledge, SourceFiles};
use serde::Serialize;
use std::fmt;

/// What one case leads to under one rule set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// Why there is no judgement at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// One per draft order that is judged.
    pub orders: Vec<OrderAnswer>,
}

/// What one order leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are the engine's")]
pub struct OrderAnswer {
    pub order: String,
    pub study: String,
    pub scenario: String,
    pub certainty: &'static str,
    pub rating: &'static str,
    pub cards: Vec<CardAnswer>,
}

/// One card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are CDS Hooks'")]
pub struct CardAnswer {
    pub kind: String,
    pub indicator: &'static str,
    pub suggestions: Vec<String>,
    pub summary: String,
    pub detail: String,
}

impl Answered {
    /// What a consultation amounts to.
    #[must_use]
    pub fn of(knowledge: &Knowledge, case: &Case, consultation: &Consultation) -> Self {
        let orders = consultation.decisions.iter().map(|decision| {
            let cards = decision.advice.iter().map(|advice| {
                let Told { summary, detail } = Told::of(knowledge, case, decision, advice);
                CardAnswer {
                    kind: advice.kind.to_string(),
                    indicator: advice.indicator.key(),
                    suggestions: advice.offers.iter().map(ToString::to_string).collect(),
                    summary,
                    detail,
                }
            });
            OrderAnswer {
                order: decision.order.as_str().to_owned(),
                study: decision.study.as_deref().unwrap_or("none").to_owned(),
                scenario: decision.scenario.to_string(),
                certainty: decision.certainty.key(),
                rating: decision.rating.key(),
                cards: cards.collect(),
            }
        });
        Self {
            refused: consultation
                .unavailable
                .map(|source| format!("`{}` was not delivered", source.key())),
            orders: orders.collect(),
        }
    }

    /// No judgement, and why.
    #[must_use]
    pub fn refused(why: impl Into<String>) -> Self {
        Self {
            refused: Some(why.into()),
            orders: Vec::new(),
        }
    }
}

/// A case that is answered in another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `V-02 CT without contrast`, or the name of a file.
    pub case: String,
    /// What differs, one line each: `o1: rating: unknown → usually_not_appropriate`.
    pub differences: Vec<String>,
    /// The answer of the old set.
    pub before: Answered,
    /// The answer of the new set.
    pub after: Answered,
}

/// Old against new.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The old set: id, version, digest.
    pub old: String,
    /// The new set.
    pub new: String,
    /// How many cases were tried.
    pub tried: usize,
    /// Those that changed.
    pub changes: Vec<Change>,
    /// Stories that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

impl Comparison {
    /// Runs all stories of both sets under both sets; a story that both hold alike runs once.
    #[must_use]
    pub fn of(old: (&Knowledge, &SourceFiles), new: (&Knowledge, &SourceFiles)) -> Self {
        let mut comparison = Self {
            old: name(old.0),
            new: name(new.0),
            ..Self::default()
        };
        let (before, wrong_before) = stories(old.0, old.1);
        let (after, wrong_after) = stories(new.0, new.1);
        comparison
            .unreadable
            .extend(wrong_before.into_iter().chain(wrong_after));
        let alike = |one: &Vignette, other: &Vignette| one.id == other.id && one.case == other.case;
        for story in &after {
            comparison.story(old.0, new.0, story, "");
        }
        for story in before.iter().filter(|b| !after.iter().any(|a| alike(a, b))) {
            let mark = if after.iter().any(|a| a.id == story.id) {
                " (as the old set tells it)"
            } else {
                " (only in the old set)"
            };
            comparison.story(old.0, new.0, story, mark);
        }
        comparison
    }

    fn story(&mut self, old: &Knowledge, new: &Knowledge, story: &Vignette, mark: &str) {
        let answer =
            |knowledge: &Knowledge| Answered::of(knowledge, &story.case, &consult(knowledge, &story.case));
        self.add(
            format!("{} {}{mark}", story.id, story.title),
            answer(old),
            answer(new),
        );
    }

    /// Adds a case that both sets have answered.
    pub fn add(&mut self, case: String, before: Answered, after: Answered) {
        self.tried += 1;
        let differences = differences(&before, &after);
        if !differences.is_empty() {
            self.changes.push(Change {
                case,
                differences,
                before,
                after,
            });
        }
    }

    /// True when no case is answered in another way.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changes.is_empty() && self.unreadable.is_empty()
    }
}

/// Id, version and digest of a rule set.
fn name(knowledge: &Knowledge) -> String {
    format!(
        "{} {} (sha256 {:.12}…)",
        knowledge.id(),
        knowledge.version(),
        knowledge.digest()
    )
}

/// What differs between two answers to one case.
fn differences(before: &Answered, after: &Answered) -> Vec<String> {
    let mut lines = Vec::new();
    let word = |refused: &Option<String>| refused.clone().unwrap_or_else(|| "judged".to_owned());
    differ(
        &mut lines,
        "",
        "answer",
        &word(&before.refused),
        &word(&after.refused),
    );
    for order in &before.orders {
        match after.orders.iter().find(|o| o.order == order.order) {
            Some(now) => order_differences(&mut lines, order, now),
            None => lines.push(format!("{}: no longer judged", order.order)),
        }
    }
    let judged = |order: &&OrderAnswer| !before.orders.iter().any(|o| o.order == order.order);
    for order in after.orders.iter().filter(judged) {
        lines.push(format!(
            "{}: now judged: {}, {}",
            order.order, order.scenario, order.rating
        ));
        for card in &order.cards {
            lines.push(format!("{}: new card {}", order.order, told(card)));
        }
    }
    lines
}

fn order_differences(lines: &mut Vec<String>, before: &OrderAnswer, after: &OrderAnswer) {
    let place = &before.order;
    differ(lines, place, "study", &before.study, &after.study);
    differ(lines, place, "scenario", &before.scenario, &after.scenario);
    differ(lines, place, "certainty", before.certainty, after.certainty);
    differ(lines, place, "rating", before.rating, after.rating);
    for card in &before.cards {
        let Some(now) = after.cards.iter().find(|c| c.kind == card.kind) else {
            lines.push(format!("{place}: no longer card {}", told(card)));
            continue;
        };
        let place = format!("{place}: {}", card.kind);
        differ(lines, &place, "indicator", card.indicator, now.indicator);
        let list = |card: &CardAnswer| format!("[{}]", card.suggestions.join(", "));
        differ(lines, &place, "suggestions", &list(card), &list(now));
        differ(lines, &place, "summary", &card.summary, &now.summary);
        if card.detail != now.detail {
            lines.push(format!("{place}: other words in the text"));
            let added = now
                .detail
                .lines()
                .filter(|l| !card.detail.lines().any(|b| b == *l));
            let gone = card
                .detail
                .lines()
                .filter(|l| !now.detail.lines().any(|a| a == *l));
            lines.extend(gone.map(|l| format!("    - {l}")));
            lines.extend(added.map(|l| format!("    + {l}")));
        }
    }
    let held = |card: &&CardAnswer| !before.cards.iter().any(|c| c.kind == card.kind);
    for card in after.cards.iter().filter(held) {
        lines.push(format!("{place}: new card {}", told(card)));
    }
}

fn differ(lines: &mut Vec<String>, place: &str, what: &str, before: &str, after: &str) {
    if before != after {
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("{place}: ")
        };
        lines.push(format!("{place}{what}: {before} → {after}"));
    }
}

fn told(card: &CardAnswer) -> String {
    format!("{} ({}): {}", card.kind, card.indicator, card.summary)
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old: {}\nnew: {}", self.old, self.new)?;
        for wrong in &self.unreadable {
            writeln!(f, "\ncannot be read: {wrong}")?;
        }
        for change in &self.changes {
            writeln!(f, "\n{}", change.case)?;
            for line in &change.differences {
                writeln!(f, "    {line}")?;
            }
        }
        write!(f, "\n{} of {} cases change", self.changes.len(), self.tried)
    }
}
