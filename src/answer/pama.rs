//! Ratings written on orders, in the form of the Argonaut PAMA imaging guide.
//!
//! An order gets one only where its rating is known: the question is settled, the order itself states it, and the
//! tables hold a rating (PA-04, PA-05); nothing is guessed. Four extensions go together and replace our own earlier
//! ones (P-07); a rating that another mechanism wrote is never touched. We are no qualified mechanism: the identifier of
//! one is written only if the operator supplies it. Where the actions stand in the answer is up to `dialect`.

use super::{Call, Terms, id, revise, words};
use crate::cds_hooks::response::{Action, ActionKind};
use crate::dialect::{MayBe, Place, SuggestionRatings, Unrated};
use crate::engine::case::ResourceRef;
use crate::engine::{AppropriatenessCategory, Certainty, Consultation, Decision, Key, rating};
use crate::knowledge::Knowledge;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const RATING: &str = "http://fhir.org/argonaut/Extension/pama-rating";
const CONSULTED: &str = "http://fhir.org/argonaut/Extension/pama-rating-qcdsm-consulted";
const CONSULT_ID: &str = "http://fhir.org/argonaut/Extension/pama-rating-consult-id";
const CRITERIA: &str = "http://fhir.org/argonaut/Extension/pama-rating-auc-applied";
const CODES: &str = "http://fhir.org/argonaut/CodeSystem/pama-rating";

/// The system of the finer rating that stands second (PA-07); by it we know a rating as our own.
pub const CATEGORIES: &str = "https://apposite.org/fhir/CodeSystem/acr-category";

/// A rating as it is written on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rated {
    code: &'static str,
    category: AppropriatenessCategory,
}

/// The system actions: every selected order whose rating is known, whole, with nothing changed but the rating (PA-06);
/// and those that still carry an earlier rating of ours, without it.
pub(super) fn actions(
    knowledge: &Knowledge,
    terms: Terms<'_>,
    call: Call<'_>,
    consultation: &Consultation,
    drafts: &BTreeMap<ResourceRef, Value>,
) -> Vec<Action> {
    if !terms.writes_ratings() {
        return Vec::new();
    }
    // A client that needs a rating on whatever it gets would stumble over an order without one.
    let takes_back = terms.dialect.suggestion_ratings.value != SuggestionRatings::Required;
    let selected = consultation.decisions.iter().filter(|d| d.selected);
    let action = |decision: &Decision| {
        let rated = known(knowledge, decision).and_then(|category| terms.rated(category));
        let mut resource = drafts.get(&decision.order)?.as_object()?.clone();
        // An order that is not rated is not in the list (PA-05), unless our rating of what it asked before is still on it.
        if rated.is_none() && !(takes_back && carries_ours(&resource)) {
            return None;
        }
        let marked = mark(&mut resource, terms, call, rated);
        marked.then(|| Action {
            kind: ActionKind::Update,
            description: Some(words::rating_description(knowledge, rated.is_some())),
            resource: Value::Object(resource),
        })
    };
    selected.filter_map(action).collect()
}

/// The rating of an order, where it is known whether and how it is rated.
fn known(knowledge: &Knowledge, decision: &Decision) -> Option<AppropriatenessCategory> {
    settled(knowledge, decision).then_some(decision.rating)
}

/// Whether it is clear what is ordered and which question it answers. Presumed from the chart is not clear.
fn settled(knowledge: &Knowledge, decision: &Decision) -> bool {
    let scenario = knowledge.table().scenario(&decision.scenario);
    decision.study.is_some()
        && decision.candidates.len() <= 1
        && decision.certainty != Certainty::Presumed
        && scenario.is_some_and(|s| s.entry.ask_as.is_none())
}

/// The rating that an offered study would get in the place of the one ordered.
pub(super) fn of_offer(
    knowledge: &Knowledge,
    terms: Terms<'_>,
    decision: &Decision,
    study: &Key,
) -> Option<Rated> {
    let scenario = knowledge.table().scenario(&decision.scenario);
    let scenario = scenario.filter(|_| settled(knowledge, decision))?;
    terms.rated(rating::rate(knowledge, scenario, Some(study)))
}

/// The rating that the ordered study would get once this question is stated.
pub(super) fn of_question(
    knowledge: &Knowledge,
    terms: Terms<'_>,
    decision: &Decision,
    asked: &Key,
) -> Option<Rated> {
    let scenario = knowledge.table().scenario(asked)?;
    terms.rated(rating::rate(knowledge, scenario, decision.study.as_ref()))
}

