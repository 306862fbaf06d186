//! Repairs a resource before fhirbolt sees it, and reports each repair.
//!
//! fhirbolt panics, hangs or silently changes values on input that real EHRs send; after this it does none of that.
//! What the release does not know, what is empty or `null`, and what has the wrong JSON type is dropped; a single
//! value where a list is due is wrapped and the other way round; bare words where a concept or reference is due
//! become its text. Whether values make clinical sense, whether required elements are there: not here.
//!
//! The schema comes from the tables of `fhirbolt_shared`, read directly: its own path walker allocates at each step.

use fhirbolt_shared::element_map::{self, ElementMap, ElementSet};
use fhirbolt_shared::type_hints::{self, TypeHints};
use fhirbolt_shared::{FhirRelease, FhirReleases};
use serde_json::{Map, Value};

/// One repair: where, and what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path from the resource, such as `/code/coding/0/system`; names unknown to FHIR appear as `*`.
    pub path: String,
    /// What was wrong.
    pub problem: Defect,
}

/// What was wrong at a place, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the texts below say it")]
pub enum Defect {
    UnknownResource,
    UnknownElement,
    Empty,
    WrongType,
    OutOfRange,
    Wrapped,
    Unwrapped,
    BareWords,
}

impl Defect {
    /// The defect in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::UnknownResource => "not a resource of this FHIR release; left out",
            Self::UnknownElement => "not an element of this FHIR release; left out",
            Self::Empty => "empty or null; left out",
            Self::WrongType => "has the wrong JSON type; left out",
            Self::OutOfRange => "is outside the range of its type; left out",
            Self::Wrapped => "should be a list; read as a list of one",
            Self::Unwrapped => "should not be a list; its only entry is read",
            Self::BareWords => "is bare words; read as text",
        }
    }
}

/// Repairs the resource in place. When it is no resource of the release at all, it becomes `null`.
pub fn sanitise(resource: &mut Value, release: FhirRelease) -> Vec<Problem> {
    let (elements, hints) = match release {
        FhirReleases::R5 => (&element_map::r5::ELEMENT_MAP, &type_hints::r5::TYPE_HINTS),
        FhirReleases::R4B => (&element_map::r4b::ELEMENT_MAP, &type_hints::r4b::TYPE_HINTS),
        _ => (&element_map::r4::ELEMENT_MAP, &type_hints::r4::TYPE_HINTS),
    };
    let mut walk = Walk {
        elements,
        hints,
        path: Vec::new(),
        problems: Vec::new(),
        key: String::new(),
    };
    let kept = match resource {
        Value::Object(members) => walk.resource(members, false),
        _ => walk.drop_here(Defect::WrongType),
    };
    if !kept {
        *resource = Value::Null;
    }
    walk.problems
}

