//! An answer, put into a dialect: what the client cannot take is left out or said elsewhere.
//!
//! Never lost, whatever the dialect: a card, its indicator and its summary. A suggestion that a client could carry out
//! only in part is left out; the card's words still tell of the study. What is put into a dialect twice is as if once.

use super::{Actions, Dialect, Place, Selection, Topic, VisibleText};
use crate::cds_hooks::response::{Action, ActionKind, Card, Response, SelectionBehavior, Suggestion};
use serde_json::{Map, Value, json};

/// The longest `source.topic.code` a client takes that restricts it.
const LONGEST_TOPIC: usize = 100;

/// The answer as a client of this dialect takes it.
#[must_use]
pub fn render(mut response: Response, dialect: &Dialect) -> Response {
    for shown in &mut response.cards {
        card(shown, dialect);
    }
    for action in &mut response.system_actions {
        reasons(action, dialect);
    }
    place(&mut response, dialect.system_actions.value);
    response
}

fn card(card: &mut Card, dialect: &Dialect) {
    let unless = |has: bool, value: &mut Option<String>| {
        if !has {
            *value = None;
        }
    };
    unless(dialect.card_uuid.value, &mut card.uuid);
    unless(dialect.detail.value, &mut card.detail);
    if !dialect.card_extension.value {
        card.extension = None;
    }
    if !dialect.override_reasons.value {
        card.override_reasons.clear();
    }
    match (dialect.topic.value, &mut card.source.topic) {
        (Topic::None, topic) => *topic = None,
        (Topic::Alphanumeric, Some(topic)) => {
            let plain = topic.code.chars().filter(char::is_ascii_alphanumeric);
            topic.code = plain.take(LONGEST_TOPIC).collect();
        }
        (Topic::Alphanumeric | Topic::Coding, _) => {}
    }
    card.suggestions.retain(|s| fits(s, dialect));
    for suggestion in &mut card.suggestions {
        unless(dialect.suggestion_uuid.value, &mut suggestion.uuid);
        suggestion.is_recommended &= dialect.is_recommended.value;
        for action in &mut suggestion.actions {
            if dialect.visible_text.value == VisibleText::ActionDescription {
                action.description = Some(suggestion.label.clone());
            }
            reasons(action, dialect);
        }
    }
    let behavior = match dialect.selection_behavior.value {
        Selection::AtMostOne => SelectionBehavior::AtMostOne,
        Selection::Any => SelectionBehavior::Any,
    };
    card.selection_behavior = (!card.suggestions.is_empty()).then_some(behavior);
}

/// Whether the client can carry out the whole suggestion.
fn fits(suggestion: &Suggestion, dialect: &Dialect) -> bool {
    let few = dialect.actions_per_suggestion.value == Actions::Several || suggestion.actions.len() <= 1;
    let creates = suggestion.actions.iter().any(|a| a.kind == ActionKind::Create);
    few && (dialect.creating.value || !creates)
}

/// The list of reasons of an order of FHIR R4, where the client needs one.
fn reasons(action: &mut Action, dialect: &Dialect) {
    let order = action.resource.as_object_mut();
    let Some(order) = order.filter(|o| dialect.reason_code_list.value && is_r4(o)) else {
        return;
    };
    match order.get_mut("reasonCode") {
        Some(Value::Array(_)) => {}
        Some(one) if one.is_object() => *one = json!([one.take()]),
        _ => {
            order.insert("reasonCode".to_owned(), json!([]));
        }
    }
}

fn is_r4(order: &Map<String, Value>) -> bool {
    let service_request = order.get("resourceType").is_some_and(|t| t == "ServiceRequest");
    service_request && !order.contains_key("reason")
}

/// Puts the system actions where the client reads them (P-10).
fn place(response: &mut Response, place: Place) {
    let actions = match place {
        Place::Off => {
            response.system_actions.clear();
            return;
        }
        Place::TopLevel => return,
        Place::Extension => std::mem::take(&mut response.system_actions),
        Place::Both => response.system_actions.clone(),
    };
    // no empty list.
    if actions.is_empty() {
        return;
    }
    let extension = response.extension.get_or_insert_with(|| json!({}));
    if let Some(members) = extension.as_object_mut() {
        members.insert("systemActions".to_owned(), json!(actions));
    }
}

#[cfg(test)]
mod tests;
