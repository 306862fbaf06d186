//! What is offered instead, and that it is never worse.

use super::super::files::{SuggestionsFile, Voice};
use super::super::table::{Scenario, ScenarioTable, Suggestions};
use super::super::{AppropriatenessCategory, Key, Rating, Study};
use super::Build;
use crate::terminology::CodeSystems;
use std::collections::BTreeMap;

impl Build<'_> {
    pub(super) fn suggestions(&mut self, studies: &[Study], systems: &CodeSystems) -> Suggestions {
        let file = "pnet/suggestions.toml";
        let Some(read) = self.toml::<SuggestionsFile>(file) else {
            return Suggestions::default();
        };
        let offered = read.base.iter().chain(&read.mention).chain([&read.high_grade]);
        for key in offered.chain(read.order.iter().map(|o| &o.study)) {
            if !studies.iter().any(|s| *s.key == **key) {
                self.find(
                    "K003",
                    file,
                    key,
                    format!("study `{key}` is not in the catalogue"),
                    "add it to studies.toml",
                );
            }
        }
        for key in read.base.iter().chain([&read.high_grade]) {
            if !read.order.iter().any(|o| o.study == *key) {
                let message = format!("`{key}` is offered, but nothing says how it is ordered");
                self.find("K001", file, key, message, "add an [[order]] for it");
            }
        }
        let coded = read.order.iter().flat_map(|o| &o.coded);
        let named: Vec<String> = coded
            .flat_map(|c| {
                [c.system.clone()]
                    .into_iter()
                    .chain(c.orders.iter().flat_map(|o| &o.codes).map(|c| system_of(c)))
            })
            .chain(read.fallback_systems.iter().cloned())
            .collect();
        for system in named.iter().filter(|s| systems.keyed(s).is_none()) {
            self.unknown_system(file, system);
        }
        let keys = |names: Vec<String>| names.into_iter().map(Key::from).collect();
        Suggestions {
            base: keys(read.base),
            mention: keys(read.mention),
            high_grade: Some(read.high_grade.into()),
            high_grade_because: read.high_grade_because,
            fallback_systems: read.fallback_systems,
            replaces_note: read.replaces_note,
            orders: read
                .order
                .into_iter()
                .map(|o| (Key::from(o.study.as_str()), o))
                .collect(),
        }
    }

    /// Wherever a rating can lead to a card, something better must be on offer; and what is offered or told in words
    /// must be usually appropriate in some scenario that speaks, or it could never be shown (the engine leaves out what
    /// is not usually appropriate). The one exception needs its reason.
    pub(super) fn offers_improve(
        &mut self,
        offers: &Suggestions,
        table: &ScenarioTable,
        ratings: &BTreeMap<(Key, Key), Rating>,
    ) {
        let file = "pnet/suggestions.toml";
        let speaking: Vec<_> = table
            .scenarios()
            .iter()
            .filter(|s| s.entry.voice == Voice::Rated)
            .collect();
        let improves = |scenario: &Scenario, study: &Key| {
            let mut variants = scenario.entry.variants.iter();
            variants.all(|v| {
                let held = ratings.get(&(Key::from(v.as_str()), study.clone()));
                held.and_then(|r| r.category) == Some(AppropriatenessCategory::UsuallyAppropriate)
            })
        };
        for scenario in &speaking {
            if !offers.base.iter().any(|study| improves(scenario, study)) {
                let message = format!("nothing usually appropriate is offered for `{}`", scenario.key);
                self.find(
                    "K010",
                    file,
                    "base",
                    message,
                    "offer the study that the table rates best",
                );
            }
        }
        for study in offers.base.iter().chain(&offers.mention) {
            if !speaking.is_empty() && !speaking.iter().any(|s| improves(s, study)) {
                let message =
                    format!("`{study}` is offered but usually appropriate in no scenario that speaks");
                self.find(
                    "K010",
                    file,
                    study,
                    message,
                    "offer only usually appropriate studies",
                );
            }
        }
        if offers.high_grade_because.trim().is_empty() {
            let message =
                "nothing says why the high-grade study is offered beside better-rated ones".to_owned();
            self.find(
                "K010",
                file,
                "high_grade_because",
                message,
                "give the reason with its source",
            );
        }
    }
}

fn system_of(code: &str) -> String {
    code.split('|').next().unwrap_or_default().to_owned()
}
