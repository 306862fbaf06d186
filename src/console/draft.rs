//! A request as an order screen shows it, and what can be changed on that screen.
//!
//! The request itself is what is kept: a change is made in its JSON, and everything else in it stays as it came.

use crate::terminology::CodeSystems;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

/// What the screen shows.
#[derive(Debug, Serialize)]
pub(super) struct View {
    hook: String,
    patient: PatientView,
    /// Nothing if the request brings no problem list.
    problems: Option<Vec<ProblemView>>,
    orders: Vec<OrderView>,
    /// What else the request brings, in words.
    also: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PatientView {
    /// Whether the request brings the patient.
    sent: bool,
    name: String,
    age: Option<i16>,
    sex: String,
}

#[derive(Debug, Serialize)]
struct ProblemView {
    text: String,
    code: String,
    status: String,
    since: String,
}

#[derive(Debug, Serialize)]
struct OrderView {
    at: usize,
    text: String,
    code: String,
    reason: String,
    notes: Vec<String>,
    selected: bool,
    /// Whether this screen can change it.
    editable: bool,
    status: String,
}

/// One change on the screen.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Edit {
    /// Another hook.
    Hook { hook: String },
    /// Age in years.
    Age { value: String },
    /// Administrative gender.
    Sex { value: String },
    /// A problem more.
    AddProblem { coding: Coded },
    /// A problem less.
    RemoveProblem { at: usize },
    /// Another study.
    Study { at: usize, coding: Coded },
    /// Another indication, in words.
    Reason { at: usize, value: String },
}

/// A code as the search finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Coded {
    pub system: String,
    pub code: String,
    pub display: String,
}

/// The screen for this request.
pub(super) fn view(request: &Value, systems: &CodeSystems, today: Date) -> View {
    let text = |value: &Value, at: &str| {
        value
            .pointer(at)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let patient = request.pointer("/prefetch/patient").unwrap_or(&Value::Null);
    let name = patient.pointer("/name/0").unwrap_or(&Value::Null);
    let hook = text(request, "/hook");
    let selections: Vec<&str> = list(request, "/context/selections")
        .filter_map(Value::as_str)
        .collect();
    let problems = request
        .pointer("/prefetch/conditions")
        .filter(|bundle| is_bundle(bundle));
    let orders = list(request, "/context/draftOrders/entry")
        .map(|entry| &entry["resource"])
        .enumerate();
    View {
        patient: PatientView {
            sent: patient.is_object(),
            name: [text(name, "/given/0"), text(name, "/family")]
                .join(" ")
                .trim()
                .to_owned(),
            age: age(&text(patient, "/birthDate"), today),
            sex: text(patient, "/gender"),
        },
        problems: problems.map(|bundle| {
            let all = list(bundle, "/entry").map(|entry| &entry["resource"]);
            all.map(|problem| ProblemView {
                text: words(&problem["code"]),
                code: code(&problem["code"], systems),
                status: [
                    text(problem, "/clinicalStatus/coding/0/code"),
                    text(problem, "/verificationStatus/coding/0/code"),
                ]
                .join(" ")
                .trim()
                .to_owned(),
                since: text(problem, "/recordedDate").chars().take(10).collect(),
            })
            .collect()
        }),
        orders: orders
            .map(|(at, order)| {
                let reference = format!("{}/{}", text(order, "/resourceType"), text(order, "/id"));
                OrderView {
                    at,
                    text: words(concept(order)),
                    code: code(concept(order), systems),
                    reason: reason(order),
                    notes: list(order, "/note").map(|note| text(note, "/text")).collect(),
                    selected: hook != "order-select" || selections.contains(&reference.as_str()),
                    editable: text(order, "/resourceType") == "ServiceRequest",
                    status: text(order, "/status"),
                }
            })
            .collect(),
        also: also(request),
        hook,
    }
}

/// What else the request brings.
fn also(request: &Value) -> Vec<String> {
    let Some(prefetch) = request.pointer("/prefetch").and_then(Value::as_object) else {
        return Vec::new();
    };
    let others = prefetch
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "patient" | "conditions"));
    let told = others.filter_map(|(key, value)| match (value, list(value, "/entry").count()) {
        (Value::Null, _) => None,
        (bundle, count) if is_bundle(bundle) => (count > 0).then(|| format!("{} ({count})", spaced(key))),
        _ => Some(format!(
            "{}: {}",
            spaced(key),
            value["resourceType"].as_str().unwrap_or("odd")
        )),
    });
    told.collect()
}

