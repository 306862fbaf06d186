//! What was on record at the time of an order: which resources were there, and as they stood then.
//!
//! A leak of the future is the classic error of replays, so every doubt is settled against knowing:
//!
//! - A resource counts from when it was recorded (`recordedDate`, `issued`, `authoredOn`, `dateAsserted`); a procedure,
//!   result, study or report that does not tell this, from when it happened. A diagnosis or allergy that tells only its
//!   onset does not tell since when it was known, unless its last change was before the order.
//! - What tells only the day, and it is the day of the order: diagnoses, allergies and prescriptions count (they are
//!   written down before imaging is ordered), what may follow from the order does not.
//! - What tells no date, or a month around the order, is neither in nor out: see `replay`.
//! - What points to the order as its cause came after it.
//!
//! Resources are turned back: notes, ends and deaths dated after the order are taken out again. Statuses have no dates, so
//! they are as they are today, except where an end that is taken out explains them.

use super::glance::{any_id, string};
use super::moment::{Moment, Order};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The members of a resource that tell when it came to be known.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Dated<'a> {
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow)]
    meta: Option<&'a RawValue>,
    #[serde(borrow)]
    recorded_date: Option<&'a RawValue>,
    #[serde(borrow)]
    recorded: Option<&'a RawValue>,
    #[serde(borrow)]
    date_asserted: Option<&'a RawValue>,
    #[serde(borrow)]
    issued: Option<&'a RawValue>,
    #[serde(borrow)]
    pub authored_on: Option<&'a RawValue>,
    #[serde(borrow)]
    started: Option<&'a RawValue>,
    #[serde(borrow)]
    performed_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    performed_period: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    occurrence_period: Option<&'a RawValue>,
    // R5 spells it so for administrations of medicines.
    #[serde(borrow)]
    occurence_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    occurence_period: Option<&'a RawValue>,
    #[serde(borrow)]
    effective_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    effective_instant: Option<&'a RawValue>,
    #[serde(borrow)]
    effective_period: Option<&'a RawValue>,
    #[serde(borrow)]
    onset_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    onset_period: Option<&'a RawValue>,
    #[serde(borrow)]
    abatement_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    abatement_period: Option<&'a RawValue>,
    #[serde(borrow)]
    deceased_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    deceased_boolean: Option<&'a RawValue>,
    #[serde(borrow)]
    note: Option<&'a RawValue>,
    #[serde(borrow)]
    based_on: Option<&'a RawValue>,
    #[serde(borrow)]
    pub status: Option<&'a RawValue>,
    #[serde(borrow)]
    pub intent: Option<&'a RawValue>,
    #[serde(borrow)]
    pub encounter: Option<&'a RawValue>,
    #[serde(borrow)]
    pub birth_date: Option<&'a RawValue>,
    #[serde(borrow)]
    pub code: Option<&'a RawValue>,
    #[serde(borrow)]
    pub category: Option<&'a RawValue>,
    #[serde(borrow)]
    pub order_detail: Option<&'a RawValue>,
    #[serde(borrow)]
    pub body_site: Option<&'a RawValue>,
    #[serde(borrow)]
    pub medication_reference: Option<&'a RawValue>,
    #[serde(borrow)]
    pub medication: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "lastUpdated")]
    last_updated: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Period<'a> {
    #[serde(borrow)]
    start: Option<&'a RawValue>,
    #[serde(borrow)]
    end: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Pointer<'a> {
    #[serde(borrow)]
    reference: Option<Cow<'a, str>>,
}

/// Whether a resource was on record at the time of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Yes,
    No,
    /// Of the day of the order, at a time that is not told, and of a kind that may follow from it: left out.
    SameDay,
    /// Cannot be told.
    Open,
}

/// Types that are written down before imaging is ordered: of the day of the order, they count.
const WRITTEN_BEFORE: [&str; 4] = [
    "Condition",
    "AllergyIntolerance",
    "MedicationRequest",
    "MedicationStatement",
];

