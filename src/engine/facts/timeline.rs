//! R5, §5: when was it found, was it operated on, has it spread, was it treated?

use super::disease::{Course, Kind, Tumour};
use super::{ChartFacts, Fact, OrderFacts, ReadCondition};
use crate::engine::case::{Case, Condition, Medication, Observation, PartialDate, Procedure, ResourceRef};
use crate::engine::counts;
use crate::engine::language::{Finding, Reading, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::files::{MetastasisSite, Unless};
use crate::knowledge::vocabulary::{List, Role, Window};
use crate::knowledge::{Knowledge, Member};
use jiff::civil::Date;

/// How a resection is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the scenario table")]
pub enum Resection {
    None,
    Chart,
    Phrase,
}

/// Distant spread, and whether it came after a resection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the scenario table")]
pub enum Metastatic {
    None,
    BeforeResection,
    Present,
}

/// The course of the disease as far as the record tells it.
#[derive(Debug)]
pub struct Timeline {
    /// Found within the window, or undated.
    pub new: Fact<bool>,
    /// A relapse by status or code.
    pub recurrence: Fact<bool>,
    /// The tumour was removed.
    pub resection: Fact<Resection>,
    /// It has spread to distant organs.
    pub metastatic: Fact<Metastatic>,
    /// It was treated otherwise.
    pub treated: Fact<bool>,
    /// The primary was ablated.
    pub ablated: Fact<bool>,
}

impl Resection {
    /// The word of the scenario table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Chart => "chart",
            Self::Phrase => "phrase",
        }
    }
}

impl Metastatic {
    /// The word of the scenario table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::BeforeResection => "before_resection",
            Self::Present => "present",
        }
    }
}

/// Reads the course of the disease for one order.
#[must_use]
pub fn decide(
    knowledge: &Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    order: &OrderFacts<'_>,
) -> Timeline {
    let reader = Reader {
        knowledge,
        case,
        chart,
        order,
        diagnosed: diagnosed(case, chart),
    };
    let (resection, resected_on) = reader.resection();
    let spread = reader.metastases();
    let metastatic = match spread {
        None => Fact::bare(Metastatic::None),
        Some((evidence, date)) => {
            let before = matches!((date, resected_on), (Some(m), Some(r)) if m.latest() <= r);
            Fact::with(
                if before {
                    Metastatic::BeforeResection
                } else {
                    Metastatic::Present
                },
                evidence,
            )
        }
    };
    let spread_known = metastatic.value != Metastatic::None;
    Timeline {
        new: reader.newly_diagnosed(),
        recurrence: reader.recurrence(),
        treated: reader.treated(spread_known),
        ablated: reader.ablated(),
        resection,
        metastatic,
    }
}

/// The earliest date of the tumour.
fn diagnosed(case: &Case, chart: &ChartFacts) -> Option<Date> {
    let pnets = chart
        .tumours
        .iter()
        .filter(|t| t.kind == Kind::Pnet || t.kind == Kind::Siteless);
    pnets
        .filter_map(|t| t.date)
        .map(PartialDate::earliest)
        .filter(|d| *d <= case.today)
        .min()
}

struct Reader<'a> {
    knowledge: &'a Knowledge,
    case: &'a Case,
    chart: &'a ChartFacts<'a>,
    order: &'a OrderFacts<'a>,
    diagnosed: Option<Date>,
}