/// `imagingReports` as people write it.
fn spaced(key: &str) -> String {
    key.chars().fold(String::new(), |mut text, sign| {
        if sign.is_ascii_uppercase() {
            text.push(' ');
        }
        text.push(sign.to_ascii_lowercase());
        text
    })
}

/// Makes a change.
pub(super) fn edit(request: &mut Value, change: &Edit, today: Date) {
    match change {
        Edit::Hook { hook } => set_hook(request, hook),
        Edit::Age { value } => {
            let years = value
                .trim()
                .parse::<i32>()
                .ok()
                .filter(|years| (0..=130).contains(years));
            let born = years.and_then(|years| today.checked_sub(years.years().weeks(8)).ok());
            if let (Some(born), Some(patient)) = (born, patient(request)) {
                patient.insert("birthDate".into(), json!(born.to_string()));
            }
        }
        Edit::Sex { value } => {
            if let Some(patient) = patient(request) {
                match value.as_str() {
                    "" => drop(patient.remove("gender")),
                    sex => drop(patient.insert("gender".into(), json!(sex))),
                }
            }
        }
        Edit::AddProblem { coding } => add_problem(request, coding, today),
        Edit::RemoveProblem { at } => {
            let entries = request
                .pointer_mut("/prefetch/conditions/entry")
                .and_then(Value::as_array_mut);
            if let Some(entries) = entries.filter(|entries| *at < entries.len()) {
                entries.remove(*at);
            }
        }
        Edit::Study { at, coding } => {
            if let Some(order) = order(request, *at) {
                let concept = json!({
                    "coding": [{ "system": coding.system, "code": coding.code, "display": coding.display }],
                    "text": coding.display,
                });
                // In FHIR R5 the code of an order is one of two things it may be.
                match order.get_mut("code").and_then(|code| code.get_mut("concept")) {
                    Some(slot) => *slot = concept,
                    None => drop(order.insert("code".into(), concept)),
                }
            }
        }
        Edit::Reason { at, value } => {
            if let Some(order) = order(request, *at) {
                let r5 = order
                    .get("code")
                    .is_some_and(|code| code.get("concept").is_some());
                let value = value.trim();
                // What was coded before told another story.
                for member in ["reasonCode", "reasonReference", "reason"] {
                    order.remove(member);
                }
                match (value, r5) {
                    ("", _) => {}
                    (value, true) => {
                        drop(order.insert("reason".into(), json!([{ "concept": { "text": value } }])))
                    }
                    (value, false) => drop(order.insert("reasonCode".into(), json!([{ "text": value }]))),
                }
            }
        }
    }
}

/// Selecting names the orders it is about; signing is about all of them.
fn set_hook(request: &mut Value, hook: &str) {
    let all: Vec<Value> = list(request, "/context/draftOrders/entry")
        .map(|entry| &entry["resource"])
        .filter_map(|o| {
            Some(json!(format!(
                "{}/{}",
                o["resourceType"].as_str()?,
                o["id"].as_str()?
            )))
        })
        .collect();
    let Some(members) = request.as_object_mut() else {
        return;
    };
    members.insert("hook".into(), json!(hook));
    if let Some(context) = members.get_mut("context").and_then(Value::as_object_mut) {
        if hook == "order-select" {
            context.entry("selections").or_insert(Value::Array(all));
        } else {
            context.shift_remove("selections");
        }
    }
}

fn add_problem(request: &mut Value, coding: &Coded, today: Date) {
    let patient = request
        .pointer("/context/patientId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Some(prefetch) = request
        .as_object_mut()
        .map(|r| r.entry("prefetch").or_insert(json!({})))
    else {
        return;
    };
    let Some(prefetch) = prefetch.as_object_mut() else {
        return;
    };
    let bundle = prefetch.entry("conditions").or_insert(Value::Null);
    if !is_bundle(bundle) {
        *bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [] });
    }
    let Some(bundle) = bundle.as_object_mut() else {
        return;
    };
    // The count of what was sent would be wrong now.
    bundle.shift_remove("total");
    let Some(entries) = bundle.entry("entry").or_insert(json!([])).as_array_mut() else {
        return;
    };
    let id = format!("console-{}", entries.len() + 1);
    let status = |system: &str, code: &str| json!({ "coding": [{ "system": system, "code": code }] });
    entries.push(json!({
        "resource": {
            "resourceType": "Condition",
            "id": id,
            "clinicalStatus": status(CLINICAL, "active"),
            "verificationStatus": status(VERIFICATION, "confirmed"),
            "code": {
                "coding": [{ "system": coding.system, "code": coding.code, "display": coding.display }],
                "text": coding.display,
            },
            "subject": { "reference": format!("Patient/{patient}") },
            "recordedDate": today.to_string(),
        },
        "search": { "mode": "match" },
    }));
}

