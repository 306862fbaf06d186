//! Medicines that prescriptions point to. They belong to no patient, so they are kept for all: in full where the knowledge
//! knows them, and otherwise only that they were exported and are of no interest.

use super::fault::{EvaluateFault, at};
use crate::fhir::Interest;
use crate::knowledge::Knowledge;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Medicines by id: the resource to send along, or nothing where it says nothing of interest.
#[derive(Debug, Default)]
pub(super) struct Medicines(BTreeMap<Box<str>, Option<Box<str>>>);

#[derive(Deserialize)]
struct Code<'a> {
    #[serde(borrow, default)]
    coding: Vec<Coding<'a>>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Coding<'a> {
    #[serde(borrow)]
    system: Option<Cow<'a, str>>,
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    display: Option<Cow<'a, str>>,
}

impl Medicines {
    /// Keeps a medicine. Where an id comes twice, the lesser text stays: the same for any order of lines.
    pub(super) fn add(&mut self, knowledge: &Knowledge, id: &str, code: Option<&RawValue>) {
        let code = code.filter(|raw| of_interest(knowledge, raw));
        let text = code.map(|code| {
            json!({ "resourceType": super::glance::MEDICATION, "id": id, "code": code })
                .to_string()
                .into_boxed_str()
        });
        match self.0.get_mut(id) {
            Some(kept) => *kept = std::cmp::max(kept.take(), text),
            None => drop(self.0.insert(id.into(), text)),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (id, text) in other.0 {
            match self.0.get_mut(&id) {
                Some(kept) => *kept = std::cmp::max(kept.take(), text),
                None => drop(self.0.insert(id, text)),
            }
        }
    }

    /// The resource to send along with a prescription; `None` if it was not exported.
    pub(super) fn resource(&self, id: &str) -> Option<Cow<'_, str>> {
        let text = self.0.get(id)?;
        Some(match text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(json!({ "resourceType": super::glance::MEDICATION, "id": id }).to_string()),
        })
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), EvaluateFault> {
        let text = serde_json::to_string(&self.0).unwrap_or_default();
        std::fs::write(path, text).map_err(at(path, "cannot be written"))
    }

    pub(super) fn load(path: &Path) -> Result<Self, EvaluateFault> {
        let text = std::fs::read(path).map_err(at(path, "cannot be read"))?;
        let read = serde_json::from_slice(&text).map_err(|error| EvaluateFault::Content {
            path: path.to_owned(),
            what: format!("cannot be understood ({error})"),
        })?;
        Ok(Self(read))
    }
}

fn of_interest(knowledge: &Knowledge, raw: &RawValue) -> bool {
    // What cannot be read is sent along as it is.
    let Ok(code) = serde_json::from_str::<Code<'_>>(raw.get()) else {
        return true;
    };
    let known = |c: &Coding<'_>| match (&c.system, &c.code) {
        (Some(system), Some(code)) => Interest::code(knowledge, system, code),
        _ => false,
    };
    let words = code
        .coding
        .iter()
        .filter_map(|c| c.display.as_deref())
        .chain(code.text.as_deref());
    code.coding.iter().any(known) || words.into_iter().any(|w| Interest::words(knowledge, w))
}
