//! Differences that are reported and not yet mended. Empty is the goal.

use super::verdict::Verdict;
use apposite::engine::case::{Case, ReasonReference};

/// A difference that is known: why, and how to tell it.
pub struct Known {
    pub why: &'static str,
    pub is: fn(&Case, &[Verdict]) -> bool,
}

fn any_reason_code(case: &Case, code: &str) -> bool {
    let mut codings = case.orders.iter().flat_map(|o| &o.reasons).flat_map(|r| &r.codings);
    codings.any(|c| c.code.as_deref() == Some(code)) || refers_to(case, |c| c.codings.iter().any(|c| c.code.as_deref() == Some(code)))
}

fn any_words(case: &Case, words: &str) -> bool {
    let reasons = case.orders.iter().flat_map(|o| &o.reasons).filter_map(|r| r.text.as_deref());
    let notes = case.orders.iter().flat_map(|o| &o.notes).map(String::as_str);
    reasons.chain(notes).any(|t| t.contains(words))
}

fn refers_to(case: &Case, test: impl Fn(&apposite::terminology::Concept) -> bool) -> bool {
    let references = case.orders.iter().flat_map(|o| &o.reason_references);
    let mut found = references.filter_map(|r| match r {
        ReasonReference::InChart(to) => case.chart.conditions.iter().find(|c| &c.resource == to),
        _ => None,
    });
    found.any(|c| test(&c.code))
}

pub const KNOWN: &[Known] = &[
    Known {
        why: "E1: a recurrence code as the reason of the order is no recurrence to the engine (R6a)",
        is: |case, _| any_reason_code(case, "314964006"),
    },
    Known {
        why: "E2: words for another cancer on the order do not make another indication (R4)",
        is: |case, _| any_words(case, "breast cancer"),
    },
    Known {
        why: "E3: a completed resection whose words say aborted counts (section 5)",
        is: |case, _| case.chart.procedures.iter().any(|p| p.code.text.as_deref() == Some("Whipple aborted")),
    },
    Known {
        why: "E4: dx.notpnet.pancreas with neuroendocrine words is ambiguous to the engine (section 4)",
        is: |case, _| {
            let mut coded = case.chart.conditions.iter().filter(|c| c.code.text.is_some());
            coded.any(|c| c.code.codings.iter().any(|c| c.code.as_deref() == Some("D13.6")))
        },
    },
    Known {
        why: "E5: a reference to a tumour known by its words alone does not link the order (R4)",
        is: |case, _| refers_to(case, |c| c.text.is_some()),
    },
];
