//! One patient: every imaging order of the past, judged on what was on record then.
//!
//! Orders of one moment are asked about together, as when they are signed. In view as drafts are the earlier orders of
//! the hour before, and those of the same encounter and day: never a later one. Entries that cannot be told to be
//! earlier or later are tried both ways; where the judgement depends on them, the quieter one stands and the order is
//! counted.

use super::call::{Call, judge};
use super::glance::{MEDICATION, ORDER, PATIENT, Wanted, any_id, string};
use super::medicines::Medicines;
use super::moment::{Moment, Order};
use super::pseudonym::Key;
use super::record::{Dated, Known, drop_later_notes};
use super::row::{Card, Followed, Row};
use super::tally::Tally;
use crate::engine::case::DraftOrder;
use crate::engine::facts::coverage;
use crate::engine::{Consultation, Decision, Indicator, study};
use crate::knowledge::Knowledge;
use crate::knowledge::table;
use crate::knowledge::vocabulary::FACTS;
use jiff::ToSpan as _;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How long before an order another one may have been drafted for both to be of one session.
const SESSION_MILLIS: i64 = 60 * 60 * 1000;

/// How long after an order is looked for what followed.
const AFTER_DAYS: i64 = 90;

/// Answers kept by a thread to whether an order of this code is imaging.
const KINDS_KEPT: usize = 100_000;

/// What holds for every patient of a run.
pub(super) struct Frame<'k> {
    pub knowledge: &'k Knowledge,
    pub wanted: Vec<Wanted>,
    /// Whether the export holds this type at all; a type that it does not hold was not delivered.
    pub exported: Vec<bool>,
    pub medicines: &'k Medicines,
    pub key: Key,
    pub identified: bool,
}

/// What a thread has learned: whether orders with this code and category are imaging.
#[derive(Default)]
pub(super) struct Learned(BTreeMap<String, bool>);

/// A resource of the patient, with what tells its time.
struct Resource<'a> {
    at: usize,
    kind: &'static str,
    text: &'a str,
    dated: Dated<'a>,
}

/// An order of the patient that can be judged.
struct Ordered<'a> {
    id: Cow<'a, str>,
    moment: Moment,
    encounter: Option<String>,
    status: String,
    text: &'a str,
    dated: &'a Dated<'a>,
    imaging: bool,
}

/// The rows of one patient. `texts` are the place of each resource in the list of types and its line, as exported.
pub(super) fn patient<'a>(
    frame: &Frame<'_>,
    learned: &mut Learned,
    tally: &mut Tally,
    texts: impl Iterator<Item = (u8, &'a str)>,
) -> Vec<Row> {
    tally.patients += 1;
    let (mut orders, mut record) = (Vec::new(), Vec::new());
    for (kind, text) in texts {
        let at = usize::from(kind);
        match frame.wanted.get(at) {
            Some(wanted) if wanted.name == ORDER => orders.push(text),
            Some(wanted) => record.push((at, wanted.name, text)),
            None => {}
        }
    }
    let dated: Vec<(&str, Dated<'_>)> = orders
        .iter()
        .filter_map(|text| {
            let read = serde_json::from_str(text);
            if read.is_err() {
                tally.order("unreadable");
            }
            Some((*text, read.ok()?))
        })
        .collect();
    let mut ordered = sorted(frame, learned, tally, &dated);
    if !ordered.iter().any(|order| order.imaging) {
        return Vec::new();
    }
    ordered.sort_by_key(|order| order.moment.since_epoch());
    let record = read(tally, record);
    let Some(patient) = patient_id(&record, &dated) else {
        return Vec::new();
    };
    let person = Person {
        frame,
        patient: &patient,
        key: frame.key.pseudonym("patient", &patient).text(),
        record: &record,
        orders: &ordered,
    };
    let rows = person.judged(tally);
    if !rows.is_empty() {
        tally.with_imaging += 1;
        tally.spoken_of += u64::from(rows.iter().any(Row::spoke));
        person.count_data(tally);
    }
    for row in &rows {
        tally.row(row);
    }
    rows
}

/// The orders that somebody has signed and that have a day.
fn sorted<'a>(
    frame: &Frame<'_>,
    learned: &mut Learned,
    tally: &mut Tally,
    all: &'a [(&'a str, Dated<'a>)],
) -> Vec<Ordered<'a>> {
    let mut seen = BTreeSet::new();
    let mut ordered = Vec::new();
    for (text, dated) in all {
        let word = |raw| string(raw).unwrap_or_default();
        let status = dated.status.map(word).unwrap_or_default();
        let intent = dated.intent.map(word).unwrap_or_default();
        let Some(id) = dated.id.and_then(string) else {
            tally.order("without an id");
            continue;
        };
        if !seen.insert(id.clone()) {
            tally.order("given twice");
            continue;
        }
        let left_out = match (&*status, &*intent) {
            ("entered-in-error", _) => Some("entered in error"),
            ("draft", _) => Some("never signed"),
            (_, "proposal" | "plan" | "option" | "directive") => Some("not an order but a plan"),
            (_, "filler-order" | "instance-order") if dated.has_cause() => {
                Some("carried out for another order")
            }
            _ => None,
        };
        if let Some(why) = left_out {
            tally.order(why);
            continue;
        }
        let moment = dated.authored_on.and_then(string).and_then(|t| Moment::parse(&t));
        let Some(moment) = moment.filter(|m| m.exact_day().is_some()) else {
            tally.order("without a day");
            continue;
        };
        let imaging = learned.imaging(frame, &id, text, dated);
        tally.order(if imaging { "imaging" } else { "not imaging" });
        ordered.push(Ordered {
            id,
            moment,
            encounter: dated.encounter_id(),
            status: status.into_owned(),
            text,
            dated,
            imaging,
        });
    }
    ordered
}

