//! What the chart changes about an offer or an order: implants, allergies, kidney, pregnancy, grade, bone (§7).
//!
//! None of these changes an ACR rating; they merge into a card, reorder what is offered, or speak by themselves.

use super::disease::Kind;
use super::timeline::days;
use super::{ChartFacts, OrderFacts};
use crate::engine::case::{Case, Comparator, Observation, ObservedValue, PartialDate, ResourceRef};
use crate::engine::counts;
use crate::engine::language::{Assertion, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::files::{Differentiation, MetastasisSite};
use crate::knowledge::vocabulary::{List, Role, Window};
use crate::terminology::Concept;

/// What is known of a modifier: `None` when nothing on record speaks for it.
#[derive(Debug, Default)]
pub struct Modifiers {
    /// An implant that needs a check before MRI, not known to be cleared.
    pub device: Option<Evidence>,
    /// The record says MRI is contraindicated or unsafe.
    pub mri_contraindicated: Option<Evidence>,
    /// MRI is not tolerated or not to be had.
    pub mri_not_possible: Option<Evidence>,
    /// Allergy to iodinated contrast, or contrast of unknown class.
    pub iodine_allergy: Option<Evidence>,
    /// That allergy was severe.
    pub iodine_severe: bool,
    /// Allergy to gadolinium contrast.
    pub gadolinium_allergy: Option<Evidence>,
    /// That allergy was severe.
    pub gadolinium_severe: bool,
    /// Severely reduced kidney function, not on dialysis.
    pub renal: Option<Evidence>,
    /// Pregnant now.
    pub pregnancy: Option<Evidence>,
    /// High-grade or poorly differentiated tumour.
    pub high_grade: Option<Evidence>,
    /// Suspicion of bone disease.
    pub bone: Option<Evidence>,
    /// A somatostatin-receptor study was negative.
    pub sstr_negative: Option<Evidence>,
}

/// Reads the modifiers for one order.
#[must_use]
pub fn read(knowledge: &Knowledge, case: &Case, chart: &ChartFacts<'_>, order: &OrderFacts<'_>) -> Modifiers {
    let reader = Reader {
        knowledge,
        case,
        chart,
        order,
    };
    let text = &order.text;
    let mut found = Modifiers::default();
    reader.mri(text, &mut found);
    reader.allergies(text, &mut found);
    found.renal = reader.renal().or_else(|| reader.on_order(text, List::OrderRenal));
    found.pregnancy = reader.pregnancy(text);
    found.high_grade = reader.high_grade(text);
    found.bone = reader.bone(text);
    found.sstr_negative = reader.sstr_negative();
    found
}

struct Reader<'a> {
    knowledge: &'a Knowledge,
    case: &'a Case,
    chart: &'a ChartFacts<'a>,
    order: &'a OrderFacts<'a>,
}

