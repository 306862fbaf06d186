//! Step 11: advice → CDS Hooks cards, within the lengths and Markdown the specification allows.
//!
//! Words come from `cards/pnet/cards.toml`; whatever came from the request is escaped and cut before it enters a card
//! (SC-01). Ids derive from the call, the order and the rule, so a repeated call gets the same ids (P-20).

pub mod explain;
mod named;
mod pama;
mod plan;
mod revise;
mod words;

use crate::cds_hooks::response::{Action, Card, Coding, Response, SelectionBehavior, Source, Suggestion};
use crate::dialect::{Dialect, GENERIC, Replacing, SuggestionRatings};
use crate::engine::case::{Case, ResourceRef};
use crate::engine::{Advice, Consultation, Decision, Indicator};
use crate::knowledge::Knowledge;
use named::id;
use plan::{Plan, Taking};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub use named::{Named, named};
pub use pama::CATEGORIES;
pub use words::{MAX_SUMMARY_UNITS, Told, escape};

/// The key under which our own facts stand on a card.
pub const CARD_EXTENSION: &str = "org.apposite.card";

/// What identifies a call: equal calls get equal ids.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Whose call it is; empty where nobody has to say.
    pub tenant: &'a str,
    /// `hookInstance`.
    pub hook_instance: &'a str,
}

/// What was agreed with the client that gets the answer.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// How it speaks.
    pub dialect: &'a Dialect,
    /// The identifier of the qualified mechanism that the operator runs, for ratings on orders.
    pub g_code: Option<&'a str>,
}

/// Turns the judgements of one call into its answer, as CDS Hooks 3.0 has it.
#[must_use]
pub fn answer(
    knowledge: &Knowledge,
    call: Call<'_>,
    case: &Case,
    consultation: &Consultation,
    drafts: &BTreeMap<ResourceRef, Value>,
) -> Response {
    let Some(dialect) = Dialect::built_in(GENERIC) else {
        return Response::default();
    };
    let terms = Terms {
        dialect,
        g_code: None,
    };
    answer_to(knowledge, terms, call, case, consultation, drafts)
}

/// Turns the judgements of one call into its answer to a client with these terms. It offers what the client can carry
/// out; the form of the answer is up to [`crate::dialect::render`].
#[must_use]
pub fn answer_to(
    knowledge: &Knowledge,
    terms: Terms<'_>,
    call: Call<'_>,
    case: &Case,
    consultation: &Consultation,
    drafts: &BTreeMap<ResourceRef, Value>,
) -> Response {
    let system_actions = pama::actions(knowledge, terms, call, consultation, drafts);
    let mut cards: Vec<(u8, Indicator, Card)> = Vec::new();
    for (at, decision) in consultation.decisions.iter().enumerate() {
        let name = named::instance(call, consultation, at, decision);
        let call = Call {
            hook_instance: &name,
            ..call
        };
        for advice in &decision.advice {
            let card = card(knowledge, terms, call, case, decision, advice, drafts);
            cards.push((knowledge.words().precedence(&advice.kind), advice.indicator, card));
        }
    }
    cards.sort_by_key(|(precedence, indicator, _)| (std::cmp::Reverse(*indicator), *precedence));
    Response {
        cards: cards.into_iter().map(|(_, _, card)| card).collect(),
        system_actions,
        ..Response::default()
    }
}

fn card(
    knowledge: &Knowledge,
    terms: Terms<'_>,
    call: Call<'_>,
    case: &Case,
    decision: &Decision,
    advice: &Advice,
    drafts: &BTreeMap<ResourceRef, Value>,
) -> Card {
    let told = Told::of(knowledge, case, decision, advice);
    let topic = knowledge.topic();
    let order = decision.order.as_str();
    let suggestions = suggestions(knowledge, terms, call, case, decision, advice, drafts);
    let text = |coding: &str| Some(coding.to_owned()).filter(|c| !c.is_empty());
    Card {
        uuid: Some(named::card(call, order, advice)),
        summary: told.summary,
        detail: Some(told.detail),
        indicator: advice.indicator.key().to_owned(),
        source: Source {
            label: topic.source.label.clone(),
            url: None,
            icon: None,
            topic: Some(Coding {
                code: topic_code(&topic.card.code, &advice.kind),
                system: topic.card.system.clone(),
                display: text(&topic.card.display),
            }),
        },
        selection_behavior: (!suggestions.is_empty()).then_some(SelectionBehavior::AtMostOne),
        suggestions,
        override_reasons: override_reasons(knowledge),
        links: Vec::new(),
        extension: Some(json!({ CARD_EXTENSION: facts(knowledge, decision, advice) })),
    }
}

