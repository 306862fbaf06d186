//! What feedback may look like and what is refused (R-093 to R-099, P-12).

use super::*;
use crate::cds_hooks::FaultKind;
use serde_json::{Value, json};

fn accepted() -> Value {
    json!({ "card": "c", "outcome": "accepted", "acceptedSuggestions": [{ "id": "s" }],
        "outcomeTimestamp": "2026-06-01T14:03:22Z" })
}

fn overridden() -> Value {
    json!({ "card": "d", "outcome": "overridden", "outcomeTimestamp": "2026-06-01T14:03:22Z",
        "overrideReason": { "reason": { "code": "r", "system": "urn:s" }, "userComment": "words" } })
}

/// Kind and place of the fault in a message with a good item before this one.
fn fault(item: &Value) -> Option<(FaultKind, String)> {
    let body = json!({ "feedback": [accepted(), item] }).to_string();
    parse(body.as_bytes()).err().map(|f| (f.kind, f.pointer))
}

/// R-093, R-094, R-095, R-096, R-097.
#[test]
fn what_clients_send_is_read() {
    let body = json!({ "feedback": [accepted(), overridden()], "extension": { "x": 1 } }).to_string();
    let items = parse(body.as_bytes()).unwrap_or_else(|f| panic!("{f}"));
    let at: Timestamp = "2026-06-01T14:03:22Z".parse().unwrap();
    assert!(items.iter().all(|item| item.at == at));
    assert_eq!(items.iter().map(|i| &*i.card).collect::<Vec<_>>(), ["c", "d"]);
    assert!(items[0].outcome == Outcome::Accepted(vec!["s".into()]));
    let Outcome::Overridden(Some(reason)) = &items[1].outcome else {
        panic!()
    };
    assert!(reason.code == Some(("r".into(), Some("urn:s".into()))));
    assert_eq!(reason.comment.as_deref(), Some("words"));
}

