//! One resource of the record → its line in the [`Chart`].
//!
//! Statuses are passed on as sent: which of them count is the engine's to say. Where a resource lacks something, the
//! line lacks it too.

use super::datatypes::{
    codings_of, concept_of, concepts_of, date_of, end_of, notes_of, quantity, result_words, status_of,
};
use super::kind::Kind;
use super::node::Node;
use super::orders::contained;
use crate::engine::case::{
    Allergy, Chart, Condition, ImagingDone, ImagingKind, Medication, MedicationKind, Observation,
    ObservedValue, PartialDate, Patient, Procedure, ResourceRef,
};
use crate::terminology::Concept;

/// Adds a resource to the chart. `medicine` finds a Medication of the request by reference.
pub(super) fn add<'n, N: Node<'n>>(
    chart: &mut Chart,
    kind: Kind,
    node: N,
    resource: ResourceRef,
    medicine: impl Fn(&str) -> Option<Concept>,
) {
    match kind {
        Kind::Condition => chart.conditions.push(condition(node, resource)),
        Kind::Procedure => chart.procedures.push(procedure(node, resource)),
        Kind::Medicine(kind) => chart.medications.push(medication(node, resource, kind, medicine)),
        Kind::Observation => chart.observations.push(observation(node, resource)),
        Kind::Allergy => chart.allergies.push(allergy(node, resource)),
        Kind::Imaging(kind) => chart.imaging.push(imaging(node, resource, kind)),
        Kind::Patient | Kind::Medication | Kind::Outcome => {}
    }
}

/// Demographics; identity is settled by the caller.
pub(super) fn patient<'n>(node: impl Node<'n>, resource: ResourceRef) -> Patient {
    let died = node.get("deceasedBoolean").and_then(Node::truth).unwrap_or(false);
    Patient {
        resource: Some(resource),
        birth_date: date_of(node, &["birthDate"]),
        deceased: died || node.text_of("deceasedDateTime").is_some(),
        ..Patient::default()
    }
}

fn condition<'n>(node: impl Node<'n>, resource: ResourceRef) -> Condition {
    let summaries = node.each("stage").map(|stage| concept_of(stage, "summary"));
    let evidence = node
        .each("evidence")
        .flat_map(|evidence| concepts_of(evidence, "code"));
    Condition {
        resource,
        code: concept_of(node, "code"),
        body_sites: concepts_of(node, "bodySite"),
        clinical_status: status_of(node, "clinicalStatus"),
        verification: status_of(node, "verificationStatus"),
        onset: date_of(node, &["onsetDateTime", "onsetPeriod"]),
        recorded: date_of(node, &["recordedDate"]),
        stages: summaries
            .chain(evidence)
            .filter(|stage| !stage.is_empty())
            .collect(),
        notes: notes_of(node),
    }
}

fn procedure<'n>(node: impl Node<'n>, resource: ResourceRef) -> Procedure {
    Procedure {
        resource,
        code: concept_of(node, "code"),
        status: status_of(node, "status"),
        performed: date_of(node, &["performedDateTime", "performedPeriod"]),
        reasons: concepts_of(node, "reasonCode"),
        body_sites: concepts_of(node, "bodySite"),
        notes: notes_of(node),
    }
}

fn medication<'n>(
    node: impl Node<'n>,
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
        end: end_of(node, "effectivePeriod"),
        reasons: concepts_of(node, "reasonCode"),
    }
}

/// The medicine: coded in place, or a Medication inside or beside; else the words shown for the reference.
fn medicine_of<'n>(node: impl Node<'n>, medicine: impl Fn(&str) -> Option<Concept>) -> Concept {
    let coded = concept_of(node, "medicationCodeableConcept");
    let Some(pointer) = node.get("medicationReference").filter(|_| coded.is_empty()) else {
        return coded;
    };
    let reference = pointer.text_of("reference");
    let found = reference.and_then(|reference| contained(node, reference).or_else(|| medicine(reference)));
    found.unwrap_or_else(|| Concept {
        codings: Vec::new(),
        text: pointer.text_of("display").map(str::to_owned),
    })
}

fn medicine_start<'n>(node: impl Node<'n>, kind: MedicationKind) -> Option<PartialDate> {
    match kind {
        MedicationKind::Request => date_of(node, &["authoredOn"]),
        MedicationKind::Statement | MedicationKind::Administration => {
            date_of(node, &["effectiveDateTime", "effectivePeriod"])
        }
        MedicationKind::Dispense => date_of(node, &["whenHandedOver", "whenPrepared"]),
    }
}

fn observation<'n>(node: impl Node<'n>, resource: ResourceRef) -> Observation {
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

fn value<'n>(node: impl Node<'n>) -> Option<ObservedValue> {
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

fn allergy<'n>(node: impl Node<'n>, resource: ResourceRef) -> Allergy {
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
fn imaging<'n>(node: impl Node<'n>, resource: ResourceRef, kind: ImagingKind) -> ImagingDone {
    let codes = match kind {
        ImagingKind::ImagingStudy => {
            let words = node.text_of("description").map(str::to_owned);
            let words = words.map(|text| Concept {
                codings: Vec::new(),
                text: Some(text),
            });
            let procedures = concepts_of(node, "procedureCode").into_iter();
            procedures
                .chain(words)
                .chain(codings_of(node, "modality"))
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
