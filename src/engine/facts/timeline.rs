//! R5, §5: when was it found, was it operated on, has it spread, was it treated?

mod spread;
mod surgery;
mod treatment;

use super::disease::{Course, Kind, Tumour};
use super::{ChartFacts, Fact, OrderFacts, ReadCondition};
use crate::engine::case::{Case, Condition, PartialDate, Procedure};
use crate::engine::counts;
use crate::engine::language::{Dated, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::{List, Role, Window};
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
    /// The order itself says that it was found long ago.
    pub dated_old: bool,
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
    let dated_old = reader.dated_old();
    let spread_known = metastatic.value != Metastatic::None;
    Timeline {
        new: reader.newly_diagnosed(dated_old.as_ref()),
        dated_old: dated_old.is_some(),
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

struct Reader<'a, 'k> {
    knowledge: &'a Knowledge,
    case: &'a Case,
    chart: &'a ChartFacts<'a>,
    order: &'a OrderFacts<'k>,
    diagnosed: Option<Date>,
}

impl Reader<'_, '_> {
    fn window(&self, window: Window) -> i64 {
        self.knowledge.window(window)
    }

    /// The tumour diagnoses: their words can tell of surgery and spread.
    fn tumour_conditions(&self) -> impl Iterator<Item = &ReadCondition<'_>> {
        let tumours = &self.chart.tumours;
        let of_tumour = |c: &&ReadCondition<'_>| tumours.iter().any(|t| t.resource == c.condition.resource);
        self.chart.conditions.iter().filter(of_tumour)
    }

    /// True for a diagnosis of the tumour itself.
    fn is_of_tumour(&self, condition: &Condition) -> bool {
        let of = |read: &ReadCondition<'_>| read.condition.resource == condition.resource;
        self.tumour_conditions().any(of)
    }

    /// The words of the order that make the tumour an old one, whatever the chart says: "dx 2019", "5 years out".
    fn dated_old(&self) -> Option<Evidence> {
        let told = &self.order.reading().dated;
        let words = &told.iter().find(|d| is_old(self.knowledge, self.case, d))?.words;
        Some(marks::worded(&self.order.id, List::Dated.name(), words, None))
    }

    fn newly_diagnosed(&self, dated_old: Option<&Evidence>) -> Fact<bool> {
        if let Some(evidence) = dated_old {
            return Fact::with(false, evidence.clone());
        }
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
        for read in self.tumour_conditions() {
            if let Some(words) = &read.reading().recurrence {
                let list = List::Recurrence.name();
                let date = read.condition.recorded;
                return Fact::with(true, marks::worded(&read.condition.resource, list, words, date));
            }
        }
        if let Some(evidence) = &self.order.reasons.recurrence {
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

    fn words_of(&self, procedure: &Procedure) -> Text<'_> {
        let words = procedure
            .code
            .words()
            .chain(procedure.notes.iter().map(String::as_str));
        Text::new(self.knowledge, &Text::join(words))
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
            let text = self.words_of(procedure);
            let words = text
                .not_negated(List::LocalAblationWords)
                .filter(|_| marks.is_empty());
            if let Some(words) = words {
                let list = List::LocalAblationWords.name();
                return Fact::with(
                    true,
                    marks::worded(&procedure.resource, list, &words, procedure.performed),
                );
            }
        }
        Fact::bare(false)
    }
}

/// True when words date a tumour to before the window of a new one.
#[must_use]
pub fn is_old(knowledge: &Knowledge, case: &Case, told: &Dated) -> bool {
    told.year.is_none_or(|year| {
        let found = PartialDate::Year(year).latest();
        days(found, case.today) > knowledge.window(Window::NewDiagnosis)
    })
}

/// Whole days from one date to another.
#[must_use]
pub fn days(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |s| s.get_days()))
}

fn before(date: Date, days: i64) -> Option<Date> {
    date.checked_sub(jiff::Span::new().try_days(days).ok()?).ok()
}
