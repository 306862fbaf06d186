//! Gates R1–R4, timeline R5 and intent R6 of one order, put to the scenario table: first matching row wins.

use super::case::{Case, DraftOrder, Identity, Source};
use super::facts::disease::{self, Disease, Kind, Tumour};
use super::facts::doubt::{self, Doubt};
use super::facts::link::Link;
use super::facts::person::{self, Person};
use super::facts::{ChartFacts, Fact, OrderFacts, timeline};
use super::trace::{Evidence, Step};
use super::{AppropriatenessCategory, Certainty, Decision, Key, marks, rating};
use crate::knowledge::files::Voice;
use crate::knowledge::table::{Answers, Scenario};
use crate::knowledge::vocabulary::List;
use crate::knowledge::{Knowledge, Shape, Study};
use crate::terminology::Concept;
use std::cell::OnceCell;

/// What the advice rests on, beyond the decision itself.
#[derive(Debug)]
pub struct Ground<'k> {
    /// The study, composites resolved.
    pub study: Option<&'k Study>,
    /// The scenario.
    pub scenario: Option<&'k Scenario>,
    /// Whether it may speak.
    pub voice: Voice,
    /// How the order is tied to the question.
    pub link: Link,
    /// How sure the diagnosis is.
    pub disease: Disease,
    /// The tumour is named by the order only; the chart does not hold it.
    pub only_on_order: bool,
    /// Whether age is known.
    pub person: Person,
    /// The rating of the study.
    pub rating: AppropriatenessCategory,
    /// The rating it would have under the scenario that is asked about.
    pub rating_if_asked: AppropriatenessCategory,
    /// The questions left open (`fits` of the row); empty where the table settles it.
    pub open: Vec<Key>,
    /// The order states one of the questions we offer, word for word: it is not asked again.
    pub answered: bool,
    /// The table left the question open and the clinician's answer settled it: no agreement of order and chart.
    pub by_answer: bool,
    /// The rating is our extension of a stated one.
    pub by_extension: bool,
    /// When the tumour was found is not told.
    pub undated: bool,
    /// What the order says beside the question takes a warning away.
    pub doubt: Option<Doubt>,
    /// Where the question stays open: what speaks against the one that would be rated.
    pub against: Vec<Evidence>,
    /// The order names no patient by reference.
    pub subject_unknown: bool,
    /// Evidence for disease and link.
    pub because: Vec<Evidence>,
}

/// The outcome for one order.
#[derive(Debug)]
pub struct Judged<'k> {
    /// The decision, without advice yet.
    pub decision: Decision,
    /// What advice needs.
    pub ground: Ground<'k>,
    /// What could not be had although the judgement needs it (P-01).
    pub unavailable: Option<Source>,
}

