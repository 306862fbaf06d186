//! The courses: what happens to the patients of the made-up hospital, and what is ordered for them.

use crate::maker::{
    CPT, Cohort, DAY, HCPCS, ICD, LOINC, Minute, Patient, RXNORM, SITE_ORDERS, SITE_PROBLEMS, SNOMED, Truth,
    concept, instant, words,
};
use serde_json::{Value, json};

/// Days of history.
const HISTORY: i64 = 5 * 365;

/// Makes the hospital. `tumours` of a hundred patients have a pancreatic neuroendocrine tumour.
pub fn cohort(patients: usize, seed: u64, tumours: usize) -> Cohort {
    cohort_of(0..patients, seed, tumours)
}

/// The patients of these numbers.
pub fn cohort_of(patients: std::ops::Range<usize>, seed: u64, tumours: usize) -> Cohort {
    let mut cohort = Cohort::default();
    for number in patients {
        let mut patient = cohort.patient(number, seed);
        course(&mut patient, tumours);
        routine(&mut patient);
    }
    cohort
}

fn course(patient: &mut Patient<'_>, tumours: usize) {
    let child = patient.dice.chance(2);
    let year = if child {
        2012
    } else {
        patient.dice.between(1940, 1990)
    };
    let (month, day) = (patient.dice.between(1, 9), patient.dice.between(0, 9));
    patient.person(&format!("{year}-0{month}-1{day}"));
    let start = patient.dice.between(100, HISTORY - 900) * DAY + patient.dice.between(8 * 60, 16 * 60);
    if patient.dice.chance(tumours) {
        return tumour(patient, start, child);
    }
    match patient.dice.below(12) {
        0 => suspicion(patient, start),
        1 => carrier(patient, start),
        2 => adenocarcinoma(patient, start),
        3 => other_net(patient, start),
        4 => other_cancer(patient, start),
        5 => family_history(patient, start),
        6 => stones(patient, start),
        _ => everyday(patient, start),
    }
}

fn silent(story: &'static str) -> Truth {
    Truth {
        card: None,
        story,
        hurdle: None,
    }
}

fn at_day(patient: &mut Patient<'_>, start: Minute, day: i64) -> Minute {
    let minutes = patient.dice.between(0, 300);
    start + day * DAY + minutes
}

/// A study that may be ordered, in codes and words.
struct Study {
    code: Value,
    modality: &'static str,
    /// The card for it at first staging.
    card: Option<&'static str>,
}

fn staging_study(patient: &mut Patient<'_>) -> Study {
    let study = |code, modality, card| Study { code, modality, card };
    let pet = |tracer: Option<(&str, &str)>| {
        let mut codings = vec![json!({ "system": CPT, "code": "78815" })];
        codings.extend(tracer.map(|(code, _)| json!({ "system": HCPCS, "code": code })));
        let text = tracer.map_or("PET/CT skull base to mid-thigh".to_owned(), |(_, t)| {
            format!("{t} PET/CT skull base to mid-thigh")
        });
        json!({ "coding": codings, "text": text })
    };
    let ct_without = "CT abdomen and pelvis without contrast";
    match patient.dice.below(13) {
        0 => study(concept(CPT, "74176", ct_without), "CT", Some("UNA_NONCONTRAST")),
        1 => study(words("CT abd/pelvis w/o contrast"), "CT", Some("UNA_NONCONTRAST")),
        2 => study(
            concept(CPT, "74181", "MRI abdomen without contrast"),
            "MR",
            Some("UNA_NONCONTRAST"),
        ),
        3 => study(
            concept(CPT, "74150", "CT abdomen without contrast"),
            "CT",
            Some("UNA_NONCONTRAST"),
        ),
        4 => study(
            concept(CPT, "43259", "Endoscopic ultrasound"),
            "US",
            Some("UNA_EUS"),
        ),
        5 => study(pet(Some(("A9552", "FDG"))), "PT", Some("MBA_FDG")),
        6 => study(pet(None), "PT", Some("TRACER_UNKNOWN")),
        7 => study(
            concept(LOINC, "44115-4", "CT abdomen and pelvis"),
            "CT",
            Some("CONTRAST_UNKNOWN"),
        ),
        8 => study(
            concept(CPT, "74177", "CT abdomen and pelvis with contrast"),
            "CT",
            None,
        ),
        9 => study(
            concept(
                LOINC,
                "97392-5",
                "MRI abdomen and pelvis without and with contrast",
            ),
            "MR",
            None,
        ),
        10 => study(pet(Some(("A9592", "Cu-64 DOTATATE"))), "PT", None),
        11 => study(words("DOTATATE PET/CT skull base to mid thigh"), "PT", None),
        _ => study(
            concept(LOINC, "72254-6", "CT chest, abdomen and pelvis with contrast"),
            "CT",
            None,
        ),
    }
}

