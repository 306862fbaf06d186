//! The triggers of §7, one after the other. A trigger that does not hold is silence.

use super::super::facts::OrderFacts;
use super::super::facts::coverage::Done;
use super::super::facts::disease::Disease;
use super::super::facts::link::Link;
use super::super::facts::modifiers::Modifiers;
use super::super::facts::person::Person;
use super::super::scenario::Ground;
use super::super::trace::Evidence;
use super::super::{AppropriatenessCategory, Indicator, Key};
use crate::knowledge::files::{EusPurpose, IvContrast, Modality, Region, Tracer, Voice};
use crate::knowledge::{Knowledge, Study};

/// The kind that asks which question is meant.
pub(super) const ASK: &str = "ASK_SCENARIO";

/// A card kind that applies.
#[derive(Debug)]
pub(super) struct Found {
    pub kind: Key,
    pub indicator: Indicator,
    pub is_modifier: bool,
    /// What it tells of the chart: its own kind and evidence, later also those merged into it.
    pub modifiers: Vec<(Key, Evidence)>,
}

/// Everything the triggers look at.
pub(super) struct Situation<'a, 'k> {
    pub knowledge: &'a Knowledge,
    pub ground: &'a Ground<'a>,
    pub study: &'a Study,
    pub facts: &'a OrderFacts<'k>,
    pub changes: &'a Modifiers,
    pub recent: &'a [Done],
    /// Other studies about the tumour in the basket.
    pub others: &'a [&'a Study],
    /// Every study in the basket, whatever it is about.
    pub all: &'a [&'a Study],
}

impl Situation<'_, '_> {
    /// Every kind that applies.
    pub fn found(&self) -> Vec<Found> {
        let mut found = Vec::new();
        match self.ground.voice {
            Voice::Silent => {}
            Voice::Ask => {
                let rated = self.ground.rating_if_asked;
                if matches!(
                    rated,
                    AppropriatenessCategory::UsuallyNotAppropriate
                        | AppropriatenessCategory::MayBeAppropriate
                ) {
                    self.ask(&mut found);
                }
            }
            Voice::Rated => {
                self.primaries(&mut found);
                self.modifiers(&mut found);
            }
        }
        found
    }

    fn card(&self, found: &mut Vec<Found>, kind: &str, indicator: Indicator) {
        // A kind without words for this scenario cannot be shown; the knowledge lint asks for words at all.
        if let Some(kind) = self.knowledge.words().kind(kind).filter(|k| self.worded(k)) {
            found.push(Found {
                kind,
                indicator,
                is_modifier: false,
                modifiers: Vec::new(),
            });
        }
    }

    /// Which question is meant? Not asked where the order answers it.
    fn ask(&self, found: &mut Vec<Found>) {
        if !self.ground.answered {
            self.card(found, ASK, Indicator::Info);
        }
    }

    fn modifier(&self, found: &mut Vec<Found>, kind: &str, severe: bool, evidence: &Evidence) {
        if let Some(kind) = self.knowledge.words().kind(kind).filter(|k| self.worded(k)) {
            let indicator = if severe {
                Indicator::Warning
            } else {
                Indicator::Info
            };
            found.push(Found {
                modifiers: vec![(kind.clone(), evidence.clone())],
                kind,
                indicator,
                is_modifier: true,
            });
        }
    }

    /// Whether the words of a kind hold for the scenario.
    fn worded(&self, kind: &Key) -> bool {
        let only_for = self.knowledge.words().cards.get(kind).map(|c| &c.only_for);
        let named = |only: &Vec<String>| {
            self.ground
                .scenario
                .is_some_and(|s| only.iter().any(|o| **o == *s.key))
        };
        only_for.is_none_or(|only| only.is_empty() || named(only))
    }

    fn modality(&self) -> Modality {
        self.study.shape.modality
    }

    fn regions(&self) -> &[Region] {
        &self.study.shape.regions
    }

    fn enhanced(&self) -> bool {
        matches!(
            self.study.shape.contrast,
            IvContrast::With | IvContrast::WithoutAndWith
        )
    }

    fn ct_or_mr(&self) -> bool {
        matches!(self.modality(), Modality::CT | Modality::MR) && !self.study.shape.angiography
    }

    fn explicit(&self) -> bool {
        self.ground.link == Link::Explicit
    }

    /// A study that covers staging is drafted too, or was done recently.
    fn covered(&self) -> bool {
        self.others.iter().any(|s| s.covers_staging) || self.recently_covered()
    }

    fn recently_covered(&self) -> bool {
        self.recent.iter().any(|d| d.covers_staging)
    }