impl Learned {
    /// Whether an order is one that is judged: imaging, or a code only the site can explain in an order for imaging.
    fn imaging(&mut self, frame: &Frame<'_>, id: &str, text: &str, dated: &Dated<'_>) -> bool {
        let plain = dated.order_detail.is_none() && dated.body_site.is_none() && !text.contains("\"note\"");
        let words = |raw: Option<&serde_json::value::RawValue>| raw.map_or("", |r| r.get()).to_owned();
        let key = plain.then(|| format!("{}\n{}", words(dated.code), words(dated.category)));
        if let Some(known) = key.as_ref().and_then(|key| self.0.get(key)) {
            return *known;
        }
        let call = Call {
            patient: "1",
            drafts: vec![text],
            selected: vec![id],
            prefetch: Vec::new(),
        };
        let body = call.body(&frame.wanted);
        let day = jiff::civil::Date::default();
        let read = judge(frame.knowledge, body.as_bytes(), day);
        let is = |order: &DraftOrder| {
            study::names_imaging(frame.knowledge, order)
                || !study::unmapped(frame.knowledge, order, false).is_empty()
        };
        // One that cannot be read is shown as such among the judged.
        let imaging = read.map_or(true, |(translated, _)| translated.case.orders.iter().any(is));
        if let Some(key) = key.filter(|_| self.0.len() < KINDS_KEPT) {
            self.0.insert(key, imaging);
        }
        imaging
    }
}

fn read<'a>(tally: &mut Tally, record: Vec<(usize, &'static str, &'a str)>) -> Vec<Resource<'a>> {
    let mut read = Vec::with_capacity(record.len());
    for (at, kind, text) in record {
        match serde_json::from_str(text) {
            Ok(dated) => read.push(Resource {
                at,
                kind,
                text,
                dated,
            }),
            // A member given twice: it says two things.
            Err(_) => tally.odd(&format!("{kind} that says two things")),
        }
    }
    read
}

/// The patient's id as the record spells it.
fn patient_id(record: &[Resource<'_>], orders: &[(&str, Dated<'_>)]) -> Option<String> {
    let own = record.iter().find(|r| r.kind == PATIENT);
    let own = own.and_then(|r| r.dated.id.and_then(string)).map(Cow::into_owned);
    own.or_else(|| {
        orders.iter().find_map(|(text, _)| {
            let value: Value = serde_json::from_str(text).ok()?;
            let reference = value.get("subject")?.get("reference")?.as_str()?;
            Some(any_id(reference).to_owned())
        })
    })
}

/// One patient of the run.
struct Person<'p, 'f, 'k> {
    frame: &'f Frame<'k>,
    patient: &'p str,
    key: String,
    record: &'p [Resource<'p>],
    orders: &'p [Ordered<'p>],
}

