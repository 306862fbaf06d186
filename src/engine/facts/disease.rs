//! R3, §4: is it a pancreatic neuroendocrine tumour? Every diagnosis is classified by itself; then the strongest wins.

mod chart;
mod classify;

use super::{ChartFacts, link};
use crate::engine::case::{Case, PartialDate, ResourceRef, Source};
use crate::engine::trace::Evidence;
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
    case: &Case,
    chart: &ChartFacts<'_>,
    order: &super::OrderFacts<'_>,
    resected: impl FnOnce() -> bool,
) -> (super::Fact<Disease>, Option<Tumour>) {
    use super::Fact;
    let names = &order.reasons;
    let refuted = refuted(case, names);
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
    if let Some(evidence) = refuted.filter(|_| !chart.tumours.iter().any(|t| t.resource == best.resource)) {
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

/// The order names a tumour that the chart refutes: a contradiction.
fn refuted(case: &Case, names: &super::link::Names) -> Option<Evidence> {
    names.tumour.as_ref()?;
    let refuted = case
        .chart
        .conditions
        .iter()
        .find(|c| c.verification.as_deref() == Some("refuted") && names.same_code(c))?;
    Some(Evidence {
        resource: Some(refuted.resource.clone()),
        what: "refuted".into(),
        quote: None,
        date: None,
    })
}

/// True when the source that holds diagnoses was not delivered.
#[must_use]
pub fn unseen(case: &Case) -> bool {
    case.chart.undelivered.contains(&Source::Conditions)
}
