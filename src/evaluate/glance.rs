//! The first look at a line: what is it, and whose? One borrowed pass that keeps nothing; types that no hook would send
//! along are not even parsed.
//!
//! What a hook would send along is what the prefetch templates ask for, categories included: so the replay sees neither
//! more nor less than the service would.

use crate::fhir::KEYS;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Orders, which are judged.
pub(super) const ORDER: &str = "ServiceRequest";

/// Medicines that requests point to. They name no patient.
pub(super) const MEDICATION: &str = "Medication";

/// The person.
pub(super) const PATIENT: &str = "Patient";

/// A type of resource that is read.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The type.
    pub name: &'static str,
    /// The prefetch key that brings it; none for orders and for what comes along with a key.
    pub key: Option<&'static str>,
    /// The category the template asks for.
    category: Option<&'static str>,
}

/// The types that are read, orders first. Their places in this list are written to disk.
pub(super) fn wanted() -> Vec<Wanted> {
    let plain = |name| Wanted {
        name,
        key: None,
        category: None,
    };
    let mut all = vec![plain(ORDER), plain(MEDICATION)];
    for key in &KEYS {
        let Some(template) = key.template else { continue };
        let name = template.split(['?', '/']).next().unwrap_or(template);
        let category = template
            .split(['?', '&'])
            .find_map(|part| part.strip_prefix("category="));
        all.push(Wanted {
            name,
            key: Some(key.key),
            category,
        });
    }
    all
}

/// What a line turned out to be.
#[derive(Debug)]
pub(super) enum Glance<'a> {
    /// A resource of a patient: its place in [`wanted`], and the patient's id.
    Of(u8, Cow<'a, str>),
    /// A medicine, with its id and its `code`.
    Medicine(Cow<'a, str>, Option<&'a RawValue>),
    /// A type that is read, of a category that no hook would send along.
    OtherCategory(&'static str),
    /// A type that is not read.
    OtherType(Cow<'a, str>),
    /// It names no patient.
    Nobodys(&'static str),
    /// It cannot be read.
    Damaged(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    patient: Option<&'a RawValue>,
    #[serde(borrow)]
    category: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Pointer<'a> {
    #[serde(borrow)]
    reference: Option<Cow<'a, str>>,
}

/// Looks at one line.
pub(super) fn glance<'a>(wanted: &[Wanted], line: &'a [u8]) -> Glance<'a> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Glance::Damaged("is not UTF-8");
    };
    let text = text.trim_start_matches('\u{feff}');
    // Most lines say first what they are: those that are not read need no parsing.
    let first = text.strip_prefix(r#"{"resourceType":""#);
    if let Some((name, _)) = first.and_then(|rest| rest.split_once('"'))
        && !wanted.iter().any(|w| w.name == name)
    {
        return Glance::OtherType(Cow::Borrowed(name));
    }
    let Ok(head) = serde_json::from_str::<Head<'_>>(text) else {
        return Glance::Damaged("is not one JSON object");
    };
    let Some(name) = head.resource_type.and_then(string) else {
        return Glance::Damaged("names no resourceType");
    };
    let Some((at, kind)) = wanted.iter().enumerate().find(|(_, w)| w.name == name) else {
        return Glance::OtherType(name);
    };
    if kind.name == MEDICATION {
        return match head.id.and_then(string) {
            Some(id) => Glance::Medicine(id, head.code),
            None => Glance::Nobodys(kind.name),
        };
    }
    // What says no category may be of any.
    if let (Some(category), Some(raw)) = (kind.category, head.category)
        && !raw
            .get()
            .to_ascii_lowercase()
            .contains(&category.to_ascii_lowercase())
    {
        return Glance::OtherCategory(kind.name);
    }
    let patient = if kind.name == PATIENT {
        head.id.and_then(string)
    } else {
        head.subject.or(head.patient).and_then(patient_of)
    };
    match (patient, u8::try_from(at)) {
        (Some(patient), Ok(at)) => Glance::Of(at, patient),
        _ => Glance::Nobodys(kind.name),
    }
}

/// A JSON string; nothing for anything else, or for an empty one.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let value = if inner.contains('\\') {
        Cow::Owned(serde_json::from_str(text).ok()?)
    } else {
        Cow::Borrowed(inner)
    };
    Some(value).filter(|value| !value.trim().is_empty())
}