impl Person<'_, '_, '_> {
    fn judged(&self, tally: &mut Tally) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut from = 0;
        while let Some(first) = self.orders.get(from) {
            let same = |order: &&Ordered<'_>| order.moment == first.moment;
            let rest = self.orders.get(from..).unwrap_or_default();
            let count = rest.iter().take_while(same).count().max(1);
            let session = rest.get(..count).unwrap_or_default();
            from += count;
            if session.iter().any(|order| order.imaging) {
                self.session(tally, first.moment, session, &mut rows);
            }
        }
        self.follow(&mut rows);
        rows
    }

    /// Orders of one moment.
    fn session(&self, tally: &mut Tally, moment: Moment, asked: &[Ordered<'_>], rows: &mut Vec<Row>) {
        let Some(day) = moment.exact_day() else { return };
        let siblings: Vec<&Ordered<'_>> = self
            .orders
            .iter()
            .filter(|o| o.moment != moment && is_sibling(o, moment, asked))
            .collect();
        let drafts: Vec<String> = siblings
            .iter()
            .copied()
            .chain(asked)
            .map(|order| draft(order, moment))
            .collect();
        let ids: Vec<&str> = siblings.iter().copied().chain(asked).map(|o| &*o.id).collect();
        let call = |open: bool, tally: Option<&mut Tally>| {
            let call = Call {
                patient: self.patient,
                drafts: drafts.iter().map(String::as_str).collect(),
                selected: asked.iter().map(|o| &*o.id).collect(),
                prefetch: self.sent_along(moment, &ids, open, tally),
            };
            call.body(&self.frame.wanted)
        };
        let body = call(false, Some(tally));
        let strict = judge(self.frame.knowledge, body.as_bytes(), day);
        let any_open = self
            .record
            .iter()
            .any(|r| r.dated.known(r.kind, moment) == Known::Open);
        let with_open = any_open.then(|| call(true, None));
        let open = with_open
            .as_ref()
            .map(|body| judge(self.frame.knowledge, body.as_bytes(), day));
        for order in asked.iter().filter(|order| order.imaging) {
            let strict = strict.as_ref().ok().map(|(t, c)| (&t.case, c));
            let open = open
                .as_ref()
                .and_then(|o| o.as_ref().ok())
                .map(|(t, c)| (&t.case, c));
            let of = |seen: Option<(_, &Consultation)>| loudness(seen.map(|(_, c)| c), &order.id);
            let depends = open.is_some() && of(open) != of(strict);
            let chosen = if depends && of(open) < of(strict) {
                open
            } else {
                strict
            };
            let mut row = self.row(order, day, siblings.len() + asked.len() - 1);
            row.open = depends;
            if let Some((case, consultation)) = chosen {
                let undelivered = case.chart.undelivered.iter();
                row.missing = undelivered.map(|source| source.key().to_owned()).collect();
                fill(self.frame.knowledge, &mut row, consultation, &order.id);
            }
            for [system, code] in &row.unmapped {
                Tally::code(
                    &mut tally.order_codes,
                    system,
                    code,
                    &display_of(order.text, system, code),
                );
            }
            rows.push(row);
        }
    }

    /// An order nothing is known of yet.
    fn row(&self, order: &Ordered<'_>, day: jiff::civil::Date, siblings: usize) -> Row {
        let identified = self.frame.identified;
        Row {
            key: self.key.clone(),
            patient: identified.then(|| self.patient.to_owned()),
            order: if identified {
                order.id.clone().into_owned()
            } else {
                let named = format!("{}\n{}", self.patient, order.id);
                self.frame.key.pseudonym("order", &named).text()
            },
            day: day.to_string(),
            status: order.status.clone(),
            outcome: "unreadable".to_owned(),
            study: None,
            scenario: String::new(),
            scenarios: Vec::new(),
            certainty: String::new(),
            rating: String::new(),
            cards: Vec::new(),
            gate: "unreadable".to_owned(),
            because: String::new(),
            reasons: Vec::new(),
            siblings,
            missing: Vec::new(),
            unmapped: Vec::new(),
            open: false,
            followed: None,
        }
    }

    /// The record as it stood, by prefetch key.
    fn sent_along(
        &self,
        moment: Moment,
        orders: &[&str],
        open: bool,
        mut tally: Option<&mut Tally>,
    ) -> Vec<Option<Vec<Cow<'_, str>>>> {
        let exported = self.frame.exported.iter();
        let mut sent: Vec<Option<Vec<Cow<'_, str>>>> = exported.map(|there| there.then(Vec::new)).collect();
        for resource in self.record {
            let known = resource.dated.known(resource.kind, moment);
            let follows = resource.dated.follows(orders);
            if let Some(tally) = tally.as_deref_mut() {
                let kind = resource.kind;
                match known {
                    _ if follows => {}
                    Known::Open => tally.odd(&format!("{kind} without a usable date")),
                    Known::SameDay => tally.odd(&format!("{kind} of the day of the order, left out")),
                    Known::Yes | Known::No => {}
                }
            }
            if follows || !(known == Known::Yes || open && known == Known::Open) {
                continue;
            }
            let Some(Some(list)) = sent.get_mut(resource.at) else {
                continue;
            };
            list.push(resource.dated.turned_back(resource.kind, resource.text, moment));
            list.extend(self.medicine(resource));
        }
        // A patient the export does not hold was not delivered.
        for (wanted, list) in self.frame.wanted.iter().zip(&mut sent) {
            if wanted.name == PATIENT && list.as_ref().is_some_and(Vec::is_empty) {
                *list = None;
            }
        }
        sent
    }

    /// The medicine a prescription points to.
    fn medicine(&self, resource: &Resource<'_>) -> Option<Cow<'_, str>> {
        let raw = resource
            .dated
            .medication_reference
            .or(resource.dated.medication)?;
        let value: Value = serde_json::from_str(raw.get()).ok()?;
        // R5 has the reference one level deeper.
        let reference = value.get("reference")?;
        let reference = reference
            .as_str()
            .or_else(|| reference.get("reference")?.as_str())?;
        let inside = reference.starts_with('#');
        let unversioned = reference.split("/_history/").next().unwrap_or(reference);
        let kind = unversioned.rsplit('/').nth(1).unwrap_or(MEDICATION);
        (!inside && kind == MEDICATION)
            .then(|| self.frame.medicines.resource(any_id(reference)))
            .flatten()
    }

    /// Whether what was offered instead was ordered or done afterwards.
    fn follow(&self, rows: &mut [Row]) {
        let ordered: Vec<(jiff::civil::Date, Option<String>, bool)> = rows
            .iter()
            .filter_map(|row| {
                let stands = !matches!(&*row.status, "revoked" | "entered-in-error");
                Some((row.day.parse().ok()?, row.study.clone(), stands))
            })
            .collect();
        for at in 0..rows.len() {
            let Some(row) = rows.get_mut(at) else { continue };
            let offers: BTreeSet<&str> = row
                .cards
                .iter()
                .flat_map(|c| &c.offers)
                .map(String::as_str)
                .collect();
            let Some((day, ..)) = ordered.get(at).filter(|_| !offers.is_empty()) else {
                continue;
            };
            let offered = |study: &Option<String>| study.as_deref().is_some_and(|s| offers.contains(s));
            let later = ordered.iter().skip(at + 1);
            let days = |then: jiff::civil::Date| i64::from((then - *day).get_days());
            let ordered_after = later
                .filter(|(then, study, stands)| *stands && offered(study) && *then >= *day)
                .map(|(then, ..)| days(*then))
                .min();
            let done_after = self.done_after(*day, &offers);
            row.followed = Some(Followed {
                ordered_after,
                done_after,
            });
        }
    }

    /// Days until one of the studies is on record as done, read by the engine from the record of three months later.
    fn done_after(&self, day: jiff::civil::Date, offers: &BTreeSet<&str>) -> Option<i64> {
        let later = day.checked_add(AFTER_DAYS.days()).ok()?;
        let moment = Moment {
            day: crate::engine::case::PartialDate::Day(later),
            instant: None,
        };
        let any = self
            .orders
            .iter()
            .find(|o| o.imaging && o.moment.exact_day() == Some(day))?;
        let call = Call {
            patient: self.patient,
            drafts: vec![any.text],
            selected: vec![&*any.id],
            prefetch: self.sent_along(moment, &[], true, None),
        };
        let body = call.body(&self.frame.wanted);
        let (translated, _) = judge(self.frame.knowledge, body.as_bytes(), later).ok()?;
        let done = coverage::recent(self.frame.knowledge, &translated.case);
        let dates = done
            .iter()
            .filter(|done| offers.contains(&*done.study))
            .filter_map(|done| Some(done.evidence.date?.earliest()));
        let days = dates
            .filter(|date| *date >= day)
            .map(|date| i64::from((date - day).get_days()));
        days.min()
    }

    /// What is odd about the data of a patient with imaging, and the diagnoses nobody has explained.
    fn count_data(&self, tally: &mut Tally) {
        let patient = self.record.iter().find(|r| r.kind == PATIENT);
        match patient {
            None => tally.odd("patients not in the export"),
            Some(patient) if patient.dated.birth_date.is_none() => tally.odd("patients without a birth date"),
            Some(_) => {}
        }
        if patient.is_some_and(|p| p.dated.died_undated()) {
            tally.odd("patients dead without a day: taken as living when the order was written");
        }
        let statuses = [
            "Procedure",
            "Observation",
            "DiagnosticReport",
            "ImagingStudy",
            "MedicationRequest",
        ];
        for resource in self.record {
            if statuses.contains(&resource.kind) && resource.dated.status.is_none() {
                tally.odd(&format!("{} without a status", resource.kind));
            }
            if resource.kind == "Condition" {
                self.count_diagnosis(tally, resource);
            }
        }
    }

    fn count_diagnosis(&self, tally: &mut Tally, resource: &Resource<'_>) {
        let code = resource
            .dated
            .code
            .and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let Some(code) = code else {
            tally.odd("Condition without a code");
            return;
        };
        let codings = code.get("coding").and_then(Value::as_array);
        let words = code.get("text").and_then(Value::as_str).unwrap_or_default();
        let text = |coding: &Value, name: &str| {
            let value = coding.get(name).and_then(Value::as_str).unwrap_or_default();
            value.trim().to_owned()
        };
        let mut unknown = Vec::new();
        for coding in codings.into_iter().flatten() {
            let (system, code) = (text(coding, "system"), text(coding, "code"));
            if system.is_empty() || code.is_empty() {
                continue;
            }
            if !self.frame.knowledge.is_unmapped(&system, &code) {
                return; // Another coding explains it.
            }
            let display = text(coding, "display");
            unknown.push((
                system,
                code,
                if display.is_empty() {
                    words.to_owned()
                } else {
                    display
                },
            ));
        }
        for (system, code, display) in unknown {
            let display: String = display.chars().take(120).collect();
            Tally::code(&mut tally.diagnosis_codes, &system, &code, &display);
        }
    }
}

