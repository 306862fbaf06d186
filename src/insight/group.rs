//! The same counts for everything that can be told apart: a card kind, a question, a client, a day.

use super::rate::Rate;
use super::row::{Card, Mode, Told};
use serde::Serialize;
use std::collections::BTreeMap;

/// A word and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The word.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// What was counted under one name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The name; empty where there is none.
    pub name: String,
    /// What was counted.
    pub measures: Measures,
}

/// What fired, and what clinicians did with it. Each card counts once, however often a call was repeated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// Orders judged, each as often as it was judged.
    pub decisions: u64,
    /// Cards that fired, shown or not.
    pub fired: u64,
    /// Cards in answers.
    pub shown: u64,
    /// Cards kept back by shadow mode.
    pub shadow: u64,
    /// Cards kept back by a switch.
    pub off: u64,
    /// Shown cards that were followed.
    pub accepted: u64,
    /// Shown cards that were dismissed.
    pub overridden: u64,
    /// Shown cards of which nothing was told: dismissed without a word, or the client tells nothing.
    pub ignored: u64,
    /// Followed, of all cards of which something was told.
    pub acceptance: Rate,
    /// Overridden, of all cards of which something was told.
    pub override_rate: Rate,
    /// Something was told, of all shown cards.
    pub response: Rate,
    /// Why cards were overridden, the most frequent first; an empty word is no reason given.
    pub reasons: Vec<Count>,
    /// Which offers were taken, the most frequent first: studies or questions.
    pub taken: Vec<Count>,
}

/// Counts under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub decisions: u64,
    shown: u64,
    shadow: u64,
    off: u64,
    accepted: u64,
    overridden: u64,
    reasons: Words,
    taken: Words,
}

/// Words and how often.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(BTreeMap<String, u64>);

/// Adds one.
pub(super) fn more(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl Words {
    pub(super) fn add(&mut self, word: &str, count: u64) {
        if let Some(so_far) = self.0.get_mut(word) {
            *so_far = so_far.saturating_add(count);
        } else {
            self.0.insert(word.to_owned(), count);
        }
    }

    /// The most frequent first; equals by name, so that the same rows give the same text.
    pub(super) fn sorted(self) -> Vec<Count> {
        let mut all: Vec<Count> = self
            .0
            .into_iter()
            .map(|(name, count)| Count { name, count })
            .collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        all
    }
}

impl Counts {
    pub(super) fn card(&mut self, card: &Card) {
        match card.mode {
            Mode::Shadow => return more(&mut self.shadow),
            Mode::Off => return more(&mut self.off),
            Mode::Shown => more(&mut self.shown),
        }
        match &card.told {
            None => {}
            Some(Told {
                accepted: true,
                taken,
                ..
            }) => {
                more(&mut self.accepted);
                taken.iter().for_each(|offer| self.taken.add(offer, 1));
            }
            Some(told) => {
                more(&mut self.overridden);
                self.reasons.add(&told.reason, 1);
            }
        }
    }

    pub(super) fn measures(self) -> Measures {
        let told = self.accepted.saturating_add(self.overridden);
        Measures {
            decisions: self.decisions,
            fired: self.shown.saturating_add(self.shadow).saturating_add(self.off),
            shown: self.shown,
            shadow: self.shadow,
            off: self.off,
            accepted: self.accepted,
            overridden: self.overridden,
            ignored: self.shown.saturating_sub(told),
            acceptance: Rate::new(self.accepted, told),
            override_rate: Rate::new(self.overridden, told),
            response: Rate::new(told, self.shown),
            reasons: self.reasons.sorted(),
            taken: self.taken.sorted(),
        }
    }
}

/// Counts by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups(BTreeMap<String, Counts>);

impl Groups {
    pub(super) fn of(&mut self, name: &str) -> &mut Counts {
        self.0.entry(name.to_owned()).or_default()
    }

    /// Those that fired most first.
    pub(super) fn sorted(self) -> Vec<Group> {
        let mut all: Vec<Group> = self
            .0
            .into_iter()
            .map(|(name, counts)| Group {
                name,
                measures: counts.measures(),
            })
            .collect();
        let weight = |g: &Group| std::cmp::Reverse((g.measures.fired, g.measures.decisions));
        all.sort_by(|a, b| weight(a).cmp(&weight(b)).then_with(|| a.name.cmp(&b.name)));
        all
    }
}