fn patient(request: &mut Value) -> Option<&mut Map<String, Value>> {
    request.pointer_mut("/prefetch/patient")?.as_object_mut()
}

fn order(request: &mut Value, at: usize) -> Option<&mut Map<String, Value>> {
    let entry = request.pointer_mut("/context/draftOrders/entry")?.get_mut(at)?;
    let order = entry.get_mut("resource")?.as_object_mut()?;
    (order.get("resourceType")? == "ServiceRequest").then_some(order)
}

fn is_bundle(value: &Value) -> bool {
    value["resourceType"] == "Bundle"
}

fn list<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

/// The code of an order, in R4 and in R5.
fn concept(order: &Value) -> &Value {
    let code = &order["code"];
    if code["concept"].is_null() {
        code
    } else {
        &code["concept"]
    }
}

/// A concept in words.
fn words(concept: &Value) -> String {
    let mut codings = list(concept, "/coding").filter_map(|coding| coding["display"].as_str());
    let text = concept["text"].as_str().or_else(|| codings.next());
    text.unwrap_or_default().to_owned()
}

/// The codes of a concept.
fn code(concept: &Value, systems: &CodeSystems) -> String {
    let codes = list(concept, "/coding").filter_map(|coding| {
        let system = coding["system"].as_str().unwrap_or_default();
        let name = systems.named(system).next().map_or(system, |id| systems.name(id));
        Some(format!("{name} {}", coding["code"].as_str()?).trim().to_owned())
    });
    codes.collect::<Vec<_>>().join(", ")
}

/// Why an order is made, in words.
fn reason(order: &Value) -> String {
    let r4 = list(order, "/reasonCode").map(words);
    let r5 = list(order, "/reason").map(|reason| words(&reason["concept"]));
    r4.chain(r5)
        .filter(|words| !words.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

fn age(born: &str, today: Date) -> Option<i16> {
    let born: Date = born.parse().ok()?;
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    Some(today.year() - born.year() - i16::from(!had_birthday))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::stories;
    use crate::knowledge::Knowledge;
    use jiff::civil::date;

    fn shown(request: &Value) -> Value {
        let knowledge = Knowledge::embedded().unwrap();
        serde_json::to_value(view(request, knowledge.systems(), date(2026, 6, 15))).unwrap()
    }

    #[test]
    fn every_story_has_a_screen() {
        for name in stories::names() {
            let request = stories::told_on(&name, date(2026, 6, 15)).unwrap();
            let seen = shown(&request);
            assert!(!seen["orders"].as_array().unwrap().is_empty(), "{name}");
        }
    }

    #[test]
    fn a_change_shows_on_the_screen_and_touches_nothing_else() {
        let today = date(2026, 6, 15);
        let coded = |code: &str| Coded {
            system: "urn:x".into(),
            code: code.into(),
            display: format!("display of {code}"),
        };
        for (change, at, expect) in [
            (Edit::Age { value: "17".into() }, "/patient/age", json!(17)),
            (Edit::Age { value: "old".into() }, "/patient/age", json!(58)),
            (Edit::Sex { value: "male".into() }, "/patient/sex", json!("male")),
            (Edit::Sex { value: String::new() }, "/patient/sex", json!("")),
            (
                Edit::AddProblem { coding: coded("p") },
                "/problems/2/code",
                json!("urn:x p"),
            ),
            (Edit::RemoveProblem { at: 0 }, "/problems/1", Value::Null),
            (
                Edit::RemoveProblem { at: 9 },
                "/problems/1/text",
                json!("Essential hypertension"),
            ),
            (
                Edit::Study {
                    at: 0,
                    coding: coded("s"),
                },
                "/orders/0/text",
                json!("display of s"),
            ),
            (
                Edit::Reason {
                    at: 0,
                    value: " why ".into(),
                },
                "/orders/0/reason",
                json!("why"),
            ),
            (
                Edit::Reason {
                    at: 9,
                    value: "why".into(),
                },
                "/orders/1",
                Value::Null,
            ),
            (
                Edit::Hook {
                    hook: "order-sign".into(),
                },
                "/hook",
                json!("order-sign"),
            ),
        ] {
            let mut request = stories::told_on(stories::FIRST, today).unwrap();
            let before = request.clone();
            edit(&mut request, &change, today);
            let seen = shown(&request).pointer(at).cloned().unwrap_or_default();
            assert_eq!(seen, expect, "{change:?}");
            assert_eq!(
                request["prefetch"]["observations"],
                before["prefetch"]["observations"]
            );
        }
    }
}
