//! Reads a resource into fhirbolt's generic element in one pass: the asked-for members, repaired where that is safe,
//! with a report of each repair.
//!
//! The outcome is what fhirbolt's own reader makes of the repaired JSON, which a property test holds it against. That
//! reader is not in this path: it gives up a whole resource for one flaw, turns integers that are too large into others
//! (`as i32`), and reads what nobody asks for.
//!
//! What is empty or `null`, and what has the wrong JSON type, is dropped; a single value where a list is due is taken
//! and the other way round; bare words where a concept or reference is due become its text; `"true"` and `"15"` become
//! what they spell. Of repeated members the last counts. Whether values make clinical sense, whether required
//! elements are there: not here.

use super::defect::{Defect, Problem};
use super::lenient::{Any, NUMBER, Words};
use super::node::{FhirElement, FhirValue, Node};
use super::schema::{self, Count, Form, Rule, Type};
use super::sound::{Names, Sound};
use fhirbolt::element::{Primitive, Value};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The most text read of one resource, in bytes: ten pages of notes.
pub(super) const MAX_TEXT: usize = 32 * 1024;

/// The member that FHIR lets nobody pass over.
const MODIFIER: &str = "modifierExtension";

/// A resource and the repairs it needed.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub element: FhirElement,
    pub problems: Vec<Problem>,
    /// How much text it holds, in bytes.
    pub text: usize,
}

impl Read {
    /// The resource, to be asked.
    pub(super) fn node(&self) -> Node<'_> {
        Node::from(&self.element)
    }

    /// True when it says less than what was sent, or perhaps something else.
    pub(super) fn is_partial(&self) -> bool {
        self.problems.iter().any(|problem| problem.problem.is_loss())
    }
}

/// Reads the resource at the start of `text`.
///
/// # Errors
/// If it is no sound JSON. A value that is no object reads as an object without members.
pub(super) fn read(text: &str, schema: &'static Type) -> Result<Read, serde_json::Error> {
    Walk::default().read(text, schema)
}

/// Reads a resource that goes back as it came, so that what nobody asks for must mean one thing, too.
///
/// # Errors
/// If it is no sound JSON, or a member is repeated anywhere in it.
pub(super) fn read_strictly(text: &str, schema: &'static Type) -> Result<Read, serde_json::Error> {
    let walk = Walk {
        strict: true,
        ..Walk::default()
    };
    walk.read(text, schema)
}

impl Walk {
    fn read(mut self, text: &str, schema: &'static Type) -> Result<Read, serde_json::Error> {
        let rule = Rule {
            count: Count::Either,
            form: Form::Complex(schema),
        };
        let place = Place {
            walk: &mut self,
            rule,
        };
        let value = place.deserialize(&mut serde_json::Deserializer::from_str(text))?;
        Ok(Read {
            element: value.and_then(element).unwrap_or_default(),
            problems: self.problems,
            text: self.text,
        })
    }
}

/// The element in a value that is no list.
fn element(value: FhirValue) -> Option<FhirElement> {
    match value {
        Value::Element(element) => Some(element),
        _ => None,
    }
}

