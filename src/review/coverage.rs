//! What the stories and phrases cover: seed facts, traps, and the cells of scenario and study.
//!
//! Facts and traps are listed in `pnet/facts.md`; a story names those it shows in its prose (`Facts: S-02.`,
//! `Trap: T-05 (as text).`). It leaves out whether the stories pass, which [`super::outcome`] tells.

use super::vignette::Vignette;
use crate::knowledge::{Knowledge, SourceFiles};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const FACTS: &str = "pnet/facts.md";
const PHRASES: &str = "pnet/phrases.toml";
/// A trap is covered once it was met in so many disguises.
const DISGUISES: usize = 3;

/// What is covered and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every seed fact listed.
    pub facts: BTreeSet<String>,
    /// Facts named by a story or a phrase.
    pub shown: BTreeSet<String>,
    /// Facts excused from being shown, with the reason; a reason that begins with `test` points to the program.
    pub excused: BTreeMap<String, String>,
    /// Every trap listed, with the disguises in which the stories meet it.
    pub traps: BTreeMap<String, BTreeSet<String>>,
    /// Pairs of clinical question and study that some story expects.
    pub cells: BTreeSet<(String, String)>,
    /// How many ratings of questions and studies there are, and how many of them a story expects.
    pub rated: (usize, usize),
}

impl Coverage {
    /// Collects what the stories and phrases name.
    #[must_use]
    pub fn of(knowledge: &Knowledge, files: &SourceFiles, stories: &[Vignette]) -> Self {
        let text = |file: &str| files.get(file).map(String::as_str).unwrap_or_default();
        let mut coverage = Self::listed(text(FACTS));
        coverage.shown.extend(ids('S', text(PHRASES)));
        for story in stories {
            coverage.shown.extend(ids('S', &story.prose));
            for (trap, disguise) in disguises(&story.prose) {
                coverage.traps.entry(trap).or_default().insert(disguise);
            }
            for (_, order) in story.expect.orders.iter().filter(|(_, o)| !o.study.is_empty()) {
                let question = order.scenario.as_ref().unwrap_or(&story.expect.scenario);
                coverage.cells.insert((question.clone(), order.study.clone()));
            }
        }
        for scenario in knowledge.table().scenarios() {
            for study in knowledge.studies() {
                // A cell that is declared unknown holds no rating.
                let held = |v: &String| {
                    knowledge
                        .rating(v, &study.key)
                        .is_some_and(|r| r.category.is_some())
                };
                if scenario.entry.variants.iter().any(held) {
                    coverage.rated.0 += 1;
                    let cell = (scenario.key.to_string(), study.key.to_string());
                    coverage.rated.1 += usize::from(coverage.cells.contains(&cell));
                }
            }
        }
        coverage
    }

    /// The facts, traps and excuses that `facts.md` lists: table rows whose first cell is an id.
    fn listed(text: &str) -> Self {
        let mut found = Self::default();
        let mut excuses = false;
        for line in text.lines() {
            if line.starts_with('#') {
                excuses = line.contains("excused");
            }
            let mut cells = line.split('|').map(str::trim).skip(1);
            let (Some(id), Some(words)) = (cells.next(), cells.next()) else {
                continue;
            };
            if ids('S', id).first().is_some_and(|i| i == id) {
                if excuses {
                    found.excused.insert(id.to_owned(), words.to_owned());
                } else {
                    found.facts.insert(id.to_owned());
                }
            } else if ids('T', id).first().is_some_and(|i| i == id) {
                found.traps.insert(id.to_owned(), BTreeSet::new());
            }
        }
        found
    }

