//! The scenario table: facts, scenarios, rows; and which scenarios may speak.

use super::super::Key;
use super::super::files::{ScenariosFile, TableEntry, TopicFile, Voice};
use super::super::finding::{Finding, nth_line};
use super::super::space;
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
                let near = format!("name = \"{}\"", fact.name);
                self.find("K001", file, &near, message, "add it under answers");
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
        let mut lines = Vec::new();
        let text = self.files.get(file).map(String::as_str).unwrap_or_default();
        for (at, entry) in read.row.into_iter().enumerate() {
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
            lines.push(nth_line(text, "[[row]]", at));
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
        self.whole_space(file, &rows, &lines);
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

    /// Every combination of facts meets a row, and every row is met by some combination.
    fn whole_space(&mut self, file: &str, rows: &[Row], lines: &[usize]) {
        let walk = space::walk(rows);
        let mut found = |code, line, message, help: &str| {
            self.findings.push(Finding {
                code,
                file: file.into(),
                line,
                message,
                help: help.into(),
            });
        };
        if walk.left > 0 {
            let facts: Vec<String> = walk.example.iter().map(|(f, a)| format!("{f} = {a}")).collect();
            let message = format!(
                "{} of {} combinations of facts meet no row, for instance {}",
                walk.left,
                space::combinations(),
                facts.join(", ")
            );
            let line = lines.last().copied().unwrap_or_default();
            found("K011", line, message, "end the table with a row without `when`");
        }
        for ((row, taken), line) in rows.iter().zip(&walk.taken).zip(lines) {
            if *taken == 0 {
                let message = format!(
                    "row `{}` ({}) is never reached: the rows before it take all its cases",
                    row.rule, row.scenario
                );
                found(
                    "K007",
                    *line,
                    message,
                    "move it up, narrow the rows before it, or remove it",
                );
            }
        }
    }

    /// A scenario is silent as long as one of its rating tables may not be spoken from, whatever the file wishes.
    pub(super) fn voices(&mut self, table: &mut ScenarioTable, topic: &TopicFile) {
        for entry in &topic.table {
            let known = |s: &Scenario| s.entry.variants.contains(&entry.variant);
            if !table.scenarios.iter().any(known) {
                let message = format!("no scenario uses the rating table `{}`", entry.variant);
                let help = "name it under `variants` in scenarios.toml";
                self.find("K003", TOPIC, &format!("\"{}\"", entry.variant), message, help);
            }
        }
        for scenario in &mut table.scenarios {
            let entry = &mut scenario.entry;
            let tables: Vec<_> = entry
                .variants
                .iter()
                .map(|v| topic.table.iter().find(|t| t.variant == *v))
                .collect();
            for (variant, _) in entry.variants.iter().zip(&tables).filter(|(_, t)| t.is_none()) {
                let message = format!("nothing says who answers for the rating table `{variant}`");
                self.find("K001", TOPIC, "[[table]]", message, "add a [[table]] for it");
            }
            if entry.voice == Voice::Rated && !tables.iter().all(|t| t.is_some_and(TableEntry::speaks)) {
                entry.voice = Voice::Silent;
            }
        }
    }
}

const TOPIC: &str = "pnet/topic.toml";
