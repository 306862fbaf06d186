//! A Bundle taken apart into raw entries; what the entries say is read elsewhere.

use super::lenient::{Any, Lenient, Name, Words, run};
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The raw text of one entry of a Bundle, with its `fullUrl`.
pub(super) struct RawEntry<'a> {
    pub full_url: Option<Cow<'a, str>>,
    pub resource: &'a RawValue,
}

/// One entry of a Bundle, as far as it goes.
pub(super) enum Piece<'a> {
    Entry(RawEntry<'a>),
    /// It holds no resource.
    Empty,
    /// It is no sound JSON.
    Broken,
}

impl<'a> From<Option<RawEntry<'a>>> for Piece<'a> {
    fn from(entry: Option<RawEntry<'a>>) -> Self {
        entry.map_or(Self::Empty, Self::Entry)
    }
}

/// Every entry of a Bundle, up to `most`, and whether there are more.
pub(super) fn all_entries(raw: &RawValue, most: usize) -> Option<(Vec<Piece<'_>>, bool)> {
    let (kind, mut entries) = match run(raw.get(), SplitAll) {
        Ok(whole) => whole?,
        Err(_) => {
            // A broken entry spoilt the pass: each is read for itself.
            let pieces = run(raw.get(), Split).ok()??;
            let entries = pieces.entries.into_iter();
            let entries =
                entries.map(|entry| run(entry.get(), SplitEntry).map_or(Piece::Broken, Piece::from));
            (pieces.kind, entries.collect())
        }
    };
    if kind.is_some_and(|kind| kind != "Bundle") {
        return None;
    }
    let more = entries.len() > most;
    entries.truncate(most);
    Some((entries, more))
}

/// `Bundle.link`: true when there is a next page.
pub(super) struct Links;

impl<'de> Lenient<'de> for Links {
    type Out = bool;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut next = false;
        while let Some(is_next) = list.next_element_seed(Any(Links))? {
            next |= is_next;
        }
        Ok(next)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<bool, A::Error> {
        let mut next = false;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            if name.0 == "relation" {
                next |= object.next_value_seed(Any(Words))?.as_deref() == Some("next");
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(next)
    }
}

/// A Bundle split into raw entries.
pub(super) struct Split;

/// What [`Split`] yields.
#[derive(Default)]
pub(super) struct Pieces<'de> {
    pub kind: Option<Cow<'de, str>>,
    pub more_pages: bool,
    pub entries: Vec<&'de RawValue>,
}

impl<'de> Lenient<'de> for Split {
    type Out = Option<Pieces<'de>>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut pieces = Pieces::default();
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "resourceType" => pieces.kind = object.next_value_seed(Any(Words))?,
                "link" => pieces.more_pages |= object.next_value_seed(Any(Links))?,
                "entry" => pieces.entries = object.next_value_seed(Any(RawList))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(pieces))
    }
}

struct RawList;

impl<'de> Lenient<'de> for RawList {
    type Out = Vec<&'de RawValue>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

struct SplitEntry;

impl<'de> Lenient<'de> for SplitEntry {
    type Out = Option<RawEntry<'de>>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let (mut full_url, mut resource) = (None, None);
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "fullUrl" => full_url = object.next_value_seed(Any(Words))?,
                "resource" if resource.is_some() => {
                    return Err(A::Error::custom("an entry holds two resources"));
                }
                "resource" => resource = Some(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(resource.map(|resource| RawEntry { full_url, resource }))
    }
}

/// A Bundle split into entries in one pass.
struct SplitAll;

impl<'de> Lenient<'de> for SplitAll {
    type Out = Option<(Option<Cow<'de, str>>, Vec<Piece<'de>>)>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let (mut kind, mut entries) = (None, Vec::new());
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "resourceType" => kind = object.next_value_seed(Any(Words))?,
                "entry" => entries = object.next_value_seed(Any(EntryList))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some((kind, entries)))
    }
}

struct EntryList;

impl<'de> Lenient<'de> for EntryList {
    type Out = Vec<Piece<'de>>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element_seed(Any(SplitEntry))? {
            entries.push(entry.into());
        }
        Ok(entries)
    }
}
