//! The study by its words (§3.2). Words that name no modality name no study.

use super::{Asked, StudyTexts};
use crate::engine::case::{DraftOrder, ResourceRef};
use crate::engine::language::Text;
use crate::engine::marks;
use crate::knowledge::files::{EusPurpose, IvContrast, Modality, Region, Tracer};
use crate::knowledge::lexicon::fold;
use crate::knowledge::vocabulary::List;
use crate::knowledge::{Knowledge, Shape};

/// Reads a study from the words of an order.
pub(super) fn read(id: &ResourceRef, texts: &StudyTexts<'_>) -> Option<Asked> {
    let what = texts.what();
    let (modality, list) = modality(what)?;
    let words = what.words_of(list).unwrap_or_default();
    let evidence = vec![marks::worded(id, list.name(), &words, None)];
    let mut regions = regions(what, modality, list)?;
    regions.sort();
    regions.dedup();
    let nuclear = matches!(
        modality,
        Modality::PET | Modality::PETCT | Modality::PETMR | Modality::NM
    );
    let contrast = match modality {
        Modality::CT if list == List::ModalityCta => IvContrast::With,
        Modality::US if list == List::ModalityCeus => IvContrast::With,
        Modality::CT | Modality::MR if regions.is_empty() => IvContrast::Unknown,
        Modality::CT | Modality::MR => contrast(texts.how()).map_or(IvContrast::Unknown, |(c, _)| c),
        _ => IvContrast::NotApplicable,
    };
    let purpose = (modality == Modality::EUS).then(|| {
        if what.mentions(List::EusOesophagusOnly) {
            EusPurpose::OesophagusOnly
        } else if what.mentions(List::EusSampling) {
            EusPurpose::Sampling
        } else {
            EusPurpose::Diagnostic
        }
    });
    let tracer = match list {
        List::ModalityBoneScan => Some(Tracer::Other),
        _ => nuclear.then_some(Tracer::Unknown),
    };
    let angiography = list == List::ModalityCta;
    Some(Asked {
        shape: Shape {
            modality,
            regions,
            contrast,
            tracer,
            purpose,
            angiography,
        },
        evidence,
    })
}

/// Words for modalities, most specific first.
const MODALITIES: [(List, Modality); 12] = [
    (List::ModalityEus, Modality::EUS),
    (List::ModalityPetMr, Modality::PETMR),
    (List::ModalityPetCt, Modality::PETCT),
    (List::ModalityPet, Modality::PET),
    (List::ModalityBoneScan, Modality::NM),
    (List::ModalityNm, Modality::NM),
    (List::ModalityMrcp, Modality::MR),
    (List::ModalityCeus, Modality::US),
    (List::ModalityCta, Modality::CT),
    (List::ModalityMr, Modality::MR),
    (List::ModalityCt, Modality::CT),
    (List::ModalityUs, Modality::US),
];

/// True when the words of the ordered code name a modality.
pub(super) fn names_modality(knowledge: &Knowledge, order: &DraftOrder) -> bool {
    let lexicon = knowledge.lexicon();
    let mut words = order
        .code
        .words()
        .chain(order.details.iter().flat_map(|c| c.words()))
        .map(fold);
    words.any(|word| {
        let possible = lexicon.possible(&word);
        MODALITIES
            .iter()
            .any(|(list, _)| lexicon.any(*list, &word, &possible))
    })
}

fn modality(text: &Text<'_>) -> Option<(Modality, List)> {
    MODALITIES
        .into_iter()
        .find(|(list, _)| text.mentions(*list))
        .map(|(list, modality)| (modality, list))
}

