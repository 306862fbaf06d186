//! The second look: a resource repaired and checked by fhirbolt, for what decisions rest on.
//!
//! Only the elements a reader asks for are kept: the rest cannot matter and need not be sound. fhirbolt's generic
//! element is used and never its typed models, which hang or panic on input real EHRs send.

use super::R4;
use super::lenient::{Lenient, NUMBER, Name, run};
use super::note::NoteKind;
use super::sanitise::{Problem, sanitise};
use fhirbolt::FhirReleases;
use fhirbolt::element::Element;
use fhirbolt::serde::{DeserializationConfig, DeserializationMode};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::fmt;

/// A checked resource and the repairs it needed.
pub(super) struct Checked {
    pub element: Element<R4>,
    pub problems: Vec<Problem>,
}

/// Checks the chosen elements of a resource.
pub(super) fn checked(raw: &RawValue, fields: &[&'static str]) -> Result<Checked, NoteKind> {
    let picked = run(raw.get(), Trim { fields }).map_err(|_| NoteKind::Unreadable)?;
    let mut resource = Value::Object(picked);
    let problems = sanitise(&mut resource, FhirReleases::R4);
    if resource.is_null() {
        return Err(NoteKind::Unreadable);
    }
    // The strict mode would only look up each name once more: `sanitise` has left none that it could refuse, which
    // a property test holds against that mode.
    let config = DeserializationConfig {
        mode: DeserializationMode::Compatibility,
    };
    let element =
        fhirbolt::json::from_json_value(resource, Some(config)).map_err(|_| NoteKind::Unreadable)?;
    Ok(Checked { element, problems })
}

/// Members that some reader asks for below the top of a resource. fhirbolt's cost grows with every element, so that
/// the others (extensions, authors, versions …) do not get as far.
const ASKED_FOR: [&str; 20] = [
    "coding",
    "code",
    "system",
    "display",
    "text",
    "reference",
    "value",
    "unit",
    "comparator",
    "start",
    "end",
    "high",
    "summary",
    "substance",
    "manifestation",
    "severity",
    "resourceType",
    "id",
    "status",
    "verificationStatus",
];

/// Of a status, only the code counts, and the words in its absence.
const ASKED_OF_STATUS: [&str; 3] = ["coding", "code", "text"];

fn asked_of(field: &str) -> &'static [&'static str] {
    match field {
        "clinicalStatus" | "verificationStatus" => &ASKED_OF_STATUS,
        _ => &ASKED_FOR,
    }
}

/// A resource reduced to the chosen elements, and those to what is asked of them. Of repeated members the last counts.
struct Trim<'f> {
    fields: &'f [&'static str],
}

impl<'de> Lenient<'de> for Trim<'_> {
    type Out = Map<String, Value>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut members = Map::with_capacity(self.fields.len());
        while let Some(Name(name)) = object.next_key()? {
            if self.fields.iter().any(|field| **field == name) {
                let names = asked_of(&name);
                members.insert(name.into_owned(), object.next_value_seed(Trimmed { names })?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// Any value, its objects reduced to the members with these names.
#[derive(Clone, Copy)]
struct Trimmed {
    names: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Trimmed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Trimmed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(Name(name)) = object.next_key()? {
            if self.names.iter().any(|asked| **asked == name) {
                members.insert(name.into_owned(), object.next_value_seed(self)?);
            } else if name == NUMBER {
                let digits: String = object.next_value()?;
                return Ok(serde_json::from_str(&digits).map_or(Value::Null, Value::Number));
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(members))
    }
}
