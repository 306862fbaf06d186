//! A resource as it is read: fhirbolt's generic element, and the few questions the readers ask of it.
//!
//! Elements are made by `reading` and hold asked-for members only. What is missing and what has another type than
//! asked for are the same: nothing. fhirbolt's typed models are not used: they refuse what real EHRs send.

use fhirbolt::FhirReleases;
use fhirbolt::element::{Element, Primitive, Value};

/// The release in the name of fhirbolt's type, where it is a mark only: an element built from the parts of a resource
/// is the same for every release, and resources of R4 and R5 are read by one schema (`schema`).
const RELEASE: fhirbolt::FhirRelease = FhirReleases::R4;

/// fhirbolt's element: a resource, a value of a data type, or a primitive (which has its value in a member `value`).
pub(super) type FhirElement = Element<RELEASE>;

/// What fhirbolt has under a name in an element.
pub(super) type FhirValue = Value<RELEASE>;

/// A place in a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Node<'n> {
    Element(&'n FhirElement),
    List(&'n [FhirElement]),
    /// The type of a resource; every other primitive has an element around it.
    Primitive(&'n Primitive),
}

impl<'n> From<&'n FhirElement> for Node<'n> {
    fn from(element: &'n FhirElement) -> Self {
        Self::Element(element)
    }
}

impl<'n> Node<'n> {
    /// The member with this name.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        let Self::Element(element) = self else { return None };
        // There are a few members only: looking along them is quicker than the hash of the name.
        let (_, value) = element.iter().find(|(key, _)| *key == name)?;
        Some(match value {
            Value::Element(element) => Self::Element(element),
            Value::Sequence(elements) => Self::List(elements),
            Value::Primitive(primitive) => Self::Primitive(primitive),
        })
    }

    /// The entries of a list; an element counts as a list of one.
    pub(super) fn items(self) -> impl Iterator<Item = Self> + use<'n> {
        let elements = match self {
            Self::List(elements) => elements,
            Self::Element(element) => std::slice::from_ref(element),
            Self::Primitive(_) => &[],
        };
        elements.iter().map(Self::Element)
    }

    fn primitive(self) -> Option<&'n Primitive> {
        match self {
            Self::Primitive(primitive) => Some(primitive),
            Self::Element(_) => match self.get("value")? {
                Self::Primitive(primitive) => Some(primitive),
                _ => None,
            },
            Self::List(_) => None,
        }
    }

    /// The string here; never blank.
    pub(super) fn text(self) -> Option<&'n str> {
        match self.primitive()? {
            Primitive::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value here.
    pub(super) fn truth(self) -> Option<bool> {
        match self.primitive()? {
            Primitive::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number here; never infinite.
    pub(super) fn number(self) -> Option<f64> {
        match self.primitive()? {
            Primitive::Integer(number) => Some(f64::from(*number)),
            Primitive::Decimal(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The string in a member.
    pub(super) fn text_of(self, name: &str) -> Option<&'n str> {
        self.get(name)?.text()
    }

    /// The entries of a member, none when it is absent.
    pub(super) fn each(self, name: &str) -> impl Iterator<Item = Self> + use<'n> {
        self.get(name).into_iter().flat_map(Self::items)
    }
}
