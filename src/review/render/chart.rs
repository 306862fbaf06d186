//! A case in a few lines: what the record and the order say, so that a reader can judge the advice.
//!
//! All of it is told: who the patient is, what was done, ordered beside and not delivered. It leaves out what the
//! service makes of it.

use crate::engine::case::{
    Case, Chart, Comparator, Condition, DraftOrder, Identity, ObservedValue, PartialDate, Patient,
    ReasonReference,
};
use crate::knowledge::Knowledge;
use crate::terminology::Concept;

/// The record, the selected orders and the drafts beside them, one line each.
pub(super) fn lines(knowledge: &Knowledge, case: &Case) -> String {
    let mut lines = vec![patient(&case.chart.patient, case)];
    lines.extend(record(knowledge, &case.chart));
    let (selected, beside): (Vec<_>, Vec<_>) = case.orders.iter().partition(|o| o.selected);
    lines.extend(selected.iter().map(|o| order(knowledge, case, "Order", o)));
    lines.extend(beside.iter().map(|o| order(knowledge, case, "Also drafted", o)));
    let chart = &case.chart;
    let missing = chart
        .undelivered
        .iter()
        .map(|s| s.key())
        .collect::<Vec<_>>()
        .join(", ");
    if !missing.is_empty() {
        lines.push(format!("Not delivered: {missing}"));
    }
    lines.join("\n")
}

fn patient(patient: &Patient, case: &Case) -> String {
    let born = patient.birth_date.map(|d| format!("born {d}"));
    let born = born.unwrap_or_else(|| "birth date not known".to_owned());
    let deceased = if patient.deceased { ", deceased" } else { "" };
    let other = if patient.identity == Identity::Differs {
        ", not the patient of the call"
    } else {
        ""
    };
    format!("On {}: patient {born}{deceased}{other}", case.today)
}

fn record(knowledge: &Knowledge, chart: &Chart) -> Vec<String> {
    let mut lines: Vec<String> = chart.conditions.iter().map(|c| condition(knowledge, c)).collect();
    for procedure in &chart.procedures {
        let state = unless("completed", procedure.status.as_deref());
        let what = words(knowledge, &procedure.code);
        let details = [
            said("at", knowledge, &procedure.body_sites),
            said("for", knowledge, &procedure.reasons),
            noted(&procedure.notes),
        ]
        .concat();
        lines.push(dated(
            format!("Procedure: {what}{details}"),
            procedure.performed,
            state,
        ));
    }
    for medicine in &chart.medications {
        let state = unless("active", medicine.status.as_deref());
        let intent = medicine.intent.as_deref().filter(|i| *i != "order");
        let end = medicine.end.map(|d| format!(" until {d}")).unwrap_or_default();
        let what = words(knowledge, &medicine.code) + &end + &said("for", knowledge, &medicine.reasons);
        let state = state
            .or(intent)
            .or(medicine.do_not_perform.then_some("not to be given"));
        lines.push(dated(format!("Medicine: {what}"), medicine.start, state));
    }
    for allergy in &chart.allergies {
        let state = allergy.severe.then_some("severe");
        let state = state.or(unless("active", allergy.clinical_status.as_deref()));
        let state = state.or(unless("confirmed", allergy.verification.as_deref()));
        let what = said("", knowledge, &allergy.substances);
        let details = said("with", knowledge, &allergy.manifestations) + &noted(&allergy.notes);
        lines.push(dated(format!("Allergy:{what}{details}"), None, state));
    }
    for observation in &chart.observations {
        let value = observation.value.as_ref();
        let value = value.map_or_else(|| "no value".to_owned(), |v| observed(knowledge, v));
        let read = said("read as", knowledge, &observation.interpretations);
        let what = format!("{}: {value}{read}", words(knowledge, &observation.code));
        let state = unless("final", observation.status.as_deref());
        lines.push(dated(what + &noted(&observation.notes), observation.date, state));
    }
    for study in &chart.imaging {
        let what: Vec<String> = study.codes.iter().map(|c| words(knowledge, c)).collect();
        let usual = ["available", "final", "completed"];
        let state = study.status.as_deref().filter(|s| !usual.contains(s));
        lines.push(dated(
            format!("Imaging done: {}", what.join(" + ")),
            study.date,
            state,
        ));
    }
    lines
}

