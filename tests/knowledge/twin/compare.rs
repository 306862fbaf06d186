//! Twin against engine, case by case.

use super::cards::Card;
use super::generate;
use super::known::KNOWN;
use super::verdict::{self, Verdict};
use apposite::engine::case::{Case, Source};
use apposite::engine::{Consultation, consult};
use apposite::knowledge::Knowledge;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line of what is compared, for one order.
fn line(study: Option<&str>, scenario: &str, certainty: &str, rating: &str) -> String {
    format!("{} {scenario} {certainty} {rating}", study.unwrap_or("-"))
}

fn card(kind: &str, indicator: &str, offers: &[String]) -> String {
    format!("{kind} {indicator} [{}]", offers.join(" "))
}

fn twins_cards(cards: &[Card]) -> Vec<String> {
    cards.iter().map(|c| card(c.kind, c.indicator.key(), &c.offers)).collect()
}

/// What the engine says, in the twin's terms: per order a line, per group of orders its cards.
fn engines(case: &Case, told: &Consultation, twins: &[Verdict]) -> (Vec<String>, BTreeMap<usize, Vec<String>>) {
    let mut lines = Vec::new();
    let mut cards: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (at, order) in case.orders.iter().enumerate() {
        let found = told.decisions.iter().find(|d| Some(&d.order) == order.id.as_ref());
        let Some(d) = found else {
            lines.push("no decision".into());
            continue;
        };
        lines.push(line(d.study.as_deref(), &d.scenario, d.certainty.key(), d.rating.key()));
        for a in &d.advice {
            let offers: Vec<String> = a.offers.iter().map(|o| o.to_string()).collect();
            cards
                .entry(twins[at].group)
                .or_default()
                .push(card(&a.kind, a.indicator.key(), &offers));
        }
    }
    for list in cards.values_mut() {
        list.sort();
    }
    (lines, cards)
}

/// `None` when both agree, else what differs: a short key and the whole story.
pub fn difference(k: &Knowledge, case: &Case) -> Option<(String, String)> {
    let twins = verdict::of(k, case);
    let told = consult(k, case);
    if told.unavailable.is_some() && case.chart.undelivered.contains(&Source::Conditions) {
        return None; // P-01: no cards, whatever the decisions say.
    }
    let (engine_lines, engine_cards) = engines(case, &told, &twins);
    let mut key = String::new();
    for (at, twin) in twins.iter().enumerate() {
        let engine = &engine_lines[at];
        if engine == "no decision" && !twin.selected && twin.study.is_none() {
            continue;
        }
        let engine: Vec<_> = engine.split(' ').collect();
        let [study, scenario, certainty, rating] = engine.as_slice() else { continue };
        let silent = |s: &str| matches!(s, "none" | "not_pnet" | "undiagnosed" | "ambiguous");
        // Refuted in the chart, named by the order: the text ignores what is refuted, silence is right too.
        let refuted_named = case
            .chart
            .conditions
            .iter()
            .any(|c| c.verification.as_deref() == Some("refuted"));
        if refuted_named && *scenario == "ambiguous" {
            return None;
        }
        if !key.is_empty() || (silent(twin.scenario) && silent(scenario)) {
            continue; // The text does not order these three; none of them speaks.
        }
        if twin.scenario != *scenario || twin.certainty != *certainty {
            let _ = write!(key, "{} {} -> {scenario} {certainty}", twin.scenario, twin.certainty);
        } else if *rating != "not_applicable" || twin.rating.key() != *rating {
            let ours = twin.study.as_deref().unwrap_or("-");
            if ours != *study || twin.rating.key() != *rating {
                let _ = write!(key, "{ours} {} -> {study} {rating}", twin.rating.key());
            }
        }
    }
    if key.is_empty() {
        let mut ours: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for twin in twins.iter().filter(|t| !t.cards.is_empty()) {
            ours.entry(twin.group).or_default().extend(twins_cards(&twin.cards));
        }
        for list in ours.values_mut() {
            list.sort();
        }
        if ours != engine_cards {
            let _ = write!(key, "cards {ours:?} -> {engine_cards:?}");
        }
    }
    if key.is_empty() || KNOWN.iter().any(|known| (known.is)(k, case, &twins)) {
        return None;
    }
    let trace: Vec<_> = told
        .decisions
        .iter()
        .map(|d| d.trace.iter().filter(|s| &*s.answer != "no").map(|s| format!("{}={}", s.fact, s.answer)).collect::<Vec<_>>().join(" "))
        .collect();
    Some((key, format!("engine {engine_lines:?}\ntrace {trace:#?}")))
}

/// The case with everything left out that the difference does not need.
pub fn minimise(k: &Knowledge, case: &Case, key: &str) -> Case {
    let still = |case: &Case| difference(k, case).is_some_and(|(found, _)| found == key);
    let mut least = case.clone();
    loop {
        let smaller = steps(&least).into_iter().find(|c| c != &least && still(c));
        match smaller {
            Some(smaller) => least = smaller,
            None => return least,
        }
    }
}

