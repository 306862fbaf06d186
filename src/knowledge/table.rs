//! The scenario table, the words of the cards and the suggestions, in the form the engine reads.

use super::Key;
use super::files::{CardWords, CommonWords, FactEntry, OfferEntry, OverrideReason, ScenarioEntry, Voice};
use super::vocabulary::FACTS;
use minijinja::Environment;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answers established so far: for each fact of [`FACTS`] the position among its answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers([Option<u8>; FACTS.len()]);

impl Answers {
    /// Sets the answer of a fact; names outside the closed list are ignored (a test walks all callers).
    pub fn set(&mut self, fact: &str, answer: &str) {
        let Some(at) = FACTS.iter().position(|f| f.name == fact) else {
            return;
        };
        let answer = FACTS
            .get(at)
            .and_then(|f| f.answers.iter().position(|a| *a == answer));
        if let (Some(slot), Some(answer)) = (self.0.get_mut(at), answer) {
            *slot = u8::try_from(answer).ok();
        }
    }

    /// The answer of a fact.
    #[must_use]
    pub fn get(&self, fact: &str) -> &'static str {
        let at = FACTS.iter().position(|f| f.name == fact);
        let answer = at.and_then(|at| self.0.get(at).copied().flatten());
        let fact = at.and_then(|at| FACTS.get(at));
        fact.zip(answer)
            .and_then(|(f, a)| f.answers.get(usize::from(a)).copied())
            .unwrap_or_default()
    }
}

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Key.
    pub key: Key,
    /// Words and rating tables.
    pub entry: ScenarioEntry,
}

/// A row, compiled: for each fact the set of answers that satisfy it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Rule id.
    pub rule: Arc<str>,
    /// The scenario it decides.
    pub scenario: Key,
    /// Where only the clinician can tell: the scenarios the evidence fits. Empty where the row settles it.
    pub fits: Vec<Key>,
    /// Why, in words.
    pub because: String,
    /// Position of fact, answers that satisfy the row as a bit set.
    pub when: Vec<(usize, u16)>,
}

impl Row {
    /// Whether the row holds; `None` while a fact it asks for is not established.
    fn holds(&self, answers: &Answers) -> Option<bool> {
        let mut open = false;
        for (fact, set) in &self.when {
            match answers.0.get(*fact).copied().flatten() {
                Some(answer) if set & (1 << answer) == 0 => return Some(false),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(true)
    }
}

/// The scenario table: rows in order, first match wins.
#[derive(Debug, Clone, Default)]
pub struct ScenarioTable {
    pub(super) facts: Vec<FactEntry>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) questions: Vec<Question>,
    pub(super) rows: Vec<Row>,
}

/// A question as it is written on an order, by one click or by hand.
#[derive(Debug, Clone)]
pub struct Question {
    /// The scenario it states.
    pub scenario: Key,
    /// The reason, word for word.
    pub reason: String,
}

impl ScenarioTable {
    /// The first row that holds, as soon as the facts established so far settle it; `None` before.
    ///
    /// Once all facts are established there always is one: the compile step saw to the last row.
    #[must_use]
    pub fn decide(&self, answers: &Answers) -> Option<&Row> {
        self.rows
            .iter()
            .map(|row| (row, row.holds(answers)))
            .find(|(_, holds)| *holds != Some(false))
            .and_then(|(row, holds)| holds.map(|_| row))
    }

    /// The rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The question that states a scenario.
    #[must_use]
    pub fn question(&self, scenario: &str) -> Option<&Question> {
        self.questions.iter().find(|q| &*q.scenario == scenario)
    }

    /// The question that a reason states word for word.
    #[must_use]
    pub fn question_stated(&self, reason: &str) -> Option<&Question> {
        let reason = reason.trim();
        self.questions
            .iter()
            .find(|q| q.reason.eq_ignore_ascii_case(reason))
    }

    /// A scenario by key.
    #[must_use]
    pub fn scenario(&self, key: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|s| &*s.key == key)
    }

    /// Every scenario.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// May this scenario lead to cards?
    #[must_use]
    pub fn voice(&self, key: &str) -> Voice {
        self.scenario(key).map_or(Voice::Silent, |s| s.entry.voice)
    }

    /// Words for a fact.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&FactEntry> {
        self.facts.iter().find(|f| f.name == name)
    }
}

/// The words of the cards, with their templates ready.
#[derive(Debug)]
pub struct Words {
    /// Words used on every card.
    pub common: CommonWords,
    /// Words by kind.
    pub cards: BTreeMap<Key, CardWords>,
    /// Reasons a clinician can give for keeping the order.
    pub override_reasons: Vec<OverrideReason>,
    /// Templates, named `KIND.summary`, `KIND.why`, `KIND.guideline`, `detail`, `suggestion_label` …
    pub templates: Environment<'static>,
}

impl Words {
    /// A kind by name, as the shared key.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<Key> {
        self.cards.get_key_value(name).map(|(k, _)| k.clone())
    }

    /// Place of a kind in the order of cards.
    #[must_use]
    pub fn precedence(&self, kind: &str) -> u8 {
        self.cards.get(kind).map_or(u8::MAX, |c| c.precedence)
    }
}

/// What is offered instead.
#[derive(Debug, Clone, Default)]
pub struct Suggestions {
    /// Offered, best first.
    pub base: Vec<Key>,
    /// Told in words, never offered as a button.
    pub mention: Vec<Key>,
    /// Added before the receptor study in high-grade disease.
    pub high_grade: Option<Key>,
    /// Why that study is offered although it is not rated as high as the others.
    pub high_grade_because: String,
    /// Systems to fall back to, best first.
    pub fallback_systems: Vec<String>,
    /// Note that lets an offer win over notes of the order that speak of contrast or tracer.
    pub replaces_note: String,
    /// How each study is ordered.
    pub orders: BTreeMap<Key, OfferEntry>,
}