    fn primaries(&self, found: &mut Vec<Found>) {
        use AppropriatenessCategory::{MayBeAppropriate, UsuallyNotAppropriate};
        let shape = &self.study.shape;
        let rating = self.ground.rating;
        let pregnant_mr = self.changes.pregnancy.is_some() && self.modality() == Modality::MR;
        if self.ct_or_mr()
            && rating == UsuallyNotAppropriate
            && shape.contrast == IvContrast::None
            && !pregnant_mr
        {
            let sure = matches!(self.ground.link, Link::Explicit | Link::Linked);
            let loud = sure && self.ground.person == Person::Adult && !self.covered();
            self.card(
                found,
                "UNA_NONCONTRAST",
                if loud { Indicator::Warning } else { Indicator::Info },
            );
        }
        if self.modality() == Modality::EUS {
            self.endoscopic_ultrasound(found);
        }
        let informative = self.changes.high_grade.is_some() || self.changes.sstr_negative.is_some();
        if shape.tracer == Some(Tracer::Fdg) && rating == MayBeAppropriate && !informative {
            self.card(found, "MBA_FDG", Indicator::Info);
        }
        let pelvis = self
            .others
            .iter()
            .any(|s| s.shape.regions.contains(&Region::Pelvis));
        if self.ct_or_mr() && self.enhanced() && self.regions() == [Region::Abdomen] && !pelvis {
            self.card(found, "COVERAGE_PELVIS", Indicator::Info);
        }
        if self.ct_or_mr()
            && shape.contrast == IvContrast::Unknown
            && self.regions().contains(&Region::Abdomen)
        {
            self.card(found, "CONTRAST_UNKNOWN", Indicator::Info);
        }
        if matches!(self.modality(), Modality::PET | Modality::PETCT) && shape.tracer == Some(Tracer::Unknown)
        {
            self.card(found, "TRACER_UNKNOWN", Indicator::Info);
        }
        if shape.tracer == Some(Tracer::SstrSpect) {
            self.card(found, "OLD_SSTR_SCAN", Indicator::Info);
        }
        let chest_ct = |s: &Study| s.shape.modality == Modality::CT && s.shape.regions == [Region::Chest];
        let chest_only = chest_ct(self.study) && self.all.iter().all(|s| chest_ct(s));
        if self.explicit() && chest_only && !self.recently_covered() {
            self.card(found, "CHEST_ONLY", Indicator::Info);
        }
        if self.explicit() && self.partial_view() {
            self.card(found, "NO_RATING_HELD", Indicator::Info);
        }
        let repeated = self.study.covers_staging && self.recent.iter().any(|d| d.study == self.study.key);
        if repeated && self.facts.reading().repeat_reason.is_none() {
            self.card(found, "DUPLICATE", Indicator::Info);
        }
    }

    /// Ultrasound, MRCP, or an enhanced study of liver or pancreas alone.
    fn partial_view(&self) -> bool {
        let organ = [Region::Liver, Region::Pancreas]
            .iter()
            .any(|r| self.regions() == [*r]);
        let ducts = self.regions() == [Region::BiliaryPancreaticDucts];
        self.modality() == Modality::US || (self.ct_or_mr() && (ducts || (organ && self.enhanced())))
    }

    fn endoscopic_ultrasound(&self, found: &mut Vec<Found>) {
        let reading = self.facts.reading();
        let confirmed = self.ground.disease == Disease::Confirmed;
        let metastatic = reading.metastatic_staging.is_some();
        let unrated = self.ground.rating != AppropriatenessCategory::UsuallyNotAppropriate;
        match self.study.shape.purpose {
            Some(EusPurpose::Diagnostic) if confirmed && !unrated && !self.covered() => {
                if metastatic && reading.tissue.is_none() {
                    let loud = reading.local.is_none() && self.ground.person == Person::Adult;
                    self.card(
                        found,
                        "UNA_EUS",
                        if loud { Indicator::Warning } else { Indicator::Info },
                    );
                } else if !metastatic {
                    self.ask(found);
                }
            }
            Some(EusPurpose::Sampling) if confirmed && metastatic && reading.tissue.is_none() => {
                self.ask(found);
            }
            _ => {}
        }
    }

