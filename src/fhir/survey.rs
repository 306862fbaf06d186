//! The first look at a prefetched answer: was it delivered, and which of its entries are worth reading?
//!
//! One borrowed pass that gathers the codes and words of each entry and asks an [`Interest`] about them. An odd entry
//! costs only itself. What the entries mean is not decided here; nothing is copied for entries nobody wants.

mod gather;

use super::Interest;
use super::bundle::{Links, Split};
use super::kind::Kind;
use super::lenient::{Any, Lenient, Name, Number, Words, run};
use super::reference::Reference;
use gather::Resource;
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Entries looked at per prefetch key; an answer with more counts as not delivered.
pub const MAX_ENTRIES: usize = 5_000;

/// How an answer fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Delivery {
    /// It can be relied on.
    Complete,
    /// The server reported an error instead of, or among, the data.
    Outcome,
    /// There are pages that were not sent.
    MorePages,
    /// It has more entries than are looked at.
    TooMany,
    /// It is neither a resource nor a Bundle.
    #[default]
    Unreadable,
}

/// An entry worth reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Its place in the Bundle; `None` when the answer is the resource itself.
    pub at: Option<usize>,
    /// The text of the answer from where the resource begins.
    pub text: &'a str,
    /// Its `fullUrl`.
    pub full_url: Option<Cow<'a, str>>,
    /// What it is.
    pub kind: Kind,
    /// It is of interest only if this Medication turns out to be.
    pub only_if: Option<Cow<'a, str>>,
    /// Words or codes beside that reference tell the medicine, too.
    pub told: bool,
}

/// The id and the address of a resource.
pub(super) type Named<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

/// What the first look at one answer found.
#[derive(Debug, Default)]
pub(super) struct Survey<'a> {
    pub delivery: Delivery,
    pub found: Vec<Found<'a>>,
    /// What the answer is, when it is a resource itself.
    pub alone: Option<Kind>,
    /// Entries that are no sound JSON.
    pub broken: Vec<usize>,
    /// Medications that are of no interest, but were sent.
    pub medicines: Vec<Named<'a>>,
    /// Entries hold no resource, or the Bundle says that there are more.
    pub partial: bool,
}

/// What the orders point to, which is found in any case, and the FHIR server of the record.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    pub references: &'w [Reference<'w>],
    pub server: Option<&'w str>,
}

/// Looks at one answer.
pub(super) fn survey<'a, I: Interest>(raw: &'a RawValue, interest: &I, wanted: Wanted<'_>) -> Survey<'a> {
    let mut walk = Walk::new(raw.get(), interest, wanted);
    let top = run(raw.get(), Top(&mut walk)).unwrap_or(None);
    match top {
        Some(shape) if shape.is_bundle() => walk.finish(&shape, Vec::new()),
        Some(shape) if shape.kind.is_some() => {
            let mut walk = Walk::new(raw.get(), interest, wanted);
            let read = run(raw.get(), Resource(&mut walk)).is_ok();
            let alone = walk.close(None, None);
            let delivery = match alone {
                Some(Kind::Outcome) => Delivery::Outcome,
                Some(_) if read => Delivery::Complete,
                _ => Delivery::Unreadable,
            };
            Survey {
                delivery,
                found: walk.found,
                alone,
                ..Survey::default()
            }
        }
        Some(_) => Survey::default(),
        None => one_by_one(raw, interest, wanted),
    }
}

/// The slow way, when a broken entry spoilt the pass: each entry is read for itself.
fn one_by_one<'a, I: Interest>(raw: &'a RawValue, interest: &I, wanted: Wanted<'_>) -> Survey<'a> {
    let mut walk = Walk::new(raw.get(), interest, wanted);
    let mut broken = Vec::new();
    let Ok(Some(shape)) = run(raw.get(), Split) else {
        return Survey::default();
    };
    if shape.kind.as_deref() != Some("Bundle") {
        return Survey::default();
    }
    walk.too_many = shape.entries.len() > MAX_ENTRIES;
    for (at, entry) in shape.entries.iter().take(MAX_ENTRIES).enumerate() {
        match run(entry.get(), Entry(&mut walk)) {
            Ok(full_url) => drop(walk.close(Some(at), full_url)),
            Err(_) => {
                walk.clear();
                broken.push(at);
            }
        }
    }
    let seen = Shape {
        kind: shape.kind,
        more_pages: shape.more_pages,
        odd_entries: false,
        total: None,
    };
    walk.finish(&seen, broken)
}

/// Codes and words gathered from the entry at hand.
struct Walk<'w, 'de, I> {
    /// The text of the whole answer.
    whole: &'de str,
    interest: &'w I,
    wanted: Wanted<'w>,
    /// The text of the answer from where the resource at hand begins.
    text: Option<&'de str>,
    codings: Vec<(Cow<'de, str>, Cow<'de, str>)>,
    words: Vec<Cow<'de, str>>,
    kind: Option<Kind>,
    id: Option<Cow<'de, str>>,
    medication: Option<Cow<'de, str>>,
    /// The medicine is told in words, or inside the resource.
    told: bool,
    severe: bool,
    /// The resource at hand says what it is.
    typed: bool,
    found: Vec<Found<'de>>,
    medicines: Vec<Named<'de>>,
    /// Entries seen so far, and whether one of them held no resource.
    entries: usize,
    empty: bool,
    failed: bool,
    too_many: bool,
}

