//! R1, §3: which imaging study does an order ask for?
//!
//! Codes first, then words; contrast and tracer are never assumed. Several orders can make up one study (`composite`).

mod codes;
pub mod composite;
mod text;

use super::case::{DraftOrder, ResourceRef};
use super::language::{Reading, Text};
use super::marks::Marks;
use super::trace::Evidence;
use crate::knowledge::files::{EusPurpose, IvContrast, Modality, Tracer};
use crate::knowledge::vocabulary::{List, Role};
use crate::knowledge::{Knowledge, Shape, Study};
use crate::terminology::Coding;
use std::cell::OnceCell;

/// The study one order asks for, and what that was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What it consists of.
    pub shape: Shape,
    /// What it was read from.
    pub evidence: Vec<Evidence>,
}

impl Asked {
    /// The study of the catalogue with this shape.
    #[must_use]
    pub fn study<'k>(&self, knowledge: &'k Knowledge) -> Option<&'k Study> {
        knowledge.study_shaped(&self.shape).or_else(|| {
            // Scintigraphy is told by its tracer, whatever part of the body the code names.
            let nuclear = self.shape.modality == Modality::NM;
            let same = |s: &&Study| s.shape.modality == Modality::NM && s.shape.tracer == self.shape.tracer;
            knowledge.studies().iter().filter(|_| nuclear).find(same)
        })
    }
}

/// The texts of an order that describe the study, apart from those that give the reason. Made ready when asked for.
pub(super) struct StudyTexts<'a> {
    knowledge: &'a Knowledge,
    order: &'a DraftOrder,
    what: OnceCell<Text<'a>>,
    how: OnceCell<Text<'a>>,
}

impl<'a> StudyTexts<'a> {
    pub fn of(knowledge: &'a Knowledge, order: &'a DraftOrder) -> Self {
        Self {
            knowledge,
            order,
            what: OnceCell::new(),
            how: OnceCell::new(),
        }
    }

    /// Code text, displays, details, body sites: what is ordered.
    pub fn what(&self) -> &Text<'a> {
        self.what.get_or_init(|| {
            let sites = self.order.body_sites.iter().flat_map(|c| c.words());
            self.of_this_study(self.described().chain(sites))
        })
    }

    /// The same with notes: how it is to be done.
    pub fn how(&self) -> &Text<'a> {
        if self.order.notes.is_empty() && self.order.body_sites.is_empty() {
            return self.what();
        }
        self.how.get_or_init(|| {
            let notes = self.notes_that_stand().iter().map(String::as_str);
            self.of_this_study(self.described().chain(notes))
        })
    }

    /// The notes from the last one on that replaces what was written before it.
    fn notes_that_stand(&self) -> &'a [String] {
        let replaces = |note: &String| Text::new(self.knowledge, note).mentions(List::InstructionsReplaced);
        let notes = self.order.notes.as_slice();
        let from = match notes.len() {
            0 | 1 => 0,
            _ => notes.iter().rposition(replaces).unwrap_or_default(),
        };
        notes.get(from..).unwrap_or_default()
    }

    /// Reasons, and what is sent along.
    pub fn why(&self) -> Text<'a> {
        let reasons = self.order.reasons.iter().filter_map(|c| c.text.as_deref());
        let supporting = self.order.supporting.iter().flat_map(|c| c.words());
        self.of_this_study(reasons.chain(supporting))
    }

    /// Words about an earlier study ("compare with ...") say nothing of this one.
    fn of_this_study(&self, pieces: impl Iterator<Item = &'a str>) -> Text<'a> {
        Text::new(self.knowledge, &Text::join(pieces)).without(&[List::StudyPrior])
    }

    fn described(&self) -> impl Iterator<Item = &'a str> {
        self.order
            .code
            .words()
            .chain(self.order.details.iter().flat_map(|c| c.words()))
    }
}

/// True when an order may be imaging: by code, or by a word for a modality. Cheap, and rather too often than too seldom.
#[must_use]
pub fn names_imaging(knowledge: &Knowledge, order: &DraftOrder) -> bool {
    let coded = order
        .code
        .codings
        .iter()
        .any(|c| knowledge.study_coded(c).is_some());
    coded || text::names_modality(knowledge, order)
}

/// The codes of an order for imaging that only the site can explain, and no map of its codes does.
#[must_use]
pub fn unmapped(knowledge: &Knowledge, order: &DraftOrder, identified: bool) -> Vec<Coding> {
    let foreign = |c: &&Coding| match (&c.system, &c.code) {
        (Some(system), Some(code)) => knowledge.is_unmapped(system, code),
        _ => false,
    };
    let codes: Vec<Coding> = order.code.codings.iter().filter(foreign).cloned().collect();
    let imaging = || {
        identified
            || Marks::of(knowledge, &order.categories).has(Role::OrderImaging)
            || text::names_modality(knowledge, order)
    };
    if codes.is_empty() || !imaging() {
        return Vec::new();
    }
    codes
}

