//! What a client tells of cards once a user has decided: `{"feedback": [ … ]}`.
//!
//! Read whole or not at all (P-12): one item that cannot be read refuses all of them, and the fault names it. Lenient
//! where that loses nothing (P-06): unknown members are ignored, `null` is absent, and ids may be any text.

use super::member::{self, Kind, Members, Object, Text};
use super::request::{RequestFault, Slot};
use jiff::Timestamp;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Items in one message.
pub const MAX_ITEMS: usize = 1000;

/// Suggestions named in one item.
const MAX_SUGGESTIONS: usize = 100;

/// Bytes of an id or code.
const MAX_NAME: usize = 256;

/// What a user did with one card.
#[derive(Clone, PartialEq, Eq)]
pub struct Item<'a> {
    /// The card's `uuid`.
    pub card: Cow<'a, str>,
    /// What became of it.
    pub outcome: Outcome<'a>,
    /// When the user decided.
    pub at: Timestamp,
}

/// What became of a card. (A card that was ignored is never told of, R-100.)
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Suggestions of it were taken, by their `uuid`.
    Accepted(Vec<Cow<'a, str>>),
    /// It was not followed.
    Overridden(Option<OverrideReason<'a>>),
}

/// Why a card was not followed; one of the two at least.
#[derive(Clone, PartialEq, Eq)]
pub struct OverrideReason<'a> {
    /// One of the reasons offered, or another: code and system.
    pub code: Option<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    /// In the user's words: may speak of the patient.
    pub comment: Option<Cow<'a, str>>,
}

/// Reads the items of a message.
///
/// # Errors
/// The first fault found, with its place, as P-12 has it: `feedback[2].outcome`.
pub fn parse(body: &[u8]) -> Result<Vec<Item<'_>>, RequestFault> {
    let structure = RequestFault::structure;
    let text = std::str::from_utf8(body).map_err(|_| structure("is not UTF-8"))?;
    let object = serde_json::from_str::<Object<RawMessage<'_>>>(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        structure(&format!("is not JSON (line {line}, column {column})"))
    })?;
    let Object::Members(raw) = object else {
        return Err(structure("must be a JSON object"));
    };
    if raw.repeated {
        return Err(RequestFault::repeated("feedback"));
    }
    let place = "feedback";
    let items = list(raw.feedback.required(place)?, place)?;
    if items.len() > MAX_ITEMS {
        return Err(RequestFault::value(
            place,
            &format!("must hold at most {MAX_ITEMS} items"),
        ));
    }
    let items = items.into_iter().enumerate();
    items
        .map(|(at, item)| item_of(item, &format!("{place}[{at}]")))
        .collect()
}

/// Declares the members of an object that the specification names, each kept as raw text and noted if repeated.
macro_rules! members {
    ($type:ident { $($name:literal => $field:ident),+ }) => {
        #[derive(Default)]
        struct $type<'a> {
            $($field: Slot<'a>,)+
            repeated: bool,
        }

        impl<'a> Members<'a> for $type<'a> {
            fn member<A: MapAccess<'a>>(&mut self, name: &Text<'a>, map: &mut A) -> Result<(), A::Error> {
                let slot = match name.0.as_ref() {
                    $($name => &mut self.$field,)+
                    _ => return map.next_value::<IgnoredAny>().map(drop),
                };
                self.repeated |= slot.fill(map.next_value()?);
                Ok(())
            }
        }
    };
}

members!(RawMessage { "feedback" => feedback });
members!(RawItem {
    "card" => card,
    "outcome" => outcome,
    "acceptedSuggestions" => accepted,
    "overrideReason" => reason,
    "outcomeTimestamp" => at
});
members!(RawAccepted { "id" => id });
members!(RawReason { "reason" => reason, "userComment" => comment });
members!(RawCoding { "code" => code, "system" => system });

/// An object with these members; a member that is there twice is a fault.
macro_rules! object {
    ($type:ident, $raw:expr, $place:expr) => {{
        match serde_json::from_str::<Object<$type<'_>>>($raw.get()) {
            Ok(Object::Members(members)) if members.repeated => Err(RequestFault::repeated($place)),
            Ok(Object::Members(members)) => Ok(members),
            _ => Err(RequestFault::value($place, "must be an object")),
        }
    }};
}

fn list<'a>(raw: &'a RawValue, place: &str) -> Result<Vec<&'a RawValue>, RequestFault> {
    let fault = || RequestFault::value(place, "must be an array");
    if !matches!(member::kind(raw), Kind::List) {
        return Err(fault());
    }
    serde_json::from_str(raw.get()).map_err(|_| fault())
}

