//! How often each rule, scenario, kind of card and rating was met, so that agreement means something.

use super::verdict::Verdict;
use apposite::engine::Consultation;
use apposite::knowledge::Knowledge;
use std::collections::BTreeMap;
use std::fmt;

/// Counts by name.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// Counts what both said of a case on which they agree.
    pub fn add(&mut self, k: &Knowledge, told: &Consultation, twins: &[Verdict]) {
        let mut met = |name: String| *self.0.entry(name).or_default() += 1;
        for twin in twins {
            met(format!("scenario {}", twin.scenario));
            met(format!("certainty {}", twin.certainty));
            met(format!("rating {} in {}", twin.rating.key(), twin.scenario));
            if let Some(study) = &twin.study {
                met(format!("study {study}"));
                if k.rating(twin.scenario, study).is_some() {
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
    pub fn assert_everything_was_met(&self, k: &Knowledge) {
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
            want(format!("rule {rule}"), 10);
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
            want(format!("scenario {scenario}"), 50);
        }
        for certainty in ["explicit", "linked", "presumed", "none"] {
            want(format!("certainty {certainty}"), 100);
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
            want(format!("card {card}"), 2);
        }
        // Every study that is rated for initial staging, unless it can be named by words alone.
        let coded = ["MR_WB", "SSTR_PETMR"];
        for study in k
            .studies()
            .iter()
            .filter(|s| !coded.iter().any(|c| s.key.starts_with(c)))
        {
            let rated = k
                .rating("initial_staging", &study.key)
                .and_then(|r| r.category)
                .is_some();
            if rated && study.answers {
                want(format!("cell initial_staging {}", study.key), 5);
            }
        }
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
