//! FHIR JSON → [`Case`]: the only module that names fhirbolt.
//!
//! Lenient and never failing: what is odd becomes a [`Note`] and can only take judgements away (P2). Work is done in
//! stages, so that a call that is none of our business costs little more than finding that out:
//!
//! 1. the draft orders and the patient, by a light look;
//! 2. only if an order matters, the conditions: one pass for codes and words of interest, then the matching ones in full;
//! 3. only if the tumour is possible, the orders once more and the rest of the record.
//!
//! What is not reached stays empty. There are three layers. A light look decides *whether* a resource of the record
//! counts (`survey`, lenient). The resources that do, and the orders, are read in one pass by the schema of FHIR
//! (`schema`, `reading`), repaired, into fhirbolt's generic element, which is all that the readers look at (`node`).
//! Suggestions are cut from the JSON as it was sent ([`Originals`]). R4, R4B and R5 are read; nothing is fetched.

mod bundle;
mod chart;
mod datatypes;
mod dates;
mod defect;
mod interest;
mod kind;
mod lenient;
mod node;
mod note;
mod orders;
mod reading;
mod reference;
mod schema;
mod sound;
mod sources;
mod survey;
mod translate;

pub use defect::{Defect, Problem};
pub use note::{Note, NoteKind};
pub use sources::{KEYS, PrefetchKey, source_of};
pub use survey::MAX_ENTRIES;
pub use translate::{MAX_ORDERS, MAX_RESOURCES, translate};

use crate::engine::case::{Case, Condition, DraftOrder, ResourceRef};
use serde_json::value::RawValue;

/// What is worth reading. Answered from the knowledge; too much interest costs time only, too little costs evidence.
pub trait Interest {
    /// Whether an order is the kind of order that is judged (imaging, as far as can be told).
    fn order_matters(&self, order: &DraftOrder) -> bool;

    /// Whether a code in a condition matters.
    fn condition_code(&self, system: &str, code: &str) -> bool;

    /// Whether words in a condition matter.
    fn condition_words(&self, words: &str) -> bool;

    /// Whether these orders and conditions leave the tumour possible, so that the rest is worth reading. References of
    /// the orders are resolved among the conditions only at this point.
    fn tumour_possible(&self, orders: &[DraftOrder], conditions: &[Condition]) -> bool;

    /// Whether a code elsewhere in the record matters.
    fn code(&self, system: &str, code: &str) -> bool;

    /// Whether words elsewhere in the record matter.
    fn words(&self, words: &str) -> bool;
}

/// A call as the engine sees it, with what was odd and the orders as they were sent.
#[derive(Debug, Clone)]
pub struct Translated<'a> {
    /// All the engine may look at.
    pub case: Case,
    /// False when no code or word of the orders and diagnoses could name the tumour: nothing else was read then.
    pub tumour_possible: bool,
    /// What was odd about the data.
    pub notes: Vec<Note>,
    /// The draft orders as received, for suggestions that edit them (P-07).
    pub originals: Originals<'a>,
}

/// The draft orders as received. They are parsed when asked for, as most calls end in silence.
#[derive(Debug, Clone, Default)]
pub struct Originals<'a>(Vec<(ResourceRef, &'a RawValue)>);

impl<'a> Originals<'a> {
    /// The order with this reference, every member as sent; `None` when unknown, or when two orders share the id.
    #[must_use]
    pub fn get(&self, order: &ResourceRef) -> Option<serde_json::Value> {
        let mut named = self.0.iter().filter(|(name, _)| name == order);
        let (_, raw) = named.next()?;
        if named.next().is_some() {
            return None;
        }
        serde_json::from_str(raw.get()).ok()
    }
}

#[cfg(test)]
mod tests;