/// Judges one order.
#[must_use]
pub fn judge<'k>(
    knowledge: &'k Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    order: &DraftOrder,
    facts: &OrderFacts<'_>,
    whole: Option<&Shape>,
) -> Judged<'k> {
    let mut asked = Questions {
        knowledge,
        answers: Answers::default(),
        trace: Vec::new(),
    };
    let alone = facts.asked.as_ref().and_then(|a| a.study(knowledge));
    let study = whole.and_then(|w| knowledge.study_shaped(w)).or(alone);
    let answers = facts.counts && study.is_some_and(|s| s.answers);
    let read_from = facts
        .asked
        .as_ref()
        .map(|a| a.evidence.clone())
        .unwrap_or_default();
    asked.answer("study", if answers { "answers" } else { "outside" }, read_from);

    let person = person::decide(knowledge, case, order);
    asked.answer("person", person.value.key(), person.evidence);

    // The gates, one after the other: what a later one would ask does not matter once a row holds.
    let mut ground = Gathered::default();
    if !asked.settled() {
        asked.after_person(case, chart, facts, &mut ground);
    }
    let answer = stated_question(knowledge, order);
    let (row, rule, open) = asked.decide();
    let by_answer = answer.as_ref().filter(|a| open.contains(a)).cloned();
    let scenario = by_answer.clone().unwrap_or_else(|| row.clone());
    let held = knowledge
        .table()
        .scenario(&scenario)
        .and_then(|s| rating::held(knowledge, s, study.map(|s| &s.key)));
    let rated = knowledge
        .table()
        .scenario(&scenario)
        .map_or(AppropriatenessCategory::NotApplicable, |s| {
            rating::rate(knowledge, s, study.map(|s| &s.key))
        });
    let found = knowledge.table().scenario(&scenario);
    let entry = found.map(|s| &s.entry);
    let voice = entry.map_or(Voice::Silent, |e| e.voice);
    let certainty = match (voice, ground.link) {
        (Voice::Rated | Voice::Ask, Some(Link::Explicit)) => Certainty::Explicit,
        (Voice::Rated | Voice::Ask, Some(Link::Linked)) => Certainty::Linked,
        (Voice::Rated | Voice::Ask, Some(Link::Presumed)) => Certainty::Presumed,
        (Voice::Silent, _) | (_, Some(Link::Care | Link::Other | Link::Unclear) | None) => Certainty::None,
    };
    let ask_as = entry
        .and_then(|e| e.ask_as.as_deref())
        .and_then(|key| knowledge.table().scenario(key));
    let if_asked = ask_as.map_or(AppropriatenessCategory::Unknown, |s| {
        rating::rate(knowledge, s, study.map(|s| &s.key))
    });
    let mut trace = asked.trace;
    let against = doubt::contradictions(&trace);
    trace.push(Step::new(&rule, "scenario", &row, Vec::new()));
    if let Some(scenario) = &by_answer {
        trace.push(Step::new("R6-answer", "scenario", scenario, Vec::new()));
    }
    let source = held.map(|r| Evidence {
        resource: None,
        what: format!("{} ({})", r.source, r.confidence),
        quote: None,
        date: None,
    });
    trace.push(Step::new(
        "rating",
        "rating",
        rated.key(),
        source.into_iter().collect(),
    ));

    // Words of later care cast doubt on a first staging only: in another question they belong to it.
    let untreated = entry.is_some_and(|e| e.assumes.as_deref() == Some(doubt::ASSUMES_UNTREATED));
    let doubt = (voice == Voice::Rated && untreated)
        .then(|| doubt::decide(knowledge, case, chart, order, facts, ground.dated_old))
        .flatten();
    let (doubt, against_staging) = doubt.map_or((None, None), |(doubt, evidence)| (Some(doubt), evidence));
    if let Some(evidence) = against_staging {
        trace.push(Step::new("§7", "doubt", Doubt::Record.key(), vec![evidence]));
    }
    let unavailable = (order.selected
        && answers
        && disease::unseen(case)
        && !matches!(
            person.value,
            Person::Child | Person::Deceased | Person::SomeoneElse
        )
        && !settled(chart, facts)
        && is_rated(knowledge, study.map(|s| &s.key)))
    .then_some(Source::Conditions);
    Judged {
        decision: Decision {
            order: facts.id.clone(),
            selected: order.selected,
            parts: Vec::new(),
            study: study.map(|s| s.key.clone()),
            candidates: if open.is_empty() || by_answer.is_some() {
                vec![scenario.clone()]
            } else {
                open.clone()
            },
            unmapped: super::study::unmapped(knowledge, order, facts.asked.is_some()),
            scenario,
            certainty,
            rating: rated,
            advice: Vec::new(),
            trace,
        },
        ground: Ground {
            study,
            scenario: found,
            voice,
            link: ground.link.unwrap_or(Link::Unclear),
            disease: ground.disease,
            only_on_order: ground.only_on_order,
            person: person.value,
            rating: rated,
            rating_if_asked: if_asked,
            answered: answer.is_some(),
            by_answer: by_answer.is_some(),
            open,
            by_extension: held.is_some_and(|r| r.by_extension),
            undated: ground.undated,
            doubt,
            against: if voice == Voice::Ask { against } else { Vec::new() },
            subject_unknown: order.subject == Identity::NotStated,
            because: ground.because,
        },
        unavailable,
    }
}

