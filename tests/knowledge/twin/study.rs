//! §3: which study, and which studies several orders make up together.

use super::chart::readings;
use super::link::Order;
use super::words::{ContrastWord, TracerWord};
use apposite::engine::case::DraftOrder;
use apposite::knowledge::files::{EusPurpose, IvContrast, Modality, Region, Tracer};
use apposite::knowledge::vocabulary::Role;
use apposite::knowledge::{Knowledge, Shape};
use apposite::terminology::{Coding, Concept};

/// The imaging tracers that codings name.
fn tracer_codes<'c>(k: &Knowledge, codings: impl Iterator<Item = &'c Coding>) -> Vec<Tracer> {
    let roles = codings.flat_map(|c| k.members(c));
    let mut found: Vec<_> = roles
        .filter_map(|m| match m.role {
            Role::TracerSstr => Some(Tracer::Sstr),
            Role::TracerFdg => Some(Tracer::Fdg),
            Role::TracerSstrSpect => Some(Tracer::SstrSpect),
            Role::TracerOther => Some(Tracer::Other),
            _ => None,
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The study that codes name, tracer and contrast as coded; `None` when no code of ours is there.
pub fn coded(k: &Knowledge, concepts: &[&Concept]) -> Option<Shape> {
    let codings: Vec<_> = concepts.iter().flat_map(|c| &c.codings).collect();
    let studies: Vec<_> = codings.iter().filter_map(|c| k.study_coded(c)).collect();
    let mut shape = studies.first()?.shape.clone();
    if studies.iter().any(|s| s.shape.contrast != shape.contrast) {
        shape.contrast = IvContrast::Unknown;
    }
    let tracers = tracer_codes(k, codings.into_iter());
    if shape.tracer == Some(Tracer::Unknown)
        && let [tracer] = tracers.as_slice()
    {
        set_tracer(&mut shape, *tracer);
    }
    Some(shape)
}

/// A receptor scan with a planar camera is no PET and the reverse.
fn set_tracer(shape: &mut Shape, tracer: Tracer) {
    let planar = shape.modality == Modality::NM;
    match tracer {
        Tracer::SstrSpect if planar => shape.tracer = Some(tracer),
        Tracer::SstrSpect => {}
        _ if planar => {}
        _ => shape.tracer = Some(tracer),
    }
}

/// R1: the study one order asks for.
pub fn asked(k: &Knowledge, order: &DraftOrder, says: &Order) -> Option<Shape> {
    let concepts: Vec<_> = [&order.code].into_iter().chain(&order.details).collect();
    let mut shape = coded(k, &concepts)?;
    let words = || says.words.iter();
    let none = words().any(|w| w.contrast == Some(ContrastWord::None));
    let with = words().any(|w| w.contrast == Some(ContrastWord::With));
    // "Contrast not stated is not the same as none": a note alone does not make a study plain.
    let ordered = concepts.iter().copied().flat_map(readings);
    let plain = ordered
        .into_iter()
        .any(|w| w.contrast == Some(ContrastWord::None));
    let as_coded = shape.contrast;
    if matches!(shape.modality, Modality::CT | Modality::MR) && (none || with) {
        let enhanced = matches!(shape.contrast, IvContrast::With | IvContrast::WithoutAndWith);
        shape.contrast = match (shape.contrast, none, with) {
            (_, true, true) => IvContrast::Unknown,
            (IvContrast::None, _, true) => IvContrast::Unknown,
            (_, true, _) if enhanced => IvContrast::Unknown,
            (IvContrast::Unknown, true, _) if plain => IvContrast::None,
            (IvContrast::Unknown, _, true) => IvContrast::With,
            (stated, ..) => stated,
        };
    }
    if k.study_shaped(&shape).is_none() {
        shape.contrast = as_coded; // The catalogue knows it only as coded.
    }
    if shape.tracer == Some(Tracer::Unknown) {
        let named = words().find_map(|w| w.tracer);
        match named {
            Some(TracerWord::Sstr) => set_tracer(&mut shape, Tracer::Sstr),
            Some(TracerWord::Fdg) => set_tracer(&mut shape, Tracer::Fdg),
            Some(TracerWord::Other) => set_tracer(&mut shape, Tracer::Other),
            Some(TracerWord::Spect) => set_tracer(&mut shape, Tracer::SstrSpect),
            None => {}
        }
    }
    if shape.purpose == Some(EusPurpose::Diagnostic) {
        if says.any(|w| w.tissue) {
            shape.purpose = Some(EusPurpose::Sampling);
        } else if says.any(|w| w.therapeutic) {
            shape.purpose = Some(EusPurpose::Therapeutic);
        }
    }
    Some(shape)
}

/// Has IV contrast.
pub fn enhanced(contrast: IvContrast) -> bool {
    matches!(contrast, IvContrast::With | IvContrast::WithoutAndWith)
}

fn is_part(shape: &Shape) -> bool {
    let parts = [Region::Chest, Region::Abdomen, Region::Pelvis];
    matches!(shape.modality, Modality::CT | Modality::MR)
        && !shape.angiography
        && !shape.regions.is_empty()
        && shape.regions.iter().all(|r| parts.contains(r))
}

/// The contrast of abdomens taken together: plain + enhanced is without-and-with.
fn together(all: &[IvContrast]) -> IvContrast {
    let plain = all.contains(&IvContrast::None);
    let with = all.contains(&IvContrast::With);
    if all.contains(&IvContrast::WithoutAndWith) || (plain && with) {
        IvContrast::WithoutAndWith
    } else if with {
        // One of them is enhanced, whatever the other is.
        IvContrast::With
    } else if all.contains(&IvContrast::Unknown) {
        IvContrast::Unknown
    } else {
        IvContrast::None
    }
}

/// A whole that several orders can make up.
pub fn is_whole(shape: &Shape) -> bool {
    is_part(shape) && shape.regions.contains(&Region::Abdomen)
}

/// §3.8: what each order is part of; `shapes` holds the orders about the tumour, `None` for the others.
pub fn combine(shapes: &[Option<Shape>]) -> Vec<Option<Shape>> {
    let mut wholes = shapes.to_vec();
    for modality in [Modality::CT, Modality::MR] {
        let parts: Vec<(usize, &Shape)> = shapes
            .iter()
            .enumerate()
            .filter_map(|(at, s)| s.as_ref().map(|s| (at, s)))
            .filter(|(_, s)| s.modality == modality && is_part(s))
            .collect();
        let with = |region: Region| parts.iter().filter(move |(_, s)| s.regions.contains(&region));
        let abdomens: Vec<_> = with(Region::Abdomen).map(|(_, s)| s.contrast).collect();
        if parts.len() < 2 || abdomens.is_empty() {
            continue;
        }
        let contrast = together(&abdomens);
        let pelvis = with(Region::Pelvis).count() > 0;
        // A chest that is part of an abdomen's own order stays with it.
        let own_chest = parts
            .iter()
            .any(|(_, s)| s.regions.contains(&Region::Abdomen) && s.regions.contains(&Region::Chest));
        let only_chest = |s: &Shape| s.regions == [Region::Chest];
        let chest = parts.iter().any(|(_, s)| only_chest(s) && enhanced(s.contrast));
        let joins = pelvis && enhanced(contrast) && chest;
        let mut regions = vec![Region::Abdomen];
        if pelvis {
            regions.push(Region::Pelvis);
        }
        if joins || own_chest {
            regions.push(Region::Chest);
        }
        regions.sort();
        for (at, part) in parts {
            if only_chest(part) && !(joins && enhanced(part.contrast)) {
                continue;
            }
            let mut whole = part.clone();
            whole.regions.clone_from(&regions);
            whole.contrast = contrast;
            wholes[at] = Some(whole);
        }
    }
    wholes
}
