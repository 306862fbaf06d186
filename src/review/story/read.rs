//! From the lines of a story to the resources they stand for.

use super::{
    AllergyLine, ConditionLine, ImagingLine, ImagingWord, MedicationLine, MedicationWord, ObservationLine,
    OrderLine, PatientLine, ProcedureLine, StoryError, UriOf, ValueWord, Who,
};
use crate::engine::case::{
    Allergy, Comparator, Condition, DraftOrder, Identity, ImagingDone, ImagingKind, Medication,
    MedicationKind, Observation, ObservedValue, PartialDate, Patient, Procedure, ReasonReference,
    ResourceRef,
};
use crate::terminology::{Coding, Concept};
use jiff::civil::Date;

/// The system of codes that one hospital made for itself.
const LOCAL_KEY: &str = "local";
const LOCAL_URI: &str = "urn:local";

impl From<Who> for Identity {
    fn from(who: Who) -> Self {
        match who {
            Who::Agrees => Self::Agrees,
            Who::NotStated => Self::NotStated,
            Who::Differs => Self::Differs,
        }
    }
}

/// Reads lines one by one, numbered from 1 for those without an id.
pub(super) fn each<L, R>(
    lines: &[L],
    read: impl Fn(usize, &L) -> Result<R, StoryError>,
) -> Result<Vec<R>, StoryError> {
    (1..)
        .zip(lines)
        .map(|(number, line)| read(number, line))
        .collect()
}

/// The day of a story.
pub(super) fn day(written: &toml::value::Datetime) -> Result<Date, StoryError> {
    let text = written.to_string();
    match PartialDate::parse(&text) {
        Some(PartialDate::Day(day)) => Ok(day),
        _ => Err(StoryError::NotADate(text)),
    }
}

fn date(written: Option<&String>) -> Result<Option<PartialDate>, StoryError> {
    written
        .map(|text| PartialDate::parse(text).ok_or_else(|| StoryError::NotADate(text.clone())))
        .transpose()
}

fn resource(kind: &str, letter: &str, id: Option<&String>, number: usize) -> ResourceRef {
    ResourceRef::new(id.map_or_else(|| format!("{kind}/{letter}{number}"), |id| format!("{kind}/{id}")))
}

/// Turns lines into resources.
pub(super) struct Reader<'a> {
    pub(super) uri: UriOf<'a>,
}

