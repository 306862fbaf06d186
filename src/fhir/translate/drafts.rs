//! Stage 1: the draft orders.

use super::Call;
use crate::cds_hooks::{FaultKind, Hook, HookRequest, RequestFault};
use crate::engine::case::ResourceRef;
use crate::fhir::Interest;
use crate::fhir::bundle::{Piece, RawEntry, all_entries};
use crate::fhir::defect::Problem;
use crate::fhir::kind::Kind;
use crate::fhir::node::{FhirElement, Node};
use crate::fhir::note::NoteKind;
use crate::fhir::reading::{Read, read, read_strictly};
use crate::fhir::reference::{Reference, id_in};
use crate::fhir::{orders, schema};
use serde_json::value::RawValue;

/// Draft orders judged per call; selected ones first.
pub const MAX_ORDERS: usize = 50;

/// Entries of `draftOrders` looked at.
const MAX_DRAFT_ENTRIES: usize = 500;

/// An unsigned order and where it was sent.
pub(super) struct Draft<'a> {
    pub raw: &'a RawValue,
    pub place: String,
    /// `ServiceRequest/o1`.
    pub id: Option<ResourceRef>,
    /// Whether the hook asks about it.
    pub selected: bool,
    /// What it says; `None` when it cannot be told.
    pub element: Option<FhirElement>,
    /// What had to be repaired to read it.
    pub problems: Vec<Problem>,
    /// Whether it is the kind of order that is judged.
    pub matters: bool,
}

impl Draft<'_> {
    /// The references that point out of the order.
    pub(super) fn references(&self) -> impl Iterator<Item = &str> {
        self.element.iter().map(Node::from).flat_map(orders::references)
    }
}

/// A resource that came along with the draft orders.
pub(super) struct Bundled<'a> {
    pub place: String,
    pub kind: Kind,
    pub id: Option<String>,
    pub entry: RawEntry<'a>,
}

impl<'a, I: Interest> Call<'a, '_, I> {
    /// Reads the orders. Other requests are not read; other resources may be what an order points to.
    pub(super) fn read_drafts(&mut self, request: &HookRequest<'a>) -> Result<(), RequestFault> {
        let place = "/context/draftOrders";
        let Some((entries, more)) = all_entries(request.context.draft_orders, MAX_DRAFT_ENTRIES) else {
            self.notes.add(place, NoteKind::Unreadable);
            return Ok(());
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
            match entry {
                Piece::Entry(entry) => self.read_draft(request.hook, place, entry, &selections)?,
                Piece::Empty => self.notes.add(place, NoteKind::Unreadable),
                Piece::Broken => return Err(unsound(place)),
            }
        }
        self.limit_drafts(place);
        self.note_repeated_ids();
        Ok(())
    }

    fn read_draft(
        &mut self,
        hook: Hook,
        place: String,
        entry: RawEntry<'a>,
        selections: &[Reference<'_>],
    ) -> Result<(), RequestFault> {
        let text = entry.resource.get();
        let strictly = read_strictly(text, schema::order());
        let is_sound = strictly.is_ok();
        // What is no order need not mean one thing everywhere: it does not go back.
        let Ok(read) = strictly.or_else(|_| read(text, schema::order())) else {
            return Err(unsound(place));
        };
        let partial = read.is_partial() || !self.room_for(read.text);
        let Read {
            element, problems, ..
        } = read;
        let node = Node::from(&element);
        let Some(kind) = node.text_of("resourceType") else {
            self.notes.add(place, NoteKind::Unreadable);
            return Ok(());
        };
        let full_url = entry.full_url.as_deref();
        let id = node.text_of("id").or_else(|| id_in(full_url));
        if kind != "ServiceRequest" {
            if let Some(release) = orders::older_release(kind, node) {
                self.notes.add(place, NoteKind::OlderRelease(release));
            } else if let Some(kind) = Kind::named(kind) {
                let id = id.map(str::to_owned);
                self.bundled.push(Bundled {
                    place,
                    kind,
                    id,
                    entry,
                });
            }
            return Ok(());
        }
        if !is_sound {
            return Err(unsound(place));
        }
        self.subject.learn_server(full_url);
        let server = self.subject.server.as_deref();
        let selected = hook == Hook::OrderSign
            || selections
                .iter()
                .any(|selection| selection.names("ServiceRequest", id, full_url, server));
        let id = id.map(|id| ResourceRef::new(format!("ServiceRequest/{id}")));
        let mixed = orders::mixes_releases(node);
        if mixed {
            self.notes.add(place.clone(), NoteKind::MixedReleases);
        }
        if partial {
            self.notes.repairs(&place, &problems);
            self.notes.add(place.clone(), NoteKind::Partial);
        }
        self.drafts.push(Draft {
            raw: entry.resource,
            place,
            id,
            selected,
            element: Some(element).filter(|_| !mixed && !partial),
            problems,
            matters: false,
        });
        Ok(())
    }

    /// Keeps the selected orders and, as far as there is room, the others.
    fn limit_drafts(&mut self, place: &str) {
        if self.drafts.len() <= MAX_ORDERS {
            return;
        }
        self.notes.add(place, NoteKind::TooManyOrders);
        let selected = self.drafts.iter().filter(|draft| draft.selected).count();
        let mut room = MAX_ORDERS.saturating_sub(selected);
        let mut kept = 0;
        self.drafts.retain(|draft| {
            let keep = kept < MAX_ORDERS && (draft.selected || room > 0);
            if keep {
                kept += 1;
                room = room.saturating_sub(usize::from(!draft.selected));
            }
            keep
        });
    }

    fn note_repeated_ids(&mut self) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let mut earlier = self.drafts.iter().take(at);
            if draft.id.is_some() && earlier.any(|other| other.id == draft.id) {
                self.notes.add(draft.place.clone(), NoteKind::RepeatedId);
            }
        }
    }
}

/// An order that is no sound JSON.
fn unsound(pointer: String) -> RequestFault {
    RequestFault {
        kind: FaultKind::Structure,
        message: format!("{pointer} is not sound JSON: a member is repeated, or an escape is no character"),
        pointer,
    }
}
