//! What FHIR says of the elements that are read: their types, and whether they are lists.
//!
//! Compiled once from the tables of fhirbolt, which come from the FHIR definitions, for R4 and R5 together: a request
//! says nothing about its release, most elements are the same in both, and those that changed changed their names or
//! their children too. An element of either release is thus read as that release has it; R4B does not differ in any
//! of them. Only elements that some reader asks for are in the schema: the rest is passed over and need not be sound.

use super::kind::Kind;
use super::orders;
use fhirbolt_shared::element_map::{self, ElementMap};
use fhirbolt_shared::type_hints::{self, TypeHints};
use std::sync::LazyLock;

/// Members that some reader asks for below the top of a resource.
const ASKED_FOR: [&str; 21] = [
    "coding",
    "code",
    "system",
    "display",
    "text",
    "reference",
    "concept",
    "value",
    "unit",
    "comparator",
    "start",
    "end",
    "low",
    "high",
    "summary",
    "substance",
    "manifestation",
    "severity",
    "parameter",
    "valueCodeableConcept",
    "valueString",
];

/// Of a status, only the code counts, and the words in its absence.
const ASKED_OF_STATUS: [&str; 3] = ["coding", "code", "text"];

/// What is asked of a resource inside another one.
const ASKED_OF_CONTAINED: [&str; 5] = ["resourceType", "id", "status", "verificationStatus", "code"];

/// One release of FHIR, as fhirbolt describes it.
#[derive(Clone, Copy)]
struct Release {
    elements: &'static ElementMap,
    hints: &'static TypeHints,
}

static RELEASES: LazyLock<[Release; 2]> = LazyLock::new(|| {
    [
        Release {
            elements: &element_map::r4::ELEMENT_MAP,
            hints: &type_hints::r4::TYPE_HINTS,
        },
        Release {
            elements: &element_map::r5::ELEMENT_MAP,
            hints: &type_hints::r5::TYPE_HINTS,
        },
    ]
});

/// How many values an element may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    Many,
    /// One in one release, many in the other.
    Either,
}

/// What the schema says of an element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub count: Count,
    pub form: Form,
}

/// The type of one value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Bool,
    Integer {
        least: i32,
    },
    Decimal,
    Text,
    /// The type of a resource, which fhirbolt keeps as a string without an element around it.
    TypeName,
    /// A resource inside this one.
    Resource,
    /// A data type or backbone element.
    Complex(&'static Type),
    /// A string in one release, an object in the other.
    TextOr(&'static Type),
}

/// A resource, data type or backbone element with the members that are asked for.
#[derive(Debug, Default)]
pub(super) struct Type {
    pub members: Vec<(&'static str, Rule)>,
    /// The member that bare words stand for, where an object is due, and the members on the way to it.
    pub words: &'static [&'static str],
}

/// Everything that is read.
struct Schema {
    order: &'static Type,
    contained: &'static Type,
    kinds: Vec<(Kind, &'static Type)>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut builder = Builder::default();
    Schema {
        order: builder.complex(&["ServiceRequest"], &orders::FIELDS),
        // Whatever the resource is, these elements have the types of either of these two.
        contained: builder.complex(&["Condition", "Observation"], &ASKED_OF_CONTAINED),
        kinds: Kind::ALL
            .into_iter()
            .map(|kind| (kind, builder.complex(&[kind.name()], kind.fields())))
            .collect(),
    }
});

/// A draft order.
pub(super) fn order() -> &'static Type {
    SCHEMA.order
}

/// A resource inside another one.
pub(super) fn contained() -> &'static Type {
    SCHEMA.contained
}

/// A resource of the record.
pub(super) fn of(kind: Kind) -> &'static Type {
    let known = SCHEMA.kinds.iter().find(|(of, _)| *of == kind);
    known.map_or(SCHEMA.contained, |(_, schema)| schema)
}

/// Whether FHIR has a resource of this name.
pub(super) fn is_resource(name: &str) -> bool {
    let in_release = |release: &Release| {
        let members = release.elements.get(name);
        members.is_some_and(|members| members.contains("implicitRules"))
    };
    RELEASES.iter().any(in_release)
}