/// Reads the study from an order; `None` when nothing names one.
#[must_use]
pub fn identify(knowledge: &Knowledge, order: &DraftOrder) -> Option<Asked> {
    let id = order
        .id
        .clone()
        .unwrap_or_else(|| ResourceRef::new("ServiceRequest"));
    let texts = StudyTexts::of(knowledge, order);
    // Imaging that guides a needle or plans radiation answers no question about stage.
    if texts.what().mentions(List::StudyGuidance) {
        return None;
    }
    let mut asked = codes::read(knowledge, &id, order).or_else(|| text::read(&id, &texts))?;
    settle_contrast(&mut asked, &id, &texts);
    settle_tracer(knowledge, &mut asked, &id, order, &texts);
    Some(asked)
}

/// Code and words that disagree on contrast make it unknown; words fill in what a code leaves open.
fn settle_contrast(asked: &mut Asked, id: &ResourceRef, texts: &StudyTexts<'_>) {
    use IvContrast::{None, Unknown, With, WithoutAndWith};
    if !matches!(asked.shape.modality, Modality::CT | Modality::MR) || asked.shape.angiography {
        return;
    }
    let Some((stated, words)) = text::contrast(texts.how()) else {
        return;
    };
    let settled = match (asked.shape.contrast, stated) {
        (None, With | WithoutAndWith) | (With | WithoutAndWith, None) | (_, Unknown) => Unknown,
        // That contrast is given may stand in a note; that none is given is believed of the ordered words only.
        (Unknown, stated)
            if !asked.shape.regions.is_empty()
                && (stated != None || text::contrast(texts.what()).is_some()) =>
        {
            stated
        }
        (coded, _) => coded,
    };
    if settled != asked.shape.contrast {
        asked.shape.contrast = settled;
        asked
            .evidence
            .push(super::marks::worded(id, "contrast", &words, Option::None));
    }
}

/// PET codes carry no tracer: it stands in another code, in the details, or in the words (§3.5).
fn settle_tracer(
    knowledge: &Knowledge,
    asked: &mut Asked,
    id: &ResourceRef,
    order: &DraftOrder,
    texts: &StudyTexts<'_>,
) {
    let nuclear = matches!(
        asked.shape.modality,
        Modality::PET | Modality::PETCT | Modality::PETMR | Modality::NM
    );
    if !nuclear || !matches!(asked.shape.tracer, None | Some(Tracer::Unknown)) {
        return;
    }
    let ordered = order.details.iter().chain([&order.code]);
    // What is sent along may be about an earlier scan: it counts only where the order itself names no tracer.
    let named = codes::tracer(knowledge, id, ordered).or_else(|| {
        let silent = text::tracer(&texts.how().without(&[List::SstrNegative])).is_none();
        codes::tracer(knowledge, id, order.supporting.iter().filter(|_| silent))
    });
    if let Some((tracer, evidence)) = named {
        asked.shape.tracer = Some(tracer);
        asked.evidence.push(evidence);
        return;
    }
    // The reason may speak of an earlier scan; it is read last, and not at all where it tells of a negative one.
    let how = texts.how().without(&[List::SstrNegative]);
    let why = texts.why().without(&[List::SstrNegative]);
    if let Some((tracer, words)) = text::tracer(&how).or_else(|| text::tracer(&why)) {
        asked.shape.tracer = Some(tracer);
        asked
            .evidence
            .push(super::marks::worded(id, "tracer", &words, None));
    }
    // Scintigraphy is told by its own agent only: a PET tracer in the words is about another study.
    if asked.shape.modality == Modality::NM && asked.shape.tracer != Some(Tracer::SstrSpect) {
        asked.shape.tracer = Some(Tracer::Unknown);
    }
}

/// Sampling words turn a diagnostic endoscopic ultrasound into sampling, therapeutic words into therapy (§3.7).
#[must_use]
pub fn settle_purpose<'r>(
    mut asked: Asked,
    id: &ResourceRef,
    reading: impl FnOnce() -> &'r Reading,
) -> Asked {
    if asked.shape.purpose != Some(EusPurpose::Diagnostic) {
        return asked;
    }
    let reading = reading();
    let (purpose, list, words) = match (&reading.tissue, &reading.therapeutic_eus) {
        (Some(words), _) => (EusPurpose::Sampling, List::Tissue, words),
        (None, Some(words)) => (EusPurpose::Therapeutic, List::TherapeuticEus, words),
        (None, None) => return asked,
    };
    asked.shape.purpose = Some(purpose);
    asked
        .evidence
        .push(super::marks::worded(id, list.name(), words, None));
    asked
}