/// The question that the order states word for word as one of its reasons: a clinician chose it, or typed it.
fn stated_question(knowledge: &Knowledge, order: &DraftOrder) -> Option<Key> {
    let table = knowledge.table();
    let reasons = order.reasons.iter().filter_map(|r| r.text.as_deref());
    // The last one added is the clinician's last word.
    reasons
        .rev()
        .find_map(|r| table.question_stated(r))
        .map(|q| q.scenario.clone())
}

/// Those of some questions that, once stated on the order, are what the order is then read as. A choice that the
/// order or the chart would not let stand is not worth a button.
#[must_use]
pub fn answerable(
    knowledge: &Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    order: &DraftOrder,
    whole: Option<&Shape>,
    questions: &[Key],
) -> Vec<Key> {
    let table = knowledge.table();
    let stands = |scenario: &&Key| {
        let Some(question) = table.question(scenario) else {
            return false;
        };
        let mut order = order.clone();
        order.reasons.push(Concept {
            text: Some(question.reason.clone()),
            ..Concept::default()
        });
        let facts = OrderFacts::of(knowledge, &order, case);
        judge(knowledge, case, chart, &order, &facts, whole)
            .decision
            .scenario
            == question.scenario
    };
    questions.iter().filter(stands).cloned().collect()
}

/// True when the order alone tells whether it is about a pNET: the diagnoses of the chart could not change it.
fn settled(chart: &ChartFacts<'_>, facts: &OrderFacts<'_>) -> bool {
    let told = facts.reasons.tumour.as_ref().map(|t| t.kind);
    matches!(told, Some(Kind::Pnet | Kind::NotPnet | Kind::Ambiguous))
        || facts.link(chart).value == Link::Other
}

/// True when any scenario that may speak holds a rating for the study.
fn is_rated(knowledge: &Knowledge, study: Option<&Key>) -> bool {
    let speaking = knowledge
        .table()
        .scenarios()
        .iter()
        .filter(|s| s.entry.voice == Voice::Rated);
    speaking
        .into_iter()
        .any(|s| rating::held(knowledge, s, study).is_some())
}

/// What the gates found on their way.
#[derive(Debug)]
struct Gathered {
    disease: Disease,
    link: Option<Link>,
    only_on_order: bool,
    undated: bool,
    dated_old: bool,
    because: Vec<Evidence>,
}

impl Default for Gathered {
    fn default() -> Self {
        Self {
            disease: Disease::None,
            link: None,
            only_on_order: false,
            undated: false,
            dated_old: false,
            because: Vec::new(),
        }
    }
}

struct Questions<'k> {
    knowledge: &'k Knowledge,
    answers: Answers,
    trace: Vec<Step>,
}

