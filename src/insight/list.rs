//! Single decisions to look into: when, what was decided and why, without a pseudonym or anything of the request.

use super::filter::Filter;
use super::row::{Call, Mode};
use super::tally::Chosen;
use serde::Serialize;

/// Some calls, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Page {
    /// The calls.
    pub calls: Vec<Listed>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Names the row.
    pub id: String,
    /// When: `2026-06-15T10:00:00Z`.
    pub time: String,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The service.
    pub service: String,
    /// The hook.
    pub hook: String,
    /// The client; empty for anybody.
    pub client: String,
    /// What became of the call.
    pub outcome: String,
    /// What asking the FHIR server came to.
    pub gathered: String,
    /// Keys of data that were not delivered.
    pub missing: Vec<String>,
    /// The version of the knowledge.
    pub knowledge_version: String,
    /// The version of this program.
    pub service_version: String,
    /// What was decided.
    pub decisions: Vec<ListedDecision>,
}

/// What was decided about one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `row::Decision`")]
pub struct ListedDecision {
    pub selected: bool,
    pub study: String,
    pub scenario: String,
    pub certainty: String,
    pub rating: String,
    pub rules: Vec<String>,
    pub gate: String,
    pub reason: String,
    pub unmapped: u64,
    pub cards: Vec<ListedCard>,
}

/// A card that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedCard {
    /// Its kind.
    pub kind: String,
    /// How loud.
    pub indicator: String,
    /// Whether it was shown.
    pub mode: Mode,
    /// What it offered: studies or questions.
    pub offers: Vec<String>,
    /// `accepted`, `overridden`, or empty where nothing was told.
    pub told: String,
    /// Why it was overridden.
    pub reason: String,
    /// The offers taken.
    pub taken: Vec<String>,
}

impl Listed {
    /// The call as it is shown to who asked so; nothing if it is not what was asked for.
    #[must_use]
    pub fn of(call: &Call, filter: &Filter) -> Option<Self> {
        let chosen = Chosen::of(call, filter)?;
        let cards = |at: usize| {
            let cards = chosen.cards.iter().filter(|c| c.decision == Some(at));
            let listed = cards.map(|card| ListedCard {
                kind: card.kind.clone(),
                indicator: card.indicator.clone(),
                mode: card.mode,
                offers: card.offers.clone(),
                told: card
                    .told
                    .as_ref()
                    .map_or("", |t| if t.accepted { "accepted" } else { "overridden" })
                    .to_owned(),
                reason: card.told.as_ref().map_or_else(String::new, |t| t.reason.clone()),
                taken: card.told.as_ref().map_or_else(Vec::new, |t| t.taken.clone()),
            });
            listed.collect()
        };
        let decisions = chosen.decisions.iter().map(|(at, decision)| ListedDecision {
            selected: decision.selected,
            study: decision.study.clone(),
            scenario: decision.scenario.clone(),
            certainty: decision.certainty.clone(),
            rating: decision.rating.clone(),
            rules: decision.rules.clone(),
            gate: decision.gate.clone(),
            reason: decision.reason.clone(),
            unmapped: decision.unmapped,
            cards: cards(*at),
        });
        Some(Self {
            id: call.id.clone(),
            time: jiff::Timestamp::from_millisecond(call.at)
                .map_or_else(|_| String::new(), |t| t.to_string()),
            micros: call.micros,
            service: call.service.clone(),
            hook: call.hook.clone(),
            client: call.client.clone(),
            outcome: call.outcome.clone(),
            gathered: call.gathered.clone(),
            missing: call.missing.clone(),
            knowledge_version: call.knowledge_version.clone(),
            service_version: call.service_version.clone(),
            decisions: decisions.collect(),
        })
    }
}
