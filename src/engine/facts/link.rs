//! R4: is *this order* about the tumour? A plain CT for renal colic in a pNET patient is not.

use super::disease::{self, Course, Diagnosis, Kind, NEUROENDOCRINE, Strength, Tumour, classify};
use super::{ChartFacts, Fact, OrderFacts};
use crate::engine::case::{Case, Condition, DraftOrder, ReasonReference, ResourceRef};
use crate::engine::counts;
use crate::engine::language::{Assertion, Reading, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::{List, Role};
use crate::terminology::Concept;

/// What an order names: its reasons, and then all its words.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The tumour as the order itself names it (codes or words), for charts that do not.
    pub tumour: Option<Tumour>,
    /// A pNET, a metastasis of one, or a pancreatic mass is named.
    pub about_tumour: Option<Evidence>,
    /// A metastasis that counts only when no other primary explains it.
    pub about_generic_metastasis: Option<Evidence>,
    /// The tumour is named as something of the past only ("h/o …").
    pub about_past_tumour: Option<Evidence>,
    /// The words name the tumour as the background only ("known ..."), and no code names it.
    pub only_background: bool,
    /// The pNET itself is named.
    pub pnet: bool,
    /// Another cancer is named.
    pub other_cancer: Option<Evidence>,
    /// A coded reason that is about none of these.
    pub other_code: bool,
    /// A follow-up visit code.
    pub surveillance: Option<Evidence>,
    /// A code for recurrence.
    pub recurrence: Option<Evidence>,
    /// Any reason is stated at all.
    pub states_reason: bool,
    /// A code of a reason names the tumour.
    coded: bool,
    /// Codes of the reasons, to be compared with refuted diagnoses.
    codes: Vec<String>,
}

impl Names {
    /// Reads the reasons of an order: codes, words, and the diagnoses they point to.
    #[must_use]
    pub fn of_reasons(
        knowledge: &Knowledge,
        id: &ResourceRef,
        order: &DraftOrder,
        case: &Case,
        child: bool,
    ) -> Self {
        let codes = order.reasons.iter().flat_map(|c| &c.codings);
        let mut names = Self {
            codes: codes.filter_map(|c| c.code.clone()).collect(),
            ..Self::default()
        };
        for reason in order.reasons.iter().filter(|c| !c.is_empty()) {
            names.states_reason = true;
            names.read(knowledge, id, reason, &[], Course::Current, child);
        }
        for reference in &order.reason_references {
            names.states_reason = true;
            match reference {
                ReasonReference::InChart(target) => {
                    match case.chart.conditions.iter().find(|c| c.resource == *target) {
                        Some(condition) => names.read_condition(knowledge, condition, child),
                        None => names.other_code = true,
                    }
                }
                ReasonReference::Contained(target, concept) => {
                    names.read(knowledge, target, concept, &[], Course::Current, child)
                }
                // A reason that cannot be read may be anything: the order is not taken to be about the tumour.
                ReasonReference::Unread(_) => names.other_code = true,
            }
        }
        names
    }

    /// The same, and what all the words of the order name.
    #[must_use]
    pub fn and_words(&self, id: &ResourceRef, text: &Text<'_>, child: bool) -> Self {
        let mut names = self.clone();
        names.read_words(id, text, child);
        names.only_background &= !names.coded;
        names
    }

    fn read_condition(&mut self, knowledge: &Knowledge, condition: &Condition, child: bool) {
        if !counts::condition(condition) {
            // A refuted diagnosis is no reason that could be about the tumour.
            self.other_code = true;
            return;
        }
        self.read(
            knowledge,
            &condition.resource,
            &condition.code,
            &condition.body_sites,
            disease::course(condition.clinical_status.as_deref()),
            child,
        );
    }

