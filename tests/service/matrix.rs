//! The prefetch matrix: every key of every example in every state of not being there (P2, R-038 – R-043, SC-27).
//!
//! What is observably missing can only take a judgement away or make it quieter; what was answered with nothing is an
//! answer. The rules are those that the examples reach: each kind of card is among them.

use super::fixtures::{TODAY, fixtures};
use apposite::answer::CARD_EXTENSION;
use apposite::cli::wiring;
use apposite::service::ImagingService;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static SERVICE: LazyLock<ImagingService> = LazyLock::new(|| wiring::service(None, None).unwrap());

/// The cards by order and kind, each with how loud it is; `None` for 412.
type Said = Option<BTreeMap<(String, String), String>>;

fn said(call: &Value) -> Said {
    let judged = SERVICE.judge(call.to_string().as_bytes(), TODAY).unwrap();
    if judged.consultation.unavailable.is_some() {
        assert!(judged.response.cards.is_empty(), "cards beside a 412");
        return None;
    }
    let card = |card: &apposite::cds_hooks::response::Card| {
        let ours = serde_json::to_value(&card.extension).unwrap()[CARD_EXTENSION].take();
        let word = |name: &str| ours[name].as_str().unwrap_or_default().to_owned();
        ((word("order"), word("kind")), card.indicator.clone())
    };
    Some(judged.response.cards.iter().map(card).collect())
}

/// The calls among the fixtures that are judged as they stand, and hold a prefetch.
fn calls() -> Vec<(String, Value)> {
    let readable = |bytes: &[u8]| -> Option<Value> {
        SERVICE.judge(bytes, TODAY).ok()?;
        let call: Value = serde_json::from_slice(bytes).ok()?;
        call["prefetch"].is_object().then_some(call)
    };
    let all = fixtures()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("hostile/"));
    all.filter_map(|(name, bytes)| Some((name, readable(&bytes)?)))
        .collect()
}

/// The states in which an answer is not there, or not whole, by name.
fn missing(answer: &Value) -> Vec<(&'static str, Option<Value>)> {
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "exception" }] });
    let with = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut bundle = answer.clone();
        if bundle["resourceType"] != "Bundle" {
            bundle =
                json!({ "resourceType": "Bundle", "type": "searchset", "entry": [{ "resource": bundle }] });
        }
        change(bundle.as_object_mut().unwrap());
        Some(bundle)
    };
    let add = |bundle: &mut Map<String, Value>, entry: Value| {
        let entries = bundle.entry("entry").or_insert_with(|| json!([]));
        entries.as_array_mut().unwrap().push(entry);
    };
    vec![
        ("absent", None),
        ("an OperationOutcome", Some(outcome.clone())),
        ("a text", Some(json!("Condition/1"))),
        ("a list", Some(json!([answer]))),
        ("a number", Some(json!(1.5))),
        ("an object without a type", Some(json!({ "id": "x" }))),
        (
            "another resource",
            Some(json!({ "resourceType": "Practitioner", "id": "x" })),
        ),
        (
            "a first page",
            with(&|bundle| {
                let next = json!([{ "relation": "next", "url": "https://ehr.example.org/fhir?page=2" }]);
                bundle.insert("link".to_owned(), next);
            }),
        ),
        (
            "fewer than promised",
            with(&|bundle| {
                bundle.insert("total".to_owned(), json!(1000));
            }),
        ),
        (
            "an outcome within",
            with(&|bundle| {
                add(
                    bundle,
                    json!({ "resource": outcome, "search": { "mode": "outcome" } }),
                )
            }),
        ),
        (
            "an entry without a resource",
            with(&|bundle| {
                add(
                    bundle,
                    json!({ "fullUrl": "https://ehr.example.org/fhir/Condition/x" }),
                )
            }),
        ),
        (
            "none of its entries",
            with(&|bundle| {
                bundle.shift_remove("entry");
                bundle.insert("total".to_owned(), json!(3));
            }),
        ),
    ]
}

/// P2, R-038, R-039, R-041, R-042, SC-27: no cell of the matrix says anything that the whole record does not support:
/// a card is there with the whole record too and as loud, or it only informs.
#[test]
fn missing_data_only_take_judgements_away() {
    let loudness = |indicator: &String| {
        ["info", "warning", "critical"]
            .iter()
            .position(|i| i == indicator)
    };
    let (mut cells, mut quieter, mut unavailable) = (0, 0, 0);
    for (name, call) in calls() {
        let whole = said(&call);
        for (key, answer) in call["prefetch"].as_object().unwrap() {
            for (state, value) in missing(answer) {
                let mut part = call.clone();
                let prefetch = part["prefetch"].as_object_mut().unwrap();
                match value {
                    Some(value) => prefetch.insert(key.clone(), value),
                    None => prefetch.shift_remove(key),
                };
                cells += 1;
                let Some(cards) = said(&part) else {
                    unavailable += 1;
                    continue;
                };
                let before = whole.clone().unwrap_or_default();
                quieter += usize::from(cards != before);
                for (card, indicator) in &cards {
                    let most = before.get(card).and_then(loudness).unwrap_or(0);
                    let place = format!("{name}: {key} is {state}: {card:?} {indicator}");
                    assert!(loudness(indicator).unwrap() <= most, "{place}");
                }
            }
        }
    }
    // The matrix is no empty one: some cells are judged otherwise, and some cannot be judged.
    assert!(
        cells > 2000 && quieter > 50 && unavailable > 10,
        "{cells} {quieter} {unavailable}"
    );
}

/// `null` is the answer that there is nothing, like an empty Bundle.
#[test]
fn null_is_an_empty_answer() {
    let mut cells = 0;
    for (name, call) in calls() {
        for key in call["prefetch"]
            .as_object()
            .unwrap()
            .keys()
            .filter(|k| *k != "patient")
        {
            let with = |value: Value| {
                let mut call = call.clone();
                call["prefetch"][key] = value;
                said(&call)
            };
            let empty = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
            assert_eq!(with(Value::Null), with(empty), "{name}: {key}");
            cells += 1;
        }
    }
    assert!(cells > 150, "{cells}");
}
