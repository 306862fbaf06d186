//! Stages 2 and 3: the resources of the record that are worth reading.

use super::Call;
use crate::engine::case::{Identity, ResourceRef, Source};
use crate::fhir::kind::Kind;
use crate::fhir::note::NoteKind;
use crate::fhir::orders::Lookup;
use crate::fhir::reading::read;
use crate::fhir::reference::{Reference, id_in};
use crate::fhir::survey::{Found, Wanted, survey};
use crate::fhir::{Interest, chart, datatypes, schema};
use crate::terminology::Concept;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Resources of the record read in full per call; with more, the source they belong to counts as not delivered.
pub const MAX_RESOURCES: usize = 500;

/// The most text read for a call, in bytes, orders and record together.
pub const MAX_TEXT: usize = 256 * 1024;

impl<I: Interest> Call<'_, '_, I> {
    /// Takes note of text that was read; false when it is more than is judged.
    pub(super) fn room_for(&mut self, text: usize) -> bool {
        self.text = self.text.saturating_add(text);
        self.text <= MAX_TEXT
    }

    /// Looks at the answers of the chosen sources.
    pub(super) fn survey(&mut self, chosen: impl Fn(Source) -> bool) {
        let drafts = self.drafts.iter().filter(|draft| draft.matters);
        let references: Vec<_> = drafts
            .flat_map(|draft| draft.references().filter_map(Reference::parse))
            .collect();
        let wanted = Wanted {
            references: &references,
            server: self.subject.server.as_deref(),
        };
        for answer in self.answers.iter_mut().filter(|answer| chosen(answer.source)) {
            let Some(raw) = answer.raw else { continue };
            let seen = survey(raw, self.interest, wanted);
            for at in &seen.broken {
                self.notes.add(answer.place(Some(*at)), NoteKind::Unreadable);
                self.chart.partly_read.push(answer.source);
            }
            if seen.partial {
                self.notes
                    .add(answer.place(None), NoteKind::NotDelivered(answer.source));
                self.chart.partly_read.push(answer.source);
            }
            answer.survey = Some(seen);
        }
    }

