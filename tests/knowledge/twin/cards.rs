//! §7: which kinds of card an order gets, how loud, and how they merge.

use super::link::Link;
use super::modifiers::{Allergic, Modifiers};
use super::offers;
use super::study::enhanced;
use apposite::engine::{AppropriatenessCategory, Indicator};
use apposite::knowledge::files::{EusPurpose, IvContrast, Modality, Region, Tracer};
use apposite::knowledge::{Knowledge, Shape};

/// A card, reduced to what is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Card {
    pub kind: &'static str,
    pub indicator: Indicator,
    pub offers: Vec<String>,
}

/// Everything a card of one order may depend on.
pub struct Ground<'a> {
    pub scenario: &'a str,
    pub link: Link,
    pub confirmed: bool,
    pub age_known: bool,
    /// The chart holds the tumour, not the order alone.
    pub in_chart: bool,
    /// The order names this patient by reference.
    pub subject_named: bool,
    /// The words of the order do not agree with a first staging, or say more than is understood.
    pub doubtful: bool,
    /// All five sources were delivered.
    pub delivered: bool,
    pub study: &'a str,
    pub shape: &'a Shape,
    /// Rating under initial staging.
    pub rating_if_staging: AppropriatenessCategory,
    pub staging_phrase: bool,
    pub local_phrase: bool,
    pub tissue_phrase: bool,
    pub repeat_reason: bool,
    pub covered_by_draft: bool,
    pub covered_recently: bool,
    pub same_study_recently: bool,
    /// Another study than a chest CT is drafted.
    pub other_than_chest: bool,
    /// Any other imaging is drafted.
    pub other_imaging: bool,
    pub pelvis_drafted: bool,
    pub sstr_drafted_or_recent: bool,
    pub modifiers: &'a Modifiers,
    /// The studies of the other orders.
    pub drafted: &'a [String],
}

const PRECEDENCE: &[&str] = &[
    "UNA_NONCONTRAST",
    "UNA_EUS",
    "ASK_SCENARIO",
    "CONTRAST_UNKNOWN",
    "TRACER_UNKNOWN",
    "MBA_FDG",
    "OLD_SSTR_SCAN",
    "CHEST_ONLY",
    "NO_RATING_HELD",
    "COVERAGE_PELVIS",
    "DUPLICATE",
    "MOD_PREGNANCY",
    "MOD_MRI_DEVICE",
    "MOD_IODINE",
    "MOD_GAD",
    "MOD_RENAL",
    "MOD_HIGH_GRADE",
    "MOD_BONE",
];

pub fn precedence(kind: &str) -> usize {
    PRECEDENCE
        .iter()
        .position(|k| *k == kind)
        .unwrap_or(PRECEDENCE.len())
}

fn is_modifier(kind: &str) -> bool {
    kind.starts_with("MOD_")
}

fn regions_are(shape: &Shape, regions: &[Region]) -> bool {
    shape.regions == regions
}

