//! A made-up hospital: patients with plausible courses over five years, and the truth about every imaging order.
//!
//! The truth is written down while a course is made, from the clinical story alone: which card the guideline calls for,
//! if any. It never looks at the engine. What makes an order hard to judge (a local code, a date that is lacking) is
//! written down beside it, so that each miss has a reason or is a defect.

use crate::dice::Dice;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Minutes since the beginning of the made-up history, 2020-01-01 00:00 UTC.
pub type Minute = i64;
pub const DAY: Minute = 24 * 60;

pub const CPT: &str = "http://www.ama-assn.org/go/cpt";
pub const LOINC: &str = "http://loinc.org";
pub const HCPCS: &str = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets";
pub const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";
pub const SNOMED: &str = "http://snomed.info/sct";
pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub const SITE_ORDERS: &str = "urn:oid:1.2.3.4.5.1";
pub const SITE_PROBLEMS: &str = "urn:oid:1.2.3.4.5.2";

/// What ought to be said about an order, and what stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Truth {
    /// The kind of card; nothing where silence is right.
    pub card: Option<&'static str>,
    /// The story behind the order.
    pub story: &'static str,
    /// What keeps even a perfect reader of the record from knowing.
    pub hurdle: Option<&'static str>,
}

/// One resource and when it came to be known.
#[derive(Debug, Clone)]
pub struct Made {
    pub kind: &'static str,
    pub known: Minute,
    /// Its lack of a date keeps a reader from knowing when.
    pub undated: bool,
    pub json: Value,
}

/// The hospital.
#[derive(Debug, Default)]
pub struct Cohort {
    pub resources: Vec<Made>,
    /// Patient and order → truth.
    pub truth: BTreeMap<(String, String), Truth>,
    /// Order → when it was signed.
    pub signed: BTreeMap<String, Minute>,
}

/// A patient while the course is made.
pub struct Patient<'c> {
    pub id: String,
    pub dice: Dice,
    cohort: &'c mut Cohort,
    made: usize,
    /// The patient's diagnoses tell when they were written down.
    pub dated: bool,
}

/// A minute as a FHIR instant.
pub fn instant(at: Minute) -> String {
    let start = jiff_day(at);
    format!(
        "{start}T{:02}:{:02}:00Z",
        at.rem_euclid(DAY) / 60,
        at.rem_euclid(60)
    )
}

