//! References to other FHIR servers, and to the one of the record by its address.

use super::*;

const OURS: &str = "https://ehr.example.org/fhir";
const OTHER: &str = "https://other.example.org/fhir";

/// A call whose order points to `reference`; `full_url` is that of the only condition.
fn pointing(reference: &str, server: Option<&str>, full_url: Option<&str>) -> Outcome {
    let reason = json!({ "reasonReference": [{ "reference": reference, "display": "shown" }] });
    let mut call = call(vec![order(reason)], full_prefetch(vec![condition(json!({}))]));
    if let Some(server) = server {
        call["fhirServer"] = json!(server);
    }
    if let Some(url) = full_url {
        call["prefetch"]["conditions"]["entry"][0]["fullUrl"] = json!(url);
    }
    read(&call)
}

#[test]
fn a_reference_resolves_on_the_server_of_the_record_only() {
    let at = |server: &str| format!("{server}/Condition/c1");
    let slashed = format!("{OURS}/");
    let cases = [
        (at(OURS), Some(OURS), None, true),
        (at(OURS), Some(&*slashed), None, true),
        (at(OURS), None, Some(at(OURS)), true),
        ("Condition/c1".to_owned(), Some(OURS), Some(at(OTHER)), true),
        (
            "urn:uuid:7".to_owned(),
            Some(OURS),
            Some("urn:uuid:7".to_owned()),
            true,
        ),
        (at(OTHER), Some(OURS), Some(at(OTHER)), true), // sent under this very address
        (at(OTHER), Some(OURS), None, false),
        (at(OTHER), Some(OURS), Some(at(OURS)), false),
        (at(OTHER), None, Some(at(OURS)), false),
    ];
    for (reference, server, full_url, resolves) in cases {
        let done = pointing(&reference, server, full_url.as_deref());
        let expected = if resolves {
            ReasonReference::InChart(ResourceRef::new("Condition/c1"))
        } else {
            ReasonReference::Unread(ResourceRef::new("elsewhere/Condition/c1"))
        };
        let told = format!("{reference} {server:?} {full_url:?}");
        assert_eq!(done.case.orders[0].reason_references, [expected], "{told}");
        assert_eq!(done.kinds().contains(&NoteKind::OtherServer), !resolves, "{told}");
        assert_eq!(
            done.case.orders[0].reasons.len(),
            usize::from(!resolves),
            "{told}"
        );
    }
}

#[test]
fn a_reference_to_another_server_makes_no_resource_interesting() {
    let reason = json!({ "reasonReference": [{ "reference": format!("{OTHER}/Condition/c1") }] });
    let dull = condition(json!({ "code": { "text": "Something else" } }));
    let mut call = call(vec![order(reason)], full_prefetch(vec![dull]));
    call["fhirServer"] = json!(OURS);
    assert!(read(&call).case.chart.conditions.is_empty());
}

/// SC-21.
#[test]
fn the_patient_with_the_same_id_elsewhere_is_somebody_else() {
    for (server, expected) in [(OURS, Identity::Agrees), (OTHER, Identity::Differs)] {
        let subject = json!({ "subject": { "reference": format!("{server}/Patient/p1") } });
        let mut call = call(
            vec![order(subject.clone())],
            full_prefetch(vec![condition(subject)]),
        );
        call["fhirServer"] = json!(OURS);
        let done = read(&call);
        assert_eq!(done.case.orders[0].subject, expected, "SC-21 {server}");
        assert_eq!(
            done.kinds().contains(&NoteKind::SomebodyElse),
            expected == Identity::Differs
        );
    }
}

#[test]
fn a_medicine_elsewhere_is_not_the_one_here() {
    let target = json!({ "coding": [{ "system": SYSTEM, "code": "t7" }] });
    let request = |id: &str, server: &str| {
        json!({ "resourceType": "MedicationRequest", "id": id,
            "medicationReference": { "reference": format!("{server}/Medication/m1"), "display": "target drug" } })
    };
    let mut prefetch = full_prefetch(vec![condition(json!({}))]);
    prefetch["medications"] = bundle(vec![
        request("1", OURS),
        request("2", OTHER),
        json!({ "resourceType": "Medication", "id": "m1", "code": target }),
    ]);
    let mut call = call(vec![order(json!({}))], prefetch);
    call["fhirServer"] = json!(OURS);
    let done = read(&call);
    let coded: Vec<_> = done
        .case
        .chart
        .medications
        .iter()
        .map(|it| it.code.codings.len())
        .collect();
    assert_eq!(coded, [1, 0]);
    assert!(done.kinds().contains(&NoteKind::OtherServer));
}