/// Types of which the day they happened does not tell when they became known.
const KNOWN_LATER: [&str; 2] = ["Condition", "AllergyIntolerance"];

fn moment(raw: Option<&RawValue>) -> Option<Moment> {
    Moment::parse(&string(raw?)?)
}

fn end_of(raw: Option<&RawValue>, which: impl Fn(Period<'_>) -> Option<Moment>) -> Option<Moment> {
    let period: Period<'_> = serde_json::from_str(raw?.get()).ok()?;
    which(period)
}

impl Dated<'_> {
    /// Whether the resource was on record.
    pub(super) fn known(&self, kind: &str, order: Moment) -> Known {
        if kind == super::glance::PATIENT {
            return Known::Yes;
        }
        let recorded = [
            self.recorded_date,
            self.recorded,
            self.date_asserted,
            self.issued,
            self.authored_on,
        ];
        let start = |raw| end_of(raw, |p| moment(p.start));
        // What is measured over a time is not known before its end.
        let measured = matches!(kind, "Observation" | "DiagnosticReport")
            .then(|| end_of(self.effective_period, |p| moment(p.end)))
            .flatten();
        let happened = [
            moment(self.performed_date_time),
            start(self.performed_period),
            moment(self.occurrence_date_time),
            start(self.occurrence_period),
            moment(self.occurence_date_time),
            start(self.occurence_period),
            moment(self.effective_date_time),
            moment(self.effective_instant),
            start(self.effective_period),
            measured,
            moment(self.started),
            moment(self.onset_date_time),
            start(self.onset_period),
        ];
        let to_order = |m: Option<Moment>| m.map(|m| m.to(order));
        let recorded = || recorded.iter().filter_map(|raw| to_order(moment(*raw)));
        let happened = || happened.iter().filter_map(|m| to_order(*m));
        // A medicine may be ordered, and an operation planned, for later: it is the recording that counts.
        let prescribed = kind == "MedicationRequest";
        if recorded().any(|o| o == Order::After) || !prescribed && happened().any(|o| o == Order::After) {
            return Known::No;
        }
        let told: Vec<Order> = match recorded().next() {
            Some(_) => recorded().collect(),
            None if !KNOWN_LATER.contains(&kind) => happened().collect(),
            None => Vec::new(),
        };
        if told.contains(&Order::Open) {
            return Known::Open;
        }
        if told.contains(&Order::SameDay) {
            return if WRITTEN_BEFORE.contains(&kind) {
                Known::Yes
            } else {
                Known::SameDay
            };
        }
        if !told.is_empty() {
            return Known::Yes;
        }
        let updated = self
            .meta
            .and_then(|raw| serde_json::from_str::<Meta<'_>>(raw.get()).ok())
            .and_then(|meta| to_order(moment(meta.last_updated)));
        match updated {
            Some(Order::Before) => Known::Yes,
            _ => Known::Open,
        }
    }

    /// Whether it points to one of these orders as its cause.
    pub(super) fn follows(&self, orders: &[&str]) -> bool {
        let Some(raw) = self.based_on else { return false };
        let list: Vec<Pointer<'_>> = serde_json::from_str(raw.get()).unwrap_or_default();
        let mut names = list.iter().filter_map(|p| p.reference.as_deref());
        names.any(|reference| orders.contains(&any_id(reference)))
    }

    /// Whether it is carried out for another order.
    pub(super) fn has_cause(&self) -> bool {
        self.based_on.is_some()
    }

    /// The encounter's id.
    pub(super) fn encounter_id(&self) -> Option<String> {
        let pointer: Pointer<'_> = serde_json::from_str(self.encounter?.get()).ok()?;
        Some(any_id(&pointer.reference?).to_owned())
    }

    /// Whether the patient is called dead without a day: that may have been written at any time.
    pub(super) fn died_undated(&self) -> bool {
        let died = self.deceased_boolean.is_some_and(|raw| raw.get() == "true");
        died && moment(self.deceased_date_time).is_none()
    }

    /// The resource as it stood at the time of the order.
    pub(super) fn turned_back<'t>(&self, kind: &str, text: &'t str, order: Moment) -> Cow<'t, str> {
        let after = |m: Option<Moment>| m.is_some_and(|m| m.to(order) == Order::After);
        let end = |raw| end_of(raw, |p| moment(p.end));
        let abated = after(moment(self.abatement_date_time))
            || after(end_of(self.abatement_period, |p| moment(p.start)));
        let periods = [
            ("performedPeriod", self.performed_period),
            ("occurrencePeriod", self.occurrence_period),
            ("occurencePeriod", self.occurence_period),
            ("effectivePeriod", self.effective_period),
        ];
        let ended = periods.iter().any(|(_, raw)| after(end(*raw)));
        // An order is written for the living: a death of the same day, month or year, or of no readable date, came later.
        let not_before = |raw| moment(Some(raw)).is_none_or(|m| m.to(order) != Order::Before);
        let died = self.deceased_date_time.is_some_and(not_before) || self.died_undated();
        let noted = self.note.is_some_and(|raw| raw.get().contains("\"time\""));
        if !(abated || ended || died || noted) {
            return Cow::Borrowed(text);
        }
        let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(text) else {
            return Cow::Borrowed(text);
        };
        if abated {
            members.retain(|name, _| !name.starts_with("abatement"));
            let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
            let active = json!({ "coding": [{ "system": system, "code": "active" }] });
            if members.contains_key("clinicalStatus") {
                members.insert("clinicalStatus".to_owned(), active);
            }
        }
        if died {
            members.retain(|name, _| !name.starts_with("deceased"));
        }
        if ended {
            for (name, _) in periods.iter().filter(|(_, raw)| after(end(*raw))) {
                if let Some(Value::Object(period)) = members.get_mut(*name) {
                    period.remove("end");
                }
            }
            let running = match (kind, members.get("status").and_then(Value::as_str)) {
                ("Procedure", Some("completed" | "stopped")) => Some("in-progress"),
                ("MedicationStatement", Some("completed" | "stopped")) => Some("active"),
                ("MedicationAdministration", Some("completed" | "stopped")) => Some("in-progress"),
                _ => None,
            };
            if let Some(running) = running {
                members.insert("status".to_owned(), running.into());
            }
        }
        drop_later_notes(&mut members, order);
        serde_json::to_string(&members).map_or(Cow::Borrowed(text), Cow::Owned)
    }
}

