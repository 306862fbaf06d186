//! One order of the past as the hook call that would have been made: the body, and its judgement.
//!
//! The body is a whole `order-select` call, and goes the way of every call: read, translated, consulted. What is special
//! to a replay ends where the body is written.

use super::glance::Wanted;
use crate::cds_hooks::depth;
use crate::cds_hooks::{HookRequest, RequestFault};
use crate::engine::{Consultation, consult};
use crate::fhir::{self, Translated};
use crate::knowledge::Knowledge;
use jiff::civil::Date;
use std::borrow::Cow;

/// The parts of a call.
#[derive(Debug, Default)]
pub(super) struct Call<'a> {
    pub patient: &'a str,
    /// The orders of the session, as drafts.
    pub drafts: Vec<&'a str>,
    /// Ids of those that are asked about.
    pub selected: Vec<&'a str>,
    /// What is sent along: one list per prefetch key of the list of types; `None` for what was not exported.
    pub prefetch: Vec<Option<Vec<Cow<'a, str>>>>,
}

impl Call<'_> {
    /// The body as a client would post it.
    pub(super) fn body(&self, wanted: &[Wanted]) -> String {
        let drafts: usize = self.drafts.iter().map(|d| d.len() + 16).sum();
        let sent = self.prefetch.iter().flatten().flatten();
        let mut body = String::with_capacity(1024 + drafts + sent.map(|r| r.len() + 16).sum::<usize>());
        body.push_str(
            r#"{"hook":"order-select","hookInstance":"00000000-0000-0000-0000-000000000000","context":{"#,
        );
        body.push_str(r#""userId":"Practitioner/replay","patientId":"#);
        quoted(&mut body, self.patient);
        body.push_str(r#","selections":["#);
        for (at, id) in self.selected.iter().enumerate() {
            body.push_str(if at > 0 { "," } else { "" });
            quoted(&mut body, &format!("ServiceRequest/{id}"));
        }
        body.push_str(r#"],"draftOrders":"#);
        bundle(&mut body, "collection", self.drafts.iter().copied());
        body.push_str(r#"},"prefetch":{"#);
        let mut first = true;
        for (kind, resources) in wanted.iter().zip(&self.prefetch) {
            let (Some(key), Some(resources)) = (kind.key, resources) else {
                continue;
            };
            body.push_str(if first { "" } else { "," });
            first = false;
            quoted(&mut body, key);
            body.push(':');
            match (kind.name, resources.as_slice()) {
                (super::glance::PATIENT, [patient, ..]) => body.push_str(patient),
                (super::glance::PATIENT, []) => body.push_str("null"),
                _ => bundle(&mut body, "searchset", resources.iter().map(|r| &**r)),
            }
        }
        body.push_str("}}");
        body
    }
}

fn bundle<'r>(body: &mut String, kind: &str, resources: impl Iterator<Item = &'r str>) {
    body.push_str(r#"{"resourceType":"Bundle","type":""#);
    body.push_str(kind);
    body.push_str(r#"","entry":["#);
    for (at, resource) in resources.enumerate() {
        body.push_str(if at > 0 {
            r#",{"resource":"#
        } else {
            r#"{"resource":"#
        });
        body.push_str(resource);
        body.push('}');
    }
    body.push_str("]}");
}

/// Writes a JSON string.
fn quoted(body: &mut String, text: &str) {
    // A string can always be written as JSON.
    body.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Judges a call on what it holds, as the service does (steps 3 and 5 to 10 of a call).
///
/// # Errors
/// If the body is not a call that can be read.
pub fn judge<'a>(
    knowledge: &Knowledge,
    body: &'a [u8],
    day: Date,
) -> Result<(Translated<'a>, Consultation), RequestFault> {
    depth::check(body)?;
    let request = HookRequest::parse(body)?;
    let translated = fhir::translate(&request, knowledge, day)?;
    let consultation = consult(knowledge, &translated.case);
    Ok((translated, consultation))
}
