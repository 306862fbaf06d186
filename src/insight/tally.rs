//! Row after row into one [`Insight`].

use super::after::Follow;
use super::filter::{Filter, is};
use super::group::{Counts, Groups, Words, more};
use super::latency::Times;
use super::row::{Call, Card, Decision, UnmappedCode};
use super::time::{Moment, day_of, monday, without_gaps, written};
use super::{Coverage, ENOUGH, Insight, Review, Silence, TOO_MANY, Unmapped};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

/// Words that say that a rating is held.
const RATED: [&str; 3] = [
    "usually_appropriate",
    "may_be_appropriate",
    "usually_not_appropriate",
];

/// The word for an order that is not about a question that is rated.
const OUT_OF_SCOPE: &str = "not_applicable";

/// Codes listed at most; the rest are as rare.
const CODES: usize = 200;

/// What of a call a filter lets through.
pub(super) struct Chosen<'a> {
    /// Decisions, with their places in the call.
    pub decisions: Vec<(usize, &'a Decision)>,
    /// Cards.
    pub cards: Vec<&'a Card>,
}

impl<'a> Chosen<'a> {
    /// What the filter lets through; nothing if it lets nothing of the call through.
    pub(super) fn of(call: &'a Call, filter: &Filter) -> Option<Self> {
        if !filter.takes(call) {
            return None;
        }
        let about_cards = filter.kind.is_some() || filter.mode.is_some();
        let narrowed = about_cards || filter.scenario.is_some() || filter.study.is_some();
        let asked =
            |card: &Card| is(&filter.kind, &card.kind) && filter.mode.is_none_or(|mode| mode == card.mode);
        let mut cards: Vec<&Card> = call.cards.iter().filter(|c| asked(c)).collect();
        let decisions: Vec<(usize, &Decision)> = call
            .decisions
            .iter()
            .enumerate()
            .filter(|(at, decision)| {
                is(&filter.scenario, &decision.scenario)
                    && is(&filter.study, &decision.study)
                    && (!about_cards || cards.iter().any(|c| c.decision == Some(*at)))
            })
            .collect();
        cards.retain(|c| !narrowed || decisions.iter().any(|(at, _)| c.decision == Some(*at)));
        (!narrowed || !decisions.is_empty()).then_some(Self { decisions, cards })
    }
}

/// What is counted under one day.
#[derive(Default)]
struct Span {
    calls: u64,
    counts: Counts,
    times: Times,
}

/// Counts rows, in the order of their time.
pub struct Tally {
    filter: Filter,
    hasher: RandomState,
    /// Cards counted: a repeated call has the same ones.
    cards: HashSet<u64>,
    orders: HashSet<u64>,
    calls: u64,
    total: Counts,
    coverage: Coverage,
    outcomes: Words,
    missing: Words,
    gathered: Words,
    kinds: Groups,
    rules: Groups,
    scenarios: Groups,
    studies: Groups,
    clients: Groups,
    services: Groups,
    service_versions: Groups,
    knowledge_versions: Groups,
    days: BTreeMap<i64, Span>,
    weeks: BTreeMap<i64, Span>,
    silent: BTreeMap<(String, String), u64>,
    times: Times,
    unmapped: BTreeMap<(String, String, String), u64>,
    after: Follow,
    told_of_unknown: u64,
}

