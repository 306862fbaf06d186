//! Does the record speak against a first staging where no rule of the scenario reads it: a line "Resected 2019" that
//! names no organ, "on surveillance" in a note of the tumour, a biopsy without a tumour, another cancer that has spread?
//!
//! "A text that speaks of an old, treated or other tumour is no firm first staging": such a line takes a warning away
//! and changes nothing else. It leaves out what decides the scenario (`timeline`).

use super::super::disease::{Kind, Tumour};
use super::super::{ChartFacts, ReadCondition};
use super::spoken_of;
use crate::engine::case::{Case, Observation, PartialDate};
use crate::engine::counts;
use crate::engine::facts::timeline;
use crate::engine::language::Text;
use crate::engine::marks;
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::List;

/// The first piece of the record that speaks against it.
#[must_use]
pub fn against(knowledge: &Knowledge, case: &Case, chart: &ChartFacts<'_>) -> Option<Evidence> {
    let lines = chart.conditions.iter();
    let told = lines
        .clone()
        .find_map(|read| own_words(knowledge, case, chart, read))
        .or_else(|| lines.clone().find_map(|read| line(chart, read)))
        .or_else(|| lines.clone().find_map(|read| spread_of_another(chart, read)));
    let done = || {
        let procedures = case.chart.procedures.iter();
        procedures.filter(|p| counts::procedure(p)).find_map(|p| {
            let words = p.code.words().chain(p.notes.iter().map(String::as_str));
            let text = Text::new(knowledge, &Text::join(words));
            let words = stands_alone(&text).then(|| spoken_of(&text, List::RecordHints))??;
            Some(worded(&p.resource, List::RecordHints, &words, p.performed))
        })
    };
    let results = || {
        let results = case.chart.observations.iter().filter(|o| counts::observation(o));
        results.into_iter().find_map(|o| result(knowledge, chart, o))
    };
    told.or_else(done)
        .or_else(|| medicine(knowledge, case, chart))
        .or_else(results)
}

/// A medicine against cancer, given since the tumour was found, of which no source says that it treats this tumour.
fn medicine(knowledge: &Knowledge, case: &Case, chart: &ChartFacts<'_>) -> Option<Evidence> {
    let ours = chart.tumours.iter().filter(|t| is_ours(t));
    let found = ours.filter_map(|t| t.date).map(|d| d.earliest()).min();
    let earlier = |start: PartialDate| found.is_some_and(|found| start.latest() < found);
    let given = case.chart.medications.iter().filter(|m| counts::medication(m));
    let mut since = given.filter(|m| !m.start.is_some_and(earlier));
    since.find_map(|m| {
        let text = Text::new(knowledge, &Text::join(m.code.words()));
        let words = text.words_of(List::RecordMedicines)?;
        Some(worded(&m.resource, List::RecordMedicines, &words, m.start))
    })
}

fn worded(
    resource: &crate::engine::case::ResourceRef,
    list: List,
    words: &str,
    date: Option<PartialDate>,
) -> Evidence {
    marks::worded(resource, list.name(), words, date)
}

fn is_ours(tumour: &Tumour) -> bool {
    matches!(tumour.kind, Kind::Pnet | Kind::Siteless)
}

fn tumour_of<'t>(chart: &'t ChartFacts<'_>, read: &ReadCondition<'_>) -> Option<&'t Tumour> {
    let of = |t: &&Tumour| is_ours(t) && t.resource == read.condition.resource;
    chart.tumours.iter().find(of)
}

/// What the tumour's own diagnosis says of its past.
fn own_words(
    knowledge: &Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    read: &ReadCondition<'_>,
) -> Option<Evidence> {
    tumour_of(chart, read)?;
    let text = &read.diagnosis.text;
    let hint = || Some((List::RecordHints, spoken_of(text, List::RecordHints)?));
    let dated = || {
        let told = &read.reading().dated;
        let old = told.iter().find(|d| timeline::is_old(knowledge, case, d))?;
        Some((List::Dated, old.words.clone()))
    };
    let (list, words) = hint().or_else(dated)?;
    Some(worded(
        &read.condition.resource,
        list,
        &words,
        read.condition.recorded,
    ))
}

/// A line of its own that tells of later care and names nothing else it could belong to.
fn line(chart: &ChartFacts<'_>, read: &ReadCondition<'_>) -> Option<Evidence> {
    let text = &read.diagnosis.text;
    if tumour_of(chart, read).is_some() || !stands_alone(text) {
        return None;
    }
    let words = spoken_of(text, List::RecordHints)?;
    let date = read.condition.recorded;
    Some(worded(&read.condition.resource, List::RecordHints, &words, date))
}

/// True when a text says no more than what may be said of the tumour: no other organ, no other disease.
fn stands_alone(text: &Text<'_>) -> bool {
    let rest = text.without(&[
        List::RecordHints,
        List::NegativeResult,
        List::Dated,
        List::PnetStrong,
        List::PnetNeedsPancreas,
        List::PnetUpperCase,
        List::PancreasWord,
        List::PlainWords,
    ]);
    !rest.holds_words()
}

/// Another cancer that has spread, or one that has spread to the pancreas: the tumour there may be its metastasis.
fn spread_of_another(chart: &ChartFacts<'_>, read: &ReadCondition<'_>) -> Option<Evidence> {
    let text = &read.diagnosis.text;
    let condition = read.condition;
    let other = &chart.other_malignancies;
    let named = other
        .iter()
        .any(|e| e.resource.as_ref() == Some(&condition.resource));
    let lists = [Some(List::PnetSecondary), named.then_some(List::MetastasisWord)];
    let list = lists
        .into_iter()
        .flatten()
        .find(|l| spoken_of(text, *l).is_some())?;
    let words = spoken_of(text, list)?;
    Some(worded(&condition.resource, list, &words, condition.recorded))
}

/// A result of the pancreas, or of an organ that it does not name, that finds no such tumour or another one.
fn result(knowledge: &Knowledge, chart: &ChartFacts<'_>, observation: &Observation) -> Option<Evidence> {
    let told = observation.value.as_ref()?.told()?;
    let text = Text::new(knowledge, &Text::join(told.words()));
    let of_pancreas = text.raw_mentions(List::PancreasWord);
    let confirmed = chart.tumours.iter().any(|t| t.by_result && is_ours(t));
    let none = || {
        let negative = text.raw_words_of(List::NegativeResult);
        let denied = || text.raw_words_of(List::PnetDenied);
        let (list, words) = negative
            .map(|words| (List::NegativeResult, words))
            .or_else(|| Some((List::PnetDenied, denied()?)))?;
        (!confirmed && (of_pancreas || stands_alone(&text))).then_some((list, words))
    };
    let other = || {
        let words = spoken_of(&text, List::OtherMalignancy)?;
        let spread = of_pancreas || text.mentions(List::MetastasisWord);
        spread.then_some((List::OtherMalignancy, words))
    };
    let rival = || {
        let rival = |t: &Tumour| t.other_pancreatic_cancer && t.resource == observation.resource;
        let words = text.words_of(List::PnetOther)?;
        chart
            .tumours
            .iter()
            .any(rival)
            .then_some((List::PnetOther, words))
    };
    let (list, words) = none().or_else(other).or_else(rival)?;
    Some(worded(&observation.resource, list, &words, observation.date))
}