/// Every case with one thing less.
fn steps(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Case)| {
        let mut c = case.clone();
        change(&mut c);
        all.push(c);
    };
    macro_rules! without {
        ($($list:ident),*) => {$(
            for at in 0..case.chart.$list.len() {
                with(&|c| { c.chart.$list.remove(at); });
            }
        )*};
    }
    without!(conditions, procedures, medications, observations, allergies, imaging, undelivered);
    for at in 0..case.orders.len() {
        if case.orders.len() > 1 {
            with(&|c| { c.orders.remove(at); });
        }
        for n in 0..case.orders[at].notes.len() {
            with(&|c| { c.orders[at].notes.remove(n); });
        }
        for n in 0..case.orders[at].reasons.len() {
            with(&|c| { c.orders[at].reasons.remove(n); });
        }
        with(&|c| c.orders[at].reason_references.clear());
    }
    for at in 0..case.chart.conditions.len() {
        with(&|c| c.chart.conditions[at].onset = None);
        with(&|c| c.chart.conditions[at].stages.clear());
        with(&|c| c.chart.conditions[at].verification = Some("confirmed".into()));
        with(&|c| c.chart.conditions[at].clinical_status = Some("active".into()));
        with(&|c| c.chart.conditions[at].recorded = None);
    }
    all
}

/// A case in a few lines.
pub fn tell(case: &Case) -> String {
    let mut s = format!("today {}; patient {:?}\n", case.today, case.chart.patient.birth_date);
    let concept = |c: &apposite::terminology::Concept| {
        let codes: Vec<_> = c.codings.iter().filter_map(|c| c.code.clone()).collect();
        format!("{}{}", codes.join("+"), c.text.as_ref().map(|t| format!(" '{t}'")).unwrap_or_default())
    };
    for o in &case.orders {
        let reasons: Vec<_> = o.reasons.iter().map(concept).collect();
        let _ = writeln!(s, "  order {}{} {:?} {:?} reasons {reasons:?} refs {:?} notes {:?} details {:?}", concept(&o.code), if o.selected { "*" } else { "" }, o.status, o.subject, o.reason_references, o.notes, o.details.iter().map(concept).collect::<Vec<_>>());
    }
    for c in &case.chart.conditions {
        let _ = writeln!(s, "  condition {} {} {:?} {:?} onset {:?} recorded {:?} stages {} sites {}", c.resource, concept(&c.code), c.clinical_status, c.verification, c.onset.map(|d| d.to_string()), c.recorded.map(|d| d.to_string()), c.stages.len(), c.body_sites.len());
    }
    for p in &case.chart.procedures {
        let _ = writeln!(s, "  procedure {} {:?} {:?}", concept(&p.code), p.status, p.performed.map(|d| d.to_string()));
    }
    for m in &case.chart.medications {
        let _ = writeln!(s, "  medication {:?} {} {:?} {:?} {:?}..{:?} {:?}", m.kind, concept(&m.code), m.status, m.intent, m.start.map(|d| d.to_string()), m.end.map(|d| d.to_string()), m.reasons.iter().map(concept).collect::<Vec<_>>());
    }
    for o in &case.chart.observations {
        let _ = writeln!(s, "  observation {} {:?} {:?} {:?}", concept(&o.code), o.value, o.status, o.date.map(|d| d.to_string()));
    }
    for a in &case.chart.allergies {
        let _ = writeln!(s, "  allergy {:?} {:?} {:?} severe {}", a.substances.iter().map(concept).collect::<Vec<_>>(), a.clinical_status, a.verification, a.severe);
    }
    for i in &case.chart.imaging {
        let _ = writeln!(s, "  imaging {:?} {} {:?} {:?}", i.kind, concept(&i.codes[0]), i.status, i.date.map(|d| d.to_string()));
    }
    let _ = writeln!(s, "  undelivered {:?}", case.chart.undelivered);
    s
}

fn cases() -> u64 {
    let asked = std::env::var("TWIN_CASES").ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(10_000)
}

#[test]
fn the_engine_and_its_twin_agree() {
    let k = crate::knowledge();
    assert!(super::offers::base_is_as_read(&k));
    let mut met: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    for seed in 0..cases() {
        if let Some((key, _)) = difference(&k, &generate::case(seed)) {
            let seen = met.entry(key).or_insert((0, seed));
            seen.0 += 1;
        }
    }
    let mut kinds: Vec<_> = met.into_iter().collect();
    kinds.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    let total: usize = kinds.iter().map(|(_, (n, _))| n).sum();
    let mut report = String::new();
    for (key, (n, seed)) in kinds.iter().take(40) {
        let least = minimise(&k, &generate::case(*seed), key);
        let story = difference(&k, &least).map(|(_, s)| s).unwrap_or_default();
        let _ = writeln!(report, "== {n} x {key} (seed {seed})\n{}{story}", tell(&least));
    }
    assert!(total == 0, "{total} differences of {} kinds\n{report}", kinds.len());
}
