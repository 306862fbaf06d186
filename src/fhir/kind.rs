//! The kinds of resources that are read, and the part of the record each belongs to.

use crate::engine::case::{ImagingKind, MedicationKind, Source};

/// A kind of resource that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Patient,
    Condition,
    Procedure,
    Medicine(MedicationKind),
    /// A `Medication` that requests point to.
    Medication,
    Observation,
    Allergy,
    Imaging(ImagingKind),
    Outcome,
}

impl Kind {
    /// Every kind.
    pub(super) const ALL: [Self; 14] = [
        Self::Patient,
        Self::Condition,
        Self::Procedure,
        Self::Medicine(MedicationKind::Request),
        Self::Medicine(MedicationKind::Statement),
        Self::Medicine(MedicationKind::Administration),
        Self::Medicine(MedicationKind::Dispense),
        Self::Medication,
        Self::Observation,
        Self::Allergy,
        Self::Imaging(ImagingKind::ImagingStudy),
        Self::Imaging(ImagingKind::DiagnosticReport),
        Self::Imaging(ImagingKind::ServiceRequest),
        Self::Outcome,
    ];

    /// The kind with this `resourceType`; `None` for one that is not read.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Patient" => Self::Patient,
            "Condition" => Self::Condition,
            "Procedure" => Self::Procedure,
            "MedicationRequest" => Self::Medicine(MedicationKind::Request),
            "MedicationStatement" => Self::Medicine(MedicationKind::Statement),
            "MedicationAdministration" => Self::Medicine(MedicationKind::Administration),
            "MedicationDispense" => Self::Medicine(MedicationKind::Dispense),
            "Medication" => Self::Medication,
            "Observation" => Self::Observation,
            "AllergyIntolerance" => Self::Allergy,
            "ImagingStudy" => Self::Imaging(ImagingKind::ImagingStudy),
            "DiagnosticReport" => Self::Imaging(ImagingKind::DiagnosticReport),
            "ServiceRequest" => Self::Imaging(ImagingKind::ServiceRequest),
            "OperationOutcome" => Self::Outcome,
            _ => return None,
        })
    }

    /// The `resourceType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Condition => "Condition",
            Self::Procedure => "Procedure",
            Self::Medicine(MedicationKind::Request) => "MedicationRequest",
            Self::Medicine(MedicationKind::Statement) => "MedicationStatement",
            Self::Medicine(MedicationKind::Administration) => "MedicationAdministration",
            Self::Medicine(MedicationKind::Dispense) => "MedicationDispense",
            Self::Medication => "Medication",
            Self::Observation => "Observation",
            Self::Allergy => "AllergyIntolerance",
            Self::Imaging(ImagingKind::ImagingStudy) => "ImagingStudy",
            Self::Imaging(ImagingKind::DiagnosticReport) => "DiagnosticReport",
            Self::Imaging(ImagingKind::ServiceRequest) => "ServiceRequest",
            Self::Outcome => "OperationOutcome",
        }
    }

    /// The part of the record it belongs to.
    pub(super) fn source(self) -> Option<Source> {
        match self {
            Self::Patient => Some(Source::Patient),
            Self::Condition => Some(Source::Conditions),
            Self::Procedure => Some(Source::Procedures),
            Self::Medicine(_) | Self::Medication => Some(Source::Medications),
            Self::Observation => Some(Source::Observations),
            Self::Allergy => Some(Source::Allergies),
            Self::Imaging(_) => Some(Source::Imaging),
            Self::Outcome => None,
        }
    }

    /// The elements its reader asks for, by their names in R4 and R5; the rest of the resource is never looked at.
    /// (`occurence` is how R5 spells it.)
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Patient => &[
                "resourceType",
                "id",
                "birthDate",
                "deceasedBoolean",
                "deceasedDateTime",
            ],
            Self::Condition => &[
                "resourceType",
                "id",
                "clinicalStatus",
                "verificationStatus",
                "code",
                "bodySite",
                "subject",
                "onsetDateTime",
                "onsetPeriod",
                "onsetAge",
                "onsetRange",
                "onsetString",
                "abatementDateTime",
                "abatementPeriod",
                "abatementAge",
                "abatementRange",
                "abatementString",
                "recordedDate",
                "stage",
                "evidence",
                "note",
            ],
            Self::Procedure => &[
                "resourceType",
                "id",
                "status",
                "code",
                "subject",
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
                "reasonCode",
                "reason",
                "bodySite",
                "note",
            ],
            Self::Medicine(_) => &[
                "resourceType",
                "id",
                "contained",
                "status",
                "intent",
                "doNotPerform",
                "medicationCodeableConcept",
                "medicationReference",
                "medication",
                "subject",
                "authoredOn",
                "effectiveDateTime",
                "effectivePeriod",
                "whenHandedOver",
                "whenPrepared",
                "occurenceDateTime",
                "occurencePeriod",
                "reasonCode",
                "reason",
            ],
            Self::Medication => &["resourceType", "id", "code"],
            Self::Observation => &[
                "resourceType",
                "id",
                "status",
                "code",
                "subject",
                "effectiveDateTime",
                "effectivePeriod",
                "effectiveInstant",
                "issued",
                "valueQuantity",
                "valueInteger",
                "valueString",
                "valueCodeableConcept",
                "interpretation",
                "referenceRange",
                "note",
            ],
            Self::Allergy => &[
                "resourceType",
                "id",
                "clinicalStatus",
                "verificationStatus",
                "criticality",
                "code",
                "patient",
                "reaction",
                "note",
            ],
            Self::Imaging(_) => &[
                "resourceType",
                "id",
                "status",
                "subject",
                "code",
                "modality",
                "procedureCode",
                "procedure",
                "description",
                "started",
                "effectiveDateTime",
                "effectivePeriod",
                "issued",
                "occurrenceDateTime",
                "occurrencePeriod",
                "authoredOn",
            ],
            Self::Outcome => &[],
        }
    }
}
