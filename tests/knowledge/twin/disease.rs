//! §4: is it a pNET? Evaluated for one order, because its words count too.

use super::chart::{conditions, current, has, is_current, members, observation_counts, readings, texts};
use super::link::Order;
use super::words::{Mets, Names, Reading, Sure};
use apposite::engine::case::{Case, Condition, ObservedValue};
use apposite::knowledge::Knowledge;
use apposite::knowledge::vocabulary::Role;
use apposite::terminology::Concept;

/// What the record says about the disease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disease {
    None,
    /// Nothing, or a suspicion: both are silence and the text does not order them.
    NotPnet,
    Undiagnosed,
    Inactive,
    Cured,
    Suspected,
    Confirmed,
    Ambiguous,
}

/// What one source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    None,
    NotPnet,
    Undiagnosed,
    SuspectedLow,
    SuspectedHigh,
    Confirmed,
    Mixed,
}

const PANCREAS: &[Role] = &[
    Role::PancreasCorroboration,
    Role::TopographyPancreas,
    Role::PancreasHistologyUnknown,
];

/// Names the pancreas, whatever the kind of tumour.
fn pancreas_coded(k: &Knowledge, concept: &Concept) -> bool {
    members(k, concept)
        .iter()
        .any(|m| PANCREAS.contains(&m.role) || (m.role == Role::NotPnetPancreas && m.entry.site_only))
}

/// What one bundle of codes and words says; `elsewhere`: the pancreas is named by another source.
pub fn finding(
    k: &Knowledge,
    concepts: &[&Concept],
    words: &[Reading],
    verification: Option<&str>,
    elsewhere: bool,
    child: bool,
) -> Finding {
    let all: Vec<_> = concepts.iter().flat_map(|c| members(k, c)).collect();
    let coded = |role: Role| all.iter().any(|m| m.role == role);
    let history = coded(Role::History);
    if history {
        return Finding::None;
    }
    let excluded = child || coded(Role::PnetUpperCaseExcluded);
    // "Primitive neuroectodermal tumour: not_pnet".
    let primitive = coded(Role::PnetUpperCaseExcluded) && words.iter().any(|w| w.upper_case);
    let words: Vec<_> = words.iter().filter(|w| !(w.upper_case && excluded)).collect();
    let named = |name: Names| words.iter().any(|w| w.names == name);
    let morph_mixed = all.iter().any(|m| m.role == Role::MorphNet && m.entry.ambiguous);
    if coded(Role::Ambiguous) || named(Names::Mixed) || morph_mixed {
        return Finding::Mixed;
    }
    let implied = |role: Role| all.iter().any(|m| m.role == role && m.entry.implies_pancreas);
    let specific_code = coded(Role::PnetSpecific) || coded(Role::PnetNec) || implied(Role::MorphPnet);
    let siteless = coded(Role::NetSiteless)
        || coded(Role::MorphNet)
        || coded(Role::MorphPnet)
        || coded(Role::PnetUsuallyPancreatic)
        || named(Names::Siteless);
    let pancreas = elsewhere
        || concepts.iter().any(|c| pancreas_coded(k, c))
        || words.iter().any(|w| w.pancreas)
        || (coded(Role::NotPnetPancreas) && siteless);
    let other_site = coded(Role::NotPnetOtherNet) || named(Names::OtherNet);
    let usually = implied(Role::PnetUsuallyPancreatic) && !other_site;
    // "the same, except MEN/VHL, with neuroendocrine text": beside a syndrome the words do not count.
    let syndrome = coded(Role::SyndromeHint);
    let strong = named(Names::Pnet) && !syndrome;
    if other_site && !specific_code {
        return Finding::NotPnet;
    }
    if specific_code || strong || (siteless && !syndrome && (pancreas || usually)) {
        let low = words.iter().any(|w| w.sure == Sure::Low)
            || matches!(verification, Some("differential" | "unconfirmed"));
        let high = words.iter().any(|w| w.sure == Sure::High);
        return if low {
            Finding::SuspectedLow
        } else if high {
            Finding::SuspectedHigh
        } else if verification == Some("provisional") {
            if specific_code {
                Finding::SuspectedHigh
            } else {
                Finding::SuspectedLow
            }
        } else {
            Finding::Confirmed
        };
    }
    if siteless {
        return Finding::Undiagnosed;
    }
    let not_pnet = primitive
        || coded(Role::NotPnetPancreas)
        || coded(Role::PancreasHistologyUnknown)
        || named(Names::Adenocarcinoma);
    if not_pnet {
        return Finding::NotPnet;
    }
    let hint =
        coded(Role::Undiagnosed) || syndrome || coded(Role::PancreasCorroboration) || named(Names::Mass);
    if hint { Finding::Undiagnosed } else { Finding::None }
}