impl<'w, 'de, I: Interest> Walk<'w, 'de, I> {
    fn new(whole: &'de str, interest: &'w I, wanted: Wanted<'w>) -> Self {
        Self {
            whole,
            interest,
            wanted,
            text: None,
            codings: Vec::new(),
            words: Vec::new(),
            kind: None,
            id: None,
            medication: None,
            told: false,
            severe: false,
            typed: false,
            found: Vec::new(),
            medicines: Vec::new(),
            entries: 0,
            empty: false,
            failed: false,
            too_many: false,
        }
    }

    fn clear(&mut self) {
        self.codings.clear();
        self.words.clear();
        (self.kind, self.id, self.medication) = (None, None, None);
        (self.told, self.severe, self.typed) = (false, false, false);
        self.text = None;
    }

    /// Judges the entry at hand and makes ready for the next; returns what it was.
    fn close(&mut self, at: Option<usize>, full_url: Option<Cow<'de, str>>) -> Option<Kind> {
        let kind = self.kind;
        self.entries += 1;
        self.empty |= !self.typed;
        if let Some(kind) = kind {
            let (id, url) = (self.id.as_deref(), full_url.as_deref());
            let matters = match kind {
                Kind::Patient => true,
                Kind::Outcome => {
                    self.failed |= self.severe;
                    false
                }
                _ => {
                    let mut wanted = self.wanted.references.iter();
                    let server = self.wanted.server;
                    self.interesting(kind) || wanted.any(|by| by.names(kind.name(), id, url, server))
                }
            };
            let only_if = self.medication.take().filter(|_| !matters);
            let text = match at {
                None => Some(self.whole),
                Some(_) => self.text,
            };
            if kind == Kind::Medication && !matters {
                self.medicines.push((self.id.clone(), full_url.clone()));
            }
            if let Some(text) = text.filter(|_| matters || only_if.is_some()) {
                self.found.push(Found {
                    at,
                    text,
                    full_url,
                    kind,
                    only_if,
                    told: self.told,
                });
            }
        }
        self.clear();
        kind
    }

    fn interesting(&self, kind: Kind) -> bool {
        let interest = self.interest;
        if kind == Kind::Condition {
            self.codings
                .iter()
                .any(|(system, code)| interest.condition_code(system, code))
                || self.words.iter().any(|words| interest.condition_words(words))
        } else {
            self.codings
                .iter()
                .any(|(system, code)| interest.code(system, code))
                || self.words.iter().any(|words| interest.words(words))
        }
    }

    fn finish(self, shape: &Shape<'_>, broken: Vec<usize>) -> Survey<'de> {
        let delivery = if self.failed {
            Delivery::Outcome
        } else if shape.odd_entries {
            Delivery::Unreadable
        } else if self.too_many {
            Delivery::TooMany
        } else if shape.more_pages {
            Delivery::MorePages
        } else {
            Delivery::Complete
        };
        let sent = usize::try_from(shape.total.unwrap_or(0)).unwrap_or(usize::MAX);
        Survey {
            delivery,
            found: self.found,
            alone: None,
            broken,
            medicines: self.medicines,
            partial: self.empty || sent > self.entries,
        }
    }
}

/// What an answer looks like from outside.
#[derive(Default)]
struct Shape<'de> {
    kind: Option<Cow<'de, str>>,
    more_pages: bool,
    odd_entries: bool,
    /// `Bundle.total`: matches on all pages.
    total: Option<u64>,
}

impl Shape<'_> {
    fn is_bundle(&self) -> bool {
        self.kind.as_deref() == Some("Bundle")
    }
}

/// An answer, read in one pass as if it were a Bundle.
struct Top<'s, 'w, 'de, I>(&'s mut Walk<'w, 'de, I>);

impl<'de, I: Interest> Lenient<'de> for Top<'_, '_, 'de, I> {
    type Out = Option<Shape<'de>>;

    fn text(self, _: Cow<'de, str>) -> Self::Out {
        Some(Shape::default())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut shape = Shape::default();
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "resourceType" => shape.kind = object.next_value_seed(Any(Words))?,
                "link" => shape.more_pages |= object.next_value_seed(Any(Links))?,
                "entry" => shape.odd_entries |= !object.next_value_seed(Any(Entries(self.0)))?,
                "total" => shape.total = object.next_value_seed(Any(Number))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(shape))
    }
}

/// `Bundle.entry`: true when it is a list.
struct Entries<'s, 'w, 'de, I>(&'s mut Walk<'w, 'de, I>);

impl<'de, I: Interest> Lenient<'de> for Entries<'_, '_, 'de, I> {
    type Out = bool;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut at = 0;
        while at < MAX_ENTRIES {
            let Some(full_url) = list.next_element_seed(Any(Entry(&mut *self.0)))? else {
                return Ok(true);
            };
            self.0.close(Some(at), full_url);
            at += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            self.0.too_many = true;
        }
        Ok(true)
    }
}

/// One entry; yields its `fullUrl`.
struct Entry<'s, 'w, 'de, I>(&'s mut Walk<'w, 'de, I>);

impl<'de, I: Interest> Lenient<'de> for Entry<'_, '_, 'de, I> {
    type Out = Option<Cow<'de, str>>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut full_url = None;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "fullUrl" => full_url = object.next_value_seed(Any(Words))?,
                "resource" => {
                    self.0.text = after(self.0.whole, &name.0);
                    object.next_value_seed(Any(Resource(&mut *self.0)))?;
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(full_url)
    }
}

/// The text of the value that follows a member's name, so that nothing has to look for it again. Only a name written
/// without escapes is part of the text; no client writes this one with escapes.
fn after<'de>(whole: &'de str, name: &Cow<'de, str>) -> Option<&'de str> {
    let Cow::Borrowed(name) = name else { return None };
    let start = (name.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let rest = whole.get(start..)?.strip_prefix(*name)?.strip_prefix('"')?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}
