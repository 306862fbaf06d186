//! Several orders that make up one study (§3.8): the recommended MRI is two CPT orders.

use crate::knowledge::Shape;
use crate::knowledge::files::{IvContrast, Modality, Region};

/// The study each of these orders is a part of. `None` where an order stands alone.
#[must_use]
pub fn combine(orders: &[Option<&Shape>]) -> Vec<Option<Shape>> {
    let mut combined = vec![None; orders.len()];
    for modality in [Modality::CT, Modality::MR] {
        let parts: Vec<usize> = (0..orders.len())
            .filter(|at| shape(orders, *at).is_some_and(|s| part(s, modality)))
            .collect();
        let Some((whole, members)) = whole(orders, &parts) else {
            continue;
        };
        if members.len() > 1 {
            for at in members {
                if let Some(slot) = combined.get_mut(at) {
                    *slot = Some(whole.clone());
                }
            }
        }
    }
    combined
}

fn shape<'a>(orders: &[Option<&'a Shape>], at: usize) -> Option<&'a Shape> {
    orders.get(at).copied().flatten()
}

/// Only studies of trunk regions add up; vessel studies and organ studies stand alone.
fn part(shape: &Shape, modality: Modality) -> bool {
    let trunk = [Region::Chest, Region::Abdomen, Region::Pelvis];
    shape.modality == modality
        && !shape.angiography
        && !shape.regions.is_empty()
        && shape.regions.iter().all(|r| trunk.contains(r))
}

/// The study the parts make up, and which of them belong to it.
fn whole(orders: &[Option<&Shape>], parts: &[usize]) -> Option<(Shape, Vec<usize>)> {
    let has = |at: usize, region| shape(orders, at).is_some_and(|s| s.regions.contains(&region));
    let abdomens: Vec<usize> = parts
        .iter()
        .copied()
        .filter(|at| has(*at, Region::Abdomen))
        .collect();
    let first = shape(orders, *abdomens.first()?)?;
    let contrast = of_abdomen(
        abdomens
            .iter()
            .filter_map(|at| shape(orders, *at))
            .map(|s| s.contrast),
    );
    let pelvis = parts.iter().any(|at| has(*at, Region::Pelvis));
    let mut members: Vec<usize> = parts
        .iter()
        .copied()
        .filter(|at| has(*at, Region::Abdomen) || (has(*at, Region::Pelvis) && !has(*at, Region::Chest)))
        .collect();
    let mut regions: Vec<Region> = members
        .iter()
        .filter_map(|at| shape(orders, *at))
        .flat_map(|s| s.regions.clone())
        .collect();
    // A chest study joins only where everything is enhanced; otherwise it stays an adjunct.
    if pelvis && enhanced(contrast) {
        for at in parts
            .iter()
            .copied()
            .filter(|at| !members.contains(at))
            .collect::<Vec<_>>()
        {
            if shape(orders, at).is_some_and(|s| enhanced(s.contrast)) {
                members.push(at);
                regions.push(Region::Chest);
            }
        }
    }
    regions.sort();
    regions.dedup();
    Some((
        Shape {
            regions,
            contrast,
            ..first.clone()
        },
        members,
    ))
}

fn enhanced(contrast: IvContrast) -> bool {
    matches!(contrast, IvContrast::With | IvContrast::WithoutAndWith)
}

/// The contrast of the whole is that of the abdomen; plain and enhanced abdomen together are without and with.
fn of_abdomen(contrasts: impl Iterator<Item = IvContrast>) -> IvContrast {
    let all: Vec<_> = contrasts.collect();
    let has = |c| all.contains(&c);
    if has(IvContrast::WithoutAndWith) || (has(IvContrast::None) && has(IvContrast::With)) {
        IvContrast::WithoutAndWith
    } else if has(IvContrast::With) {
        IvContrast::With
    } else if has(IvContrast::Unknown) {
        IvContrast::Unknown
    } else {
        IvContrast::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IvContrast::{None as Plain, Unknown, With, WithoutAndWith};
    use Region::{Abdomen, Chest, Liver, Pelvis};

    fn ct(regions: &[Region], contrast: IvContrast) -> Shape {
        Shape {
            modality: Modality::CT,
            regions: regions.to_vec(),
            contrast,
            tracer: None,
            purpose: None,
            angiography: false,
        }
    }

    fn check(orders: &[Shape], expect: &[Option<Shape>]) {
        let given: Vec<_> = orders.iter().map(Some).collect();
        assert_eq!(combine(&given), expect, "{orders:?}");
    }

    #[test]
    fn abdomen_and_pelvis_are_one_study_with_the_abdomens_contrast() {
        let whole = ct(&[Abdomen, Pelvis], WithoutAndWith);
        check(
            &[ct(&[Abdomen], WithoutAndWith), ct(&[Pelvis], Plain)],
            &[Some(whole.clone()), Some(whole)],
        );
        let plain = ct(&[Abdomen, Pelvis], Plain);
        check(
            &[ct(&[Pelvis], With), ct(&[Abdomen], Plain)],
            &[Some(plain.clone()), Some(plain)],
        );
    }

    #[test]
    fn plain_and_enhanced_abdomen_are_without_and_with() {
        let whole = ct(&[Abdomen], WithoutAndWith);
        check(
            &[ct(&[Abdomen], Plain), ct(&[Abdomen], With)],
            &[Some(whole.clone()), Some(whole)],
        );
    }

    #[test]
    fn a_chest_study_joins_only_where_everything_is_enhanced() {
        let whole = ct(&[Chest, Abdomen, Pelvis], With);
        check(
            &[ct(&[Abdomen, Pelvis], With), ct(&[Chest], With)],
            &[Some(whole.clone()), Some(whole)],
        );
        check(
            &[ct(&[Abdomen, Pelvis], With), ct(&[Chest], Plain)],
            &[None, None],
        );
        check(
            &[ct(&[Abdomen, Pelvis], Plain), ct(&[Chest], With)],
            &[None, None],
        );
        check(&[ct(&[Abdomen], With), ct(&[Chest], With)], &[None, None]);
    }

    #[test]
    fn other_modalities_organ_studies_and_single_orders_stand_alone() {
        let mr = Shape {
            modality: Modality::MR,
            ..ct(&[Pelvis], With)
        };
        check(&[ct(&[Abdomen], With), mr], &[None, None]);
        check(&[ct(&[Liver], With), ct(&[Pelvis], With)], &[None, None]);
        check(&[ct(&[Abdomen, Pelvis], Unknown)], &[None]);
        check(&[], &[]);
    }
}
