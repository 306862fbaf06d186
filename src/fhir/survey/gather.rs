//! Codes and words of one resource, gathered for the question whether it is worth reading.

use super::Walk;
use crate::fhir::Interest;
use crate::fhir::kind::Kind;
use crate::fhir::lenient::{Any, Lenient, Name, Words};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::borrow::Cow;

/// Deepest nesting within one element that is searched for codes.
const MAX_DEPTH: u8 = 12;

/// One resource: its codes and words go to the walk.
pub(super) struct Resource<'s, 'w, 'de, I>(pub &'s mut Walk<'w, 'de, I>);

impl<'de, I: Interest> Lenient<'de> for Resource<'_, '_, 'de, I> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let walk = self.0;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "resourceType" => {
                    let kind = object.next_value_seed(Any(Words))?;
                    walk.typed = kind.is_some();
                    walk.kind = kind.as_deref().and_then(Kind::named);
                }
                "id" => walk.id = object.next_value_seed(Any(Words))?,
                "code"
                | "bodySite"
                | "reasonCode"
                | "reason"
                | "stage"
                | "evidence"
                | "note"
                | "medicationCodeableConcept"
                | "valueCodeableConcept"
                | "valueString"
                | "procedureCode"
                | "procedure"
                | "modality"
                | "description"
                | "conclusion"
                | "conclusionCode"
                | "reaction"
                | "contained"
                | "orderDetail" => {
                    if let Some(words) = object.next_value_seed(Any(Gather {
                        walk: &mut *walk,
                        depth: 0,
                    }))? {
                        walk.words.push(words);
                    }
                }
                "medicationReference" => {
                    let pointer = object.next_value_seed(Any(Pointer))?;
                    walk.point(pointer);
                }
                "medication" => object.next_value_seed(Any(Medicine(&mut *walk)))?,
                "issue" => walk.severe |= object.next_value_seed(Any(Issues))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de, I> Walk<'_, 'de, I> {
    /// The resource at hand is about this medicine.
    fn point(&mut self, (reference, display): Pointed<'de>) {
        self.medication = reference;
        self.told |= display.is_some();
        self.words.extend(display);
    }
}

/// What a Reference points to, and the words shown for it.
type Pointed<'de> = (Option<Cow<'de, str>>, Option<Cow<'de, str>>);

/// R5's `medication`: a concept or a reference.
struct Medicine<'s, 'w, 'de, I>(&'s mut Walk<'w, 'de, I>);

impl<'de, I: Interest> Lenient<'de> for Medicine<'_, '_, 'de, I> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let walk = self.0;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "reference" => {
                    let pointer = object.next_value_seed(Any(Pointer))?;
                    walk.point(pointer);
                }
                "concept" => {
                    let gather = Gather {
                        walk: &mut *walk,
                        depth: 0,
                    };
                    let words = object.next_value_seed(Any(gather))?;
                    walk.words.extend(words);
                    walk.told = true;
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The `reference` of a Reference, unless it points inside the resource itself, and the words shown for it: often the
/// only name of a medicine.
struct Pointer;

impl<'de> Lenient<'de> for Pointer {
    type Out = Pointed<'de>;

    fn text(self, text: Cow<'de, str>) -> Self::Out {
        (Some(text), None)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut reference = None;
        let mut display = None;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            match name.0.as_ref() {
                "reference" => reference = object.next_value_seed(Any(Words))?,
                "display" => display = object.next_value_seed(Any(Words))?,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok((reference.filter(|reference| !reference.starts_with('#')), display))
    }
}

/// `OperationOutcome.issue`: true when one is an error.
struct Issues;

impl<'de> Lenient<'de> for Issues {
    type Out = bool;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut severe = false;
        while let Some(is_severe) = list.next_element_seed(Any(Issues))? {
            severe |= is_severe;
        }
        Ok(severe)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<bool, A::Error> {
        let mut severe = false;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            if name.0 == "severity" {
                let severity = object.next_value_seed(Any(Words))?;
                severe |= matches!(severity.as_deref(), Some("error" | "fatal"));
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(severe)
    }
}

/// Codes and words anywhere below an element; yields the string if the element is one.
struct Gather<'s, 'w, 'de, I> {
    walk: &'s mut Walk<'w, 'de, I>,
    depth: u8,
}

impl<'de, I: Interest> Lenient<'de> for Gather<'_, '_, 'de, I> {
    type Out = Option<Cow<'de, str>>;

    fn text(self, text: Cow<'de, str>) -> Self::Out {
        Some(text)
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        if self.depth >= MAX_DEPTH {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(None);
        }
        let depth = self.depth + 1;
        while let Some(words) = list.next_element_seed(Any(Gather {
            walk: &mut *self.walk,
            depth,
        }))? {
            self.walk.words.extend(words);
        }
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let (mut system, mut code) = (None, None);
        let depth = self.depth + 1;
        while let Some(name) = object.next_key::<Name<'de>>()? {
            if self.depth >= MAX_DEPTH {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            match name.0.as_ref() {
                "system" => system = object.next_value_seed(Any(Words))?,
                "id" | "extension" | "meta" | "reference" | "subject" | "url" | "instance"
                | "resourceType" => {
                    object.next_value::<IgnoredAny>()?;
                }
                name => {
                    let string = object.next_value_seed(Any(Gather {
                        walk: &mut *self.walk,
                        depth,
                    }))?;
                    match name {
                        "code" => code = string,
                        "display" | "text" | "description" => self.walk.words.extend(string),
                        _ => {}
                    }
                }
            }
        }
        if let (Some(system), Some(code)) = (system, code) {
            self.walk.codings.push((system, code));
        }
        Ok(None)
    }
}