/// Whether an earlier order was in view when orders of this moment were signed.
fn is_sibling(other: &Ordered<'_>, moment: Moment, asked: &[Ordered<'_>]) -> bool {
    if !matches!(other.moment.to(moment), Order::Before) {
        return false;
    }
    let hour = match (other.moment.instant, moment.instant) {
        (Some(other), Some(this)) => this - other <= SESSION_MILLIS,
        _ => false,
    };
    let encounter = other.encounter.is_some() && asked.iter().any(|o| o.encounter == other.encounter);
    hour || encounter && other.moment.exact_day() == moment.exact_day()
}

/// The order as it was before it was signed.
fn draft(order: &Ordered<'_>, moment: Moment) -> String {
    let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(order.text) else {
        return order.text.to_owned();
    };
    members.insert("status".to_owned(), "draft".into());
    if order.dated.status.is_none() || members.contains_key("note") {
        drop_later_notes(&mut members, moment);
    }
    serde_json::to_string(&members).unwrap_or_else(|_| order.text.to_owned())
}

fn decision<'c>(consultation: &'c Consultation, id: &str) -> Option<&'c Decision> {
    let mut decisions = consultation.decisions.iter();
    decisions.find(|d| d.order.as_str().strip_prefix("ServiceRequest/") == Some(id))
}