/// The diagnosis as clinics write it, and what is unreadable about it.
fn tumour_code(patient: &mut Patient<'_>) -> (Value, Option<&'static str>) {
    match patient.dice.below(20) {
        0..=6 => (
            concept(ICD, "C25.4", "Malignant neoplasm of endocrine pancreas"),
            None,
        ),
        7..=10 => (
            concept(SNOMED, "717919005", "Neuroendocrine tumor of pancreas"),
            None,
        ),
        11..=14 => (
            words("Well-differentiated neuroendocrine tumor of the pancreatic tail, G1"),
            None,
        ),
        15 => (words("pNET, pancreatic body"), None),
        16 => (
            concept(SITE_PROBLEMS, "NET-PANC", "Pancreatic neuroendocrine tumor"),
            None,
        ),
        17 => (
            json!({ "coding": [{ "system": SITE_PROBLEMS, "code": "PX-4471" }] }),
            Some("the diagnosis is a local code without words"),
        ),
        18 => (words("panc neurendocrin tumr"), Some("the diagnosis is misspelt")),
        _ => (
            json!({ "coding": [
                { "system": ICD, "code": "C25.4" },
                { "system": SITE_PROBLEMS, "code": "NET-PANC" },
            ], "text": "PNET" }),
            None,
        ),
    }
}

