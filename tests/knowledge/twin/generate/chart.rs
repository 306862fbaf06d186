//! Random records.

use super::{Rng, about, ago, concept};
use apposite::engine::case::{
    Allergy, Chart, Comparator, Condition, ImagingDone, ImagingKind, Medication, MedicationKind, Observation,
    ObservedValue, PartialDate, Procedure, ResourceRef,
};
use jiff::civil::Date;

/// Days before the order, around every window.
const DAYS: &[i64] = &[
    0, 5, 14, 29, 30, 31, 60, 89, 90, 91, 120, 179, 180, 181, 200, 269, 270, 271, 400, 800,
];

pub fn condition(at: usize, codes: &str, text: &str) -> Condition {
    Condition {
        resource: ResourceRef::new(format!("Condition/c{at}")),
        code: concept(codes, text),
        body_sites: Vec::new(),
        clinical_status: Some("active".into()),
        verification: Some("confirmed".into()),
        onset: None,
        recorded: None,
        stages: Vec::new(),
        notes: Vec::new(),
    }
}

const SPECIFIC: &[&str] = &[
    "icd10cm|C25.4",
    "icd10cm|C25.4",
    "icd10cm|C25.4",
    "icd10cm|C254",
    "icd10|C25.4",
    "icd10cm|D13.7",
    "sct|717919005",
    "sct|1287665004",
    "icdo3m|8151/3",
    "sct|1186869002",
];
const SITELESS: &[&str] = &[
    "icd10cm|C7A.8",
    "icd10cm|D3A.8",
    "icd10cm|C7A.1",
    "icd10cm|C7A.094",
    "sct|255046005",
    "icdo3m|8240/3",
    "sct|302823005",
    "sct|302824004",
    "icdo3m|8246/3",
];
const UNKNOWN: &[&str] = &[
    "icd10cm|C25.9",
    "icd10cm|C25.1",
    "sct|372003004",
    "icd10cm|D37.8",
    "icd10cm|K86.89",
    "icd10cm|D13.6",
];
const TUMOUR_TEXTS: &[&str] = &[
    "Well-differentiated neuroendocrine tumor of pancreatic tail",
    "Pancreatic neuroendocrine carcinoma, poorly differentiated, Ki-67 70%",
    "Pancreatic NET, liver lesions non-avid on DOTATATE",
    "pNET, highly suspected neuroendocrine tumor",
    "Pancreatic tail mass, possible neuroendocrine tumor",
    "Pancreatic NET with known liver metastases",
    "Pancreatic NET, no liver metastases",
    "Malignant neuroendocrine tumor",
];

/// The tumour, in one of the many ways charts have it.
fn tumour(rng: &mut Rng, at: usize) -> Condition {
    match rng.below(20) {
        0..=9 => condition(at, rng.of(SPECIFIC), ""),
        10 | 11 => condition(at, rng.of(SPECIFIC), rng.of(TUMOUR_TEXTS)),
        12 => condition(at, "", rng.of(TUMOUR_TEXTS)),
        13 => condition(at, rng.of(SITELESS), ""),
        14 => condition(at, rng.of(SITELESS), rng.of(TUMOUR_TEXTS)),
        15 => {
            let mut c = condition(at, rng.of(SITELESS), "");
            c.body_sites.push(concept("", "Tail of pancreas"));
            c
        }
        16 => condition(at, rng.of(UNKNOWN), rng.of(TUMOUR_TEXTS)),
        17 => condition(at, rng.of(UNKNOWN), ""),
        18 => condition(at, rng.of(&["", "icd10cm|C71.9"]), "PNET"),
        _ => {
            let (codes, text) = rng.of(&[
                ("sct|700423003", "Adenocarcinoma of pancreas body"),
                ("icd10cm|C7A.090", "Lung carcinoid"),
                (
                    "sct|1186735007",
                    "Mixed neuroendocrine-non-neuroendocrine neoplasm of pancreas",
                ),
                ("sct|94354002", ""),
                (
                    "icd10cm|Z80.0",
                    "Family history of pancreatic neuroendocrine tumor",
                ),
                ("icd10cm|Z85.07", "History of pancreatic neuroendocrine tumor"),
                ("icd10cm|E31.21", ""),
                ("icd10cm|E31.21", "Malignant neuroendocrine tumor"),
                ("", "Mass of pancreas"),
            ]);
            condition(at, codes, text)
        }
    }
}

