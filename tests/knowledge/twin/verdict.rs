//! The whole procedure for one case: one verdict per order.

use super::cards::{self, Card, Ground};
use super::chart::{days_since, procedures};
use super::disease::{self, Disease};
use super::link::{self, Link, Order};
use super::{modifiers, scenario, study, timeline};
use apposite::engine::AppropriatenessCategory;
use apposite::engine::case::{Case, DraftOrder, Identity, ImagingKind, PartialDate, Source};
use apposite::knowledge::files::{Modality, Region, Tracer};
use apposite::knowledge::vocabulary::Window;
use apposite::knowledge::{Knowledge, Shape};
use apposite::terminology::Concept;
use std::collections::BTreeSet;

/// What the twin thinks of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub selected: bool,
    pub study: Option<String>,
    pub scenario: &'static str,
    pub certainty: &'static str,
    pub rating: AppropriatenessCategory,
    pub cards: Vec<Card>,
    /// Orders of the same number make up one study.
    pub group: usize,
}

fn order_counts(order: &DraftOrder) -> bool {
    let status = order
        .status
        .as_deref()
        .is_none_or(|s| matches!(s, "draft" | "active"));
    let intents = [
        "proposal",
        "plan",
        "order",
        "original-order",
        "reflex-order",
        "filler-order",
        "instance-order",
    ];
    let intent = order.intent.as_deref().is_none_or(|i| intents.contains(&i));
    status && intent && !order.do_not_perform
}

/// The age in whole years, at the latest possible birthday.
fn age(case: &Case) -> Option<i16> {
    let born = super::chart::past(case, case.chart.patient.birth_date)?
        .latest()
        .min(case.today);
    let had_birthday = (case.today.month(), case.today.day()) >= (born.month(), born.day());
    Some(case.today.year() - born.year() - i16::from(!had_birthday))
}

/// Imaging done: concept, day.
fn imaging_done(case: &Case) -> Vec<(Vec<&Concept>, Option<PartialDate>)> {
    let images = case.chart.imaging.iter().filter(|i| {
        let status = i.status.as_deref().unwrap_or("");
        match i.kind {
            ImagingKind::ImagingStudy => status == "available",
            ImagingKind::DiagnosticReport => matches!(status, "final" | "amended" | "corrected" | "appended"),
            ImagingKind::ServiceRequest => status == "completed",
        }
    });
    let images = images.map(|i| (i.codes.iter().collect(), i.date));
    let done = procedures(case).filter(|p| p.status.as_deref() == Some("completed"));
    images.chain(done.map(|p| (vec![&p.code], p.performed))).collect()
}

/// The studies of the last 90 days.
fn recent_studies(k: &Knowledge, case: &Case) -> Vec<String> {
    let window = k.window(Window::RecentStaging);
    let recent = imaging_done(case).into_iter().filter(|(_, date)| {
        super::chart::past(case, *date).is_some_and(|d| days_since(case, d.latest()) <= window)
    });
    examinations(k, recent)
}

/// The studies already ordered, by the chart.
fn active_studies(k: &Knowledge, case: &Case) -> Vec<String> {
    let active = case
        .chart
        .imaging
        .iter()
        .filter(|i| i.kind == ImagingKind::ServiceRequest && i.status.as_deref() == Some("active"));
    examinations(k, active.map(|i| (i.codes.iter().collect(), i.date)))
}

/// What was done, or is to be done, on one day is one examination, like orders of one basket (section 3.8).
fn examinations<'c>(
    k: &Knowledge,
    all: impl Iterator<Item = (Vec<&'c Concept>, Option<PartialDate>)>,
) -> Vec<String> {
    let read: Vec<_> = all
        .filter_map(|(codes, date)| Some((date, study::coded(k, &codes)?)))
        .collect();
    let mut found = Vec::new();
    for day in read.iter().map(|(day, _)| *day).collect::<BTreeSet<_>>() {
        let same = read.iter().filter(|(d, _)| *d == day);
        let shapes: Vec<_> = same.map(|(_, s)| Some(s.clone())).collect();
        let wholes = study::combine(&shapes);
        found.extend(wholes.iter().flatten().filter_map(|s| key(k, s)));
    }
    found
}

fn key(k: &Knowledge, shape: &Shape) -> Option<String> {
    k.study_shaped(shape).map(|s| s.key.to_string())
}

fn covers(k: &Knowledge, study: &str) -> bool {
    k.study(study).is_some_and(|s| s.covers_staging)
}

