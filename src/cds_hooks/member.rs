//! One member of an object that may hold anything: read without failing on its type.
//!
//! The JSON text was or is being checked by the parser; these readers only ask what a value is, so that a wrong type
//! becomes a fault that names the place instead of a parser message that might quote the request.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The name under which serde_json passes a number to a visitor (feature `arbitrary_precision`).
const NUMBER: &str = "$serde_json::private::Number";

/// A JSON string, borrowed where it holds no escape.
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// An object, or something else.
pub(super) enum Object<M> {
    /// `null`.
    Null,
    /// Neither an object nor `null`.
    Other,
    /// An object, its members handed to `M`.
    Members(M),
}

/// Takes the members of an object one by one.
pub(super) trait Members<'a>: Default {
    /// Reads the value of `name` (or ignores it).
    fn member<A: MapAccess<'a>>(&mut self, name: &Text<'a>, map: &mut A) -> Result<(), A::Error>;
}

impl<'de, M: Members<'de>> Deserialize<'de> for Object<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<M>(PhantomData<M>);

impl<'de, M: Members<'de>> Visitor<'de> for ObjectVisitor<M> {
    type Value = Object<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Object::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Object::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Object::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Object::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Object::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Object::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = M::default();
        let mut number = false;
        while let Some(name) = map.next_key::<Text<'de>>()? {
            if name.0 == NUMBER {
                number = true;
                map.next_value::<IgnoredAny>()?;
            } else {
                members.member(&name, &mut map)?;
            }
        }
        Ok(if number {
            Object::Other
        } else {
            Object::Members(members)
        })
    }
}

/// What the raw text of a member is, told by its first byte.
pub(super) enum Kind {
    Null,
    Text,
    List,
    Object,
    Scalar,
}

/// The kind of a raw value.
pub(super) fn kind(raw: &RawValue) -> Kind {
    match raw.get().as_bytes().first() {
        Some(b'n') => Kind::Null,
        Some(b'"') => Kind::Text,
        Some(b'[') => Kind::List,
        Some(b'{') => Kind::Object,
        _ => Kind::Scalar,
    }
}

/// The string in a raw value, if it is one (and its escapes are sound).
pub(super) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(raw.get())
        .ok()
        .map(|text| text.0)
}
