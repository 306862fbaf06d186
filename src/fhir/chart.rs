//! One resource of the record → its line in the [`Chart`].
//!
//! Statuses are passed on as sent: which of them count is the engine's to say. Where a resource lacks something, the
//! line lacks it too.

use super::datatypes::{
    codings_of, concept, concept_of, concepts_of, notes_of, pointer, quantity, result_words, status_of,
};
use super::dates::{When, date_of, end_of, when};
use super::kind::Kind;
use super::node::Node;
use super::orders::contained;
use crate::engine::case::{
    Allergy, Chart, Condition, ImagingDone, ImagingKind, Medication, MedicationKind, Observation,
    ObservedValue, PartialDate, Patient, Procedure, ResourceRef,
};
use crate::terminology::Concept;

/// Adds a resource to the chart. `medicine` finds a Medication of the request by reference. False when the resource
/// tells when something happened in a way that holds no date.
pub(super) fn add(
    chart: &mut Chart,
    kind: Kind,
    node: Node<'_>,
    resource: ResourceRef,
    medicine: impl Fn(&str) -> Option<Concept>,
) -> bool {
    let birth = chart.patient.birth_date;
    match kind {
        Kind::Condition => {
            let onset = when(node, &ONSET, birth);
            chart.conditions.push(condition(node, resource, onset));
            return onset != When::Untold;
        }
        Kind::Procedure => {
            let performed = when(node, &PERFORMED, birth);
            chart.procedures.push(procedure(node, resource, performed));
            return performed != When::Untold;
        }
        Kind::Medicine(kind) => chart.medications.push(medication(node, resource, kind, medicine)),
        Kind::Observation => chart.observations.push(observation(node, resource)),
        Kind::Allergy => chart.allergies.push(allergy(node, resource)),
        Kind::Imaging(kind) => chart.imaging.push(imaging(node, resource, kind)),
        Kind::Patient | Kind::Medication | Kind::Outcome => {}
    }
    true
}

/// `onset[x]`.
const ONSET: [&str; 5] = [
    "onsetDateTime",
    "onsetPeriod",
    "onsetAge",
    "onsetRange",
    "onsetString",
];

/// `performed[x]`, and `occurrence[x]` as R5 has it.
const PERFORMED: [&str; 10] = [
    "performedDateTime",
    "performedPeriod",
    "performedAge",
    "performedRange",
    "performedString",
    "occurrenceDateTime",
    "occurrencePeriod",
    "occurrenceAge",
    "occurrenceRange",
    "occurrenceString",
];

/// Demographics; identity is settled by the caller.
pub(super) fn patient(node: Node<'_>, resource: ResourceRef) -> Patient {
    let died = node.get("deceasedBoolean").and_then(Node::truth).unwrap_or(false);
    Patient {
        resource: Some(resource),
        birth_date: date_of(node, &["birthDate"]),
        deceased: died || node.text_of("deceasedDateTime").is_some(),
        ..Patient::default()
    }
}

fn condition(node: Node<'_>, resource: ResourceRef, onset: When) -> Condition {
    let summaries = node.each("stage").map(|stage| concept_of(stage, "summary"));
    // Codes in R4, a concept in R5.
    let evidence = node
        .each("evidence")
        .flat_map(|evidence| evidence.each("code").chain(evidence.get("concept")))
        .map(concept);
    Condition {
        resource,
        code: concept_of(node, "code"),
        body_sites: concepts_of(node, "bodySite"),
        clinical_status: clinical_status(node),
        verification: status_of(node, "verificationStatus"),
        onset: onset.date(),
        recorded: date_of(node, &["recordedDate"]),
        stages: summaries
            .chain(evidence)
            .filter(|stage| !stage.is_empty())
            .collect(),
        notes: notes_of(node),
    }
}

/// `abatement[x]`.
const ABATEMENT: [&str; 5] = [
    "abatementDateTime",
    "abatementPeriod",
    "abatementAge",
    "abatementRange",
    "abatementString",
];

/// A diagnosis that has abated is not active, whatever its status says (FHIR invariant con-4).
fn clinical_status(node: Node<'_>) -> Option<String> {
    let status = status_of(node, "clinicalStatus");
    let abated = ABATEMENT.iter().any(|name| node.get(name).is_some());
    match status.as_deref() {
        None | Some("active") if abated => Some("inactive".to_owned()),
        _ => status,
    }
}

fn procedure(node: Node<'_>, resource: ResourceRef, performed: When) -> Procedure {
    Procedure {
        resource,
        code: concept_of(node, "code"),
        status: status_of(node, "status"),
        performed: performed.date(),
        reasons: reasons(node),
        body_sites: concepts_of(node, "bodySite"),
        notes: notes_of(node),
    }
}

fn medication(
    node: Node<'_>,
    resource: ResourceRef,
    kind: MedicationKind,
    medicine: impl Fn(&str) -> Option<Concept>,
) -> Medication {
    Medication {
        resource,
        kind,
        code: medicine_of(node, medicine),
        status: status_of(node, "status"),
        intent: status_of(node, "intent"),
        do_not_perform: node.get("doNotPerform").and_then(Node::truth).unwrap_or(false),
        start: medicine_start(node, kind),
        end: end_of(node, "effectivePeriod").or_else(|| end_of(node, "occurencePeriod")),
        reasons: reasons(node),
    }
}