/// The parts of the body; `None` when the words name only parts that cannot answer the question.
fn regions(text: &Text<'_>, modality: Modality, list: List) -> Option<Vec<Region>> {
    let says = |l: List| text.mentions(l);
    if modality == Modality::EUS {
        let region = if says(List::EusOesophagusOnly) {
            Region::Oesophagus
        } else {
            Region::Pancreas
        };
        return Some(vec![region]);
    }
    if list == List::ModalityBoneScan {
        return Some(vec![Region::Bone]);
    }
    let mut regions = Vec::new();
    if says(List::RegionCap) {
        regions.extend([Region::Chest, Region::Abdomen, Region::Pelvis]);
    }
    if says(List::RegionAbdomenPelvis) {
        regions.extend([Region::Abdomen, Region::Pelvis]);
    }
    let single = [
        (List::RegionAbdomen, Region::Abdomen),
        (List::RegionPelvis, Region::Pelvis),
        (List::RegionChest, Region::Chest),
        (List::RegionLiver, Region::Liver),
        (List::RegionPancreas, Region::Pancreas),
    ];
    regions.extend(single.into_iter().filter(|(l, _)| says(*l)).map(|(_, r)| r));
    if says(List::RegionWholeBody) {
        regions = vec![Region::WholeBody];
    }
    let parts = [Region::Liver, Region::Pancreas];
    if parts.iter().all(|p| regions.contains(p)) {
        regions.push(Region::Abdomen);
    }
    if regions.iter().any(|r| matches!(r, Region::Abdomen)) {
        // "CT abdomen, pancreas protocol" is a CT of the abdomen.
        regions.retain(|r| !parts.contains(r));
    } else if regions.iter().any(|r| parts.contains(r)) {
        // "CT liver and pelvis": the liver stands for the abdomen.
        let alone = regions.len() == 1;
        if !alone {
            regions.retain(|r| !parts.contains(r));
            regions.push(Region::Abdomen);
        }
    }
    if regions.is_empty() && list == List::ModalityMrcp {
        regions.push(Region::BiliaryPancreaticDucts);
    }
    // A PET is named by its ends ("skull base to mid-thigh"), which are no regions of interest.
    let pet = matches!(modality, Modality::PET | Modality::PETCT | Modality::PETMR);
    if regions.is_empty() && says(List::RegionElsewhere) && !pet {
        return None;
    }
    match modality {
        // PET is read by its coverage; where none is stated it is the usual one.
        Modality::PET | Modality::PETCT if regions == [Region::WholeBody] => Some(regions),
        Modality::PET | Modality::PETCT if says(List::RegionLimited) => Some(vec![Region::Limited]),
        Modality::PET | Modality::PETCT => Some(vec![Region::SkullBaseToMidThigh]),
        Modality::PETMR | Modality::NM => Some(Vec::new()),
        Modality::US => Some(vec![Region::Abdomen]).filter(|_| !regions.is_empty()),
        _ => Some(regions),
    }
}

/// Intravenous contrast as the words state it; oral contrast alone is none (§3.3).
pub(super) fn contrast(text: &Text<'_>) -> Option<(IvContrast, String)> {
    let first = |list: List| text.words_of(list);
    if let Some(words) = first(List::ContrastLeftOpen) {
        return Some((IvContrast::Unknown, words));
    }
    if let Some(words) = first(List::ContrastBoth) {
        return Some((IvContrast::WithoutAndWith, words));
    }
    if let Some(words) = first(List::ContrastNone) {
        // "without contrast … with IV contrast" contradicts itself: unknown, never none.
        let rest = text.without(&[List::ContrastNone]);
        let both = rest.mentions(List::ContrastWith);
        return Some((
            if both {
                IvContrast::Unknown
            } else {
                IvContrast::None
            },
            words,
        ));
    }
    if let Some(words) = first(List::ContrastWith) {
        return Some((IvContrast::With, words));
    }
    first(List::ContrastOralOnly).map(|words| (IvContrast::None, words))
}

/// The tracer as the words state it. A therapeutic agent is never an imaging tracer.
pub(super) fn tracer(text: &Text<'_>) -> Option<(Tracer, String)> {
    let text = text.without(&[List::TracerTherapy]);
    let order = [
        (List::TracerOther, Tracer::Other),
        (List::TracerScintigraphy, Tracer::SstrSpect),
        (List::TracerSstr, Tracer::Sstr),
        (List::TracerFdg, Tracer::Fdg),
    ];
    order
        .into_iter()
        .find_map(|(list, tracer)| text.words_of(list).map(|words| (tracer, words)))
}