/// P-06, R-097, R-099.
#[test]
fn what_loses_nothing_is_accepted() {
    for (change, to) in [
        ("/overrideReason", Value::Null),
        ("/overrideReason/userComment", Value::Null),
        ("/overrideReason/reason", Value::Null),
        ("/overrideReason/reason/system", Value::Null),
        ("/acceptedSuggestions", json!([])),
        ("/extension", json!({ "any": ["thing"] })),
    ] {
        let mut item = overridden();
        match item.pointer_mut(change) {
            Some(value) => *value = to,
            None => drop(item.as_object_mut().unwrap().insert(change[1..].to_owned(), to)),
        }
        assert_eq!(fault(&item), None, "{change}");
    }
    assert!(parse(br#"{"feedback":[]}"#).is_ok_and(|items| items.is_empty()));
}

/// P-12: each fault names its item.
#[test]
fn a_fault_names_its_item_and_place() {
    use FaultKind::{Required, Value as Wrong};
    let long = "x".repeat(257);
    for (base, pointer, to, kind, place) in [
        (accepted(), "/card", Value::Null, Required, "feedback[1].card"), // R-094
        (accepted(), "/card", json!(" "), Wrong, "feedback[1].card"),
        (accepted(), "/card", json!(7), Wrong, "feedback[1].card"),
        (accepted(), "/card", json!(long), Wrong, "feedback[1].card"),
        (
            accepted(),
            "/outcome",
            Value::Null,
            Required,
            "feedback[1].outcome",
        ), // R-095
        (
            accepted(),
            "/outcome",
            json!("ignored"),
            Wrong,
            "feedback[1].outcome",
        ),
        (
            accepted(),
            "/outcome",
            json!("Accepted"),
            Wrong,
            "feedback[1].outcome",
        ),
        (
            accepted(),
            "/acceptedSuggestions",
            Value::Null,
            Required,
            "feedback[1].acceptedSuggestions",
        ), // R-096
        (
            accepted(),
            "/acceptedSuggestions",
            json!([]),
            Required,
            "feedback[1].acceptedSuggestions",
        ),
        (
            accepted(),
            "/acceptedSuggestions",
            json!({}),
            Wrong,
            "feedback[1].acceptedSuggestions",
        ),
        (
            accepted(),
            "/acceptedSuggestions/0",
            json!("s"),
            Wrong,
            "feedback[1].acceptedSuggestions[0]",
        ),
        (
            accepted(),
            "/acceptedSuggestions/0/id",
            Value::Null,
            Required,
            "feedback[1].acceptedSuggestions[0].id",
        ),
        (
            overridden(),
            "/overrideReason",
            json!({}),
            Wrong,
            "feedback[1].overrideReason",
        ), // R-097
        (
            overridden(),
            "/overrideReason",
            json!("r"),
            Wrong,
            "feedback[1].overrideReason",
        ),
        (
            overridden(),
            "/overrideReason/reason",
            json!("r"),
            Wrong,
            "feedback[1].overrideReason.reason",
        ),
        (
            overridden(),
            "/overrideReason/reason/code",
            Value::Null,
            Required,
            "feedback[1].overrideReason.reason.code",
        ),
        (
            overridden(),
            "/overrideReason/userComment",
            json!(1),
            Wrong,
            "feedback[1].overrideReason.userComment",
        ),
        (
            accepted(),
            "/outcomeTimestamp",
            Value::Null,
            Required,
            "feedback[1].outcomeTimestamp",
        ), // R-098
    ] {
        let mut item = base;
        *item.pointer_mut(pointer).unwrap() = to.clone();
        assert_eq!(fault(&item), Some((kind, place.to_owned())), "{pointer} {to}");
    }
    assert_eq!(fault(&json!("item")), Some((Wrong, "feedback[1]".to_owned())));
}

/// R-098: date, time with seconds, and zone; whatever the zone, it is the same moment.
#[test]
fn a_timestamp_is_rfc_3339() {
    let moment: Timestamp = "2026-06-01T14:03:22Z".parse().unwrap();
    for good in [
        "2026-06-01T14:03:22Z",
        "2026-06-01t14:03:22z",
        "2026-06-01T16:03:22+02:00",
        "2026-06-01T14:03:22.000Z",
        "2026-06-01T14:03:22-00:00",
    ] {
        assert_eq!(timestamp(good), Some(moment), "{good}");
    }
    for bad in [
        "",
        "2026-06-01",
        "2026-06-01T14:03Z",
        "2026-06-01T14:03:22",
        "2026-06-01T14Z",
        "20260601T140322Z",
        "2026-06-01T14:03:22+02",
        "2026-06-01T14:03:22+0200",
        "2026-06-01T14:03:22Z[UTC]",
        "2026-06-01T14:03:22.Z",
        "2026-06-31T14:03:22Z",
        "2026-06-01T24:03:22Z",
        "yesterday",
        "1780322602",
        "2026-06-01T14:03:22+99:00",
        "２026-06-01T14:03:22Z",
    ] {
        assert_eq!(timestamp(bad), None, "{bad}");
    }
}

/// R-093: other shapes.
#[test]
fn other_shapes_are_refused() {
    use FaultKind::{Required, Structure, Value as Wrong};
    let many = json!({ "feedback": vec![accepted(); MAX_ITEMS + 1] }).to_string();
    for (body, kind, place) in [
        ("", Structure, ""),
        ("[]", Structure, ""),
        ("null", Structure, ""),
        ("{", Structure, ""),
        ("{}", Required, "feedback"),
        (r#"{"feedback":null}"#, Required, "feedback"),
        (r#"{"feedback":{}}"#, Wrong, "feedback"),
        (r#"{"feedback":[],"feedback":[]}"#, Structure, "feedback"),
        (
            r#"{"feedback":[{"card":"a","card":"b"}]}"#,
            Structure,
            "feedback[0]",
        ),
        (&many, Wrong, "feedback"),
    ] {
        let fault = parse(body.as_bytes()).err().map(|f| (f.kind, f.pointer));
        assert_eq!(fault, Some((kind, place.to_owned())), "{body:.60}");
    }
    assert!(parse(b"\xff").is_err());
}
