//! Rules about actions, in suggestions and those the client applies by itself.

use super::{At, Faults, Level, Rule, Seen};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "R-076",
        level: Level::Required,
        asks: "actionSelectionBehavior is all, any or at-most-one",
        check: |seen, faults| {
            for at in behaviors(seen) {
                let known = matches!(at.value.as_str(), Some("all" | "any" | "at-most-one"));
                faults.unless(known, at.place, "another value");
            }
        },
    },
    Rule {
        id: "R-009",
        level: Level::Advice,
        asks: "actionSelectionBehavior is for clients that are known to support it",
        check: |seen, faults| {
            for at in behaviors(seen) {
                faults.add(at.place, "this client did not say so");
            }
        },
    },
    Rule {
        id: "R-077",
        level: Level::Required,
        asks: "an action is a create, an update or a delete",
        check: |seen, faults| {
            for action in every(seen) {
                let known = matches!(action.text("type"), Some("create" | "update" | "delete"));
                faults.unless(known, format!("{}/type", action.place), "another value");
            }
        },
    },
    Rule {
        id: "R-078",
        level: Level::Required,
        asks: "an action of a suggestion has a description",
        check: |seen, faults| {
            for action in seen.actions() {
                let told = action.text("description").is_some();
                faults.unless(told, format!("{}/description", action.place), "no text");
            }
        },
    },
    Rule {
        id: "R-079",
        level: Level::Required,
        asks: "a create carries the new resource",
        check: |seen, faults| {
            for action in typed(seen, "create") {
                let whole = action
                    .member("resource")
                    .is_some_and(|r| r.text("resourceType").is_some());
                faults.unless(
                    whole,
                    format!("{}/resource", action.place),
                    "no resource with its type",
                );
            }
        },
    },
    Rule {
        id: "R-079",
        level: Level::Advice,
        asks: "a new order is a draft for the patient of the call",
        check: |seen, faults| {
            for resource in typed(seen, "create").iter().filter_map(|a| a.member("resource")) {
                let subject = resource.member("subject").and_then(|s| s.text("reference"));
                faults.unless(
                    is_own(seen, subject),
                    format!("{}/subject", resource.place),
                    "somebody else",
                );
                let status = resource.text("status").is_none_or(|s| s == "draft");
                faults.unless(status, format!("{}/status", resource.place), "no draft");
            }
        },
    },
    Rule {
        id: "R-080",
        level: Level::Required,
        asks: "an update carries the whole resource, with its type and id",
        check: |seen, faults| {
            for action in typed(seen, "update") {
                let resource = action.member("resource");
                let whole =
                    resource.is_some_and(|r| r.text("resourceType").is_some() && r.text("id").is_some());
                faults.unless(
                    whole,
                    format!("{}/resource", action.place),
                    "no resource with type and id",
                );
            }
        },
    },
    Rule {
        id: "P-07",
        level: Level::Required,
        asks: "an update of a draft order keeps every member it is not about, and whose order it is",
        check: kept,
    },
    Rule {
        id: "R-081",
        level: Level::Required,
        asks: "a delete says what to delete",
        check: |seen, faults| {
            for action in typed(seen, "delete") {
                let told = ["resourceId", "resource"]
                    .iter()
                    .any(|k| action.member(k).is_some());
                faults.unless(told, action.place, "no resourceId");
            }
        },
    },
    Rule {
        id: "R-081",
        level: Level::Advice,
        asks: "a delete names the resource by a relative reference in resourceId alone",
        check: |seen, faults| {
            for action in typed(seen, "delete") {
                let relative =
                    |id: &str| id.split('/').filter(|p| !p.is_empty()).count() == 2 && !id.contains(':');
                let named = action.text("resourceId").is_some_and(relative);
                let alone = action.member("resource").is_none();
                faults.unless(named && alone, action.place, "named otherwise");
            }
        },
    },
    Rule {
        id: "R-087",
        level: Level::Required,
        asks: "system actions are a list of actions",
        check: |seen, faults| {
            let root = seen.root();
            let places = [Some(root.clone()), root.member("extension")];
            for at in places.iter().flatten().filter_map(|p| p.member("systemActions")) {
                let actions = at.value.as_array();
                let sound =
                    actions.is_some_and(|a| !a.is_empty() && a.iter().all(serde_json::Value::is_object));
                faults.unless(sound, at.place, "no such list");
            }
        },
    },
];

/// Members that say what is ordered and why: a suggestion is about them.
const ABOUT: [&str; 9] = [
    "code",
    "orderDetail",
    "reasonCode",
    "reason",
    "note",
    "text",
    "priority",
    "medicationCodeableConcept",
    "medication",
];

fn kept(seen: &Seen<'_>, faults: &mut Faults) {
    let updates = every(seen)
        .into_iter()
        .filter(|a| a.text("type") == Some("update"));
    for resource in updates.filter_map(|a| a.member("resource")) {
        let Some(drafted) = seen.drafted(resource.value) else {
            continue;
        };
        let members = drafted.as_object().into_iter().flatten();
        for (key, was) in members.filter(|(k, _)| !ABOUT.contains(&k.trim_start_matches('_'))) {
            let is = resource.value.get(key);
            // An extension may be added, and what is added may replace what the service added before.
            let right = match key.as_str() {
                "extension" | "meta" => is.is_some(),
                _ => is == Some(was),
            };
            let what = if is.is_some() { "changed" } else { "lost" };
            faults.unless(right, format!("{}/{key}", resource.place), what);
        }
    }
}

/// Whether a reference is to the patient of the call.
fn is_own(seen: &Seen<'_>, subject: Option<&str>) -> bool {
    let context = seen.exchange.request.get("context");
    let patient = context.and_then(|c| c.get("patientId")).and_then(|p| p.as_str());
    let named = subject.and_then(|s| s.rsplit('/').next());
    // Resources that are for nobody in particular, and contexts without a patient, say nothing here.
    named.is_none() || patient.is_none() || named == patient.and_then(|p| p.rsplit('/').next())
}

fn every<'s>(seen: &'s Seen<'_>) -> Vec<At<'s>> {
    let mut actions = seen.actions();
    actions.extend(seen.system_actions());
    actions
}

fn typed<'s>(seen: &'s Seen<'_>, kind: &str) -> Vec<At<'s>> {
    let mut actions = every(seen);
    actions.retain(|a| a.text("type") == Some(kind));
    actions
}

fn behaviors<'s>(seen: &'s Seen<'_>) -> Vec<At<'s>> {
    let suggestions = seen.suggestions();
    let of = |s: &At<'s>| s.member("actionSelectionBehavior");
    suggestions.iter().filter_map(of).collect()
}
