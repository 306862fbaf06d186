//! The access granted with a call: its token, its scopes and its end.
//!
//! A grant that is not whole, is over, or is for somebody else is not used, and the call goes on with what was sent.
//! The token never prints, is never stored, and is dropped with the call (R-058, SC-07).

use super::scope::Scopes;
use crate::cds_hooks::request::Authorization;
use crate::service::redacted::Redacted;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Longest token taken; larger ones would not fit a header that servers accept.
const MAX_TOKEN: usize = 16 << 10;

/// Access that can be used for this call.
#[derive(Debug)]
pub struct Grant {
    /// The `Authorization` header of every request.
    pub(crate) header: Redacted<HeaderValue>,
    /// What may be asked.
    pub scopes: Scopes,
    /// The token is not used after this.
    pub until: Instant,
}

/// Why a grant is not used; nothing of it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A required member is missing or has the wrong type.
    #[error("the grant is not complete")]
    Incomplete,
    /// It is no bearer token, or none that fits a header.
    #[error("the token is no bearer token that can be sent")]
    NoBearer,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It is for another patient than the call.
    #[error("the grant names another patient than the call")]
    OtherPatient,
    /// It was issued to somebody else (SC-09).
    #[error("the grant was issued to another service")]
    OtherSubject,
}

/// `fhirAuthorization` as sent.
#[derive(Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    token_type: Cow<'a, str>,
    expires_in: serde_json::Value,
    #[serde(borrow)]
    scope: Cow<'a, str>,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    #[serde(borrow, default)]
    patient: Option<Cow<'a, str>>,
}

impl Grant {
    /// Reads the grant of a call about this patient, received just now. `subject` is our name at that server, where
    /// the operator has told it.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(
        sent: Authorization<'_>,
        patient_id: &str,
        subject: Option<&str>,
        received: Instant,
    ) -> Result<Self, Unusable> {
        let sent: Sent<'_> = serde_json::from_str(sent.expose().get()).map_err(|_| Unusable::Incomplete)?;
        if !sent.token_type.eq_ignore_ascii_case("bearer") {
            return Err(Unusable::NoBearer);
        }
        // P-06: numbers written as strings are read too.
        let seconds = match &sent.expires_in {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        let seconds = seconds.ok_or(Unusable::Incomplete)?;
        let lifetime = u64::try_from(seconds).unwrap_or(0);
        // Longer than a day makes no difference to a call, and cannot overflow the clock.
        let until = received + Duration::from_secs(lifetime.min(86_400));
        if lifetime == 0 {
            return Err(Unusable::Expired);
        }
        if sent.patient.is_some_and(|patient| patient != patient_id) {
            return Err(Unusable::OtherPatient);
        }
        if sent.subject.trim().is_empty() {
            return Err(Unusable::Incomplete);
        }
        if subject.is_some_and(|ours| ours != sent.subject) {
            return Err(Unusable::OtherSubject);
        }
        let token = sent.access_token.as_ref();
        let plain = token.bytes().all(|b| b.is_ascii_graphic());
        if token.is_empty() || token.len() > MAX_TOKEN || !plain {
            return Err(Unusable::NoBearer);
        }
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Unusable::NoBearer)?;
        header.set_sensitive(true);
        Ok(Self {
            header: Redacted::new(header),
            scopes: Scopes::parse(&sent.scope),
            until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cds_hooks::HookRequest;
    use serde_json::{Value, json};

    fn read(change: Value, subject: Option<&str>) -> Result<Grant, Unusable> {
        let mut grant = json!({ "access_token": "canary-token", "token_type": "Bearer", "expires_in": 300,
            "scope": "patient/*.read", "subject": "apposite", "patient": "p1" });
        for (name, value) in change.as_object().unwrap() {
            if value == "(absent)" {
                grant.as_object_mut().unwrap().remove(name);
            } else {
                grant[name] = value.clone();
            }
        }
        let body = json!({ "hook": "order-sign", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "fhirServer": "https://ehr.example.org", "fhirAuthorization": grant,
            "context": { "userId": "Practitioner/1", "patientId": "p1",
                "draftOrders": { "resourceType": "Bundle" } } })
        .to_string();
        let request = HookRequest::parse(body.as_bytes()).unwrap();
        let sent = request.fhir_authorization.unwrap();
        Grant::read(sent, &request.context.patient_id, subject, Instant::now())
    }

    /// SC-09: what is not whole, over or for somebody else is not used.
    #[test]
    fn a_grant_is_used_only_if_it_is_whole_and_ours() {
        for good in [
            json!({}),
            json!({ "token_type": "bearer" }),
            json!({ "expires_in": "300" }),
            json!({ "expires_in": 99_999_999_999_i64 }),
            json!({ "patient": "(absent)" }),
            json!({ "patient": null }),
            json!({ "unheard-of": {} }),
        ] {
            assert!(read(good.clone(), None).is_ok(), "{good}");
            assert!(read(good.clone(), Some("apposite")).is_ok(), "{good}");
        }
        for name in ["access_token", "token_type", "expires_in", "scope", "subject"] {
            for bad in [json!("(absent)"), json!(null), json!({}), json!(" ")] {
                assert!(
                    read(json!({ name: bad }), None).is_err() || (name, &bad) == ("scope", &json!(" ")),
                    "{name} {bad}"
                );
            }
        }
        let refused = |change, why| assert_eq!(read(change, Some("apposite")).unwrap_err(), why);
        refused(json!({ "expires_in": 0 }), Unusable::Expired);
        refused(json!({ "expires_in": -5 }), Unusable::Expired);
        refused(json!({ "expires_in": 1.5 }), Unusable::Incomplete);
        refused(json!({ "token_type": "mac" }), Unusable::NoBearer);
        refused(json!({ "access_token": "a\r\nX-Evil: 1" }), Unusable::NoBearer);
        refused(json!({ "access_token": "a b" }), Unusable::NoBearer);
        refused(
            json!({ "access_token": "x".repeat(MAX_TOKEN + 1) }),
            Unusable::NoBearer,
        );
        refused(json!({ "patient": "p2" }), Unusable::OtherPatient);
        refused(json!({ "subject": "somebody" }), Unusable::OtherSubject);
    }

    /// SC-07: however a grant is printed, its token is not.
    #[test]
    fn a_grant_does_not_print_its_token() {
        let grant = read(json!({}), None).unwrap();
        assert!(!format!("{grant:?} {grant:#?}").contains("canary"), "{grant:?}");
        assert_eq!(*grant.header.reveal(), "Bearer canary-token");
    }
}
