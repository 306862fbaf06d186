//! One judged order as a line of the tables: words of the knowledge, and pseudonyms in the place of names.
//!
//! Nothing of the request's text is in it. Local codes are, so that they can be mapped.

use serde::{Deserialize, Serialize};

/// What was said about an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its kind.
    pub kind: String,
    /// How loud.
    pub indicator: String,
    /// Studies offered, best first.
    pub offers: Vec<String>,
}

/// What followed an order about which something would have been said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Followed {
    /// Days until one of the studies offered was ordered.
    pub ordered_after: Option<i64>,
    /// Days until one of them is on record as done.
    pub done_after: Option<i64>,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The patient's pseudonym; rows are ordered by it.
    pub key: String,
    /// The patient's id, only where the user asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// The order: a pseudonym, or its id.
    pub order: String,
    /// The day of the order, which is the day it was judged for.
    pub day: String,
    /// What became of the order: its status in the export.
    pub status: String,
    /// `card`, `silent`, `unavailable` (the service would have refused for lack of data) or `unreadable`.
    pub outcome: String,
    /// The study, if it could be told.
    pub study: Option<String>,
    /// The clinical question.
    pub scenario: String,
    /// Every question the evidence fits.
    pub scenarios: Vec<String>,
    /// How sure the question is.
    pub certainty: String,
    /// The appropriateness category.
    pub rating: String,
    /// What would have been said.
    pub cards: Vec<Card>,
    /// Where the judgement stopped, for an order about which nothing was said: the question that was asked last.
    pub gate: String,
    /// The answer to it.
    pub because: String,
    /// Every step: rule, question and answer.
    pub reasons: Vec<String>,
    /// Orders of the same session that were in view, this one not counted.
    pub siblings: usize,
    /// Parts of the record that the export does not hold.
    pub missing: Vec<String>,
    /// Codes of the order that nothing explains: system and code.
    pub unmapped: Vec<[String; 2]>,
    /// Entries without a date would have changed the judgement; they were taken as unknown then, and the quieter of both
    /// judgements stands.
    pub open: bool,
    /// What followed, where something was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed: Option<Followed>,
}

impl Row {
    /// Whether a card would have been shown.
    #[must_use]
    pub fn spoke(&self) -> bool {
        !self.cards.is_empty()
    }

    /// The heading of the table.
    pub(super) const HEADING: [&'static str; 21] = [
        "patient",
        "order",
        "day",
        "status",
        "outcome",
        "study",
        "scenario",
        "scenarios",
        "certainty",
        "rating",
        "cards",
        "indicator",
        "offers",
        "gate",
        "because",
        "reasons",
        "siblings",
        "missing",
        "unmapped",
        "open",
        "followed",
    ];

    /// The fields of the table.
    pub(super) fn fields(&self) -> [String; 21] {
        let list = |items: &[String]| items.join("; ");
        let of_cards = |text: fn(&Card) -> String| list(&self.cards.iter().map(text).collect::<Vec<_>>());
        let unmapped = self
            .unmapped
            .iter()
            .map(|[system, code]| plain(&format!("{system}|{code}")));
        let days = |days: Option<i64>| days.map_or_else(|| "never".to_owned(), |d| format!("{d} days"));
        [
            self.patient.as_ref().unwrap_or(&self.key).clone(),
            self.order.clone(),
            self.day.clone(),
            plain(&self.status),
            self.outcome.clone(),
            self.study.clone().unwrap_or_default(),
            self.scenario.clone(),
            list(&self.scenarios),
            self.certainty.clone(),
            self.rating.clone(),
            of_cards(|card| card.kind.clone()),
            of_cards(|card| card.indicator.clone()),
            of_cards(|card| card.offers.join(" ")),
            self.gate.clone(),
            self.because.clone(),
            list(&self.reasons),
            self.siblings.to_string(),
            list(&self.missing),
            list(&unmapped.collect::<Vec<_>>()),
            self.open.to_string(),
            self.followed.map_or_else(String::new, |f| {
                format!("ordered {}, done {}", days(f.ordered_after), days(f.done_after))
            }),
        ]
    }
}

/// Words of the export on one short line that no spreadsheet takes for a formula.
pub(super) fn plain(words: &str) -> String {
    let short: String = words.chars().filter(|c| !c.is_control()).take(160).collect();
    if short.starts_with(['=', '+', '-', '@']) {
        format!("'{short}")
    } else {
        short
    }
}