impl Terms<'_> {
    /// Whether ratings are written on orders at all.
    pub(super) fn writes_ratings(self) -> bool {
        self.dialect.system_actions.value != Place::Off
    }

    /// What is written for a category; `None` where nothing is.
    fn rated(self, category: AppropriatenessCategory) -> Option<Rated> {
        use AppropriatenessCategory as Category;
        let code = match category {
            Category::UsuallyAppropriate => "appropriate",
            Category::UsuallyNotAppropriate => "not-appropriate",
            Category::MayBeAppropriate => match self.dialect.may_be_appropriate.value {
                MayBe::Appropriate => "appropriate",
                MayBe::Absent => return None,
            },
            // That no criteria apply is said of questions that are not rated at all. Where a rating is only not held
            // here, criteria may well exist.
            Category::NotApplicable => match self.dialect.unrated.value {
                Unrated::NoCriteriaApply => "no-criteria-apply",
                Unrated::Absent => return None,
            },
            Category::Unknown => return None,
        };
        Some(Rated { code, category })
    }
}

/// The guide's profile is of ServiceRequest in FHIR R4 (PA-01).
fn is_rated_order(order: &Map<String, Value>) -> bool {
    order.get("resourceType").is_some_and(|t| t == "ServiceRequest") && !revise::is_r5(order)
}

/// Writes a rating on an order in the place of our earlier one, or takes that away. False where the order carries the
/// rating of another mechanism or extensions that cannot be read, or is none of those rated: it is then left as it is.
pub(super) fn mark(
    order: &mut Map<String, Value>,
    terms: Terms<'_>,
    call: Call<'_>,
    rated: Option<Rated>,
) -> bool {
    if !is_rated_order(order) {
        return false;
    }
    let mut entries = match order.get("extension") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => entries.clone(),
        Some(_) => return false,
    };
    if entries.iter().any(is_pama) && !entries.iter().any(is_ours) {
        return false;
    }
    let earlier = entries.iter().position(is_pama);
    let at = earlier.unwrap_or(entries.len());
    entries.retain(|entry| !is_pama(entry));
    let new = rated
        .map(|rated| written(order, terms, call, rated))
        .unwrap_or_default();
    let behind = entries.split_off(at.min(entries.len()));
    entries.extend(new);
    entries.extend(behind);
    if !entries.is_empty() {
        order.insert("extension".to_owned(), Value::Array(entries));
    } else if earlier.is_some() {
        // no empty list.
        order.shift_remove("extension");
    }
    true
}

/// Whether an order carries a rating.
pub(super) fn is_marked(order: &Map<String, Value>) -> bool {
    let entries = order.get("extension").and_then(Value::as_array);
    entries.is_some_and(|entries| entries.iter().any(|e| url(e) == RATING))
}

/// Whether an order carries a rating that we wrote.
fn carries_ours(order: &Map<String, Value>) -> bool {
    let entries = order.get("extension").and_then(Value::as_array);
    entries.is_some_and(|entries| entries.iter().any(is_ours))
}

/// An order that is added starts as a copy of another one; a consultation about that one is not about it.
pub(super) fn unmark_copy(order: &mut Map<String, Value>) {
    let Some(Value::Array(entries)) = order.get_mut("extension") else {
        return;
    };
    if entries.iter().any(is_pama) {
        entries.retain(|entry| !is_pama(entry));
        if entries.is_empty() {
            order.shift_remove("extension");
        }
    }
}

fn written(order: &Map<String, Value>, terms: Terms<'_>, call: Call<'_>, rated: Rated) -> Vec<Value> {
    let codings = json!([
        { "system": CODES, "code": rated.code },
        { "system": CATEGORIES, "code": rated.category.key().replace('_', "-") },
    ]);
    let mut written = vec![json!({ "url": RATING, "valueCodeableConcept": { "coding": codings } })];
    if let Some(code) = terms.g_code {
        written.push(json!({ "url": CONSULTED, "valueString": code }));
    }
    written.push(json!({ "url": CONSULT_ID, "valueUri": format!("urn:uuid:{}", consult_id(order, call)) }));
    written
}

/// The same id while order, patient, study and reason are the same (PA-10), whatever the call.
fn consult_id(order: &Map<String, Value>, call: Call<'_>) -> String {
    let members = ["id", "subject", "code", "reasonCode", "reasonReference"];
    let told = members.map(|m| order.get(m).map(Value::to_string).unwrap_or_default());
    let consultation = Call {
        hook_instance: "consultation",
        ..call
    };
    id(consultation, &told.each_ref().map(String::as_str))
}

fn url(entry: &Value) -> &str {
    // The guide prints one of its URLs with a tab behind it.
    entry
        .get("url")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim()
}

fn is_pama(entry: &Value) -> bool {
    [RATING, CONSULTED, CONSULT_ID, CRITERIA].contains(&url(entry))
}

/// A rating that we wrote: it names our categories.
fn is_ours(entry: &Value) -> bool {
    let codings = entry
        .pointer("/valueCodeableConcept/coding")
        .and_then(Value::as_array);
    let ours = |coding: &Value| coding.get("system").is_some_and(|s| s == CATEGORIES);
    url(entry) == RATING && codings.is_some_and(|codings| codings.iter().any(ours))
}

#[cfg(test)]
mod tests;