/// One step from the resource to where the walk is.
enum Step {
    Name(&'static str),
    /// `_x`, beside `x`.
    Beside(&'static str),
    Unknown,
    At(usize),
}

struct Walk {
    elements: &'static ElementMap,
    hints: &'static TypeHints,
    path: Vec<Step>,
    problems: Vec<Problem>,
    /// Scratch for `type.element`, the key of the schema tables.
    key: String,
}

/// What the schema says of an element.
#[derive(Clone, Copy)]
struct Rule {
    list: bool,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Bool,
    Integer {
        least: i64,
    },
    Integer64,
    Decimal,
    Text,
    Resource,
    /// A data type or backbone element with these children, under this name in the tables.
    Complex(&'static ElementSet, &'static str),
}

impl Form {
    fn is_primitive(self) -> bool {
        !matches!(self, Self::Resource | Self::Complex(..))
    }
}

/// Children of `_x`: what may stand beside a primitive.
const BESIDE_PRIMITIVE: [&str; 2] = ["id", "extension"];

impl Walk {
    fn note(&mut self, problem: Defect) {
        let mut path = String::new();
        for step in &self.path {
            path.push('/');
            match step {
                Step::Name(name) => path.push_str(name),
                Step::Beside(name) => path.extend(["_", *name]),
                Step::Unknown => path.push('*'),
                Step::At(at) => path.push_str(&at.to_string()),
            }
        }
        self.problems.push(Problem { path, problem });
    }

    /// Notes a defect that costs the value.
    fn drop_here(&mut self, problem: Defect) -> bool {
        self.note(problem);
        false
    }

    /// Says whether the resource may stay.
    fn resource(&mut self, members: &mut Map<String, Value>, contained: bool) -> bool {
        let kind = members.get("resourceType").and_then(Value::as_str);
        let known = kind.and_then(|kind| self.elements.get_entry(kind));
        let Some((kind, children)) = known.filter(|(_, children)| children.contains("implicitRules")) else {
            return self.drop_here(Defect::UnknownResource);
        };
        if members.keys().next().is_none_or(|first| first != "resourceType") {
            // fhirbolt reads in order and must know the type first.
            if let Some(kind) = members.shift_remove("resourceType") {
                members.shift_insert(0, "resourceType".to_owned(), kind);
            }
        }
        let owner = Owner {
            name: kind,
            is_resource: true,
            contained,
        };
        self.members(members, children, owner);
        true
    }

    fn members(&mut self, members: &mut Map<String, Value>, children: &'static ElementSet, owner: Owner) {
        members.retain(|name, value| {
            if owner.is_resource && name == "resourceType" {
                return true;
            }
            let (beside, plain) = match name.strip_prefix('_') {
                Some(plain) => (true, plain),
                None => (false, name.as_str()),
            };
            let at = children
                .get_index(plain)
                .and_then(|at| children.index(at))
                .copied();
            let rule = at.and_then(|known| Some((known, self.rule(owner, known)?)));
            let Some((known, rule)) = rule.filter(|(_, rule)| !beside || rule.form.is_primitive()) else {
                self.path.push(Step::Unknown);
                self.note(Defect::UnknownElement);
                self.path.pop();
                return false;
            };
            self.path.push(if beside {
                Step::Beside(known)
            } else {
                Step::Name(known)
            });
            let kept = self.element(value, rule, beside);
            self.path.pop();
            kept
        });
    }

    /// What the schema says of `element` in `owner`; `None` when it may not be there.
    fn rule(&mut self, owner: Owner, element: &'static str) -> Option<Rule> {
        if element == "id" {
            return Some(Rule {
                list: false,
                form: Form::Text,
            });
        }
        if element == "extension" || element == "modifierExtension" {
            let children = self.elements.get("Extension")?;
            return Some(Rule {
                list: true,
                form: Form::Complex(children, "Extension"),
            });
        }
        if owner.is_resource {
            let typed = match element {
                "implicitRules" | "language" => {
                    return Some(Rule {
                        list: false,
                        form: Form::Text,
                    });
                }
                "contained" if owner.contained => return None,
                "contained" => {
                    return Some(Rule {
                        list: true,
                        form: Form::Resource,
                    });
                }
                "meta" => Some("Meta"),
                "text" => Some("Narrative"),
                _ => None,
            };
            if let Some(name) = typed {
                return Some(Rule {
                    list: false,
                    form: Form::Complex(self.elements.get(name)?, name),
                });
            }
        }
        self.key.clear();
        self.key.push_str(owner.name);
        self.key.push('.');
        self.key.push_str(element);
        let key = self.key.as_str();
        let hints = self.hints;
        let form = if hints.all_primitives_paths.contains(key) || key == "Extension.url" {
            self.primitive()
        } else {
            let named = hints
                .type_paths
                .get(key)
                .or_else(|| hints.content_reference_paths.get(key));
            match named {
                Some(&"Resource") => Form::Resource,
                Some(name) => Form::Complex(self.elements.get(name)?, name),
                None => {
                    let (name, children) = self.elements.get_entry(key)?;
                    Form::Complex(children, name)
                }
            }
        };
        Some(Rule {
            list: hints.array_paths.contains(key),
            form,
        })
    }

    fn primitive(&self) -> Form {
        let (hints, key) = (self.hints, self.key.as_str());
        if hints.boolean_paths.contains(key) {
            Form::Bool
        } else if hints.decimal_paths.contains(key) {
            Form::Decimal
        } else if hints.integer_paths.contains(key) {
            Form::Integer {
                least: i64::from(i32::MIN),
            }
        } else if hints.unsigned_integer_paths.contains(key) {
            Form::Integer { least: 0 }
        } else if hints.positive_integer_paths.contains(key) {
            Form::Integer { least: 1 }
        } else if hints.integer64_paths.contains(key) {
            Form::Integer64
        } else {
            Form::Text
        }
    }

    /// Brings the value of an element to the number of entries it should have; says whether it may stay.
    fn element(&mut self, value: &mut Value, rule: Rule, beside: bool) -> bool {
        if value.is_null() {
            return self.drop_here(Defect::Empty);
        }
        if rule.list {
            if let Value::Array(items) = value {
                return self.items(items, rule.form, beside);
            }
            self.note(Defect::Wrapped);
            let kept = self.one(value, rule.form, beside);
            *value = Value::Array(vec![value.take()]);
            return kept;
        }
        if let Value::Array(items) = value {
            let only = match (items.pop(), items.is_empty()) {
                (Some(only), true) => only,
                (Some(_), false) => return self.drop_here(Defect::WrongType),
                (None, _) => return self.drop_here(Defect::Empty),
            };
            self.note(Defect::Unwrapped);
            *value = only;
        }
        self.one(value, rule.form, beside)
    }

    /// Repairs the entries of a list; says whether any is left.
    fn items(&mut self, items: &mut Vec<Value>, form: Form, beside: bool) -> bool {
        let keep_places = form.is_primitive(); // `null` holds a place beside `_x`
        let mut at = 0;
        let mut any = false;
        items.retain_mut(|item| {
            self.path.push(Step::At(at));
            at += 1;
            let kept = match item {
                Value::Null if keep_places => false,
                Value::Null => self.drop_here(Defect::Empty),
                _ => self.one(item, form, beside),
            };
            self.path.pop();
            any |= kept;
            if !kept {
                *item = Value::Null;
            }
            kept || keep_places
        });
        any || self.drop_here(Defect::Empty)
    }

    /// Repairs one value; says whether it may stay.
    fn one(&mut self, value: &mut Value, form: Form, beside: bool) -> bool {
        if beside {
            return match value {
                Value::Object(members) => self.beside(members),
                _ => self.drop_here(Defect::WrongType),
            };
        }
        if let (Form::Complex(_, name), Value::String(words)) = (form, &mut *value) {
            let member = match name {
                "CodeableConcept" => "text",
                "Reference" => "reference",
                _ => return self.drop_here(Defect::WrongType),
            };
            if words.trim().is_empty() {
                return self.drop_here(Defect::Empty);
            }
            let words = std::mem::take(words);
            *value = Value::Object(Map::from_iter([(member.to_owned(), Value::String(words))]));
            self.note(Defect::BareWords);
            return true;
        }
        let defect = match (form, &mut *value) {
            (Form::Text, Value::String(text)) if text.trim().is_empty() => Some(Defect::Empty),
            (Form::Text, Value::String(_))
            | (Form::Bool, Value::Bool(_))
            | (Form::Decimal, Value::Number(_)) => None,
            (Form::Integer { least }, Value::Number(number)) => match number.as_i64() {
                Some(number) if (least..=i64::from(i32::MAX)).contains(&number) => None,
                _ => Some(Defect::OutOfRange),
            },
            (Form::Integer64, Value::Number(number)) if number.as_i64().is_some() => None,
            (Form::Integer64, Value::Number(_)) => Some(Defect::OutOfRange),
            (Form::Resource, Value::Object(members)) => return self.resource(members, true),
            (Form::Complex(children, name), Value::Object(members)) => {
                let owner = Owner {
                    name,
                    is_resource: false,
                    contained: false,
                };
                self.members(members, children, owner);
                members.is_empty().then_some(Defect::Empty)
            }
            _ => Some(Defect::WrongType),
        };
        defect.is_none_or(|defect| self.drop_here(defect))
    }

    /// What stands beside a primitive: an id and extensions only.
    fn beside(&mut self, members: &mut Map<String, Value>) -> bool {
        members.retain(|name, value| {
            let known = BESIDE_PRIMITIVE.into_iter().find(|known| known == name);
            let Some(known) = known else {
                self.path.push(Step::Unknown);
                self.note(Defect::UnknownElement);
                self.path.pop();
                return false;
            };
            let owner = Owner {
                name: "Extension",
                is_resource: false,
                contained: false,
            };
            let rule = self.rule(owner, known);
            self.path.push(Step::Name(known));
            let kept = rule.is_some_and(|rule| self.element(value, rule, false));
            self.path.pop();
            kept
        });
        !members.is_empty() || self.drop_here(Defect::Empty)
    }
}

/// Whose members are being walked.
#[derive(Clone, Copy)]
struct Owner {
    name: &'static str,
    is_resource: bool,
    contained: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn repaired(mut resource: Value) -> (Value, Vec<(String, Defect)>) {
        let problems = sanitise(&mut resource, FhirReleases::R4);
        (
            resource,
            problems.into_iter().map(|it| (it.path, it.problem)).collect(),
        )
    }

    #[test]
    fn a_sound_resource_is_left_alone() {
        let sound = json!({
            "resourceType": "Patient", "id": "p", "active": true, "multipleBirthInteger": 2,
            "name": [{ "given": ["A", null], "_given": [null, { "extension": [{ "url": "u", "valueCode": "c" }] }] }],
            "_birthDate": { "extension": [{ "url": "u", "valueDecimal": 1.50 }] },
            "contained": [{ "resourceType": "Organization", "id": "o", "name": "N" }],
            "text": { "status": "generated", "div": "<div>x</div>" }, "meta": { "tag": [{ "code": "t" }] }
        });
        assert_eq!(repaired(sound.clone()), (sound, vec![]));
    }

    #[test]
    fn each_defect_is_repaired_and_named_by_its_place() {
        let cases = [
            (json!({ "odd": [1] }), json!({}), "/*", Defect::UnknownElement),
            (json!({ "active": null }), json!({}), "/active", Defect::Empty),
            (json!({ "name": [] }), json!({}), "/name", Defect::Empty),
            (
                json!({ "active": "true" }),
                json!({}),
                "/active",
                Defect::WrongType,
            ),
            (
                json!({ "gender": ["male"] }),
                json!({ "gender": "male" }),
                "/gender",
                Defect::Unwrapped,
            ),
            (
                json!({ "gender": ["male", "x"] }),
                json!({}),
                "/gender",
                Defect::WrongType,
            ),
            (
                json!({ "name": { "text": "N" } }),
                json!({ "name": [{ "text": "N" }] }),
                "/name",
                Defect::Wrapped,
            ),
            (
                json!({ "multipleBirthInteger": 99999999999_i64 }),
                json!({}),
                "/multipleBirthInteger",
                Defect::OutOfRange,
            ),
            (
                json!({ "maritalStatus": "single" }),
                json!({ "maritalStatus": { "text": "single" } }),
                "/maritalStatus",
                Defect::BareWords,
            ),
            (
                json!({ "contained": [{ "resourceType": "Odd" }] }),
                json!({}),
                "/contained/0",
                Defect::UnknownResource,
            ),
            (
                json!({ "_name": [{ "id": "x" }] }),
                json!({}),
                "/*",
                Defect::UnknownElement,
            ),
            (
                json!({ "_gender": { "value": 1 } }),
                json!({}),
                "/_gender/*",
                Defect::UnknownElement,
            ),
        ];
        for (sent, expected, place, defect) in cases {
            let whole = |mut members: Value| {
                members
                    .as_object_mut()
                    .unwrap()
                    .shift_insert(0, "resourceType".into(), json!("Patient"));
                members
            };
            let (read, problems) = repaired(whole(sent.clone()));
            assert_eq!(read, whole(expected), "{sent}");
            assert_eq!(problems.first(), Some(&(place.to_owned(), defect)), "{sent}");
        }
    }

    #[test]
    fn what_is_no_resource_becomes_null_and_the_type_comes_first() {
        for odd in [
            json!(1),
            json!({}),
            json!({ "resourceType": "Address" }),
            json!({ "resourceType": 5 }),
        ] {
            assert_eq!(repaired(odd).0, Value::Null);
        }
        let (read, _) = repaired(json!({ "id": "p", "resourceType": "Patient" }));
        assert_eq!(
            read.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["resourceType", "id"]
        );
    }
}
