//! Search among the codes that the knowledge knows: studies for orders, everything else for the problem list.

use super::Console;
use super::draft::Coded;
use super::query;
use crate::knowledge::files::{CodeEntry, StudiesFile, ValueSetFile};
use crate::knowledge::{Knowledge, SourceFiles};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Findings shown at once.
const MOST: usize = 12;

/// All codes, ready to be searched.
pub(super) struct Index {
    studies: Vec<Entry>,
    problems: Vec<Entry>,
}

struct Entry {
    coded: Coded,
    found: Found,
    /// Words, code and name of the system in small letters.
    text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Found {
    display: String,
    /// System and code, for people.
    code: String,
    /// What list it is from.
    list: String,
}

impl Index {
    /// The codes of these files.
    pub(super) fn of(knowledge: &Knowledge, files: &SourceFiles) -> Self {
        let read = |name: &str| files.get(name).map(String::as_str).unwrap_or_default();
        let studies: Option<StudiesFile> = toml::from_str(read("studies.toml")).ok();
        let studies = studies.into_iter().flat_map(|file| file.study).flat_map(|study| {
            let name = study.name.clone();
            let coded = study
                .code
                .into_iter()
                .filter_map(move |code| entry(knowledge, &code, &name, ""));
            coded.collect::<Vec<_>>()
        });
        // Diagnoses, and what changes the picture; treatments, results and studies stand elsewhere in a chart.
        let sets = files
            .keys()
            .filter(|f| f.starts_with("value-sets/dx-") || f.starts_with("value-sets/mod-"));
        let sets = sets.filter_map(|file| toml::from_str::<ValueSetFile>(read(file)).ok());
        let problems = sets.flat_map(|set| {
            let coded = set
                .code
                .iter()
                .filter_map(|code| entry(knowledge, code, &code.label, &set.title));
            coded.collect::<Vec<_>>()
        });
        Self {
            studies: studies.collect(),
            problems: problems.collect(),
        }
    }

    fn search(&self, problems: bool, query: &str) -> Vec<&Entry> {
        let query = query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let entries = if problems { &self.problems } else { &self.studies };
        let mut found: Vec<(u8, usize, &Entry)> = entries
            .iter()
            .filter(|entry| words.iter().all(|word| entry.text.contains(word)))
            .map(|entry| (rank(entry, &query), entry.found.display.len(), entry))
            .collect();
        found.sort_by_key(|(rank, length, _)| (*rank, *length));
        found.into_iter().take(MOST).map(|(_, _, entry)| entry).collect()
    }
}

/// The code itself first, then what begins with the words.
fn rank(entry: &Entry, query: &str) -> u8 {
    if entry.coded.code.eq_ignore_ascii_case(query) {
        0
    } else if entry.text.starts_with(query) {
        1
    } else {
        2
    }
}

fn entry(knowledge: &Knowledge, code: &CodeEntry, display: &str, list: &str) -> Option<Entry> {
    let systems = knowledge.systems();
    let system = systems.keyed(&code.system)?;
    let name = systems.name(system);
    Some(Entry {
        text: format!("{display} {} {} {name}", code.label, code.code).to_lowercase(),
        coded: Coded {
            system: systems.uri(system).to_owned(),
            code: code.code.clone(),
            display: display.to_owned(),
        },
        found: Found {
            display: display.to_owned(),
            code: format!("{name} {}", code.code),
            list: list.to_owned(),
        },
    })
}

/// `?of=problem&q=words`
pub(super) async fn search(State(console): State<Arc<Console>>, RawQuery(sent): RawQuery) -> Json<Value> {
    let of = query::value(sent.as_deref(), "of").unwrap_or_default();
    let words = query::value(sent.as_deref(), "q").unwrap_or_default();
    let found = console.codes.search(of == "problem", &words);
    let found: Vec<Value> = found
        .iter()
        .map(|entry| json!({ "coding": entry.coded, "found": entry.found }))
        .collect();
    Json(json!({ "found": found }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::embedded_files;

    #[test]
    fn words_and_codes_are_found_the_code_itself_first() {
        let files = embedded_files();
        let index = Index::of(&Knowledge::embedded().unwrap(), &files);
        for (problems, query, display) in [
            (false, "74176", "CT abdomen and pelvis without IV contrast"),
            (
                false,
                "mri PELVIS without and with cpt",
                "MRI pelvis without and with IV contrast",
            ),
            (true, "717919005", "neuroendocrine tumour of pancreas"),
        ] {
            let found = index.search(problems, query);
            assert!(
                found.iter().take(3).any(|e| e.found.display.contains(display)),
                "{query}: {:?}",
                found.iter().map(|e| &e.found).collect::<Vec<_>>()
            );
            assert!(found.len() <= MOST);
        }
        assert!(index.search(true, "nothing is called so").is_empty());
    }
}