    /// What is wrong, given the facts that tests of the program name; empty when the list is right.
    #[must_use]
    pub fn problems(&self, tested: &BTreeSet<String>) -> Vec<String> {
        let mut found = Vec::new();
        for fact in &self.facts {
            let by_test = tested.contains(fact);
            match self.excused.get(fact) {
                None if !self.shown.contains(fact) => {
                    found.push(format!("{fact} is shown by no story or phrase, and not excused"));
                }
                Some(_) if self.shown.contains(fact) => {
                    found.push(format!("{fact} is excused although a story or phrase shows it"));
                }
                Some(reason) if reason.starts_with("test") != by_test => {
                    found.push(format!(
                        "{fact}: the excuse and the tests of the program disagree"
                    ));
                }
                _ => {}
            }
        }
        for fact in self.shown.iter().chain(self.excused.keys()) {
            if !self.facts.contains(fact) {
                found.push(format!("{fact} is no fact of {FACTS}"));
            }
        }
        for (trap, disguises) in self.traps.iter().filter(|(_, d)| d.len() < DISGUISES) {
            found.push(format!("{trap} is met in {} disguises only", disguises.len()));
        }
        found
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let covered = self.traps.values().filter(|d| d.len() >= DISGUISES).count();
        let shown = self.facts.intersection(&self.shown).count();
        let tests = self.excused.values().filter(|r| r.starts_with("test")).count();
        write!(
            f,
            "{} scenario and study cells covered, {} of {} rated ones\n\
             {covered} of {} traps covered in at least {DISGUISES} disguises\n\
             {} of {} seed facts covered ({shown} by stories and phrases, {tests} by other tests), {} need none",
            self.cells.len(),
            self.rated.1,
            self.rated.0,
            self.traps.len(),
            shown + tests,
            self.facts.len(),
            self.excused.len() - tests,
        )
    }
}

/// `Trap: T-05 (as text).` → trap and disguise.
fn disguises(prose: &str) -> Vec<(String, String)> {
    let told = prose.split(['\n', ' ']).collect::<Vec<_>>().join(" ");
    let after = |id: &String| {
        let at = told.find(id.as_str())? + id.len();
        let rest = told.get(at..)?.trim_start().strip_prefix('(')?;
        Some((id.clone(), rest.split(')').next()?.to_owned()))
    };
    ids('T', &told).iter().filter_map(after).collect()
}

/// Every `S-02` of a text, in order of appearance.
#[must_use]
pub fn ids(letter: char, text: &str) -> Vec<String> {
    let start = format!("{letter}-");
    let digits = |at: usize| {
        text.get(at + 2..at + 4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_digit()))
    };
    let alone = |at: usize| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
    };
    text.match_indices(&start)
        .filter(|(at, _)| alone(*at))
        .filter_map(|(at, _)| digits(at).map(|d| format!("{start}{d}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "## A. Scope\n| # | Fact |\n|---|---|\n| S-01 | adult |\n| S-02 | new |\n\
        ## I. Traps\n| T-01 | triad |\n## J. Facts excused\n| S-02 | test of the window |\n";

    #[test]
    fn facts_traps_and_excuses_are_listed() {
        let found = Coverage::listed(LIST);
        assert_eq!(found.facts.len(), 2);
        assert_eq!(found.excused["S-02"], "test of the window");
        assert!(found.traps.contains_key("T-01"));
    }

    #[test]
    fn a_missing_a_needless_and_a_wrong_excuse_are_problems() {
        let mut coverage = Coverage::listed(LIST);
        coverage.traps.clear();
        let tested = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        assert_eq!(
            coverage.problems(&tested(&[])),
            [
                "S-01 is shown by no story or phrase, and not excused",
                "S-02: the excuse and the tests of the program disagree"
            ]
        );
        coverage
            .shown
            .extend(["S-01".to_owned(), "S-02".to_owned(), "S-77".to_owned()]);
        assert_eq!(
            coverage.problems(&tested(&["S-02"])),
            [
                "S-02 is excused although a story or phrase shows it",
                "S-77 is no fact of pnet/facts.md"
            ]
        );
    }

    #[test]
    fn ids_and_disguises_are_found_in_prose() {
        assert_eq!(ids('S', "Facts: S-02, S-36 (XS-01, IS-99)."), ["S-02", "S-36"]);
        let found = disguises("Facts: S-02. Trap: T-01 (as text). Traps: T-02 (as\ncode).");
        assert_eq!(
            found,
            [
                ("T-01".to_owned(), "as text".to_owned()),
                ("T-02".to_owned(), "as code".to_owned())
            ]
        );
    }
}
