//! The reading of a text: every question and finding the decision asks for, each with the words it rests on.

use super::assertion::{Assertion, Text};
use super::spans::Spans;
use crate::knowledge::vocabulary::List;
use std::ops::Range;

/// What a text says of something that can be found, sought, excluded or planned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Finding {
    /// Not mentioned.
    #[default]
    None,
    /// "no mets", "Whipple aborted"
    Negated(String),
    /// "r/o mets"
    Queried(String),
    /// "planned Whipple"
    Planned(String),
    /// "liver mets", "s/p Whipple"
    Found(String),
}

/// What a text asks or tells, as far as the decision cares. Each `Some` holds the words found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(
    missing_docs,
    reason = "the names are those of the phrase lists; cards/lexicon explains each"
)]
pub struct Reading {
    pub metastatic_staging: Option<String>,
    pub initial_staging: Option<String>,
    pub local: Option<String>,
    pub surveillance: Option<String>,
    pub follow_up: Option<String>,
    pub observation: Option<String>,
    pub response: Option<String>,
    pub recurrence: Option<String>,
    pub tissue: Option<String>,
    pub therapeutic_eus: Option<String>,
    pub indeterminate: Option<String>,
    pub repeat_reason: Option<String>,
    pub sstr_negative: Option<String>,
    pub screening: Option<String>,
    pub resection_word: Option<String>,
    pub other_indication: Option<String>,
    pub other_illness: Option<String>,
    pub staging_denied: Option<String>,
    pub treatment_done: Option<String>,
    pub guidance: Option<String>,
    /// When the order says the tumour was found.
    pub dated: Vec<Dated>,
    pub metastasis: Finding,
    pub resection: Finding,
}

impl Reading {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &Text<'_>) -> Self {
        let staging_text = text.without(&[List::LocalSpan, List::RestageSpan]);
        Self::with(text, &staging_text)
    }

    /// Reads the words of an order for endoscopic ultrasound: there "staging before surgery" asks for the local stage.
    #[must_use]
    pub fn of_endoscopy(text: &Text<'_>) -> Self {
        let staging_text = text.without(&[List::LocalSpan, List::LocalByEus, List::RestageSpan]);
        let mut reading = Self::with(text, &staging_text);
        reading.local = reading.local.or_else(|| text.not_negated(List::LocalByEus));
        reading
    }

    /// `staging_text`: the same text without the words that ask for another stage than that of the whole disease.
    fn with(text: &Text<'_>, staging_text: &Text<'_>) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let tissue_text = text.without(&[List::TissueDoneSpan]);
        let staging: Vec<_> = spoken(staging_text, List::MetastaticStaging);
        Self {
            metastatic_staging: staging.first().map(|s| staging_text.quote(s)),
            initial_staging: staging_text.not_negated(List::InitialStaging),
            local: text.not_negated(List::Local),
            surveillance: tissue_text.not_negated(List::Surveillance),
            follow_up: text.not_negated(List::FollowUp),
            observation: text.not_negated(List::ActiveSurveillance),
            response: text.not_negated(List::TreatmentResponse),
            recurrence: recurrence(text),
            tissue: tissue_text.not_negated(List::Tissue),
            therapeutic_eus: text.not_negated(List::TherapeuticEus),
            indeterminate: text.not_negated(List::Indeterminate),
            repeat_reason: text.not_negated(List::RepeatReason),
            sstr_negative: mentioned(text, List::SstrNegative),
            screening: text.not_negated(List::Screening),
            resection_word: asserted(text, List::ResectionWord),
            other_indication: text.not_negated(List::OtherIndication),
            other_illness: present(text, List::OtherIllness),
            // Denials of staging are blanked before staging is looked for (traps).
            staging_denied: text.raw_words_of(List::StagingDenied),
            treatment_done: asserted(text, List::TreatmentDone),
            guidance: tissue_text.not_negated(List::StudyGuidance),
            dated: dated(text),
            metastasis: metastasis(text, &staging),
            resection: resection(text),
        }
    }
}

/// When the tumour was found, as the order tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The words.
    pub words: String,
    /// The year they end with; without one they say "years ago".
    pub year: Option<i16>,
}

