//! What the chart changes (§7, the `MOD_` rows).

use super::chart::{allergy_counts, current, days_since, has, members, observation_counts, past, texts};
use super::disease::{named, tumour_words};
use super::link::Order;
use apposite::engine::case::{Case, Comparator, Observation, ObservedValue};
use apposite::knowledge::Knowledge;
use apposite::knowledge::files::{Differentiation, MetastasisSite};
use apposite::knowledge::vocabulary::{Role, Window};

/// An allergy to a class of contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Allergic {
    #[default]
    No,
    Yes,
    Severe,
}

/// The patient-specific facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Modifiers {
    pub device: bool,
    pub mri_contraindicated: bool,
    pub mri_last: bool,
    pub iodine: Allergic,
    pub gadolinium: Allergic,
    /// MOD_RENAL holds.
    pub renal: bool,
    pub pregnant: bool,
    pub high_grade: bool,
    pub sstr_negative: bool,
    pub bone: bool,
}

fn allergic(k: &Knowledge, case: &Case, role: Role) -> Allergic {
    let allergies = case.chart.allergies.iter().filter(|a| allergy_counts(a));
    let listed = allergies
        .filter(|a| a.substances.iter().any(|s| has(k, s, role)))
        .map(|a| if a.severe { Allergic::Severe } else { Allergic::Yes });
    let conditions = current(case)
        .filter(|c| has(k, &c.code, role))
        .map(|_| Allergic::Yes);
    listed.chain(conditions).max().unwrap_or_default()
}

fn results<'c>(k: &'c Knowledge, case: &'c Case, role: Role) -> impl Iterator<Item = &'c Observation> {
    let counted = case.chart.observations.iter().filter(|o| observation_counts(o));
    counted.filter(move |o| has(k, &o.code, role))
}

fn recent(k: &Knowledge, case: &Case, o: &Observation) -> bool {
    past(case, o.date).is_some_and(|d| days_since(case, d.latest()) <= k.window(Window::RecentLabs))
}

/// The latest eGFR is below 30 and recent.
fn low_egfr(k: &Knowledge, case: &Case) -> bool {
    let dated = results(k, case, Role::Egfr).filter(|o| past(case, o.date).is_some());
    let latest = dated.max_by_key(|o| o.date.map(|d| d.latest()));
    let limit = k.window(Window::EgfrSevere) as f64;
    latest.is_some_and(|o| {
        let below = match o.value {
            Some(ObservedValue::Quantity {
                value, comparator, ..
            }) => match comparator {
                None | Some(Comparator::AtMost) => value < limit,
                Some(Comparator::Below) => value <= limit,
                Some(Comparator::Above | Comparator::AtLeast) => false,
            },
            _ => false,
        };
        below && recent(k, case, o)
    })
}

/// A recent eGFR that is not low: it answers an older code for severe kidney disease.
fn sound_egfr(k: &Knowledge, case: &Case) -> bool {
    results(k, case, Role::Egfr).any(|o| recent(k, case, o)) && !low_egfr(k, case)
}

fn raised_alp(k: &Knowledge, case: &Case) -> bool {
    results(k, case, Role::Alp)
        .filter(|o| recent(k, case, o))
        .any(|o| {
            let flagged = o
                .interpretations
                .iter()
                .flat_map(|c| &c.codings)
                .any(|c| matches!(c.code.as_deref(), Some("H" | "HH")));
            let above = match (&o.value, o.high) {
                (Some(ObservedValue::Quantity { value, .. }), Some(high)) => *value > high,
                _ => false,
            };
            flagged || above
        })
}

fn pregnant(k: &Knowledge, case: &Case) -> bool {
    current(case)
        .filter(|c| has(k, &c.code, Role::Pregnancy))
        .any(|c| {
            let date = past(case, c.recorded.or(c.onset));
            // A pregnancy without a date cannot be called current.
            date.is_some_and(|d| days_since(case, d.latest()) <= k.window(Window::PregnancyCurrent))
        })
}

/// Reads the chart and the order for what changes a study.
pub fn of(k: &Knowledge, case: &Case, order: &Order) -> Modifiers {
    let tumour = tumour_words(k, case, order, false);
    let present = named(k, case, order, false)
        .into_iter()
        .filter(|c| super::chart::is_current(c));
    let non_avid = present.flat_map(texts).any(|w| w.sstr_negative);
    let chart_words: Vec<_> = current(case).flat_map(texts).collect();
    let chart_forbids = chart_words.iter().any(|w| w.mri_contraindicated);
    let contraindicated = order.any(|w| w.mri_contraindicated) || chart_forbids;
    // Each device is cleared by its own words; what an order says does not undo that.
    let device = current(case).any(|c| {
        let listed = members(k, &c.code)
            .iter()
            .any(|m| m.role == Role::MriDevice && !m.entry.weak);
        listed && (chart_forbids || !texts(c).iter().any(|w| w.mri_cleared))
    });
    let current_has = |role| current(case).any(|c| has(k, &c.code, role));
    let renal_code = current(case).any(|c| {
        has(k, &c.code, Role::Renal)
            && !has(k, &c.code, Role::RenalDialysis)
            && !has(k, &c.code, Role::RenalAcute)
    });
    let dialysis = current_has(Role::RenalDialysis);
    let high_code = named(k, case, order, false).iter().any(|c| {
        let stage = c.stages.iter().any(|s| has(k, s, Role::GradeHigh));
        let poor = members(k, &c.code)
            .iter()
            .any(|m| m.entry.differentiation == Some(Differentiation::Poor) || m.role == Role::GradeHigh);
        stage || poor
    });
    let bone_metastasis = current(case).any(|c| {
        members(k, &c.code).iter().any(|m| {
            matches!(m.role, Role::MetNet | Role::MetGeneric) && m.entry.site == Some(MetastasisSite::Bone)
        })
    });
    let bone_code = current(case).any(|c| {
        members(k, &c.code)
            .iter()
            .any(|m| m.role == Role::Bone && !m.entry.weak)
    });
    Modifiers {
        device,
        mri_contraindicated: contraindicated,
        mri_last: order.any(|w| w.mri_last) || current_has(Role::Claustrophobia),
        iodine: allergic(k, case, Role::IodineAllergy),
        gadolinium: allergic(k, case, Role::GadAllergy),
        renal: !dialysis
            && (low_egfr(k, case) || (renal_code && !sound_egfr(k, case)) || current_has(Role::RenalAcute)),
        pregnant: pregnant(k, case),
        high_grade: high_code || order.any(|w| w.high_grade) || tumour.iter().any(|w| w.high_grade),
        sstr_negative: order.any(|w| w.sstr_negative) || non_avid,
        bone: bone_code || bone_metastasis || raised_alp(k, case) || order.any(|w| w.bone_pain),
    }
}
