//! What is missing *and* could change the answer: a pure function of the call and its first judgement.
//!
//! Most calls need nothing. The gates of the decision tell how far an order got: one that is not ours, or that ended at
//! a gate which no missing source could open, asks for nothing. So the least is asked for first: the diagnoses,
//! and the rest only once they leave the tumour possible. How it is asked for is not here.
//!
//! Missing means: no answer under the key, or a Bundle with pages that were not sent. `null` and an OperationOutcome
//! are answers and are not asked for again.

use super::page::Page;
use crate::cds_hooks::{HookRequest, Prefetched};
use crate::engine::case::{DraftOrder, ReasonReference, Source};
use crate::engine::{Consultation, Decision};
use crate::fhir::{KEYS, PrefetchKey, Translated, source_of};
use crate::knowledge::Knowledge;
use crate::knowledge::files::Voice;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// One thing to ask for.
pub(in crate::service) struct Need {
    /// The key under which the answer is put.
    pub key: String,
    /// Our name for it, in logs.
    pub label: &'static str,
    /// The query that its template stands for.
    pub query: String,
    /// Whether the source counts as delivered without it.
    pub additional: bool,
    /// The rest of an answer that was begun in prefetch.
    pub begun: Option<Begun>,
}

/// An answer of which not all pages were sent.
pub(in crate::service) struct Begun {
    pub entries: Vec<Box<RawValue>>,
    /// Where it goes on, as its Bundle says.
    pub next: String,
}

/// The sources that could change the answer, whether or not they are missing.
pub(super) fn sources(
    knowledge: &Knowledge,
    translated: &Translated<'_>,
    consultation: &Consultation,
) -> BTreeSet<Source> {
    let selected = consultation.decisions.iter().filter(|decision| decision.selected);
    let mut sources: BTreeSet<Source> = selected
        .flat_map(|decision| of_decision(knowledge, translated, decision))
        .collect();
    if consultation.unavailable.is_some() {
        sources.insert(Source::Conditions);
    }
    sources
}

/// The sources that could change what is said of one order.
fn of_decision(knowledge: &Knowledge, translated: &Translated<'_>, decision: &Decision) -> Vec<Source> {
    let answer = |fact: &str| {
        let step = decision.trace.iter().find(|step| &*step.fact == fact);
        step.map(|step| &*step.answer)
    };
    let ours = answer("study") == Some("answers");
    let over = matches!(
        answer("person"),
        Some("child" | "deceased" | "someone_else") | None
    );
    if !ours || over {
        return Vec::new();
    }
    let scenario = knowledge.table().scenario(&decision.scenario);
    let speaks = scenario.is_some_and(|scenario| scenario.entry.voice != Voice::Silent);
    // Once the course of the disease was asked about, every part of the record counts.
    if speaks || answer("diagnosis").is_some() {
        return Source::ALL.to_vec();
    }
    // The gate that ended it was the diagnosis, or the link between order and tumour.
    let order = translated
        .case
        .orders
        .iter()
        .find(|order| order.id.as_ref() == Some(&decision.order));
    let points_elsewhere = order.is_some_and(points_to_unread);
    match answer("link") {
        Some(_) if points_elsewhere => vec![Source::Conditions],
        Some(_) => Vec::new(),
        None if points_elsewhere => vec![Source::Conditions],
        // A contradiction stays one, whatever else is read.
        None if answer("disease") == Some("ambiguous") => Vec::new(),
        // Pathology results can make the diagnosis.
        None if translated.tumour_possible => vec![Source::Conditions, Source::Observations],
        None => Vec::new(),
    }
}

/// Whether a reason of the order points to a resource that was not sent: it may be among the diagnoses.
fn points_to_unread(order: &DraftOrder) -> bool {
    let mut references = order.reason_references.iter();
    references.any(|reference| matches!(reference, ReasonReference::Unread(_)))
}

/// What of these sources is missing in the call. An answer is taken apart only if its source was found incomplete.
pub(super) fn needs(
    request: &HookRequest<'_>,
    sources: &BTreeSet<Source>,
    undelivered: &[Source],
) -> Vec<Need> {
    let patient = request.context.patient_id.as_ref();
    let answered = |wanted: &PrefetchKey| {
        request.prefetch.iter().any(|(key, _)| {
            key == wanted.key || (wanted.main && source_of(key) == Some((wanted.source, true)))
        })
    };
    let absent = KEYS
        .iter()
        .filter(|key| sources.contains(&key.source) && !answered(key));
    let absent = absent.filter_map(|key| {
        Some(Need {
            key: key.key.to_owned(),
            label: key.key,
            query: key.query(patient)?,
            additional: !key.main,
            begun: None,
        })
    });
    let begun = request.prefetch.iter().filter_map(|(key, value)| {
        let Prefetched::Value(raw) = value else {
            return None;
        };
        let begun = |source: &Source| sources.contains(source) && undelivered.contains(source);
        let (source, main) = source_of(key).filter(|(source, _)| begun(source))?;
        let known = KEYS.iter().find(|known| known.key == key);
        let template = known.or_else(|| KEYS.iter().find(|known| known.main && known.source == source))?;
        match Page::read(raw.get())? {
            Page::Bundle {
                entries,
                next: Some(next),
            } => Some(Need {
                key: key.to_owned(),
                label: template.key,
                query: template.query(patient)?,
                additional: !main,
                begun: Some(Begun { entries, next }),
            }),
            Page::Bundle { .. } | Page::Alone { .. } => None,
        }
    });
    absent.chain(begun).collect()
}
