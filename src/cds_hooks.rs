//! The CDS Hooks specification as types; not one clinical word.
//!
//! What a client sends ([`request`], [`context`], [`prefetch`], guarded by [`depth`]; [`feedback`] later) and what a service answers
//! ([`discovery`], [`response`], [`outcome`]). FHIR resources stay untouched JSON text here: reading them is the
//! business of `fhir`. Authentication and HTTP are not here.
//!
//! Lenient in, strict out (P-06): unknown fields, `null` optionals and bare ids are accepted; nothing empty is sent.

pub mod context;
pub mod depth;
pub mod discovery;
pub mod feedback;
pub mod outcome;
pub mod prefetch;
pub mod request;
pub mod response;

mod member;

pub use context::{Context, Hook};
pub use prefetch::{Prefetch, Prefetched};
pub use request::{FaultKind, HookRequest, RequestFault};
