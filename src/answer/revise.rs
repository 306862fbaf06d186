//! The replacement order, cut from the JSON that was received: nothing sent is lost, nothing else is touched
//! (P-07, SC-04).

use super::pama;
use super::plan::{self, Plan};
use super::words;
use crate::cds_hooks::response::{Action, ActionKind};
use crate::engine::case::{Case, ResourceRef};
use crate::engine::language::Text;
use crate::engine::{Decision, Key};
use crate::knowledge::Knowledge;
use crate::knowledge::files::{OfferEntry, OfferedOrder};
use crate::knowledge::vocabulary::{List, Role};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What belongs to the order received and not to one added beside it.
const NOT_COPIED: [&str; 8] = [
    "meta",
    "identifier",
    "_id",
    "text",
    "implicitRules",
    "requisition",
    "replaces",
    "_status",
];

/// What was chosen for the study ordered and may not suit another one: who does it, where, how the patient is prepared.
/// It stays on an order that is changed, since nothing sent is lost (P-07), and the card says so; an order that is added
/// does not begin with it.
const CHOSEN_FOR_THE_STUDY: [&str; 8] = [
    "performer",
    "performerType",
    "location",
    "locationCode",
    "locationReference",
    "patientInstruction",
    "bodySite",
    "bodyStructure",
];

/// The actions of one suggestion: each draft order asked about becomes a part of the offered study, and orders are added
/// where it takes more. What is added starts from `judged`, the order the card is about.
pub(super) fn actions(
    knowledge: &Knowledge,
    plan: &Plan<'_>,
    offer: &OfferEntry,
    judged: &Value,
    drafts: &BTreeMap<ResourceRef, Value>,
    new_id: &dyn Fn(usize) -> String,
) -> Vec<Action> {
    let surplus = words::orders(knowledge, &plan.surplus);
    let mut actions = Vec::new();
    for (at, (part, becomes)) in plan.steps.iter().enumerate() {
        let received = becomes.and_then(|o| drafts.get(o.id.as_ref()?));
        let updates = received.is_some();
        let Some(mut resource) = received.unwrap_or(judged).as_object().cloned() else {
            return Vec::new();
        };
        if !updates {
            // A new order is no copy of the old one's identity or progress.
            for member in NOT_COPIED.into_iter().chain(CHOSEN_FOR_THE_STUDY) {
                resource.shift_remove(member);
            }
            pama::unmark_copy(&mut resource);
            set(&mut resource, "id", json!(new_id(at)));
            set(&mut resource, "status", json!("draft"));
        }
        let carried = CHOSEN_FOR_THE_STUDY
            .iter()
            .any(|member| resource.contains_key(*member));
        rewrite(knowledge, &mut resource, part, offer);
        let (kind, template) = if updates {
            (ActionKind::Update, "update_description")
        } else {
            (ActionKind::Create, "create_description")
        };
        actions.push(Action {
            kind,
            description: Some(words::described(
                knowledge, template, &part.text, &surplus, carried,
            )),
            resource: Value::Object(resource),
        });
    }
    actions
}

/// The actions by which the clinician says which question is meant: it is added to the reasons of each order of the
/// study that was asked about, behind what is written there.
pub(super) fn state(
    knowledge: &Knowledge,
    case: &Case,
    decision: &Decision,
    scenario: &Key,
    drafts: &BTreeMap<ResourceRef, Value>,
) -> Vec<Action> {
    let Some(question) = knowledge.table().question(scenario) else {
        return Vec::new();
    };
    let description = words::described(knowledge, "question_description", &question.reason, "", false);
    let parts = plan::parts(case, decision);
    let asked: Vec<&ResourceRef> = parts
        .iter()
        .filter(|o| o.selected)
        .filter_map(|o| o.id.as_ref())
        .collect();
    let asked = if asked.is_empty() {
        vec![&decision.order]
    } else {
        asked
    };
    let action = |order: &ResourceRef| {
        let mut resource = drafts.get(order)?.as_object()?.clone();
        let given = resource.get("reasonCode").and_then(Value::as_array);
        let mut reasons = given.cloned().unwrap_or_default();
        reasons.push(json!({ "text": question.reason }));
        set(&mut resource, "reasonCode", Value::Array(reasons));
        Some(Action {
            kind: ActionKind::Update,
            description: Some(description.clone()),
            resource: Value::Object(resource),
        })
    };
    asked.into_iter().filter_map(action).collect()
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
    let code = json!({ "coding": codings, "text": part.text });
    let code = if is_r5(resource) {
        json!({ "concept": code })
    } else {
        code
    };
    set(resource, "code", code);
    resource.shift_remove("_code");
    keep_what_fits(knowledge, resource, "orderDetail");
    let mut notes = resource
        .get("note")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    // What the clinician wrote stays (P-07). A note that told contrast or tracer of the old study would contradict the
    // new one, so ours says that it replaces it.
    let told = notes.iter().any(|note| tells_study(knowledge, note));
    let replaces = told.then_some(&knowledge.suggestions().replaces_note);
    let ours: Vec<&str> = [offer.protocol_note.as_ref(), replaces]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let ours = ours.join(" ");
    // The last note is the one that counts: ours is not said twice in a row.
    let said = notes.last().and_then(|n| n.get("text")).and_then(Value::as_str) == Some(&ours);
    if !ours.is_empty() && !said {
        notes.push(json!({ "text": ours }));
        set(resource, "note", Value::Array(notes));
    }
}

/// Whether an order has the shape of FHIR R5, where the study and the reasons are CodeableReferences.
pub(super) fn is_r5(resource: &Map<String, Value>) -> bool {
    let code_has = |member: &str| {
        resource
            .get("code")
            .is_some_and(|code| code.get(member).is_some())
    };
    code_has("concept") || code_has("reference") || resource.contains_key("reason")
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
    // A concept in R4, parameters in R5.
    let parameters = list(detail, "parameter").iter();
    let parts = parameters.flat_map(|p| [p.get("code"), p.get("valueCodeableConcept"), Some(p)]);
    let parts: Vec<&Value> = parts.flatten().chain([detail]).collect();
    let codings: Vec<&Value> = parts.iter().flat_map(|part| list(part, "coding")).collect();
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).map(str::to_owned);
    let words: Vec<String> = parts
        .iter()
        .flat_map(|part| [text(part, "text"), text(part, "valueString")])
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

/// The entries of a list in a member.
fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    let list = value.get(member).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn set(resource: &mut Map<String, Value>, member: &str, value: Value) {
    resource.insert(member.to_owned(), value);
}
