//! How a decision came about: question, answer, evidence. A product, not a log: `explain`, the card's "Why" and
//! the tests all read it.

use super::case::{PartialDate, ResourceRef};
use std::sync::Arc;

/// One rule that spoke.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Rule id: `R3`, `R6h`, `SC-21` …
    pub rule: Arc<str>,
    /// The fact asked for, by its key in `scenarios.toml`: `disease`.
    pub fact: Arc<str>,
    /// The answer, by its key: `confirmed`.
    pub answer: Arc<str>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// What a fact rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The resource it was read from; `None` for the absence of something.
    pub resource: Option<ResourceRef>,
    /// What was read, in the knowledge's own words (`C25.4 malignant tumour of the endocrine pancreas`).
    pub what: String,
    /// The words as the chart or order has them: untrusted, to be escaped wherever they are shown.
    pub quote: Option<String>,
    /// When.
    pub date: Option<PartialDate>,
}

impl Step {
    /// A step.
    #[must_use]
    pub fn new(rule: &str, fact: &str, answer: &str, evidence: Vec<Evidence>) -> Self {
        Self {
            rule: rule.into(),
            fact: fact.into(),
            answer: answer.into(),
            evidence,
        }
    }
}
