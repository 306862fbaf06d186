//! The second transcription: codes, ratings, windows and phrases written down a second time, apart from `cards/`.
//!
//! `expected/codes.csv` and `expected/ratings.csv` come from the code list and the rating tables of the clinical
//! package, `expected/windows.csv` and `expected/rows.csv` from the procedure, `expected/phrases.csv` holds one wording
//! per phrase. A change of the knowledge has to be made in both places, by somebody who means it. Left out: what the engine makes of them.

use apposite::engine::language::Text;
use apposite::knowledge::Knowledge;
use apposite::knowledge::table::Answers;
use apposite::knowledge::vocabulary::{List, Window};
use apposite::terminology::Coding;
use std::collections::BTreeMap;

/// Everything that is expected.
pub struct Tables {
    /// Code, meaning (a role, or `study KEY`), whether it has that meaning.
    codes: Vec<(Coding, String, bool)>,
    /// Variant and study → category.
    ratings: BTreeMap<(String, String), String>,
    windows: Vec<(Window, i64)>,
    phrases: Vec<(List, String)>,
    /// Answers of the scenario table and the scenario they lead to.
    rows: Vec<(String, String)>,
}

/// What a plain order is answered: a new, confirmed, untreated tumour that the order names, and nothing else said.
const PLAIN: &str = "study=answers person=adult disease=confirmed link=linked diagnosis=new recurrence=no treated=no \
                     metastatic=none resection=none primary_ablated=no says_screening=no says_initial_staging=no \
                     says_metastatic_staging=no says_local=no says_surveillance=no says_follow_up=no \
                     says_observation=no says_response=no says_indeterminate=no says_resection=no";

fn lines(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|r| r.unwrap());
    rows.map(|r| r.iter().map(str::to_owned).collect()).collect()
}

impl Tables {
    /// Reads the expectation; `knowledge` tells the names of the code systems.
    pub fn read(knowledge: &Knowledge) -> Self {
        let systems = knowledge.systems();
        let coding = |system: &str, code: &str| Coding {
            system: Some(systems.uri(systems.keyed(system).unwrap()).to_owned()),
            code: Some(code.to_owned()),
            ..Coding::default()
        };
        let codes = lines(include_str!("expected/codes.csv")).into_iter();
        let ratings = lines(include_str!("expected/ratings.csv")).into_iter();
        let windows = lines(include_str!("expected/windows.csv")).into_iter();
        let phrases = lines(include_str!("expected/phrases.csv")).into_iter();
        let rows = lines(include_str!("expected/rows.csv")).into_iter();
        Self {
            rows: rows.map(|r| (r[0].clone(), r[1].clone())).collect(),
            codes: codes
                .map(|r| (coding(&r[0], &r[1]), r[2].clone(), r[3] == "yes"))
                .collect(),
            ratings: ratings
                .map(|r| ((r[0].clone(), r[1].clone()), r[2].clone()))
                .collect(),
            windows: windows
                .map(|r| (Window::named(&r[0]).unwrap(), r[1].parse().unwrap()))
                .collect(),
            phrases: phrases
                .map(|r| (List::named(&r[0]).unwrap(), r[1].clone()))
                .collect(),
        }
    }

    /// Codes and ratings that differ.
    pub fn codes_and_ratings(&self, k: &Knowledge) -> Vec<String> {
        let mut found = Vec::new();
        for (coding, meaning, expected) in &self.codes {
            let holds = match meaning.strip_prefix("study ") {
                Some(study) => k.study_coded(coding).is_some_and(|s| &*s.key == study),
                None => k.members(coding).iter().any(|m| m.role.name() == meaning),
            };
            if holds != *expected {
                let code = coding.code.as_deref().unwrap_or_default();
                found.push(format!("code {code}: `{meaning}` should be {expected}"));
            }
        }
        let held = |variant: &str, study: &str| {
            let rating = k.rating(variant, study)?;
            Some(rating.category.map_or("unknown", |c| c.key()))
        };
        for ((variant, study), category) in &self.ratings {
            let held = held(variant, study);
            if held != Some(category) {
                found.push(format!("{variant} {study}: {held:?} instead of {category}"));
            }
        }
        let variants: std::collections::BTreeSet<_> = self.ratings.keys().map(|(v, _)| v).collect();
        for variant in variants {
            for study in k.studies().iter().map(|s| s.key.to_string()) {
                let listed = self.ratings.contains_key(&(variant.clone(), study.clone()));
                // A cell declared unknown claims nothing.
                if !listed && held(variant, &study).is_some_and(|category| category != "unknown") {
                    found.push(format!("{variant} {study}: not in the second transcription"));
                }
            }
        }
        found
    }

    /// Windows and thresholds that differ.
    pub fn windows(&self, k: &Knowledge) -> Vec<String> {
        let differ = self.windows.iter().filter(|(w, value)| k.window(*w) != *value);
        let mut found: Vec<_> = differ
            .map(|(w, value)| format!("{}: should be {value}", w.name()))
            .collect();
        let missing = Window::ALL
            .iter()
            .filter(|w| self.windows.iter().all(|(listed, _)| listed != *w));
        found.extend(missing.map(|w| format!("{}: not in the second transcription", w.name())));
        found
    }

    /// Scenarios that the table of rows reaches otherwise.
    pub fn rows(&self, k: &Knowledge) -> Vec<String> {
        let mut found = Vec::new();
        for (told, scenario) in &self.rows {
            let mut answers = Answers::default();
            for answer in PLAIN.split(' ').chain(told.split_whitespace()) {
                let (fact, answer) = answer.split_once('=').unwrap();
                assert!(k.table().fact(fact).is_some(), "no fact `{fact}`");
                answers.set(fact, answer);
            }
            let got = k.table().decide(&answers).map(|row| row.scenario.to_string());
            if got.as_ref() != Some(scenario) {
                found.push(format!("`{told}`: {got:?} instead of {scenario}"));
            }
        }
        found
    }

    /// Wordings that are not found any more, of one list or of all.
    pub fn phrases(&self, k: &Knowledge, only: Option<List>) -> Vec<String> {
        let asked = self
            .phrases
            .iter()
            .filter(|(list, _)| only.is_none_or(|only| only == *list));
        let lost = asked.filter(|(list, example)| !Text::new(k, example).raw_mentions(*list));
        lost.map(|(list, example)| format!("{}: {example:?} is not found", list.name()))
            .collect()
    }
}

#[test]
fn the_knowledge_agrees_with_its_second_transcription() {
    let k = crate::knowledge();
    let tables = Tables::read(&k);
    let mut found = tables.codes_and_ratings(&k);
    found.extend(tables.windows(&k));
    found.extend(tables.rows(&k));
    found.extend(tables.phrases(&k, None));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