fn tumour(patient: &mut Patient<'_>, start: Minute, child: bool) {
    // Found by chance on a scan for something else.
    let scan = concept(
        CPT,
        "74176",
        "CT abdomen and pelvis without contrast, stone protocol",
    );
    let order = patient.order(
        start,
        scan.clone(),
        json!({ "reasonCode": [{ "text": "Flank pain, kidney stone?" }] }),
        silent("found by chance: scan for stones"),
    );
    patient.done(&order, start + 3 * 60, "CT", &scan);
    let sampled = at_day(patient, start, 12);
    let sampling = concept(CPT, "43242", "Endoscopic ultrasound with fine-needle aspiration");
    patient.order(
        sampled,
        sampling.clone(),
        json!({ "reasonCode": [{ "text": "Lesion of the pancreatic tail, tissue diagnosis" }] }),
        silent("sampling before the diagnosis"),
    );
    patient.procedure(sampled + 2 * DAY, sampling, "Lesion of the pancreatic tail");
    let known = at_day(patient, start, 20);
    patient.result(
        known,
        concept(LOINC, "22637-3", "Pathology report final diagnosis"),
        json!({ "valueString": "Pancreas, fine-needle aspirate: well-differentiated neuroendocrine tumor, grade 1, Ki-67 2 %." }),
    );
    patient.result(
        known,
        concept(LOINC, "98979-8", "eGFR"),
        json!({ "valueQuantity": { "value": patient_egfr(start), "unit": "mL/min/{1.73_m2}" } }),
    );
    let (code, unreadable) = tumour_code(patient);
    let condition = patient.diagnosis(known + 60, code);
    // The staging order.
    let signed = at_day(patient, known, 3) + 24 * 60;
    let study = staging_study(patient);
    let explicit = [
        "Staging of newly diagnosed pancreatic neuroendocrine tumor, evaluate for metastases",
        "New diagnosis of pNET, initial staging",
        "Initial staging of pancreatic neuroendocrine tumor: distant metastases?",
        "newly diagnosed pancreatic NET, staging",
    ];
    let mut hurdle = None;
    let why = match patient.dice.below(10) {
        0..=4 => json!({ "reasonCode": [{ "text": *patient.dice.pick(&explicit) }] }),
        5 | 6 => json!({ "reasonCode": [concept(ICD, "C25.4", "Malignant neoplasm of endocrine pancreas")] }),
        7 => json!({ "reasonReference": [{ "reference": format!("Condition/{condition}") }] }),
        8 => json!({}),
        _ => {
            hurdle = Some("the order's reason is an abbreviation of the site");
            json!({ "reasonCode": [{ "text": "onc w/u per TB" }] })
        }
    };
    // An endoscopic ultrasound for which no question is stated may be meant for the neighbourhood of the tumour: asked.
    let stated = explicit
        .iter()
        .any(|words| why["reasonCode"][0]["text"] == **words);
    let card = study.card.map(|card| {
        if card == "UNA_EUS" && !stated {
            "ASK_SCENARIO"
        } else {
            card
        }
    });
    let names_tumour = why["reasonCode"][0]["text"]
        .as_str()
        .is_some_and(|t| t.len() > 20);
    if !names_tumour {
        hurdle = hurdle
            .or(unreadable)
            .or((!patient.dated).then_some("the diagnosis has no date"));
    }
    let mut code = study.code.clone();
    if patient.dice.chance(8) {
        code = if patient.dice.chance(50) {
            json!({ "coding": [{ "system": SITE_ORDERS, "code": "IMG7001" }] })
        } else {
            let text = code["text"].clone();
            json!({ "coding": [{ "system": SITE_ORDERS, "code": format!("IMG{}", study.code.to_string().len()), "display": text }] })
        };
        if code["coding"][0]["code"] == "IMG7001" {
            hurdle = Some("the order is a local code without words");
        }
    }
    let truth = match (child, card) {
        (true, _) => silent("first staging of a child"),
        (false, card) => Truth {
            card,
            story: "first staging",
            hurdle: hurdle.filter(|_| card.is_some()),
        },
    };
    let order = patient.order(signed, code.clone(), why, truth);
    patient.done(&order, signed + 4 * DAY, study.modality, &code);
    if study.card.is_some() && patient.dice.chance(40) {
        // Somebody noticed and ordered the better study.
        let better = concept(CPT, "74177", "CT abdomen and pelvis with contrast");
        let later = at_day(patient, signed, 15);
        let order = patient.order(
            later,
            better.clone(),
            json!({ "reasonCode": [{ "text": "Complete staging of pancreatic neuroendocrine tumor" }] }),
            silent("the better study, later"),
        );
        patient.done(&order, later + 2 * DAY, "CT", &better);
    }
    match patient.dice.below(20) {
        0..=10 => surgery(patient, signed),
        11..=15 => spread(patient, signed),
        _ => watched(patient, signed),
    }
    if patient.dice.chance(50) {
        let fall = at_day(patient, signed, 40);
        let head = concept(CPT, "70450", "CT head without contrast");
        patient.order(
            fall,
            head,
            json!({ "reasonCode": [{ "text": "Fall, head injury" }] }),
            silent("something else: head injury"),
        );
    }
}

fn patient_egfr(start: Minute) -> i64 {
    60 + start % 40
}

fn surgery(patient: &mut Patient<'_>, staged: Minute) {
    let day = at_day(patient, staged, 45);
    patient.procedure(
        day,
        concept(CPT, "48140", "Distal pancreatectomy with splenectomy"),
        "Pancreatic neuroendocrine tumor",
    );
    let reasons = [
        "Surveillance after resection of pancreatic neuroendocrine tumor",
        "s/p distal pancreatectomy for pNET, surveillance",
        "Follow-up after resection of pancreatic NET, no evidence of disease",
    ];
    for month in [6, 12, 24] {
        let at = at_day(patient, day, month * 30);
        let study = staging_study(patient);
        let why = json!({ "reasonCode": [{ "text": *patient.dice.pick(&reasons) }] });
        let order = patient.order(
            at,
            study.code.clone(),
            why,
            silent("surveillance after resection"),
        );
        patient.done(&order, at + 5 * DAY, study.modality, &study.code);
    }
}