pub fn jiff_day(at: Minute) -> String {
    // Civil days from 2020-01-01, by the calendar.
    let (mut year, mut day) = (2020, at.div_euclid(DAY));
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    while day < 0 {
        year -= 1;
        day += if leap(year) { 366 } else { 365 };
    }
    while day >= if leap(year) { 366 } else { 365 } {
        day -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let months = [
        31,
        if leap(year) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while day >= months[month] {
        day -= months[month];
        month += 1;
    }
    format!("{year:04}-{:02}-{:02}", month + 1, day + 1)
}

/// A code with its words.
pub fn concept(system: &str, code: &str, text: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": text }], "text": text })
}

pub fn words(text: &str) -> Value {
    json!({ "text": text })
}

impl Cohort {
    pub fn patient(&mut self, number: usize, seed: u64) -> Patient<'_> {
        let mut dice = Dice::new(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let dated = !dice.chance(6);
        Patient {
            id: format!("pat-{number}"),
            dice,
            cohort: self,
            made: 0,
            dated,
        }
    }

    /// The lines of the export, one list per type of resource.
    pub fn by_type(&self, keep: impl Fn(&Made) -> bool) -> BTreeMap<&'static str, Vec<String>> {
        let mut files: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for made in self.resources.iter().filter(|made| keep(made)) {
            files.entry(made.kind).or_default().push(made.json.to_string());
        }
        files
    }
}

impl Patient<'_> {
    fn id(&mut self) -> String {
        self.made += 1;
        format!("{}-{}", self.id.replace("pat", "r"), self.made)
    }

    fn subject(&mut self) -> Value {
        let reference = if self.dice.chance(10) {
            format!("https://ehr.example.org/fhir/Patient/{}", self.id)
        } else {
            format!("Patient/{}", self.id)
        };
        json!({ "reference": reference })
    }

    /// Adds a resource; gives its id.
    pub fn add(&mut self, kind: &'static str, known: Minute, undated: bool, members: Value) -> String {
        let id = self.id();
        let subject = self.subject();
        let mut json = json!({ "resourceType": kind, "id": id });
        if kind == "AllergyIntolerance" {
            json["patient"] = subject;
        } else {
            json["subject"] = subject;
        }
        for (name, value) in members.as_object().unwrap() {
            json[name] = value.clone();
        }
        self.cohort.resources.push(Made {
            kind,
            known,
            undated,
            json,
        });
        id
    }

    pub fn person(&mut self, born: &str) {
        let mut json = json!({
            "resourceType": "Patient", "id": self.id, "gender": "unknown",
            "name": [{ "family": "Madeup", "given": ["Person"] }],
        });
        if !self.dice.chance(1) {
            json["birthDate"] = born.into();
        }
        self.cohort.resources.push(Made {
            kind: "Patient",
            known: Minute::MIN,
            undated: false,
            json,
        });
    }

    /// A diagnosis, written down at that minute. Whether its date is told is a matter of the patient's clinic.
    pub fn diagnosis(&mut self, at: Minute, code: Value) -> String {
        let onset = jiff_day(at - 5 * DAY);
        let mut members = json!({
            "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
            "verificationStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed" }] },
            "category": [{ "coding": [{ "code": "problem-list-item" }] }],
            "code": code,
            "onsetDateTime": onset,
        });
        let dated = self.dated;
        if dated {
            members["recordedDate"] = if self.dice.chance(60) {
                jiff_day(at)
            } else {
                instant(at)
            }
            .into();
        }
        self.add("Condition", at, !dated, members)
    }

    pub fn procedure(&mut self, at: Minute, code: Value, reason: &str) -> String {
        let mut members = json!({ "code": code, "performedDateTime": instant(at) });
        if !reason.is_empty() {
            members["reasonCode"] = json!([{ "text": reason }]);
        }
        if !self.dice.chance(3) {
            members["status"] = "completed".into();
        }
        self.add("Procedure", at, false, members)
    }

    pub fn result(&mut self, at: Minute, code: Value, value: Value) -> String {
        let mut members = json!({
            "status": "final",
            "category": [{ "coding": [{ "code": "laboratory" }] }],
            "code": code,
            "effectiveDateTime": instant(at - 120),
            "issued": instant(at),
        });
        for (name, value) in value.as_object().unwrap() {
            members[name] = value.clone();
        }
        self.add("Observation", at, false, members)
    }

    pub fn medicine(&mut self, at: Minute, code: Value) {
        let members = json!({ "status": "active", "intent": "order", "medicationCodeableConcept": code, "authoredOn": instant(at) });
        self.add("MedicationRequest", at, false, members);
    }

    /// An order, with the truth about it.
    pub fn order(&mut self, at: Minute, code: Value, why: Value, truth: Truth) -> String {
        let mut members = json!({
            "status": "completed", "intent": "order",
            "category": [{ "coding": [{ "system": SNOMED, "code": "363679005", "display": "Imaging" }] }],
            "code": code,
            "encounter": { "reference": format!("Encounter/{}-{}", self.id, at / DAY) },
            "authoredOn": instant(at),
        });
        for (name, value) in why.as_object().unwrap() {
            members[name] = value.clone();
        }
        let id = self.add("ServiceRequest", at, false, members);
        self.cohort.truth.insert((self.id.clone(), id.clone()), truth);
        self.cohort.signed.insert(id.clone(), at);
        id
    }

    /// What an order led to.
    pub fn done(&mut self, order: &str, at: Minute, modality: &str, code: &Value) {
        let text = code["text"].as_str().unwrap_or_default().to_owned();
        let study = json!({
            "status": "available", "started": instant(at),
            "basedOn": [{ "reference": format!("ServiceRequest/{order}") }],
            "modality": [{ "system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality }],
            "procedureCode": [code], "description": text,
        });
        self.add("ImagingStudy", at, false, study);
        let report = json!({
            "status": "final", "category": [{ "coding": [{ "code": "RAD" }] }], "code": code,
            "basedOn": [{ "reference": format!("ServiceRequest/{order}") }],
            "effectiveDateTime": instant(at), "issued": instant(at + 300),
            "conclusion": "See the findings above; clinical correlation is advised.",
        });
        self.add("DiagnosticReport", at + 300, false, report);
    }
}
