//! Was the tumour removed? By an operation on record, a recorded state, or words of a diagnosis or the order.

use super::{Reader, Resection, before};
use crate::engine::case::{PartialDate, Procedure};
use crate::engine::counts;
use crate::engine::facts::Fact;
use crate::engine::facts::disease::Kind;
use crate::engine::language::{Finding, Reading, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::vocabulary::{List, Role, Window};
use jiff::civil::Date;

impl Reader<'_, '_> {
    /// The resection that counts, and its date.
    pub(super) fn resection(&self) -> (Fact<Resection>, Option<Date>) {
        let earliest = self
            .diagnosed
            .and_then(|d| before(d, self.window(Window::ResectionBeforeDiagnosis)));
        let too_early =
            |date: Option<PartialDate>| matches!((date, earliest), (Some(d), Some(e)) if d.latest() < e);
        let mut explained = false;
        let mut found: Option<(Evidence, Option<PartialDate>)> = None;
        for procedure in self.case.chart.procedures.iter().filter(|p| counts::procedure(p)) {
            let Some(evidence) = self.resection_procedure(procedure) else {
                continue;
            };
            let performed = procedure.performed.filter(|d| d.earliest() <= self.case.today);
            if too_early(performed) {
                explained = true;
            } else if found.as_ref().is_none_or(|(_, d)| performed > *d) {
                found = Some((evidence, performed));
            }
        }
        if let Some((evidence, date)) = found {
            return (
                Fact::with(Resection::Chart, evidence),
                date.map(PartialDate::latest),
            );
        }
        // Absence of the pancreas is a state: its date is when it was written down, and an older operation may explain it.
        for condition in self.case.chart.conditions.iter().filter(|c| counts::condition(c)) {
            let marks = Marks::of(self.knowledge, [&condition.code]);
            let date = condition.onset.or(condition.recorded);
            if let Some(member) = marks
                .find(Role::Resection)
                .filter(|_| !explained && !too_early(date))
            {
                let evidence = marks::coded(self.knowledge, &condition.resource, member, date);
                return (Fact::with(Resection::Chart, evidence), None);
            }
        }
        // "S/p Whipple" may be a line of the problem list of its own, or stand in the words of the tumour.
        for read in &self.chart.conditions {
            let of_tumour = self.is_of_tumour(read.condition);
            let date = read.condition.onset.or(read.condition.recorded);
            if !of_tumour && (explained || too_early(date)) {
                continue;
            }
            let pancreas = of_tumour || speaks_of_pancreas(&read.diagnosis.text);
            if let Finding::Found(words) = &read.reading().resection
                && pancreas
            {
                let evidence =
                    marks::worded(&read.condition.resource, List::ResectionDone.name(), words, None);
                return (Fact::with(Resection::Chart, evidence), None);
            }
        }
        if let Some(evidence) = self.specimen(&too_early) {
            return (Fact::with(Resection::Chart, evidence), None);
        }
        match &self.order.reading().resection {
            Finding::Found(words) => {
                let evidence = marks::worded(&self.order.id, List::ResectionDone.name(), words, None);
                (Fact::with(Resection::Phrase, evidence), None)
            }
            _ => (Fact::bare(Resection::None), None),
        }
    }

    /// A pathologist who describes a specimen of the pancreas, its margins or a pathological stage had one to look at.
    fn specimen(&self, too_early: &dyn Fn(Option<PartialDate>) -> bool) -> Option<Evidence> {
        let results = self.case.chart.observations.iter();
        results
            .filter(|o| counts::observation(o) && !too_early(o.date))
            .find_map(|o| {
                let told = o.value.as_ref()?.told()?;
                let text = Text::new(self.knowledge, &Text::join(told.words()));
                let tumours = &self.chart.tumours;
                let ours = speaks_of_pancreas(&text)
                    || tumours
                        .iter()
                        .any(|t| t.resource == o.resource && t.kind == Kind::Pnet);
                let list = List::ResectionSpecimen;
                let words = text.not_negated(list).filter(|_| ours)?;
                Some(marks::worded(&o.resource, list.name(), &words, o.date))
            })
    }

    fn resection_procedure(&self, procedure: &Procedure) -> Option<Evidence> {
        let marks = Marks::of(self.knowledge, [&procedure.code]);
        let text = self.words_of(procedure);
        let done = Reading::of(&text).resection;
        if marks.has(Role::ResectionAbortedOrBiopsy) || matches!(done, Finding::Negated(_)) {
            return None;
        }
        if let Some(member) = marks.find(Role::Resection) {
            return Some(marks::coded(
                self.knowledge,
                &procedure.resource,
                member,
                procedure.performed,
            ));
        }
        if matches!(done, Finding::Planned(_)) || !marks.is_empty() {
            return None;
        }
        let words = text.not_negated(List::ResectionName)?;
        Some(marks::worded(
            &procedure.resource,
            List::ResectionName.name(),
            &words,
            procedure.performed,
        ))
    }
}

/// Names the organ, or an operation that is done on no other.
fn speaks_of_pancreas(text: &Text<'_>) -> bool {
    let lists = [List::ResectionName, List::PancreasWord];
    lists.into_iter().any(|list| text.mentions(list))
}
