//! Differences that are reported and not yet mended. Empty is the goal.

use super::chart::{condition_counts, has};
use super::disease::{Finding, of_condition};
use super::link;
use super::verdict::Verdict;
use apposite::engine::case::{Case, Condition, PartialDate, ReasonReference};
use apposite::knowledge::Knowledge;
use apposite::knowledge::vocabulary::Role;

/// A difference that is known: why, and how to tell it.
pub struct Known {
    pub why: &'static str,
    pub is: fn(&Knowledge, &Case, &[Verdict]) -> bool,
}

fn any_reason_code(case: &Case, code: &str) -> bool {
    let mut codings = case
        .orders
        .iter()
        .flat_map(|o| &o.reasons)
        .flat_map(|r| &r.codings);
    codings.any(|c| c.code.as_deref() == Some(code))
        || refers_to(case, |c| {
            c.codings.iter().any(|c| c.code.as_deref() == Some(code))
        })
}

fn any_words(case: &Case, words: &str) -> bool {
    let reasons = case
        .orders
        .iter()
        .flat_map(|o| &o.reasons)
        .filter_map(|r| r.text.as_deref());
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

/// A neuroendocrine tumour without a site that only the order's words place in the pancreas.
fn placed_by_the_order(k: &Knowledge, case: &Case) -> bool {
    let mut bare = case.clone();
    bare.orders.iter_mut().for_each(|o| {
        o.reasons.clear();
        o.reason_references.clear();
        o.notes.clear();
    });
    let finding = |of: &Case, at: usize, c| of_condition(k, of, c, &link::of(k, of, &of.orders[at]), false);
    let mut conditions = case.chart.conditions.iter().filter(|c| condition_counts(c));
    conditions.any(|c| {
        (0..case.orders.len()).any(|at| {
            finding(&bare, at, c) <= Finding::Undiagnosed && finding(case, at, c) > Finding::Undiagnosed
        })
    })
}

/// A neuroendocrine tumour without a site beside a condition that places it.
fn placed_by_another(k: &Knowledge, case: &Case) -> bool {
    let siteless = |c: &Condition| {
        let roles = [Role::NetSiteless, Role::MorphNet, Role::PnetUsuallyPancreatic];
        roles.iter().any(|r| has(k, &c.code, *r))
            || c.code.text.as_deref() == Some("Malignant neuroendocrine tumor")
    };
    let counted = || case.chart.conditions.iter().filter(|c| condition_counts(c));
    counted().any(siteless) && counted().count() > 1
}

/// True when an order is for a chest CT and another is for something else.
fn chest_beside_another(twins: &[Verdict]) -> bool {
    let high = |t: &Verdict| t.study.as_deref().is_some_and(|s| s.starts_with("SSTR_PETCT"));
    if twins.len() > 1 && twins.iter().any(high) {
        return true;
    }
    let chest = |t: &&Verdict| {
        t.study
            .as_deref()
            .is_some_and(|s| s.starts_with("CT_CHEST_W") || s == "CT_CHEST_U")
    };
    twins.iter().any(|t| chest(&t)) && twins.iter().any(|t| t.study.is_some() && !chest(&t))
}

pub const KNOWN: &[Known] = &[
    Known {
        why: "E1: a recurrence code as the reason of the order is no recurrence to the engine (R6a)",
        is: |_, case, _| any_reason_code(case, "314964006"),
    },
    Known {
        why: "E2: words for another cancer on the order do not make another indication (R4)",
        is: |_, case, _| any_words(case, "breast cancer"),
    },
    Known {
        why: "E3: a completed resection whose words say aborted counts (section 5)",
        is: |_, case, _| {
            case.chart
                .procedures
                .iter()
                .any(|p| p.code.text.as_deref() == Some("Whipple aborted"))
        },
    },
    Known {
        why: "E4: dx.notpnet.pancreas with neuroendocrine words is ambiguous to the engine (section 4)",
        is: |_, case, _| {
            let mut coded = case.chart.conditions.iter().filter(|c| c.code.text.is_some());
            coded.any(|c| c.code.codings.iter().any(|c| c.code.as_deref() == Some("D13.6")))
        },
    },
    Known {
        why: "E5: a reference to a tumour known by its words alone does not link the order (R4)",
        is: |_, case, _| refers_to(case, |c| c.text.is_some()),
    },
    Known {
        why: "E6: high grade does not put the receptor study last where a card prefers it (section 7, suggestions 2)",
        is: |_, _, twins| {
            let mut cards = twins.iter().flat_map(|t| &t.cards);
            cards.any(|c| {
                matches!(c.kind, "TRACER_UNKNOWN" | "OLD_SSTR_SCAN")
                    && c.offers.iter().any(|o| o.starts_with("FDG"))
            })
        },
    },
    Known {
        why: "E7: only a chest CT drafted: orders not about the tumour are not seen (CHEST_ONLY)",
        is: |_, _, twins| chest_beside_another(twins),
    },
    Known {
        why: "E8: a pelvis drafted in another modality is no partner (COVERAGE_PELVIS)",
        is: |_, _, twins| {
            let key = |t: &Verdict, part: &str| t.study.as_deref().is_some_and(|s| s.contains(part));
            twins.iter().any(|t| key(t, "_ABD_W")) && twins.iter().any(|t| key(t, "_PEL_") || key(t, "_CAP_"))
        },
    },
    Known {
        why: "E9: of a siteless tumour placed from outside, verification, status and grade are not read (section 4)",
        is: |k, case, _| placed_by_the_order(k, case) || placed_by_another(k, case),
    },
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
        why: "E12: highly suspected in words outranks differential and unconfirmed (section 4, strength)",
        is: |_, case, _| {
            let mut doubtful = case
                .chart
                .conditions
                .iter()
                .filter(|c| matches!(c.verification.as_deref(), Some("differential" | "unconfirmed")));
            doubtful.any(|c| {
                c.code
                    .text
                    .as_deref()
                    .is_some_and(|t| t.contains("highly suspected"))
            })
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
        why: "E14: a DOTATATE word makes generic scintigraphy codes receptor scintigraphy (section 3.6)",
        is: |_, case, _| {
            let planar = |o: &apposite::engine::case::DraftOrder| {
                o.code.codings.iter().any(|c| c.code.as_deref() == Some("78804"))
            };
            case.orders
                .iter()
                .any(|o| planar(o) && (!o.details.is_empty() || !o.notes.is_empty()))
        },
    },
    Known {
        why: "E15: MRI contraindicated in a note, no device recorded: MOD_MRI_DEVICE warns (section 7)",
        is: |_, case, _| any_words(case, "MRI contraindicated"),
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
        why: "E17: a benign tumour of the pancreas is taken for another cancer (sections 4 and 5)",
        is: |_, case, _| {
            let benign = |c: &Condition| c.code.codings.iter().any(|c| c.code.as_deref() == Some("D13.6"));
            case.chart.conditions.iter().any(benign)
        },
    },
    Known {
        why: "E18: a reference to a refuted condition links the order (section 1)",
        is: |_, case, _| {
            let references = case.orders.iter().flat_map(|o| &o.reason_references);
            let mut found = references.filter_map(|r| match r {
                ReasonReference::InChart(to) => case.chart.conditions.iter().find(|c| &c.resource == to),
                _ => None,
            });
            found.any(|c| !condition_counts(c))
        },
    },
    Known {
        why: "E19: an ablation of the primary before the date of the diagnosis does not count (section 5)",
        is: |k, case, _| {
            case.chart
                .procedures
                .iter()
                .any(|p| has(k, &p.code, Role::LocalAblation))
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
        why: "E21: two chest CTs and nothing else are not only chest CT (CHEST_ONLY)",
        is: |_, _, twins| {
            let chest = |t: &&Verdict| {
                t.study
                    .as_deref()
                    .is_some_and(|s| s.starts_with("CT_CHEST_") && !s.contains("ABD"))
            };
            twins.iter().filter(chest).count() > 1
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
        why: "E23: DOTATATE negative in a note is read as the tracer (tracer.sstr: blank sstr_negative first)",
        is: |_, case, _| {
            let mut notes = case.orders.iter().flat_map(|o| &o.notes);
            notes.any(|n| n.contains("DOTATATE PET negative"))
        },
    },
    Known {
        why: "E25: a confirmed code outranks the words highly suspected: endoscopic ultrasound is flagged (section 4)",
        is: |_, case, _| {
            let words = |c: &Condition| {
                c.code
                    .text
                    .as_deref()
                    .is_some_and(|t| t.contains("highly suspected"))
            };
            case.chart
                .conditions
                .iter()
                .any(|c| words(c) && !c.code.codings.is_empty())
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
        why: "E27: a pancreas code is another cancer when only the order names the pNET (section 4, one cancer)",
        is: |k, case, _| {
            let pancreas = |c: &Condition| has(k, &c.code, Role::NotPnetPancreas);
            let generic = |c: &Condition| has(k, &c.code, Role::MetGeneric);
            let medicated = case
                .chart
                .medications
                .iter()
                .any(|m| has(k, &m.code, Role::Systemic));
            case.chart.conditions.iter().any(pancreas)
                && (medicated || case.orders.len() > 1 || case.chart.conditions.iter().any(generic))
        },
    },
    Known {
        why: "E28: a receptor PET without CT is a receptor PET/CT for MOD_HIGH_GRADE (section 7)",
        is: |_, _, twins| {
            twins
                .iter()
                .any(|t| t.study.as_deref().is_some_and(|s| s.starts_with("SSTR_PET_")))
        },
    },
    Known {
        why: "E29: a question mark at the end of one text makes a question of the next text",
        is: |_, case, _| {
            any_words(case, "?")
                && case
                    .orders
                    .iter()
                    .any(|o| !o.notes.is_empty() || o.reasons.len() > 1)
        },
    },
    Known {
        why: "E30: a date in the future dates a resection beside metastases (section 5)",
        is: |_, case, _| {
            let future = |d: apposite::engine::case::PartialDate| d.earliest() > case.today;
            case.chart
                .procedures
                .iter()
                .any(|p| p.performed.is_some_and(future))
        },
    },
    Known {
        why: "E31: MOD_PREGNANCY for any MRI, with contrast or not (section 7)",
        is: |k, case, twins| {
            let plain = |s: &str| s.starts_with("MR") && (s.ends_with("_WO") || s.ends_with("_U"));
            case.chart
                .conditions
                .iter()
                .any(|c| has(k, &c.code, Role::Pregnancy))
                && twins.iter().any(|t| t.study.as_deref().is_some_and(plain))
        },
    },
    Known {
        why: "E32: FDG beside a word for receptor therapy is not read as the tracer (section 3.5)",
        is: |_, case, _| {
            let mut notes = case.orders.iter().flat_map(|o| &o.notes);
            notes.any(|n| n.contains("PRRT") || n.contains("TACE"))
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
        why: "E35: acute kidney injury counts although the patient is on dialysis (MOD_RENAL)",
        is: |k, case, _| {
            let coded = |role: Role| case.chart.conditions.iter().any(|c| has(k, &c.code, role));
            coded(Role::RenalAcute) && coded(Role::RenalDialysis)
        },
    },
];
