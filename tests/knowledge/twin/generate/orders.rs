//! Random draft orders.

use super::super::words::{REASONS, REMARKS, TRACERS};
use super::{Rng, concept};
use apposite::engine::case::{Chart, DraftOrder, Identity, ReasonReference, ResourceRef};

/// Every code by which a single order names a study, some with a tracer.
const STUDIES: &[&str] = &[
    "cpt|74150",
    "cpt|74160",
    "cpt|74170",
    "cpt|74176",
    "cpt|74177",
    "cpt|74178",
    "cpt|74174",
    "cpt|74175",
    "cpt|72192",
    "cpt|72193",
    "cpt|71250",
    "cpt|71260",
    "cpt|74181",
    "cpt|74182",
    "cpt|74183",
    "cpt|72197",
    "loinc|36424-0",
    "loinc|36813-4",
    "loinc|44115-4",
    "loinc|41806-1",
    "loinc|24865-8",
    "loinc|87869-4",
    "loinc|72253-8",
    "loinc|72254-6",
    "loinc|72252-0",
    "loinc|42276-6",
    "loinc|42275-8",
    "loinc|24627-2",
    "loinc|24814-6",
    "loinc|30611-8",
    "loinc|24815-3",
    "loinc|24857-5",
    "loinc|30613-4",
    "loinc|24858-3",
    "loinc|24556-3",
    "loinc|97391-7",
    "loinc|97393-3",
    "loinc|97392-5",
    "loinc|36046-1",
    "loinc|30669-6",
    "loinc|36231-9",
    "loinc|36515-5",
    "loinc|36385-3",
    "loinc|37220-1",
    "loinc|44123-8",
    "loinc|36944-7",
    "loinc|91524-9",
    "loinc|91525-6",
    "loinc|46358-8",
    "loinc|80499-7",
    "loinc|81551-4",
    "sct|169070004",
    "sct|396101000119105",
    "sct|432370003",
    "sct|393161000119104",
    "sct|1148700003",
    "sct|418891003",
    "sct|414121000119100",
    "sct|699582003",
    "sct|443271005",
    "sct|77477000",
    "radlex|RPID3",
    "radlex|RPID144",
    "radlex|RPID145",
    "radlex|RPID473",
    "radlex|RPID474",
    "radlex|RPID5989",
    "cpt|78815",
    "cpt|78816",
    "cpt|78814",
    "cpt|78812",
    "cpt|78813",
    "radlex|RPID6017",
    "sct|82918005",
    "cpt|78815 hcpcs|A9587",
    "cpt|78815 hcpcs|A9592",
    "cpt|78816 hcpcs|A9587",
    "cpt|78814 hcpcs|A9587",
    "cpt|78815 hcpcs|A9552",
    "cpt|78816 hcpcs|A9552",
    "cpt|78814 hcpcs|A9552",
    "cpt|78815 hcpcs|A9595",
    "cpt|78812 hcpcs|A9587",
    "cpt|78812 hcpcs|A9552",
    "cpt|78804",
    "cpt|78804 hcpcs|A9572",
    "cpt|76700",
    "sct|45036003",
    "cpt|76978",
    "cpt|43259",
    "cpt|43237",
    "sct|450556004",
    "cpt|43238",
    "cpt|43242",
    "cpt|43253",
    "cpt|43240",
    "cpt|43231",
    "cpt|43232",
    // Rated, and rarely drawn otherwise.
    "loinc|72253-8",
    "loinc|42276-6",
    "loinc|42276-6",
    "loinc|30611-8",
    "loinc|30613-4",
    "loinc|30669-6",
    "loinc|30669-6",
    "loinc|36515-5",
    "loinc|91525-6",
    "loinc|91525-6",
    "cpt|78816 hcpcs|A9587",
    "cpt|78816 hcpcs|A9587",
    // Codings that disagree, and what is not imaging at all.
    "cpt|74176 loinc|36813-4",
    "cpt|74176 loinc|36952-0",
    "cpt|74183 loinc|24557-1",
    "sct|241620005",
    "cpt|99213",
];
/// Those that warn, inform or matter most.
const COMMON: &[&str] = &[
    "cpt|74176",
    "cpt|74150",
    "cpt|74181",
    "loinc|97391-7",
    "cpt|74177",
    "loinc|97392-5",
    "cpt|74183",
    "cpt|43259",
    "cpt|78815",
    "cpt|78815 hcpcs|A9587",
    "cpt|78815 hcpcs|A9552",
    "sct|169070004",
    "cpt|71250",
    "loinc|44115-4",
];
/// Parts of a study made of several orders.
const PARTS: &[&str] = &[
    "cpt|74150",
    "cpt|74160",
    "cpt|74170",
    "cpt|72192",
    "cpt|72193",
    "cpt|72194",
    "cpt|71250",
    "cpt|71260",
    "cpt|74176",
    "cpt|74177",
    "cpt|74181",
    "cpt|74183",
    "cpt|72195",
    "cpt|72197",
    "loinc|97392-5",
    "loinc|41806-1",
    "loinc|30668-8",
    "sct|395771000119107",
    "radlex|RPID3",
    "radlex|RPID46",
    "cpt|78815 hcpcs|A9587",
    "cpt|43259",
];
const REASON_CODES: &[&str] = &[
    "icd10cm|C25.4",
    "icd10cm|C25.4",
    "icd10cm|C25.4",
    "icd10cm|D13.7",
    "icd10cm|C7A.8",
    "icd10cm|C7B.02",
    "icd10cm|C25.9",
    "sct|425810000",
    "icd10cm|N20.0",
    "icd10cm|C50.911",
    "icd10cm|C78.7",
    "icd10cm|K86.89",
    "sct|717919005",
    "sct|314964006",
];