/// What else a problem list may hold: code, text, weight.
const BESIDE: &[(&str, &str)] = &[
    ("icd10cm|C25.9", ""),
    ("sct|425810000", ""),
    ("", "Mass of pancreas"),
    ("sct|700423003", ""),
    ("icd10cm|C25.1", "Adenocarcinoma of pancreas body"),
    ("icd10cm|C50.911", ""),
    ("icd10cm|C50.911", ""),
    ("", "Breast cancer"),
    ("icd10cm|C7A.090", "Lung carcinoid"),
    ("icd10cm|C7B.02", ""),
    ("icd10cm|C7B.02", ""),
    ("icd10cm|C7B.03", ""),
    ("icd10cm|C78.7", ""),
    ("icd10cm|C78.7", ""),
    ("icd10cm|C77.2", ""),
    ("icd10cm|C79.51", ""),
    ("sct|399409002", ""),
    ("icd10cm|Z90.411", ""),
    ("icd10cm|Z90.410", ""),
    ("icd10cm|Z85.07", "History of pancreatic neuroendocrine tumor"),
    ("icd10cm|Z08", ""),
    ("icd10cm|E31.21", ""),
    ("icd10cm|E16.2", ""),
    ("sct|314964006", ""),
    ("icd10cm|Z95.0", ""),
    ("icd10cm|Z95.0", "Pacemaker, MRI contraindicated"),
    ("icd10cm|Z95.0", "Pacemaker, MR-conditional"),
    ("icd10cm|F40.240", ""),
    ("icd10cm|Z91.041", ""),
    ("icd10cm|N18.4", ""),
    ("icd10cm|N18.32", ""),
    ("icd10cm|N17.9", ""),
    ("icd10cm|Z99.2", ""),
    ("icd10cm|Z33.1", ""),
    ("icd10cm|Z33.1", ""),
    ("sct|12584003", ""),
    ("sct|1155707008", ""),
    ("icd10cm|I10", ""),
];

fn conditions(rng: &mut Rng, today: Date) -> Vec<Condition> {
    let mut all = Vec::new();
    if rng.chance(95) {
        all.push(tumour(rng, 0));
    }
    if rng.chance(6) {
        all.push(tumour(rng, 1));
    }
    for c in &mut all {
        let days = rng.of(&[5, 14, 30, 60, 90, 120, 179, 180, 181, 400, 800]);
        c.recorded = about(rng, today, days);
        if rng.chance(15) {
            let days = rng.of(DAYS);
            c.onset = about(rng, today, days);
        }
        match rng.below(40) {
            0 => c.verification = Some("refuted".into()),
            1 => c.verification = Some("entered-in-error".into()),
            2 | 3 => c.verification = Some("provisional".into()),
            4 => c.verification = Some("differential".into()),
            5 => c.verification = Some("unconfirmed".into()),
            6 | 7 => c.verification = None,
            _ => {}
        }
        match rng.below(40) {
            0 => c.clinical_status = Some("recurrence".into()),
            1 => c.clinical_status = Some("relapse".into()),
            2 => c.clinical_status = Some("remission".into()),
            3 => c.clinical_status = Some("resolved".into()),
            4 => c.clinical_status = Some("inactive".into()),
            5 | 6 => c.clinical_status = None,
            _ => {}
        }
        if rng.chance(5) {
            c.stages
                .push(concept(rng.of(&["sct|399409002", "sct|1155707008"]), ""));
        }
    }
    for _ in 0..rng.of(&[0, 0, 1, 1, 2]) {
        let (codes, text) = rng.of(BESIDE);
        let mut c = condition(10 + all.len(), codes, text);
        let days = rng.of(DAYS);
        c.recorded = about(rng, today, days);
        if codes == "icd10cm|Z33.1" {
            c.recorded = Some(ago(today, rng.of(&[20, 299, 300, 301, 900])));
        }
        match rng.below(20) {
            0 => c.verification = Some("refuted".into()),
            1 => c.clinical_status = Some("resolved".into()),
            2 => c.clinical_status = None,
            _ => {}
        }
        all.push(c);
    }
    all
}