    fn modifiers(&self, found: &mut Vec<Found>) {
        let changes = self.changes;
        let shape = &self.study.shape;
        let enhanced_mr = self.modality() == Modality::MR && self.enhanced();
        let enhanced_ct = self.modality() == Modality::CT && self.enhanced();
        if let Some(evidence) = &changes.pregnancy {
            let ionising = matches!(
                self.modality(),
                Modality::CT | Modality::PET | Modality::PETCT | Modality::PETMR
            );
            let plain_mr = self.modality() == Modality::MR
                && shape.contrast == IvContrast::None
                && self.ground.rating == AppropriatenessCategory::UsuallyNotAppropriate;
            let exposed = ionising || enhanced_mr || plain_mr;
            if exposed {
                self.modifier(found, "MOD_PREGNANCY", false, evidence);
            }
        }
        if let Some(evidence) = changes.device.as_ref().filter(|_| enhanced_mr) {
            self.modifier(
                found,
                "MOD_MRI_DEVICE",
                changes.mri_contraindicated.is_some(),
                changes.mri_contraindicated.as_ref().unwrap_or(evidence),
            );
        }
        // An allergy, an implant or a kidney that explains a plain study is answered on its card.
        let plain = self.ct_or_mr()
            && shape.contrast == IvContrast::None
            && self.ground.rating == AppropriatenessCategory::UsuallyNotAppropriate;
        let answers_plain = |evidence: &Evidence, kind: &str, found: &mut Vec<Found>| {
            self.modifier(found, kind, false, evidence)
        };
        if let Some(evidence) = &changes.iodine_allergy {
            if enhanced_ct {
                self.modifier(found, "MOD_IODINE", changes.iodine_severe, evidence);
            } else if plain {
                answers_plain(evidence, "MOD_IODINE", found);
            }
        }
        if let Some(evidence) = &changes.gadolinium_allergy {
            if enhanced_mr {
                self.modifier(found, "MOD_GAD", changes.gadolinium_severe, evidence);
            } else if plain {
                answers_plain(evidence, "MOD_GAD", found);
            }
        }
        if let Some(evidence) = &changes.renal {
            if enhanced_ct {
                self.modifier(found, "MOD_RENAL", false, evidence);
            } else if plain {
                answers_plain(evidence, "MOD_RENAL", found);
            }
        }
        if let Some(evidence) = changes.device.as_ref().filter(|_| plain) {
            answers_plain(evidence, "MOD_MRI_DEVICE", found);
        }
        let sstr = shape.tracer == Some(Tracer::Sstr) && self.modality() == Modality::PETCT;
        let alone = self.all.len() == 1;
        if let Some(evidence) = changes.high_grade.as_ref().filter(|_| sstr && alone) {
            self.modifier(found, "MOD_HIGH_GRADE", false, evidence);
        }
        if let Some(evidence) = changes
            .bone
            .as_ref()
            .filter(|_| self.ct_or_mr() && self.enhanced())
        {
            let receptor = |s: &Study| s.shape.tracer == Some(Tracer::Sstr);
            let done = self
                .recent
                .iter()
                .filter_map(|d| self.knowledge.study(&d.study))
                .any(receptor);
            let drafted = self.others.iter().any(|s| receptor(s));
            if changes.high_grade.is_none() && !done && !drafted {
                self.modifier(found, "MOD_BONE", false, evidence);
            }
        }
    }

    /// What is not known, or was assumed, for one card.
    pub fn limits(&self, card: &Found, unseen: bool) -> Vec<(Key, Vec<Key>)> {
        let mut limits: Vec<(Key, Vec<Key>)> = Vec::new();
        let mut add = |key: &str, about: Vec<Key>| limits.push((key.into(), about));
        if self.ground.person == Person::AgeUnknown {
            add("age_unknown", Vec::new());
        }
        if self.ground.link == Link::Presumed {
            add("no_reason_stated", Vec::new());
        }
        if self.ground.subject_unknown {
            add("subject_unknown", Vec::new());
        }
        if let Some(doubt) = self.ground.doubt {
            add(doubt.key(), Vec::new());
        }
        if self.ground.undated {
            add("undated", Vec::new());
        }
        if self.ground.only_on_order {
            add("only_on_order", Vec::new());
        }
        if self.ground.disease == Disease::Suspected {
            add("not_proven", Vec::new());
        }
        if self.ground.by_extension && &*card.kind == "UNA_NONCONTRAST" {
            add("by_extension", Vec::new());
        }
        let covering = self
            .others
            .iter()
            .filter(|s| s.covers_staging)
            .map(|s| s.key.clone());
        let covering: Vec<Key> = covering
            .chain(
                self.recent
                    .iter()
                    .filter(|d| d.covers_staging)
                    .map(|d| d.study.clone()),
            )
            .collect();
        if !covering.is_empty() {
            add("covered", covering);
        }
        match self.ground.voice {
            // Where records are missing, the line that names them says more.
            Voice::Rated if !unseen => {
                if let Some(assumes) = self.ground.scenario.and_then(|s| s.entry.assumes.as_deref()) {
                    add(assumes, Vec::new());
                }
            }
            Voice::Ask => add("question", Vec::new()),
            Voice::Rated | Voice::Silent => {}
        }
        limits
    }
}