/// The id of the patient that a reference names.
fn patient_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    let pointer: Pointer<'_> = serde_json::from_str(raw.get()).ok()?;
    match pointer.reference? {
        Cow::Borrowed(reference) => id_in(reference).map(Cow::Borrowed),
        Cow::Owned(reference) => id_in(&reference).map(|id| Cow::Owned(id.to_owned())),
    }
}

/// `Patient/1`, `https://ehr.example/fhir/Patient/1`, `Patient/1/_history/2` and `urn:uuid:1` all name `1`; a group or
/// a device is nobody.
fn id_in(reference: &str) -> Option<&str> {
    let reference = reference.split("/_history/").next().unwrap_or(reference);
    if let Some(id) = reference.strip_prefix("urn:uuid:") {
        return Some(id).filter(|id| !id.is_empty());
    }
    let mut parts = reference.rsplit('/');
    let id = parts.next().filter(|id| !id.is_empty())?;
    (parts.next() == Some(PATIENT)).then_some(id)
}

/// The id that a reference of any type ends in.
pub(super) fn any_id(reference: &str) -> &str {
    let reference = reference.split("/_history/").next().unwrap_or(reference);
    let reference = reference.strip_prefix("urn:uuid:").unwrap_or(reference);
    reference.rsplit('/').next().unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> String {
        let wanted = wanted();
        match glance(&wanted, line.as_bytes()) {
            Glance::Of(at, patient) => format!("{} of {patient}", wanted[usize::from(at)].name),
            Glance::Medicine(id, code) => format!("medicine {id} {}", code.is_some()),
            Glance::OtherCategory(name) => format!("other {name}"),
            Glance::OtherType(name) => format!("type {name}"),
            Glance::Nobodys(name) => format!("nobody's {name}"),
            Glance::Damaged(why) => why.to_owned(),
        }
    }

    #[test]
    fn a_line_tells_what_it_is_and_whose() {
        let cases = [
            (r#"{"resourceType":"Patient","id":"p1"}"#, "Patient of p1"),
            (
                r#"{"subject":{"reference":"Patient/p1"},"resourceType":"Condition"}"#,
                "Condition of p1",
            ),
            (
                r#"{"resourceType":"ServiceRequest","subject":{"reference":"https://e/fhir/Patient/p1/_history/3"}}"#,
                "ServiceRequest of p1",
            ),
            (
                r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"urn:uuid:77"}}"#,
                "AllergyIntolerance of 77",
            ),
            (
                r#"{"resourceType":"ServiceRequest","subject":{"reference":"Group/g"}}"#,
                "nobody's ServiceRequest",
            ),
            (r#"{"resourceType":"Procedure"}"#, "nobody's Procedure"),
            (
                r#"{"resourceType":"Medication","id":"m","code":{}}"#,
                "medicine m true",
            ),
            // Types that are not read are not parsed: damage in them is of no consequence.
            (r#"{"resourceType":"Encounter","id":"#, "type Encounter"),
            (r#"{"id":"1","resourceType":"Encounter"}"#, "type Encounter"),
            (
                r#"{"resourceType":"Observation","category":[{"coding":[{"code":"vital-signs"}]}],"subject":{"reference":"Patient/1"}}"#,
                "other Observation",
            ),
            (
                r#"{"resourceType":"Observation","category":[{"coding":[{"code":"Laboratory"}]}],"subject":{"reference":"Patient/1"}}"#,
                "Observation of 1",
            ),
            (
                r#"{"resourceType":"Observation","subject":{"reference":"Patient/1"}}"#,
                "Observation of 1",
            ),
            (r#"{"resourceType":"Condition","sub"#, "is not one JSON object"),
            (r#"{"id":"1"}"#, "names no resourceType"),
            ("[]", "is not one JSON object"),
        ];
        for (line, expect) in cases {
            assert_eq!(of(line), expect, "{line}");
        }
        assert!(matches!(
            glance(&wanted(), b"\xff{}"),
            Glance::Damaged("is not UTF-8")
        ));
    }
}
