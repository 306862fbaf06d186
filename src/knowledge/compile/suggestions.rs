//! What is offered instead, and that it is never worse.

use super::super::files::{SuggestionsFile, Voice};
use super::super::table::{ScenarioTable, Suggestions};
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
            fallback_systems: read.fallback_systems,
            replaces_note: read.replaces_note,
            orders: read
                .order
                .into_iter()
                .map(|o| (Key::from(o.study.as_str()), o))
                .collect(),
        }
    }

    /// What is offered must be usually appropriate wherever a rating could lead to a card; the study added for
    /// high-grade disease may be appropriate.
    pub(super) fn offers_improve(
        &mut self,
        offers: &Suggestions,
        table: &ScenarioTable,
        ratings: &BTreeMap<(Key, Key), Rating>,
    ) {
        let rated = table.scenarios().iter().filter(|s| s.entry.voice == Voice::Rated);
        let variants: Vec<String> = rated.flat_map(|s| s.entry.variants.clone()).collect();
        for variant in variants {
            for study in offers.base.iter().chain(&offers.mention) {
                let category = ratings
                    .get(&(Key::from(variant.as_str()), study.clone()))
                    .and_then(|r| r.category);
                if category != Some(AppropriatenessCategory::UsuallyAppropriate) {
                    let message = format!(
                        "`{study}` is offered for `{variant}` but not rated usually appropriate there"
                    );
                    self.find(
                        "K010",
                        "pnet/suggestions.toml",
                        study,
                        message,
                        "offer only usually appropriate studies",
                    );
                }
            }
        }
    }
}

fn system_of(code: &str) -> String {
    code.split('|').next().unwrap_or_default().to_owned()
}
