//! The classic error of replays: knowing what was not known yet.

use crate::export::{folder, write};
use crate::maker::{CPT, Cohort, DAY, ICD, Minute, concept, instant, jiff_day, words};
use crate::measure::rows;
use crate::{courses, options, run};
use apposite::evaluate::Row;
use serde_json::json;

/// The judgements of orders signed until then, without what may tell of later times.
fn judged(cohort: &Cohort, out: &std::path::Path, until: Minute) -> Vec<String> {
    let of_then = |row: &Row| cohort.signed.get(&row.order).is_some_and(|at| *at <= until);
    let mut lines: Vec<String> = rows(out)
        .into_iter()
        .filter(of_then)
        .map(|row| {
            let row = Row {
                followed: None,
                ..row
            };
            serde_json::to_string(&row).unwrap()
        })
        .collect();
    lines.sort();
    lines
}

fn replayed(cohort: &Cohort, name: &str, keep: impl Fn(&crate::maker::Made) -> bool) -> std::path::PathBuf {
    let folder = folder(name);
    write(cohort, &folder.join("export"), keep);
    let mut options = options(&folder.join("export"), &folder.join("out"));
    options.identified = true;
    run(&options);
    options.out
}

/// An export made at an earlier day, when nothing later existed, gives the same judgements of the orders until then.
#[test]
fn what_was_recorded_later_does_not_change_a_judgement() {
    let cohort = courses::cohort(150, 7, 60);
    let all = replayed(&cohort, "future-all", |_| true);
    let mut compared = 0;
    for (name, until) in [("future-700", 700 * DAY), ("future-1100", 1100 * DAY)] {
        // Entries without a date are in both: nobody can tell when they came.
        let then = replayed(&cohort, name, |made| made.known <= until || made.undated);
        let expected = judged(&cohort, &then, until);
        assert_eq!(judged(&cohort, &all, until), expected);
        compared += expected.len();
    }
    assert!(compared > 150, "{compared}");
    // The same comparison sees a leak: had everything been known from the start, judgements would differ.
    let mut early = courses::cohort(150, 7, 60);
    for made in early.resources.iter_mut().filter(|made| made.kind == "Procedure") {
        made.json["performedDateTime"] = "2019-01-01".into();
    }
    let leaked = replayed(&early, "future-leak", |_| true);
    assert_ne!(
        judged(&cohort, &leaked, 1100 * DAY),
        judged(&cohort, &all, 1100 * DAY)
    );
}

/// Whatever is written into the record after the last order: every judgement stays to the byte.
#[test]
fn anything_dated_after_the_orders_leaves_every_judgement_as_it_was() {
    let cohort = courses::cohort(80, 11, 90);
    let before = replayed(&cohort, "later-before", |_| true);
    let mut more = courses::cohort(80, 11, 90);
    let end = cohort.signed.values().max().unwrap() + 200 * DAY;
    let patients: Vec<String> = cohort.truth.keys().map(|(patient, _)| patient.clone()).collect();
    for (at, patient) in patients.iter().enumerate() {
        let at = end + at as i64;
        let subject = json!({ "reference": format!("Patient/{patient}") });
        let add = |more: &mut Cohort, kind: &'static str, mut json: serde_json::Value| {
            json["resourceType"] = kind.into();
            json["id"] = format!("later-{kind}-{at}").into();
            json[if kind == "AllergyIntolerance" {
                "patient"
            } else {
                "subject"
            }] = subject.clone();
            more.resources.push(crate::maker::Made {
                kind,
                known: at,
                undated: false,
                json,
            });
        };
        // Told later of long ago.
        add(
            &mut more,
            "Condition",
            json!({ "onsetDateTime": "2010", "recordedDate": instant(at), "code": concept(ICD, "C25.0", "Malignant neoplasm of head of pancreas") }),
        );
        add(
            &mut more,
            "Procedure",
            json!({ "status": "completed", "performedDateTime": jiff_day(at), "code": concept(CPT, "48140", "Distal pancreatectomy") }),
        );
        add(
            &mut more,
            "Observation",
            json!({ "status": "final", "effectiveDateTime": "2015-01-01", "issued": instant(at), "code": words("eGFR"), "valueQuantity": { "value": 12, "unit": "mL/min/{1.73_m2}" } }),
        );
        add(
            &mut more,
            "AllergyIntolerance",
            json!({ "recordedDate": instant(at), "code": words("Iodinated contrast") }),
        );
        add(
            &mut more,
            "MedicationRequest",
            json!({ "status": "active", "intent": "order", "authoredOn": instant(at), "medicationCodeableConcept": words("Lanreotide 120 mg") }),
        );
        add(
            &mut more,
            "ImagingStudy",
            json!({ "status": "available", "started": instant(at), "procedureCode": [concept(CPT, "74177", "CT abdomen and pelvis with contrast")] }),
        );
    }
    // The export of before must hold these types too: a type it does not hold counts as not delivered.
    let first = json!({ "resourceType": "AllergyIntolerance", "id": "nobody", "patient": { "reference": "Patient/nobody" }, "recordedDate": "2019-01-01" });
    let somebody = |cohort: &mut Cohort| {
        cohort.resources.push(crate::maker::Made {
            kind: "AllergyIntolerance",
            known: 0,
            undated: false,
            json: first.clone(),
        });
    };
    let mut plain = courses::cohort(80, 11, 90);
    somebody(&mut plain);
    somebody(&mut more);
    let plain = replayed(&plain, "later-plain", |_| true);
    let after = replayed(&more, "later-after", |_| true);
    let [plain, after] = [plain, after].map(|out| judged(&cohort, &out, end));
    assert!(plain.len() > 100);
    assert_eq!(plain, after);
    drop(before);
}
