//! The rating held for a scenario and study.

use super::Key;
use crate::knowledge::table::Scenario;
use crate::knowledge::{AppropriatenessCategory, Knowledge, Rating};

/// The rating by the rating tables of a scenario: several tables must agree, and nothing is ever guessed.
#[must_use]
pub fn rate(knowledge: &Knowledge, scenario: &Scenario, study: Option<&Key>) -> AppropriatenessCategory {
    if !scenario.entry.classified {
        return AppropriatenessCategory::NotApplicable;
    }
    held(knowledge, scenario, study)
        .and_then(|r| r.category)
        .unwrap_or(AppropriatenessCategory::Unknown)
}

/// The rating itself, with its source. `None` where none is held or the tables differ.
#[must_use]
pub fn held<'k>(knowledge: &'k Knowledge, scenario: &Scenario, study: Option<&Key>) -> Option<&'k Rating> {
    let study = study?;
    let mut ratings = scenario
        .entry
        .variants
        .iter()
        .map(|v| knowledge.rating(v, study).filter(|r| r.category.is_some()));
    let first = ratings.next()??;
    let agree = ratings.all(|r| r.is_some_and(|r| r.category == first.category));
    agree.then_some(first)
}