const PROCEDURES: &[(&str, &str)] = &[
    ("cpt|48140", ""),
    ("cpt|48150", ""),
    ("sct|116241004", ""),
    ("", "Whipple procedure"),
    ("cpt|48150", "Whipple aborted"),
    ("sct|274354007", ""),
    ("sct|107963000", ""),
    ("sct|307616002", ""),
    ("sct|764677008", ""),
    ("cpt|37243", ""),
    ("sct|174720009", ""),
    ("hcpcs|A9513", ""),
    ("cpt|79101", ""),
    ("cpt|79101", "therapy with Lu-177 dotatate"),
    ("cpt|44970", ""),
];

fn procedures(rng: &mut Rng, today: Date) -> Vec<Procedure> {
    let count = rng.of(&[0, 0, 0, 0, 0, 1, 1, 2]);
    let done = |at: usize, rng: &mut Rng| {
        let (codes, text) = rng.of(PROCEDURES);
        let days = rng.of(DAYS);
        Procedure {
            resource: ResourceRef::new(format!("Procedure/p{at}")),
            code: concept(codes, text),
            status: match rng.below(16) {
                0 => Some("not-done".into()),
                1 => Some("preparation".into()),
                2 => Some("stopped".into()),
                3 => Some("on-hold".into()),
                4 => Some("in-progress".into()),
                5 => None,
                _ => Some("completed".into()),
            },
            performed: about(rng, today, days),
            reasons: Vec::new(),
            body_sites: Vec::new(),
            notes: Vec::new(),
        }
    };
    (0..count).map(|at| done(at, rng)).collect()
}

const DRUGS: &[&str] = &[
    "rxnorm|68092",
    "rxnorm|68092",
    "rxnorm|7617",
    "rxnorm|141704",
    "rxnorm|845507",
    "rxnorm|977427",
    "rxnorm|37776",
    "rxnorm|194000",
    "rxnorm|357977",
    "rxnorm|1363268",
    "rxnorm|1999682",
];

fn medications(rng: &mut Rng, today: Date) -> Vec<Medication> {
    let count = rng.of(&[0, 0, 0, 0, 1, 1]);
    let given = |at: usize, rng: &mut Rng| {
        let kind = rng.of(&[
            MedicationKind::Request,
            MedicationKind::Request,
            MedicationKind::Statement,
            MedicationKind::Administration,
        ]);
        let days = rng.of(DAYS);
        let mut m = Medication {
            resource: ResourceRef::new(format!("MedicationRequest/m{at}")),
            kind,
            code: concept(rng.of(DRUGS), ""),
            status: Some(
                rng.of(&[
                    "active",
                    "active",
                    "completed",
                    "stopped",
                    "draft",
                    "on-hold",
                    "cancelled",
                    "entered-in-error",
                    "not-taken",
                ])
                .into(),
            ),
            intent: (kind == MedicationKind::Request).then(|| {
                rng.of(&["order", "order", "order", "original-order", "plan", "proposal"])
                    .into()
            }),
            do_not_perform: rng.chance(3),
            start: about(rng, today, days),
            end: None,
            reasons: Vec::new(),
        };
        if matches!(m.status.as_deref(), Some("stopped" | "completed"))
            && let Some(PartialDate::Day(_)) = m.start
        {
            m.end = Some(ago(today, (days - rng.of(&[10, 29, 30, 31, 60])).max(0)));
        }
        if rng.chance(20) {
            m.reasons.push(concept(
                "",
                rng.of(&["kidney transplant", "breast cancer treatment"]),
            ));
        }
        m
    };
    (0..count).map(|at| given(at, rng)).collect()
}

fn observation(at: usize, codes: &str, value: ObservedValue) -> Observation {
    Observation {
        resource: ResourceRef::new(format!("Observation/b{at}")),
        code: concept(codes, ""),
        status: Some("final".into()),
        value: Some(value),
        high: None,
        interpretations: Vec::new(),
        date: None,
        notes: Vec::new(),
    }
}

