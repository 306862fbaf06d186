//! The changes that the laws make to a case.

use crate::twin::generate::{Rng, ago, concept};
use apposite::engine::case::{
    Allergy, Case, Condition, DraftOrder, ImagingDone, ImagingKind, Medication, MedicationKind, Observation,
    ObservedValue, PartialDate, Procedure, ResourceRef, Source,
};
use apposite::terminology::Concept;

fn shuffle<T>(list: &mut [T], rng: &mut Rng) {
    for at in (1..list.len()).rev() {
        list.swap(at, rng.below(at + 1));
    }
}

/// Every list in another order, the orders included.
pub fn shuffled(case: &Case, rng: &mut Rng) -> Case {
    let mut case = case.clone();
    shuffle(&mut case.orders, rng);
    let chart = &mut case.chart;
    shuffle(&mut chart.conditions, rng);
    shuffle(&mut chart.procedures, rng);
    shuffle(&mut chart.medications, rng);
    shuffle(&mut chart.observations, rng);
    shuffle(&mut chart.allergies, rng);
    shuffle(&mut chart.imaging, rng);
    shuffle(&mut chart.undelivered, rng);
    case
}

/// Every record, code and reason twice.
pub fn doubled(case: &Case) -> Case {
    fn twice<T: Clone>(list: &mut Vec<T>) {
        list.extend(list.clone());
    }
    let mut case = case.clone();
    for order in &mut case.orders {
        twice(&mut order.code.codings);
        twice(&mut order.reasons);
        twice(&mut order.reason_references);
        twice(&mut order.notes);
    }
    let chart = &mut case.chart;
    chart
        .conditions
        .iter_mut()
        .for_each(|c| twice(&mut c.code.codings));
    twice(&mut chart.conditions);
    twice(&mut chart.procedures);
    twice(&mut chart.medications);
    twice(&mut chart.observations);
    twice(&mut chart.allergies);
    twice(&mut chart.imaging);
    case
}

fn condition(code: &str, text: &str, verification: &str) -> Condition {
    Condition {
        resource: ResourceRef::new(format!("Condition/x-{verification}-{code}")),
        code: concept(code, text),
        body_sites: Vec::new(),
        clinical_status: Some("active".into()),
        verification: Some(verification.into()),
        onset: None,
        recorded: None,
        stages: Vec::new(),
        notes: Vec::new(),
    }
}

fn procedure(code: &str, status: &str, date: Option<PartialDate>) -> Procedure {
    Procedure {
        resource: ResourceRef::new(format!("Procedure/x-{status}-{code}")),
        code: concept(code, ""),
        status: Some(status.into()),
        performed: date,
        reasons: Vec::new(),
        body_sites: Vec::new(),
        notes: Vec::new(),
    }
}

fn medication(code: &str, text: &str, status: &str) -> Medication {
    Medication {
        resource: ResourceRef::new(format!("MedicationRequest/x-{status}-{code}")),
        kind: MedicationKind::Request,
        code: concept(code, text),
        status: Some(status.into()),
        intent: Some("order".into()),
        do_not_perform: false,
        start: None,
        end: None,
        reasons: Vec::new(),
    }
}

fn observation(code: &str, value: f64, status: &str, date: Option<PartialDate>) -> Observation {
    Observation {
        resource: ResourceRef::new(format!("Observation/x-{status}-{code}")),
        code: concept(code, ""),
        status: Some(status.into()),
        value: Some(ObservedValue::Quantity {
            value,
            comparator: None,
            unit: None,
        }),
        high: None,
        interpretations: Vec::new(),
        date,
        notes: Vec::new(),
    }
}

fn allergy(code: &str, text: &str, clinical: &str, verification: &str) -> Allergy {
    Allergy {
        resource: ResourceRef::new(format!("AllergyIntolerance/x-{clinical}-{verification}-{code}")),
        substances: vec![concept(code, text)],
        clinical_status: Some(clinical.into()),
        verification: Some(verification.into()),
        severe: true,
        manifestations: Vec::new(),
        notes: Vec::new(),
    }
}

