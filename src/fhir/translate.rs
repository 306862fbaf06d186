//! The stages of reading a call, and the book-keeping of what was delivered.

use super::bundle::{RawEntry, all_entries, entries_at};
use super::checked::checked;
use super::kind::Kind;
use super::node::{Json, Node, View};
use super::note::{NoteKind, Notes};
use super::orders::{self, Lookup, ReadOrder};
use super::reference::{Reference, Subject};
use super::sources::{KEYS, source_of};
use super::survey::{Delivery, Found, Survey, survey};
use super::{Interest, Originals, Translated, chart, datatypes};
use crate::cds_hooks::{Hook, HookRequest, Prefetched};
use crate::engine::case::{Case, Chart, DraftOrder, Identity, ResourceRef, Source};
use crate::terminology::Concept;
use jiff::civil::Date;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Draft orders judged per call; selected ones first.
pub const MAX_ORDERS: usize = 50;

/// Entries of `draftOrders` looked at.
const MAX_DRAFT_ENTRIES: usize = 500;

/// Resources of the record read in full per call; with more, the source they belong to counts as not delivered.
pub const MAX_RESOURCES: usize = 500;

/// Translates a call into the case the engine judges. `today` is the day of the decision.
#[must_use]
pub fn translate<'a>(request: &HookRequest<'a>, interest: &impl Interest, today: Date) -> Translated<'a> {
    let mut call = Call::new(request, interest);
    call.read_patient();
    call.compare_authorization(request);
    call.read_drafts(request);
    let mut orders = call.orders();
    if call.mark_what_matters(&orders) {
        call.survey(|source| source == Source::Conditions);
        call.read_found(|kind| kind == Kind::Condition);
        call.read_bundled();
        orders = call.orders();
        if interest.tumour_possible(&orders, &call.chart.conditions) {
            call.survey(|source| !matches!(source, Source::Conditions | Source::Patient));
            call.read_found(|kind| kind == Kind::Medication);
            call.read_found(|kind| !matches!(kind, Kind::Medication | Kind::Patient));
            call.check_drafts();
            orders = call.orders();
        }
        call.tell_what_was_not_delivered();
    }
    call.finish(orders, today)
}

/// An unsigned order and where it was sent.
struct Draft<'a> {
    raw: &'a RawValue,
    place: String,
    matters: bool,
    read: ReadOrder,
}

/// A resource that came along with the draft orders.
struct Bundled<'a> {
    place: String,
    kind: Kind,
    entry: RawEntry<'a>,
}

/// One prefetched answer.
struct Answer<'a> {
    /// Our name of its key.
    key: &'static str,
    source: Source,
    main: bool,
    /// `None` for `null`.
    raw: Option<&'a RawValue>,
    survey: Option<Survey>,
}

struct Call<'a, 'i, I> {
    interest: &'i I,
    subject: Subject,
    chart: Chart,
    drafts: Vec<Draft<'a>>,
    bundled: Vec<Bundled<'a>>,
    answers: Vec<Answer<'a>>,
    notes: Notes,
    /// Resources read in full so far.
    read: usize,
    /// Names under which resources of the record were sent → their place in the chart.
    names: BTreeMap<String, ResourceRef>,
    /// Medications that requests may point to.
    medicines: BTreeMap<String, Concept>,
    /// Sources of which something was left out for size.
    cut: Vec<Source>,
}

impl<'a, 'i, I: Interest> Call<'a, 'i, I> {
    fn new(request: &HookRequest<'a>, interest: &'i I) -> Self {
        let answers = request.prefetch.iter().filter_map(|(key, value)| {
            let (source, main) = source_of(key)?;
            let raw = match value {
                Prefetched::Null => None,
                Prefetched::Value(raw) => Some(raw),
            };
            let known = KEYS.iter().find(|known| known.key == key).map(|known| known.key);
            Some(Answer {
                key: known.unwrap_or("observations…"),
                source,
                main,
                raw,
                survey: None,
            })
        });
        Self {
            interest,
            subject: Subject::of_call(&request.context.patient_id),
            chart: Chart::default(),
            drafts: Vec::new(),
            bundled: Vec::new(),
            answers: answers.collect(),
            notes: Notes::default(),
            read: 0,
            names: BTreeMap::new(),
            medicines: BTreeMap::new(),
            cut: Vec::new(),
        }
    }