/// What one condition says.
pub fn of_condition(k: &Knowledge, case: &Case, c: &Condition, order: &Order, child: bool) -> Finding {
    let mut concepts = vec![&c.code];
    concepts.extend(&c.body_sites);
    // What the order tells as history does not place a tumour of today.
    let elsewhere = order.placing_words.iter().any(|w| w.pancreas && !w.historical)
        || order
            .placing
            .iter()
            .any(|r| pancreas_coded(k, r) || has(k, r, Role::PnetSpecific))
        || current(case)
            .filter(|other| other.resource != c.resource)
            .any(|other| names_pancreas(k, other));
    let words = texts(c);
    let placed = |elsewhere| finding(k, &concepts, &words, c.verification.as_deref(), elsewhere, child);
    let found = placed(elsewhere);
    // A suspicion that names the pancreas only by the letters "pNET" places another tumour no more surely than it is
    // sure itself: the more silent reading of "a second active pancreas Condition".
    let suspicion = current(case)
        .filter(|other| other.resource != c.resource && !has(k, &other.code, Role::PnetUpperCaseExcluded))
        .filter(|other| texts(other).iter().any(|w| w.abbreviated))
        .map(|other| {
            let verification = other.verification.as_deref();
            finding(k, &[&other.code], &texts(other), verification, false, child)
        })
        .filter(|f| matches!(f, Finding::SuspectedLow | Finding::SuspectedHigh))
        .max();
    suspicion.map_or(found, |suspicion| placed(true).min(suspicion).max(found))
}

/// A second condition that names the pancreas as the site.
fn names_pancreas(k: &Knowledge, c: &Condition) -> bool {
    let doubtful = !matches!(c.verification.as_deref(), None | Some("confirmed"));
    !has(k, &c.code, Role::History)
        && !is_adenocarcinoma(k, c)
        && !has(k, &c.code, Role::PnetUpperCaseExcluded)
        && !members(k, &c.code)
            .iter()
            .any(|m| m.role == Role::NotPnetPancreas && m.entry.benign)
        && (pancreas_coded(k, &c.code)
            // The morphology of an insulinoma is of the pancreas.
            || members(k, &c.code)
                .iter()
                .any(|m| m.role == Role::MorphPnet && m.entry.implies_pancreas)
            || has(k, &c.code, Role::PnetSpecific)
            || has(k, &c.code, Role::PnetNec)
            // A suspicion that names it only by letters does not make another tumour sure: see `of_condition`.
            || texts(c)
                .iter()
                .any(|w| w.pancreas && !(w.abbreviated && (doubtful || w.sure != Sure::Plain))))
}

/// The problem list holds a tumour that is no pNET.
pub fn another_in_chart(k: &Knowledge, case: &Case, order: &Order) -> bool {
    conditions(case).any(|c| of_condition(k, case, c, order, false) == Finding::NotPnet)
}

/// The chart speaks of some tumour, or of a suspicion.
pub fn any_in_chart(k: &Knowledge, case: &Case, orders: &[Order]) -> bool {
    let says = |c: &Condition, o: &Order| of_condition(k, case, c, o, false) != Finding::None;
    conditions(case).any(|c| orders.iter().any(|o| says(c, o)))
        || of_results(k, case, false) != Finding::None
        || was_cured(k, case)
}

/// A pancreatic cancer of a known other kind.
pub fn is_adenocarcinoma(k: &Knowledge, c: &Condition) -> bool {
    let kind = members(k, &c.code)
        .iter()
        .any(|m| m.role == Role::NotPnetPancreas && !m.entry.site_only && !m.entry.label.contains("benign"));
    kind || texts(c).iter().any(|w| w.names == Names::Adenocarcinoma)
}

/// The conditions that are the tumour (confirmed or suspected high), current or not.
pub fn tumours<'c>(k: &Knowledge, case: &'c Case, order: &Order, child: bool) -> Vec<&'c Condition> {
    conditions(case)
        .filter(|c| of_condition(k, case, c, order, child) >= Finding::SuspectedHigh)
        .filter(|c| of_condition(k, case, c, order, child) != Finding::Mixed)
        .collect()
}

/// The conditions that name the tumour, however doubtfully.
pub fn named<'c>(k: &Knowledge, case: &'c Case, order: &Order, child: bool) -> Vec<&'c Condition> {
    let speaks = |f: Finding| f >= Finding::SuspectedLow && f != Finding::Mixed;
    conditions(case)
        .filter(|c| speaks(of_condition(k, case, c, order, child)))
        .collect()
}

/// What the results say: coded or written answers.
fn of_results(k: &Knowledge, case: &Case, child: bool) -> Finding {
    let results = case.chart.observations.iter().filter(|o| observation_counts(o));
    results
        .map(|o| match &o.value {
            Some(ObservedValue::Coded(c)) => finding(k, &[c], &readings(c), None, false, child),
            Some(ObservedValue::Text(t)) => finding(k, &[], &[super::words::read(t)], None, false, child),
            _ => Finding::None,
        })
        .max()
        .unwrap_or(Finding::None)
}

