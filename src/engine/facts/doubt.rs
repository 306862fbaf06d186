//! Is the order sure enough for a warning? Words that the rules of the scenario do not settle take it down to
//! information: "a warning needs agreement between the order and the chart".
//!
//! Where the question stays open, it tells what speaks against the one that would be rated. The scenario is decided
//! elsewhere and stays what it is.

mod record;

use super::disease::{Course, Kind, Strength, Tumour};
use super::{ChartFacts, OrderFacts, link::Link};
use crate::engine::case::{Case, DraftOrder};
use crate::engine::language::{Assertion, Text};
use crate::engine::trace::{Evidence, Step};
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::List;

/// The line of `common.limits` of a question that takes the tumour to be untreated.
pub const ASSUMES_UNTREATED: &str = "assumed_untreated";

/// Why an order is not as sure as it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It speaks of later care, of a tumour of the past, or of one found long ago.
    Later,
    /// Beside the tumour it says something that is not understood, or names another cancer.
    More,
    /// The order is plain, but the record speaks of earlier care or of another tumour.
    Record,
}

impl Doubt {
    /// The line of `common.limits` that tells it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Later => "says_later",
            Self::More => "says_more",
            Self::Record => "record_says",
        }
    }
}

/// What takes a warning away from an order about the tumour, if anything does, and what of the record does so.
#[must_use]
pub fn decide(
    knowledge: &Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    order: &DraftOrder,
    facts: &OrderFacts<'_>,
    dated_old: bool,
) -> Option<(Doubt, Option<Evidence>)> {
    if let Some(doubt) = by_order(knowledge, chart, order, facts, dated_old) {
        return Some((doubt, None));
    }
    let against = chart
        .against_staging
        .get_or_init(|| record::against(knowledge, case, chart));
    against.clone().map(|evidence| (Doubt::Record, Some(evidence)))
}

/// What the words of the order itself put in doubt.
fn by_order(
    knowledge: &Knowledge,
    chart: &ChartFacts<'_>,
    order: &DraftOrder,
    facts: &OrderFacts<'_>,
    dated_old: bool,
) -> Option<Doubt> {
    let (names, reading) = (facts.names(), facts.reading());
    let later = [&reading.surveillance, &reading.follow_up, &reading.response];
    let past = names.about_tumour.is_none() && names.about_past_tumour.is_some();
    if dated_old || past || names_treatment(facts.text()) || later.into_iter().any(Option::is_some) {
        return Some(Doubt::Later);
    }
    // A hint yields to words that say which staging is meant: "routine" is what many orders say of their urgency.
    let text = facts.text();
    let hinted = || {
        text.not_negated(List::OrderHints).is_some()
            || text.raw_mentions(List::EarlierStaging)
            || only_suspects(chart, text)
    };
    if reading.initial_staging.is_none() && hinted() {
        return Some(Doubt::Later);
    }
    let unsettled = match facts.link(chart).value {
        Link::Linked => true,
        // It asks for the stage of something it does not name.
        Link::Explicit => names.about_tumour.is_none() && names.about_generic_metastasis.is_none(),
        Link::Presumed | Link::Care | Link::Other | Link::Unclear => false,
    };
    // "Pancreatic cancer" may be this tumour or the common one.
    let unspecified = !names.pnet && facts.text().not_negated(List::PnetUnspecifiedCancer).is_some();
    // A coded reason beside it that is not about the tumour is as open as words that were not read.
    let beside = || names.other_code || !is_plain(knowledge, order);
    let more = names.other_cancer.is_some() || unspecified || (unsettled && beside());
    more.then_some(Doubt::More)
}

/// The order suspects a tumour that the problem list does not call a suspicion.
///
/// Section 4: "suspected-high (provisional + specific pNET code, or 'highly suspected/consistent with/DOTATATE-avid'
/// text) → continues". So "highly suspected" on the order is sure enough; and where the problem list suspects the tumour
/// highly, an order that calls it suspected agrees with it. Beside a confirmed tumour "suspected" agrees with nothing:
/// it may be an older reason or another finding. Only the problem list is asked, because a result that was not sent
/// must not make a card louder.
fn only_suspects(chart: &ChartFacts<'_>, text: &Text<'_>) -> bool {
    let listed = |t: &Tumour| t.kind == Kind::Pnet && t.course != Course::Past && !t.by_result;
    let suspected = |t: &Tumour| listed(t) && t.strength == Strength::Suspected;
    let hint = text
        .without(&[List::PnetSuspectedHigh])
        .not_negated(List::OrderSuspicion);
    hint.is_some() && !chart.tumours.iter().any(suspected)
}

/// A treatment is named as something that is or was, not as a plan.
fn names_treatment(text: &Text<'_>) -> bool {
    let text = text.without(&[List::TracerScintigraphy]);
    let said = |list: List| text.says(list).map(|(assertion, _)| assertion);
    let lists = [List::Prrt, List::LiverDirected, List::Systemic, List::Ssa];
    let told = lists.into_iter().filter_map(said);
    told.into_iter()
        .any(|a| !matches!(a, Assertion::Negated | Assertion::Future))
}

/// Words of a list that a text states as they are, now or in the past.
fn spoken_of(text: &Text<'_>, list: List) -> Option<String> {
    match text.says(list)? {
        (Assertion::Asserted | Assertion::Historical, words) => Some(words),
        _ => None,
    }
}

/// True when the reason says no more than what the tumour is: a tumour named beside an unknown word may be the
/// background of another question.
fn is_plain(knowledge: &Knowledge, order: &DraftOrder) -> bool {
    let reasons: Vec<&str> = order.reasons.iter().flat_map(|r| r.words()).collect();
    let text = if order.reasons.is_empty() && order.reason_references.is_empty() {
        Text::join(order.notes.iter().map(String::as_str))
    } else {
        Text::join(reasons)
    };
    let unasked = Text::new(knowledge, &text).without(&[
        List::MetastaticStaging,
        List::InitialStaging,
        List::Local,
        List::MetastasisQueried,
        List::ResectionPlanned,
        List::ResectionNegated,
    ]);
    let rest = unasked.without(&[
        List::PnetStrong,
        List::PnetNeedsPancreas,
        List::PnetUpperCase,
        List::PnetPancreaticMass,
        List::Indeterminate,
        List::TissueDoneSpan,
        List::GradeHigh,
        List::GradeWell,
        List::SstrNegative,
        List::PlainWords,
    ]);
    !unasked.asks() && !rest.holds_words()
}

/// Facts whose answer speaks of something else than the first staging of an untreated tumour.
const AGAINST: [(&str, &[&str]); 10] = [
    ("disease", &["inactive"]),
    ("link", &["unclear"]),
    ("diagnosis", &["old"]),
    ("treated", &["yes"]),
    ("resection", &["chart", "phrase"]),
    ("primary_ablated", &["yes"]),
    ("says_surveillance", &["yes"]),
    ("says_follow_up", &["yes"]),
    ("says_observation", &["yes"]),
    ("says_response", &["yes"]),
];

/// What the trace holds against a first staging, each piece once.
#[must_use]
pub fn contradictions(trace: &[Step]) -> Vec<Evidence> {
    let speaks = |step: &&Step| {
        let answers = AGAINST.iter().find(|(fact, _)| **fact == *step.fact);
        answers.is_some_and(|(_, answers)| answers.contains(&&*step.answer))
    };
    let mut found: Vec<Evidence> = Vec::new();
    for evidence in trace.iter().filter(speaks).flat_map(|s| &s.evidence) {
        if !found.contains(evidence) {
            found.push(evidence.clone());
        }
    }
    found
}