fn reason(rng: &mut Rng, order: &mut DraftOrder, chart: &Chart) {
    let text = |rng: &mut Rng| rng.of(REASONS).0;
    match rng.below(20) {
        0 => {}
        1..=5 => order.reasons.push(concept("icd10cm|C25.4", text(rng))),
        6..=9 => order.reasons.push(concept("", text(rng))),
        10..=12 => order.reasons.push(concept(rng.of(REASON_CODES), "")),
        13 | 14 => order.notes.push(text(rng).into()),
        15 => {
            order.reasons.push(concept("", text(rng)));
            order.reasons.push(concept(rng.of(REASON_CODES), ""));
        }
        16 => {
            order.reasons.push(concept("", text(rng)));
            order.notes.push(text(rng).into());
        }
        17 if !chart.conditions.is_empty() => {
            let to = &chart.conditions[rng.below(chart.conditions.len())];
            order
                .reason_references
                .push(ReasonReference::InChart(to.resource.clone()));
        }
        18 => {
            let to = ResourceRef::new("Condition/gone");
            order.reason_references.push(ReasonReference::Unread(to));
        }
        _ => order.reasons.push(concept(
            "",
            rng.of(&["Initial staging of pNET", "r/o mets", "staging"]),
        )),
    }
}

fn order(rng: &mut Rng, at: usize, codes: &str) -> DraftOrder {
    let mut order = DraftOrder {
        id: Some(ResourceRef::new(format!("ServiceRequest/o{at}"))),
        selected: rng.chance(75),
        status: Some("draft".into()),
        intent: Some("order".into()),
        subject: Identity::Agrees,
        code: concept(codes, ""),
        ..DraftOrder::default()
    };
    match rng.below(60) {
        0 => {
            order.status = Some(
                rng.of(&["revoked", "completed", "entered-in-error", "active"])
                    .into(),
            )
        }
        1 => order.do_not_perform = true,
        2 => order.subject = Identity::Differs,
        3 => order.intent = Some(rng.of(&["proposal", "original-order"]).into()),
        4 | 5 => order.subject = Identity::NotStated,
        _ => {}
    }
    if rng.chance(3) && codes.split_whitespace().count() == 1 {
        order.code.text = Some(rng.of(&["no IV contrast", "with IV contrast"]).into());
    }
    if rng.chance(8) {
        order.notes.push(rng.of(REMARKS).0.into());
    }
    let tracer_matters = codes.contains("cpt|788") && codes.split_whitespace().count() == 1;
    if tracer_matters && rng.chance(40) {
        let fits = |text: &str| codes.contains("78804") || text != "octreotide scan";
        let text = Some(rng.of(TRACERS).0).filter(|t| fits(t)).unwrap_or("F-18 FDG");
        if rng.chance(50) {
            order.notes.push(text.into());
        } else {
            order.details.push(concept("", text));
        }
    }
    order
}

/// One to three draft orders; at least one is selected.
pub fn orders(rng: &mut Rng, chart: &Chart) -> Vec<DraftOrder> {
    let count = rng.of(&[1, 1, 1, 2, 2, 3]);
    let mut orders: Vec<_> = (0..count)
        .map(|at| {
            let codes = match rng.below(10) {
                _ if count > 1 && at > 0 => rng.of(PARTS),
                0..=4 if count > 1 => rng.of(PARTS),
                0..=4 => rng.of(STUDIES),
                _ => rng.of(COMMON),
            };
            order(rng, at, codes)
        })
        .collect();
    if rng.chance(60) {
        // One reason for all, as an ordering screen gives it.
        let mut shared = DraftOrder::default();
        reason(rng, &mut shared, chart);
        for order in &mut orders {
            order.reasons.clone_from(&shared.reasons);
            order.reason_references.clone_from(&shared.reason_references);
            order.notes.extend(shared.notes.iter().cloned());
        }
    } else {
        for order in &mut orders {
            reason(rng, order, chart);
        }
    }
    if !orders.iter().any(|o| o.selected) {
        orders[0].selected = true;
    }
    orders
}
