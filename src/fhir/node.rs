//! One way to look at a resource, whichever way it was read.
//!
//! The readers of orders and of the chart are written once over [`Node`]. It is implemented for a light borrowed tree
//! ([`Json`], the first, lenient look) and for fhirbolt's checked element ([`View`], what decisions rest on).

use super::R4;
use super::lenient::{NUMBER, Name, pick};
use fhirbolt::element::{Element, Primitive, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A place in a resource.
pub(super) trait Node<'n>: Copy + 'n {
    /// The member with this name.
    fn get(self, name: &str) -> Option<Self>;

    /// The entries of a list; anything else counts as a list of one.
    fn items(self) -> impl Iterator<Item = Self>;

    /// The string here, unless it is blank.
    fn text(self) -> Option<&'n str>;

    /// The truth value here.
    fn truth(self) -> Option<bool>;

    /// The number here; never infinite.
    fn number(self) -> Option<f64>;

    /// The string in a member.
    fn text_of(self, name: &str) -> Option<&'n str> {
        self.get(name)?.text()
    }

    /// The entries of a member, none when it is absent.
    fn each(self, name: &str) -> impl Iterator<Item = Self> {
        self.get(name).into_iter().flat_map(Self::items)
    }
}

/// A JSON value that borrows from the body wherever it can.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(String),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The chosen members of the object in `text`.
    pub(super) fn picked(text: &'a str, fields: &[&'static str]) -> Option<Self> {
        let members = pick::<Json<'a>>(text, fields)?;
        Some(Self::Object(
            members
                .into_iter()
                .map(|(name, value)| (Cow::Borrowed(name), value))
                .collect(),
        ))
    }
}

impl<'n> Node<'n> for &'n Json<'_> {
    fn get(self, name: &str) -> Option<Self> {
        match self {
            // Of repeated members the last one counts, as in every other JSON reader here.
            Json::Object(members) => members
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            Json::List(items) => match items.as_slice() {
                [only] => only.get(name),
                _ => None,
            },
            _ => None,
        }
    }

    fn items(self) -> impl Iterator<Item = Self> {
        match self {
            Json::List(items) => items.iter(),
            other => std::slice::from_ref(other).iter(),
        }
    }

    fn text(self) -> Option<&'n str> {
        match self {
            Json::Text(text) => Some(text.as_ref()).filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    fn truth(self) -> Option<bool> {
        match self {
            Json::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            Json::Number(digits) => finite(digits),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.to_string()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<Name<'de>>()? {
            let value = map.next_value()?;
            match value {
                Json::Text(digits) if name.0 == NUMBER => return Ok(Json::Number(digits.into_owned())),
                value => members.push((name.0, value)),
            }
        }
        Ok(Json::Object(members))
    }
}

/// A place in a resource that fhirbolt has checked.
#[derive(Clone, Copy)]
pub(super) enum View<'e> {
    Element(&'e Element<R4>),
    Sequence(&'e [Element<R4>]),
    Primitive(&'e Primitive),
}

impl<'e> View<'e> {
    fn of(value: &'e Value<R4>) -> Self {
        match value {
            Value::Element(element) => Self::Element(element),
            Value::Sequence(elements) => Self::Sequence(elements),
            Value::Primitive(primitive) => Self::Primitive(primitive),
        }
    }

    /// The primitive here: fhirbolt wraps nearly all of them in an element with a `value`.
    fn primitive(self) -> Option<&'e Primitive> {
        match self {
            Self::Primitive(primitive) => Some(primitive),
            Self::Element(element) => match element.get("value")? {
                Value::Primitive(primitive) => Some(primitive),
                _ => None,
            },
            Self::Sequence(_) => None,
        }
    }
}

impl<'e> Node<'e> for View<'e> {
    fn get(self, name: &str) -> Option<Self> {
        match self {
            Self::Element(element) => element.get(name).map(Self::of),
            _ => None,
        }
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let elements = match self {
            Self::Sequence(elements) => elements,
            Self::Element(element) => std::slice::from_ref(element),
            Self::Primitive(_) => &[],
        };
        elements.iter().map(Self::Element)
    }

    fn text(self) -> Option<&'e str> {
        match self.primitive()? {
            Primitive::String(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    fn truth(self) -> Option<bool> {
        match self.primitive()? {
            Primitive::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    fn number(self) -> Option<f64> {
        match self.primitive()? {
            Primitive::Integer(number) => Some(f64::from(*number)),
            Primitive::Integer64(number) => finite(&number.to_string()),
            Primitive::Decimal(digits) => finite(digits),
            _ => None,
        }
    }
}

/// A number that arithmetic can bear: `1e400` is none.
fn finite(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_light_tree_reads_any_json() {
        let text = r#"{"a":[null,true,1.50,1e400,"x\ny",{"b":{}}],"a2":{"c":"d"},"skip":[1]}"#;
        let json = Json::picked(text, &["a", "a2"]).unwrap();
        let items: Vec<_> = (&json).each("a").collect();
        assert_eq!(items.len(), 6);
        assert_eq!(items[1].truth(), Some(true));
        assert_eq!(items[2].number(), Some(1.5));
        assert_eq!(items[3].number(), None, "not finite");
        assert_eq!(items[4].text(), Some("x\ny"));
        assert_eq!((&json).get("a2").and_then(|node| node.text_of("c")), Some("d"));
        assert_eq!((&json).get("skip"), None);
        assert_eq!(Json::picked("[1]", &["a"]), None);
    }
}
