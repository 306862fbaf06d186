//! The ratings: one line per rating table and study.

use super::super::files::{CitationEntry, RatingLine, TopicFile};
use super::super::finding::{Finding, nth_line};
use super::super::lifecycle::Status;
use super::super::table::ScenarioTable;
use super::super::{AppropriatenessCategory, Key, Rating, Study};
use super::Build;
use std::collections::{BTreeMap, BTreeSet};

impl Build<'_> {
    pub(super) fn ratings(
        &mut self,
        studies: &[Study],
        table: &ScenarioTable,
        citations: &[CitationEntry],
    ) -> BTreeMap<(Key, Key), Rating> {
        let file = "pnet/ratings.csv";
        let mut ratings = BTreeMap::new();
        let mut recommended = BTreeMap::new();
        let Some(text) = self.files.get(file) else {
            self.find("K001", file, "", format!("`{file}` is missing"), "add the file");
            return ratings;
        };
        let known: BTreeSet<&str> = table
            .scenarios()
            .iter()
            .flat_map(|s| s.entry.variants.iter().map(String::as_str))
            .collect();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for (at, line) in reader.deserialize::<RatingLine>().enumerate() {
            let mut found = |code, message: String, help: &str| {
                self.findings.push(Finding {
                    code,
                    file: file.into(),
                    line: at + 2,
                    message,
                    help: help.into(),
                });
            };
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    found("K002", error.to_string(), "see the heading line for the columns");
                    continue;
                }
            };
            if !studies.iter().any(|s| *s.key == *line.study) {
                found(
                    "K003",
                    format!("study `{}` is not in the catalogue", line.study),
                    "add it to studies.toml",
                );
            }
            if !known.contains(line.scenario.as_str()) {
                found(
                    "K003",
                    format!("no scenario uses the rating table `{}`", line.scenario),
                    "name it under `variants` in scenarios.toml",
                );
            }
            let category = AppropriatenessCategory::keyed(&line.category);
            if category.is_none() && line.category != "unknown" {
                found(
                    "K006",
                    format!("category `{}` does not exist", line.category),
                    "use an ACR category, or `unknown`",
                );
            }
            if category.is_some() && matches!(line.rating_source.as_str(), "" | "none") {
                found(
                    "K006",
                    format!("the rating of `{}` has no source", line.study),
                    "name the source, or set `unknown`",
                );
            }
            let named = matches!(line.rating_source.as_str(), "" | "none" | "inferred")
                || citations.iter().any(|c| c.id == line.rating_source);
            if !named {
                let message = format!("the source `{}` is no citation", line.rating_source);
                found("K003", message, "add it to pnet/citations.toml");
            }
            if line.recommended == "yes" {
                let first = recommended.insert(line.scenario.clone(), line.study.clone());
                if let Some(first) = first.filter(|f| *f != line.study) {
                    let message = format!(
                        "`{}` and `{first}` are both the recommended study of `{}`",
                        line.study, line.scenario
                    );
                    found(
                        "K013",
                        message,
                        "keep the mark on the study that the source lists first",
                    );
                }
                if category != Some(AppropriatenessCategory::UsuallyAppropriate) {
                    let message = format!("`{}` is recommended but not usually appropriate", line.study);
                    found("K013", message, "remove the mark, or mend the category");
                }
            }
            let key: (Key, Key) = (line.scenario.as_str().into(), line.study.as_str().into());
            if ratings.contains_key(&key) {
                let message = format!("study `{}` is rated twice for `{}`", line.study, line.scenario);
                found("K004", message, "remove one line");
            }
            let stated = |text: String| Some(text).filter(|t| !t.is_empty() && t != "unknown");
            let rating = Rating {
                category,
                recommended: line.recommended == "yes",
                rrl: stated(line.rrl),
                by_extension: line.by_extension == "yes",
                source: line.rating_source,
                confidence: line.confidence,
                facts: line.facts,
            };
            ratings.insert(key, rating);
        }
        ratings
    }
    /// Every study that an order can name has a line in every table; an incomplete table declares the rest unknown.
    pub(super) fn cells(
        &mut self,
        topic: Option<&TopicFile>,
        studies: &[Study],
        ratings: &BTreeMap<(Key, Key), Rating>,
    ) {
        let file = "pnet/ratings.csv";
        let text = self.files.get(file).map(String::as_str).unwrap_or_default();
        let tables = topic.iter().flat_map(|t| &t.table);
        let complete: Vec<&str> = tables
            .filter(|t| t.status != Status::Incomplete)
            .map(|t| t.variant.as_str())
            .collect();
        for variant in complete {
            let line = nth_line(text, &format!("{variant},"), 0);
            for study in studies.iter().filter(|s| s.answers) {
                if !ratings.contains_key(&(Key::from(variant), study.key.clone())) {
                    let message = format!(
                        "`{}` is neither rated nor declared unknown for `{variant}`",
                        study.key
                    );
                    let help = "add a line with the rating and its source, or with `unknown`";
                    self.at("K012", file, line, message, help);
                }
            }
        }
    }
}
