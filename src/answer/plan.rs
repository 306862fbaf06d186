//! Which received order becomes which order of the offered study, and what is left over.
//!
//! A study can be drafted as several orders (§3.8). Accepting an offer changes those that were asked about: each
//! becomes the part of the offered study that looks at the same region. Where the offer takes fewer orders, the rest
//! stays as it is, since nothing is ever deleted (P-09), and the words say that it is to be removed. An order that is
//! not selected is never changed: nobody asked about it. It leaves out how an order is rewritten (`revise`).

use crate::engine::case::{Case, DraftOrder};
use crate::engine::{Decision, study};
use crate::knowledge::files::{CodedOffer, OfferEntry, OfferedOrder, Region};
use crate::knowledge::{Knowledge, Shape};
use crate::terminology::{Coding, SystemId};

/// What becomes of the orders drafted when an offer is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taking {
    /// They become the offered study.
    Replaces,
    /// They stay, and the offered study is ordered beside them.
    Adds,
    /// The offered study is ordered, and they are to be removed by hand: the client changes no draft order.
    AddsInstead,
}

/// How one offer is carried out on the orders received.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// The orders of the offered study, each with the received order that becomes it; `None` where one is added.
    pub steps: Vec<(&'a OfferedOrder, Option<&'a DraftOrder>)>,
    /// Orders of the study drafted that the offered study has no use for.
    pub surplus: Vec<&'a DraftOrder>,
}

impl<'a> Plan<'a> {
    /// The plan for one offer; `None` when no code system of the knowledge can name the offered study.
    pub fn of(
        knowledge: &Knowledge,
        case: &'a Case,
        decision: &Decision,
        offer: &'a OfferEntry,
        taking: Taking,
    ) -> Option<Self> {
        let judged = named(case, decision.order.as_str())?;
        let coded = choose(knowledge, judged, offer)?;
        let offered = coded.orders.iter();
        let mut parts = parts(case, decision);
        if parts.is_empty() {
            parts.push(judged);
        }
        if taking != Taking::Replaces {
            return Some(Self {
                steps: offered.map(|part| (part, None)).collect(),
                surplus: if taking == Taking::Adds { Vec::new() } else { parts },
            });
        }
        let mut free: Vec<&DraftOrder> = parts.iter().copied().filter(|o| o.selected).collect();
        let mut steps: Vec<(&OfferedOrder, Option<&DraftOrder>)> = offered.map(|part| (part, None)).collect();
        // The order of the same region first, then whichever is left.
        if free.len() > 1 {
            for (part, becomes) in &mut steps {
                let regions = regions_offered(knowledge, part);
                *becomes = take(&mut free, |o| {
                    regions_ordered(knowledge, o).iter().any(|r| regions.contains(r))
                });
            }
        }
        for (_, becomes) in steps.iter_mut().filter(|(_, becomes)| becomes.is_none()) {
            *becomes = take(&mut free, |_| true);
        }
        let used = |order: &DraftOrder| {
            steps
                .iter()
                .any(|(_, o)| o.is_some_and(|o| std::ptr::eq(o, order)))
        };
        let surplus = parts.into_iter().filter(|o| !used(o)).collect();
        Some(Self { steps, surplus })
    }
}

/// The orders that make up the study together; none where it stands alone.
pub(super) fn parts<'a>(case: &'a Case, decision: &Decision) -> Vec<&'a DraftOrder> {
    let orders = decision.parts.iter();
    orders.filter_map(|part| named(case, part.as_str())).collect()
}

fn named<'a>(case: &'a Case, order: &str) -> Option<&'a DraftOrder> {
    let is = |o: &&DraftOrder| o.id.as_ref().is_some_and(|id| id.as_str() == order);
    case.orders.iter().find(is)
}

fn take<'a>(free: &mut Vec<&'a DraftOrder>, fits: impl Fn(&DraftOrder) -> bool) -> Option<&'a DraftOrder> {
    let at = free.iter().position(|o| fits(o))?;
    Some(free.remove(at))
}

/// What a received order looks at.
fn regions_ordered(knowledge: &Knowledge, order: &DraftOrder) -> Vec<Region> {
    study::identify(knowledge, order).map_or_else(Vec::new, |asked| asked.shape.regions)
}

/// What an offered order looks at, by its codes.
fn regions_offered<'k>(knowledge: &'k Knowledge, part: &OfferedOrder) -> &'k [Region] {
    part.codes
        .iter()
        .find_map(|code| shape_of(knowledge, code))
        .map_or(&[], |shape| &shape.regions)
}

/// The study that `system|code` of the knowledge names.
fn shape_of<'k>(knowledge: &'k Knowledge, code: &str) -> Option<&'k Shape> {
    let (system, code) = code.split_once('|')?;
    let id = knowledge.systems().keyed(system)?;
    let coding = Coding {
        system: Some(knowledge.systems().uri(id).to_owned()),
        code: Some(code.to_owned()),
        ..Coding::default()
    };
    knowledge.study_coded(&coding).map(|study| &study.shape)
}

/// The coding of the offer in the system the order used, else in the first fallback system that has one.
fn choose<'k>(knowledge: &Knowledge, order: &DraftOrder, offer: &'k OfferEntry) -> Option<&'k CodedOffer> {
    let systems = knowledge.systems();
    let of = |id: SystemId| offer.coded.iter().find(|c| systems.keyed(&c.system) == Some(id));
    let named = order.code.codings.iter().filter_map(|c| c.system.as_deref());
    let same = named.flat_map(|s| systems.named(s)).find_map(of);
    same.or_else(|| {
        let fallback = knowledge.suggestions().fallback_systems.iter();
        let fallback = fallback.filter_map(|s| systems.keyed(s)).find_map(of);
        // Where a site places its own orderables only, whatever is left is one of them.
        fallback.or_else(|| offer.coded.first().filter(|_| knowledge.offers_orderables_only()))
    })
}
