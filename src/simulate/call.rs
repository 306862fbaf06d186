//! From a file to a call: the order and the patient are the file's, everything else is of this EHR and this moment.

use super::prefetch::{Sent, fill};
use super::record::Record;
use serde_json::{Map, Value, json};

/// Access to the record for the service that is called (R-053 to R-058).
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The FHIR server of this EHR.
    pub base: &'a str,
    /// The token that opens it.
    pub token: &'a str,
    /// Whom the token was issued to: the service, as this EHR registered it.
    pub subject: &'a str,
}

/// A call of a service.
///
/// `templates` are the service's; `instance` names the call.
#[must_use]
pub fn call(
    written: &Value,
    instance: &str,
    templates: &Map<String, Value>,
    sent: Sent,
    access: Option<Access<'_>>,
) -> Value {
    let empty = json!({});
    let context = written.get("context").unwrap_or(&empty);
    let mut call = written.clone();
    let Some(members) = call.as_object_mut() else {
        return call;
    };
    members.insert("hookInstance".to_owned(), json!(instance));
    members.shift_remove("fhirServer");
    members.shift_remove("fhirAuthorization");
    if let Some(access) = access {
        let mut granted = json!({ "access_token": access.token, "token_type": "Bearer", "expires_in": 300,
            "scope": "patient/*.rs", "subject": access.subject });
        if let (Some(patient), Some(granted)) = (context.get("patientId"), granted.as_object_mut()) {
            granted.insert("patient".to_owned(), patient.clone());
        }
        members.insert("fhirServer".to_owned(), json!(access.base));
        members.insert("fhirAuthorization".to_owned(), granted);
    }
    if sent != Sent::Written {
        members.shift_remove("prefetch");
        let filled = fill(templates, context, &Record::of(written), sent);
        if !filled.is_empty() {
            members.insert("prefetch".to_owned(), Value::Object(filled));
        }
    }
    call
}

/// What the user did with a card, as it is told to the service (R-092 to R-100).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Outcome {
    /// The recommended suggestion is taken, or the first one; cards without any are left alone
    Accept,
    /// The card is dismissed with the first reason it offers
    Override,
}

/// The feedback on one card; `None` where there is none to give. `time` in RFC 3339, UTC.
#[must_use]
pub fn feedback(card: &Value, outcome: Outcome, time: &str) -> Option<Value> {
    let id = card.get("uuid")?.as_str()?;
    let item = match outcome {
        Outcome::Accept => {
            let suggestions = card.get("suggestions")?.as_array()?;
            let recommended = suggestions
                .iter()
                .find(|s| s.get("isRecommended").is_some_and(|r| *r == true));
            let chosen = recommended
                .or_else(|| suggestions.first())?
                .get("uuid")?
                .as_str()?;
            json!({ "card": id, "outcome": "accepted", "acceptedSuggestions": [{ "id": chosen }],
                "outcomeTimestamp": time })
        }
        Outcome::Override => {
            let mut item = json!({ "card": id, "outcome": "overridden", "outcomeTimestamp": time });
            let reason = card.pointer("/overrideReasons/0");
            if let (Some(reason), Some(members)) = (reason, item.as_object_mut()) {
                let told = json!({ "code": reason.get("code"), "system": reason.get("system") });
                members.insert("overrideReason".to_owned(), json!({ "reason": told }));
            }
            item
        }
    };
    Some(json!({ "feedback": [item] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_of_this_ehr_and_this_moment() {
        let written = json!({ "hook": "order-select", "hookInstance": "old", "fhirServer": "https://old",
            "fhirAuthorization": { "access_token": "old" }, "context": { "patientId": "p" },
            "prefetch": { "patient": { "resourceType": "Patient", "id": "p" } }, "extension": { "org.x": 1 } });
        let templates = json!({ "person": "Patient/{{context.patientId}}" });
        let templates = templates.as_object().unwrap();
        let access = Access {
            base: "http://127.0.0.1:1/fhir",
            token: "t",
            subject: "s",
        };
        let made = call(&written, "new", templates, Sent::All, Some(access));
        assert_eq!(made["hookInstance"], "new");
        assert_eq!(
            made["prefetch"],
            json!({ "person": { "resourceType": "Patient", "id": "p" } })
        );
        assert_eq!(made["fhirAuthorization"]["patient"], "p", "R-056");
        assert_eq!(made["fhirServer"], access.base, "R-027");
        assert_eq!(made["extension"], written["extension"]);
        let bare = call(&written, "new", templates, Sent::None, None);
        for gone in ["prefetch", "fhirServer", "fhirAuthorization"] {
            assert_eq!(bare.get(gone), None, "{gone}");
        }
        let as_written = call(&written, "new", templates, Sent::Written, None);
        assert_eq!(as_written["prefetch"], written["prefetch"]);
    }

    #[test]
    fn feedback_is_as_the_public_sandbox_sends_it() {
        let card = json!({ "uuid": "c", "suggestions": [{ "uuid": "a" }, { "uuid": "b", "isRecommended": true }],
            "overrideReasons": [{ "code": "r", "system": "urn:r", "display": "R" }] });
        let time = "2026-01-01T00:00:00Z";
        assert_eq!(
            feedback(&card, Outcome::Accept, time).unwrap(),
            json!({ "feedback": [{ "card": "c", "outcome": "accepted", "acceptedSuggestions": [{ "id": "b" }],
                "outcomeTimestamp": time }] })
        );
        assert_eq!(
            feedback(&card, Outcome::Override, time).unwrap(),
            json!({ "feedback": [{ "card": "c", "outcome": "overridden", "outcomeTimestamp": time,
                "overrideReason": { "reason": { "code": "r", "system": "urn:r" } } }] })
        );
        assert_eq!(feedback(&json!({ "uuid": "c" }), Outcome::Accept, time), None);
        assert_eq!(feedback(&json!({}), Outcome::Override, time), None);
    }
}
