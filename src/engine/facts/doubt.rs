//! Is the order sure enough for a warning? Words that the rules of the scenario do not settle take it down to
//! information: "a warning needs agreement between the order and the chart".
//!
//! The scenario is decided elsewhere and stays what it is.

use super::{ChartFacts, OrderFacts, link::Link};
use crate::engine::case::DraftOrder;
use crate::engine::language::Text;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::List;

/// Why an order is not as sure as it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It speaks of later care, of a tumour of the past, or of one found long ago.
    Later,
    /// Beside the tumour it says something that is not understood, or names another cancer.
    More,
}

impl Doubt {
    /// The line of `common.limits` that tells it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Later => "says_later",
            Self::More => "says_more",
        }
    }
}

/// What takes a warning away from an order about the tumour, if anything does.
#[must_use]
pub fn decide(
    knowledge: &Knowledge,
    chart: &ChartFacts<'_>,
    order: &DraftOrder,
    facts: &OrderFacts<'_>,
    dated_old: bool,
) -> Option<Doubt> {
    let (names, reading) = (&facts.names, facts.reading());
    let later = [&reading.surveillance, &reading.follow_up, &reading.response];
    let past = names.about_tumour.is_none() && names.about_past_tumour.is_some();
    if dated_old || past || later.into_iter().any(Option::is_some) {
        return Some(Doubt::Later);
    }
    let linked = facts.link(chart).value == Link::Linked;
    let more = names.other_cancer.is_some() || (linked && !is_plain(knowledge, order));
    more.then_some(Doubt::More)
}

/// True when the reason says no more than what the tumour is: a tumour named beside an unknown word may be the
/// background of another question.
fn is_plain(knowledge: &Knowledge, order: &DraftOrder) -> bool {
    let reasons: Vec<&str> = order.reasons.iter().flat_map(|r| r.words()).collect();
    let text = if reasons.is_empty() {
        Text::join(order.notes.iter().map(String::as_str))
    } else {
        Text::join(reasons)
    };
    let rest = Text::new(knowledge, &text).without(&[
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
    !rest.holds_words()
}
