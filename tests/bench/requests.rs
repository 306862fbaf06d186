//! The requests: a small and a large chart, each with and without something to say. The same bytes in every run.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// An imaging order with no tumour anywhere.
    Silent,
    /// Staging of a new tumour with the wrong study.
    Card,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// About 3.6 kB: what most charts come to.
    Small,
    /// About 316 kB: a long history.
    Large,
}

const CPT: &str = "http://www.ama-assn.org/go/cpt";
const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";

/// Everyday findings without a tumour.
const PROBLEMS: [(&str, &str); 8] = [
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("K21.9", "Gastro-esophageal reflux disease without esophagitis"),
    ("M54.50", "Low back pain, unspecified"),
    ("J45.909", "Unspecified asthma, uncomplicated"),
    ("G47.33", "Obstructive sleep apnea (adult)"),
    (
        "N40.0",
        "Benign prostatic hyperplasia without lower urinary tract symptoms",
    ),
];
const PROCEDURES: [(&str, &str); 5] = [
    ("73761001", "Colonoscopy"),
    ("80146002", "Appendectomy"),
    ("268400002", "12 lead electrocardiogram"),
    ("86181006", "Evaluation of urine specimen"),
    ("430193006", "Medication reconciliation"),
];
const RESULTS: [(&str, &str, &str); 6] = [
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL"),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL"),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L"),
    ("8480-6", "Systolic blood pressure", "mm[Hg]"),
    ("29463-7", "Body weight", "kg"),
];

/// The body of one request.
pub fn body(story: Story, size: Size) -> Vec<u8> {
    let (conditions, procedures, observations) = match size {
        Size::Small => (1, 0, 1),
        Size::Large => (100, 160, 170),
    };
    let mut problems: Vec<Value> = (0..conditions)
        .map(|n| condition(n, PROBLEMS[n % PROBLEMS.len()]))
        .collect();
    if story == Story::Card {
        // In the middle, where neither a lucky start nor a lucky end finds it.
        let at = problems.len() / 2;
        problems.insert(
            at,
            condition(1000, ("C25.4", "Malignant neoplasm of endocrine pancreas")),
        );
    }
    let reason = match story {
        Story::Silent => "Abdominal pain for three days, suspected kidney stone",
        Story::Card => "Staging of newly diagnosed pNET",
    };
    let request = json!({
        "hook": "order-select",
        "hookInstance": "6f1c9a52-6d1b-4d0e-9c7a-5a3f0c1d2e01",
        "context": {
            "userId": "Practitioner/example",
            "patientId": "bench-1",
            "encounterId": "encounter-1",
            "selections": ["ServiceRequest/order-1"],
            "draftOrders": bundle("collection", vec![order(reason)])
        },
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": "bench-1",
                "active": true,
                "name": [{ "use": "official", "family": "Example", "given": ["Erin", "B"] }],
                "gender": "female",
                "birthDate": "1968-03-02",
                "address": [{ "use": "home", "line": ["1 Example Street"], "city": "Exampleton", "country": "US" }]
            },
            "conditions": bundle("searchset", problems),
            "procedures": bundle("searchset", (0..procedures).map(procedure).collect()),
            "medications": bundle("searchset", vec![]),
            "imaging": bundle("searchset", vec![]),
            "observations": bundle("searchset", (0..observations).map(observation).collect()),
            "allergies": bundle("searchset", vec![])
        }
    });
    request.to_string().into_bytes()
}

fn bundle(kind: &str, resources: Vec<Value>) -> Value {
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|resource| {
            let place = format!("{}/{}", resource["resourceType"], resource["id"]).replace('"', "");
            let url = format!("https://ehr.example.org/fhir/R4/{place}");
            json!({ "fullUrl": url, "resource": resource, "search": { "mode": "match" } })
        })
        .collect();
    json!({ "resourceType": "Bundle", "type": kind, "total": entries.len(), "entry": entries })
}

fn concept(system: &str, code: &str, text: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": text }], "text": text })
}

/// A date that differs from entry to entry, always in the past.
fn day(n: usize) -> String {
    format!("20{:02}-{:02}-{:02}", 10 + n % 15, 1 + n % 12, 1 + n % 28)
}

fn order(reason: &str) -> Value {
    json!({
        "resourceType": "ServiceRequest",
        "id": "order-1",
        "status": "draft",
        "intent": "order",
        "category": [concept(SNOMED, "363679005", "Imaging")],
        "code": concept(CPT, "74176", "CT abdomen and pelvis without contrast"),
        "subject": { "reference": "Patient/bench-1" },
        "encounter": { "reference": "Encounter/encounter-1" },
        "authoredOn": "2026-06-15T09:30:00Z",
        "requester": { "reference": "Practitioner/example", "display": "Dr. Example" },
        "reasonCode": [{ "text": reason }]
    })
}

fn condition(n: usize, (code, text): (&str, &str)) -> Value {
    json!({
        "resourceType": "Condition",
        "id": format!("condition-{n}"),
        "meta": { "versionId": "1", "lastUpdated": format!("{}T10:00:00Z", day(n)) },
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
        "verificationStatus":
            concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", "Confirmed"),
        "category": [
            concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item", "Problem List Item")
        ],
        "code": concept(ICD, code, text),
        "subject": { "reference": "Patient/bench-1" },
        "onsetDateTime": day(n),
        "recordedDate": day(n)
    })
}

fn procedure(n: usize) -> Value {
    let (code, text) = PROCEDURES[n % PROCEDURES.len()];
    json!({
        "resourceType": "Procedure",
        "id": format!("procedure-{n}"),
        "meta": { "versionId": "1", "lastUpdated": format!("{}T10:00:00Z", day(n)) },
        "status": "completed",
        "code": concept(SNOMED, code, text),
        "subject": { "reference": "Patient/bench-1" },
        "encounter": { "reference": format!("Encounter/encounter-{n}") },
        "performedPeriod": { "start": format!("{}T08:15:00Z", day(n)), "end": format!("{}T08:45:00Z", day(n)) }
    })
}

fn observation(n: usize) -> Value {
    let (code, text, unit) = RESULTS[n % RESULTS.len()];
    json!({
        "resourceType": "Observation",
        "id": format!("observation-{n}"),
        "meta": { "versionId": "1", "lastUpdated": format!("{}T10:00:00Z", day(n)) },
        "status": "final",
        "category": [
            concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")
        ],
        "code": concept(LOINC, code, text),
        "subject": { "reference": "Patient/bench-1" },
        "effectiveDateTime": format!("{}T07:30:00Z", day(n)),
        "issued": format!("{}T09:00:00.000Z", day(n)),
        "valueQuantity": {
            "value": n % 90 + 1, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit
        }
    })
}