/// A result that names another cancer of the pancreas.
fn result_is_adenocarcinoma(case: &Case) -> bool {
    let results = case.chart.observations.iter().filter(|o| observation_counts(o));
    let words = results.flat_map(|o| match &o.value {
        Some(ObservedValue::Coded(c)) => readings(c),
        Some(ObservedValue::Text(t)) => vec![super::words::read(t)],
        _ => Vec::new(),
    });
    words.into_iter().any(|w| w.names == Names::Adenocarcinoma)
}

/// The chart itself holds the tumour: "a warning needs agreement between the order and the chart".
pub fn in_chart(k: &Knowledge, case: &Case, order: &Order) -> bool {
    let seen = |f: Finding| matches!(f, Finding::SuspectedHigh | Finding::Confirmed);
    current(case).any(|c| seen(of_condition(k, case, c, order, false))) || seen(of_results(k, case, false))
}

/// R3 for one order.
pub fn judge(k: &Knowledge, case: &Case, order: &Order, child: bool) -> Disease {
    let now = current(case)
        .map(|c| of_condition(k, case, c, order, child))
        .max()
        .unwrap_or(Finding::None);
    let siteless_elsewhere = current(case).any(|c| names_pancreas(k, c));
    // Each reason by itself: what one reason says does not place another's tumour.
    let one = |reason: &Concept| {
        let present: Vec<_> = readings(reason).into_iter().filter(|w| !w.historical).collect();
        finding(k, &[reason], &present, None, siteless_elsewhere, child)
    };
    let asked = order.concepts.iter().map(one).max().unwrap_or(Finding::None);
    let results = of_results(k, case, child);
    let adenocarcinoma = current(case).any(|c| is_adenocarcinoma(k, c)) || result_is_adenocarcinoma(case);
    let past = conditions(case)
        .filter(|c| !is_current(c))
        .map(|c| of_condition(k, case, c, order, child))
        .max()
        .unwrap_or(Finding::None);
    // The chart is believed before the order: a doubtful or past tumour is not made certain by a reason (the more
    // silent reading of "strongest wins").
    let doubts = |f: Finding| f >= Finding::SuspectedLow && f != Finding::Mixed;
    // A result does not bring back what the problem list says is over.
    let results = if doubts(past) && !doubts(now) {
        Finding::None
    } else {
        results
    };
    let doubted = matches!(now, Finding::SuspectedLow | Finding::SuspectedHigh) || doubts(past);
    let best = if doubted {
        now.max(results)
    } else {
        now.max(results).max(asked)
    };
    match best {
        Finding::SuspectedLow => Disease::Undiagnosed,
        Finding::Mixed => Disease::Ambiguous,
        _ if past == Finding::Mixed => Disease::Ambiguous,
        Finding::Confirmed | Finding::SuspectedHigh if adenocarcinoma && !order.names_pnet => {
            Disease::Ambiguous
        }
        Finding::Confirmed => Disease::Confirmed,
        Finding::SuspectedHigh => Disease::Suspected,
        _ if matches!(past, Finding::Confirmed | Finding::SuspectedHigh)
            && adenocarcinoma
            && !order.names_pnet =>
        {
            Disease::Ambiguous
        }
        _ if matches!(past, Finding::Confirmed | Finding::SuspectedHigh) => Disease::Inactive,
        _ if was_cured(k, case) => Disease::Cured,
        Finding::Undiagnosed => Disease::Undiagnosed,
        Finding::NotPnet => Disease::NotPnet,
        Finding::None if order.any(|w| w.screening) => Disease::Undiagnosed,
        Finding::None => Disease::None,
    }
}

/// R-hist: history codes with neuroendocrine words, plus Z08 or absence of the pancreas.
fn was_cured(k: &Knowledge, case: &Case) -> bool {
    let history = conditions(case)
        .filter(|c| {
            members(k, &c.code)
                .iter()
                .any(|m| m.role == Role::History && !m.entry.family)
        })
        .any(|c| {
            texts(c)
                .iter()
                .any(|w| matches!(w.names, Names::Pnet | Names::Siteless))
        });
    let after = conditions(case)
        .any(|c| has(k, &c.code, Role::HistoryAfterTreatment) || has(k, &c.code, Role::Resection));
    history && after
}

/// Words on the tumour's conditions.
pub fn tumour_words(k: &Knowledge, case: &Case, order: &Order, child: bool) -> Vec<Reading> {
    named(k, case, order, child).into_iter().flat_map(texts).collect()
}

/// Asserted metastases in the words of the tumour's conditions.
pub fn words_assert_metastases(words: &[Reading]) -> bool {
    words.iter().any(|w| w.mets == Mets::Asserted)
}
