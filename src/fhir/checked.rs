//! The second look: a resource repaired and checked by fhirbolt, for what decisions rest on.
//!
//! Only the elements a reader asks for are kept: the rest cannot matter and need not be sound. fhirbolt's generic
//! element is used and never its typed models, which hang or panic on input real EHRs send.

use super::R4;
use super::lenient::pick;
use super::note::NoteKind;
use super::sanitise::{Problem, sanitise};
use fhirbolt::FhirReleases;
use fhirbolt::element::Element;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A checked resource and the repairs it needed.
pub(super) struct Checked {
    pub element: Element<R4>,
    pub problems: Vec<Problem>,
}

/// Checks the chosen elements of a resource.
pub(super) fn checked(raw: &RawValue, fields: &[&'static str]) -> Result<Checked, NoteKind> {
    let picked = pick::<Value>(raw.get(), fields).ok_or(NoteKind::Unreadable)?;
    let members = picked.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut resource = Value::Object(Map::from_iter(members));
    let problems = sanitise(&mut resource, FhirReleases::R4);
    if resource.is_null() {
        return Err(NoteKind::Unreadable);
    }
    let element = fhirbolt::json::from_json_value(resource, None).map_err(|_| NoteKind::Unreadable)?;
    Ok(Checked { element, problems })
}