fn condition(knowledge: &Knowledge, condition: &Condition) -> String {
    let state = unless("confirmed", condition.verification.as_deref());
    let state = state.or(unless("active", condition.clinical_status.as_deref()));
    let details = [
        said("at", knowledge, &condition.body_sites),
        said("stage", knowledge, &condition.stages),
        noted(&condition.notes),
    ]
    .concat();
    let date = condition.onset.or(condition.recorded);
    dated(
        format!("Diagnosis: {}{details}", words(knowledge, &condition.code)),
        date,
        state,
    )
}

fn order(knowledge: &Knowledge, case: &Case, what: &str, order: &DraftOrder) -> String {
    let mut reasons: Vec<String> = order.reasons.iter().map(|r| words(knowledge, r)).collect();
    for reference in &order.reason_references {
        let concept = match reference {
            ReasonReference::InChart(to) => {
                let found = case.chart.conditions.iter().find(|c| c.resource == *to);
                found.map(|c| &c.code)
            }
            ReasonReference::Contained(_, concept) => Some(concept),
            ReasonReference::Unread(_) => None,
        };
        let told = concept.map(|c| format!("the diagnosis {}", words(knowledge, c)));
        reasons.push(told.unwrap_or_else(|| "a diagnosis that was not delivered".to_owned()));
    }
    if reasons.is_empty() {
        reasons.push("no reason stated".to_owned());
    }
    let state = unless("draft", order.status.as_deref()).filter(|s| *s != "active");
    let state = state.or(order.do_not_perform.then_some("not to be done"));
    let state = state.map(|s| format!(" ({s})")).unwrap_or_default();
    let details = [&order.details[..], &order.supporting, &order.body_sites].concat();
    format!(
        "{what}: {}{}{state}; reason: {}{}",
        words(knowledge, &order.code),
        said("with", knowledge, &details),
        reasons.join("; "),
        noted(&order.notes)
    )
}

fn observed(knowledge: &Knowledge, value: &ObservedValue) -> String {
    match value {
        ObservedValue::Quantity {
            value,
            comparator,
            unit,
        } => {
            let before = match comparator {
                None => "",
                Some(Comparator::Below) => "<",
                Some(Comparator::AtMost) => "≤",
                Some(Comparator::AtLeast) => "≥",
                Some(Comparator::Above) => ">",
            };
            format!("{before}{value} {}", unit.as_deref().unwrap_or_default())
        }
        ObservedValue::Text(text) => text.clone(),
        ObservedValue::Coded(concept) => words(knowledge, concept),
    }
}

/// A state worth telling: any but the usual one.
fn unless<'s>(usual: &str, state: Option<&'s str>) -> Option<&'s str> {
    state.filter(|s| *s != usual)
}

fn dated(what: String, date: Option<PartialDate>, state: Option<&str>) -> String {
    let date = date.map(|d| d.to_string());
    let notes: Vec<&str> = state.into_iter().chain(date.as_deref()).collect();
    if notes.is_empty() {
        what
    } else {
        format!("{what} ({})", notes.join(", "))
    }
}

/// " at head of pancreas", or nothing.
fn said(how: &str, knowledge: &Knowledge, concepts: &[Concept]) -> String {
    let told: Vec<String> = concepts.iter().map(|c| words(knowledge, c)).collect();
    match (told.is_empty(), how) {
        (true, _) => String::new(),
        (false, "") => format!(" {}", told.join(", ")),
        (false, how) => format!(", {how} {}", told.join(", ")),
    }
}

fn noted(notes: &[String]) -> String {
    let notes: Vec<String> = notes.iter().map(|n| format!("; note: “{n}”")).collect();
    notes.concat()
}

/// What a concept says: its words, or what the knowledge calls each of its codes, or the code itself.
fn words(knowledge: &Knowledge, concept: &Concept) -> String {
    if let Some(text) = &concept.text {
        return text.clone();
    }
    let mut named: Vec<String> = Vec::new();
    for coding in &concept.codings {
        let study = knowledge.study_coded(coding).map(|s| s.name.clone());
        let label = || knowledge.members(coding).first().map(|m| m.entry.label.clone());
        let name = study.or_else(label).or_else(|| coding.code.clone());
        named.extend(name.filter(|n| !named.contains(n)));
    }
    if named.is_empty() {
        "nothing named".to_owned()
    } else {
        named.join(" + ")
    }
}
