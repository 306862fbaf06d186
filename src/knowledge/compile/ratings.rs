//! The ratings: one line per rating table and study.

use super::super::files::RatingLine;
use super::super::finding::Finding;
use super::super::table::ScenarioTable;
use super::super::{AppropriatenessCategory, Key, Rating, Study};
use super::Build;
use std::collections::{BTreeMap, BTreeSet};

impl Build<'_> {
    pub(super) fn ratings(
        &mut self,
        studies: &[Study],
        table: &ScenarioTable,
    ) -> BTreeMap<(Key, Key), Rating> {
        let file = "pnet/ratings.csv";
        let mut ratings = BTreeMap::new();
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
}
