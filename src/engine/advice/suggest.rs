//! Which studies are offered, and in which order (§7 Suggestions). Step 2 chooses only among what steps 3 and 4 leave.

use super::super::Key;
use super::super::facts::modifiers::Modifiers;
use crate::knowledge::files::{CardWords, Modality, Offers, Tracer};
use crate::knowledge::{Knowledge, Study};

/// The studies to offer in place of (or beside) an order, best first; and those told in words only.
pub(super) fn offers(
    knowledge: &Knowledge,
    ordered: &Study,
    drafted: &[&Study],
    changes: &Modifiers,
    card: Option<&CardWords>,
) -> (Vec<Key>, Vec<Key>) {
    if changes.pregnancy.is_some() {
        return (Vec::new(), Vec::new());
    }
    let known = knowledge.suggestions();
    let prefer: &[String] = card.map_or(&[], |c| &c.prefer);
    let adds = card.is_some_and(|c| c.offers == Offers::Add);
    // 1. The base list.
    let mut keys: Vec<Key> = known.base.clone();
    // 2. What is preferred: the card's own choice, high-grade disease, the modality that was ordered.
    if changes.high_grade.is_some()
        && let Some(fdg) = &known.high_grade
    {
        let at = keys
            .iter()
            .position(|k| tracer(knowledge, k) == Some(Tracer::Sstr))
            .unwrap_or(keys.len());
        keys.insert(at, fdg.clone());
        to_end(&mut keys, |k| tracer(knowledge, k) == Some(Tracer::Sstr));
    }
    let same = card.is_some_and(|c| c.prefer_same_modality) || ordered.shape.modality == Modality::MR;
    if same {
        to_front(&mut keys, |k| {
            modality(knowledge, k) == Some(ordered.shape.modality)
        });
    }
    for key in prefer.iter().rev() {
        keys.retain(|k| **k != **key);
        keys.insert(0, key.as_str().into());
    }
    if adds {
        keys.retain(|k| prefer.iter().any(|p| **p == **k));
    }
    // 3. What the chart makes harder goes to the end.
    let is = |wanted: Modality| move |k: &Key| modality(knowledge, k) == Some(wanted);
    if changes.iodine_allergy.is_some() || changes.renal.is_some() {
        to_end(&mut keys, is(Modality::CT));
    }
    if changes.device.is_some() || changes.mri_not_possible.is_some() {
        to_end(&mut keys, is(Modality::MR));
    }
    // 4. What the chart rules out, and what is ordered already, is not offered.
    if changes.mri_contraindicated.is_some()
        || (changes.gadolinium_allergy.is_some() && changes.gadolinium_severe)
    {
        keys.retain(|k| !is(Modality::MR)(k));
    }
    if changes.iodine_allergy.is_some() && changes.iodine_severe {
        keys.retain(|k| !is(Modality::CT)(k));
    }
    let ordered_already = |k: &Key| *k == ordered.key || drafted.iter().any(|d| d.key == *k);
    keys.retain(|k| !ordered_already(k));
    // Told in words only where nothing speaks against it.
    let hard = changes.iodine_allergy.is_some() || changes.renal.is_some();
    let told = |k: &&Key| !adds && !ordered_already(k) && !(hard && is(Modality::CT)(k));
    let mentions = known.mention.iter().filter(told).cloned().collect();
    (keys, mentions)
}

fn modality(knowledge: &Knowledge, key: &Key) -> Option<Modality> {
    knowledge.study(key).map(|s| s.shape.modality)
}

fn tracer(knowledge: &Knowledge, key: &Key) -> Option<Tracer> {
    knowledge.study(key).and_then(|s| s.shape.tracer)
}

/// Moves what matches behind the rest, keeping the order otherwise.
fn to_end(keys: &mut Vec<Key>, matches: impl Fn(&Key) -> bool) {
    let (back, mut front): (Vec<Key>, Vec<Key>) = std::mem::take(keys).into_iter().partition(|k| matches(k));
    front.extend(back);
    *keys = front;
}

fn to_front(keys: &mut Vec<Key>, matches: impl Fn(&Key) -> bool) {
    to_end(keys, |k| !matches(k));
}