/// How loud the service would have been about an order: warnings, then cards.
fn loudness(consultation: Option<&Consultation>, id: &str) -> (usize, usize) {
    let Some(consultation) = consultation.filter(|c| c.unavailable.is_none()) else {
        return (0, 0);
    };
    let advice = decision(consultation, id)
        .map(|d| d.advice.as_slice())
        .unwrap_or_default();
    let warnings = advice
        .iter()
        .filter(|a| a.indicator == Indicator::Warning)
        .count();
    (warnings, advice.len())
}

/// Writes a judgement into the row.
fn fill(knowledge: &Knowledge, row: &mut Row, consultation: &Consultation, id: &str) {
    let Some(decision) = decision(consultation, id) else {
        return;
    };
    row.study = decision.study.as_ref().map(ToString::to_string);
    row.scenario = decision.scenario.to_string();
    row.scenarios = decision.candidates.iter().map(ToString::to_string).collect();
    row.certainty = decision.certainty.key().to_owned();
    row.rating = decision.rating.key().to_owned();
    row.reasons = decision
        .trace
        .iter()
        .filter(|step| !(step.fact.starts_with("says_") && &*step.answer == "no"))
        .map(|step| format!("{} {}={}", step.rule, step.fact, step.answer))
        .collect();
    let text = |part: &Option<String>| super::row::plain(part.as_deref().unwrap_or_default());
    row.unmapped = decision
        .unmapped
        .iter()
        .map(|c| [text(&c.system), text(&c.code)])
        .collect();
    if let Some(source) = consultation.unavailable {
        "unavailable".clone_into(&mut row.outcome);
        "unavailable".clone_into(&mut row.gate);
        source.key().clone_into(&mut row.because);
        return;
    }
    row.cards = decision
        .advice
        .iter()
        .map(|advice| Card {
            kind: advice.kind.to_string(),
            indicator: advice.indicator.key().to_owned(),
            offers: advice.offers.iter().map(ToString::to_string).collect(),
        })
        .collect();
    if row.spoke() {
        "card".clone_into(&mut row.outcome);
        "spoke".clone_into(&mut row.gate);
        return;
    }
    "silent".clone_into(&mut row.outcome);
    let (gate, because) = stopped(knowledge, decision);
    row.gate = gate;
    row.because = because;
}