fn observations(rng: &mut Rng, today: Date) -> Vec<Observation> {
    let mut all = Vec::new();
    let quantity = |value: f64, comparator| ObservedValue::Quantity {
        value,
        comparator,
        unit: None,
    };
    if rng.chance(15) {
        let mut days = vec![5, 60, 89, 90, 91, 200];
        for _ in 0..rng.of(&[1, 1, 2]) {
            let value = match rng.below(8) {
                0 => quantity(60.0, Some(Comparator::Above)),
                1 => quantity(15.0, Some(Comparator::Below)),
                2 => quantity(30.0, Some(Comparator::Below)),
                3 => quantity(29.9, None),
                4 => quantity(30.0, None),
                5 => quantity(44.0, None),
                _ => quantity(24.0, None),
            };
            let mut o = observation(all.len(), "loinc|98979-8", value);
            let pick = days.swap_remove(rng.below(days.len()));
            o.date = Some(ago(today, pick)).filter(|_| !rng.chance(5));
            o.status = Some(
                rng.of(&[
                    "final",
                    "final",
                    "corrected",
                    "preliminary",
                    "cancelled",
                    "entered-in-error",
                ])
                .into(),
            );
            all.push(o);
        }
    }
    if rng.chance(6) {
        let mut o = observation(all.len(), "loinc|6768-6", quantity(rng.of(&[120.0, 260.0]), None));
        o.high = Some(120.0);
        if rng.chance(30) {
            o.interpretations.push(concept("local|H", ""));
        }
        o.date = Some(ago(today, rng.of(&[5, 90, 91])));
        all.push(o);
    }
    if rng.chance(3) {
        let value = ObservedValue::Coded(concept("sct|399409002", ""));
        let mut o = observation(all.len(), "loinc|21907-1", value);
        o.date = about(rng, today, 20);
        all.push(o);
    }
    all
}

fn allergies(rng: &mut Rng) -> Vec<Allergy> {
    let count = usize::from(rng.chance(15));
    let one = |at: usize, rng: &mut Rng| Allergy {
        resource: ResourceRef::new(format!("AllergyIntolerance/a{at}")),
        substances: vec![concept(
            rng.of(&[
                "sct|426722004",
                "sct|385420005",
                "rxnorm|5956",
                "sct|768763008",
                "rxnorm|1310171",
                "sct|764146007",
            ]),
            "",
        )],
        clinical_status: Some(
            rng.of(&["active", "active", "active", "resolved", "inactive"])
                .into(),
        ),
        verification: rng
            .of(&[Some("confirmed"), Some("confirmed"), None, Some("refuted")])
            .map(str::to_owned),
        severe: rng.chance(40),
        manifestations: Vec::new(),
        notes: Vec::new(),
    };
    (0..count).map(|at| one(at, rng)).collect()
}

const IMAGED: &[&str] = &[
    "loinc|97392-5",
    "loinc|36813-4",
    "cpt|74177",
    "loinc|72254-6",
    "cpt|78815 hcpcs|A9587",
    "cpt|74176",
    "cpt|74183",
    "cpt|78815 hcpcs|A9552",
    "loinc|97393-3",
    "cpt|74178",
];

fn imaging(rng: &mut Rng, today: Date) -> Vec<ImagingDone> {
    let count = rng.of(&[0, 0, 0, 1, 1, 2]);
    let done = |at: usize, rng: &mut Rng| {
        let kind = rng.of(&[
            ImagingKind::ImagingStudy,
            ImagingKind::DiagnosticReport,
            ImagingKind::ServiceRequest,
        ]);
        let states: &[&str] = match kind {
            ImagingKind::ImagingStudy => &["available", "available", "registered", "cancelled"],
            ImagingKind::DiagnosticReport => &[
                "final",
                "final",
                "amended",
                "corrected",
                "appended",
                "preliminary",
                "cancelled",
            ],
            ImagingKind::ServiceRequest => &["completed", "active", "revoked"],
        };
        let days = rng.of(&[5, 30, 89, 90, 91, 120, 400]);
        ImagingDone {
            resource: ResourceRef::new(format!("Imaging/i{at}")),
            kind,
            codes: vec![concept(rng.of(IMAGED), "")],
            status: Some(rng.of(states).into()),
            date: Some(ago(today, days)),
        }
    };
    (0..count).map(|at| done(at, rng)).collect()
}

/// A record.
pub fn chart(rng: &mut Rng, today: Date) -> Chart {
    Chart {
        conditions: conditions(rng, today),
        procedures: procedures(rng, today),
        medications: medications(rng, today),
        observations: observations(rng, today),
        allergies: allergies(rng),
        imaging: imaging(rng, today),
        ..Chart::default()
    }
}
