//! A case that shows a difference, made as small as it can be, and told in a few lines.

use super::compare::difference;
use apposite::engine::case::Case;
use apposite::knowledge::Knowledge;
use std::fmt::Write;

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
    without!(
        conditions,
        procedures,
        medications,
        observations,
        allergies,
        imaging,
        undelivered
    );
    for at in 0..case.orders.len() {
        if case.orders.len() > 1 {
            with(&|c| {
                c.orders.remove(at);
            });
        }
        for n in 0..case.orders[at].notes.len() {
            with(&|c| {
                c.orders[at].notes.remove(n);
            });
        }
        for n in 0..case.orders[at].reasons.len() {
            with(&|c| {
                c.orders[at].reasons.remove(n);
            });
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
    let mut s = format!(
        "today {}; patient {:?}\n",
        case.today, case.chart.patient.birth_date
    );
    let concept = |c: &apposite::terminology::Concept| {
        let codes: Vec<_> = c.codings.iter().filter_map(|c| c.code.clone()).collect();
        format!(
            "{}{}",
            codes.join("+"),
            c.text.as_ref().map(|t| format!(" '{t}'")).unwrap_or_default()
        )
    };
    for o in &case.orders {
        let reasons: Vec<_> = o.reasons.iter().map(concept).collect();
        let _ = writeln!(
            s,
            "  order {}{} {:?} {:?} reasons {reasons:?} refs {:?} notes {:?} details {:?}",
            concept(&o.code),
            if o.selected { "*" } else { "" },
            o.status,
            o.subject,
            o.reason_references,
            o.notes,
            o.details.iter().map(concept).collect::<Vec<_>>()
        );
    }
    for c in &case.chart.conditions {
        let _ = writeln!(
            s,
            "  condition {} {} {:?} {:?} onset {:?} recorded {:?} stages {} sites {}",
            c.resource,
            concept(&c.code),
            c.clinical_status,
            c.verification,
            c.onset.map(|d| d.to_string()),
            c.recorded.map(|d| d.to_string()),
            c.stages.len(),
            c.body_sites.len()
        );
    }
    for p in &case.chart.procedures {
        let _ = writeln!(
            s,
            "  procedure {} {:?} {:?}",
            concept(&p.code),
            p.status,
            p.performed.map(|d| d.to_string())
        );
    }
    for m in &case.chart.medications {
        let _ = writeln!(
            s,
            "  medication {:?} {} {:?} {:?} {:?}..{:?} {:?}",
            m.kind,
            concept(&m.code),
            m.status,
            m.intent,
            m.start.map(|d| d.to_string()),
            m.end.map(|d| d.to_string()),
            m.reasons.iter().map(concept).collect::<Vec<_>>()
        );
    }
    for o in &case.chart.observations {
        let _ = writeln!(
            s,
            "  observation {} {:?} {:?} {:?}",
            concept(&o.code),
            o.value,
            o.status,
            o.date.map(|d| d.to_string())
        );
    }
    for a in &case.chart.allergies {
        let _ = writeln!(
            s,
            "  allergy {:?} {:?} {:?} severe {}",
            a.substances.iter().map(concept).collect::<Vec<_>>(),
            a.clinical_status,
            a.verification,
            a.severe
        );
    }
    for i in &case.chart.imaging {
        let _ = writeln!(
            s,
            "  imaging {:?} {} {:?} {:?}",
            i.kind,
            concept(&i.codes[0]),
            i.status,
            i.date.map(|d| d.to_string())
        );
    }
    let _ = writeln!(s, "  undelivered {:?}", case.chart.undelivered);
    s
}
