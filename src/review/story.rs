//! The `toml case` block of a vignette, exactly as written, and the [`Case`] it stands for.
//!
//! Codes are `system|code` with the short keys of `code-systems.toml`; `local` is a code of one hospital. Defaults
//! are what an EHR would send for an ordinary draft order. It leaves out what the engine makes of it.

mod read;

use crate::engine::case::{Case, Chart, Patient, ResourceRef, Source};
use read::{Reader, day, each};
use serde::Deserialize;

/// Finds the URI of a code system by its short key.
pub type UriOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The block says something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoryError {
    /// A code without its system.
    #[error("`{0}` is no code: write `system|code`")]
    NotACode(String),
    /// A code of a system nobody knows.
    #[error("`{0}` is no code system of code-systems.toml")]
    UnknownSystem(String),
    /// A date that is none.
    #[error("`{0}` is no date: write YYYY, YYYY-MM or YYYY-MM-DD")]
    NotADate(String),
    /// A source that does not exist.
    #[error(
        "`{0}` is no source: write one of patient, conditions, procedures, medications, imaging, observations, allergies"
    )]
    UnknownSource(String),
}

/// `toml case`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    today: toml::value::Datetime,
    patient: Option<PatientLine>,
    #[serde(default)]
    conditions: Vec<ConditionLine>,
    #[serde(default)]
    procedures: Vec<ProcedureLine>,
    #[serde(default)]
    medications: Vec<MedicationLine>,
    #[serde(default)]
    observations: Vec<ObservationLine>,
    #[serde(default)]
    allergies: Vec<AllergyLine>,
    #[serde(default)]
    imaging: Vec<ImagingLine>,
    #[serde(default)]
    orders: Vec<OrderLine>,
    #[serde(default)]
    missing: Vec<String>,
}

/// Whether a resource names the patient of the call; as a rule it does.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Who {
    #[default]
    Agrees,
    NotStated,
    Differs,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatientLine {
    born: Option<String>,
    #[expect(dead_code, reason = "part of the story for people; no rule asks for it")]
    gender: Option<String>,
    #[serde(default)]
    deceased: bool,
    #[serde(default)]
    identity: Who,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionLine {
    id: Option<String>,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    clinical: Option<String>,
    verification: Option<String>,
    recorded: Option<String>,
    onset: Option<String>,
    body_site: Option<String>,
    #[serde(default)]
    stages: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProcedureLine {
    id: Option<String>,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    status: Option<String>,
    date: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
    body_site: Option<String>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MedicationWord {
    #[default]
    Request,
    Statement,
    Administration,
    Dispense,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MedicationLine {
    id: Option<String>,
    #[serde(default)]
    kind: MedicationWord,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    status: Option<String>,
    intent: Option<String>,
    #[serde(default)]
    do_not_perform: bool,
    start: Option<String>,
    end: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum ValueWord {
    Whole(i32),
    Number(f64),
    Words(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObservationLine {
    id: Option<String>,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    value: Option<ValueWord>,
    unit: Option<String>,
    high: Option<f64>,
    interpretation: Option<String>,
    status: Option<String>,
    date: Option<String>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AllergyLine {
    id: Option<String>,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    clinical: Option<String>,
    verification: Option<String>,
    #[serde(default)]
    severe: bool,
    #[serde(default)]
    manifestations: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ImagingWord {
    Study,
    #[default]
    Report,
    Order,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImagingLine {
    id: Option<String>,
    #[serde(default)]
    kind: ImagingWord,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    status: Option<String>,
    date: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderLine {
    id: String,
    #[serde(default)]
    selected: bool,
    status: Option<String>,
    intent: Option<String>,
    #[serde(default)]
    do_not_perform: bool,
    #[serde(default)]
    subject: Who,
    #[serde(default)]
    codes: Vec<String>,
    text: Option<String>,
    #[serde(default)]
    details: Vec<String>,
    #[serde(default)]
    supporting: Vec<String>,
    body_site: Option<String>,
    #[serde(default)]
    reason_codes: Vec<String>,
    reason: Option<String>,
    #[serde(default)]
    reason_references: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

impl Story {
    /// The case the story stands for.
    ///
    /// # Errors
    /// A code, date or source that cannot be read: in a story written by hand that is a mistake, not odd data.
    pub fn case(&self, uri: UriOf<'_>) -> Result<Case, StoryError> {
        let reader = Reader { uri };
        let chart = self.chart(&reader)?;
        let in_chart = |reference: &str| chart.conditions.iter().any(|c| c.resource.as_str() == reference);
        let orders = self
            .orders
            .iter()
            .map(|o| reader.order(o, &in_chart))
            .collect::<Result<_, _>>()?;
        Ok(Case {
            today: day(&self.today)?,
            orders,
            chart,
        })
    }

    fn chart(&self, reader: &Reader<'_>) -> Result<Chart, StoryError> {
        let undelivered = |word: &String| {
            Source::ALL
                .into_iter()
                .find(|s| s.key() == word.as_str())
                .ok_or_else(|| StoryError::UnknownSource(word.clone()))
        };
        Ok(Chart {
            patient: self
                .patient
                .as_ref()
                .map_or_else(|| Ok(Patient::default()), |p| reader.patient(p))?,
            conditions: each(&self.conditions, |n, c| reader.condition(n, c))?,
            procedures: each(&self.procedures, |n, p| reader.procedure(n, p))?,
            medications: each(&self.medications, |n, m| reader.medication(n, m))?,
            observations: each(&self.observations, |n, o| reader.observation(n, o))?,
            allergies: each(&self.allergies, |n, a| reader.allergy(n, a))?,
            imaging: each(&self.imaging, |n, i| reader.imaging(n, i))?,
            undelivered: self.missing.iter().map(undelivered).collect::<Result<_, _>>()?,
            partly_read: Vec::new(),
        })
    }
}

/// The reference of a draft order by its id in the story.
#[must_use]
pub fn order_reference(id: &str) -> ResourceRef {
    ResourceRef::new(format!("ServiceRequest/{id}"))
}
