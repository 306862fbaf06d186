//! What the knowledge finds worth reading.
//!
//! Too much interest costs time only, too little costs evidence: so whatever any rule could use is of interest.

use super::Interest;
use crate::engine::case::{Condition, DraftOrder, ReasonReference};
use crate::engine::study;
use crate::knowledge::Knowledge;
use crate::knowledge::lexicon::{Interest as Words, fold};
use crate::terminology::Coding;

impl Interest for Knowledge {
    fn order_matters(&self, order: &DraftOrder) -> bool {
        study::names_imaging(self, order)
    }

    fn condition_code(&self, system: &str, code: &str) -> bool {
        self.knows(system, code)
    }

    fn condition_words(&self, words: &str) -> bool {
        self.lexicon().of_interest(Words::Record, &fold(words))
    }

    fn tumour_possible(&self, orders: &[DraftOrder], conditions: &[Condition]) -> bool {
        let suspicious = |coding: &Coding| self.members(coding).iter().any(|m| m.role.tells_tumour());
        let told = |text: &str| self.lexicon().of_interest(Words::Tumour, &fold(text));
        let by_condition = conditions.iter().any(|c| {
            c.code.codings.iter().any(suspicious)
                || c.code.words().chain(c.notes.iter().map(String::as_str)).any(told)
        });
        by_condition
            || orders.iter().any(|o| {
                let contained = o.reason_references.iter().filter_map(|r| match r {
                    ReasonReference::Contained(_, concept) => Some(concept),
                    ReasonReference::InChart(_) | ReasonReference::Unread(_) => None,
                });
                let concepts = || {
                    o.reasons
                        .iter()
                        .chain(contained.clone())
                        .chain(&o.details)
                        .chain(&o.supporting)
                        .chain([&o.code])
                };
                concepts().flat_map(|c| &c.codings).any(suspicious)
                    || concepts()
                        .flat_map(|c| c.words())
                        .chain(o.notes.iter().map(String::as_str))
                        .any(told)
            })
    }

    fn code(&self, system: &str, code: &str) -> bool {
        self.knows(system, code)
    }

    fn words(&self, words: &str) -> bool {
        self.lexicon().of_interest(Words::Record, &fold(words))
    }
}