/// A primitive as fhirbolt has it, with an element around it.
fn wrapped(primitive: Primitive) -> FhirValue {
    let mut element = FhirElement::with_capacity(1);
    element.insert("value".to_owned(), Value::Primitive(primitive));
    Value::Element(element)
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
    /// How much text was read so far, in bytes.
    text: usize,
    /// Repeated members are an error, also where nothing is read.
    strict: bool,
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
    fn drop_here(&mut self, problem: Defect) -> Option<FhirValue> {
        self.note(problem);
        None
    }

    /// A single value where a list may be due.
    fn single(&mut self, rule: Rule, value: FhirValue) -> Option<FhirValue> {
        match value {
            Value::Element(element) if rule.count == Count::Many => {
                self.note(Defect::Wrapped);
                Some(Value::Sequence(vec![element]))
            }
            value => Some(value),
        }
    }

    fn truth(&mut self, rule: Rule, truth: bool) -> Option<FhirValue> {
        match rule.form {
            Form::Bool => self.single(rule, wrapped(Primitive::Bool(truth))),
            _ => self.drop_here(Defect::WrongType),
        }
    }

    fn text(&mut self, rule: Rule, text: &str) -> Option<FhirValue> {
        let words = text.trim();
        if words.is_empty() {
            return self.drop_here(Defect::Empty);
        }
        self.text = self.text.saturating_add(text.len());
        if self.text > MAX_TEXT {
            return self.drop_here(Defect::TooLong);
        }
        let value = match rule.form {
            Form::TypeName => return Some(Value::Primitive(Primitive::String(text.to_owned()))),
            Form::Text | Form::TextOr(_) => wrapped(Primitive::String(text.to_owned())),
            Form::Complex(Type {
                words: way @ [_, ..], ..
            }) => {
                self.note(Defect::BareWords);
                let words = wrapped(Primitive::String(text.to_owned()));
                let around = |inner, name: &&str| Value::Element([(*name, inner)].into());
                way.iter().rev().fold(words, around)
            }
            Form::Bool if matches!(words, "true" | "false") => {
                self.note(Defect::Spelt);
                return self.truth(rule, words == "true");
            }
            Form::Decimal | Form::Integer { .. } if is_number(words) => {
                self.note(Defect::Spelt);
                return self.number(rule, words);
            }
            _ => return self.drop_here(Defect::WrongType),
        };
        self.single(rule, value)
    }

    fn number(&mut self, rule: Rule, digits: &str) -> Option<FhirValue> {
        let number = match rule.form {
            Form::Decimal => {
                let number = digits.parse().ok().filter(|number: &f64| number.is_finite());
                number.map(|_| Primitive::Decimal(digits.to_owned()))
            }
            Form::Integer { least } => {
                let number = digits.parse().ok().filter(|number| *number >= least);
                number.map(Primitive::Integer)
            }
            _ => return self.drop_here(Defect::WrongType),
        };
        match number {
            Some(number) => self.single(rule, wrapped(number)),
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

/// A place for a value; `None` comes of it when the value may not stay.
struct Place<'w> {
    walk: &'w mut Walk,
    rule: Rule,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<FhirValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Option<FhirValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.walk.drop_here(Defect::Empty))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(self.walk.truth(self.rule, truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.walk.number(self.rule, &number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.walk.number(self.rule, &number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(self.walk.number(self.rule, &number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.walk.text(self.rule, text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Self { walk, rule } = self;
        let of_entry = Rule {
            count: Count::One,
            form: rule.form,
        };
        let (mut elements, mut last, mut at) = (Vec::new(), None, 0_usize);
        loop {
            walk.path.push(Step::At(at));
            let entry = Place {
                walk: &mut *walk,
                rule: of_entry,
            };
            let item = list.next_element_seed(entry);
            walk.path.pop();
            match item? {
                Some(Some(Value::Element(element))) if rule.count != Count::One => elements.push(element),
                Some(item) => last = item,
                None => break,
            }
            at = at.saturating_add(1);
        }
        if rule.count == Count::One {
            return Ok(match at {
                0 => walk.drop_here(Defect::Empty),
                1 => {
                    walk.note(Defect::Unwrapped);
                    last
                }
                _ => walk.drop_here(Defect::WrongType),
            });
        }
        if elements.is_empty() {
            return Ok(walk.drop_here(Defect::Empty));
        }
        Ok(Some(Value::Sequence(elements)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let Self { walk, rule } = self;
        let schema = match rule.form {
            Form::Complex(schema) | Form::TextOr(schema) => Some(schema),
            Form::Resource => Some(schema::contained()),
            _ => None,
        };
        let known: &'static [(&'static str, Rule)] = schema.map_or(&[], |schema| &schema.members);
        // Most objects have few members that are asked for; a number has none, and then no memory is taken.
        let mut element = FhirElement::with_capacity(known.len().min(8));
        let mut names = Names::default();
        while let Some(key) = object.next_key_seed(Key(known))? {
            match key {
                Found::Member(name, of_member) => {
                    if walk.strict {
                        names.add(Cow::Borrowed(name))?;
                    }
                    walk.path.push(Step::Name(name));
                    let value = object.next_value_seed(Place {
                        walk: &mut *walk,
                        rule: of_member,
                    });
                    walk.path.pop();
                    // Of repeated members the last one counts, as in every other JSON reader here.
                    let earlier = match value? {
                        Some(value) => element.insert(name.to_owned(), value),
                        None => element.shift_remove(name),
                    };
                    if earlier.is_some() {
                        walk.note(Defect::Repeated);
                    }
                }
                Found::Number => {
                    let digits = object.next_value_seed(Any(Words))?.unwrap_or_default();
                    return Ok(walk.number(rule, &digits));
                }
                Found::Other(name) if walk.strict => {
                    if name == MODIFIER {
                        walk.note(Defect::Modified);
                    }
                    names.add(name)?;
                    object.next_value_seed(Sound)?;
                }
                Found::Other(name) => {
                    if name == MODIFIER {
                        walk.note(Defect::Modified);
                    }
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        if schema.is_none() {
            return Ok(walk.drop_here(Defect::WrongType));
        }
        let type_name = || Node::from(&element).text_of("resourceType");
        if matches!(rule.form, Form::Resource) && !type_name().is_some_and(schema::is_resource) {
            return Ok(walk.drop_here(Defect::UnknownResource));
        }
        if element.is_empty() {
            return Ok(walk.drop_here(Defect::Empty));
        }
        Ok(walk.single(rule, Value::Element(element)))
    }
}

/// The name of a member, looked up as it is read.
struct Key(&'static [(&'static str, Rule)]);

enum Found<'de> {
    Member(&'static str, Rule),
    /// serde_json shows a number as an object with one private key.
    Number,
    Other(Cow<'de, str>),
}

impl Key {
    fn found<'de>(&self, name: &str, owned: impl FnOnce() -> Cow<'de, str>) -> Found<'de> {
        let known = self.0.iter().find(|(known, _)| *known == name);
        match known {
            Some((name, rule)) => Found::Member(name, *rule),
            None if name == NUMBER => Found::Number,
            None => Found::Other(owned()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Found<'de>, E> {
        Ok(self.found(name, || Cow::Owned(name.to_owned())))
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Found<'de>, E> {
        Ok(self.found(name, || Cow::Borrowed(name)))
    }
}