/// `reasonCode`, or the concepts of R5's `reason`.
fn reasons(node: Node<'_>) -> Vec<Concept> {
    let mut reasons = concepts_of(node, "reasonCode");
    reasons.extend(concepts_of(node, "reason"));
    reasons
}

/// The medicine: coded in place, or a Medication inside or beside; else the words shown for the reference.
fn medicine_of(node: Node<'_>, medicine: impl Fn(&str) -> Option<Concept>) -> Concept {
    let member = |name| node.get(name);
    let coded = member("medicationCodeableConcept")
        .or_else(|| member("medication"))
        .map(concept)
        .unwrap_or_default();
    let Some(elsewhere) = member("medicationReference")
        .or_else(|| member("medication"))
        .filter(|_| coded.is_empty())
    else {
        return coded;
    };
    let (reference, display) = pointer(elsewhere);
    let found = reference.and_then(|reference| contained(node, reference).or_else(|| medicine(reference)));
    found.unwrap_or_else(|| Concept {
        codings: Vec::new(),
        text: display.map(str::to_owned),
    })
}

fn medicine_start(node: Node<'_>, kind: MedicationKind) -> Option<PartialDate> {
    match kind {
        MedicationKind::Request => date_of(node, &["authoredOn"]),
        MedicationKind::Statement | MedicationKind::Administration => {
            let names = [
                "effectiveDateTime",
                "effectivePeriod",
                "occurenceDateTime",
                "occurencePeriod",
            ];
            date_of(node, &names)
        }
        MedicationKind::Dispense => date_of(node, &["whenHandedOver", "whenPrepared"]),
    }
}

fn observation(node: Node<'_>, resource: ResourceRef) -> Observation {
    let high = node
        .each("referenceRange")
        .find_map(|range| range.get("high")?.get("value")?.number());
    Observation {
        resource,
        code: concept_of(node, "code"),
        status: status_of(node, "status"),
        value: value(node),
        high,
        interpretations: concepts_of(node, "interpretation"),
        date: date_of(
            node,
            &[
                "effectiveDateTime",
                "effectivePeriod",
                "effectiveInstant",
                "issued",
            ],
        ),
        notes: notes_of(node),
    }
}

fn value(node: Node<'_>) -> Option<ObservedValue> {
    if let Some(measured) = node.get("valueQuantity") {
        return quantity(measured);
    }
    if let Some(value) = node.get("valueInteger").and_then(Node::number) {
        return Some(ObservedValue::Quantity {
            value,
            comparator: None,
            unit: None,
        });
    }
    if let Some(words) = node.text_of("valueString") {
        return Some(result_words(words));
    }
    let coded = concept_of(node, "valueCodeableConcept");
    (!coded.is_empty()).then_some(ObservedValue::Coded(coded))
}

fn allergy(node: Node<'_>, resource: ResourceRef) -> Allergy {
    let code = Some(concept_of(node, "code")).filter(|code| !code.is_empty());
    let reactions = || node.each("reaction");
    let substances = reactions().map(|reaction| concept_of(reaction, "substance"));
    let severe = reactions().any(|reaction| status_of(reaction, "severity").as_deref() == Some("severe"));
    Allergy {
        resource,
        substances: code
            .into_iter()
            .chain(substances.filter(|substance| !substance.is_empty()))
            .collect(),
        clinical_status: status_of(node, "clinicalStatus"),
        verification: status_of(node, "verificationStatus"),
        severe: severe || status_of(node, "criticality").as_deref() == Some("high"),
        manifestations: reactions()
            .flat_map(|reaction| concepts_of(reaction, "manifestation"))
            .collect(),
        notes: notes_of(node),
    }
}

/// An ImagingStudy tells what was done by procedure codes, its description and its modalities, each on its own.
fn imaging(node: Node<'_>, resource: ResourceRef, kind: ImagingKind) -> ImagingDone {
    let codes = match kind {
        ImagingKind::ImagingStudy => {
            let words = node.text_of("description").map(str::to_owned);
            let words = words.map(|text| Concept {
                codings: Vec::new(),
                text: Some(text),
            });
            let procedures = concepts_of(node, "procedureCode").into_iter();
            procedures
                .chain(concepts_of(node, "procedure"))
                .chain(words)
                .chain(codings_of(node, "modality")) // Codings in R4, concepts in R5
                .chain(concepts_of(node, "modality"))
                .collect()
        }
        ImagingKind::DiagnosticReport | ImagingKind::ServiceRequest => Some(concept_of(node, "code"))
            .filter(|code| !code.is_empty())
            .into_iter()
            .collect(),
    };
    let date = match kind {
        ImagingKind::ImagingStudy => date_of(node, &["started"]),
        ImagingKind::DiagnosticReport => date_of(node, &["effectiveDateTime", "effectivePeriod", "issued"]),
        ImagingKind::ServiceRequest => {
            date_of(node, &["occurrenceDateTime", "occurrencePeriod", "authoredOn"])
        }
    };
    ImagingDone {
        resource,
        kind,
        codes,
        status: status_of(node, "status"),
        date,
    }
}
