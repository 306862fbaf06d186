//! Was the patient staged already? Covering studies (§3.9) done recently or standing in the same basket, and repeats.

use super::timeline::days;
use crate::engine::case::{Case, DraftOrder, ImagingDone, PartialDate, ResourceRef};
use crate::engine::study::{self, composite};
use crate::engine::trace::Evidence;
use crate::engine::{Key, counts};
use crate::knowledge::vocabulary::Window;
use crate::knowledge::{Knowledge, Shape};
use crate::terminology::Concept;

/// An imaging study on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The study.
    pub study: Key,
    /// It covers staging by itself.
    pub covers_staging: bool,
    /// Where it was read.
    pub evidence: Evidence,
}

/// Studies done within the window, and studies ordered earlier that are still to come.
#[must_use]
pub fn recent(knowledge: &Knowledge, case: &Case) -> Vec<Done> {
    let window = knowledge.window(Window::RecentStaging);
    let within = |date: Option<PartialDate>| {
        date.is_some_and(|d| {
            let age = days(d.latest().min(case.today), case.today);
            d.earliest() <= case.today && age <= window
        })
    };
    let imaging = || case.chart.imaging.iter();
    let done = imaging().filter(|i| counts::imaging(i) && within(i.date));
    let mut records: Vec<_> = done.map(record).collect();
    for procedure in case.chart.procedures.iter() {
        let completed = procedure.status.as_deref() == Some("completed");
        if completed && within(procedure.performed) {
            records.push((
                procedure.resource.clone(),
                vec![procedure.code.clone()],
                procedure.performed,
            ));
        }
    }
    // What is still to come adds nothing to what was done that day.
    let to_come: Vec<_> = imaging()
        .filter(|i| counts::imaging_ordered(i))
        .map(record)
        .collect();
    let mut found = studies(knowledge, &records);
    found.extend(studies(knowledge, &to_come));
    found
}

/// Codes of one study on record, with its day.
type Record = (ResourceRef, Vec<Concept>, Option<PartialDate>);

fn record(done: &ImagingDone) -> Record {
    (done.resource.clone(), done.codes.clone(), done.date)
}

/// Reads each record as an order would be read; records of one day add up to one study.
fn studies(knowledge: &Knowledge, records: &[Record]) -> Vec<Done> {
    let mut read: Vec<(Shape, &ResourceRef, Option<PartialDate>)> = Vec::new();
    for (id, codes, date) in records {
        for code in codes {
            let order = DraftOrder {
                id: Some(id.clone()),
                code: code.clone(),
                ..DraftOrder::default()
            };
            if let Some(asked) = study::identify(knowledge, &order) {
                read.push((asked.shape, id, *date));
            }
        }
    }
    let mut found = Vec::new();
    let mut days: Vec<_> = read.iter().map(|(_, _, d)| *d).collect();
    days.sort();
    days.dedup();
    for day in days {
        let same: Vec<_> = read.iter().filter(|(_, _, d)| *d == day).collect();
        let shapes: Vec<Option<&Shape>> = same.iter().map(|(s, ..)| Some(s)).collect();
        let whole = composite::combine(&shapes);
        for ((shape, id, date), whole) in same.into_iter().zip(whole) {
            let Some(study) = knowledge.study_shaped(whole.as_ref().unwrap_or(shape)) else {
                continue;
            };
            let what = study.name.clone();
            found.push(Done {
                study: study.key.clone(),
                covers_staging: study.covers_staging,
                evidence: Evidence {
                    resource: Some((*id).clone()),
                    what,
                    quote: None,
                    date: *date,
                },
            });
        }
    }
    found
}
