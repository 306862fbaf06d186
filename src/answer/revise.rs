//! The replacement order, cut from the JSON that was received: nothing sent is lost, nothing else is touched
//! (P-07, SC-04).

use super::words;
use crate::cds_hooks::response::{Action, ActionKind};
use crate::engine::case::DraftOrder;
use crate::engine::language::Text;
use crate::knowledge::Knowledge;
use crate::knowledge::files::{CodedOffer, OfferEntry, OfferedOrder};
use crate::knowledge::vocabulary::{List, Role};
use crate::terminology::SystemId;
use serde_json::{Map, Value, json};

/// The actions of one suggestion: the draft order becomes the offered study, and orders are added where it takes two.
/// With `adds` the draft order stays as it is and all orders are added.
pub(super) fn actions(
    knowledge: &Knowledge,
    order: &DraftOrder,
    draft: &Value,
    offer: &OfferEntry,
    adds: bool,
    new_id: &dyn Fn(usize) -> String,
) -> Vec<Action> {
    let Some(coded) = choose(knowledge, order, offer) else {
        return Vec::new();
    };
    let mut actions = Vec::new();
    for (at, part) in coded.orders.iter().enumerate() {
        let Some(mut resource) = draft.as_object().cloned() else {
            return Vec::new();
        };
        let updates = at == 0 && !adds;
        if !updates {
            // A new order is no copy of the old one's identity or progress.
            for member in [
                "meta",
                "identifier",
                "_id",
                "text",
                "implicitRules",
                "requisition",
                "replaces",
                "_status",
                "performer",
                "bodySite",
            ] {
                resource.shift_remove(member);
            }
            set(&mut resource, "id", json!(new_id(at)));
            set(&mut resource, "status", json!("draft"));
        }
        rewrite(knowledge, &mut resource, part, offer);
        let template = if updates {
            "update_description"
        } else {
            "create_description"
        };
        actions.push(Action {
            kind: if updates {
                ActionKind::Update
            } else {
                ActionKind::Create
            },
            description: Some(words::described(knowledge, template, &part.text)),
            resource: Value::Object(resource),
        });
    }
    actions
}

/// The coding of the offer in the system the order used, else in the first fallback system that has one.
fn choose<'k>(knowledge: &Knowledge, order: &DraftOrder, offer: &'k OfferEntry) -> Option<&'k CodedOffer> {
    let systems = knowledge.systems();
    let of = |id: SystemId| offer.coded.iter().find(|c| systems.keyed(&c.system) == Some(id));
    let named = order.code.codings.iter().filter_map(|c| c.system.as_deref());
    let same = named.flat_map(|s| systems.named(s)).find_map(of);
    same.or_else(|| {
        let fallback = knowledge.suggestions().fallback_systems.iter();
        fallback.filter_map(|s| systems.keyed(s)).find_map(of)
    })
}

/// Puts another study into an order.
fn rewrite(
    knowledge: &Knowledge,
    resource: &mut Map<String, Value>,
    part: &OfferedOrder,
    offer: &OfferEntry,
) {
    let codings: Vec<Value> = part
        .codes
        .iter()
        .filter_map(|code| coding(knowledge, code))
        .collect();
    set(resource, "code", json!({ "coding": codings, "text": part.text }));
    resource.shift_remove("_code");
    keep_what_fits(knowledge, resource, "orderDetail");
    if let Some(note) = &offer.protocol_note {
        let mut notes = resource
            .get("note")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if !notes
            .iter()
            .any(|n| n.get("text").and_then(Value::as_str) == Some(note))
        {
            notes.push(json!({ "text": note }));
        }
        set(resource, "note", Value::Array(notes));
    }
}

/// `system|code` of the knowledge as a FHIR Coding.
fn coding(knowledge: &Knowledge, code: &str) -> Option<Value> {
    let (system, code) = code.split_once('|')?;
    let id = knowledge.systems().keyed(system)?;
    Some(json!({ "system": knowledge.systems().uri(id), "code": code }))
}

/// Details that told contrast or tracer of the old study would contradict the new one; all others stay.
fn keep_what_fits(knowledge: &Knowledge, resource: &mut Map<String, Value>, member: &str) {
    let Some(Value::Array(entries)) = resource.get(member) else {
        return;
    };
    let fitting: Vec<Value> = entries
        .iter()
        .filter(|e| !tells_study(knowledge, e))
        .cloned()
        .collect();
    if fitting.is_empty() && !entries.is_empty() {
        resource.shift_remove(member);
    } else if fitting.len() < entries.len() {
        set(resource, member, Value::Array(fitting));
    }
}

/// True when a detail speaks of contrast or tracer.
fn tells_study(knowledge: &Knowledge, detail: &Value) -> bool {
    let codings = detail
        .get("coding")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).map(str::to_owned);
    let words: Vec<String> = [text(detail, "text")]
        .into_iter()
        .chain(codings.iter().map(|c| text(c, "display")))
        .flatten()
        .collect();
    let text_of = Text::new(knowledge, &Text::join(words.iter().map(String::as_str)));
    let lists = [
        List::ContrastNone,
        List::ContrastWith,
        List::ContrastBoth,
        List::ContrastLeftOpen,
        List::ContrastOralOnly,
        List::TracerSstr,
        List::TracerFdg,
        List::TracerOther,
        List::TracerScintigraphy,
    ];
    let tracers = [
        Role::TracerSstr,
        Role::TracerFdg,
        Role::TracerOther,
        Role::TracerSstrSpect,
    ];
    let by_code = codings.iter().any(|c| {
        let (system, code) = (
            text(c, "system").unwrap_or_default(),
            text(c, "code").unwrap_or_default(),
        );
        knowledge
            .members_of(&system, &code)
            .iter()
            .any(|m| tracers.contains(&m.role))
    });
    by_code || lists.into_iter().any(|l| text_of.mentions(l))
}

fn set(resource: &mut Map<String, Value>, member: &str, value: Value) {
    resource.insert(member.to_owned(), value);
}