fn dated(text: &Text<'_>) -> Vec<Dated> {
    let words = text.spans(List::Dated).into_iter().map(|span| text.quote(&span));
    let year = |words: &str| {
        let digits = words.bytes().rev().take_while(u8::is_ascii_digit).count();
        let number: i16 = words.get(words.len() - digits..)?.parse().ok()?;
        // "03/19" is a year of this century, "'98" one of the last.
        Some(match (digits, number) {
            (2, 50..) => 1900 + number,
            (2, _) => 2000 + number,
            _ => number,
        })
    };
    words
        .map(|words| Dated {
            year: year(&words),
            words,
        })
        .collect()
}

/// Spans of a list that are not negated.
fn spoken(text: &Text<'_>, list: List) -> Vec<Range<usize>> {
    text.labelled(list)
        .into_iter()
        .filter(|h| h.assertion != Assertion::Negated)
        .map(|h| h.span)
        .collect()
}

fn mentioned(text: &Text<'_>, list: List) -> Option<String> {
    text.spans(list).first().map(|s| text.quote(s))
}

/// Words of a list that speak of today: what they deny or tell of the past is no reason for an order.
fn present(text: &Text<'_>, list: List) -> Option<String> {
    let hits = text.labelled(list);
    let hit = hits
        .into_iter()
        .find(|h| !matches!(h.assertion, Assertion::Negated | Assertion::Historical))?;
    Some(text.quote(&hit.span))
}

fn asserted(text: &Text<'_>, list: List) -> Option<String> {
    let hits = text.labelled(list);
    let hit = hits
        .into_iter()
        .find(|h| matches!(h.assertion, Assertion::Asserted | Assertion::Historical))?;
    Some(text.quote(&hit.span))
}

/// "No evidence of recurrence" is no suspicion of one.
fn recurrence(text: &Text<'_>) -> Option<String> {
    text.not_negated(List::Recurrence)
}

/// Known, sought or excluded metastases: an excluded one beats a sought one beats a known one on the same words.
fn metastasis(text: &Text<'_>, staging: &[Range<usize>]) -> Finding {
    let negated = text.spans(List::MetastasisNegated);
    let first_negated = negated.first().cloned();
    let negated = Spans::new(negated);
    let mut open = text.spans(List::MetastasisQueried);
    let words = Spans::new(text.spans(List::MetastasisWord));
    open.extend(staging.iter().filter(|s| words.overlap(s)).cloned());
    let queried = Spans::new(open.clone());
    let known = text.labelled(List::MetastasisAsserted);
    let found = known.iter().find(|h| {
        matches!(h.assertion, Assertion::Asserted | Assertion::Historical)
            && !negated.overlap(&h.span)
            && !queried.overlap(&h.span)
    });
    if let Some(hit) = found {
        return Finding::Found(text.quote(&hit.span));
    }
    let open = open.iter().find(|s| !negated.overlap(s));
    let open = open.or_else(|| {
        known
            .iter()
            .find(|h| h.assertion == Assertion::Queried && !negated.overlap(&h.span))
            .map(|h| &h.span)
    });
    if let Some(span) = open {
        return Finding::Queried(text.quote(span));
    }
    let excluded = first_negated.or_else(|| {
        let denied = known.iter().find(|h| h.assertion == Assertion::Negated);
        denied.map(|h| h.span.clone())
    });
    excluded.map_or(Finding::None, |s| Finding::Negated(text.quote(&s)))
}

/// An operation done, planned or not done.
fn resection(text: &Text<'_>) -> Finding {
    let negated = text.spans(List::ResectionNegated);
    let planned = text.spans(List::ResectionPlanned);
    let contrary = Spans::new(negated.iter().chain(&planned).cloned().collect());
    let done = text.labelled(List::ResectionDone);
    let found = done.iter().find(|h| {
        matches!(h.assertion, Assertion::Asserted | Assertion::Historical) && !contrary.overlap(&h.span)
    });
    if let Some(hit) = found {
        return Finding::Found(text.quote(&hit.span));
    }
    if let Some(span) = negated.first() {
        return Finding::Negated(text.quote(span));
    }
    planned
        .first()
        .map_or(Finding::None, |s| Finding::Planned(text.quote(s)))
}