fn imaging(code: &str, text: &str, status: &str, date: PartialDate) -> ImagingDone {
    ImagingDone {
        resource: ResourceRef::new(format!("ImagingStudy/x-{status}-{code}")),
        kind: ImagingKind::ImagingStudy,
        codes: vec![concept(code, text)],
        status: Some(status.into()),
        date: Some(date),
    }
}

fn delivered(case: &Case, source: Source) -> bool {
    !case.chart.undelivered.contains(&source)
}

/// Records that have nothing to do with any rule.
pub fn with_irrelevant(case: &Case) -> Case {
    let mut case = case.clone();
    let recent = ago(case.today, 10);
    let has = |source| delivered(&case, source);
    let (conditions, procedures, medications) = (
        has(Source::Conditions),
        has(Source::Procedures),
        has(Source::Medications),
    );
    let (observations, allergies, images) = (
        has(Source::Observations),
        has(Source::Allergies),
        has(Source::Imaging),
    );
    let chart = &mut case.chart;
    if conditions {
        let more = [
            ("icd10cm|I10", "Essential hypertension"),
            ("icd10cm|M17.11", "Osteoarthritis of right knee"),
        ];
        chart
            .conditions
            .extend(more.map(|(c, t)| condition(c, t, "confirmed")));
    }
    if procedures {
        chart
            .procedures
            .push(procedure("cpt|44970", "completed", Some(recent)));
    }
    if medications {
        chart
            .medications
            .push(medication("rxnorm|6809", "metformin", "active"));
    }
    if observations {
        chart
            .observations
            .push(observation("loinc|2345-7", 5.4, "final", Some(recent)));
    }
    if allergies {
        chart
            .allergies
            .push(allergy("rxnorm|7980", "penicillin G", "active", "confirmed"));
    }
    if images {
        chart
            .imaging
            .push(imaging("cpt|73560", "X-ray of the knee", "available", recent));
    }
    case
}

/// Records that would change everything if they counted.
pub fn with_void(case: &Case) -> Case {
    let mut case = case.clone();
    let recent = ago(case.today, 10);
    let chart = &mut case.chart;
    for code in [
        "icd10cm|C25.4",
        "icd10cm|Z90.411",
        "icd10cm|C7B.02",
        "icd10cm|C25.0",
        "icd10cm|Z33.1",
    ] {
        chart.conditions.push(condition(code, "", "entered-in-error"));
    }
    // An order that names what the chart refutes is a contradiction; so these are none that orders name.
    for code in ["icd10cm|C50.012", "icd10cm|Z95.0", "icd10cm|N17.9"] {
        chart.conditions.push(condition(code, "", "refuted"));
    }
    for status in [
        "not-done",
        "preparation",
        "on-hold",
        "stopped",
        "entered-in-error",
    ] {
        chart
            .procedures
            .push(procedure("cpt|48150", status, Some(recent)));
    }
    for status in ["draft", "cancelled", "on-hold", "entered-in-error"] {
        chart.medications.push(medication("rxnorm|357977", "", status));
    }
    for status in ["cancelled", "entered-in-error"] {
        chart
            .observations
            .push(observation("loinc|98979-8", 9.0, status, Some(recent)));
    }
    for (clinical, verification) in [
        ("resolved", "confirmed"),
        ("inactive", "confirmed"),
        ("active", "refuted"),
        ("active", "entered-in-error"),
    ] {
        chart
            .allergies
            .push(allergy("sct|426722004", "", clinical, verification));
    }
    chart
        .imaging
        .push(imaging("loinc|36813-4", "", "cancelled", recent));
    case
}

