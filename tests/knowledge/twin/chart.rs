//! What counts (§1), and small questions put to codes, texts and dates.

use super::words::{Reading, read};
use apposite::engine::case::{
    Allergy, Case, Condition, Medication, MedicationKind, Observation, PartialDate, Procedure,
};
use apposite::knowledge::vocabulary::Role;
use apposite::knowledge::{Knowledge, Member};
use apposite::terminology::Concept;
use jiff::civil::Date;

/// The value-set memberships of every coding of a concept.
pub fn members<'k>(k: &'k Knowledge, concept: &Concept) -> Vec<&'k Member> {
    concept.codings.iter().flat_map(|c| k.members(c)).collect()
}

pub fn has(k: &Knowledge, concept: &Concept, role: Role) -> bool {
    members(k, concept).iter().any(|m| m.role == role)
}

/// What the texts of a concept say.
pub fn readings(concept: &Concept) -> Vec<Reading> {
    concept.words().map(read).collect()
}

fn one_of(value: Option<&str>, allowed: &[&str], when_absent: bool) -> bool {
    value.map_or(when_absent, |v| allowed.contains(&v))
}

pub fn condition_counts(c: &Condition) -> bool {
    let states = ["confirmed", "provisional", "differential", "unconfirmed"];
    one_of(c.verification.as_deref(), &states, true)
}

/// "clinicalStatus: active or absent → current".
pub fn is_current(c: &Condition) -> bool {
    one_of(
        c.clinical_status.as_deref(),
        &["active", "recurrence", "relapse"],
        true,
    )
}

pub fn procedure_counts(p: &Procedure) -> bool {
    one_of(p.status.as_deref(), &["completed", "in-progress"], true)
}

pub fn medication_counts(m: &Medication) -> bool {
    if m.do_not_perform {
        return false;
    }
    match m.kind {
        MedicationKind::Request => {
            let intents = [
                "order",
                "original-order",
                "reflex-order",
                "filler-order",
                "instance-order",
            ];
            one_of(m.status.as_deref(), &["active", "completed", "stopped"], false)
                && one_of(m.intent.as_deref(), &intents, true)
        }
        _ => {
            let states = ["active", "completed", "in-progress", "stopped"];
            one_of(m.status.as_deref(), &states, false)
        }
    }
}

pub fn observation_counts(o: &Observation) -> bool {
    let states = ["final", "amended", "corrected", "preliminary"];
    one_of(o.status.as_deref(), &states, false) && o.value.is_some()
}

pub fn allergy_counts(a: &Allergy) -> bool {
    one_of(a.clinical_status.as_deref(), &["active"], true)
        && !one_of(a.verification.as_deref(), &["refuted", "entered-in-error"], false)
}

/// The conditions that count.
pub fn conditions(case: &Case) -> impl Iterator<Item = &Condition> {
    case.chart.conditions.iter().filter(|c| condition_counts(c))
}

/// The conditions that count and are current.
pub fn current(case: &Case) -> impl Iterator<Item = &Condition> {
    conditions(case).filter(|c| is_current(c))
}

/// The procedures that count.
pub fn procedures(case: &Case) -> impl Iterator<Item = &Procedure> {
    case.chart.procedures.iter().filter(|p| procedure_counts(p))
}

/// A date in the past; "future or impossible dates = no date".
pub fn past(case: &Case, date: Option<PartialDate>) -> Option<PartialDate> {
    date.filter(|d| d.earliest() <= case.today)
}

/// Days from a day until today.
pub fn days_since(case: &Case, day: Date) -> i64 {
    i64::from(case.today.since(day).map_or(0, |span| span.get_days()))
}

/// Every text of a condition.
pub fn texts(c: &Condition) -> Vec<Reading> {
    let sites = c.body_sites.iter().flat_map(readings);
    let notes = c.notes.iter().map(|n| read(n));
    readings(&c.code).into_iter().chain(sites).chain(notes).collect()
}
