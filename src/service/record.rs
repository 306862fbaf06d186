//! Step 12 of a call: what is kept of it (SC-19), as the store wants it.
//!
//! Who and what a call was about becomes a pseudonym on the way into the store, and stands nowhere before that but in
//! [`Redacted`]. Ratings, kinds and studies are words of the knowledge; nothing else of the request is kept.

use super::auth::Caller;
use super::decide::{Answer, Release};
use super::modes::Now;
use super::redacted::Redacted;
use super::refusal::Refusal;
use crate::answer::{Call, named};
use crate::cds_hooks::HookRequest;
use crate::cds_hooks::response::Response;
use crate::engine::case::Case;
use crate::engine::{AppropriatenessCategory, Certainty, Consultation, Decision};
use crate::insight::Mode;
use crate::store::{Audit, AuditedCard, AuditedDecision, Owner, Store};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What is kept of one call, before names have become pseudonyms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    hook: &'static str,
    hook_instance: String,
    user: Redacted<String>,
    patient: Redacted<String>,
    missing: Vec<String>,
    orders: usize,
    decisions: Vec<(Redacted<String>, AuditedDecision)>,
    cards: Vec<AuditedCard>,
    codes: Vec<Redacted<(String, String)>>,
    switched_off: bool,
}

/// Makes ids of rows that differ between rows, runs and replicas.
#[derive(Debug)]
pub(crate) struct Ids {
    run: u64,
    next: AtomicU64,
}

/// When and where a call was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    pub at: i64,
    started: Instant,
}

impl Received {
    pub(crate) fn now() -> Self {
        Self {
            at: jiff::Timestamp::now().as_millisecond(),
            started: Instant::now(),
        }
    }
}

impl Ids {
    pub(crate) fn new() -> Self {
        // The standard library's hash keys are random.
        Self {
            run: RandomState::new().hash_one(0),
            next: AtomicU64::new(0),
        }
    }

    fn next(&self, at: i64) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{at:012x}-{:016x}-{number:x}", self.run)
    }
}

impl Record {
    /// What is kept of a judgement and its answer.
    pub(crate) fn of(
        caller: &Caller,
        request: &HookRequest<'_>,
        case: &Case,
        consultation: &Consultation,
        response: &Response,
        now: &Now,
    ) -> Self {
        let instance = request.hook_instance.to_string();
        let undelivered = case.chart.undelivered.iter();
        let mut cards = Vec::new();
        if consultation.unavailable.is_none() && consultation.decisions.iter().any(|d| !d.advice.is_empty()) {
            let tenant = caller.key();
            let call = Call {
                tenant: &tenant,
                hook_instance: &instance,
            };
            // Some clients want no ids on cards: they got those of the judgement all the same.
            let nameless = response.cards.iter().all(|card| card.uuid.is_none());
            let shown = |id: &str| nameless || response.cards.iter().any(|c| c.uuid.as_deref() == Some(id));
            let offered = |id: &str| {
                let mut all = response.cards.iter().flat_map(|card| &card.suggestions);
                all.any(|s| s.uuid.as_deref() == Some(id))
            };
            for mut card in named(call, consultation) {
                let mode = now.card(&card.kind);
                if mode == Mode::Shown {
                    if response.cards.is_empty() || !shown(&card.card) {
                        continue;
                    }
                    card.choices.retain(|(id, _)| offered(id));
                }
                cards.push(AuditedCard {
                    suggestions: card.choices,
                    card: card.card,
                    decision: Some(card.decision),
                    kind: card.kind,
                    indicator: card.indicator.to_owned(),
                    mode,
                });
            }
        }
        let decisions = consultation.decisions.iter();
        let codes = decisions.clone().flat_map(|d| &d.unmapped).filter_map(|coding| {
            let system = coding.system.clone().unwrap_or_default();
            Some(Redacted::new((system, coding.code.clone()?)))
        });
        Self {
            codes: codes.collect(),
            switched_off: false,
            hook: request.hook.name(),
            hook_instance: instance,
            user: Redacted::new(request.context.user_id.to_string()),
            patient: Redacted::new(request.context.patient_id.to_string()),
            missing: undelivered.map(|source| source.key().to_owned()).collect(),
            orders: case.orders.len(),
            decisions: decisions.map(decided).collect(),
            cards,
        }
    }

    /// What is kept of a call that was not judged, because what it called is switched off.
    pub(crate) fn switched_off() -> Self {
        Self {
            switched_off: true,
            ..Self::default()
        }
    }
}

