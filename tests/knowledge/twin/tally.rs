//! How often each rule, scenario, kind of card and rating was met, so that agreement means something.

use super::verdict::Verdict;
use apposite::engine::{AppropriatenessCategory, Consultation};
use apposite::knowledge::Knowledge;
use apposite::knowledge::table::Scenario;
use std::collections::BTreeMap;
use std::fmt;

/// Counts by name.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// Counts what both said of a case on which they agree.
    pub fn add(&mut self, told: &Consultation, twins: &[Verdict]) {
        let mut met = |name: String| *self.0.entry(name).or_default() += 1;
        for twin in twins {
            met(format!("scenario {}", twin.scenario));
            met(format!("certainty {}", twin.certainty));
            met(format!("rating {} in {}", twin.rating.key(), twin.scenario));
            if let Some(study) = &twin.study {
                met(format!("study {study}"));
                let unrated = [
                    AppropriatenessCategory::Unknown,
                    AppropriatenessCategory::NotApplicable,
                ];
                if !unrated.contains(&twin.rating) {
                    met(format!("cell {} {study}", twin.scenario));
                }
            }
            for card in &twin.cards {
                met(format!("card {} {}", card.kind, card.indicator.key()));
            }
        }
        for step in told
            .decisions
            .iter()
            .flat_map(|d| &d.trace)
            .filter(|s| &*s.fact == "scenario")
        {
            met(format!("rule {}", step.rule));
        }
    }

    pub fn merge(&mut self, other: Self) {
        for (name, n) in other.0 {
            *self.0.entry(name).or_default() += n;
        }
    }

    fn count(&self, name: &str) -> usize {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Every rule, scenario, kind and rating the procedure knows was met, rare ones a few times.
    pub fn assert_everything_was_met(&self, k: &Knowledge, cases: usize) {
        let mut missed = Vec::new();
        let mut want = |name: String, least: usize| {
            let n = self.count(&name);
            if n < least {
                missed.push(format!("{name}: {n} of {least}"));
            }
        };
        for rule in [
            "R1", "R2", "R3", "R-hist", "R4", "R6a", "R6-clash", "R6b", "R6c", "R6d", "R6f", "R6g", "R6h",
            "R6i",
        ] {
            want(format!("rule {rule}"), cases / 2_000);
        }
        let scenarios = [
            "initial_staging",
            "unclear",
            "local_staging",
            "surveillance_after_resection",
            "followup_after_treatment",
            "followup_untreated",
            "suspected_recurrence",
            "not_applicable",
            "paediatric",
            "none",
            "not_pnet",
            "undiagnosed",
            "ambiguous",
            "other_indication",
        ];
        for scenario in scenarios {
            want(format!("scenario {scenario}"), cases / 500);
        }
        for certainty in ["explicit", "linked", "presumed", "none"] {
            want(format!("certainty {certainty}"), cases / 100);
        }
        let cards = [
            "UNA_NONCONTRAST warning",
            "UNA_NONCONTRAST info",
            "UNA_EUS warning",
            "UNA_EUS info",
            "ASK_SCENARIO info",
            "CONTRAST_UNKNOWN info",
            "TRACER_UNKNOWN info",
            "MBA_FDG info",
            "OLD_SSTR_SCAN info",
            "CHEST_ONLY info",
            "NO_RATING_HELD info",
            "COVERAGE_PELVIS info",
            "DUPLICATE info",
            "MOD_PREGNANCY info",
            "MOD_MRI_DEVICE info",
            "MOD_MRI_DEVICE warning",
            "MOD_IODINE info",
            "MOD_IODINE warning",
            "MOD_GAD info",
            "MOD_GAD warning",
            "MOD_RENAL info",
            "MOD_HIGH_GRADE info",
            "MOD_BONE info",
        ];
        for card in cards {
            want(format!("card {card}"), cases / 5_000);
        }
        // Every cell of the ratings that holds a category.
        let category = |s: &Scenario, study: &str| {
            let variants = s.entry.variants.iter();
            let mut held = variants.map(|v| k.rating(v, study).and_then(|r| r.category));
            let first = held.next().flatten()?;
            held.all(|other| other == Some(first)).then_some(first)
        };
        let mut cells = 0;
        for scenario in k.table().scenarios() {
            for study in k
                .studies()
                .iter()
                .filter(|s| category(scenario, &s.key).is_some())
            {
                want(format!("cell {} {}", scenario.key, study.key), cases / 2_000);
                cells += 1;
            }
        }
        assert!(cells >= 22, "only {cells} cells of the ratings hold a category");
        assert!(missed.is_empty(), "too seldom met:\n{}", missed.join("\n"));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, n) in &self.0 {
            writeln!(f, "{n:>7} {name}")?;
        }
        Ok(())
    }
}