impl Reader<'_> {
    fn coding(&self, written: &str) -> Result<Coding, StoryError> {
        let (key, code) = written
            .split_once('|')
            .ok_or_else(|| StoryError::NotACode(written.to_owned()))?;
        let uri = if key == LOCAL_KEY {
            Some(LOCAL_URI.to_owned())
        } else {
            (self.uri)(key)
        };
        let uri = uri.ok_or_else(|| StoryError::UnknownSystem(key.to_owned()))?;
        Ok(Coding {
            system: Some(uri),
            code: Some(code.to_owned()),
            display: None,
        })
    }

    fn concept(&self, codes: &[String], text: Option<&String>) -> Result<Concept, StoryError> {
        let codings = codes.iter().map(|c| self.coding(c)).collect::<Result<_, _>>()?;
        Ok(Concept {
            codings,
            text: text.cloned(),
        })
    }

    /// A concept written as one string: a code when it has the form of one, otherwise words.
    fn either(&self, written: &String) -> Result<Concept, StoryError> {
        let code = written
            .split_once('|')
            .is_some_and(|(key, _)| !key.contains(char::is_whitespace));
        if code {
            self.concept(std::slice::from_ref(written), None)
        } else {
            self.concept(&[], Some(written))
        }
    }

    fn all<'w>(&self, written: impl IntoIterator<Item = &'w String>) -> Result<Vec<Concept>, StoryError> {
        written.into_iter().map(|w| self.either(w)).collect()
    }

    pub(super) fn patient(&self, line: &PatientLine) -> Result<Patient, StoryError> {
        Ok(Patient {
            resource: Some(ResourceRef::new("Patient/p1")),
            identity: line.identity.into(),
            birth_date: date(line.born.as_ref())?,
            deceased: line.deceased,
        })
    }

    pub(super) fn condition(&self, number: usize, line: &ConditionLine) -> Result<Condition, StoryError> {
        Ok(Condition {
            resource: resource("Condition", "c", line.id.as_ref(), number),
            code: self.concept(&line.codes, line.text.as_ref())?,
            body_sites: self.all(&line.body_site)?,
            clinical_status: line.clinical.clone(),
            verification: line.verification.clone(),
            onset: date(line.onset.as_ref())?,
            recorded: date(line.recorded.as_ref())?,
            stages: self.all(&line.stages)?,
            notes: line.notes.clone(),
        })
    }

    pub(super) fn procedure(&self, number: usize, line: &ProcedureLine) -> Result<Procedure, StoryError> {
        Ok(Procedure {
            resource: resource("Procedure", "p", line.id.as_ref(), number),
            code: self.concept(&line.codes, line.text.as_ref())?,
            status: line.status.clone(),
            performed: date(line.date.as_ref())?,
            reasons: self.all(&line.reasons)?,
            body_sites: self.all(&line.body_site)?,
            notes: line.notes.clone(),
        })
    }

    pub(super) fn medication(&self, number: usize, line: &MedicationLine) -> Result<Medication, StoryError> {
        let (kind, name) = match line.kind {
            MedicationWord::Request => (MedicationKind::Request, "MedicationRequest"),
            MedicationWord::Statement => (MedicationKind::Statement, "MedicationStatement"),
            MedicationWord::Administration => (MedicationKind::Administration, "MedicationAdministration"),
            MedicationWord::Dispense => (MedicationKind::Dispense, "MedicationDispense"),
        };
        Ok(Medication {
            resource: resource(name, "m", line.id.as_ref(), number),
            kind,
            code: self.concept(&line.codes, line.text.as_ref())?,
            status: line.status.clone(),
            intent: line.intent.clone(),
            do_not_perform: line.do_not_perform,
            start: date(line.start.as_ref())?,
            end: date(line.end.as_ref())?,
            reasons: self.all(&line.reasons)?,
        })
    }

    pub(super) fn observation(
        &self,
        number: usize,
        line: &ObservationLine,
    ) -> Result<Observation, StoryError> {
        let quantity = |value| ObservedValue::Quantity {
            value,
            comparator: None,
            unit: line.unit.clone(),
        };
        let value = match &line.value {
            None => None,
            Some(ValueWord::Whole(number)) => Some(quantity(f64::from(*number))),
            Some(ValueWord::Number(number)) => Some(quantity(*number)),
            Some(ValueWord::Words(words)) => Some(match compared(words) {
                Some((comparator, value)) => ObservedValue::Quantity {
                    value,
                    comparator: Some(comparator),
                    unit: line.unit.clone(),
                },
                None => match self.either(words)? {
                    Concept {
                        codings,
                        text: Some(text),
                    } if codings.is_empty() => ObservedValue::Text(text),
                    concept => ObservedValue::Coded(concept),
                },
            }),
        };
        let interpretation = line.interpretation.as_ref();
        Ok(Observation {
            resource: resource("Observation", "ob", line.id.as_ref(), number),
            code: self.concept(&line.codes, line.text.as_ref())?,
            status: line.status.clone(),
            value,
            high: line.high,
            interpretations: interpretation.into_iter().map(|code| interpreted(code)).collect(),
            date: date(line.date.as_ref())?,
            notes: line.notes.clone(),
        })
    }

    pub(super) fn allergy(&self, number: usize, line: &AllergyLine) -> Result<Allergy, StoryError> {
        Ok(Allergy {
            resource: resource("AllergyIntolerance", "a", line.id.as_ref(), number),
            substances: vec![self.concept(&line.codes, line.text.as_ref())?],
            clinical_status: line.clinical.clone(),
            verification: line.verification.clone(),
            severe: line.severe,
            manifestations: self.all(&line.manifestations)?,
            notes: line.notes.clone(),
        })
    }

    pub(super) fn imaging(&self, number: usize, line: &ImagingLine) -> Result<ImagingDone, StoryError> {
        let (kind, name) = match line.kind {
            ImagingWord::Study => (ImagingKind::ImagingStudy, "ImagingStudy"),
            ImagingWord::Report => (ImagingKind::DiagnosticReport, "DiagnosticReport"),
            ImagingWord::Order => (ImagingKind::ServiceRequest, "ServiceRequest"),
        };
        Ok(ImagingDone {
            resource: resource(name, "i", line.id.as_ref(), number),
            kind,
            codes: vec![self.concept(&line.codes, line.text.as_ref())?],
            status: line.status.clone(),
            date: date(line.date.as_ref())?,
        })
    }

    pub(super) fn order(
        &self,
        line: &OrderLine,
        in_chart: &dyn Fn(&str) -> bool,
    ) -> Result<DraftOrder, StoryError> {
        let reference = |written: &String| {
            let resource = ResourceRef::new(format!("Condition/{written}"));
            if in_chart(resource.as_str()) {
                ReasonReference::InChart(resource)
            } else {
                ReasonReference::Unread(resource)
            }
        };
        let words = line.reason.iter().map(|text| Concept {
            codings: Vec::new(),
            text: Some(text.clone()),
        });
        let mut reasons = self.all(&line.reason_codes)?;
        reasons.extend(words);
        Ok(DraftOrder {
            categories: Vec::new(),
            id: Some(super::order_reference(&line.id)),
            selected: line.selected,
            status: Some(line.status.clone().unwrap_or_else(|| "draft".to_owned())),
            intent: Some(line.intent.clone().unwrap_or_else(|| "order".to_owned())),
            do_not_perform: line.do_not_perform,
            subject: line.subject.into(),
            code: self.concept(&line.codes, line.text.as_ref())?,
            details: self.all(&line.details)?,
            supporting: self.all(&line.supporting)?,
            body_sites: self.all(&line.body_site)?,
            reasons,
            reason_references: line.reason_references.iter().map(reference).collect(),
            notes: line.notes.clone(),
        })
    }
}

fn interpreted(code: &str) -> Concept {
    let system = Some("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation".to_owned());
    Concept {
        codings: vec![Coding {
            system,
            code: Some(code.to_owned()),
            display: None,
        }],
        text: None,
    }
}

/// Reads `>60`, `<= 15`.
fn compared(words: &str) -> Option<(Comparator, f64)> {
    let words = words.trim();
    [
        (">=", Comparator::AtLeast),
        ("<=", Comparator::AtMost),
        (">", Comparator::Above),
        ("<", Comparator::Below),
    ]
    .into_iter()
    .find_map(|(sign, comparator)| Some((comparator, words.strip_prefix(sign)?.trim().parse().ok()?)))
}
