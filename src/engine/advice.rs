//! §7: which cards apply to an order, how they merge, and when to stay silent.
//!
//! The kinds are named here as `cards/pnet/cards.toml` names them; their words, precedence and offers are data.

mod kinds;
mod suggest;

use super::case::{Case, ResourceRef, Source};
use super::facts::coverage::{self, Done};
use super::facts::person::Person;
use super::facts::{ChartFacts, OrderFacts, modifiers};
use super::scenario::Ground;
use super::trace::Step;
use super::{Advice, AppropriatenessCategory, Certainty, Decision, Indicator, Key, rating};
use crate::knowledge::files::{Offers, Voice};
use crate::knowledge::vocabulary::Window;
use crate::knowledge::{Knowledge, Shape, Study};
use kinds::Found;

/// What else stands in the basket or was done recently: read once for all orders.
#[derive(Debug)]
pub struct Basket<'k> {
    /// Studies about the tumour in the drafts, composites resolved.
    drafted: Vec<&'k Study>,
    /// Every study in the drafts, whatever it is about.
    all: Vec<&'k Study>,
    recent: Option<Vec<Done>>,
}

impl<'k> Basket<'k> {
    /// The studies the drafted orders amount to.
    #[must_use]
    pub fn of(
        knowledge: &'k Knowledge,
        read: &[OrderFacts<'_>],
        shapes: &[Option<&Shape>],
        wholes: &[Option<Shape>],
    ) -> Self {
        let counted = read.iter().filter(|o| o.counts);
        let all = counted
            .filter_map(|o| o.asked.as_ref()?.study(knowledge))
            .collect();
        let mut drafted: Vec<&Study> = Vec::new();
        for (shape, whole) in shapes.iter().zip(wholes) {
            let study = whole.as_ref().or(*shape).and_then(|s| knowledge.study_shaped(s));
            drafted.extend(study.filter(|s| !drafted.contains(s)));
        }
        Self {
            drafted,
            all,
            recent: None,
        }
    }

    fn recent(&mut self, knowledge: &Knowledge, case: &Case) -> &[Done] {
        self.recent
            .get_or_insert_with(|| coverage::recent(knowledge, case))
    }
}

/// The advice for one selected order; empty is silence.
#[must_use]
pub fn advise(
    knowledge: &Knowledge,
    case: &Case,
    chart: &ChartFacts<'_>,
    facts: &OrderFacts<'_>,
    ground: &Ground<'_>,
    basket: &mut Basket<'_>,
    answerable: &dyn Fn(&[Key]) -> Vec<Key>,
) -> (Vec<Advice>, Vec<Step>) {
    let mut trace = Vec::new();
    let Some(study) = ground.study.filter(|_| ground.voice != Voice::Silent) else {
        return (Vec::new(), trace);
    };
    let changes = modifiers::read(knowledge, case, chart, facts);
    let recent = basket.recent(knowledge, case).to_vec();
    let others: Vec<&Study> = basket
        .drafted
        .iter()
        .copied()
        .filter(|s| s.key != study.key)
        .collect();
    let basket_all = basket.all.clone();
    let situation = kinds::Situation {
        knowledge,
        ground,
        study,
        facts,
        changes: &changes,
        recent: &recent,
        others: &others,
        all: &basket_all,
    };
    let mut found = situation.found();
    // §1 Delivery, R2, and "a warning needs agreement between the order and the chart": what was not seen, an unknown
    // age, a tumour that only the order names, or a question that only the clinician's answer settles take every warning
    // down to information.
    let judged = [
        Source::Patient,
        Source::Conditions,
        Source::Procedures,
        Source::Medications,
        Source::Imaging,
    ];
    let not_seen = undelivered(case, &judged);
    let not_checked = undelivered(case, &[Source::Observations, Source::Allergies]);
    let disagree = ground.only_on_order || ground.by_answer || ground.subject_unknown;
    if !not_seen.is_empty() || ground.person == Person::AgeUnknown || disagree {
        found.iter_mut().for_each(|kind| kind.indicator = Indicator::Info);
    }
    // Words that cast doubt on the question leave what the chart says about the patient as it is.
    let questions = found
        .iter_mut()
        .filter(|f| !f.is_modifier && ground.doubt.is_some());
    questions.for_each(|kind| kind.indicator = Indicator::Info);
    let cards = merge(knowledge, found, &mut trace).into_iter().map(|card| {
        let entry = knowledge.words().cards.get(&card.kind);
        let offers = entry.map_or(Offers::Nothing, |e| e.offers);
        let mut limits: Vec<(Key, Vec<Key>)> = Vec::new();
        if !not_seen.is_empty() {
            limits.push(("not_seen".into(), not_seen.clone()));
        }
        if !not_checked.is_empty() && offers != Offers::Nothing {
            limits.push(("not_checked".into(), not_checked.clone()));
        }
        limits.extend(situation.limits(&card, !not_seen.is_empty()));
        let (offered, mentioned) = match offers {
            Offers::Nothing => (Vec::new(), Vec::new()),
            Offers::Replace | Offers::Add => {
                suggest::offers(knowledge, study, &basket.drafted, &changes, entry)
            }
        };
        let questions = match entry {
            Some(_) if *card.kind == *kinds::ASK && !ground.open.is_empty() => answerable(&ground.open),
            Some(entry) if !entry.questions.is_empty() => {
                let keys: Vec<Key> = entry.questions.iter().map(|q| q.as_str().into()).collect();
                answerable(&keys)
            }
            _ => Vec::new(),
        };
        Advice {
            offers: offered
                .into_iter()
                .filter(|k| improves(knowledge, ground, k))
                .collect(),
            mentions: mentioned
                .into_iter()
                .filter(|k| improves(knowledge, ground, k))
                .collect(),
            adds: offers == Offers::Add,
            questions,
            kind: card.kind,
            indicator: card.indicator,
            modifiers: card.modifiers,
            limits,
            because: ground.because.clone(),
            against: ground.against.clone(),
        }
    });
    let cards = cards.collect();
    (cards, trace)
}

/// Only what is usually appropriate for the question is offered; high-grade disease has its own study, with its reason
/// in the knowledge.
fn improves(knowledge: &Knowledge, ground: &Ground<'_>, offer: &Key) -> bool {
    let rated = ground.scenario.map(|s| rating::rate(knowledge, s, Some(offer)));
    rated == Some(AppropriatenessCategory::UsuallyAppropriate)
        || knowledge.suggestions().high_grade.as_ref() == Some(offer)
}

/// Those of the sources that were not delivered, or of which not all could be read.
fn undelivered(case: &Case, sources: &[Source]) -> Vec<Key> {
    let chart = &case.chart;
    let missing = |source: &&Source| chart.undelivered.contains(source) || chart.partly_read.contains(source);
    let missing = sources.iter().filter(missing);
    missing.map(|s| Key::from(s.key())).collect()
}

/// Merging rules 1–3: one primary card; modifiers become its text, but a warning is not hidden inside information.
fn merge(knowledge: &Knowledge, mut found: Vec<Found>, trace: &mut Vec<Step>) -> Vec<Found> {
    let precedence = |f: &Found| knowledge.words().precedence(&f.kind);
    found.sort_by_key(|f| {
        if f.is_modifier {
            (1, std::cmp::Reverse(f.indicator), precedence(f))
        } else {
            (0, std::cmp::Reverse(Indicator::Info), precedence(f))
        }
    });
    let mut rest = found.into_iter();
    let Some(mut primary) = rest.next() else {
        return Vec::new();
    };
    let mut own = Vec::new();
    for other in rest {
        let loud = other.indicator == Indicator::Warning
            && primary.indicator == Indicator::Info
            && !primary.is_modifier;
        if other.is_modifier && loud && own.is_empty() {
            own.push(other);
        } else if other.is_modifier {
            trace.push(Step::new(
                "§7",
                "merged",
                &other.kind,
                other.modifiers.iter().map(|(_, e)| e.clone()).collect(),
            ));
            primary.modifiers.extend(other.modifiers);
        } else {
            trace.push(Step::new("§7", "dropped", &other.kind, Vec::new()));
        }
    }
    let mut cards = vec![primary];
    cards.append(&mut own);
    cards.truncate(usize::try_from(knowledge.window(Window::CardsPerOrder)).unwrap_or(usize::MAX));
    for card in &cards {
        trace.push(Step::new("§7", "card", &card.kind, Vec::new()));
    }
    cards
}

/// Which of the orders of one study carries a card of a kind: the least. The last part settles a tie by the order's own
/// name, so that nothing depends on the sequence in which orders are sent.
type Claim = (bool, u8, ResourceRef);

/// An order that states its reason speaks for one that states none; of several, the quietest, because one credible
/// reason to be silent beats one to speak. A hazard that the chart or one of the orders tells is told as loud as it is.
fn claim(decision: &Decision, advice: &Advice) -> Claim {
    let loud = u8::from(advice.indicator == Indicator::Warning);
    if advice.modifiers.iter().any(|(kind, _)| *kind == advice.kind) {
        return (false, 1 - loud, decision.order.clone());
    }
    let presumed = decision.certainty == Certainty::Presumed;
    (presumed, loud, decision.order.clone())
}

/// Merging rules 4 and 5: orders of one study share a card of a kind; a response holds few cards, the loudest first.
pub fn share(knowledge: &Knowledge, decisions: &mut [Decision]) {
    // A study is named by the first of its orders.
    let mut speakers: Vec<(ResourceRef, Key, Claim)> = Vec::new();
    for decision in decisions.iter() {
        let Some(first) = decision.parts.first() else {
            continue;
        };
        for advice in &decision.advice {
            let claim = claim(decision, advice);
            match speakers
                .iter_mut()
                .find(|(o, k, _)| o == first && *k == advice.kind)
            {
                Some((_, _, best)) if claim < *best => *best = claim,
                Some(_) => {}
                None => speakers.push((first.clone(), advice.kind.clone(), claim)),
            }
        }
    }
    for decision in decisions.iter_mut() {
        let Some(first) = decision.parts.first() else {
            continue;
        };
        let dropped = take_out(&mut decision.advice, |a| {
            speakers
                .iter()
                .any(|(o, k, best)| o == first && *k == a.kind && best.2 != decision.order)
        });
        decision.trace.extend(
            dropped
                .iter()
                .map(|a| Step::new("§7", "shared", &a.kind, Vec::new())),
        );
    }
    let limit = usize::try_from(knowledge.window(Window::CardsPerResponse)).unwrap_or(usize::MAX);
    let mut ranked = Vec::new();
    for (at, decision) in decisions.iter().enumerate() {
        for advice in &decision.advice {
            let precedence = knowledge.words().precedence(&advice.kind);
            ranked.push((
                std::cmp::Reverse(advice.indicator),
                precedence,
                decision.study.clone(),
                decision.order.clone(),
                at,
                advice.kind.clone(),
            ));
        }
    }
    ranked.sort();
    for (.., at, kind) in ranked.into_iter().skip(limit) {
        if let Some(decision) = decisions.get_mut(at) {
            decision.advice.retain(|a| a.kind != kind);
            decision
                .trace
                .push(Step::new("§7", "over_limit", &kind, Vec::new()));
        }
    }
}

fn take_out(advice: &mut Vec<Advice>, mut out: impl FnMut(&Advice) -> bool) -> Vec<Advice> {
    let (gone, kept) = std::mem::take(advice).into_iter().partition(|a| out(a));
    *advice = kept;
    gone
}
