//! What was ordered after a card fired: the only measure of a card that nobody saw, and a check on what is told of others.
//!
//! An order is known again by its pseudonym, for a day: clients reuse the names of drafts. Where a suggestion adds a new
//! order, or the client names drafts anew, nothing is seen.

use super::row::{Call, Card, Decision, Mode};
use super::time::DAY;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What became of orders of which a card of this kind fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct After {
    /// The card kind.
    pub kind: String,
    /// Whether it was shown.
    pub mode: Mode,
    /// In the end what the card offers was ordered, or the question it asks was answered.
    pub as_offered: u64,
    /// In the end another study was ordered, none of those offered.
    pub otherwise: u64,
    /// In the end the order was as before.
    pub unchanged: u64,
    /// The order was not seen again.
    pub not_seen: u64,
}

/// An order of which a card fired.
struct Pending {
    since: i64,
    cards: Vec<(String, Mode, Vec<String>)>,
    study: String,
    last: Option<(String, String)>,
}

/// Orders under way, and what became of others.
#[derive(Default)]
pub(super) struct Follow {
    pending: HashMap<String, Pending>,
    done: BTreeMap<(String, Mode), [u64; 4]>,
}

impl Follow {
    /// The decisions of one call, in the order of time; `counts` says which cards are counted.
    pub(super) fn call(&mut self, call: &Call, counts: impl Fn(&Decision, &Card) -> bool) {
        for (at, decision) in call.decisions.iter().enumerate() {
            if decision.order.is_empty() {
                continue;
            }
            let over = |p: &Pending| call.at.saturating_sub(p.since) > DAY;
            if let Some(old) = self.pending.get(&decision.order).filter(|p| over(p)) {
                settle(&mut self.done, old);
                self.pending.remove(&decision.order);
            }
            if let Some(pending) = self.pending.get_mut(&decision.order) {
                pending.last = Some((decision.study.clone(), decision.scenario.clone()));
                continue;
            }
            let cards: Vec<_> = call
                .cards
                .iter()
                .filter(|c| c.decision == Some(at) && !c.offers.is_empty() && counts(decision, c))
                .map(|c| (c.kind.clone(), c.mode, c.offers.clone()))
                .collect();
            if !cards.is_empty() {
                let pending = Pending {
                    since: call.at,
                    cards,
                    study: decision.study.clone(),
                    last: None,
                };
                self.pending.insert(decision.order.clone(), pending);
            }
        }
    }

    pub(super) fn finish(mut self) -> Vec<After> {
        for pending in self.pending.values() {
            settle(&mut self.done, pending);
        }
        let counted = self.done.into_iter();
        counted
            .map(
                |((kind, mode), [as_offered, otherwise, unchanged, not_seen])| After {
                    kind,
                    mode,
                    as_offered,
                    otherwise,
                    unchanged,
                    not_seen,
                },
            )
            .collect()
    }
}

fn settle(done: &mut BTreeMap<(String, Mode), [u64; 4]>, pending: &Pending) {
    for (kind, mode, offers) in &pending.cards {
        let [as_offered, otherwise, unchanged, not_seen] = done.entry((kind.clone(), *mode)).or_default();
        let which = match &pending.last {
            None => not_seen,
            Some((study, scenario)) if offers.contains(study) || offers.contains(scenario) => as_offered,
            Some((study, _)) if *study == pending.study => unchanged,
            Some(_) => otherwise,
        };
        super::group::more(which);
    }
}