    /// Reads the entries found so far whose kind is chosen; each is read once.
    pub(super) fn read_found(&mut self, chosen: impl Fn(Kind) -> bool) {
        let mut answers = std::mem::take(&mut self.answers);
        for answer in &mut answers {
            let Some(seen) = &mut answer.survey else { continue };
            let take = |found: &mut Found<'_>| {
                let known = found
                    .only_if
                    .as_deref()
                    .is_none_or(|by| self.medicine(by).is_some());
                chosen(found.kind) && known
            };
            let found: Vec<Found<'_>> = seen.found.extract_if(.., take).collect();
            for found in found {
                let place = answer.place(found.at);
                self.read_resource(place, found.kind, found.text, found.full_url.as_deref());
            }
        }
        self.answers = answers;
    }

    /// Reads what orders point to within the Bundle of draft orders.
    pub(super) fn read_bundled(&mut self) {
        let server = self.subject.server.clone();
        for bundled in std::mem::take(&mut self.bundled) {
            let full_url = bundled.entry.full_url.as_deref();
            let is_reason = matches!(
                bundled.kind,
                Kind::Condition | Kind::Observation | Kind::Procedure | Kind::Imaging(_) | Kind::Allergy
            );
            let (kind, id) = (bundled.kind.name(), bundled.id.as_deref());
            let names = |text| {
                let reference = Reference::parse(text);
                reference.is_some_and(|by| by.names(kind, id, full_url, server.as_deref()))
            };
            let mut drafts = self.drafts.iter().filter(|draft| draft.matters);
            if is_reason && drafts.any(|draft| draft.references().any(names)) {
                let text = bundled.entry.resource.get();
                self.read_resource(bundled.place, bundled.kind, text, full_url);
            }
        }
    }

    /// Reads one resource of the record in full: repaired, and only if it is about the patient of the call.
    fn read_resource(&mut self, place: String, kind: Kind, text: &str, full_url: Option<&str>) {
        if self.read >= MAX_RESOURCES {
            self.notes.add(place, NoteKind::TooManyResources);
            self.cut.extend(kind.source());
            return;
        }
        self.read += 1;
        let Ok(read) = read(text, schema::of(kind)) else {
            self.chart.partly_read.extend(kind.source());
            return self.notes.add(place, NoteKind::Unreadable);
        };
        let node = read.node();
        self.notes.repairs(&place, &read.problems);
        let room = self.room_for(read.text);
        if !room || read.is_partial() {
            self.chart.partly_read.extend(kind.source());
            let why = if room {
                NoteKind::Partial
            } else {
                NoteKind::TooMuchText
            };
            return self.notes.add(place, why);
        }
        self.subject.learn_server(full_url);
        if self.subject.named_by(node) == Identity::Differs {
            return self.notes.add(place, NoteKind::SomebodyElse);
        }
        let id = node.text_of("id").or_else(|| id_in(full_url));
        let name = match (id, full_url) {
            (Some(id), _) => format!("{}/{id}", kind.name()),
            (None, Some(url)) => url.to_owned(),
            (None, None) => format!("{}/#{}", kind.name(), self.read),
        };
        let is_draft = |id: &ResourceRef| id.as_str() == name;
        let is_draft = self
            .drafts
            .iter()
            .any(|draft| draft.id.as_ref().is_some_and(is_draft));
        if is_draft || self.names.contains_key(&name) {
            return; // It came under another key too, or is one of the unsigned orders and no part of the record.
        }
        let url = full_url.and_then(Reference::parse).and_then(Reference::absolute);
        if kind == Kind::Medication {
            let concept = datatypes::concept_of(node, "code");
            for name in url.into_iter().chain([name]) {
                self.medicines.insert(name, concept.clone());
            }
            return;
        }
        let resource = ResourceRef::new(name.as_str());
        for name in url.into_iter().chain([name]) {
            self.names.insert(name, resource.clone());
        }
        let (medicines, server) = (&self.medicines, self.subject.server.as_deref());
        let elsewhere = Cell::new(false);
        let medicine = |reference: &str| {
            let reference = Reference::parse(reference)?;
            let found = found_in(medicines, reference, server);
            elsewhere.set(found.is_none() && reference.is_foreign(server));
            found.cloned()
        };
        let dated = chart::add(&mut self.chart, kind, node, resource, medicine);
        if elsewhere.get() {
            self.notes.add(place.clone(), NoteKind::OtherServer);
        }
        if !dated {
            self.notes.add(place, NoteKind::Untold);
        }
    }

    /// Entries that name a medicine by a reference alone, to what was not sent: it may be a treatment.
    pub(super) fn note_unknown_medicines(&mut self) {
        let surveys = || self.answers.iter().flat_map(|answer| &answer.survey);
        let server = self.subject.server.as_deref();
        let sent = |reference: &str| {
            let reference = Reference::parse(reference);
            let medicine = Kind::Medication.name();
            let mut sent = surveys().flat_map(|seen| &seen.medicines);
            reference.is_some_and(|by| {
                sent.any(|(id, url)| by.names(medicine, id.as_deref(), url.as_deref(), server))
            })
        };
        for answer in &self.answers {
            let found = answer.survey.iter().flat_map(|seen| &seen.found);
            for entry in
                found.filter(|entry| !entry.told && entry.only_if.as_deref().is_some_and(|by| !sent(by)))
            {
                self.notes.add(answer.place(entry.at), NoteKind::UnknownMedicine);
                self.chart.partly_read.push(answer.source);
            }
        }
    }

    fn medicine(&self, reference: &str) -> Option<&Concept> {
        let reference = Reference::parse(reference)?;
        found_in(&self.medicines, reference, self.subject.server.as_deref())
    }

    /// Orders that matter and point to another server, as far as what they point to was not sent along.
    pub(super) fn note_other_servers(&mut self) {
        let server = self.subject.server.as_deref();
        for draft in self.drafts.iter().filter(|draft| draft.matters) {
            let foreign = |reference: &str| {
                let parsed = Reference::parse(reference);
                parsed.is_some_and(|it| it.is_foreign(server)) && self.find(reference).is_none()
            };
            if draft.references().any(foreign) {
                self.notes.add(draft.place.clone(), NoteKind::OtherServer);
            }
        }
    }
}

/// What a reference leads to: by its full address first, and by type and id only within the server of the record.
fn found_in<'m, T>(
    named: &'m BTreeMap<String, T>,
    reference: Reference<'_>,
    server: Option<&str>,
) -> Option<&'m T> {
    let by_address = reference.absolute().and_then(|url| named.get(&url));
    by_address.or_else(|| {
        let name = match reference {
            _ if reference.is_foreign(server) => return None,
            Reference::Bare(id) => format!("{}/{id}", Kind::Condition.name()),
            other => other.local(),
        };
        named.get(&name)
    })
}

impl<I> Lookup for Call<'_, '_, I> {
    fn find(&self, reference: &str) -> Option<ResourceRef> {
        let reference = Reference::parse(reference)?;
        found_in(&self.names, reference, self.subject.server.as_deref()).cloned()
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