/// The data types of which a type is made, and what is asked of it.
type Origin = (Vec<&'static str>, &'static [&'static str]);

/// Builds types, each once. They are never freed: there are a few dozen, for the life of the process.
#[derive(Default)]
struct Builder {
    built: Vec<(Origin, &'static Type)>,
    /// Scratch for `type.element`, the key of the tables.
    key: String,
}

impl Builder {
    /// The type that all of `names` have in common with one of the releases, reduced to the members asked for.
    fn complex(&mut self, names: &[&'static str], asked: &'static [&'static str]) -> &'static Type {
        let known = self
            .built
            .iter()
            .find(|((of, by), _)| of == names && *by == asked);
        if let Some((_, built)) = known {
            return built;
        }
        let members = asked
            .iter()
            .filter_map(|member| Some((*member, self.rule(names, member)?)));
        let members = members.collect();
        let words: &[_] = match names {
            ["CodeableReference"] => &["concept", "text"],
            _ if names.contains(&"Reference") => &["reference"],
            _ if names.iter().any(|name| name.starts_with("Codeable")) => &["text"],
            _ => &[],
        };
        let built: &'static Type = Box::leak(Box::new(Type { members, words }));
        self.built.push(((names.to_vec(), asked), built));
        built
    }

    /// What the releases say of `member` in any of the types `names`.
    fn rule(&mut self, names: &[&'static str], member: &'static str) -> Option<Rule> {
        let (mut count, mut plain, mut complex) = (None, None, Vec::new());
        for (name, release) in names
            .iter()
            .flat_map(|name| RELEASES.iter().map(move |it| (*name, it)))
        {
            let Some((of_release, form)) = self.seen(release, name, member) else {
                continue;
            };
            count = match count {
                None => Some(of_release),
                Some(other) if other == of_release => Some(other),
                Some(_) => Some(Count::Either),
            };
            match form {
                Seen::Plain(form) => plain = plain.or(Some(form)),
                Seen::Complex(name) if complex.contains(&name) => {}
                Seen::Complex(name) => complex.push(name),
            }
        }
        let asked: &'static [&'static str] = match member {
            "clinicalStatus" | "verificationStatus" => &ASKED_OF_STATUS,
            _ => &ASKED_FOR,
        };
        let form = match (plain, complex.is_empty()) {
            (Some(plain), true) => plain,
            (None, true) => return None,
            (None, false) => Form::Complex(self.complex(&complex, asked)),
            (Some(_), false) => Form::TextOr(self.complex(&complex, asked)),
        };
        Some(Rule { count: count?, form })
    }

    /// What one release says.
    fn seen(&mut self, release: &Release, name: &str, member: &'static str) -> Option<(Count, Seen)> {
        let children = release.elements.get(name)?;
        let is_resource = children.contains("implicitRules");
        if member == "resourceType" {
            return is_resource.then_some((Count::One, Seen::Plain(Form::TypeName)));
        }
        if !children.contains(member) {
            return None;
        }
        if member == "id" {
            return Some((Count::One, Seen::Plain(Form::Text)));
        }
        if member == "contained" && is_resource {
            return Some((Count::Many, Seen::Plain(Form::Resource)));
        }
        self.key.clear();
        self.key.extend([name, ".", member]);
        let (hints, key) = (release.hints, self.key.as_str());
        let form = if hints.all_primitives_paths.contains(key) {
            Seen::Plain(primitive(hints, key))
        } else {
            let named = hints
                .type_paths
                .get(key)
                .or_else(|| hints.content_reference_paths.get(key));
            match named {
                Some(name) => Seen::Complex(name),
                None => Seen::Complex(release.elements.get_key(key)?),
            }
        };
        let many = hints.array_paths.contains(key);
        Some((if many { Count::Many } else { Count::One }, form))
    }
}

/// The form of an element in one release.
enum Seen {
    Plain(Form),
    Complex(&'static str),
}

fn primitive(hints: &TypeHints, key: &str) -> Form {
    if hints.boolean_paths.contains(key) {
        Form::Bool
    } else if hints.decimal_paths.contains(key) {
        Form::Decimal
    } else if hints.integer_paths.contains(key) || hints.integer64_paths.contains(key) {
        Form::Integer { least: i32::MIN }
    } else if hints.unsigned_integer_paths.contains(key) {
        Form::Integer { least: 0 }
    } else if hints.positive_integer_paths.contains(key) {
        Form::Integer { least: 1 }
    } else {
        Form::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(schema: &Type, name: &str) -> Option<Rule> {
        let member = schema.members.iter().find(|(member, _)| *member == name);
        member.map(|(_, rule)| *rule)
    }

    #[test]
    fn both_releases_are_in_it() {
        let order = order();
        for name in orders::FIELDS {
            assert!(rule(order, name).is_some(), "{name}");
        }
        let Some(Form::Complex(code)) = rule(order, "code").map(|it| it.form) else {
            panic!("code is no object");
        };
        assert_eq!(code.words, ["text"]);
        for name in ["coding", "text", "concept", "reference"] {
            assert!(rule(code, name).is_some(), "{name}");
        }
        let Some(Form::Complex(info)) = rule(order, "supportingInfo").map(|it| it.form) else {
            panic!("supportingInfo is no object");
        };
        assert!(matches!(
            rule(info, "reference").map(|it| it.form),
            Some(Form::TextOr(_))
        ));
        assert!(matches!(
            rule(order, "contained").map(|it| it.form),
            Some(Form::Resource)
        ));
    }

    #[test]
    fn every_element_asked_for_exists_somewhere() {
        for kind in Kind::ALL {
            for name in kind.fields() {
                let same = Kind::ALL
                    .into_iter()
                    .filter(|other| other.fields() == kind.fields());
                assert!(
                    same.into_iter().any(|kind| rule(of(kind), name).is_some()),
                    "{kind:?} {name}"
                );
            }
            assert!(is_resource(kind.name()), "{kind:?}");
        }
        assert!(!is_resource("Address") && !is_resource("Odd"));
    }
}