    /// A token for another patient than the one of the context: whose data these are cannot be told (SC-21).
    fn compare_authorization(&mut self, request: &HookRequest<'a>) {
        #[derive(serde::Deserialize)]
        struct Granted<'t> {
            #[serde(borrow, default)]
            patient: Option<std::borrow::Cow<'t, str>>,
        }
        let granted = request
            .fhir_authorization
            .map(|a| serde_json::from_str::<Granted<'_>>(a.expose().get()));
        if let Some(Ok(Granted {
            patient: Some(patient),
        })) = granted
            && patient != request.context.patient_id
        {
            self.chart.patient.identity = Identity::Differs;
        }
    }

    /// Stage 1: demographics. Four primitive elements, so the light look is enough.
    fn read_patient(&mut self) {
        let Some(answer) = self
            .answers
            .iter_mut()
            .find(|answer| answer.source == Source::Patient)
        else {
            return;
        };
        let Some(raw) = answer.raw else { return };
        let fields = Kind::Patient.fields();
        let direct = Json::picked(raw.get(), fields);
        let is_patient = |node: &Json<'_>| node.text_of("resourceType") == Some(Kind::Patient.name());
        if let Some(node) = direct.as_ref().filter(|node| is_patient(node)) {
            self.take_patient(node, None);
            return;
        }
        let seen = survey(raw, self.interest, &[]);
        let places: Vec<_> = seen
            .found
            .iter()
            .filter(|f| f.kind == Kind::Patient)
            .filter_map(|f| f.at)
            .collect();
        answer.survey = Some(seen);
        // Of several patients the one of the call is meant; the others are somebody else's business.
        let entries = entries_at(raw, &places);
        let read = entries
            .iter()
            .filter_map(|(_, entry)| Some((Json::picked(entry.resource.get(), fields)?, entry)));
        let mut read: Vec<_> = read.collect();
        read.sort_by_key(|(node, _)| node.text_of("id") != Some(self.subject.id.as_str()));
        if let Some((node, entry)) = read.first() {
            self.take_patient(node, entry.full_url.as_deref());
        }
    }

    fn take_patient(&mut self, node: &Json<'_>, full_url: Option<&str>) {
        let id = node.text_of("id").or_else(|| id_in(full_url));
        let name = id.map_or_else(|| "Patient".to_owned(), |id| format!("Patient/{id}"));
        let identity = match id {
            None => Identity::NotStated,
            Some(id) if id == self.subject.id => Identity::Agrees,
            Some(_) => Identity::Differs,
        };
        if identity == Identity::Agrees {
            self.subject.full_url = full_url.map(str::to_owned);
        }
        self.chart.patient = chart::patient(node, ResourceRef::new(name));
        self.chart.patient.identity = identity;
    }