/// Takes out the notes written after the order.
pub(super) fn drop_later_notes(members: &mut Map<String, Value>, order: Moment) {
    if let Some(Value::Array(notes)) = members.get_mut("note") {
        notes.retain(|note| {
            let time = note.get("time").and_then(Value::as_str).and_then(Moment::parse);
            !time.is_some_and(|time| time.to(order) == Order::After)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "2024-05-10T09:00:00Z";

    fn known(kind: &str, members: &str) -> Known {
        let dated: Dated<'_> = serde_json::from_str(members).unwrap();
        dated.known(kind, Moment::parse(ORDER).unwrap())
    }

    #[test]
    fn a_resource_counts_from_when_it_was_recorded() {
        let cases = [
            ("Condition", r#"{"recordedDate":"2024-05-09"}"#, Known::Yes),
            ("Condition", r#"{"recordedDate":"2024-05-10"}"#, Known::Yes),
            (
                "Condition",
                r#"{"recordedDate":"2024-05-10T09:00:01Z"}"#,
                Known::No,
            ),
            // Told years later of long ago.
            (
                "Condition",
                r#"{"onsetDateTime":"2019","recordedDate":"2024-06-01"}"#,
                Known::No,
            ),
            ("Condition", r#"{"onsetDateTime":"2019"}"#, Known::Open),
            ("Condition", r#"{"onsetDateTime":"2025"}"#, Known::No),
            (
                "Condition",
                r#"{"onsetDateTime":"2019","meta":{"lastUpdated":"2024-01-01T00:00:00Z"}}"#,
                Known::Yes,
            ),
            (
                "Condition",
                r#"{"meta":{"lastUpdated":"2025-01-01T00:00:00Z"}}"#,
                Known::Open,
            ),
            ("Condition", r#"{"recordedDate":"2024-05"}"#, Known::Open),
            ("Condition", "{}", Known::Open),
            (
                "Procedure",
                r#"{"performedDateTime":"2024-05-10"}"#,
                Known::SameDay,
            ),
            ("Procedure", r#"{"performedDateTime":"2024-05-09"}"#, Known::Yes),
            (
                "Procedure",
                r#"{"performedPeriod":{"start":"2024-05-10T10:00:00Z"}}"#,
                Known::No,
            ),
            // Taken before, told after.
            (
                "Observation",
                r#"{"effectiveDateTime":"2024-05-08","issued":"2024-05-12T08:00:00Z"}"#,
                Known::No,
            ),
            // Collected over days.
            (
                "Observation",
                r#"{"effectivePeriod":{"start":"2024-05-09T08:00:00Z","end":"2024-05-11T08:00:00Z"}}"#,
                Known::No,
            ),
            (
                "Observation",
                r#"{"effectivePeriod":{"start":"2024-05-08","end":"2024-05-09"}}"#,
                Known::Yes,
            ),
            (
                "ImagingStudy",
                r#"{"started":"2024-05-10T08:59:59Z"}"#,
                Known::Yes,
            ),
            ("ImagingStudy", r#"{"started":"2024-05-10"}"#, Known::SameDay),
            (
                "MedicationStatement",
                r#"{"dateAsserted":"2024-06-01","effectiveDateTime":"2020"}"#,
                Known::No,
            ),
            ("MedicationRequest", r#"{"authoredOn":"2024-05-10"}"#, Known::Yes),
        ];
        for (kind, members, expect) in cases {
            assert_eq!(known(kind, members), expect, "{kind} {members}");
        }
    }

    #[test]
    fn what_was_added_to_a_resource_later_is_taken_out_again() {
        let back = |kind: &str, text: &str| {
            let dated: Dated<'_> = serde_json::from_str(text).unwrap();
            dated
                .turned_back(kind, text, Moment::parse(ORDER).unwrap())
                .into_owned()
        };
        let healed = back(
            "Condition",
            r#"{"clinicalStatus":{"coding":[{"code":"resolved"}]},"abatementDateTime":"2024-07-01"}"#,
        );
        assert!(
            healed.contains("active") && !healed.contains("abatement"),
            "{healed}"
        );
        let ended = back(
            "Procedure",
            r#"{"status":"completed","performedPeriod":{"start":"2024-05-01","end":"2024-06-01"}}"#,
        );
        assert_eq!(
            ended,
            r#"{"status":"in-progress","performedPeriod":{"start":"2024-05-01"}}"#
        );
        let noted = back(
            "Condition",
            r#"{"note":[{"time":"2024-05-01","text":"a"},{"time":"2024-06-01","text":"b"},{"text":"c"}]}"#,
        );
        assert_eq!(
            noted,
            r#"{"note":[{"time":"2024-05-01","text":"a"},{"text":"c"}]}"#
        );
        for death in ["2024-09-01", "2024-05-10", "2024-05", "2024", "soon"] {
            let died = format!(r#"{{"deceasedDateTime":"{death}"}}"#);
            assert_eq!(back("Patient", &died), "{}", "{death}");
        }
        assert_eq!(back("Patient", r#"{"deceasedBoolean":true}"#), "{}");
        let earlier = r#"{"deceasedDateTime":"2024-01-01"}"#;
        assert_eq!(back("Patient", earlier), earlier);
        let over = r#"{"clinicalStatus":{"coding":[{"code":"resolved"}]},"abatementDateTime":"2024-02-01"}"#;
        assert_eq!(back("Condition", over), over);
    }
}
