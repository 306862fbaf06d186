//! A reader for JSON that may hold anything anywhere: a value of the wrong type is passed over, never an error.
//!
//! Errors remain only for text that is no JSON at all (a broken escape, for instance), which the scan of the
//! envelope does not look into.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The name under which serde_json passes a number on (feature `arbitrary_precision`).
pub(super) const NUMBER: &str = "$serde_json::private::Number";

/// What to do with a value, depending on what it turns out to be. Whatever is not handled yields the default.
pub(super) trait Lenient<'de>: Sized {
    /// What is learnt from the value.
    type Out: Default;

    /// It is a string.
    fn text(self, _text: Cow<'de, str>) -> Self::Out {
        Self::Out::default()
    }

    /// It is a whole number, not below zero and not too large for one.
    fn whole_number(self, _number: u64) -> Self::Out {
        Self::Out::default()
    }

    /// It is a list.
    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Out::default())
    }

    /// It is an object (or any other number: serde_json shows those as an object with one private key).
    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::Out::default())
    }
}

/// Reads any value with a [`Lenient`] handler.
pub(super) struct Any<L>(pub L);

impl<'de, L: Lenient<'de>> DeserializeSeed<'de> for Any<L> {
    type Value = L::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<L::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, L: Lenient<'de>> Visitor<'de> for Any<L> {
    type Value = L::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<L::Out, E> {
        Ok(L::Out::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<L::Out, E> {
        Ok(L::Out::default())
    }

    fn visit_u64<E>(self, number: u64) -> Result<L::Out, E> {
        Ok(self.0.whole_number(number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<L::Out, E> {
        Ok(L::Out::default())
    }

    fn visit_unit<E>(self) -> Result<L::Out, E> {
        Ok(L::Out::default())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<L::Out, E> {
        Ok(self.0.text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<L::Out, E> {
        Ok(self.0.text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<L::Out, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<L::Out, A::Error> {
        self.0.object(object)
    }
}

/// The name of a member, borrowed where it holds no escape.
#[derive(Clone)]
pub(super) struct Name<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(text.to_owned())))
    }
}

/// A string, or nothing for any other value.
pub(super) struct Words;

impl<'de> Lenient<'de> for Words {
    type Out = Option<Cow<'de, str>>;

    fn text(self, text: Cow<'de, str>) -> Self::Out {
        Some(text)
    }
}

/// A whole number, or nothing for any other value.
pub(super) struct Number;

impl<'de> Lenient<'de> for Number {
    type Out = Option<u64>;

    fn whole_number(self, number: u64) -> Self::Out {
        Some(number)
    }
}

/// Reads `text` with a handler.
pub(super) fn run<'a, L: Lenient<'a>>(text: &'a str, handler: L) -> Result<L::Out, serde_json::Error> {
    Any(handler).deserialize(&mut serde_json::Deserializer::from_str(text))
}