    /// Reads one coded or worded reason.
    fn read(
        &mut self,
        knowledge: &Knowledge,
        id: &ResourceRef,
        reason: &Concept,
        sites: &[Concept],
        course: Course,
        child: bool,
    ) {
        use Role as R;
        let marks = Marks::of(knowledge, [reason]);
        let by_code = |member| marks::coded(knowledge, id, member, None);
        let beside = [
            R::MetNet,
            R::PancreasCorroboration,
            R::PancreasHistologyUnknown,
            R::Ambiguous,
            R::Recurrence,
        ];
        let site_only = marks
            .iter()
            .find(|m| m.role == R::NotPnetPancreas && m.entry.site_only);
        let mut told = true;
        let tumour = marks
            .iter()
            .find(|m| NEUROENDOCRINE.contains(&m.role) || beside.contains(&m.role));
        if let Some(member) = tumour.or(site_only) {
            self.coded = true;
            self.about_tumour.get_or_insert_with(|| by_code(member));
            self.pnet |= marks.any(&NEUROENDOCRINE);
        } else if let Some(member) = marks.find(R::MetGeneric) {
            self.about_generic_metastasis
                .get_or_insert_with(|| by_code(member));
        } else if let Some(member) = marks.find_any(&[R::Malignancy, R::NotPnetPancreas, R::NotPnetOtherNet])
        {
            self.other_cancer.get_or_insert_with(|| by_code(member));
        } else if let Some(member) = marks.find(R::HistoryAfterTreatment) {
            self.surveillance.get_or_insert_with(|| by_code(member));
        } else {
            told = false;
        }
        if let Some(member) = marks.find(R::Recurrence) {
            self.recurrence.get_or_insert_with(|| by_code(member));
        }
        // The diagnosis as the order tells it, for charts that do not hold it.
        let diagnosis = Diagnosis::of(knowledge, &[reason], sites, &[]);
        let class = classify(knowledge, id, None, &diagnosis, child);
        if let Some(words) = diagnosis.text.not_negated(List::PnetPancreaticMass) {
            told = true;
            let evidence = marks::worded(id, List::PnetPancreaticMass.name(), &words, None);
            self.about_tumour.get_or_insert(evidence);
        }
        let worded = class
            .as_ref()
            .is_some_and(|c| matches!(c.kind, Kind::Pnet | Kind::Siteless));
        if !told && !worded && reason.codings.iter().any(|c| c.code.is_some()) {
            self.other_code = true;
        }
        if let Some(class) = class {
            if worded {
                self.about_tumour.get_or_insert_with(|| class.evidence.clone());
                self.pnet = true;
            }
            let strength = match (class.doubted, class.highly_suspected) {
                (_, true) => Strength::Suspected,
                (true, false) => Strength::Low,
                (false, false) => Strength::Confirmed,
            };
            let names_pancreas = marks.has(R::PancreasCorroboration)
                || marks.has(R::PancreasHistologyUnknown)
                || site_only.is_some()
                || class.kind == Kind::Pnet
                || diagnosis.text.not_negated(List::PancreasWord).is_some();
            // Section 4 asks for a second *active* diagnosis, or for words of the order: a reference to one that is over
            // does not tell where a tumour of today sits.
            let of_pancreas = names_pancreas && course != Course::Past;
            let tumour = Tumour {
                resource: id.clone(),
                kind: class.kind,
                strength,
                course,
                date: None,
                evidence: class.evidence,
                of_pancreas,
                other_pancreatic_cancer: false,
                by_result: false,
            };
            // One reason may name the tumour, another the organ.
            let of_pancreas = of_pancreas || self.tumour.as_ref().is_some_and(|t| t.of_pancreas);
            let better = self
                .tumour
                .as_ref()
                .is_none_or(|t| (tumour.kind, tumour.strength) > (t.kind, t.strength));
            if better {
                self.tumour = Some(tumour);
            }
            if let Some(tumour) = &mut self.tumour {
                tumour.of_pancreas = of_pancreas;
            }
        }
    }

