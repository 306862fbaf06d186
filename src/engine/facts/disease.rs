//! R3, §4: is it a pancreatic neuroendocrine tumour? Every diagnosis is classified by itself; then the strongest wins.

mod chart;
mod classify;

use super::{ChartFacts, link};
use crate::engine::case::{Case, Condition, PartialDate, ResourceRef, Source};
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::Role;
use chart::locate;

pub(super) use chart::{course, is_child, other_malignancies, read_chart};
pub(super) use classify::{Diagnosis, classify};

/// Codes that name a neuroendocrine tumour: of the pancreas, usually of the pancreas, or with no site stated.
pub(super) const NEUROENDOCRINE: [Role; 6] = [
    Role::PnetSpecific,
    Role::PnetNec,
    Role::PnetUsuallyPancreatic,
    Role::NetSiteless,
    Role::MorphPnet,
    Role::MorphNet,
];

/// What kind of tumour a diagnosis names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A suspicion without histology, or a syndrome.
    Undiagnosed,
    /// Another tumour, or a neuroendocrine tumour of another organ.
    NotPnet,
    /// Mixed or contradictory: no judgement.
    Ambiguous,
    /// Neuroendocrine, site not said: a pNET only with evidence of the pancreas.
    Siteless,
    /// A pancreatic neuroendocrine tumour.
    Pnet,
}

/// How sure the record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Strength {
    Low,
    Suspected,
    Confirmed,
}

/// Whether the disease is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Course {
    Past,
    Current,
    Recurrent,
}

/// A tumour found in the chart, or named by an order.
#[derive(Debug, Clone)]
pub struct Tumour {
    /// Where it was read.
    pub resource: ResourceRef,
    /// What it is.
    pub kind: Kind,
    /// How sure.
    pub strength: Strength,
    /// Whether it is there now.
    pub course: Course,
    /// Earliest date told.
    pub date: Option<PartialDate>,
    /// What it was read from.
    pub evidence: Evidence,
    /// It speaks of the pancreas, and so locates a siteless tumour.
    pub of_pancreas: bool,
    /// A pancreatic cancer of another histology.
    pub other_pancreatic_cancer: bool,
    /// Told by a result, not by the problem list or the order.
    pub by_result: bool,
}

/// The answer of the fact `disease` for one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the scenario table")]
pub enum Disease {
    None,
    NotPnet,
    Undiagnosed,
    Ambiguous,
    Cured,
    Inactive,
    Suspected,
    Confirmed,
}

