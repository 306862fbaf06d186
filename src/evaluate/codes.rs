//! Codes that nothing explains, as a map to be edited: most frequent first, with what their words suggest.
//!
//! A proposal is a comment. Whoever knows the codes removes the `#`; nothing is taken over by itself, and a file that
//! nobody has edited is a map without a line.

use super::row::plain;
use super::tally::{Codes, Tally, Unmapped};
use crate::engine::case::DraftOrder;
use crate::engine::study;
use crate::knowledge::Knowledge;
use crate::terminology::{Concept, SystemId};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Codes of each sort that are listed.
const MOST: usize = 2_000;

/// The share of words that two names must have in common for one to be proposed for the other.
const ALIKE: f64 = 0.6;

/// A code, and what it may mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed<'t> {
    pub system: &'t str,
    pub code: &'t str,
    pub met: &'t Unmapped,
    pub proposal: Option<Proposal>,
}

/// What a code may mean, judged by its words alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    /// `study`, or the key of a code system.
    pub system: String,
    pub code: String,
    /// The words it rests on.
    pub name: String,
}

/// The codes of orders, most frequent first.
pub(super) fn orders<'t>(knowledge: &Knowledge, tally: &'t Tally) -> Vec<Listed<'t>> {
    listed(&tally.order_codes, |words| study_in(knowledge, words))
}

/// The codes of diagnoses, most frequent first.
pub(super) fn diagnoses<'t>(knowledge: &Knowledge, tally: &'t Tally) -> Vec<Listed<'t>> {
    let labels = labels(knowledge);
    listed(&tally.diagnosis_codes, |words| most_alike(&labels, words))
}

fn listed(codes: &Codes, propose: impl Fn(&str) -> Option<Proposal>) -> Vec<Listed<'_>> {
    let mut all: Vec<(&str, &str, &Unmapped)> = codes
        .iter()
        .flat_map(|(system, codes)| {
            codes
                .iter()
                .map(|(code, met)| (system.as_str(), code.as_str(), met))
        })
        .collect();
    all.sort_by_key(|(system, code, met)| (Reverse(met.count), *system, *code));
    all.truncate(MOST);
    let of = |(system, code, met): (_, _, &'_ Unmapped)| (system, code, propose(&met.display));
    all.into_iter()
        .map(|entry| {
            let (system, code, proposal) = of(entry);
            Listed {
                system,
                code,
                met: entry.2,
                proposal,
            }
        })
        .collect()
}

/// The study that the words name, read as an order without a code is read.
fn study_in(knowledge: &Knowledge, words: &str) -> Option<Proposal> {
    let order = DraftOrder {
        code: Concept {
            codings: Vec::new(),
            text: Some(words.to_owned()),
        },
        ..DraftOrder::default()
    };
    let asked = study::identify(knowledge, &order)?;
    let study = asked.study(knowledge)?;
    Some(Proposal {
        system: "study".to_owned(),
        code: study.key.to_string(),
        name: study.name.clone(),
    })
}

/// A name of the knowledge and its words.
struct Label {
    words: BTreeSet<String>,
    proposal: Proposal,
}

/// The names of the diagnoses that rules read.
fn labels(knowledge: &Knowledge) -> Vec<Label> {
    let mut labels = Vec::new();
    for (id, codes) in (0..).map(SystemId).zip(&knowledge.members) {
        for member in codes.values().flatten().filter(|m| m.role.tells_tumour()) {
            let words = words_of(&member.entry.label);
            if words.len() > 1 {
                labels.push(Label {
                    words,
                    proposal: Proposal {
                        system: knowledge.systems().key(id).to_owned(),
                        code: member.entry.code.clone(),
                        name: member.entry.label.clone(),
                    },
                });
            }
        }
    }
    labels
}

/// Words for comparing names: short ones say nothing, and both spellings of a sound are one.
fn words_of(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase().replace("our", "or").replace("ae", "e");
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| w.len() > 2).map(str::to_owned).collect()
}

