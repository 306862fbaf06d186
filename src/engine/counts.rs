//! Which resources count (§1). Statuses are FHIR's; whatever is unknown or unparsable behaves as §1 says.

use super::case::{
    Allergy, Condition, DraftOrder, ImagingDone, ImagingKind, Medication, MedicationKind, Observation,
    Procedure,
};

/// True when a status is absent or one of these.
fn absent_or(status: Option<&str>, these: &[&str]) -> bool {
    status.is_none_or(|s| these.contains(&s))
}

/// A drafted order that is still to be carried out.
#[must_use]
pub fn order(order: &DraftOrder) -> bool {
    // Re-signed orders are active, others draft. A draft in the basket is about to be signed even where the client calls
    // it a plan, as the public sandbox does; an option or a directive is not.
    let intents = [
        "proposal",
        "plan",
        "order",
        "original-order",
        "reflex-order",
        "filler-order",
        "instance-order",
    ];
    !order.do_not_perform
        && absent_or(order.status.as_deref(), &["draft", "active"])
        && absent_or(order.intent.as_deref(), &intents)
}

/// A diagnosis that was not refuted.
#[must_use]
pub fn condition(condition: &Condition) -> bool {
    !matches!(
        condition.verification.as_deref(),
        Some("refuted" | "entered-in-error")
    )
}

/// A procedure that was done or is under way; a stopped one was aborted.
#[must_use]
pub fn procedure(procedure: &Procedure) -> bool {
    absent_or(
        procedure.status.as_deref(),
        &["completed", "in-progress", "unknown"],
    )
}

/// A medicine that was ordered for use or taken.
#[must_use]
pub fn medication(medication: &Medication) -> bool {
    if medication.do_not_perform {
        return false;
    }
    let status = medication.status.as_deref();
    match medication.kind {
        MedicationKind::Request => {
            absent_or(status, &["active", "completed", "stopped"])
                && !matches!(medication.intent.as_deref(), Some("proposal" | "plan" | "option"))
        }
        // In FHIR R5 a statement that stands is "recorded".
        MedicationKind::Statement => absent_or(
            status,
            &["active", "completed", "in-progress", "stopped", "recorded"],
        ),
        MedicationKind::Administration | MedicationKind::Dispense => {
            absent_or(status, &["active", "completed", "in-progress", "stopped"])
        }
    }
}

/// A result that stands.
#[must_use]
pub fn observation(observation: &Observation) -> bool {
    observation.value.is_some()
        && absent_or(
            observation.status.as_deref(),
            &["final", "amended", "corrected", "preliminary"],
        )
}

/// An allergy that is active and not refuted.
#[must_use]
pub fn allergy(allergy: &Allergy) -> bool {
    !matches!(allergy.clinical_status.as_deref(), Some("resolved" | "inactive"))
        && !matches!(
            allergy.verification.as_deref(),
            Some("refuted" | "entered-in-error")
        )
}

/// Imaging that was done.
#[must_use]
pub fn imaging(done: &ImagingDone) -> bool {
    let status = done.status.as_deref();
    match done.kind {
        ImagingKind::ImagingStudy => status == Some("available"),
        ImagingKind::DiagnosticReport => {
            matches!(status, Some("final" | "amended" | "corrected" | "appended"))
        }
        ImagingKind::ServiceRequest => status == Some("completed"),
    }
}

/// Imaging ordered earlier and still to come.
#[must_use]
pub fn imaging_ordered(done: &ImagingDone) -> bool {
    done.kind == ImagingKind::ServiceRequest && done.status.as_deref() == Some("active")
}