fn spread(patient: &mut Patient<'_>, staged: Minute) {
    let found = at_day(patient, staged, 20);
    patient.diagnosis(
        found,
        concept(ICD, "C7B.02", "Secondary carcinoid tumors of liver"),
    );
    patient.medicine(
        found + DAY,
        concept(RXNORM, "1297949", "Lanreotide 120 MG injection"),
    );
    let treated = at_day(patient, found, 60);
    patient.procedure(
        treated,
        words("Lutetium Lu-177 dotatate therapy, cycle 1 of 4"),
        "Metastatic pancreatic neuroendocrine tumor",
    );
    for month in [4, 8, 12] {
        let at = at_day(patient, treated, month * 30);
        let study = staging_study(patient);
        let why = json!({ "reasonCode": [{ "text": "Metastatic pNET on lanreotide, after PRRT: response to treatment" }] });
        patient.order(
            at,
            study.code.clone(),
            why,
            silent("follow-up of treated disease"),
        );
    }
}

fn watched(patient: &mut Patient<'_>, staged: Minute) {
    for month in [8, 14, 20] {
        let at = at_day(patient, staged, month * 30);
        let study = staging_study(patient);
        let why = json!({ "reasonCode": [{ "text": "Active surveillance of small pancreatic neuroendocrine tumor, stable" }] });
        patient.order(at, study.code.clone(), why, silent("watched without treatment"));
    }
}

fn suspicion(patient: &mut Patient<'_>, start: Minute) {
    patient.diagnosis(start, words("Incidental lesion of the pancreas, indeterminate"));
    let study = staging_study(patient);
    let why = json!({ "reasonCode": [{ "text": "Characterize incidental pancreatic lesion, cyst versus neuroendocrine tumor" }] });
    patient.order(start + DAY, study.code, why, silent("a lesion, no diagnosis"));
}

fn carrier(patient: &mut Patient<'_>, start: Minute) {
    patient.diagnosis(
        start,
        concept(ICD, "E31.21", "Multiple endocrine neoplasia type 1"),
    );
    let study = staging_study(patient);
    let why =
        json!({ "reasonCode": [{ "text": "MEN1 carrier, screening for pancreatic neuroendocrine tumors" }] });
    patient.order(start + DAY, study.code, why, silent("screening of a carrier"));
}

fn adenocarcinoma(patient: &mut Patient<'_>, start: Minute) {
    patient.diagnosis(
        start,
        concept(ICD, "C25.0", "Malignant neoplasm of head of pancreas"),
    );
    for month in [0, 3, 6] {
        let at = at_day(patient, start, 2 + month * 30);
        let study = staging_study(patient);
        let why = json!({ "reasonCode": [{ "text": "Pancreatic ductal adenocarcinoma, staging" }] });
        patient.order(at, study.code, why, silent("adenocarcinoma of the pancreas"));
    }
}

fn other_net(patient: &mut Patient<'_>, start: Minute) {
    patient.diagnosis(
        start,
        concept(ICD, "C7A.012", "Malignant carcinoid tumor of the ileum"),
    );
    let study = staging_study(patient);
    let why = json!({ "reasonCode": [{ "text": "Ileal carcinoid, staging" }] });
    patient.order(
        start + DAY,
        study.code,
        why,
        silent("neuroendocrine tumour of another organ"),
    );
}

fn other_cancer(patient: &mut Patient<'_>, start: Minute) {
    let (code, text) = *patient.dice.pick(&[
        ("C18.2", "Malignant neoplasm of ascending colon"),
        (
            "C34.11",
            "Malignant neoplasm of upper lobe, right bronchus or lung",
        ),
        ("C50.911", "Malignant neoplasm of right female breast"),
        ("C83.30", "Diffuse large B-cell lymphoma"),
        ("C64.1", "Malignant neoplasm of right kidney"),
    ]);
    patient.diagnosis(start, concept(ICD, code, text));
    for month in [0, 4, 9] {
        let at = at_day(patient, start, 2 + month * 30);
        let study = staging_study(patient);
        let why = json!({ "reasonCode": [concept(ICD, code, text)] });
        patient.order(at, study.code, why, silent("another cancer"));
    }
}