impl Tally {
    /// Counts what this filter lets through.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self {
            filter,
            hasher: RandomState::new(),
            cards: HashSet::new(),
            orders: HashSet::new(),
            calls: 0,
            total: Counts::default(),
            coverage: Coverage::default(),
            outcomes: Words::default(),
            missing: Words::default(),
            gathered: Words::default(),
            kinds: Groups::default(),
            rules: Groups::default(),
            scenarios: Groups::default(),
            studies: Groups::default(),
            clients: Groups::default(),
            services: Groups::default(),
            service_versions: Groups::default(),
            knowledge_versions: Groups::default(),
            days: BTreeMap::new(),
            weeks: BTreeMap::new(),
            silent: BTreeMap::new(),
            times: Times::default(),
            unmapped: BTreeMap::new(),
            after: Follow::default(),
            told_of_unknown: 0,
        }
    }

    /// Calls counted so far, to show how far it is.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Counts one call; calls come in the order of their time.
    pub fn add(&mut self, call: &Call) {
        // What is ordered later may be something else than was asked for: it is followed all the same.
        let filter = &self.filter;
        if filter.takes(call) {
            self.after.call(call, |decision, card| {
                is(&filter.kind, &card.kind)
                    && filter.mode.is_none_or(|mode| mode == card.mode)
                    && is(&filter.scenario, &decision.scenario)
                    && is(&filter.study, &decision.study)
            });
        }
        let Some(chosen) = Chosen::of(call, filter) else {
            return;
        };
        let (day, week) = (day_of(call.at), monday(day_of(call.at)));
        more(&mut self.calls);
        self.outcomes.add(&call.outcome, 1);
        self.times.add(call.micros);
        for span in [
            self.days.entry(day).or_default(),
            self.weeks.entry(week).or_default(),
        ] {
            more(&mut span.calls);
            span.times.add(call.micros);
        }
        call.missing.iter().for_each(|key| self.missing.add(key, 1));
        if !call.gathered.is_empty() {
            self.gathered.add(&call.gathered, 1);
        }
        self.coverage.drafts = self.coverage.drafts.saturating_add(call.drafts);
        for (at, decision) in &chosen.decisions {
            self.decision(call, *at, decision);
        }
        for card in &chosen.cards {
            if self.cards.insert(self.hasher.hash_one(&card.id)) {
                self.card(call, card);
            }
        }
    }

    fn decision(&mut self, call: &Call, at: usize, decision: &Decision) {
        let (day, week) = (day_of(call.at), monday(day_of(call.at)));
        let mut groups = vec![
            self.scenarios.of(&decision.scenario),
            self.studies.of(&decision.study),
            self.clients.of(&call.client),
            self.services.of(&call.service),
            self.service_versions.of(&call.service_version),
            self.knowledge_versions.of(&call.knowledge_version),
            &mut self.days.entry(day).or_default().counts,
            &mut self.weeks.entry(week).or_default().counts,
            &mut self.total,
        ];
        groups.iter_mut().for_each(|counts| more(&mut counts.decisions));
        for rule in &decision.rules {
            more(&mut self.rules.of(rule).decisions);
        }
        let fired = call.cards.iter().filter(|c| c.decision == Some(at));
        for card in fired.clone() {
            more(&mut self.kinds.of(&card.kind).decisions);
        }
        if !decision.selected {
            return;
        }
        if fired.count() == 0 {
            more(
                self.silent
                    .entry((decision.gate.clone(), decision.reason.clone()))
                    .or_default(),
            );
        }
        let coverage = &mut self.coverage;
        if decision.unmapped > 0 {
            more(&mut coverage.unmapped);
        }
        if decision.study.is_empty() && decision.unmapped == 0 {
            return;
        }
        more(&mut coverage.imaging);
        if !decision.order.is_empty() && self.orders.insert(self.hasher.hash_one(&decision.order)) {
            more(&mut coverage.distinct);
        }
        if decision.rating != OUT_OF_SCOPE {
            more(&mut coverage.in_scope);
        }
        if RATED.contains(&&*decision.rating) {
            more(&mut coverage.judged);
        }
    }

    fn card(&mut self, call: &Call, card: &Card) {
        let (day, week) = (day_of(call.at), monday(day_of(call.at)));
        for counts in [
            self.kinds.of(&card.kind),
            self.clients.of(&call.client),
            self.services.of(&call.service),
            self.service_versions.of(&call.service_version),
            self.knowledge_versions.of(&call.knowledge_version),
            &mut self.days.entry(day).or_default().counts,
            &mut self.weeks.entry(week).or_default().counts,
            &mut self.total,
        ] {
            counts.card(card);
        }
        if let Some(decision) = card.decision.and_then(|at| call.decisions.get(at)) {
            self.scenarios.of(&decision.scenario).card(card);
            self.studies.of(&decision.study).card(card);
            for rule in &decision.rules {
                self.rules.of(rule).card(card);
            }
        }
    }

    /// Counts a code that nobody could explain.
    pub fn add_unmapped(&mut self, code: &UnmappedCode) {
        let filter = &self.filter;
        let within =
            filter.from.is_none_or(|from| from <= code.day) && filter.to.is_none_or(|to| code.day <= to);
        if within && is(&filter.client, &code.client) {
            let name = (code.client.clone(), code.system.clone(), code.code.clone());
            let count = self.unmapped.entry(name).or_default();
            *count = count.saturating_add(code.orders);
        }
    }

    /// Counts things told of cards that nobody knows.
    pub fn add_told_of_unknown(&mut self, count: u64) {
        self.told_of_unknown = self.told_of_unknown.saturating_add(count);
    }

    /// All of it. `complete` is whether all rows were there.
    #[must_use]
    pub fn finish(self, complete: bool) -> Insight {
        let days_seen = self.days.keys().next().zip(self.days.keys().next_back());
        let days_seen = days_seen.map(|(first, last)| (written(*first), written(*last)));
        let kinds = self.kinds.sorted();
        let review = kinds.iter().filter_map(|kind| {
            let rate = kind.measures.override_rate;
            (rate.of >= ENOUGH && rate.low > TOO_MANY).then(|| Review {
                kind: kind.name.clone(),
                overridden: rate,
                reasons: kind.measures.reasons.clone(),
            })
        });
        let mut review: Vec<Review> = review.collect();
        review.sort_by(|a, b| b.overridden.low.total_cmp(&a.overridden.low));
        let silent = self
            .silent
            .into_iter()
            .map(|((gate, reason), decisions)| Silence {
                gate,
                reason,
                decisions,
            });
        let mut silent: Vec<Silence> = silent.collect();
        silent.sort_by_key(|s| std::cmp::Reverse(s.decisions));
        let unmapped = self.unmapped.into_iter();
        let mut unmapped: Vec<Unmapped> = unmapped
            .map(|((client, system, code), orders)| Unmapped {
                client,
                system,
                code,
                orders,
            })
            .collect();
        unmapped.sort_by_key(|u| std::cmp::Reverse(u.orders));
        unmapped.truncate(CODES);
        Insight {
            filter: self.filter,
            complete,
            days_seen,
            outcomes: self.outcomes.sorted(),
            calls: self.calls,
            total: self.total.measures(),
            coverage: self.coverage,
            review,
            kinds,
            rules: self.rules.sorted(),
            scenarios: self.scenarios.sorted(),
            studies: self.studies.sorted(),
            clients: self.clients.sorted(),
            services: self.services.sorted(),
            service_versions: self.service_versions.sorted(),
            knowledge_versions: self.knowledge_versions.sorted(),
            by_day: moments(self.days, 1),
            by_week: moments(self.weeks, 7),
            silent,
            unmapped,
            missing: self.missing.sorted(),
            gathered: self.gathered.sorted(),
            latency: self.times.latency(),
            after: self.after.finish(),
            told_of_unknown: self.told_of_unknown,
        }
    }
}

fn moments(mut spans: BTreeMap<i64, Span>, step: usize) -> Vec<Moment> {
    let ends = spans
        .keys()
        .next()
        .copied()
        .zip(spans.keys().next_back().copied());
    let Some((first, last)) = ends else {
        return Vec::new();
    };
    without_gaps(first, last, step)
        .map(|start| {
            let span = spans.remove(&start).unwrap_or_default();
            Moment {
                start: written(start),
                calls: span.calls,
                measures: span.counts.measures(),
                p95_micros: span.times.percentile(95),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