/// Why nothing is said about an order: the gate that decided so, and its reason, in words of the knowledge.
pub(crate) fn silence(decision: &Decision) -> Option<(String, String)> {
    if !decision.advice.is_empty() {
        return None;
    }
    let told = |gate: &str, reason: &str| Some((gate.to_owned(), reason.to_owned()));
    if !decision.selected {
        return told("hook", "not_selected");
    }
    // A card was due, and another one or the limit took its place.
    let last = decision.trace.last().filter(|step| *step.rule == *"§7");
    if let Some(step) = last.filter(|step| ["shared", "over_limit", "dropped"].contains(&&*step.fact)) {
        return told(&step.rule, &step.fact);
    }
    if decision.certainty == Certainty::None || decision.rating == AppropriatenessCategory::NotApplicable {
        let row = decision.trace.iter().rev().find(|step| *step.fact == *"scenario");
        return row.map(|step| (step.rule.to_string(), step.answer.to_string()));
    }
    told("rating", decision.rating.key())
}

fn decided(decision: &Decision) -> (Redacted<String>, AuditedDecision) {
    let mut rules: Vec<String> = Vec::new();
    for step in &decision.trace {
        if !rules.iter().any(|rule| **rule == *step.rule) {
            rules.push(step.rule.to_string());
        }
    }
    let last = decision.trace.last();
    let (gate, reason) = silence(decision).unwrap_or_default();
    let audited = AuditedDecision {
        order: String::new(),
        selected: decision.selected,
        study: decision.study.as_deref().unwrap_or_default().to_owned(),
        scenario: decision.scenario.to_string(),
        certainty: decision.certainty.key().to_owned(),
        rating: decision.rating.key().to_owned(),
        rules,
        gate,
        reason,
        last_step: last.map_or_else(String::new, |s| format!("{} {} {}", s.rule, s.fact, s.answer)),
        unmapped: decision.unmapped.len(),
    };
    (Redacted::new(decision.order.as_str().to_owned()), audited)
}

/// Whose rows a caller's are.
pub(crate) fn owner(caller: &Caller) -> Owner {
    let client = caller.client();
    Owner {
        client: client.map_or_else(String::new, |c| c.name.clone()),
        issuer: client.map_or_else(String::new, |c| c.issuer.clone()),
        tenant: caller.tenant().unwrap_or_default().to_owned(),
    }
}

/// Hands one call to the store, however it ended. Never waits.
pub(crate) fn keep(
    store: &Store,
    ids: &Ids,
    received: Received,
    (service, caller, release): (&str, &Caller, &Release),
    outcome: Result<&mut Answer, &Refusal>,
) {
    let owner = owner(caller);
    let mut row = Audit {
        id: ids.next(received.at),
        at: received.at,
        micros: i64::try_from(received.started.elapsed().as_micros()).unwrap_or(i64::MAX),
        service: service.to_owned(),
        knowledge: [
            release.id.clone(),
            release.version.clone(),
            release.digest.clone(),
        ],
        service_version: env!("CARGO_PKG_VERSION").to_owned(),
        outcome: "answered".to_owned(),
        ..Audit::default()
    };
    match outcome {
        Err(refusal) => {
            row.outcome = refusal.code().to_owned();
            if let Refusal::DataUnavailable { source_key } = refusal {
                row.missing.push((*source_key).to_owned());
            }
        }
        Ok(answer) => {
            row.gathered = answer.tally.gathered.key().to_owned();
            let record = std::mem::take(&mut answer.record);
            let named = |about: &str, parts: &[&str]| {
                let whose = [owner.issuer.as_str(), owner.tenant.as_str()];
                store.pseudonym(about, &[&whose, parts].concat())
            };
            let patient = record.patient.reveal();
            row.hook = record.hook.to_owned();
            row.hook_instance = record.hook_instance;
            row.user = named("user", &[record.user.reveal()]);
            row.patient = named("patient", &[patient]);
            row.missing = record.missing;
            row.orders = record.orders;
            row.decisions = record
                .decisions
                .into_iter()
                .map(|(order, decision)| AuditedDecision {
                    order: named("order", &[patient, order.reveal()]),
                    ..decision
                })
                .collect();
            row.cards = record.cards;
            row.codes = record.codes.iter().map(|code| code.reveal().clone()).collect();
            if record.switched_off {
                row.outcome = "switched-off".to_owned();
            }
        }
    }
    row.owner = owner;
    store.audit(row);
}
