//! Rules about an answer as a whole.

use super::{At, Faults, Level, Rule, Seen};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "R-001",
        level: Level::Required,
        asks: "the body is JSON",
        check: |seen, faults| {
            let wanted = seen.body.is_none() && seen.exchange.status != 204;
            faults.unless(!wanted, "", "no JSON");
        },
    },
    Rule {
        id: "P-19",
        level: Level::Required,
        asks: "the media type is application/json; with a failure application/fhir+json will do",
        check: media_type,
    },
    Rule {
        id: "R-061",
        level: Level::Required,
        asks: "a success is status 200 with an object that holds a list of cards",
        check: |seen, faults| match seen.exchange.status {
            200 => {
                let cards = seen.root().member("cards");
                faults.unless(
                    cards.is_some_and(|c| c.value.is_array()),
                    "/cards",
                    "no list of cards",
                );
                for card in seen.cards() {
                    faults.unless(card.value.is_object(), card.place, "no object");
                }
            }
            status @ ..400 => faults.add("", format!("status {status}")),
            _ => {}
        },
    },
    Rule {
        id: "R-005",
        level: Level::Required,
        asks: "nothing empty is sent, except an empty list of cards",
        check: |seen, faults| {
            if seen.is_success() {
                walk(&seen.root(), faults);
            }
        },
    },
    Rule {
        id: "R-032",
        level: Level::Advice,
        asks: "extensions are named by whose they are, as in `org.example.thing`",
        check: |seen, faults| {
            let root = seen.root();
            let holders = std::iter::once(root).chain(seen.cards()).chain(seen.actions());
            for extension in holders.filter_map(|h| h.member("extension")) {
                let Some(members) = extension.value.as_object() else {
                    faults.add(extension.place, "no object");
                    continue;
                };
                // The place of system actions before CDS Hooks 2.0 has its own name.
                for key in members
                    .keys()
                    .filter(|k| *k != "systemActions" && !k.contains('.'))
                {
                    faults.add(format!("{}/{key}", extension.place), "a name of everybody");
                }
            }
        },
    },
    Rule {
        id: "R-091",
        level: Level::Advice,
        asks: "a failure carries an OperationOutcome whose issues have a severity and a code",
        check: |seen, faults| {
            if seen.exchange.status < 400 {
                return;
            }
            let root = seen.root();
            let issues = root.list("issue");
            let outcome = root.text("resourceType") == Some("OperationOutcome");
            faults.unless(
                outcome && !issues.is_empty(),
                "",
                "no OperationOutcome with issues",
            );
            for issue in issues {
                let told = issue.text("severity").is_some() && issue.text("code").is_some();
                faults.unless(told, issue.place, "severity or code is missing");
            }
        },
    },
];

fn media_type(seen: &Seen<'_>, faults: &mut Faults) {
    let given = seen.exchange.media_type.unwrap_or_default();
    let name = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let right = match seen.exchange.status {
        ..400 => name == "application/json",
        _ => matches!(name.as_str(), "application/json" | "application/fhir+json"),
    };
    faults.unless(right, "", if name.is_empty() { "none".to_owned() } else { name });
}

/// Everything below but resources: an update gives back what the client had put into them.
fn walk(at: &At<'_>, faults: &mut Faults) {
    let empty = match at.value {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    faults.unless(!empty || at.place == "/cards", at.place.clone(), "empty");
    for key in at.value.as_object().into_iter().flat_map(|o| o.keys()) {
        if let Some(below) = at.member(key).filter(|_| key != "resource") {
            walk(&below, faults);
        }
    }
    for entry in at.clone().entries() {
        walk(&entry, faults);
    }
}
