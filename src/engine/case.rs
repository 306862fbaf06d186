//! The case: all the engine may look at, and nothing else.
//!
//! Plain values, free of FHIR: the shell fills them from whatever the EHR sent, leniently. A value that was
//! missing or unreadable is `None` or `Unknown` here, never an error: it can only take judgements away.
//! Which statuses count is decided by the engine (`engine::counts`), not by whoever fills the case in.

use crate::terminology::Concept;
use jiff::civil::Date;
use std::fmt;
use std::sync::Arc;

/// Which resource a fact comes from: `Condition/c1`, or `ServiceRequest/o1#reason` for a contained one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRef(pub Arc<str>);

impl ResourceRef {
    /// A reference from its text form.
    #[must_use]
    pub fn new(reference: impl Into<Arc<str>>) -> Self {
        Self(reference.into())
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A date that may lack its day or month, as FHIR allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartialDate {
    /// `2026`
    Year(i16),
    /// `2026-06`
    Month(i16, i8),
    /// `2026-06-01`
    Day(Date),
}

impl PartialDate {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or a dateTime (whose clock time is ignored). Impossible dates: `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let day = text.split(['T', ' ']).next()?;
        let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        let mut parts = day.split('-');
        let year = parts.next().filter(|p| digits(p, 4))?.parse().ok()?;
        let Some(month) = parts.next() else {
            return Some(Self::Year(year));
        };
        let month: i8 = Some(month).filter(|p| digits(p, 2))?.parse().ok()?;
        let Some(day) = parts.next() else {
            return Date::new(year, month, 1).ok().map(|_| Self::Month(year, month));
        };
        let day: i8 = Some(day).filter(|p| digits(p, 2))?.parse().ok()?;
        if parts.next().is_some() {
            return None;
        }
        Date::new(year, month, day).ok().map(Self::Day)
    }

    /// The first day it can mean.
    #[must_use]
    pub fn earliest(self) -> Date {
        match self {
            Self::Year(y) => Date::new(y, 1, 1).unwrap_or(Date::MIN),
            Self::Month(y, m) => Date::new(y, m, 1).unwrap_or(Date::MIN),
            Self::Day(d) => d,
        }
    }

    /// The last day it can mean.
    #[must_use]
    pub fn latest(self) -> Date {
        match self {
            Self::Year(y) => Date::new(y, 12, 31).unwrap_or(Date::MAX),
            Self::Month(..) => self.earliest().last_of_month(),
            Self::Day(d) => d,
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(y) => write!(f, "{y:04}"),
            Self::Month(y, m) => write!(f, "{y:04}-{m:02}"),
            Self::Day(d) => write!(f, "{d}"),
        }
    }
}

/// Everything the decision may look at: the drafted orders, the chart, and the day on which it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The day of the order; the engine has no clock.
    pub today: Date,
    /// The unsigned orders of the session, selected or not, in the order sent.
    pub orders: Vec<DraftOrder>,
    /// The record of the patient, as far as it could be read.
    pub chart: Chart,
}

/// Whether a resource is about the patient of the call (SC-21: wrong-patient advice is the worst failure).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Identity {
    /// It names the patient of the call.
    Agrees,
    /// It names nobody.
    #[default]
    NotStated,
    /// It names somebody else.
    Differs,
}

/// One unsigned order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DraftOrder {
    /// `ServiceRequest/o1`.
    pub id: Option<ResourceRef>,
    /// True when the hook asks about this order; the others are background.
    pub selected: bool,
    /// FHIR `status` code as sent.
    pub status: Option<String>,
    /// FHIR `intent` code as sent.
    pub intent: Option<String>,
    /// The order says "do not do this".
    pub do_not_perform: bool,
    /// Whose order it is.
    pub subject: Identity,
    /// What sort of service it is.
    pub categories: Vec<Concept>,
    /// What is ordered.
    pub code: Concept,
    /// Details of what is ordered (`orderDetail`).
    pub details: Vec<Concept>,
    /// Resources named in `supportingInfo` that were sent along: a tracer or a medicine of the study ordered, or an
    /// earlier study, which does not tell how this one is done.
    pub supporting: Vec<Concept>,
    /// Where on the body.
    pub body_sites: Vec<Concept>,
    /// Why: `reasonCode`.
    pub reasons: Vec<Concept>,
    /// Why: `reasonReference`, each resolved or not.
    pub reason_references: Vec<ReasonReference>,
    /// `note` texts.
    pub notes: Vec<String>,
}

/// A reason that points to another resource.
#[derive(Debug, Clone, PartialEq)]
pub enum ReasonReference {
    /// It points to a chart resource that was sent (its position is looked up by reference).
    InChart(ResourceRef),
    /// It points to a resource inside the order, whose code is here.
    Contained(ResourceRef, Concept),
    /// It points to something that was not sent; the reason exists but cannot be read.
    Unread(ResourceRef),
}

/// A place the record comes from. The first five decide how loud a card may be (`delivery`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the prefetch keys")]
pub enum Source {
    Patient,
    Conditions,
    Procedures,
    Medications,
    Imaging,
    Observations,
    Allergies,
}

impl Source {
    /// Every source, in reading order.
    pub const ALL: [Self; 7] = [
        Self::Patient,
        Self::Conditions,
        Self::Procedures,
        Self::Medications,
        Self::Imaging,
        Self::Observations,
        Self::Allergies,
    ];

    /// The key under which knowledge and cards speak of it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Conditions => "conditions",
            Self::Procedures => "procedures",
            Self::Medications => "medications",
            Self::Imaging => "imaging",
            Self::Observations => "observations",
            Self::Allergies => "allergies",
        }
    }
}

/// The record of one patient as far as it could be read, each entry with the resource it came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Demographics.
    pub patient: Patient,
    /// Problem list and diagnoses.
    pub conditions: Vec<Condition>,
    /// Operations and other procedures.
    pub procedures: Vec<Procedure>,
    /// Orders, statements and administrations of medicines.
    pub medications: Vec<Medication>,
    /// Laboratory and pathology results.
    pub observations: Vec<Observation>,
    /// Allergies and intolerances.
    pub allergies: Vec<Allergy>,
    /// Imaging already done: ImagingStudy, DiagnosticReport, completed ServiceRequest.
    pub imaging: Vec<ImagingDone>,
    /// Sources that were *not delivered*: key absent, OperationOutcome, unread pages. (`null` and empty are delivered.)
    pub undelivered: Vec<Source>,
    /// Sources that were delivered with something in them that could not be read or told: what they do not show may
    /// still be there, so no warning rests on its absence.
    pub partly_read: Vec<Source>,
}

/// Demographics.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Patient {
    /// `Patient/p1`, if it was sent.
    pub resource: Option<ResourceRef>,
    /// Whether this is the patient of the call.
    pub identity: Identity,
    /// Date of birth, possibly partial.
    pub birth_date: Option<PartialDate>,
    /// `deceasedBoolean: true` or any `deceasedDateTime`.
    pub deceased: bool,
}

/// A problem or diagnosis.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// `Condition/c1`.
    pub resource: ResourceRef,
    /// Diagnosis.
    pub code: Concept,
    /// Where on the body.
    pub body_sites: Vec<Concept>,
    /// FHIR clinical status code, lower case: `active`, `recurrence`, `remission` …
    pub clinical_status: Option<String>,
    /// FHIR verification status code, lower case: `confirmed`, `provisional`, `refuted` …
    pub verification: Option<String>,
    /// Onset.
    pub onset: Option<PartialDate>,
    /// When it was written down.
    pub recorded: Option<PartialDate>,
    /// Stage summaries and evidence codes.
    pub stages: Vec<Concept>,
    /// `note` texts.
    pub notes: Vec<String>,
}

/// A procedure done, under way or planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    /// `Procedure/p1`.
    pub resource: ResourceRef,
    /// What was done.
    pub code: Concept,
    /// FHIR status code.
    pub status: Option<String>,
    /// Start or day of performance.
    pub performed: Option<PartialDate>,
    /// Why it was done: `reasonCode`.
    pub reasons: Vec<Concept>,
    /// Where on the body.
    pub body_sites: Vec<Concept>,
    /// `note` texts.
    pub notes: Vec<String>,
}

/// Which kind of resource a medicine came from: each has its own statuses that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are FHIR's")]
pub enum MedicationKind {
    Request,
    Statement,
    Administration,
    Dispense,
}

/// A medicine ordered, taken or given.
#[derive(Debug, Clone, PartialEq)]
pub struct Medication {
    /// `MedicationRequest/m1`.
    pub resource: ResourceRef,
    /// The kind of resource.
    pub kind: MedicationKind,
    /// The medicine (a contained or bundled Medication is resolved).
    pub code: Concept,
    /// FHIR status code.
    pub status: Option<String>,
    /// FHIR intent code (requests only).
    pub intent: Option<String>,
    /// The request says "do not give".
    pub do_not_perform: bool,
    /// First day: authoredOn, effective start.
    pub start: Option<PartialDate>,
    /// Last day, if it ended.
    pub end: Option<PartialDate>,
    /// Why: `reasonCode`.
    pub reasons: Vec<Concept>,
}

/// The value of an observation.
#[derive(Debug, Clone, PartialEq)]
pub enum ObservedValue {
    /// A number with what stands before it: `>60` is `(60, Above)`.
    Quantity {
        /// The number.
        value: f64,
        /// Comparator, if one was given in the field or in the text.
        comparator: Option<Comparator>,
        /// Unit as sent (code or text).
        unit: Option<String>,
    },
    /// A coded answer.
    Coded(Concept),
    /// Words.
    Text(String),
}

impl ObservedValue {
    /// What it says in words or codes; a number says nothing in words.
    #[must_use]
    pub fn told(&self) -> Option<Concept> {
        match self {
            Self::Coded(concept) => Some(concept.clone()),
            Self::Text(text) => Some(Concept {
                codings: Vec::new(),
                text: Some(text.clone()),
            }),
            Self::Quantity { .. } => None,
        }
    }
}

/// What stands before a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparator {
    Below,
    AtMost,
    AtLeast,
    Above,
}

/// A laboratory, pathology or staging result.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// `Observation/ob1`.
    pub resource: ResourceRef,
    /// What was measured.
    pub code: Concept,
    /// FHIR status code.
    pub status: Option<String>,
    /// Result; `None` when absent or unreadable.
    pub value: Option<ObservedValue>,
    /// Upper end of the reference range, in the value's unit.
    pub high: Option<f64>,
    /// Interpretation codes (`H`, `HH` …).
    pub interpretations: Vec<Concept>,
    /// Day of the finding.
    pub date: Option<PartialDate>,
    /// `note` texts.
    pub notes: Vec<String>,
}

/// An allergy or intolerance.
#[derive(Debug, Clone, PartialEq)]
pub struct Allergy {
    /// `AllergyIntolerance/a1`.
    pub resource: ResourceRef,
    /// To what: `code`, and the substances of its reactions.
    pub substances: Vec<Concept>,
    /// FHIR clinical status code.
    pub clinical_status: Option<String>,
    /// FHIR verification status code.
    pub verification: Option<String>,
    /// True when criticality is high or a reaction was severe.
    pub severe: bool,
    /// Reaction manifestations.
    pub manifestations: Vec<Concept>,
    /// `note` texts.
    pub notes: Vec<String>,
}

/// Which kind of resource tells of imaging already done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are FHIR's")]
pub enum ImagingKind {
    ImagingStudy,
    DiagnosticReport,
    ServiceRequest,
}

/// An imaging study already done, or ordered earlier.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagingDone {
    /// `ImagingStudy/i1`, `DiagnosticReport/d1`, `ServiceRequest/s1`.
    pub resource: ResourceRef,
    /// The kind of resource.
    pub kind: ImagingKind,
    /// What was done (several procedure codes of one ImagingStudy are codings of one concept each).
    pub codes: Vec<Concept>,
    /// FHIR status code.
    pub status: Option<String>,
    /// Day of the study.
    pub date: Option<PartialDate>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_span_from_their_first_to_their_last_day() {
        let span = |text: &str| PartialDate::parse(text).map(|d| format!("{}..{}", d.earliest(), d.latest()));
        assert_eq!(span("2026").as_deref(), Some("2026-01-01..2026-12-31"));
        assert_eq!(span("2024-02").as_deref(), Some("2024-02-01..2024-02-29"));
        assert_eq!(span("2026-06-01").as_deref(), Some("2026-06-01..2026-06-01"));
        assert_eq!(
            span("2026-06-01T23:59:00-08:00").as_deref(),
            Some("2026-06-01..2026-06-01")
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "26",
            "2026-13",
            "2026-02-30",
            "2026-6-1",
            "06/01/2026",
            "unknown",
            "2026-06-01-01",
            "+026",
        ] {
            assert_eq!(PartialDate::parse(text), None, "{text}");
        }
    }
}
