//! The study by its codes.

use super::Asked;
use crate::engine::case::{DraftOrder, ResourceRef};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::files::{IvContrast, Modality, Region, Tracer};
use crate::knowledge::vocabulary::Role;
use crate::knowledge::{Knowledge, Shape, Study};
use crate::terminology::Concept;

/// Reads the codes of an order; `None` when the catalogue knows none of them.
pub(super) fn read(knowledge: &Knowledge, id: &ResourceRef, order: &DraftOrder) -> Option<Asked> {
    let mut evidence = Vec::new();
    let mut shape: Option<Shape> = None;
    for coding in &order.code.codings {
        let Some(study) = knowledge.study_coded(coding) else {
            continue;
        };
        evidence.push(by_code(knowledge, id, coding, study));
        shape = Some(match shape {
            None => study.shape.clone(),
            Some(first) => agree(first, &study.shape),
        });
    }
    Some(Asked {
        shape: shape?,
        evidence,
    })
}

fn by_code(
    knowledge: &Knowledge,
    id: &ResourceRef,
    coding: &crate::terminology::Coding,
    study: &Study,
) -> Evidence {
    let systems = knowledge.systems();
    let system = coding.system.as_deref().and_then(|s| systems.named(s).next());
    let name = system.map_or("", |s| systems.name(s));
    let code = coding.code.as_deref().unwrap_or_default().trim();
    Evidence {
        resource: Some(id.clone()),
        what: format!("{name} {code}, {}", study.name),
        quote: None,
        date: None,
    }
}

/// Two codes on one order: the same study told twice, its two halves, or a contradiction.
fn agree(first: Shape, second: &Shape) -> Shape {
    if first == *second {
        return first;
    }
    if first.modality != second.modality {
        // A PET/CT may carry the code of its CT part; anything else is a contradiction.
        let pet = |s: &Shape| matches!(s.modality, Modality::PETCT | Modality::PET | Modality::PETMR);
        return match (pet(&first), pet(second)) {
            (true, false) => first,
            (false, true) => second.clone(),
            _ => Shape {
                contrast: contradicted(first.contrast),
                ..first
            },
        };
    }
    let contrast = match (first.contrast, second.contrast) {
        (a, b) if a == b => a,
        (IvContrast::Unknown, known) | (known, IvContrast::Unknown) => known,
        (a, _) => contradicted(a),
    };
    let mut regions = first.regions.clone();
    regions.extend(&second.regions);
    regions.sort();
    regions.dedup();
    if regions.contains(&Region::Abdomen) {
        regions.retain(|r| {
            !matches!(
                r,
                Region::Liver | Region::Pancreas | Region::BiliaryPancreaticDucts
            )
        });
    }
    Shape {
        regions,
        contrast,
        purpose: first.purpose.max(second.purpose),
        ..first
    }
}

fn contradicted(contrast: IvContrast) -> IvContrast {
    if contrast == IvContrast::NotApplicable {
        contrast
    } else {
        IvContrast::Unknown
    }
}

/// The tracer by a code among these.
pub(super) fn tracer<'c>(
    knowledge: &Knowledge,
    id: &ResourceRef,
    concepts: impl IntoIterator<Item = &'c Concept>,
) -> Option<(Tracer, Evidence)> {
    let marks = Marks::of(knowledge, concepts);
    let roles = [
        (Role::TracerOther, Tracer::Other),
        (Role::TracerSstrSpect, Tracer::SstrSpect),
        (Role::TracerSstr, Tracer::Sstr),
        (Role::TracerFdg, Tracer::Fdg),
    ];
    let found = |(role, tracer)| {
        marks
            .find(role)
            .map(|m| (tracer, marks::coded(knowledge, id, m, None)))
    };
    roles.into_iter().find_map(found)
}
