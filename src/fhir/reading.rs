//! Reads a resource in one pass: the asked-for elements, repaired where that is safe, with a report of each repair.
//!
//! What is empty or `null`, and what has the wrong JSON type, is dropped; a single value where a list is due is taken
//! and the other way round; bare words where a concept or reference is due become its text; `"true"` and `"15"` become
//! what they spell. Of repeated members the last counts. Whether values make clinical sense, whether required
//! elements are there: not here. A property test holds the result against fhirbolt's strict parser.

use super::defect::{Defect, Problem};
use super::json::Json;
use super::lenient::{Any, NUMBER, Words};
use super::schema::{self, Count, Form, Rule, Type};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A resource and the repairs it needed.
#[derive(Debug, Clone)]
pub(super) struct Read<'a> {
    pub node: Json<'a>,
    pub problems: Vec<Problem>,
}

/// Reads the resource at the start of `text`.
///
/// # Errors
/// If it is no sound JSON. A value that is no object reads as an object without members.
pub(super) fn read<'a>(text: &'a str, schema: &'static Type) -> Result<Read<'a>, serde_json::Error> {
    let mut walk = Walk::default();
    let rule = Rule {
        count: Count::Either,
        form: Form::Complex(schema),
    };
    let element = Element {
        walk: &mut walk,
        rule,
    };
    let node = element.deserialize(&mut serde_json::Deserializer::from_str(text))?;
    Ok(Read {
        node: node.unwrap_or(Json::Object(Vec::new())),
        problems: walk.problems,
    })
}

/// One step from the resource to where the walk is.
enum Step {
    Name(&'static str),
    At(usize),
}

#[derive(Default)]
struct Walk {
    path: Vec<Step>,
    problems: Vec<Problem>,
}

impl Walk {
    fn note(&mut self, problem: Defect) {
        let mut path = String::new();
        for step in &self.path {
            path.push('/');
            match step {
                Step::Name(name) => path.push_str(name),
                Step::At(at) => path.push_str(&at.to_string()),
            }
        }
        self.problems.push(Problem { path, problem });
    }

    /// Notes a defect that costs the value.
    fn drop_here<'a>(&mut self, problem: Defect) -> Option<Json<'a>> {
        self.note(problem);
        None
    }

    /// Notes a single value where a list is due. Readers take it for a list of one.
    fn single(&mut self, rule: Rule) {
        if rule.count == Count::Many {
            self.note(Defect::Wrapped);
        }
    }

    fn text<'a>(&mut self, rule: Rule, text: Cow<'a, str>) -> Option<Json<'a>> {
        self.single(rule);
        if text.trim().is_empty() {
            return self.drop_here(Defect::Empty);
        }
        match rule.form {
            Form::Text | Form::TextOr(_) => Some(Json::Text(text)),
            Form::Complex(Type {
                words: Some(member), ..
            }) => {
                self.note(Defect::BareWords);
                Some(Json::Object(vec![(*member, Json::Text(text))]))
            }
            Form::Bool => match text.trim() {
                "true" => self.spelt(Json::Bool(true)),
                "false" => self.spelt(Json::Bool(false)),
                _ => self.drop_here(Defect::WrongType),
            },
            Form::Decimal | Form::Integer { .. } if is_number(text.trim()) => {
                self.note(Defect::Spelt);
                self.number(rule, text.trim())
            }
            _ => self.drop_here(Defect::WrongType),
        }
    }

    fn spelt<'a>(&mut self, value: Json<'a>) -> Option<Json<'a>> {
        self.note(Defect::Spelt);
        Some(value)
    }

    fn number<'a>(&mut self, rule: Rule, digits: &str) -> Option<Json<'a>> {
        let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
        let in_range = match rule.form {
            Form::Decimal => true,
            Form::Integer { least } => digits
                .parse()
                .is_ok_and(|number: i64| (least..=i64::from(i32::MAX)).contains(&number)),
            _ => return self.drop_here(Defect::WrongType),
        };
        match number.filter(|_| in_range) {
            Some(number) => Some(Json::Number(number)),
            None => self.drop_here(Defect::OutOfRange),
        }
    }
}