/// What an EHR ties an override to: the same for every card of a kind, and another for each kind. Letters and digits only,
/// since some take nothing else.
fn topic_code(topic: &str, kind: &str) -> String {
    let plain = kind.chars().filter(char::is_ascii_alphanumeric);
    topic.chars().chain(plain).collect()
}

/// Our own facts on a card.
fn facts(knowledge: &Knowledge, decision: &Decision, advice: &Advice) -> Value {
    let mut facts = json!({
        "kind": &*advice.kind,
        "order": decision.order.as_str(),
        "scenario": &*decision.scenario,
        "certainty": decision.certainty.key(),
        "rating": decision.rating.key(),
        "knowledge": { "id": knowledge.id(), "version": knowledge.version(), "digest": knowledge.digest() },
    });
    // An id that is none is text of the request like any other (SC-01).
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._:#".contains(&b);
    if let Some(members) = facts.as_object_mut()
        && !decision.order.as_str().bytes().all(plain)
    {
        members.shift_remove("order");
    }
    facts
}

fn override_reasons(knowledge: &Knowledge) -> Vec<Coding> {
    let reasons = knowledge.words().override_reasons.iter();
    reasons
        .map(|r| Coding {
            code: r.code.clone(),
            system: r.system.clone(),
            display: Some(r.display.clone()),
        })
        .collect()
}

/// One-click replacements; only for an order that was received, since its JSON is what gets changed (P-07).
fn suggestions(
    knowledge: &Knowledge,
    terms: Terms<'_>,
    call: Call<'_>,
    case: &Case,
    decision: &Decision,
    advice: &Advice,
    drafts: &BTreeMap<ResourceRef, Value>,
) -> Vec<Suggestion> {
    let Some(judged) = drafts.get(&decision.order) else {
        return Vec::new();
    };
    let order = decision.order.as_str();
    let updates = terms.dialect.replacing.value == Replacing::Update;
    let taking = match (advice.adds, updates) {
        (true, _) => Taking::Adds,
        (false, true) => Taking::Replaces,
        (false, false) => Taking::AddsInstead,
    };
    let mut suggestions = Vec::new();
    for study in &advice.offers {
        let offer = knowledge.suggestions().orders.get(study);
        let plan = offer.and_then(|o| Plan::of(knowledge, case, decision, o, taking).map(|p| (o, p)));
        let Some((offer, plan)) = plan else { continue };
        let new_id = |at: usize| id(call, &["order", order, &advice.kind, study, &at.to_string()]);
        let mut actions = revise::actions(knowledge, &plan, offer, judged, drafts, &new_id);
        rate(terms, call, &mut actions, || {
            pama::of_offer(knowledge, terms, decision, study)
        });
        if actions.is_empty() {
            continue;
        }
        let surplus = words::orders(knowledge, &plan.surplus);
        suggestions.push(Suggestion {
            label: words::suggestion_label(knowledge, study, taking != Taking::Replaces, &surplus),
            uuid: Some(named::offer(call, order, advice, study)),
            // Where the chart changes the picture, the choice is left to the clinician.
            is_recommended: suggestions.is_empty()
                && advice.indicator == Indicator::Warning
                && advice.modifiers.is_empty(),
            actions,
        });
    }
    // A question is stated on the order itself: nothing for a client that changes no draft order.
    for scenario in advice.questions.iter().filter(|_| updates) {
        let mut actions = revise::state(knowledge, case, decision, scenario, drafts);
        rate(terms, call, &mut actions, || {
            pama::of_question(knowledge, terms, decision, scenario)
        });
        if actions.is_empty() {
            continue;
        }
        suggestions.push(Suggestion {
            label: words::question_label(knowledge, scenario),
            uuid: Some(named::question(call, order, advice, scenario)),
            is_recommended: false,
            actions,
        });
    }
    suggestions
}

/// Puts the ratings of the orders that a suggestion leads to on them; without actions where one is needed and not known.
fn rate(
    terms: Terms<'_>,
    call: Call<'_>,
    actions: &mut Vec<Action>,
    rating: impl FnOnce() -> Option<pama::Rated>,
) {
    if !terms.writes_ratings() {
        return;
    }
    let wanted = terms.dialect.suggestion_ratings.value;
    let rated = if wanted == SuggestionRatings::None {
        None
    } else {
        rating()
    };
    let mut marked = true;
    for action in actions.iter_mut() {
        if let Some(order) = action.resource.as_object_mut() {
            // Our earlier rating was of the study that was ordered before: it goes in any case.
            pama::mark(order, terms, call, rated);
            marked &= pama::is_marked(order);
        }
    }
    if wanted == SuggestionRatings::Required && !marked {
        actions.clear();
    }
}