impl Reader<'_> {
    /// Conditions that count and are not over, with their codes and words.
    fn conditions(&self) -> impl Iterator<Item = (&ResourceRef, &Marks<'_>, &Text<'_>, Option<PartialDate>)> {
        let over = |s: Option<&str>| matches!(s, Some("inactive" | "resolved" | "remission"));
        let current = self
            .chart
            .conditions
            .iter()
            .filter(move |c| !over(c.condition.clinical_status.as_deref()));
        current.map(|c| {
            let date = c.condition.onset.or(c.condition.recorded);
            (&c.condition.resource, &c.diagnosis.marks, &c.diagnosis.text, date)
        })
    }

    fn on_order(&self, text: &Text<'_>, list: List) -> Option<Evidence> {
        let words = text.not_negated(list)?;
        Some(marks::worded(&self.order.id, list.name(), &words, None))
    }

    fn mri(&self, order: &Text<'_>, found: &mut Modifiers) {
        let cleared = order.not_negated(List::MriCleared).is_some();
        found.mri_not_possible = self
            .on_order(order, List::MriTolerance)
            .or_else(|| self.on_order(order, List::MriUnavailable));
        if !cleared {
            found.device = self.on_order(order, List::MriDevice);
        }
        let mut in_chart = None;
        for (id, marks, text, date) in self.conditions() {
            let worded = |list: List| {
                text.not_negated(list)
                    .map(|w| marks::worded(id, list.name(), &w, date))
            };
            let unsafe_words = worded(List::MriContraindicated);
            let safe = text.not_negated(List::MriCleared).is_some() && unsafe_words.is_none();
            if in_chart.is_none() {
                in_chart = unsafe_words;
            }
            let coded = marks
                .find(Role::MriDevice)
                .map(|m| marks::coded(self.knowledge, id, m, date));
            if let Some(evidence) = coded.or_else(|| worded(List::MriDevice))
                && !safe
                && !cleared
            {
                found.device.get_or_insert(evidence);
            }
            let coded = marks
                .find(Role::Claustrophobia)
                .map(|m| marks::coded(self.knowledge, id, m, date));
            if let Some(evidence) = coded.or_else(|| worded(List::MriTolerance)) {
                found.mri_not_possible.get_or_insert(evidence);
            }
        }
        // Told on the order only, it changes what is offered; a card of its own needs the chart.
        if let Some(evidence) = &in_chart {
            found.device.get_or_insert(evidence.clone());
        }
        found.mri_contraindicated = in_chart.or_else(|| self.on_order(order, List::MriContraindicated));
    }

    fn allergies(&self, order: &Text<'_>, found: &mut Modifiers) {
        for allergy in self.case.chart.allergies.iter().filter(|a| counts::allergy(a)) {
            let marks = Marks::of(self.knowledge, &allergy.substances);
            let words = allergy.substances.iter().flat_map(|c| c.words());
            let text = Text::new(self.knowledge, &Text::join(words));
            let told = allergy
                .manifestations
                .iter()
                .flat_map(|c| c.words())
                .chain(allergy.notes.iter().map(String::as_str));
            let severe = allergy.severe
                || Text::new(self.knowledge, &Text::join(told))
                    .not_negated(List::AllergySevere)
                    .is_some();
            let coded = |role| {
                marks
                    .find(role)
                    .map(|m| marks::coded(self.knowledge, &allergy.resource, m, None))
            };
            let worded = |list: List| {
                let known = !marks.is_empty();
                text.not_negated(list)
                    .filter(|_| !known)
                    .map(|w| marks::worded(&allergy.resource, list.name(), &w, None))
            };
            if let Some(evidence) = coded(Role::GadAllergy).or_else(|| worded(List::AllergyGadolinium)) {
                found.gadolinium_allergy.get_or_insert(evidence);
                found.gadolinium_severe |= severe;
            } else if let Some(evidence) =
                coded(Role::IodineAllergy).or_else(|| worded(List::AllergyIodinated))
            {
                found.iodine_allergy.get_or_insert(evidence);
                found.iodine_severe |= severe;
            }
        }
        for (id, marks, text, date) in self.conditions() {
            let severe = text.not_negated(List::AllergySevere).is_some();
            if let Some(member) = marks.find(Role::GadAllergy) {
                found
                    .gadolinium_allergy
                    .get_or_insert(marks::coded(self.knowledge, id, member, date));
                found.gadolinium_severe |= severe;
            }
            if let Some(member) = marks.find(Role::IodineAllergy) {
                found
                    .iodine_allergy
                    .get_or_insert(marks::coded(self.knowledge, id, member, date));
                found.iodine_severe |= severe;
            }
        }
        // A reason told on the order counts like one on record: the card has to answer it.
        for (list, gadolinium) in [
            (List::OrderGadoliniumAllergy, true),
            (List::OrderIodineAllergy, false),
        ] {
            let Some(evidence) = self.on_order(order, list) else {
                continue;
            };
            if gadolinium {
                found.gadolinium_allergy.get_or_insert(evidence);
            } else {
                found.iodine_allergy.get_or_insert(evidence);
            }
        }
        let severe = order.not_negated(List::AllergySevere).is_some();
        found.iodine_severe |= severe && found.iodine_allergy.is_some();
    }

    fn renal(&self) -> Option<Evidence> {
        if self
            .conditions()
            .any(|(_, marks, ..)| marks.has(Role::RenalDialysis))
        {
            return None;
        }
        let mut chronic = None;
        for (id, marks, _, date) in self.conditions() {
            let coded = |m| marks::coded(self.knowledge, id, m, date);
            if let Some(member) = marks.find(Role::RenalAcute) {
                return Some(coded(member));
            }
            if let Some(member) = marks.find(Role::Renal) {
                chronic.get_or_insert(coded(member));
            }
        }
        let window = self.knowledge.window(Window::RecentLabs);
        #[expect(clippy::cast_precision_loss, reason = "a threshold of two digits")]
        let limit = self.knowledge.window(Window::EgfrSevere) as f64;
        let newest = self
            .results(Role::Egfr)
            .filter(|(_, age, _)| *age <= window)
            .min_by_key(|(_, age, _)| *age);
        match newest {
            // ">60" is never below a limit, "<15" is.
            Some((observation, _, (value, comparator))) => {
                let below = match comparator {
                    None => value < limit,
                    Some(Comparator::Below | Comparator::AtMost) => value <= limit,
                    Some(Comparator::Above | Comparator::AtLeast) => false,
                };
                below.then(|| self.measured(observation, value, comparator))
            }
            None => chronic,
        }
    }

    /// Numeric results with a role, with their age in days; undated ones are left out.
    fn results(&self, role: Role) -> impl Iterator<Item = (&Observation, i64, (f64, Option<Comparator>))> {
        let standing = self
            .case
            .chart
            .observations
            .iter()
            .filter(|o| counts::observation(o));
        let of_role = standing.filter(move |o| Marks::of(self.knowledge, [&o.code]).has(role));
        of_role.filter_map(|o| {
            let date = o
                .date
                .map(PartialDate::earliest)
                .filter(|d| *d <= self.case.today)?;
            match o.value.as_ref()? {
                ObservedValue::Quantity {
                    value, comparator, ..
                } => Some((o, days(date, self.case.today), (*value, *comparator))),
                ObservedValue::Coded(_) | ObservedValue::Text(_) => None,
            }
        })
    }

    fn measured(&self, observation: &Observation, value: f64, comparator: Option<Comparator>) -> Evidence {
        let sign = match comparator {
            None => "",
            Some(Comparator::Below) => "<",
            Some(Comparator::AtMost) => "≤",
            Some(Comparator::AtLeast) => "≥",
            Some(Comparator::Above) => ">",
        };
        let name = Marks::of(self.knowledge, [&observation.code])
            .iter()
            .next()
            .map_or(String::new(), |m| m.entry.label.clone());
        Evidence {
            resource: Some(observation.resource.clone()),
            what: format!("{name}: {sign}{value}"),
            quote: None,
            date: observation.date,
        }
    }

    fn pregnancy(&self, order: &Text<'_>) -> Option<Evidence> {
        let window = self.knowledge.window(Window::PregnancyCurrent);
        for (id, marks, _, date) in self.conditions() {
            let stale = date.is_some_and(|d| days(d.latest().min(self.case.today), self.case.today) > window);
            if let Some(member) = marks.find(Role::Pregnancy).filter(|_| !stale) {
                return Some(marks::coded(self.knowledge, id, member, date));
            }
        }
        let says = order.says(List::Pregnant)?;
        (says.0 == Assertion::Asserted)
            .then(|| marks::worded(&self.order.id, List::Pregnant.name(), &says.1, None))
    }

    fn high_grade(&self, order: &Text<'_>) -> Option<Evidence> {
        let tumours = &self.chart.tumours;
        for read in &self.chart.conditions {
            let condition = read.condition;
            if !tumours
                .iter()
                .any(|t| t.resource == condition.resource && matches!(t.kind, Kind::Pnet | Kind::Siteless))
            {
                continue;
            }
            let marks = Marks::of(self.knowledge, condition.stages.iter().chain([&condition.code]));
            let poor = |m: &&crate::knowledge::Member| m.entry.differentiation == Some(Differentiation::Poor);
            let coded = marks
                .iter()
                .find(poor)
                .or_else(|| marks.find_any(&[Role::GradeHigh, Role::PnetNec]));
            let date = condition.recorded;
            if let Some(member) = coded {
                return Some(marks::coded(self.knowledge, &condition.resource, member, date));
            }
            if let Some((Assertion::Asserted, words)) = read.diagnosis.text.says(List::GradeHigh) {
                return Some(marks::worded(
                    &condition.resource,
                    List::GradeHigh.name(),
                    &words,
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
            let told = match observation.value.as_ref() {
                Some(ObservedValue::Coded(concept)) => concept.clone(),
                Some(ObservedValue::Text(text)) => Concept {
                    codings: Vec::new(),
                    text: Some(text.clone()),
                },
                Some(ObservedValue::Quantity { .. }) | None => continue,
            };
            if let Some(member) = Marks::of(self.knowledge, [&told]).find(Role::GradeHigh) {
                return Some(marks::coded(
                    self.knowledge,
                    &observation.resource,
                    member,
                    observation.date,
                ));
            }
            let tumour = tumours.iter().any(|t| t.resource == observation.resource);
            let text = Text::new(self.knowledge, &Text::join(told.words()));
            if let Some((Assertion::Asserted, words)) = text.says(List::GradeHigh).filter(|_| tumour) {
                return Some(marks::worded(
                    &observation.resource,
                    List::GradeHigh.name(),
                    &words,
                    observation.date,
                ));
            }
        }
        let (assertion, words) = order.says(List::GradeHigh)?;
        (assertion == Assertion::Asserted)
            .then(|| marks::worded(&self.order.id, List::GradeHigh.name(), &words, None))
    }

    fn bone(&self, order: &Text<'_>) -> Option<Evidence> {
        for (id, marks, text, date) in self.conditions() {
            let bone_met = |m: &&crate::knowledge::Member| m.entry.site == Some(MetastasisSite::Bone);
            let pain = marks.iter().find(|m| m.role == Role::Bone && !m.entry.weak);
            if let Some(member) = pain.or_else(|| marks.iter().find(bone_met)) {
                return Some(marks::coded(self.knowledge, id, member, date));
            }
            if let Some((Assertion::Asserted, words)) = text.says(List::BonePain) {
                return Some(marks::worded(id, List::BonePain.name(), &words, date));
            }
        }
        let window = self.knowledge.window(Window::RecentLabs);
        let newest = self
            .results(Role::Alp)
            .filter(|(_, age, _)| *age <= window)
            .min_by_key(|(_, age, _)| *age);
        if let Some((observation, _, (value, comparator))) = newest {
            let below = matches!(comparator, Some(Comparator::Below | Comparator::AtMost));
            let flagged = observation
                .interpretations
                .iter()
                .flat_map(|c| &c.codings)
                .filter_map(|c| c.code.as_deref());
            let high = flagged.into_iter().any(|c| c.starts_with('H'))
                || observation.high.is_some_and(|h| value > h);
            if high && !below {
                return Some(self.measured(observation, value, comparator));
            }
        }
        let (assertion, words) = order.says(List::BonePain)?;
        (assertion == Assertion::Asserted)
            .then(|| marks::worded(&self.order.id, List::BonePain.name(), &words, None))
    }

    fn sstr_negative(&self) -> Option<Evidence> {
        if let Some(words) = &self.order.reading().sstr_negative {
            return Some(marks::worded(
                &self.order.id,
                List::SstrNegative.name(),
                words,
                None,
            ));
        }
        let of_tumour = |id: &ResourceRef| {
            self.chart
                .tumours
                .iter()
                .any(|t| t.resource == *id && matches!(t.kind, Kind::Pnet | Kind::Siteless))
        };
        self.conditions()
            .filter(|(id, ..)| of_tumour(id))
            .find_map(|(id, _, text, date)| {
                let words = text.not_negated(List::SstrNegative)?;
                Some(marks::worded(id, List::SstrNegative.name(), &words, date))
            })
    }
}
