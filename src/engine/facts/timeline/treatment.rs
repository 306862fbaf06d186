//! Was it treated other than by removing it? What began before the diagnosis, or is given for something else, is not.

use super::{Reader, days};
use crate::engine::case::{Medication, PartialDate, Procedure};
use crate::engine::counts;
use crate::engine::facts::Fact;
use crate::engine::language::{Finding, Reading, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Member;
use crate::knowledge::files::Unless;
use crate::knowledge::vocabulary::{List, Role, Window};

impl Reader<'_, '_> {
    pub(super) fn treated(&self, metastatic: bool) -> Fact<bool> {
        for procedure in self.case.chart.procedures.iter().filter(|p| counts::procedure(p)) {
            if self.before_diagnosis(procedure.performed) {
                continue;
            }
            if let Some(evidence) = self.treating_procedure(procedure, metastatic) {
                return Fact::with(true, evidence);
            }
        }
        for medication in self
            .case
            .chart
            .medications
            .iter()
            .filter(|m| counts::medication(m))
        {
            if self.before_diagnosis(medication.start) {
                continue;
            }
            if let Some(evidence) = self.treating_medicine(medication, metastatic) {
                return Fact::with(true, evidence);
            }
        }
        if let Some(evidence) = self.treated_by_words() {
            return Fact::with(true, evidence);
        }
        match &self.order.reading().treatment_done {
            Some(words) => Fact::with(
                true,
                marks::worded(&self.order.id, List::TreatmentDone.name(), words, None),
            ),
            None => Fact::bare(false),
        }
    }

    /// "PRRT completed" in the words of the tumour, or as a line of the problem list of its own.
    fn treated_by_words(&self) -> Option<Evidence> {
        let list = List::TreatmentDone;
        self.chart.conditions.iter().find_map(|read| {
            let condition = read.condition;
            let words = read.reading().treatment_done.as_deref()?;
            let of_tumour = self.is_of_tumour(condition);
            let date = condition.onset.or(condition.recorded);
            let counts =
                of_tumour || (self.names_treatment(&read.diagnosis.text) && !self.before_diagnosis(date));
            counts.then(|| marks::worded(&condition.resource, list.name(), words, date))
        })
    }

    /// A line that is not the tumour's own tells of its treatment only by a treatment that is given for such tumours.
    fn names_treatment(&self, text: &Text<'_>) -> bool {
        let shared = self.chart.other_malignancies.is_empty() && !text.mentions(List::NotAntitumour);
        text.mentions(List::Prrt)
            || (shared
                && [List::LiverDirected, List::Systemic, List::ExternalBeam]
                    .iter()
                    .any(|l| text.mentions(*l)))
    }

    /// Something that began before the tumour was found treats something else.
    fn before_diagnosis(&self, date: Option<PartialDate>) -> bool {
        matches!((date, self.diagnosed), (Some(d), Some(diagnosed)) if d.latest() < diagnosed)
    }

    fn treating_procedure(&self, procedure: &Procedure, metastatic: bool) -> Option<Evidence> {
        let marks = Marks::of(self.knowledge, [&procedure.code]);
        let text = self.words_of(procedure);
        let date = procedure.performed;
        let by_code = |m: &Member| Some(marks::coded(self.knowledge, &procedure.resource, m, date));
        let lutetium = || text.mentions(List::Lutetium);
        if let Some(member) = marks
            .iter()
            .find(|m| m.role == Role::Prrt && (!m.entry.weak || lutetium()))
        {
            return by_code(member);
        }
        if let Some(member) = marks.find(Role::LiverDirected) {
            return by_code(member);
        }
        if let Some(member) = marks.find(Role::LiverResection) {
            let reasons = Marks::of(self.knowledge, &procedure.reasons);
            let says = member.entry.site.is_some()
                || text.mentions(List::MetastasisWord)
                || reasons.any(&[Role::MetNet, Role::MetGeneric]);
            return if metastatic || says { by_code(member) } else { None };
        }
        if !marks.is_empty() || matches!(Reading::of(&text).resection, Finding::Negated(_)) {
            return None;
        }
        let lists = [List::Prrt, List::LiverDirected, List::ExternalBeam];
        let found = lists
            .into_iter()
            .find_map(|l| text.not_negated(l).map(|w| (l, w)));
        found.map(|(list, words)| marks::worded(&procedure.resource, list.name(), &words, date))
    }

    fn treating_medicine(&self, medicine: &Medication, metastatic: bool) -> Option<Evidence> {
        let marks = Marks::of(self.knowledge, [&medicine.code]);
        let text = Text::new(self.knowledge, &Text::join(medicine.code.words()));
        let by_code = |m: &Member| {
            Some(marks::coded(
                self.knowledge,
                &medicine.resource,
                m,
                medicine.start,
            ))
        };
        if marks.has(Role::SystemicNotAntitumour) {
            return None;
        }
        if let Some(member) = marks.iter().find(|m| m.role == Role::Prrt && !m.entry.weak) {
            return by_code(member);
        }
        if let Some(member) = marks.find(Role::Systemic) {
            let counts = match member.entry.unless {
                Some(Unless::OtherCancer) => self.chart.other_malignancies.is_empty(),
                Some(Unless::OtherUse) => !self.other_use(medicine),
                None => true,
            };
            return if counts { by_code(member) } else { None };
        }
        if let Some(member) = marks.find(Role::Ssa) {
            return if metastatic && self.long_enough(medicine) {
                by_code(member)
            } else {
                None
            };
        }
        if !marks.is_empty() {
            return None;
        }
        let by_words = |list: List| {
            text.not_negated(list)
                .map(|w| marks::worded(&medicine.resource, list.name(), &w, medicine.start))
        };
        if let Some(evidence) = by_words(List::Prrt) {
            return Some(evidence);
        }
        if let Some(evidence) = by_words(List::Systemic) {
            let counts = self.chart.other_malignancies.is_empty() && !self.other_use(medicine);
            return counts.then_some(evidence);
        }
        by_words(List::Ssa).filter(|_| metastatic && self.long_enough(medicine))
    }

    /// Given for a transplant, tuberous sclerosis or another cancer rather than for this tumour.
    fn other_use(&self, medicine: &Medication) -> bool {
        let reasons = medicine.reasons.iter();
        let conditions = self
            .case
            .chart
            .conditions
            .iter()
            .filter(|c| counts::condition(c))
            .map(|c| &c.code);
        let words = Text::join(reasons.chain(conditions).flat_map(|c| c.words()));
        Text::new(self.knowledge, &words)
            .not_negated(List::NotAntitumour)
            .is_some()
            || Marks::of(self.knowledge, &medicine.reasons).any(&[Role::Malignancy, Role::SyndromeHint])
                && !Marks::of(self.knowledge, &medicine.reasons).has(Role::PnetSpecific)
    }

    fn long_enough(&self, medicine: &Medication) -> bool {
        let Some(start) = medicine.start else { return false };
        let end = medicine
            .end
            .map_or(self.case.today, |e| e.latest().min(self.case.today));
        days(start.earliest(), end) >= self.window(Window::SsaExposure)
    }
}
