//! Which parts of the record were delivered (see `sources` for what that means).

use super::Call;
use crate::cds_hooks::Prefetched;
use crate::engine::case::Source;
use crate::fhir::note::NoteKind;
use crate::fhir::sources::{KEYS, source_of};
use crate::fhir::survey::{Delivery, Survey};
use serde_json::value::RawValue;

/// One prefetched answer.
pub(super) struct Answer<'a> {
    /// Our name of its key.
    pub key: &'static str,
    pub source: Source,
    main: bool,
    /// `None` for `null`.
    pub raw: Option<&'a RawValue>,
    /// What the first look found, once it was taken.
    pub survey: Option<Survey<'a>>,
}

impl<'a> Answer<'a> {
    /// The answer under a key; `None` when the key is not ours.
    pub(super) fn of((key, value): (&str, Prefetched<'a>)) -> Option<Self> {
        let (source, main) = source_of(key)?;
        let known = KEYS.iter().find(|known| known.key == key).map(|known| known.key);
        Some(Self {
            key: known.unwrap_or("observations…"),
            source,
            main,
            raw: match value {
                Prefetched::Null => None,
                Prefetched::Value(raw) => Some(raw),
            },
            survey: None,
        })
    }

    /// Where one of its entries, or the answer itself, stands in the call.
    pub(super) fn place(&self, at: Option<usize>) -> String {
        match at {
            Some(at) => format!("/prefetch/{}/entry/{at}/resource", self.key),
            None => format!("/prefetch/{}", self.key),
        }
    }

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

impl<I> Call<'_, '_, I> {
    /// Lists the sources that were not delivered.
    pub(super) fn tell_what_was_not_delivered(&mut self) {
        for source in Source::ALL {
            let mut of_source = self.answers.iter().filter(|answer| answer.source == source);
            let main = of_source.clone().any(|answer| answer.main);
            let fault = of_source.find(|answer| !answer.is_complete());
            if let Some(answer) = fault {
                self.notes.add(answer.place(None), NoteKind::NotDelivered(source));
            }
            if !main || fault.is_some() || self.cut.contains(&source) {
                self.chart.undelivered.push(source);
            }
        }
    }
}