/// A number as JSON writes it: `15`, `-1.5e3`; not `1,200`, `<5` or `.5`.
fn is_number(text: &str) -> bool {
    let starts = text.strip_prefix('-').unwrap_or(text);
    starts.starts_with(|c: char| c.is_ascii_digit())
        && starts.ends_with(|c: char| c.is_ascii_digit())
        && text.parse::<f64>().is_ok()
}

/// The value of an element; `None` when it may not stay.
struct Element<'w> {
    walk: &'w mut Walk,
    rule: Rule,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Option<Json<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Option<Json<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.walk.drop_here(Defect::Empty))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        self.walk.single(self.rule);
        Ok(match self.rule.form {
            Form::Bool => Some(Json::Bool(truth)),
            _ => self.walk.drop_here(Defect::WrongType),
        })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        self.walk.single(self.rule);
        Ok(self.walk.number(self.rule, &number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        self.walk.single(self.rule);
        Ok(self.walk.number(self.rule, &number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        self.walk.single(self.rule);
        Ok(self.walk.number(self.rule, &number.to_string()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.walk.text(self.rule, Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.walk.text(self.rule, Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Self { walk, rule } = self;
        let of_entry = Rule {
            count: Count::One,
            form: rule.form,
        };
        let (mut items, mut at) = (Vec::new(), 0_usize);
        loop {
            walk.path.push(Step::At(at));
            let entry = Element {
                walk: &mut *walk,
                rule: of_entry,
            };
            let item = list.next_element_seed(entry);
            walk.path.pop();
            match item? {
                Some(item) => items.extend(item),
                None => break,
            }
            at = at.saturating_add(1);
        }
        if rule.count == Count::One {
            return Ok(match (at, items.pop()) {
                (0, _) => walk.drop_here(Defect::Empty),
                (1, only) => {
                    walk.note(Defect::Unwrapped);
                    only
                }
                _ => walk.drop_here(Defect::WrongType),
            });
        }
        if items.is_empty() {
            return Ok(walk.drop_here(Defect::Empty));
        }
        Ok(Some(Json::List(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let Self { walk, rule } = self;
        let schema = match rule.form {
            Form::Complex(schema) | Form::TextOr(schema) => Some(schema),
            Form::Resource => Some(schema::contained()),
            _ => None,
        };
        let known: &'static [(&'static str, Rule)] = schema.map_or(&[], |schema| &schema.members);
        // Most objects have few members that are asked for.
        let mut members: Vec<(&'static str, Json<'de>)> = Vec::with_capacity(known.len().min(4));
        while let Some(key) = object.next_key_seed(Key(known))? {
            match key {
                Found::Member(name, of_member) => {
                    walk.path.push(Step::Name(name));
                    let value = object.next_value_seed(Element {
                        walk: &mut *walk,
                        rule: of_member,
                    });
                    walk.path.pop();
                    let value = value?;
                    // Of repeated members the last one counts, as in every other JSON reader here.
                    members.retain(|(other, _)| *other != name);
                    members.extend(value.map(|value| (name, value)));
                }
                Found::Number => {
                    let digits = object.next_value_seed(Any(Words))?.unwrap_or_default();
                    walk.single(rule);
                    return Ok(walk.number(rule, &digits));
                }
                Found::Other => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        walk.single(rule);
        if schema.is_none() {
            return Ok(walk.drop_here(Defect::WrongType));
        }
        let node = Json::Object(members);
        let is_odd = matches!(rule.form, Form::Resource)
            && !node.text_of("resourceType").is_some_and(schema::is_resource);
        if is_odd {
            return Ok(walk.drop_here(Defect::UnknownResource));
        }
        Ok(match node {
            Json::Object(members) if members.is_empty() => walk.drop_here(Defect::Empty),
            node => Some(node),
        })
    }
}

/// The name of a member, looked up as it is read.
struct Key(&'static [(&'static str, Rule)]);

enum Found {
    Member(&'static str, Rule),
    /// serde_json shows a number as an object with one private key.
    Number,
    Other,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Found, E> {
        let known = self.0.iter().find(|(known, _)| *known == name);
        Ok(match known {
            Some((name, rule)) => Found::Member(name, *rule),
            None if name == NUMBER => Found::Number,
            None => Found::Other,
        })
    }
}
