//! The prefetched answers of a call: key → raw FHIR text, `null`, or nothing at all.
//!
//! An absent key means the client declined or failed; `null` means it looked and has no data.
//! What the values hold is read by `fhir`.

use super::member::{Members, Text};
use serde::de::MapAccess;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One prefetched answer.
#[derive(Clone, Copy)]
pub enum Prefetched<'a> {
    /// The client looked and has no data.
    Null,
    /// Whatever JSON value it sent.
    Value(&'a RawValue),
}

/// The answers in the order sent.
#[derive(Clone, Default)]
pub struct Prefetch<'a> {
    entries: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Prefetch<'a> {
    /// The answer under `key`; `None` when the key is absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Prefetched<'a>> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Every key with its answer, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Prefetched<'a>)> {
        self.entries
            .iter()
            .map(|(key, raw)| (key.as_ref(), prefetched(raw)))
    }

    /// Puts an answer in place, instead of the one under this key if there is one: it was asked for after the call came.
    pub fn set(&mut self, key: &'a str, answer: &'a RawValue) {
        match self.entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => *value = answer,
            None => self.entries.push((Cow::Borrowed(key), answer)),
        }
    }

    /// True when two members have the same key: the call is then ambiguous and refused.
    pub(super) fn has_repeated_key(&self) -> bool {
        let mut keys: Vec<&str> = self.entries.iter().map(|(key, _)| key.as_ref()).collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }
}

fn prefetched(raw: &RawValue) -> Prefetched<'_> {
    if raw.get() == "null" {
        Prefetched::Null
    } else {
        Prefetched::Value(raw)
    }
}

impl<'a> Members<'a> for Prefetch<'a> {
    fn member<A: MapAccess<'a>>(&mut self, name: &Text<'a>, map: &mut A) -> Result<(), A::Error> {
        self.entries.push((name.0.clone(), map.next_value()?));
        Ok(())
    }
}
