//! A hook call as the client sent it: one pass over the body, nothing copied, FHIR parts left as raw text.
//!
//! Strict where the specification is strict (JSON, required fields), lenient elsewhere (P-06): unknown fields and
//! `extension`s are ignored, a `null` optional is an absent one. Members the specification names may not be repeated:
//! a body that says two things is refused rather than one of them picked. Faults name the place, never the value.
//! Whether the caller may call, and what the FHIR parts say, is decided elsewhere.

use super::context::{Context, Hook, RawContext};
use super::member::{self, Kind, Members, Object, Text};
use super::prefetch::Prefetch;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

/// One CDS Hooks call as the EHR sent it.
#[derive(Clone)]
pub struct HookRequest<'a> {
    /// Which hook fired.
    pub hook: Hook,
    /// Identifies this firing; answers derive their ids from it (P-20).
    pub hook_instance: Uuid,
    /// Base URL of the EHR's FHIR server.
    pub fhir_server: Option<Cow<'a, str>>,
    /// Access to that server.
    pub fhir_authorization: Option<Authorization<'a>>,
    /// What the clinician is doing.
    pub context: Context<'a>,
    /// What the EHR sent along.
    pub prefetch: Prefetch<'a>,
}

/// The `fhirAuthorization` object as sent: it holds a token, so it never prints.
#[derive(Clone, Copy)]
pub struct Authorization<'a>(&'a RawValue);

impl<'a> Authorization<'a> {
    /// The raw object, for the one place that reads the token.
    #[must_use]
    pub fn expose(self) -> &'a RawValue {
        self.0
    }
}

impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(…)")
    }
}

/// Prints the hook only: everything else is about a person.
impl fmt::Debug for HookRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookRequest")
            .field("hook", &self.hook)
            .finish_non_exhaustive()
    }
}

/// Why a call cannot be read. (All are answered with 400.)
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestFault {
    /// What sort of fault.
    pub kind: FaultKind,
    /// JSON pointer to the place, such as `/context/draftOrders`; empty for the body as a whole.
    pub pointer: String,
    /// What is wrong, without a word from the request.
    pub message: String,
}

/// The sort of fault in a request (P-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Not JSON, or not an object.
    Structure,
    /// A required member is missing.
    Required,
    /// A member has a value it cannot have.
    Value,
    /// The hook is not served here.
    NotSupported,
}

impl FaultKind {
    /// The FHIR issue type code.
    #[must_use]
    pub fn issue_code(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::NotSupported => "not-supported",
        }
    }
}

impl RequestFault {
    fn new(kind: FaultKind, pointer: impl Into<String>, what: &str) -> Self {
        let pointer = pointer.into();
        let place = if pointer.is_empty() {
            "the request body"
        } else {
            &pointer
        };
        let message = format!("{place} {what}");
        Self {
            kind,
            pointer,
            message,
        }
    }

    /// A fault of the body as a whole.
    pub(super) fn structure(what: &str) -> Self {
        Self::new(FaultKind::Structure, "", what)
    }

    pub(super) fn value(pointer: impl Into<String>, what: &str) -> Self {
        Self::new(FaultKind::Value, pointer, what)
    }

    pub(super) fn repeated(pointer: &str) -> Self {
        Self::new(FaultKind::Structure, pointer, "is given twice")
    }

    pub(super) fn required(pointer: &str) -> Self {
        Self::new(FaultKind::Required, pointer, "is required")
    }

    fn not_supported() -> Self {
        Self::new(
            FaultKind::NotSupported,
            "/hook",
            "names a hook this service does not serve",
        )
    }
}

/// One named member as found: absent, or its raw text.
#[derive(Default, Clone, Copy)]
pub(super) struct Slot<'a>(Option<&'a RawValue>);

impl<'a> Slot<'a> {
    /// Keeps the value; true when there was one already.
    pub(super) fn fill(&mut self, raw: &'a RawValue) -> bool {
        self.0.replace(raw).is_some()
    }

    /// The value, unless it is absent or `null`.
    pub(super) fn present(self) -> Option<&'a RawValue> {
        self.0.filter(|raw| !matches!(member::kind(raw), Kind::Null))
    }

    pub(super) fn required(self, pointer: &str) -> Result<&'a RawValue, RequestFault> {
        self.present().ok_or_else(|| RequestFault::required(pointer))
    }

    /// An optional string; blank counts as absent.
    pub(super) fn optional_text(self, pointer: &str) -> Result<Option<Cow<'a, str>>, RequestFault> {
        let Some(raw) = self.present() else {
            return Ok(None);
        };
        let text = member::text(raw).ok_or_else(|| RequestFault::value(pointer, "must be a string"))?;
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    }

    /// A required string that says something.
    pub(super) fn required_text(self, pointer: &str) -> Result<Cow<'a, str>, RequestFault> {
        self.required(pointer)?;
        self.optional_text(pointer)?
            .ok_or_else(|| RequestFault::value(pointer, "must not be empty"))
    }
}