    /// Words of the whole order that name the tumour or another cancer.
    fn read_words(&mut self, id: &ResourceRef, text: &Text<'_>, child: bool) {
        let upper = !child && !text.raw_mentions(List::PnetUpperCaseExcluded);
        let mut lists = vec![
            List::PnetStrong,
            List::PnetNeedsPancreas,
            List::PnetPancreaticMass,
        ];
        lists.extend(upper.then_some(List::PnetUpperCase));
        let named = |text: &Text<'_>| lists.iter().any(|l| text.not_negated(*l).is_some());
        self.only_background =
            text.mentions(List::PnetBackground) && !named(&text.without(&[List::PnetBackground]));
        // "Bronchial carcinoid, r/o mets" is about that tumour, whatever the chart holds.
        let elsewhere = text.not_negated(List::PnetOtherSite).filter(|_| {
            text.not_negated(List::PancreasWord).is_none() && text.not_negated(List::PnetStrong).is_none()
        });
        if let Some(words) = &elsewhere {
            let evidence = marks::worded(id, List::PnetOtherSite.name(), words, None);
            self.other_cancer.get_or_insert(evidence);
        }
        for list in lists {
            if elsewhere.is_some() && list == List::PnetNeedsPancreas {
                continue;
            }
            let (assertion, words) = match text.says(list) {
                None | Some((Assertion::Negated, _)) => continue,
                Some(said) => said,
            };
            self.pnet |= list != List::PnetPancreaticMass;
            let evidence = marks::worded(id, list.name(), &words, None);
            if assertion == Assertion::Historical {
                self.about_past_tumour.get_or_insert(evidence);
            } else {
                self.about_tumour.get_or_insert(evidence);
            }
        }
        let beside = [
            List::PnetStrong,
            List::PnetNeedsPancreas,
            List::PnetUpperCase,
            List::PnetPancreaticMass,
            List::MetastasisWord,
        ];
        if let Some(words) = text.without(&beside).not_negated(List::OtherMalignancy) {
            let evidence = marks::worded(id, List::OtherMalignancy.name(), &words, None);
            self.other_cancer.get_or_insert(evidence);
        }
        if let Some(words) = text.not_negated(List::OrderOtherMass) {
            let evidence = marks::worded(id, List::OrderOtherMass.name(), &words, None);
            self.other_cancer.get_or_insert(evidence);
        }
        if let Some((Assertion::Asserted | Assertion::Queried | Assertion::Historical, words)) =
            text.says(List::PnetOther)
        {
            let evidence = marks::worded(id, List::PnetOther.name(), &words, None);
            self.other_cancer.get_or_insert(evidence);
        }
    }

    /// True when a diagnosis of the chart carries a code that the order gives as its reason.
    #[must_use]
    pub fn same_code(&self, condition: &Condition) -> bool {
        let plain = |code: &str| code.trim().replace('.', "").to_ascii_uppercase();
        let codes: Vec<_> = self.codes.iter().map(|c| plain(c)).collect();
        condition
            .code
            .codings
            .iter()
            .filter_map(|c| c.code.as_deref())
            .any(|c| codes.contains(&plain(c)))
    }
}

/// The answers of the fact `link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the scenario table")]
pub enum Link {
    Explicit,
    Linked,
    Presumed,
    /// Words of cancer care, without naming the tumour, where it is the only cancer.
    Care,
    Other,
    Unclear,
}

impl Link {
    /// The word of the scenario table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Linked => "linked",
            Self::Presumed => "presumed",
            Self::Care => "care",
            Self::Other => "other",
            Self::Unclear => "unclear",
        }
    }

    /// True when the order may belong to the same study as another order about the tumour (§3.8).
    #[must_use]
    pub fn about_tumour(self) -> bool {
        matches!(self, Self::Explicit | Self::Linked | Self::Presumed)
    }
}

/// The tumour as the order names it, for today and for the past; neither where it is only the background of something
/// else: "h/o pNET, abdominal pain" is about the pain, and so is "known pNET, abdominal pain". Beside another illness the
/// bare name is background too: "renal colic in pNET patient".
fn tumour_named<'o>(order: &'o OrderFacts<'_>) -> (Option<&'o Evidence>, Option<&'o Evidence>) {
    let names = order.names();
    let reading = order.reading();
    let elsewhere = || other_reason(reading).is_some() || names.other_cancer.is_some();
    let bare = || reading.other_illness.is_some() && !names.coded && !asks_about_tumour(reading);
    let present = names.about_tumour.as_ref();
    let background = || bare() || (names.only_background && elsewhere());
    let present = present.filter(|_| !background());
    let past = names.about_past_tumour.as_ref().filter(|_| !elsewhere());
    (present, past)
}