    /// Stage 1: the draft orders. Other requests are not read; other resources may be what an order points to.
    fn read_drafts(&mut self, request: &HookRequest<'a>) {
        let place = "/context/draftOrders";
        let Some((entries, more)) = all_entries(request.context.draft_orders, MAX_DRAFT_ENTRIES) else {
            self.notes.add(place, NoteKind::Unreadable);
            return;
        };
        if more {
            self.notes.add(place, NoteKind::TooManyOrders);
        }
        let selections: Vec<_> = request
            .context
            .selections
            .iter()
            .filter_map(|text| Reference::parse(text))
            .collect();
        for (at, entry) in entries.into_iter().enumerate() {
            let place = format!("{place}/entry/{at}/resource");
            let Some(entry) = entry else {
                self.notes.add(place, NoteKind::Unreadable);
                continue;
            };
            let node = Json::picked(entry.resource.get(), &orders::FIRST_LOOK);
            let Some((node, kind)) = node
                .as_ref()
                .and_then(|node| Some((node, node.text_of("resourceType")?)))
            else {
                self.notes.add(place, NoteKind::Unreadable);
                continue;
            };
            if kind != "ServiceRequest" {
                if orders::OLDER.contains(&kind) {
                    self.notes.add(place, NoteKind::OtherRelease);
                } else if let Some(kind) = Kind::named(kind) {
                    self.bundled.push(Bundled { place, kind, entry });
                }
                continue;
            }
            let full_url = entry.full_url.as_deref();
            let id = node.text_of("id").or_else(|| id_in(full_url));
            let selected = request.hook == Hook::OrderSign
                || selections
                    .iter()
                    .any(|selection| selection.names("ServiceRequest", id, full_url));
            let id = id.map(|id| ResourceRef::new(format!("ServiceRequest/{id}")));
            let read = if orders::is_r5(node) {
                self.notes.add(place.clone(), NoteKind::OtherRelease);
                ReadOrder::unread(id, selected)
            } else {
                ReadOrder::read(node, id, selected, &self.subject)
            };
            self.drafts.push(Draft {
                raw: entry.resource,
                place,
                matters: false,
                read,
            });
        }
        self.limit_drafts(place);
        self.note_repeated_ids();
    }

    /// Keeps the selected orders and, as far as there is room, the others.
    fn limit_drafts(&mut self, place: &str) {
        if self.drafts.len() <= MAX_ORDERS {
            return;
        }
        self.notes.add(place, NoteKind::TooManyOrders);
        let selected = self
            .drafts
            .iter()
            .filter(|draft| draft.read.is_selected())
            .count();
        let mut room = MAX_ORDERS.saturating_sub(selected);
        let mut kept = 0;
        self.drafts.retain(|draft| {
            let keep = kept < MAX_ORDERS && (draft.read.is_selected() || room > 0);
            if keep {
                kept += 1;
                room = room.saturating_sub(usize::from(!draft.read.is_selected()));
            }
            keep
        });
    }