/// The members of the body as found, before they are judged.
#[derive(Default)]
struct RawRequest<'a> {
    hook: Slot<'a>,
    hook_instance: Slot<'a>,
    fhir_server: Slot<'a>,
    fhir_authorization: Slot<'a>,
    context: Option<Object<RawContext<'a>>>,
    prefetch: Option<Object<Prefetch<'a>>>,
    repeated: Option<&'static str>,
}

impl<'a> Members<'a> for RawRequest<'a> {
    fn member<A: MapAccess<'a>>(&mut self, name: &Text<'a>, map: &mut A) -> Result<(), A::Error> {
        let (again, pointer) = match name.0.as_ref() {
            "hook" => (self.hook.fill(map.next_value()?), "/hook"),
            "hookInstance" => (self.hook_instance.fill(map.next_value()?), "/hookInstance"),
            "fhirServer" => (self.fhir_server.fill(map.next_value()?), "/fhirServer"),
            "fhirAuthorization" => (
                self.fhir_authorization.fill(map.next_value()?),
                "/fhirAuthorization",
            ),
            "context" => (self.context.replace(map.next_value()?).is_some(), "/context"),
            "prefetch" => (self.prefetch.replace(map.next_value()?).is_some(), "/prefetch"),
            _ => return map.next_value::<IgnoredAny>().map(drop),
        };
        if again {
            self.repeated = Some(pointer);
        }
        Ok(())
    }
}

impl<'a> HookRequest<'a> {
    /// Reads a call from its body.
    ///
    /// # Errors
    /// The first fault found: the JSON first, then `hook`, `hookInstance`, `context`, the rest.
    pub fn parse(body: &'a [u8]) -> Result<Self, RequestFault> {
        let structure = RequestFault::structure;
        let text = std::str::from_utf8(body).map_err(|_| structure("is not UTF-8"))?;
        let object = serde_json::from_str::<Object<RawRequest<'a>>>(text).map_err(|error| {
            structure(&format!(
                "is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        match object {
            Object::Members(raw) => raw.check(),
            Object::Null | Object::Other => Err(structure("must be a JSON object")),
        }
    }

    /// Refuses the call unless its hook is one of those served at the address called.
    ///
    /// # Errors
    /// `NotSupported` at `/hook`.
    pub fn require_hook(&self, served: &[Hook]) -> Result<(), RequestFault> {
        if served.contains(&self.hook) {
            Ok(())
        } else {
            Err(RequestFault::not_supported())
        }
    }
}

impl<'a> RawRequest<'a> {
    fn check(self) -> Result<HookRequest<'a>, RequestFault> {
        if let Some(pointer) = self.repeated {
            return Err(RequestFault::repeated(pointer));
        }
        let hook = Hook::named(&self.hook.required_text("/hook")?).ok_or_else(RequestFault::not_supported)?;
        let hook_instance = Uuid::try_parse(&self.hook_instance.required_text("/hookInstance")?)
            .map_err(|_| RequestFault::value("/hookInstance", "must be a UUID"))?;
        let context = match self.context {
            None | Some(Object::Null) => Err(RequestFault::required("/context")),
            Some(Object::Other) => Err(RequestFault::value("/context", "must be an object")),
            Some(Object::Members(raw)) => match raw.repeated {
                Some(pointer) => Err(RequestFault::repeated(pointer)),
                None => raw.check(hook),
            },
        }?;
        let prefetch = match self.prefetch {
            None | Some(Object::Null) => Prefetch::default(),
            Some(Object::Other) => return Err(RequestFault::value("/prefetch", "must be an object")),
            Some(Object::Members(prefetch)) => prefetch,
        };
        if prefetch.has_repeated_key() {
            return Err(RequestFault::repeated("/prefetch"));
        }
        let fhir_server = self.fhir_server.optional_text("/fhirServer")?;
        let fhir_authorization = match self.fhir_authorization.present() {
            None => None,
            Some(raw) if matches!(member::kind(raw), Kind::Object) => Some(Authorization(raw)),
            Some(_) => return Err(RequestFault::value("/fhirAuthorization", "must be an object")),
        };
        if fhir_authorization.is_some() && fhir_server.is_none() {
            return Err(RequestFault::required("/fhirServer")); // cds-r-1, R-027
        }
        Ok(HookRequest {
            hook,
            hook_instance,
            fhir_server,
            fhir_authorization,
            context,
            prefetch,
        })
    }
}

#[cfg(test)]
mod tests;
