//! The case around a phrase: one patient with a new tumour, one order, and perhaps one more line of the record.
//!
//! It leaves out what is expected: the tables of `phrases.toml` tell.

use super::worded;
use crate::engine::case::{
    Case, Chart, Condition, DraftOrder, Identity, Observation, ObservedValue, PartialDate, Patient,
    Procedure, ResourceRef,
};
use crate::engine::{Consultation, Indicator, consult};
use crate::knowledge::{Key, Knowledge};
use crate::review::story::UriOf;
use crate::terminology::{Coding, Concept};
use jiff::civil::Date;
use serde::Deserialize;

/// What stands beside a diagnosis, a reason or a line of the record that is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// The diagnosis of the patient whose order gives a reason, as `system|code`.
    pub tumour: String,
    /// The order in words.
    pub order: String,
    /// The order whose cards are looked at, in words: it must be usually not appropriate for a first staging.
    #[serde(default)]
    pub discouraged: String,
    /// The reason of an order beside a line of the record that is read.
    #[serde(default)]
    pub staging: String,
    /// The year of birth.
    pub born: String,
    /// The day of the order and of the diagnosis.
    pub today: String,
}

impl Beside {
    /// The diagnosis as a code.
    pub(super) fn tumour(&self, uri: UriOf<'_>) -> Concept {
        let coding = self.tumour.split_once('|').map(|(key, code)| Coding {
            system: uri(key),
            code: Some(code.to_owned()),
            display: None,
        });
        Concept {
            codings: coding.into_iter().collect(),
            text: None,
        }
    }

    /// The clinical question of the order beside one diagnosis.
    pub(super) fn question(&self, knowledge: &Knowledge, diagnosis: Concept, reason: Option<&str>) -> Key {
        let told = self.consult(knowledge, diagnosis, &self.order, reason, None);
        let decision = told.as_ref().and_then(|told| told.decisions.first());
        decision.map_or_else(|| "".into(), |d| d.scenario.clone())
    }

    /// How loud the loudest card is on the discouraged order.
    pub(super) fn loudest(
        &self,
        knowledge: &Knowledge,
        diagnosis: Concept,
        reason: &str,
        line: Option<&str>,
    ) -> &'static str {
        let told = self.consult(knowledge, diagnosis, &self.discouraged, Some(reason), line);
        let decisions = told.iter().flat_map(|told| &told.decisions);
        let cards: Vec<Indicator> = decisions.flat_map(|d| &d.advice).map(|a| a.indicator).collect();
        if cards.contains(&Indicator::Warning) {
            "warning"
        } else if cards.is_empty() {
            "silent"
        } else {
            "info"
        }
    }

    fn consult(
        &self,
        knowledge: &Knowledge,
        diagnosis: Concept,
        ordered: &str,
        reason: Option<&str>,
        line: Option<&str>,
    ) -> Option<Consultation> {
        let PartialDate::Day(today) = PartialDate::parse(&self.today)? else {
            return None;
        };
        let order = DraftOrder {
            selected: true,
            status: Some("draft".into()),
            intent: Some("order".into()),
            subject: Identity::Agrees,
            code: worded(ordered),
            reasons: reason.into_iter().map(worded).collect(),
            ..DraftOrder::default()
        };
        let patient = Patient {
            resource: Some(ResourceRef::new("Patient/p")),
            identity: Identity::Agrees,
            birth_date: PartialDate::parse(&self.born),
            deceased: false,
        };
        let mut chart = Chart {
            patient,
            conditions: vec![condition("Condition/c", diagnosis, today)],
            ..Chart::default()
        };
        if let Some((place, words)) = line.and_then(|line| line.split_once(": ")) {
            add(&mut chart, place, words, today);
        }
        let orders = vec![order];
        Some(consult(knowledge, &Case { today, orders, chart }))
    }
}

/// Writes one more line into the record. A place that is none writes nothing, and the expectation fails.
fn add(chart: &mut Chart, place: &str, words: &str, today: Date) {
    let date = Some(PartialDate::Day(today));
    match place {
        "condition" => chart
            .conditions
            .push(condition("Condition/line", worded(words), today)),
        "note" => {
            let notes = chart.conditions.iter_mut().map(|c| &mut c.notes);
            notes.for_each(|notes| notes.push(words.to_owned()));
        }
        "procedure" => chart.procedures.push(Procedure {
            resource: ResourceRef::new("Procedure/line"),
            code: worded(words),
            status: Some("completed".into()),
            performed: date,
            reasons: Vec::new(),
            body_sites: Vec::new(),
            notes: Vec::new(),
        }),
        "result" => chart.observations.push(Observation {
            resource: ResourceRef::new("Observation/line"),
            code: Concept::default(),
            status: Some("final".into()),
            value: Some(ObservedValue::Text(words.to_owned())),
            high: None,
            interpretations: Vec::new(),
            date,
            notes: Vec::new(),
        }),
        _ => chart.conditions.clear(),
    }
}

fn condition(id: &str, code: Concept, today: Date) -> Condition {
    Condition {
        resource: ResourceRef::new(id),
        code,
        clinical_status: Some("active".into()),
        verification: Some("confirmed".into()),
        recorded: Some(PartialDate::Day(today)),
        body_sites: Vec::new(),
        onset: None,
        stages: Vec::new(),
        notes: Vec::new(),
    }
}
