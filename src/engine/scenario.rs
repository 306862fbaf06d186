//! Gates R1–R4, timeline R5 and intent R6 of one order, put to the scenario table: first matching row wins.

use super::case::{Case, DraftOrder, Source};
use super::facts::disease::{self, Disease, Kind};
use super::facts::link::Link;
use super::facts::person::{self, Person};
use super::facts::{ChartFacts, Fact, OrderFacts, timeline};
use super::trace::{Evidence, Step};
use super::{AppropriatenessCategory, Certainty, Decision, Key, marks, rating};
use crate::knowledge::files::Voice;
use crate::knowledge::table::Answers;
use crate::knowledge::vocabulary::List;
use crate::knowledge::{Knowledge, Shape, Study};

/// What the advice rests on, beyond the decision itself.
#[derive(Debug)]
pub struct Ground<'k> {
    /// The study, composites resolved.
    pub study: Option<&'k Study>,
    /// Whether the scenario may speak.
    pub voice: Voice,
    /// How the order is tied to the question.
    pub link: Link,
    /// How sure the diagnosis is.
    pub disease: Disease,
    /// Whether age is known.
    pub person: Person,
    /// The rating of the study.
    pub rating: AppropriatenessCategory,
    /// The rating it would have under the scenario that is asked about.
    pub rating_if_asked: AppropriatenessCategory,
    /// The rating is our extension of a stated one.
    pub by_extension: bool,
    /// When the tumour was found is not told.
    pub undated: bool,
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
    chart: &ChartFacts,
    order: &DraftOrder,
    facts: &OrderFacts,
    link: Fact<Link>,
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

    let course = timeline::decide(knowledge, case, chart, facts);
    let resected = course.resection.value != timeline::Resection::None;
    let (disease, tumour) = disease::decide(case, chart, &facts.names, resected);
    let mut because = disease.evidence.clone();
    asked.answer("disease", disease.value.key(), disease.evidence);
    because.extend(
        link.evidence
            .iter()
            .filter(|e| !because.contains(e))
            .cloned()
            .collect::<Vec<_>>(),
    );
    asked.answer("link", link.value.key(), link.evidence);

    let yes = |fact: &Fact<bool>| if fact.value { "yes" } else { "no" };
    let undated = tumour.is_some() && course.new.evidence.is_empty();
    asked.answer(
        "diagnosis",
        if course.new.value { "new" } else { "old" },
        course.new.evidence.clone(),
    );
    asked.answer(
        "recurrence",
        yes(&course.recurrence),
        course.recurrence.evidence.clone(),
    );
    asked.answer("treated", yes(&course.treated), course.treated.evidence.clone());
    asked.answer(
        "metastatic",
        course.metastatic.value.key(),
        course.metastatic.evidence.clone(),
    );
    asked.answer(
        "resection",
        course.resection.value.key(),
        course.resection.evidence.clone(),
    );
    asked.answer(
        "primary_ablated",
        yes(&course.ablated),
        course.ablated.evidence.clone(),
    );
    let reading = &facts.reading;
    let visit = facts.names.surveillance.clone();
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
        ("says_surveillance", List::Surveillance, &reading.surveillance),
        ("says_follow_up", List::FollowUp, &reading.follow_up),
        ("says_observation", List::ActiveSurveillance, &reading.observation),
        ("says_response", List::TreatmentResponse, &reading.response),
        ("says_indeterminate", List::Indeterminate, &reading.indeterminate),
        ("says_resection", List::ResectionWord, &reading.resection_word),
        ("says_screening", List::Screening, &reading.screening),
    ];
    for (fact, list, words) in said {
        let mut evidence: Vec<_> = words
            .iter()
            .map(|w| marks::worded(&facts.id, list.name(), w, None))
            .collect();
        if fact == "says_surveillance" {
            evidence.extend(visit.clone());
        }
        asked.answer(fact, if evidence.is_empty() { "no" } else { "yes" }, evidence);
    }

    let (scenario, rule) = asked.decide();
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
    let entry = knowledge.table().scenario(&scenario).map(|s| &s.entry);
    let voice = entry.map_or(Voice::Silent, |e| e.voice);
    let certainty = match (voice, link.value) {
        (Voice::Silent, _) => Certainty::None,
        (_, Link::Explicit) => Certainty::Explicit,
        (_, Link::Linked) => Certainty::Linked,
        (_, Link::Presumed) => Certainty::Presumed,
        (_, Link::Care | Link::Other | Link::Unclear) => Certainty::None,
    };
    let ask_as = entry
        .and_then(|e| e.ask_as.as_deref())
        .and_then(|key| knowledge.table().scenario(key));
    let if_asked = ask_as.map_or(AppropriatenessCategory::Unknown, |s| {
        rating::rate(knowledge, s, study.map(|s| &s.key))
    });
    let mut trace = asked.trace;
    trace.push(Step::new(&rule, "scenario", &scenario, Vec::new()));
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

    let unavailable = (order.selected
        && answers
        && disease::unseen(case)
        && !matches!(
            person.value,
            Person::Child | Person::Deceased | Person::SomeoneElse
        )
        && !settled(facts, link.value)
        && is_rated(knowledge, study.map(|s| &s.key)))
    .then_some(Source::Conditions);
    Judged {
        decision: Decision {
            order: facts.id.clone(),
            selected: order.selected,
            study: study.map(|s| s.key.clone()),
            scenario,
            certainty,
            rating: rated,
            advice: Vec::new(),
            trace,
        },
        ground: Ground {
            study,
            voice,
            link: link.value,
            disease: disease.value,
            person: person.value,
            rating: rated,
            rating_if_asked: if_asked,
            by_extension: held.is_some_and(|r| r.by_extension),
            undated,
            because,
        },
        unavailable,
    }
}

/// True when the order alone tells whether it is about a pNET: the diagnoses of the chart could not change it.
fn settled(facts: &OrderFacts, link: Link) -> bool {
    let told = facts.names.tumour.as_ref().map(|t| t.kind);
    link == Link::Other || matches!(told, Some(Kind::Pnet | Kind::NotPnet | Kind::Ambiguous))
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

struct Questions<'k> {
    knowledge: &'k Knowledge,
    answers: Answers,
    trace: Vec<Step>,
}

impl Questions<'_> {
    /// Records an answer; the trace tells the rule that asks.
    fn answer(&mut self, fact: &str, answer: &str, evidence: Vec<Evidence>) {
        self.answers.set(fact, answer);
        let rule = self.knowledge.table().fact(fact).map_or("", |f| f.rule.as_str());
        self.trace.push(Step::new(rule, fact, answer, evidence));
    }

    fn decide(&self) -> (Key, Key) {
        match self.knowledge.table().decide(&self.answers) {
            Some(row) => (row.scenario.clone(), row.rule.clone()),
            // The compile step proves that the last row takes everything; without a row there is no question we rate.
            None => ("".into(), "".into()),
        }
    }
}