/// The words of another reason than the tumour.
fn other_reason(reading: &Reading) -> Option<(List, &str)> {
    let indication = reading.other_indication.as_deref();
    indication
        .map(|w| (List::OtherIndication, w))
        .or_else(|| reading.other_illness.as_deref().map(|w| (List::OtherIllness, w)))
}

/// The order puts a question about the tumour: its stage, its spread, or its later care.
fn asks_about_tumour(reading: &Reading) -> bool {
    let questions = [
        &reading.metastatic_staging,
        &reading.local,
        &reading.surveillance,
        &reading.follow_up,
        &reading.observation,
        &reading.response,
        &reading.recurrence,
        &reading.tissue,
    ];
    questions.into_iter().any(Option::is_some)
}

/// Section 4: whether the order says that it is about the pNET, which settles which of two pancreatic cancers it means.
#[must_use]
pub fn is_about_pnet(order: &OrderFacts<'_>) -> bool {
    let (present, past) = tumour_named(order);
    order.names().pnet && present.or(past).is_some()
}

/// Decides for one order.
#[must_use]
pub fn decide(chart: &ChartFacts<'_>, order: &OrderFacts<'_>) -> Fact<Link> {
    let names = order.names();
    let reading = order.reading();
    let only_cancer = chart.other_malignancies.is_empty();
    let generic = names.about_generic_metastasis.as_ref().filter(|_| only_cancer);
    let (present, past) = tumour_named(order);
    let named = present.or(generic).or(past);
    let words = |list: List, words: &str| marks::worded(&order.id, list.name(), words, None);
    let staging = reading
        .metastatic_staging
        .as_deref()
        .map(|w| words(List::MetastaticStaging, w));
    let staging = staging.or_else(|| reading.local.as_deref().map(|w| words(List::Local, w)));
    let others = || chart.other_malignancies.clone();
    // A study that guides a needle or plans radiation answers no question about the tumour, unless it asks one too.
    if let (None, Some(guidance)) = (&staging, &reading.guidance) {
        return Fact::with(Link::Other, words(List::StudyGuidance, guidance));
    }
    // "pNET; no staging needed": the tumour is named, and nothing is asked of it.
    if let (None, Some(denial)) = (&staging, &reading.staging_denied) {
        return Fact::with(Link::Other, words(List::StagingDenied, denial));
    }
    if let (None, Some(other)) = (named, &names.other_cancer) {
        return Fact::with(Link::Other, other.clone());
    }
    match (staging, named) {
        (Some(staging), Some(named)) => {
            return Fact {
                value: Link::Explicit,
                evidence: vec![staging, named.clone()],
            };
        }
        (Some(staging), None) if only_cancer => return Fact::with(Link::Explicit, staging),
        (Some(_), None) => {
            return Fact {
                value: Link::Unclear,
                evidence: others(),
            };
        }
        (None, Some(named)) => return Fact::with(Link::Linked, named.clone()),
        (None, None) => {}
    }
    let other_words = other_reason(reading);
    let states = names.states_reason || other_words.is_some();
    let care = [
        (List::Surveillance, &reading.surveillance),
        (List::ActiveSurveillance, &reading.observation),
        (List::TreatmentResponse, &reading.response),
        (List::Recurrence, &reading.recurrence),
    ];
    let care = care
        .into_iter()
        .find_map(|(list, found)| found.as_deref().map(|w| words(list, w)));
    let care = care.or_else(|| names.surveillance.clone());
    match (care, other_words) {
        (Some(care), None) if only_cancer && !names.other_code => Fact::with(Link::Care, care),
        (_, Some((list, other))) => Fact::with(Link::Other, words(list, other)),
        _ if states => Fact::bare(Link::Other),
        _ if !only_cancer => Fact {
            value: Link::Unclear,
            evidence: others(),
        },
        _ => Fact::bare(Link::Presumed),
    }
}