    fn note_repeated_ids(&mut self) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let earlier = self.drafts.iter().take(at);
            if draft
                .read
                .id()
                .is_some_and(|id| earlier.clone().any(|other| other.read.id() == Some(id)))
            {
                self.notes.add(draft.place.clone(), NoteKind::RepeatedId);
            }
        }
    }

    /// The orders with their references resolved as far as the record has been read.
    fn orders(&self) -> Vec<DraftOrder> {
        self.drafts
            .iter()
            .map(|draft| draft.read.resolved(self))
            .collect()
    }

    fn mark_what_matters(&mut self, orders: &[DraftOrder]) -> bool {
        for (draft, order) in self.drafts.iter_mut().zip(orders) {
            draft.matters = self.interest.order_matters(order);
        }
        self.drafts.iter().any(|draft| draft.matters)
    }

    /// Where the orders that matter point to.
    fn wanted(&self) -> Vec<String> {
        let drafts = self.drafts.iter().filter(|draft| draft.matters);
        drafts
            .flat_map(|draft| draft.read.references().map(str::to_owned))
            .collect()
    }

    /// Looks at the answers of the chosen sources.
    fn survey(&mut self, chosen: impl Fn(Source) -> bool) {
        let wanted = self.wanted();
        let wanted: Vec<_> = wanted.iter().filter_map(|text| Reference::parse(text)).collect();
        for answer in self.answers.iter_mut().filter(|answer| chosen(answer.source)) {
            let Some(raw) = answer.raw else { continue };
            let seen = survey(raw, self.interest, &wanted);
            for at in &seen.broken {
                self.notes
                    .add(place_of(answer.key, Some(*at)), NoteKind::Unreadable);
            }
            answer.survey = Some(seen);
        }
    }

    /// Reads the entries found so far whose kind is chosen; each is read once.
    fn read_found(&mut self, chosen: impl Fn(Kind) -> bool) {
        let mut answers = std::mem::take(&mut self.answers);
        for answer in &mut answers {
            let (Some(raw), Some(seen)) = (answer.raw, &mut answer.survey) else {
                continue;
            };
            let take = |found: &mut Found| {
                let known = found
                    .only_if
                    .as_deref()
                    .is_none_or(|by| self.medicine(by).is_some());
                chosen(found.kind) && known
            };
            let found: Vec<Found> = seen.found.extract_if(.., take).collect();
            if found.is_empty() {
                continue;
            }
            if let Some(alone) = found.iter().find(|found| found.at.is_none()) {
                self.read_resource(&place_of(answer.key, None), alone.kind, raw, None);
                continue;
            }
            let places: Vec<usize> = found.iter().filter_map(|found| found.at).collect();
            for (at, entry) in entries_at(raw, &places) {
                let Some(found) = found.iter().find(|found| found.at == Some(at)) else {
                    continue;
                };
                let place = place_of(answer.key, Some(at));
                self.read_resource(&place, found.kind, entry.resource, entry.full_url.as_deref());
            }
        }
        self.answers = answers;
    }

    /// Reads what orders point to within the Bundle of draft orders.
    fn read_bundled(&mut self) {
        let wanted = self.wanted();
        let wanted: Vec<_> = wanted.iter().filter_map(|text| Reference::parse(text)).collect();
        for bundled in std::mem::take(&mut self.bundled) {
            let (raw, full_url) = (bundled.entry.resource, bundled.entry.full_url.as_deref());
            let node = Json::picked(raw.get(), &["id"]);
            let id = node.as_ref().and_then(|node| node.text_of("id"));
            let is_reason = matches!(
                bundled.kind,
                Kind::Condition | Kind::Observation | Kind::Procedure | Kind::Imaging(_) | Kind::Allergy
            );
            if is_reason
                && wanted
                    .iter()
                    .any(|by| by.names(bundled.kind.name(), id, full_url))
            {
                self.read_resource(&bundled.place, bundled.kind, raw, full_url);
            }
        }
    }

    /// Reads one resource of the record in full: repaired, checked, and only if it is about the patient of the call.
    fn read_resource(&mut self, place: &str, kind: Kind, raw: &RawValue, full_url: Option<&str>) {
        if self.read >= MAX_RESOURCES {
            self.notes.add(place, NoteKind::TooManyResources);
            self.cut.extend(kind.source());
            return;
        }
        self.read += 1;
        let checked = match checked(raw, kind.fields()) {
            Ok(checked) => checked,
            Err(why) => return self.notes.add(place, why),
        };
        self.notes.repairs(place, &checked.problems);
        let node = View::Element(&checked.element);
        if self.subject.named_by(node) == Identity::Differs {
            return self.notes.add(place, NoteKind::SomebodyElse);
        }
        let id = node.text_of("id").or_else(|| id_in(full_url));
        let name = match (id, full_url) {
            (Some(id), _) => format!("{}/{id}", kind.name()),
            (None, Some(url)) => url.to_owned(),
            (None, None) => format!("{}/#{}", kind.name(), self.read),
        };
        let is_draft = self
            .drafts
            .iter()
            .any(|draft| draft.read.id().is_some_and(|id| id.as_str() == name));
        if is_draft || self.names.contains_key(&name) {
            return; // It came under another key too, or is one of the unsigned orders and no part of the record.
        }
        if kind == Kind::Medication {
            let concept = datatypes::concept_of(node, "code");
            for name in std::iter::once(name).chain(full_url.map(str::to_owned)) {
                self.medicines.insert(name, concept.clone());
            }
            return;
        }
        let resource = ResourceRef::new(name.as_str());
        for name in std::iter::once(name).chain(full_url.map(str::to_owned)) {
            self.names.insert(name, resource.clone());
        }
        let medicines = &self.medicines;
        chart::add(&mut self.chart, kind, node, resource, |reference| {
            medicines.get(&Reference::parse(reference)?.canonical()).cloned()
        });
    }

    fn medicine(&self, reference: &str) -> Option<&Concept> {
        self.medicines.get(&Reference::parse(reference)?.canonical())
    }

    /// Stage 3: the orders that matter once more, repaired and checked.
    fn check_drafts(&mut self) {
        for draft in self.drafts.iter_mut().filter(|draft| draft.matters) {
            let (id, selected) = (draft.read.id().cloned(), draft.read.is_selected());
            draft.read = match checked(draft.raw, &orders::FIELDS) {
                Ok(checked) => {
                    self.notes.repairs(&draft.place, &checked.problems);
                    ReadOrder::read(View::Element(&checked.element), id, selected, &self.subject)
                }
                Err(why) => {
                    self.notes.add(draft.place.clone(), why);
                    ReadOrder::unread(id, selected)
                }
            };
        }
    }

    /// Lists the sources that were not delivered (see `sources` for what that means).
    fn tell_what_was_not_delivered(&mut self) {
        for source in Source::ALL {
            let mut of_source = self.answers.iter().filter(|answer| answer.source == source);
            let main = of_source.clone().any(|answer| answer.main);
            let fault = of_source.find(|answer| !answer.is_complete());
            if let Some(answer) = fault {
                self.notes
                    .add(place_of(answer.key, None), NoteKind::NotDelivered(source));
            }
            if !main || fault.is_some() || self.cut.contains(&source) {
                self.chart.undelivered.push(source);
            }
        }
    }

    fn finish(self, orders: Vec<DraftOrder>, today: Date) -> Translated<'a> {
        let originals = self
            .drafts
            .iter()
            .filter_map(|draft| Some((draft.read.id()?.clone(), draft.raw)));
        Translated {
            originals: Originals(originals.collect()),
            case: Case {
                today,
                orders,
                chart: self.chart,
            },
            notes: self.notes.0,
        }
    }
}

