//! What the specification asks of a discovery document.

use super::{At, Exchange, Faults, Finding, Level, Rule, Seen};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a discovery document does not keep.
#[must_use]
pub fn check(status: u16, media_type: Option<&str>, body: &[u8]) -> Vec<Finding> {
    let exchange = Exchange {
        request: &Value::Null,
        status,
        media_type,
        body,
    };
    super::findings(exchange, RULES.iter())
}

/// Every rule for discovery documents.
pub const RULES: &[Rule] = &[
    Rule {
        id: "R-011",
        level: Level::Required,
        asks: "discovery answers with status 200 and application/json",
        check: |seen, faults| {
            let json = seen
                .exchange
                .media_type
                .unwrap_or_default()
                .starts_with("application/json");
            faults.unless(
                seen.exchange.status == 200,
                "",
                format!("status {}", seen.exchange.status),
            );
            faults.unless(json, "", "another media type");
        },
    },
    Rule {
        id: "R-012",
        level: Level::Required,
        asks: "a discovery document is an object that holds a list of services",
        check: |seen, faults| {
            let services = seen.root().member("services");
            faults.unless(
                services.is_some_and(|s| s.value.is_array()),
                "/services",
                "no list",
            );
        },
    },
    Rule {
        id: "R-014",
        level: Level::Required,
        asks: "a service names its hook",
        check: |seen, faults| texts(seen, "hook", faults),
    },
    Rule {
        id: "R-015",
        level: Level::Required,
        asks: "a service has an id that can stand in an address",
        check: |seen, faults| {
            for service in seen.root().list("services") {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
                let sound = service.text("id").is_some_and(|id| id.chars().all(plain));
                faults.unless(sound, format!("{}/id", service.place), "no such text");
            }
        },
    },
    Rule {
        id: "R-016",
        level: Level::Required,
        asks: "a service has a description",
        check: |seen, faults| texts(seen, "description", faults),
    },
    Rule {
        id: "R-017",
        level: Level::Advice,
        asks: "a service has a title",
        check: |seen, faults| texts(seen, "title", faults),
    },
    Rule {
        id: "R-018",
        level: Level::Required,
        asks: "prefetch is an object of texts",
        check: |seen, faults| {
            for prefetch in prefetches(seen) {
                let sound = prefetch
                    .value
                    .as_object()
                    .is_some_and(|o| o.values().all(Value::is_string));
                faults.unless(sound, prefetch.place, "something else");
            }
        },
    },
    Rule {
        id: "R-020",
        level: Level::Advice,
        asks: "version is that of the CDS Hooks specification, as in 3.0.0",
        check: |seen, faults| {
            for version in seen
                .root()
                .list("services")
                .iter()
                .filter_map(|s| s.member("version"))
            {
                let text = version.value.as_str().unwrap_or_default();
                let parts: Vec<_> = text
                    .split(['-', '+'])
                    .next()
                    .unwrap_or_default()
                    .split('.')
                    .collect();
                let semver = parts.len() == 3 && parts.iter().all(|p| p.parse::<u32>().is_ok());
                faults.unless(semver, version.place, "no such version");
            }
        },
    },
    Rule {
        id: "R-022",
        level: Level::Advice,
        asks: "a service is listed once for each hook",
        check: |seen, faults| {
            let mut met = BTreeSet::new();
            for service in seen.root().list("services") {
                let once = met.insert((service.text("id"), service.text("hook")));
                faults.unless(once, service.place, "listed before");
            }
        },
    },
    Rule {
        id: "R-047",
        level: Level::Advice,
        asks: "tokens of prefetch templates stand between {{ and }} and are context fields or ids of the user",
        check: |seen, faults| {
            for template in prefetches(seen).iter().flat_map(members) {
                let text = template.value.as_str().unwrap_or_default();
                faults.unless(tokens_are_sound(text), template.place, "another token");
            }
        },
    },
];

const USER_IDS: [&str; 4] = [
    "userPractitionerId",
    "userPractitionerRoleId",
    "userPatientId",
    "userRelatedPersonId",
];

/// Expressions beyond plain paths are for clients that support FHIRPath; they begin with what is known here.
fn tokens_are_sound(template: &str) -> bool {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((token, next)) = after.split_once("}}") else {
            return false;
        };
        let name = token.trim();
        let known = name.starts_with("context.") || USER_IDS.contains(&name) || name.starts_with("today()");
        if before.contains("}}") || !known {
            return false;
        }
        rest = next;
    }
    !rest.contains("}}")
}

fn prefetches<'s>(seen: &'s Seen<'_>) -> Vec<At<'s>> {
    let services = seen.root().list("services");
    services.iter().filter_map(|s| s.member("prefetch")).collect()
}

fn members<'v>(at: &At<'v>) -> Vec<At<'v>> {
    let keys = at.value.as_object().into_iter().flat_map(|o| o.keys());
    keys.filter_map(|k| at.member(k)).collect()
}

fn texts(seen: &Seen<'_>, key: &str, faults: &mut Faults) {
    for service in seen.root().list("services") {
        faults.unless(
            service.text(key).is_some(),
            format!("{}/{key}", service.place),
            "no text",
        );
    }
}