/// Where the judgement of a silent order stopped: the first question that the deciding row of the table names; of an
/// order with a rated question, the last step of the advice.
fn stopped(knowledge: &Knowledge, decision: &Decision) -> (String, String) {
    let rated = !matches!(decision.certainty, crate::engine::Certainty::None);
    let told = |fact: &str, answer: &str| (fact.to_owned(), answer.to_owned());
    if rated {
        return match decision.trace.last() {
            Some(step) if &*step.fact != "rating" => told(&step.fact, &step.answer),
            _ => told("rating", decision.rating.key()),
        };
    }
    let Some(decided) = decision.trace.iter().position(|step| &*step.fact == "scenario") else {
        return told("scenario", &decision.scenario);
    };
    let (asked, row) = decision.trace.split_at(decided);
    let names = |row: &table::Row| -> Vec<&str> {
        let facts = row.when.iter().filter_map(|(fact, _)| FACTS.get(*fact));
        facts.map(|fact| fact.name).collect()
    };
    let held = |names: &Vec<&str>| {
        names
            .iter()
            .all(|name| asked.iter().any(|step| &*step.fact == *name))
    };
    let mut rows = knowledge.table().rows().iter();
    let named = row.first().and_then(|last| {
        let same = rows
            .by_ref()
            .filter(|row| row.rule == last.rule && *row.scenario == *last.answer);
        same.map(names).find(held)
    });
    let named = named.unwrap_or_default();
    let first = asked.iter().find(|step| named.contains(&&*step.fact));
    first.map_or_else(
        || told("scenario", &decision.scenario),
        |step| told(&step.fact, &step.answer),
    )
}

/// The words beside a code of an order.
fn display_of(order: &str, system: &str, code: &str) -> String {
    let value: Value = serde_json::from_str(order).unwrap_or_default();
    let concept = value.get("code");
    let codings = concept.and_then(|c| c.get("coding")).and_then(Value::as_array);
    let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let coding = codings
        .into_iter()
        .flatten()
        .find(|c| text(c, "system") == system && text(c, "code") == code);
    let display = coding.map(|c| text(c, "display")).unwrap_or_default();
    let words = if display.is_empty() {
        concept.map(|c| text(c, "text")).unwrap_or_default()
    } else {
        display
    };
    words.chars().take(120).collect()
}