impl Reader<'_> {
    fn window(&self, window: Window) -> i64 {
        self.knowledge.window(window)
    }

    /// The tumour diagnoses: their words can tell of surgery and spread.
    fn tumour_conditions(&self) -> impl Iterator<Item = &ReadCondition<'_>> {
        let tumours = &self.chart.tumours;
        let of_tumour = |c: &&ReadCondition<'_>| tumours.iter().any(|t| t.resource == c.condition.resource);
        self.chart.conditions.iter().filter(of_tumour)
    }

    fn newly_diagnosed(&self) -> Fact<bool> {
        let Some(diagnosed) = self.diagnosed else {
            return Fact::bare(true);
        };
        let age = days(diagnosed, self.case.today);
        let first = self
            .chart
            .tumours
            .iter()
            .filter(|t| t.date.is_some_and(|d| d.earliest() == diagnosed));
        let evidence = first.map(|t| t.evidence.clone()).take(1).collect();
        Fact {
            value: age <= self.window(Window::NewDiagnosis),
            evidence,
        }
    }

    fn recurrence(&self) -> Fact<bool> {
        let tumours: &[Tumour] = &self.chart.tumours;
        if let Some(tumour) = tumours
            .iter()
            .find(|t| matches!(t.kind, Kind::Pnet | Kind::Siteless) && t.course == Course::Recurrent)
        {
            return Fact::with(true, tumour.evidence.clone());
        }
        for condition in self.case.chart.conditions.iter().filter(|c| counts::condition(c)) {
            if let Some(member) = Marks::of(self.knowledge, [&condition.code]).find(Role::Recurrence) {
                return Fact::with(
                    true,
                    marks::coded(self.knowledge, &condition.resource, member, condition.recorded),
                );
            }
        }
        if let Some(evidence) = &self.order.names.recurrence {
            return Fact::with(true, evidence.clone());
        }
        match &self.order.reading().recurrence {
            Some(words) => Fact::with(
                true,
                marks::worded(&self.order.id, List::Recurrence.name(), words, None),
            ),
            None => Fact::bare(false),
        }
    }

    /// The resection that counts, and its date.
    fn resection(&self) -> (Fact<Resection>, Option<Date>) {
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
        for read in self.tumour_conditions() {
            if let Finding::Found(words) = &read.reading().resection {
                let evidence =
                    marks::worded(&read.condition.resource, List::ResectionDone.name(), words, None);
                return (Fact::with(Resection::Chart, evidence), None);
            }
        }
        match &self.order.reading().resection {
            Finding::Found(words) => {
                let evidence = marks::worded(&self.order.id, List::ResectionDone.name(), words, None);
                (Fact::with(Resection::Phrase, evidence), None)
            }
            _ => (Fact::bare(Resection::None), None),
        }
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

    fn words_of(&self, procedure: &Procedure) -> Text<'_> {
        let words = procedure
            .code
            .words()
            .chain(procedure.notes.iter().map(String::as_str));
        Text::new(self.knowledge, &Text::join(words))
    }

    /// Distant metastases: the latest that is dated, else any. What came after a resection decides (R6c, R6d).
    fn metastases(&self) -> Option<(Evidence, Option<PartialDate>)> {
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

    fn treated(&self, metastatic: bool) -> Fact<bool> {
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
        match &self.order.reading().treatment_done {
            Some(words) => Fact::with(
                true,
                marks::worded(&self.order.id, List::TreatmentDone.name(), words, None),
            ),
            None => Fact::bare(false),
        }
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

    fn ablated(&self) -> Fact<bool> {
        for procedure in self.case.chart.procedures.iter().filter(|p| counts::procedure(p)) {
            let marks = Marks::of(self.knowledge, [&procedure.code]);
            if let Some(member) = marks.find(Role::LocalAblation) {
                return Fact::with(
                    true,
                    marks::coded(self.knowledge, &procedure.resource, member, procedure.performed),
                );
            }
        }
        Fact::bare(false)
    }
}

/// Stated as a fact: what is only suspected asserts no spread.
fn asserted(condition: &Condition) -> bool {
    matches!(condition.verification.as_deref(), None | Some("confirmed"))
}

/// Whole days from one date to another.
#[must_use]
pub fn days(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |s| s.get_days()))
}

fn before(date: Date, days: i64) -> Option<Date> {
    date.checked_sub(jiff::Span::new().try_days(days).ok()?).ok()
}
