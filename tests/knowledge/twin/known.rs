//! Differences that are reported and not yet mended. Empty is the goal.

use super::chart::has;
use super::verdict::Verdict;
use apposite::engine::case::{Case, Condition, PartialDate};
use apposite::knowledge::Knowledge;
use apposite::knowledge::vocabulary::Role;

/// A difference that is known: why, and how to tell it.
pub struct Known {
    pub why: &'static str,
    pub is: fn(&Knowledge, &Case, &[Verdict]) -> bool,
}

pub const KNOWN: &[Known] = &[
    Known {
        why: "E11: a provisional tumour without a specific code is suspected high (section 4, strength)",
        is: |k, case, _| {
            let mut provisional = case
                .chart
                .conditions
                .iter()
                .filter(|c| c.verification.as_deref() == Some("provisional"));
            provisional.any(|c| has(k, &c.code, Role::PnetUsuallyPancreatic))
        },
    },
    Known {
        why: "E13: contrast in the words of a note does not fill in a code that leaves it open (section 3.4)",
        is: |_, case, _| {
            case.orders
                .iter()
                .flat_map(|o| &o.notes)
                .any(|n| n.contains("IV contrast"))
        },
    },
    Known {
        why: "E16: M1 in the stage of a provisional tumour is no metastasis (section 5)",
        is: |k, case, _| {
            let m1 = |c: &Condition| c.stages.iter().any(|s| has(k, s, Role::StageM1));
            let mut conditions = case.chart.conditions.iter();
            conditions.any(|c| c.verification.as_deref() == Some("provisional") && m1(c))
        },
    },
    Known {
        why: "E20: metastases in the words of the tumour have no date, though the tumour has one (section 5)",
        is: |_, case, _| {
            let mut conditions = case.chart.conditions.iter();
            conditions.any(|c| {
                c.code
                    .text
                    .as_deref()
                    .is_some_and(|t| t.contains("known liver metastases"))
            })
        },
    },
    Known {
        why: "E22: everolimus is not counted beside breast cancer in words, though it is beside the code (section 5)",
        is: |k, case, _| {
            let mut conditions = case.chart.conditions.iter();
            let breast = conditions.any(|c| c.code.text.as_deref() == Some("Breast cancer"));
            breast
                && case
                    .chart
                    .medications
                    .iter()
                    .any(|m| has(k, &m.code, Role::Systemic))
        },
    },
    Known {
        why: "E26: CT angiography is no enhanced CT for MOD_BONE (section 7)",
        is: |_, _, twins| {
            twins
                .iter()
                .any(|t| t.study.as_deref().is_some_and(|s| s.starts_with("CTA")))
        },
    },
    Known {
        why: "E33: history codes beside a suspicion are cured, not undiagnosed (section 4; both are silent)",
        is: |k, case, _| {
            let past = |c: &Condition| has(k, &c.code, Role::History) || has(k, &c.code, Role::SyndromeHint);
            case.chart.conditions.iter().any(past)
        },
    },
    Known {
        why: "E34: studies done on one day are combined, so that the repeat of one is no duplicate (section 7)",
        is: |_, case, _| case.chart.imaging.len() > 1,
    },
    Known {
        why: "E10: later metastases of another kind of source are not seen beside earlier ones (R6c, R6d)",
        is: |k, case, _| {
            let m1 = |c: &Condition| c.stages.iter().any(|s| has(k, s, Role::StageM1));
            let result = case
                .chart
                .observations
                .iter()
                .any(|o| has(k, &o.code, Role::Stage));
            let vague = |c: &Condition| {
                let day = matches!(c.onset.or(c.recorded), Some(PartialDate::Day(_)) | None);
                !day && (has(k, &c.code, Role::MetNet) || has(k, &c.code, Role::MetGeneric))
            };
            let coded = |role: Role| case.chart.conditions.iter().any(|c| has(k, &c.code, role));
            let two_kinds = coded(Role::MetNet) && coded(Role::MetGeneric);
            let staged = result || two_kinds || case.chart.conditions.iter().any(|c| m1(c) || vague(c));
            staged
                && case
                    .chart
                    .procedures
                    .iter()
                    .any(|p| has(k, &p.code, Role::Resection) || p.code.text.is_some())
        },
    },
    Known {
        why: "E27: sibling orders beside another tumour in the chart: which of them are about the pNET (section 3.8)",
        is: |k, case, _| {
            let other = [
                Role::NotPnetPancreas,
                Role::PancreasHistologyUnknown,
                Role::Malignancy,
            ];
            let codings = || case.chart.conditions.iter().flat_map(|c| &c.code.codings);
            let held = codings().any(|c| k.members(c).iter().any(|m| other.contains(&m.role)));
            case.orders.len() > 1 && held
        },
    },
    Known {
        why: "E9: a tumour told as history by the order does not place a siteless one (section 4; both are silent)",
        is: |_, case, _| {
            let mut texts = case
                .orders
                .iter()
                .flat_map(|o| &o.reasons)
                .filter_map(|r| r.text.as_deref());
            texts.any(|t| t.contains("h/o"))
        },
    },
];
