//! Has it spread to distant organs? By codes, a stage, or words.

use super::Reader;
use crate::engine::case::{Condition, Observation, PartialDate, ResourceRef};
use crate::engine::counts;
use crate::engine::language::{Finding, Reading, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Member;
use crate::knowledge::files::MetastasisSite;
use crate::knowledge::vocabulary::{List, Role};

impl Reader<'_, '_> {
    /// Distant metastases: the latest that is dated, else any. What came after a resection decides (R6c, R6d).
    pub(super) fn metastases(&self) -> Option<(Evidence, Option<PartialDate>)> {
        let mut found = self.coded_metastases();
        found.extend(self.staged_metastases());
        for read in self.tumour_conditions().filter(|r| asserted(r.condition)) {
            if let Finding::Found(words) = &read.reading().metastasis {
                let condition = read.condition;
                let date = self.told([condition.onset, condition.recorded]);
                let list = List::MetastasisAsserted.name();
                found.push((marks::worded(&condition.resource, list, words, date), date));
            }
        }
        let latest = found
            .iter()
            .filter_map(|(_, date)| *date)
            .map(PartialDate::latest)
            .max();
        let found = found
            .into_iter()
            .find(|(_, date)| date.map(PartialDate::latest) == latest);
        // The words of an order have no date: they tell where the chart does not.
        found.or_else(|| match &self.order.reading().metastasis {
            Finding::Found(words) => {
                let list = List::MetastasisAsserted.name();
                Some((marks::worded(&self.order.id, list, words, None), None))
            }
            _ => None,
        })
    }

    /// The earliest date; one in the future is none.
    fn told(&self, dates: [Option<PartialDate>; 2]) -> Option<PartialDate> {
        let past = dates
            .into_iter()
            .flatten()
            .filter(|d| d.earliest() <= self.case.today);
        past.min()
    }

    fn coded_metastases(&self) -> Vec<(Evidence, Option<PartialDate>)> {
        let only_cancer = self.chart.other_malignancies.is_empty();
        let mut found = Vec::new();
        for condition in self.case.chart.conditions.iter().filter(|c| counts::condition(c)) {
            let past = matches!(
                condition.clinical_status.as_deref(),
                Some("inactive" | "resolved" | "remission")
            );
            if !asserted(condition) || past {
                continue;
            }
            let marks = Marks::of(self.knowledge, condition.stages.iter().chain([&condition.code]));
            let distant = |m: &&Member| m.entry.site != Some(MetastasisSite::RegionalOrDistantNode);
            let member = marks.find(Role::MetNet).or_else(|| marks.find(Role::StageM1));
            let member = member.or_else(|| {
                marks
                    .iter()
                    .filter(|m| m.role == Role::MetGeneric && only_cancer)
                    .find(distant)
            });
            if let Some(member) = member {
                let date = self.told([condition.onset, condition.recorded]);
                let evidence = marks::coded(self.knowledge, &condition.resource, member, date);
                found.push((evidence, date));
            }
        }
        found
    }

    /// Results that tell the stage, by code or by words.
    fn staged_metastases(&self) -> Vec<(Evidence, Option<PartialDate>)> {
        use crate::engine::case::ObservedValue::{Coded, Quantity, Text as Words};
        let results = self
            .case
            .chart
            .observations
            .iter()
            .filter(|o| counts::observation(o) && Marks::of(self.knowledge, [&o.code]).has(Role::Stage));
        let read = |o: &Observation| {
            let date = self.told([o.date, None]);
            match o.value.as_ref()? {
                Coded(concept) => match Marks::of(self.knowledge, [concept]).find(Role::StageM1) {
                    Some(member) => Some((marks::coded(self.knowledge, &o.resource, member, date), date)),
                    None => self.stage_words(&o.resource, &Text::join(concept.words()), date),
                },
                Words(words) => self.stage_words(&o.resource, words, date),
                Quantity { .. } => None,
            }
        };
        results.filter_map(read).collect()
    }

    fn stage_words(
        &self,
        id: &ResourceRef,
        words: &str,
        date: Option<PartialDate>,
    ) -> Option<(Evidence, Option<PartialDate>)> {
        match Reading::of(&Text::new(self.knowledge, words)).metastasis {
            Finding::Found(words) => Some((
                marks::worded(id, List::MetastasisAsserted.name(), &words, date),
                date,
            )),
            _ => None,
        }
    }
}

/// Stated as a fact: what is only suspected asserts no spread.
fn asserted(condition: &Condition) -> bool {
    matches!(condition.verification.as_deref(), None | Some("confirmed"))
}
