//! Has it spread to distant organs? By codes, a stage, or words.

use super::Reader;
use crate::engine::case::{PartialDate, ResourceRef};
use crate::engine::counts;
use crate::engine::language::{Finding, Reading, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Member;
use crate::knowledge::files::MetastasisSite;
use crate::knowledge::vocabulary::{List, Role};

impl Reader<'_> {
    /// Distant metastases, with their date if one is told.
    pub(super) fn metastases(&self) -> Option<(Evidence, Option<PartialDate>)> {
        let only_cancer = self.chart.other_malignancies.is_empty();
        for condition in self.case.chart.conditions.iter().filter(|c| counts::condition(c)) {
            let verified = matches!(condition.verification.as_deref(), None | Some("confirmed"));
            let past = matches!(
                condition.clinical_status.as_deref(),
                Some("inactive" | "resolved" | "remission")
            );
            if !verified || past {
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
                let date = [condition.onset, condition.recorded].into_iter().flatten().min();
                return Some((
                    marks::coded(self.knowledge, &condition.resource, member, date),
                    date,
                ));
            }
        }
        for observation in self
            .case
            .chart
            .observations
            .iter()
            .filter(|o| counts::observation(o))
        {
            use crate::engine::case::ObservedValue::{Coded, Quantity, Text as Words};
            if !Marks::of(self.knowledge, [&observation.code]).has(Role::Stage) {
                continue;
            }
            match observation.value.as_ref() {
                Some(Coded(concept)) => {
                    if let Some(member) = Marks::of(self.knowledge, [concept]).find(Role::StageM1) {
                        let evidence =
                            marks::coded(self.knowledge, &observation.resource, member, observation.date);
                        return Some((evidence, observation.date));
                    }
                    let words = Text::join(concept.words());
                    if let Some(found) = self.stage_words(&observation.resource, &words, observation.date) {
                        return Some(found);
                    }
                }
                Some(Words(words)) => {
                    if let Some(found) = self.stage_words(&observation.resource, words, observation.date) {
                        return Some(found);
                    }
                }
                Some(Quantity { .. }) | None => {}
            }
        }
        let in_words = self
            .tumour_conditions()
            .find_map(|read| match &read.reading().metastasis {
                Finding::Found(words) => Some((&read.condition.resource, words)),
                _ => None,
            });
        let order = match &self.order.reading().metastasis {
            Finding::Found(words) => Some((&self.order.id, words)),
            _ => None,
        };
        let (resource, words) = in_words.or(order)?;
        Some((
            marks::worded(resource, List::MetastasisAsserted.name(), words, None),
            None,
        ))
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
