//! What the page of the public CDS Hooks sandbox needs of an answer, beyond the specification.
//!
//! Learnt from what the page sends and does (`deploy/sandbox.md`): where one of these fails it throws, hides a button
//! or leaves something out.

use super::{Exchange, Finding, Level, Rule};
use serde_json::Value;

const RATING: &str = "http://fhir.org/argonaut/Extension/pama-rating";

/// What an answer lacks for the page; an answer that is no success shows nothing there, and needs nothing.
#[must_use]
pub fn check(exchange: Exchange<'_>) -> Vec<Finding> {
    if exchange.status == 200 {
        super::findings(exchange, RULES.iter())
    } else {
        Vec::new()
    }
}

/// Every rule of the page.
pub const RULES: &[Rule] = &[
    Rule {
        id: "sandbox-uuid",
        level: Level::Required,
        asks: "a card has a uuid, or it cannot be dismissed",
        check: |seen, faults| {
            for card in seen.cards() {
                faults.unless(
                    card.text("uuid").is_some(),
                    format!("{}/uuid", card.place),
                    "missing",
                );
            }
        },
    },
    Rule {
        id: "sandbox-update",
        level: Level::Required,
        asks: "suggestions only update the draft order: the imaging tab leaves out anything else",
        check: |seen, faults| {
            for action in seen.actions() {
                let update = action.text("type") == Some("update");
                let ours = action
                    .value
                    .get("resource")
                    .is_some_and(|r| seen.drafted(r).is_some());
                faults.unless(update && ours, action.place, "something else");
            }
        },
    },
    Rule {
        id: "sandbox-order",
        level: Level::Required,
        asks: "an update has a rating, a first code and a list of reasons, or the page throws",
        check: |seen, faults| {
            for order in seen.actions().iter().filter_map(|a| a.member("resource")) {
                faults.unless(
                    rating(order.value).is_some(),
                    format!("{}/extension", order.place),
                    "no rating",
                );
                let code = order
                    .value
                    .pointer("/code/coding/0")
                    .is_some_and(Value::is_object);
                faults.unless(code, format!("{}/code/coding/0", order.place), "no code");
                let reasons = order.value.get("reasonCode").is_some_and(Value::is_array);
                faults.unless(reasons, format!("{}/reasonCode", order.place), "no list");
            }
        },
    },
    Rule {
        id: "sandbox-actions",
        level: Level::Required,
        asks: "system actions stand below extension, and the first of them rates a drafted order",
        check: |seen, faults| {
            let root = seen.root();
            let read = root
                .member("extension")
                .map(|e| e.list("systemActions"))
                .unwrap_or_default();
            let top = root.list("systemActions");
            faults.unless(
                top.is_empty() || !read.is_empty(),
                "/systemActions",
                "not below extension",
            );
            if let Some(first) = read.first() {
                let order = first.value.get("resource");
                let rated = order.is_some_and(|o| rating(o).is_some() && seen.drafted(o).is_some());
                faults.unless(rated, first.place.clone(), "no rated draft order");
            }
        },
    },
];

/// The code of the rating on an order.
fn rating(order: &Value) -> Option<&str> {
    let entries = order.get("extension")?.as_array()?;
    let rating = entries
        .iter()
        .find(|e| e.get("url").is_some_and(|u| u == RATING))?;
    rating.pointer("/valueCodeableConcept/coding/0/code")?.as_str()
}