fn family_history(patient: &mut Patient<'_>, start: Minute) {
    patient.diagnosis(
        start,
        words("Family history of pancreatic neuroendocrine tumor (mother)"),
    );
    let study = staging_study(patient);
    let why = json!({ "reasonCode": [{ "text": "Abdominal pain, weight loss" }] });
    patient.order(start + DAY, study.code, why, silent("family history only"));
}

fn stones(patient: &mut Patient<'_>, start: Minute) {
    patient.diagnosis(start, concept(ICD, "N20.0", "Calculus of kidney"));
    let scan = concept(
        CPT,
        "74176",
        "CT abdomen and pelvis without contrast, stone protocol",
    );
    let why = json!({ "reasonCode": [{ "text": "Renal colic" }] });
    patient.order(start + 60, scan, why, silent("kidney stones"));
}

fn everyday(patient: &mut Patient<'_>, start: Minute) {
    let (code, text, reason) = *patient.dice.pick(&[
        ("73562", "XR knee 3 views", "Knee pain"),
        ("70450", "CT head without contrast", "Headache"),
        ("72148", "MRI lumbar spine without contrast", "Low back pain"),
        ("71260", "CT chest with contrast", "Pulmonary embolism?"),
        (
            "76700",
            "Ultrasound abdomen",
            "Right upper quadrant pain, gallstones?",
        ),
        ("74177", "CT abdomen and pelvis with contrast", "Appendicitis?"),
        (
            "74176",
            "CT abdomen and pelvis without contrast",
            "Diverticulitis?",
        ),
    ]);
    let code = if patient.dice.chance(10) {
        json!({ "coding": [{ "system": SITE_ORDERS, "code": format!("IMG{code}"), "display": text }] })
    } else {
        concept(CPT, code, text)
    };
    patient.order(
        start,
        code,
        json!({ "reasonCode": [{ "text": reason }] }),
        silent("everyday medicine"),
    );
}

/// What everybody has: blood pressure, blood counts, pills, and orders that are no imaging.
fn routine(patient: &mut Patient<'_>) {
    let diseases = [
        ("I10", "Essential (primary) hypertension"),
        ("E11.9", "Type 2 diabetes mellitus without complications"),
        ("J45.909", "Unspecified asthma, uncomplicated"),
        ("M54.50", "Low back pain, unspecified"),
        ("F32.A", "Depression, unspecified"),
    ];
    let (code, text) = *patient.dice.pick(&diseases);
    patient.diagnosis(20 * DAY, concept(ICD, code, text));
    let visits = patient.dice.between(4, 10);
    for _ in 0..visits {
        let at = patient.dice.between(30, HISTORY) * DAY + patient.dice.between(7 * 60, 17 * 60);
        let pressure = patient.dice.between(100, 170);
        let vital = json!({
            "status": "final", "category": [{ "coding": [{ "code": "vital-signs" }] }],
            "code": concept(LOINC, "85354-9", "Blood pressure panel"), "effectiveDateTime": instant(at),
            "component": [
                { "code": concept(LOINC, "8480-6", "Systolic blood pressure"), "valueQuantity": { "value": pressure, "unit": "mmHg" } },
                { "code": concept(LOINC, "8462-4", "Diastolic blood pressure"), "valueQuantity": { "value": 80, "unit": "mmHg" } },
            ],
        });
        patient.add("Observation", at, false, vital);
        let value = patient.dice.between(110, 160);
        let hb = json!({ "valueQuantity": { "value": value, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L" } });
        patient.result(at, concept(LOINC, "718-7", "Hemoglobin"), hb);
        let blood = json!({
            "status": "completed", "intent": "order", "authoredOn": instant(at),
            "code": concept(CPT, "85025", "Complete blood count with differential"),
        });
        patient.add("ServiceRequest", at, false, blood);
        let visit = json!({
            "status": "finished", "class": { "code": "AMB" },
            "type": [concept(CPT, "99213", "Office visit, established patient")],
            "period": { "start": instant(at), "end": instant(at + 30) },
        });
        patient.add("Encounter", at, false, visit);
        patient.medicine(at, concept(RXNORM, "314076", "Lisinopril 10 MG oral tablet"));
    }
}
