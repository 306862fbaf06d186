//! The stages of reading a call. What each stage does is in the files beside.

mod delivery;
mod drafts;
mod patient;
mod record;

use super::kind::Kind;
use super::note::Notes;
use super::orders;
use super::reference::Subject;
use super::{Interest, Originals, Translated};
use crate::cds_hooks::{HookRequest, RequestFault};
use crate::engine::case::{Case, Chart, DraftOrder, ResourceRef, Source};
use crate::terminology::Concept;
use delivery::Answer;
use drafts::{Bundled, Draft};
use jiff::civil::Date;
use std::collections::BTreeMap;

pub use drafts::MAX_ORDERS;
pub use record::MAX_RESOURCES;

/// Translates a call into the case the engine judges. `today` is the day of the decision.
///
/// # Errors
/// If an order itself is no sound JSON, such as one with half a character in its text (P-02): it could not be handed
/// back as it came. Whatever else is odd becomes a note.
pub fn translate<'a>(
    request: &HookRequest<'a>,
    interest: &impl Interest,
    today: Date,
) -> Result<Translated<'a>, RequestFault> {
    let mut call = Call::new(request, interest);
    call.read_patient();
    call.compare_authorization(request);
    call.read_drafts(request)?;
    let mut orders = call.orders();
    if call.mark_what_matters(&orders) {
        call.survey(|source| source == Source::Conditions);
        call.read_found(|kind| kind == Kind::Condition);
        call.read_bundled();
        call.resolve(&mut orders);
        call.tumour_possible = interest.tumour_possible(&orders, &call.chart.conditions);
        if call.tumour_possible {
            call.survey(|source| !matches!(source, Source::Conditions | Source::Patient));
            call.read_found(|kind| kind == Kind::Medication);
            call.read_found(|kind| !matches!(kind, Kind::Medication | Kind::Patient));
            call.note_unknown_medicines();
            call.note_repairs();
            call.resolve(&mut orders);
        }
        call.note_other_servers();
        call.tell_what_was_not_delivered();
    }
    Ok(call.finish(orders, today))
}

/// A call while it is read.
struct Call<'a, 'i, I> {
    interest: &'i I,
    subject: Subject,
    chart: Chart,
    drafts: Vec<Draft<'a>>,
    bundled: Vec<Bundled<'a>>,
    answers: Vec<Answer<'a>>,
    notes: Notes,
    /// Resources read in full so far, and their text in bytes.
    read: usize,
    text: usize,
    /// Names under which resources of the record were sent → their place in the chart.
    names: BTreeMap<String, ResourceRef>,
    /// Medications that requests may point to.
    medicines: BTreeMap<String, Concept>,
    /// Sources of which something was left out for size.
    cut: Vec<Source>,
    tumour_possible: bool,
}

impl<'a, 'i, I: Interest> Call<'a, 'i, I> {
    fn new(request: &HookRequest<'a>, interest: &'i I) -> Self {
        let mut subject = Subject::of_call(&request.context.patient_id);
        subject.server = request.fhir_server.as_deref().map(str::to_owned);
        Self {
            interest,
            subject,
            chart: Chart::default(),
            drafts: Vec::new(),
            bundled: Vec::new(),
            answers: request.prefetch.iter().filter_map(Answer::of).collect(),
            notes: Notes::default(),
            read: 0,
            text: 0,
            names: BTreeMap::new(),
            medicines: BTreeMap::new(),
            cut: Vec::new(),
            tumour_possible: false,
        }
    }

    /// The orders with their references resolved as far as the record has been read.
    fn orders(&self) -> Vec<DraftOrder> {
        self.drafts.iter().map(|draft| self.order(draft)).collect()
    }

    fn order(&self, draft: &Draft<'a>) -> DraftOrder {
        let known = DraftOrder {
            id: draft.id.clone(),
            selected: draft.selected,
            ..DraftOrder::default()
        };
        match &draft.element {
            Some(element) => orders::read(element.into(), known, &self.subject, self),
            None => known,
        }
    }

    /// Reads those orders again that point to something.
    fn resolve(&self, orders: &mut [DraftOrder]) {
        for (order, draft) in orders.iter_mut().zip(&self.drafts) {
            if draft.references().next().is_some() {
                *order = self.order(draft);
            }
        }
    }

    /// Whether any order is the kind of order that is judged.
    fn mark_what_matters(&mut self, orders: &[DraftOrder]) -> bool {
        for (draft, order) in self.drafts.iter_mut().zip(orders) {
            draft.matters = self.interest.order_matters(order);
        }
        self.drafts.iter().any(|draft| draft.matters)
    }

    /// Stage 3: what had to be repaired in the orders that matter.
    fn note_repairs(&mut self) {
        for draft in self.drafts.iter().filter(|draft| draft.matters) {
            self.notes.repairs(&draft.place, &draft.problems);
        }
    }

    fn finish(self, orders: Vec<DraftOrder>, today: Date) -> Translated<'a> {
        let drafts = self.drafts.into_iter();
        Translated {
            originals: Originals(drafts.filter_map(|draft| Some((draft.id?, draft.raw))).collect()),
            case: Case {
                today,
                orders,
                chart: self.chart,
            },
            tumour_possible: self.tumour_possible,
            notes: self.notes.0,
        }
    }
}