/// Judges a case.
pub fn of(k: &Knowledge, case: &Case) -> Vec<Verdict> {
    let orders: Vec<Order> = case.orders.iter().map(|o| link::of(k, case, o)).collect();
    let links: Vec<Link> = orders.iter().map(|o| link::judge(k, case, o)).collect();
    let asked: Vec<Option<Shape>> = case
        .orders
        .iter()
        .zip(&orders)
        .map(|(order, says)| study::asked(k, order, says))
        .collect();
    // Nobody speaks of a tumour: then no order is about it.
    let tumour = orders.iter().any(|o| o.names_tumour) || disease::any_in_chart(k, case, &orders);
    let about = |at: usize| {
        let disease = disease::judge(k, case, &orders[at], false);
        order_counts(&case.orders[at])
            && matches!(links[at], Link::Explicit | Link::Linked | Link::Presumed)
            && tumour
            // Beside another tumour in the chart an order has to be about this one.
            && !(matches!(disease, Disease::None | Disease::NotPnet | Disease::Undiagnosed)
                && disease::another_in_chart(k, case, &orders[at]))
    };
    let parts: Vec<_> = asked
        .iter()
        .enumerate()
        .map(|(at, s)| s.clone().filter(|_| about(at)))
        .collect();
    let wholes = study::combine(&parts);
    let recent = recent_studies(k, case);
    let active = active_studies(k, case);
    let age = age(case);
    let delivered = ![
        Source::Patient,
        Source::Conditions,
        Source::Procedures,
        Source::Medications,
        Source::Imaging,
    ]
    .iter()
    .any(|s| case.chart.undelivered.contains(s));
    let mut verdicts = Vec::new();
    for (at, order) in case.orders.iter().enumerate() {
        let (says, link) = (&orders[at], links[at]);
        let shape = wholes[at].clone().or_else(|| asked[at].clone());
        let named = shape.as_ref().and_then(|s| key(k, s));
        let child = age.is_some_and(|a| i64::from(a) < k.window(Window::AdultAge));
        let times = timeline::of(k, case, says);
        let disease = disease::judge(k, case, says, child);
        let outside = !order_counts(order) || shape.is_none() || !answers(k, named.as_deref());
        let somebody_else =
            case.chart.patient.identity == Identity::Differs || order.subject == Identity::Differs;
        let scenario = if outside || somebody_else || case.chart.patient.deceased {
            "not_applicable"
        } else if child {
            "paediatric"
        } else {
            scenario::judge(disease, link, says, &times)
        };
        let speaks = matches!(scenario, "initial_staging" | "unclear");
        let certainty = match link {
            _ if disease == Disease::Inactive => "none", // R3 decides before R4 is asked.
            Link::Explicit if speaks => "explicit",
            Link::Linked if speaks => "linked",
            Link::Presumed if speaks => "presumed",
            _ => "none",
        };
        let rating = scenario::rating(k, scenario, named.as_deref());
        let modifiers = modifiers::of(k, case, says);
        let siblings: Vec<&Shape> = (0..case.orders.len())
            .filter(|other| *other != at)
            .filter_map(|other| wholes[other].as_ref())
            .filter(|s| Some(*s) != wholes[at].as_ref())
            .collect();
        let sibling_keys: Vec<_> = siblings.iter().filter_map(|s| key(k, s)).collect();
        let mut found = Vec::new();
        if let (true, Some(shape), Some(study)) = (order.selected, &shape, &named) {
            let sstr = |s: &str| s.starts_with("SSTR_PET");
            let ground = Ground {
                scenario,
                link,
                confirmed: disease == Disease::Confirmed,
                age_known: age.is_some(),
                in_chart: disease::in_chart(k, case, says),
                subject_named: order.subject == Identity::Agrees,
                doubtful: link::is_doubtful(order, says, link),
                delivered,
                study,
                shape,
                rating_if_staging: scenario::rating(k, "initial_staging", Some(study)),
                staging_phrase: says.any(|w| w.staging),
                local_phrase: says.any(|w| w.local),
                tissue_phrase: says.any(|w| w.tissue),
                repeat_reason: says.any(|w| w.repeat),
                covered_by_draft: sibling_keys.iter().any(|s| covers(k, s)),
                // An earlier order that is still active counts like a study done: the more silent reading.
                covered_recently: recent.iter().chain(&active).any(|s| covers(k, s)),
                same_study_recently: recent.iter().chain(&active).any(|s| s == study),
                other_than_chest: asked.iter().enumerate().any(|(other, s)| {
                    other != at
                        && order_counts(&case.orders[other])
                        && s.as_ref()
                            .is_some_and(|s| s.modality != Modality::CT || s.regions != [Region::Chest])
                }),
                other_imaging: asked
                    .iter()
                    .enumerate()
                    .any(|(other, s)| other != at && s.is_some() && order_counts(&case.orders[other])),
                pelvis_drafted: siblings.iter().any(|s| s.regions.contains(&Region::Pelvis)),
                sstr_drafted_or_recent: sibling_keys.iter().chain(&recent).chain(&active).any(|s| sstr(s))
                    || siblings.iter().any(|s| s.tracer == Some(Tracer::Sstr)),
                modifiers: &modifiers,
                drafted: &sibling_keys,
            };
            found = cards::of(k, &ground);
        }
        let group = (0..at).find(|o| {
            wholes[*o].is_some()
                && wholes[*o] == wholes[at]
                && wholes[at].as_ref().is_some_and(study::is_whole)
        });
        verdicts.push(Verdict {
            selected: order.selected,
            study: named,
            scenario,
            certainty,
            rating,
            cards: found,
            group: group.unwrap_or(at),
        });
    }
    share(&mut verdicts);
    limit(&mut verdicts);
    verdicts
}

fn answers(k: &Knowledge, study: Option<&str>) -> bool {
    study.and_then(|s| k.study(s)).is_none_or(|s| s.answers)
}

/// Merging 5: orders merged into one study share one card of a kind.
fn share(verdicts: &mut [Verdict]) {
    for at in 0..verdicts.len() {
        let (earlier, rest) = verdicts.split_at_mut(at);
        let this = &mut rest[0];
        this.cards.retain(|c| {
            !earlier
                .iter()
                .any(|e| e.group == this.group && e.cards.iter().any(|told| told.kind == c.kind))
        });
    }
}

/// Merging 4: at most four per response.
fn limit(verdicts: &mut [Verdict]) {
    let mut all: Vec<_> = verdicts
        .iter()
        .enumerate()
        .flat_map(|(at, v)| {
            v.cards.iter().map(move |c| {
                (
                    std::cmp::Reverse(c.indicator),
                    cards::precedence(c.kind),
                    v.study.clone(),
                    at,
                    c.kind,
                )
            })
        })
        .collect();
    all.sort();
    for (_, _, _, at, kind) in all.into_iter().skip(4) {
        verdicts[at].cards.retain(|c| c.kind != kind);
    }
}