/// The same case some days later. `None` where a date is not told to the day.
pub fn later(case: &Case, rng: &mut Rng) -> Option<Case> {
    let mut case = case.clone();
    let span = jiff::Span::new().days(rng.of(&[1, 30, 365, -400]));
    let mut whole = true;
    let mut shift = |date: &mut Option<PartialDate>| match date {
        Some(PartialDate::Day(day)) => *day = day.checked_add(span).unwrap(),
        Some(_) => whole = false,
        None => {}
    };
    let chart = &mut case.chart;
    for c in &mut chart.conditions {
        shift(&mut c.onset);
        shift(&mut c.recorded);
    }
    chart.procedures.iter_mut().for_each(|p| shift(&mut p.performed));
    for m in &mut chart.medications {
        shift(&mut m.start);
        shift(&mut m.end);
    }
    chart.observations.iter_mut().for_each(|o| shift(&mut o.date));
    chart.imaging.iter_mut().for_each(|i| shift(&mut i.date));
    case.today = case.today.checked_add(span).unwrap();
    // Years are no number of days: only who is clearly grown up stays so.
    let grown = case
        .chart
        .patient
        .birth_date
        .is_none_or(|born| born.earliest().year() + 25 < case.today.year());
    (whole && grown).then_some(case)
}

/// Words that lose or change their meaning in other letters.
fn by_letters(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["net", "nec", "nen", "icd"].iter().any(|w| text.contains(w))
}

fn respelled(text: &mut String) {
    let wide = format!(" {} ", text.replace(' ', "  "));
    *text = if by_letters(text) {
        wide
    } else {
        wide.to_ascii_uppercase()
    };
}

fn respell(concept: &mut Concept) {
    concept.text.iter_mut().for_each(respelled);
}

/// Blanks doubled, and capital letters where they carry no meaning.
pub fn spelled_otherwise(case: &Case) -> Case {
    let mut case = case.clone();
    for order in &mut case.orders {
        order.reasons.iter_mut().for_each(respell);
        order.notes.iter_mut().for_each(respelled);
        order.details.iter_mut().for_each(respell);
    }
    case.chart
        .conditions
        .iter_mut()
        .for_each(|c| respell(&mut c.code));
    case.chart
        .procedures
        .iter_mut()
        .for_each(|p| respell(&mut p.code));
    for m in &mut case.chart.medications {
        m.reasons.iter_mut().for_each(respell);
    }
    case
}

/// The case without one source.
pub fn without(case: &Case, source: Source) -> Case {
    let mut case = case.clone();
    let chart = &mut case.chart;
    match source {
        Source::Patient => chart.patient = Default::default(),
        Source::Conditions => chart.conditions.clear(),
        Source::Procedures => chart.procedures.clear(),
        Source::Medications => chart.medications.clear(),
        Source::Imaging => chart.imaging.clear(),
        Source::Observations => chart.observations.clear(),
        Source::Allergies => chart.allergies.clear(),
    }
    if !chart.undelivered.contains(&source) {
        chart.undelivered.push(source);
    }
    case
}

/// The case with the order replaced by an offered study.
pub fn replaced(case: &Case, order: &DraftOrder, offer: &str) -> Case {
    let code = match offer {
        "MR_ABD_PEL_WWO" => "loinc|97392-5",
        "CT_ABD_PEL_W" => "cpt|74177",
        "SSTR_PETCT_SBMT" => "cpt|78815 hcpcs|A9587",
        "FDG_PETCT_SBMT" => "cpt|78815 hcpcs|A9552",
        other => panic!("no code to order {other} by"),
    };
    let mut order = order.clone();
    order.code = concept(code, "");
    order.details.clear();
    // Protocol remarks go with the study they were about.
    let about_study = ["contrast", "dota", "fdg", "psma", "octreo"];
    order
        .notes
        .retain(|n| !about_study.iter().any(|w| n.to_ascii_lowercase().contains(w)));
    let mut case = case.clone();
    case.orders = vec![order];
    case
}
