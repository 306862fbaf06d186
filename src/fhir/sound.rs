//! Whether the JSON of an order means one thing, everywhere in it: an order goes back as it came, so what is not read
//! matters too.
//!
//! Readers differ on repeated members and on escapes that are no character. What else makes JSON unsound was found when
//! the call was taken apart. Values are not looked at.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::lenient::Name;

/// Members of one object beyond which their names are looked up and no longer compared one by one.
const FEW: usize = 24;

/// The members of one object.
#[derive(Default)]
pub(super) struct Names<'de> {
    few: Vec<Cow<'de, str>>,
    many: BTreeSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    /// Takes note of a member.
    ///
    /// # Errors
    /// If there was one of that name.
    pub fn add<E: serde::de::Error>(&mut self, name: Cow<'de, str>) -> Result<(), E> {
        if self.few.contains(&name) || self.many.contains(&name) {
            return Err(E::custom("a member is repeated"));
        }
        if self.few.len() < FEW {
            self.few.push(name);
        } else {
            self.many.insert(name);
        }
        Ok(())
    }
}

/// A value in which no member is repeated and each escape is a character.
#[derive(Clone, Copy)]
pub(super) struct Sound;

impl<'de> DeserializeSeed<'de> for Sound {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(Name(name)) = object.next_key::<Name<'de>>()? {
            if name == super::lenient::NUMBER {
                // A number, which serde_json shows as an object with one private member.
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            names.add(name)?;
            object.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_member_is_found_wherever_it_stands() {
        let many = |last: usize| {
            let members: Vec<String> = (0..60).chain([last]).map(|n| format!(r#""m{n}":{n}"#)).collect();
            format!("{{{}}}", members.join(","))
        };
        for (text, sound) in [
            (
                r#"{"a":1.50,"b":[{"a":null},{"a":true}],"c":{"a":-2e7,"b":"x"}}"#.to_owned(),
                true,
            ),
            (r#"{"a":1,"a":1}"#.to_owned(), false),
            (r#"{"a":[[{"b":{"c":1,"d":2,"c":3}}]]}"#.to_owned(), false),
            (r#"{"a":1,"\u0061":2}"#.to_owned(), false),
            (r#"{"a":"\ud83d\ude00"}"#.to_owned(), true),
            (r#"{"a":"\ud800"}"#.to_owned(), false),
            (r#"{"\ud800":1}"#.to_owned(), false),
            (many(60), true),
            (many(3), false),
            (many(50), false),
        ] {
            let mut reader = serde_json::Deserializer::from_str(&text);
            assert_eq!(Sound.deserialize(&mut reader).is_ok(), sound, "{text}");
        }
    }
}