impl Questions<'_> {
    /// True once a row of the table holds.
    fn settled(&self) -> bool {
        self.knowledge.table().decide(&self.answers).is_some()
    }

    /// R3 to R6, as far as they are needed.
    fn after_person(
        &mut self,
        case: &Case,
        chart: &ChartFacts<'_>,
        facts: &OrderFacts<'_>,
        ground: &mut Gathered,
    ) {
        let course = OnceCell::new();
        let read = || course.get_or_init(|| timeline::decide(self.knowledge, case, chart, facts));
        let resected = || read().resection.value != timeline::Resection::None;
        let (disease, tumour) = disease::decide(self.knowledge, case, chart, facts, resected);
        ground.disease = disease.value;
        let in_chart = |t: &Tumour| chart.tumours.iter().any(|c| c.resource == t.resource);
        ground.only_on_order = tumour.as_ref().is_some_and(|t| !in_chart(t));
        ground.because.clone_from(&disease.evidence);
        self.answer("disease", disease.value.key(), disease.evidence);
        if self.settled() {
            return;
        }
        let screening = facts.text().not_negated(List::Screening);
        self.said(facts, "says_screening", List::Screening, screening.as_ref(), None);
        if self.settled() {
            return;
        }
        let link = facts.link(chart);
        ground.link = Some(link.value);
        let new: Vec<_> = link
            .evidence
            .iter()
            .filter(|e| !ground.because.contains(e))
            .cloned()
            .collect();
        ground.because.extend(new);
        self.answer("link", link.value.key(), link.evidence.clone());
        if self.settled() {
            return;
        }
        let course = course
            .into_inner()
            .unwrap_or_else(|| timeline::decide(self.knowledge, case, chart, facts));
        ground.undated = course.new.evidence.is_empty();
        ground.dated_old = course.dated_old;
        self.course(course);
        self.intent(facts);
    }

    /// R5: the course of the disease.
    fn course(&mut self, course: timeline::Timeline) {
        let yes = |fact: &Fact<bool>| if fact.value { "yes" } else { "no" };
        self.answer(
            "diagnosis",
            if course.new.value { "new" } else { "old" },
            course.new.evidence,
        );
        self.answer("recurrence", yes(&course.recurrence), course.recurrence.evidence);
        self.answer("treated", yes(&course.treated), course.treated.evidence);
        self.answer(
            "metastatic",
            course.metastatic.value.key(),
            course.metastatic.evidence,
        );
        self.answer(
            "resection",
            course.resection.value.key(),
            course.resection.evidence,
        );
        self.answer("primary_ablated", yes(&course.ablated), course.ablated.evidence);
    }

    /// R6: what the order asks.
    fn intent(&mut self, facts: &OrderFacts<'_>) {
        let reading = facts.reading();
        let said = [
            (
                "says_initial_staging",
                List::InitialStaging,
                &reading.initial_staging,
            ),
            (
                "says_metastatic_staging",
                List::MetastaticStaging,
                &reading.metastatic_staging,
            ),
            ("says_local", List::Local, &reading.local),
            ("says_follow_up", List::FollowUp, &reading.follow_up),
            ("says_observation", List::ActiveSurveillance, &reading.observation),
            ("says_response", List::TreatmentResponse, &reading.response),
            ("says_indeterminate", List::Indeterminate, &reading.indeterminate),
            ("says_resection", List::ResectionWord, &reading.resection_word),
        ];
        for (fact, list, words) in said {
            self.said(facts, fact, list, words.as_ref(), None);
        }
        let visit = facts.reasons.surveillance.clone();
        self.said(
            facts,
            "says_surveillance",
            List::Surveillance,
            reading.surveillance.as_ref(),
            visit,
        );
    }

    /// Records whether the order says something, by its words or by a code.
    fn said(
        &mut self,
        facts: &OrderFacts<'_>,
        fact: &str,
        list: List,
        words: Option<&String>,
        code: Option<Evidence>,
    ) {
        let words = words.map(|w| marks::worded(&facts.id, list.name(), w, None));
        let evidence: Vec<_> = words.into_iter().chain(code).collect();
        self.answer(fact, if evidence.is_empty() { "no" } else { "yes" }, evidence);
    }

    /// Records an answer; the trace tells the rule that asks.
    fn answer(&mut self, fact: &str, answer: &str, evidence: Vec<Evidence>) {
        self.answers.set(fact, answer);
        let rule = self.knowledge.table().fact(fact).map_or("", |f| f.rule.as_str());
        self.trace.push(Step::new(rule, fact, answer, evidence));
    }

    /// The scenario, the rule that decides it, and the questions it leaves open.
    fn decide(&self) -> (Key, Key, Vec<Key>) {
        match self.knowledge.table().decide(&self.answers) {
            Some(row) => (row.scenario.clone(), row.rule.clone(), row.fits.clone()),
            // The compile step proves that the last row takes everything; without a row there is no question we rate.
            None => ("".into(), "".into(), Vec::new()),
        }
    }
}
