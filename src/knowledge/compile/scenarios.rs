//! The scenario table: facts, scenarios, rows.

use super::super::Key;
use super::super::files::{ScenariosFile, Voice};
use super::super::finding::Finding;
use super::super::table::{Question, Row, Scenario, ScenarioTable};
use super::super::vocabulary::FACTS;
use super::Build;

impl Build<'_> {
    pub(super) fn table(&mut self) -> ScenarioTable {
        let file = "pnet/scenarios.toml";
        let Some(read) = self.toml::<ScenariosFile>(file) else {
            return ScenarioTable::default();
        };
        for fact in FACTS {
            let Some(entry) = read.fact.iter().find(|f| f.name == fact.name) else {
                self.find(
                    "K001",
                    file,
                    "[[fact]]",
                    format!("fact `{}` has no words", fact.name),
                    "add a [[fact]] for it",
                );
                continue;
            };
            for answer in fact.answers.iter().filter(|a| !entry.answers.contains_key(**a)) {
                let message = format!("answer `{answer}` of fact `{}` has no words", fact.name);
                self.find("K001", file, fact.name, message, "add it under answers");
            }
        }
        let scenarios: Vec<Scenario> = read
            .scenario
            .into_iter()
            .map(|entry| Scenario {
                key: entry.key.as_str().into(),
                entry,
            })
            .collect();
        let mut rows: Vec<Row> = Vec::new();
        for entry in read.row {
            let Some(scenario) = scenarios.iter().find(|s| *s.key == *entry.scenario) else {
                let message = format!(
                    "row `{}` leads to the unknown scenario `{}`",
                    entry.rule, entry.scenario
                );
                self.find(
                    "K003",
                    file,
                    &entry.scenario,
                    message,
                    "add a [[scenario]], or mend the name",
                );
                continue;
            };
            let mut when = Vec::new();
            for (fact, answers) in &entry.when {
                let known = FACTS.iter().enumerate().find(|(_, f)| f.name == fact);
                let mut set = 0u16;
                for answer in answers {
                    match known.and_then(|(_, f)| f.answers.iter().position(|a| a == answer)) {
                        Some(bit) => set |= 1 << bit,
                        None => {
                            let message = format!(
                                "row `{}` asks for `{fact} = {answer}`, which does not exist",
                                entry.rule
                            );
                            self.find("K003", file, answer, message, "see the list of facts and answers");
                        }
                    }
                }
                when.extend(known.map(|(at, _)| (at, set)));
            }
            let asks = scenario.entry.voice == Voice::Ask;
            if asks == entry.fits.is_empty() {
                let message = format!(
                    "row `{}` ({}) must name under `fits` the scenarios the evidence fits, if and only if it asks",
                    entry.rule, scenario.key
                );
                self.find("K007", file, &entry.because, message, "add or remove `fits`");
            }
            let named = entry.fits.iter();
            let fits = named
                .filter_map(|key| self.known_scenario(file, &scenarios, key))
                .collect();
            rows.push(Row {
                rule: entry.rule.into(),
                scenario: scenario.key.clone(),
                fits,
                because: entry.because,
                when,
            });
        }
        let stated = read.question.into_iter();
        let questions = stated
            .filter_map(|q| {
                Some(Question {
                    scenario: self.known_scenario(file, &scenarios, &q.scenario)?,
                    reason: q.reason.trim().to_owned(),
                })
            })
            .collect();
        // The last row must take whatever is left, or some facts would meet no row.
        if rows.last().is_none_or(|r| !r.when.is_empty()) {
            self.find(
                "K007",
                file,
                "[[row]]",
                "the last row has a condition".into(),
                "end the table with a row without `when`",
            );
        }
        for (at, row) in rows.iter().enumerate() {
            let covered = rows.iter().take(at).find(|earlier| earlier.includes(row));
            if let Some(earlier) = covered {
                let message = format!(
                    "row `{}` ({}) is never reached: `{}` stands before it",
                    row.rule, row.scenario, earlier.rule
                );
                self.findings.push(Finding {
                    code: "K007",
                    file: file.into(),
                    line: 0,
                    message,
                    help: "reorder or remove it".into(),
                });
            }
        }
        ScenarioTable {
            facts: read.fact,
            scenarios,
            questions,
            rows,
        }
    }

    /// The scenario with this key, or a finding.
    fn known_scenario(&mut self, file: &str, scenarios: &[Scenario], key: &str) -> Option<Key> {
        let known = scenarios.iter().find(|s| *s.key == *key).map(|s| s.key.clone());
        if known.is_none() {
            let message = format!("the scenario `{key}` does not exist");
            self.find("K003", file, key, message, "add a [[scenario]], or mend the name");
        }
        known
    }
}

impl Row {
    /// True when every case this row takes is taken by `self` already.
    fn includes(&self, later: &Self) -> bool {
        self.when.iter().all(|(fact, set)| {
            let full = FACTS.get(*fact).map_or(0, |f| (1u16 << f.answers.len()) - 1);
            let other = later
                .when
                .iter()
                .find(|(f, _)| f == fact)
                .map_or(full, |(_, s)| *s);
            other & !set == 0
        })
    }
}