impl Disease {
    /// The word of the scenario table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NotPnet => "not_pnet",
            Self::Undiagnosed => "undiagnosed",
            Self::Ambiguous => "ambiguous",
            Self::Cured => "cured",
            Self::Inactive => "inactive",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

/// The strongest diagnosis, for one order: its own reasons count too.
#[must_use]
pub fn decide(
    knowledge: &Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    order: &super::OrderFacts<'_>,
    resected: impl FnOnce() -> bool,
) -> (super::Fact<Disease>, Option<Tumour>) {
    use super::Fact;
    let names = &order.reasons;
    let mut tumours = chart.tumours.clone();
    let placed = names.tumour.as_ref().is_some_and(|t| t.of_pancreas);
    for siteless in tumours.iter_mut().filter(|t| placed && t.kind == Kind::Siteless) {
        siteless.kind = Kind::Pnet;
    }
    if let Some(tumour) = &names.tumour {
        // What the order itself names counts where the chart has none.
        if !tumours.iter().any(|t| t.kind == Kind::Pnet) {
            tumours.push(tumour.clone());
        }
        locate(&mut tumours);
    }
    // A result supports a diagnosis; it does not bring back one that the problem list says is over.
    let listed = |t: &&Tumour| t.kind == Kind::Pnet && !t.by_result;
    let over = tumours.iter().any(|t| listed(&t) && t.course == Course::Past)
        && !tumours.iter().any(|t| listed(&t) && t.course != Course::Past);
    let best = tumours
        .iter()
        .filter(|t| t.kind == Kind::Pnet && !(over && t.by_result))
        .max_by_key(|t| {
            (
                t.course != Course::Past,
                t.strength,
                t.course,
                t.evidence.quote.is_none(),
            )
        })
        .cloned();
    let other = |kind| tumours.iter().find(|t| t.kind == kind);
    if let Some(mixed) = other(Kind::Ambiguous) {
        return (Fact::with(Disease::Ambiguous, mixed.evidence.clone()), None);
    }
    let Some(best) = best else {
        if let Some(cured) = &chart.cured {
            return (Fact::with(Disease::Cured, cured.clone()), None);
        }
        let unsited = other(Kind::NotPnet).map(|t| (Disease::NotPnet, t));
        let open = [Kind::Siteless, Kind::Undiagnosed]
            .into_iter()
            .find_map(other)
            .map(|t| (Disease::Undiagnosed, t));
        return match unsited.or(open) {
            Some((answer, tumour)) => (Fact::with(answer, tumour.evidence.clone()), None),
            None => (Fact::bare(Disease::None), None),
        };
    };
    if let Some(evidence) = refuted(knowledge, case, names, &best) {
        return (Fact::with(Disease::Ambiguous, evidence), None);
    }
    let rival = tumours
        .iter()
        .find(|t| t.other_pancreatic_cancer && t.course != Course::Past);
    if let Some(rival) = rival.filter(|_| !link::is_about_pnet(order)) {
        let evidence = vec![best.evidence.clone(), rival.evidence.clone()];
        return (
            Fact {
                value: Disease::Ambiguous,
                evidence,
            },
            None,
        );
    }
    // A suspicion that is over takes nothing from the history of a treated tumour (R-hist).
    if let (Course::Past, Strength::Low, Some(cured)) = (best.course, best.strength, &chart.cured) {
        return (Fact::with(Disease::Cured, cured.clone()), None);
    }
    let answer = match (best.course, best.strength) {
        (_, Strength::Low) => Disease::Undiagnosed,
        (Course::Past, _) if resected() => Disease::Cured,
        (Course::Past, _) => Disease::Inactive,
        (_, Strength::Suspected) => Disease::Suspected,
        (_, Strength::Confirmed) => Disease::Confirmed,
    };
    (Fact::with(answer, best.evidence.clone()), Some(best))
}

/// The problem list refutes the tumour, and what speaks for it is not known to be newer: a contradiction.
///
/// The words of an order alone bring nothing back; a result or another entry does where it is dated after the refuted
/// one. An entry of another cancer that was refuted says nothing here.
fn refuted(knowledge: &Knowledge, case: &Case, names: &link::Names, best: &Tumour) -> Option<Evidence> {
    let conditions = case.chart.conditions.iter();
    let refuted = conditions
        .filter(|c| c.verification.as_deref() == Some("refuted"))
        .filter(|c| names.same_code(c) || names_pnet(knowledge, c))
        .find(|c| !is_after(case, best, c))?;
    Some(Evidence {
        resource: Some(refuted.resource.clone()),
        what: "refuted".into(),
        quote: None,
        date: refuted.recorded,
    })
}

/// True when a diagnosis names the tumour, whoever refutes it.
fn names_pnet(knowledge: &Knowledge, condition: &Condition) -> bool {
    let diagnosis = Diagnosis::of(
        knowledge,
        &[&condition.code],
        &condition.body_sites,
        &condition.notes,
    );
    let class = classify(knowledge, &condition.resource, None, &diagnosis, false);
    class.is_some_and(|c| matches!(c.kind, Kind::Pnet | Kind::Siteless))
}

/// True when a tumour of the chart is dated after a refuted entry. Where a date is missing, or both are of one day, it
/// cannot be told which of the two holds.
fn is_after(case: &Case, tumour: &Tumour, refuted: &Condition) -> bool {
    let listed = case
        .chart
        .conditions
        .iter()
        .find(|c| c.resource == tumour.resource);
    let told = listed.map_or(tumour.date, |c| c.recorded.or(c.onset));
    let taken_back = refuted.recorded.or(refuted.onset);
    let in_chart = listed.is_some() || tumour.by_result;
    match (told, taken_back) {
        (Some(told), Some(taken_back)) => in_chart && told.earliest() > taken_back.earliest(),
        _ => false,
    }
}

/// True when the source that holds diagnoses was not delivered.
#[must_use]
pub fn unseen(case: &Case) -> bool {
    case.chart.undelivered.contains(&Source::Conditions)
}