impl Answer<'_> {
    /// Whether the answer can be relied on. One that was not looked at must at least be an object.
    fn is_complete(&self) -> bool {
        match (&self.survey, self.raw) {
            (_, None) => true,
            (Some(seen), _) => {
                let fits = seen.alone.is_none_or(|kind| kind.source() == Some(self.source));
                seen.delivery == Delivery::Complete && fits
            }
            (None, Some(raw)) => raw.get().starts_with('{'),
        }
    }
}

impl<I> Lookup for Call<'_, '_, I> {
    fn find(&self, reference: &str) -> Option<ResourceRef> {
        let name = match Reference::parse(reference)? {
            Reference::Bare(id) => format!("{}/{id}", Kind::Condition.name()),
            other => other.canonical(),
        };
        self.names.get(&name).cloned()
    }

    fn concept(&self, resource: &ResourceRef) -> Option<Concept> {
        let chart = &self.chart;
        let conditions = chart.conditions.iter().map(|it| (&it.resource, &it.code));
        let procedures = chart.procedures.iter().map(|it| (&it.resource, &it.code));
        let observations = chart.observations.iter().map(|it| (&it.resource, &it.code));
        let allergies = chart
            .allergies
            .iter()
            .filter_map(|it| Some((&it.resource, it.substances.first()?)));
        let imaging = chart
            .imaging
            .iter()
            .filter_map(|it| Some((&it.resource, it.codes.first()?)));
        let mut all = conditions
            .chain(procedures)
            .chain(observations)
            .chain(allergies)
            .chain(imaging);
        all.find(|(name, _)| *name == resource)
            .map(|(_, concept)| concept.clone())
    }
}

/// The id at the end of a `fullUrl`.
fn id_in(full_url: Option<&str>) -> Option<&str> {
    match Reference::parse(full_url?)? {
        Reference::Typed(_, id) => Some(id),
        _ => None,
    }
}

fn place_of(key: &str, at: Option<usize>) -> String {
    match at {
        Some(at) => format!("/prefetch/{key}/entry/{at}/resource"),
        None => format!("/prefetch/{key}"),
    }
}