fn item_of<'a>(raw: &'a RawValue, place: &str) -> Result<Item<'a>, RequestFault> {
    let item = object!(RawItem, raw, place)?;
    let at = |name: &str| format!("{place}.{name}");
    let card = name(item.card, &at("card"))?;
    let outcome = item.outcome.required_text(&at("outcome"))?;
    let accepted = match item.accepted.present() {
        Some(raw) => accepted(raw, &at("acceptedSuggestions"))?,
        None => Vec::new(),
    };
    let reason = match item.reason.present() {
        Some(raw) => Some(reason_of(raw, &at("overrideReason"))?),
        None => None,
    };
    let outcome = match &*outcome {
        // cds-fb-2
        "accepted" if accepted.is_empty() => return Err(RequestFault::required(&at("acceptedSuggestions"))),
        "accepted" => Outcome::Accepted(accepted),
        "overridden" => Outcome::Overridden(reason),
        // cds-fb-1
        _ => {
            return Err(RequestFault::value(
                at("outcome"),
                "must be `accepted` or `overridden`",
            ));
        }
    };
    let told = item.at.required_text(&at("outcomeTimestamp"))?;
    let timestamp = timestamp(&told).ok_or_else(|| {
        RequestFault::value(
            at("outcomeTimestamp"),
            "must be an RFC 3339 date and time, with seconds and zone",
        )
    })?;
    Ok(Item {
        card,
        outcome,
        at: timestamp,
    })
}

fn accepted<'a>(raw: &'a RawValue, place: &str) -> Result<Vec<Cow<'a, str>>, RequestFault> {
    let all = list(raw, place)?;
    if all.len() > MAX_SUGGESTIONS {
        let most = format!("must hold at most {MAX_SUGGESTIONS} items");
        return Err(RequestFault::value(place, &most));
    }
    let id = |(at, raw): (usize, &'a RawValue)| {
        let place = format!("{place}[{at}]");
        let accepted = object!(RawAccepted, raw, &place)?;
        name(accepted.id, &format!("{place}.id"))
    };
    all.into_iter().enumerate().map(id).collect()
}

fn reason_of<'a>(raw: &'a RawValue, place: &str) -> Result<OverrideReason<'a>, RequestFault> {
    let members = object!(RawReason, raw, place)?;
    let code = match members.reason.present() {
        None => None,
        Some(raw) => {
            let place = format!("{place}.reason");
            let coding = object!(RawCoding, raw, &place)?;
            let code = name(coding.code, &format!("{place}.code"))?;
            let system = coding.system.optional_text(&format!("{place}.system"))?;
            Some((code, system))
        }
    };
    let comment = members.comment.optional_text(&format!("{place}.userComment"))?;
    if code.is_none() && comment.is_none() {
        // cds-fb-3
        return Err(RequestFault::value(place, "must hold `reason` or `userComment`"));
    }
    Ok(OverrideReason { code, comment })
}

/// An id or code: a text that says something and is no essay.
fn name<'a>(slot: Slot<'a>, place: &str) -> Result<Cow<'a, str>, RequestFault> {
    let name = slot.required_text(place)?;
    if name.len() > MAX_NAME {
        return Err(RequestFault::value(place, "is longer than any id"));
    }
    Ok(name)
}

/// A date and time as RFC 3339 §5.6 has it: with seconds and a zone, converted to UTC.
fn timestamp(text: &str) -> Option<Timestamp> {
    let form = text.as_bytes();
    let digits = |from: usize, to: usize| {
        form.get(from..to)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let is = |at: usize, of: &[u8]| form.get(at).is_some_and(|byte| of.contains(byte));
    let fixed = digits(0, 4)
        && is(4, b"-")
        && digits(5, 7)
        && is(7, b"-")
        && digits(8, 10)
        && is(10, b"Tt")
        && digits(11, 13)
        && is(13, b":")
        && digits(14, 16)
        && is(16, b":")
        && digits(17, 19);
    let mut rest = text.get(19..).filter(|_| fixed)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() || fraction.len() - rest.len() > 9 {
            return None;
        }
    }
    let zone = rest.as_bytes();
    let offset = matches!(zone, [b'+' | b'-', h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|d| d.is_ascii_digit()));
    (offset || matches!(zone, [b'Z' | b'z']))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests;
