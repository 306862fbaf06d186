//! The longest form of every card: no summary may be cut off, no text may grow beyond what is read.
//!
//! The engine itself tells which kinds a study can lead to: for each kind, the study of the first stories that lead to it
//! is exchanged for every other study of the catalogue. Each kind is then filled with all that the chart could add.

use super::vignette::Vignette;
use crate::answer::{MAX_SUMMARY_UNITS, Told};
use crate::engine::case::{Case, ResourceRef, Source};
use crate::engine::trace::Evidence;
use crate::engine::{Advice, Decision, Key, consult};
use crate::knowledge::finding::Finding;
use crate::knowledge::{Knowledge, SourceFiles, Study};
use crate::terminology::{Coding, Concept};
use std::collections::BTreeMap;

/// The most UTF-16 units the text of a card may have with everything that can be on it: about two screens.
pub const MAX_DETAIL_UNITS: usize = 5_000;

/// How many pieces of evidence, each with a quote of the greatest length, are put on the longest card.
const MUCH_EVIDENCE: usize = 8;

/// How many stories stand for one kind.
const STORIES_PER_KIND: usize = 2;

/// The longest words of one kind of card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Longest {
    /// The longest summary, and the study it is about.
    pub summary: (String, Key),
    /// The longest text.
    pub detail: String,
}

/// The longest words of every kind that a story can lead to.
#[must_use]
pub fn of_every_kind(knowledge: &Knowledge, stories: &[Vignette]) -> BTreeMap<Key, Longest> {
    let mut longest: BTreeMap<Key, Longest> = BTreeMap::new();
    for story in telling(knowledge, stories) {
        for study in knowledge.studies() {
            let case = with_study(knowledge, &story.case, study);
            for decision in consult(knowledge, &case).decisions {
                for advice in &decision.advice {
                    note(knowledge, &case, &decision, advice, &mut longest);
                }
            }
        }
    }
    longest
}

/// The first few stories that lead to each kind of card: more of them would only repeat the same words.
fn telling<'v>(knowledge: &Knowledge, stories: &'v [Vignette]) -> Vec<&'v Vignette> {
    let mut seen: BTreeMap<Key, usize> = BTreeMap::new();
    let mut telling = Vec::new();
    for story in stories.iter().filter(|s| !s.expect.cards.is_empty()) {
        let decisions = consult(knowledge, &story.case).decisions;
        let mut adds = false;
        for advice in decisions.iter().flat_map(|d| &d.advice) {
            let times = seen.entry(advice.kind.clone()).or_default();
            *times += 1;
            adds |= *times <= STORIES_PER_KIND;
        }
        if adds {
            telling.push(story);
        }
    }
    telling
}

fn note(
    knowledge: &Knowledge,
    case: &Case,
    decision: &Decision,
    advice: &Advice,
    longest: &mut BTreeMap<Key, Longest>,
) {
    let Some(study) = decision.study.clone() else {
        return;
    };
    let told = Told::of(knowledge, case, decision, &loaded(knowledge, advice));
    let Told { summary, detail } = told;
    match longest.get_mut(&advice.kind) {
        Some(held) => {
            if units(&summary) > units(&held.summary.0) {
                held.summary = (summary, study);
            }
            if units(&detail) > units(&held.detail) {
                held.detail = detail;
            }
        }
        None => {
            let summary = (summary, study);
            longest.insert(advice.kind.clone(), Longest { summary, detail });
        }
    }
}

/// The case with its first selected order asking for another study.
fn with_study(knowledge: &Knowledge, case: &Case, study: &Study) -> Case {
    let mut case = case.clone();
    if let Some(order) = case.orders.iter_mut().find(|o| o.selected) {
        let coding = knowledge.code_of(&study.key).map(|(system, code)| Coding {
            system: Some(system.to_owned()),
            code: Some(code.to_owned()),
            display: None,
        });
        let words = coding.is_none().then(|| study.name.clone());
        order.code = Concept {
            codings: coding.into_iter().collect(),
            text: words,
        };
        order.details.clear();
    }
    case
}

/// The advice with everything on it that a chart could add.
fn loaded(knowledge: &Knowledge, advice: &Advice) -> Advice {
    let words = knowledge.words();
    let offers = knowledge.suggestions();
    let evidence = |resource: &str, number: usize| Evidence {
        resource: Some(ResourceRef::new(format!("{resource}/{number}"))),
        what: String::new(),
        quote: Some(format!("{number} {}", "quoted words ".repeat(8))),
        date: None,
    };
    let sources: Vec<Key> = Source::ALL.iter().map(|s| Key::from(s.key())).collect();
    let resources = words.common.resource.keys();
    let mut loaded = advice.clone();
    loaded.modifiers = words
        .common
        .modifier
        .keys()
        .map(|kind| (Key::from(kind.as_str()), evidence("", 0)))
        .collect();
    loaded.limits = words
        .common
        .limits
        .keys()
        .map(|limit| (Key::from(limit.as_str()), sources.clone()))
        .collect();
    loaded.because = resources
        .cycle()
        .take(MUCH_EVIDENCE)
        .enumerate()
        .map(|(number, resource)| evidence(resource, number))
        .collect();
    loaded.against = loaded.because.iter().take(3).cloned().collect();
    loaded.offers = offers.orders.keys().cloned().collect();
    loaded.mentions = offers.mention.clone();
    loaded
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Cards that can become too long.
#[must_use]
pub fn findings(knowledge: &Knowledge, files: &SourceFiles, stories: &[Vignette]) -> Vec<Finding> {
    let file = "pnet/cards.toml";
    let text = files.get(file).map(String::as_str).unwrap_or_default();
    let line = |kind: &str| {
        let heading = format!("[card.{kind}]");
        text.lines()
            .position(|l| l.trim() == heading)
            .map_or(0, |at| at + 1)
    };
    let mut findings = Vec::new();
    for (kind, longest) in of_every_kind(knowledge, stories) {
        let mut found = |message: String, help: &str| {
            findings.push(Finding {
                code: "K017",
                file: file.into(),
                line: line(&kind),
                message,
                help: help.into(),
            });
        };
        let (summary, study) = &longest.summary;
        // The service cuts what is too long and marks the cut.
        if units(summary) >= MAX_SUMMARY_UNITS && summary.ends_with('…') {
            let message = format!("the summary of `{kind}` is cut off for `{study}`: {summary}");
            found(message, "shorten the summary, or the name of the study");
        }
        let length = units(&longest.detail);
        if length > MAX_DETAIL_UNITS {
            let message = format!(
                "the text of `{kind}` can have {length} characters, at most {MAX_DETAIL_UNITS} are read"
            );
            found(message, "shorten its words");
        }
    }
    findings
}