/// Every kind whose trigger holds, before merging.
fn triggered(k: &Knowledge, g: &Ground) -> Vec<(&'static str, Indicator)> {
    use Indicator::{Info, Warning};
    let m = g.modifiers;
    let mut found = Vec::new();
    let ct = g.shape.modality == Modality::CT;
    let mr = g.shape.modality == Modality::MR;
    let contrast = enhanced(g.shape.contrast);
    let una = g.rating_if_staging == AppropriatenessCategory::UsuallyNotAppropriate;
    let mba = g.rating_if_staging == AppropriatenessCategory::MayBeAppropriate;
    let eus_dx = g.shape.purpose == Some(EusPurpose::Diagnostic);
    let covered = g.covered_by_draft || g.covered_recently;
    if g.scenario == "unclear" {
        if una || mba {
            found.push(("ASK_SCENARIO", Info));
        }
        return found;
    }
    if g.scenario != "initial_staging" {
        return found;
    }
    let explicit = g.link == Link::Explicit;
    let plain_mri_in_pregnancy = una && mr && m.pregnant;
    if una && (ct || mr) && !plain_mri_in_pregnancy {
        let quiet = g.link == Link::Presumed || !g.age_known || covered;
        found.push(("UNA_NONCONTRAST", if quiet { Info } else { Warning }));
    }
    if eus_dx && g.confirmed && !covered {
        if g.staging_phrase && !g.tissue_phrase {
            let quiet = g.local_phrase || !g.age_known;
            found.push(("UNA_EUS", if quiet { Info } else { Warning }));
        } else if !g.staging_phrase {
            found.push(("ASK_SCENARIO", Info));
        }
    }
    if g.shape.purpose == Some(EusPurpose::Sampling) && g.staging_phrase && g.confirmed && !g.tissue_phrase {
        found.push(("ASK_SCENARIO", Info));
    }
    if mba && !m.high_grade && !m.sstr_negative {
        found.push(("MBA_FDG", Info));
    }
    let abdomen_only = regions_are(g.shape, &[Region::Abdomen]) && !g.shape.angiography;
    if (ct || mr) && abdomen_only && contrast && !g.pelvis_drafted {
        found.push(("COVERAGE_PELVIS", Info));
    }
    if (ct || mr) && g.shape.contrast == IvContrast::Unknown && g.shape.regions.contains(&Region::Abdomen) {
        found.push(("CONTRAST_UNKNOWN", Info));
    }
    let pet = matches!(g.shape.modality, Modality::PET | Modality::PETCT);
    if pet && g.shape.tracer == Some(Tracer::Unknown) {
        found.push(("TRACER_UNKNOWN", Info));
    }
    if g.shape.tracer == Some(Tracer::SstrSpect) {
        found.push(("OLD_SSTR_SCAN", Info));
    }
    let chest_ct = ct && regions_are(g.shape, &[Region::Chest]);
    if explicit && chest_ct && !g.other_than_chest && !g.covered_recently {
        found.push(("CHEST_ONLY", Info));
    }
    let part = g.shape.regions == [Region::Liver] || g.shape.regions == [Region::Pancreas];
    let mrcp = g.shape.regions == [Region::BiliaryPancreaticDucts];
    let us = g.shape.modality == Modality::US;
    if explicit && (us || mrcp || ((ct || mr) && part && contrast)) {
        found.push(("NO_RATING_HELD", Info));
    }
    let covers = k.study(g.study).is_some_and(|s| s.covers_staging);
    if covers && g.same_study_recently && !g.repeat_reason {
        found.push(("DUPLICATE", Info));
    }
    // The modifiers.
    let loud = |severe: bool| if severe { Warning } else { Info };
    if mr && contrast && m.device {
        found.push(("MOD_MRI_DEVICE", loud(m.mri_contraindicated)));
    }
    if ct && contrast && m.iodine > Allergic::No {
        found.push(("MOD_IODINE", loud(m.iodine == Allergic::Severe)));
    }
    if mr && contrast && m.gadolinium > Allergic::No {
        found.push(("MOD_GAD", loud(m.gadolinium == Allergic::Severe)));
    }
    if ct && contrast && m.renal {
        found.push(("MOD_RENAL", Info));
    }
    let any_pet = pet || g.shape.modality == Modality::PETMR;
    if m.pregnant && (ct || any_pet || (mr && contrast) || plain_mri_in_pregnancy) {
        found.push(("MOD_PREGNANCY", Info));
    }
    let sstr_petct = g.shape.modality == Modality::PETCT && g.shape.tracer == Some(Tracer::Sstr);
    if sstr_petct && m.high_grade && !g.other_imaging {
        found.push(("MOD_HIGH_GRADE", Info));
    }
    // A vessel study is no search for spread: nothing is added beside it.
    if (ct || mr) && !g.shape.angiography && contrast && m.bone && !m.high_grade && !g.sstr_drafted_or_recent
    {
        found.push(("MOD_BONE", Info));
    }
    found
}

/// The cards of one order, merged.
pub fn of(k: &Knowledge, g: &Ground) -> Vec<Card> {
    let mut found = triggered(k, g);
    for (kind, indicator) in &mut found {
        // "A warning needs agreement": words of doubt leave alone what the chart says of the patient.
        if g.doubtful && !is_modifier(kind) {
            *indicator = Indicator::Info;
        }
        if !g.age_known || !g.delivered || !g.in_chart || !g.subject_named {
            *indicator = Indicator::Info;
        }
    }
    // A modifier that warns comes before one that informs.
    let rank = |(kind, indicator): &(&'static str, Indicator)| {
        let quiet = is_modifier(kind) && *indicator == Indicator::Info;
        (is_modifier(kind), quiet, precedence(kind))
    };
    found.sort_by_key(rank);
    let card = |(kind, indicator): &(&'static str, Indicator)| Card {
        kind,
        indicator: *indicator,
        offers: offers::of(kind, g.study, g.drafted, g.modifiers),
    };
    let Some(primary) = found.first() else {
        return Vec::new();
    };
    let mut cards = vec![card(primary)];
    let warning = found
        .iter()
        .skip(1)
        .find(|(kind, indicator)| is_modifier(kind) && *indicator == Indicator::Warning);
    if let Some(warning) = warning
        && !is_modifier(primary.0)
        && primary.1 == Indicator::Info
    {
        cards.push(card(warning));
    }
    cards
}
