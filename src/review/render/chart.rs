//! A case in a few lines: what the record and the order say, so that a reader can judge the advice.

use crate::engine::case::{Case, Comparator, ObservedValue, PartialDate};
use crate::knowledge::Knowledge;
use crate::terminology::Concept;

/// The record and the selected orders, one line each.
pub(super) fn lines(knowledge: &Knowledge, case: &Case) -> String {
    let mut lines = Vec::new();
    let chart = &case.chart;
    let dated = |what: String, date: Option<PartialDate>, state: Option<&str>| {
        let date = date.map(|d| d.to_string());
        let notes: Vec<&str> = state.into_iter().chain(date.as_deref()).collect();
        if notes.is_empty() {
            what
        } else {
            format!("{what} ({})", notes.join(", "))
        }
    };
    for condition in &chart.conditions {
        let state = condition.verification.as_deref().filter(|v| *v != "confirmed");
        let state = state.or(condition.clinical_status.as_deref().filter(|s| *s != "active"));
        let date = condition.onset.or(condition.recorded);
        lines.push(dated(words(knowledge, &condition.code), date, state));
    }
    for procedure in &chart.procedures {
        let state = procedure.status.as_deref().filter(|s| *s != "completed");
        lines.push(dated(
            words(knowledge, &procedure.code),
            procedure.performed,
            state,
        ));
    }
    lines.extend(chart.medications.iter().map(|m| words(knowledge, &m.code)));
    for substance in chart.allergies.iter().flat_map(|a| &a.substances) {
        lines.push(format!("allergy: {}", words(knowledge, substance)));
    }
    for observation in &chart.observations {
        let value = match &observation.value {
            Some(ObservedValue::Quantity {
                value,
                comparator,
                unit,
            }) => {
                let before = match comparator {
                    None => "",
                    Some(Comparator::Below) => "<",
                    Some(Comparator::AtMost) => "≤",
                    Some(Comparator::AtLeast) => "≥",
                    Some(Comparator::Above) => ">",
                };
                format!("{before}{value} {}", unit.as_deref().unwrap_or_default())
            }
            Some(ObservedValue::Text(text)) => text.clone(),
            Some(ObservedValue::Coded(concept)) => words(knowledge, concept),
            None => "no value".to_owned(),
        };
        lines.push(format!("{}: {value}", words(knowledge, &observation.code)));
    }
    for order in case.orders.iter().filter(|o| o.selected) {
        let reasons: Vec<String> = order.reasons.iter().map(|r| words(knowledge, r)).collect();
        let reasons = if reasons.is_empty() {
            "no reason stated".to_owned()
        } else {
            reasons.join("; ")
        };
        lines.push(format!(
            "Order: {}; reason: {reasons}",
            words(knowledge, &order.code)
        ));
    }
    lines.join("\n")
}

/// What a concept says: its words, or what the knowledge calls its codes, or the code itself.
fn words(knowledge: &Knowledge, concept: &Concept) -> String {
    if let Some(text) = &concept.text {
        return text.clone();
    }
    let named = concept.codings.iter().find_map(|coding| {
        let study = knowledge.study_coded(coding).map(|s| s.name.clone());
        let label = || knowledge.members(coding).first().map(|m| m.entry.label.clone());
        study.or_else(label)
    });
    let code = || concept.codings.iter().find_map(|c| c.code.clone());
    named.or_else(code).unwrap_or_else(|| "nothing named".to_owned())
}