fn most_alike(labels: &[Label], words: &str) -> Option<Proposal> {
    let words = words_of(words);
    let alike = |label: &Label| {
        let both = label.words.intersection(&words).count();
        let all = label.words.union(&words).count();
        #[allow(clippy::cast_precision_loss, reason = "a name has few words")]
        let share = both as f64 / all.max(1) as f64;
        share
    };
    let mut best: Option<(f64, &Label)> = None;
    for label in labels {
        let share = alike(label);
        if share >= ALIKE && best.is_none_or(|(most, _)| share > most) {
            best = Some((share, label));
        }
    }
    best.map(|(_, label)| label.proposal.clone())
}

/// The map.
pub(super) fn map(knowledge: &Knowledge, tally: &Tally) -> String {
    let mut text = String::from(
        "# Codes that nothing explains, most frequent first. To use a line, check it with whoever knows the codes, mend\n\
         # what does not fit, and remove its first `#`; then run again with `--local-codes` and this file. What stands\n\
         # here in the columns of the target was read from the words of the code, by a machine: it is not applied as long\n\
         # as the line is a comment. deploy/local-codes.md explains the columns.\n\
         system,system_name,code,display,relationship,target_system,target_code,orderable\n",
    );
    for (heading, codes) in [
        ("Orders", orders(knowledge, tally)),
        ("Diagnoses", diagnoses(knowledge, tally)),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "#\n# {heading}: {} codes", codes.len());
        for listed in codes {
            let _ = writeln!(text, "# seen {} times{}", listed.met.count, told(&listed));
            let _ = writeln!(text, "#{}", line(&listed));
        }
    }
    text
}

fn told(listed: &Listed<'_>) -> String {
    match &listed.proposal {
        Some(proposal) => format!("; by its words it may be: {}", plain(&proposal.name)),
        None => "; its words name nothing that is known".to_owned(),
    }
}

fn line(listed: &Listed<'_>) -> String {
    let name = listed.system.rsplit(['/', ':']).find(|part| !part.is_empty());
    let (relationship, system, code, orderable) = match &listed.proposal {
        Some(p) if p.system == "study" => ("equivalent", p.system.as_str(), p.code.as_str(), "no"),
        Some(p) => ("equivalent", p.system.as_str(), p.code.as_str(), ""),
        None => ("not-related-to", "", "", ""),
    };
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let fields = [
        &*plain(listed.system),
        name.unwrap_or(listed.system),
        &*plain(listed.code),
        &*plain(&listed.met.display),
        relationship,
        system,
        code,
        orderable,
    ];
    // Memory does not fail to be written to.
    let _ = writer.write_record(fields);
    let written = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&written).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(order: (&str, &str), diagnosis: (&str, &str)) -> Tally {
        let mut tally = Tally::default();
        Tally::code(&mut tally.order_codes, "urn:site:orders", order.0, order.1);
        Tally::code(
            &mut tally.diagnosis_codes,
            "urn:site:dx",
            diagnosis.0,
            diagnosis.1,
        );
        tally
    }

    #[test]
    fn an_unedited_map_maps_nothing_and_an_uncommented_proposal_is_a_map() {
        let knowledge = || Knowledge::embedded().unwrap();
        let codes = tally(
            ("IMG1", "CT abdomen pelvis without IV contrast"),
            ("D1", "Malignant neoplasm of endocrine pancreas"),
        );
        let map = map(&knowledge(), &codes);
        assert_eq!(
            knowledge()
                .with_local_codes(&map)
                .unwrap()
                .local_codes()
                .map(|l| l.lines),
            Some(0),
            "{map}"
        );
        let edited: String = map
            .lines()
            .map(|line| {
                line.strip_prefix("#urn")
                    .map_or(line.to_owned(), |rest| format!("urn{rest}"))
                    + "\n"
            })
            .collect();
        let known = knowledge().with_local_codes(&edited).unwrap();
        assert!(!known.is_unmapped("urn:site:orders", "IMG1"), "{edited}");
        assert!(known.knows("urn:site:dx", "D1"), "{edited}");
    }

    #[test]
    fn words_that_name_nothing_known_lead_to_no_proposal() {
        let knowledge = Knowledge::embedded().unwrap();
        let codes = tally(("IMG2", "Bone density"), ("D2", "Malignant neoplasm of colon"));
        assert_eq!(orders(&knowledge, &codes)[0].proposal, None);
        assert_eq!(diagnoses(&knowledge, &codes)[0].proposal, None);
    }
}
