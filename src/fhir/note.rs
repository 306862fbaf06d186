//! What was odd about the data of a call: for the trace and for integrators, never an error.
//!
//! A note names a place by keys and positions and says what was done; it never quotes a value of the request.

use super::defect::{Defect, Problem};
use crate::engine::case::Source;

/// Notes kept per call; an odd request must not produce a book.
const MAX_NOTES: usize = 100;

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// JSON pointer into the request, such as `/prefetch/conditions/entry/3/resource`.
    pub place: String,
    /// What was odd there.
    pub kind: NoteKind,
}

/// What was odd, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the texts below say it")]
pub enum NoteKind {
    Unreadable,
    OlderRelease(&'static str),
    MixedReleases,
    SomebodyElse,
    OtherServer,
    Untold,
    RepeatedId,
    TooManyOrders,
    TooManyResources,
    TooMuchText,
    Partial,
    UnknownMedicine,
    NotDelivered(Source),
    Repaired(Defect),
}

impl Note {
    /// The oddity in words.
    #[must_use]
    pub fn text(&self) -> String {
        match self.kind {
            NoteKind::Unreadable => "cannot be read; left out".to_owned(),
            NoteKind::OlderRelease(release) => {
                format!(
                    "is an order of FHIR {release}, which is not supported (R4, R4B and R5 are); left out"
                )
            }
            NoteKind::MixedReleases => "mixes elements of FHIR R4 and R5; left out".to_owned(),
            NoteKind::SomebodyElse => "is about another patient than the call; left out".to_owned(),
            NoteKind::OtherServer => "points to another FHIR server; not followed".to_owned(),
            NoteKind::Untold => "tells when it happened without a date; it counts as undated".to_owned(),
            NoteKind::RepeatedId => "has the id of another draft order; it cannot be replaced".to_owned(),
            NoteKind::TooManyOrders => "has more orders than are judged; the rest is left out".to_owned(),
            NoteKind::TooManyResources => "is one more resource than is read for a call; left out".to_owned(),
            NoteKind::TooMuchText => "goes beyond the text that is read for a call; left out".to_owned(),
            NoteKind::Partial => "cannot be taken for what was sent; left out".to_owned(),
            NoteKind::UnknownMedicine => {
                "names a medicine that was not sent; it counts as unknown".to_owned()
            }
            NoteKind::NotDelivered(source) => {
                format!("does not tell all {}; they count as unknown", source.key())
            }
            NoteKind::Repaired(defect) => defect.text().to_owned(),
        }
    }
}

/// The notes of one call.
#[derive(Debug, Default)]
pub(super) struct Notes(pub Vec<Note>);

impl Notes {
    pub(super) fn add(&mut self, place: impl Into<String>, kind: NoteKind) {
        if self.0.len() < MAX_NOTES {
            self.0.push(Note {
                place: place.into(),
                kind,
            });
        }
    }

    pub(super) fn repairs(&mut self, place: &str, problems: &[Problem]) {
        for problem in problems {
            self.add(
                format!("{place}{}", problem.path),
                NoteKind::Repaired(problem.problem),
            );
        }
    }
}
