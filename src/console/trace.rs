//! How an answer came about, step by step, from the explanation of the service.

use crate::knowledge::Knowledge;
use serde::Serialize;
use serde_json::Value;

/// One order and how it was judged.
#[derive(Debug, Serialize)]
pub(super) struct DecisionView {
    order: String,
    selected: bool,
    study: String,
    scenario: String,
    certainty: String,
    rating: String,
    tone: &'static str,
    kinds: Vec<String>,
    unmapped: Vec<String>,
    steps: Vec<StepView>,
}

#[derive(Debug, Serialize)]
struct StepView {
    rule: String,
    question: String,
    answer: String,
    evidence: Vec<EvidenceView>,
}

#[derive(Debug, Serialize)]
struct EvidenceView {
    resource: String,
    what: String,
    quote: String,
    date: String,
}

/// The decisions of an explanation, in the words of the knowledge.
pub(super) fn views(knowledge: &Knowledge, explained: &Value) -> Vec<DecisionView> {
    let all = explained["decisions"].as_array().into_iter().flatten();
    all.map(|decision| view(knowledge, decision)).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn view(knowledge: &Knowledge, decision: &Value) -> DecisionView {
    let study = decision["study"].as_str().and_then(|key| knowledge.study(key));
    let scenario = knowledge
        .table()
        .scenario(decision["scenario"].as_str().unwrap_or_default());
    let rating = decision["rating"].as_str().unwrap_or_default();
    let words = &knowledge.words().common;
    let certainty = decision["certainty"].as_str().unwrap_or_default();
    let steps = decision["trace"].as_array().into_iter().flatten();
    let unmapped = decision["unmappedCodes"].as_array().into_iter().flatten();
    let kinds = decision["advice"].as_array().into_iter().flatten();
    DecisionView {
        order: text(&decision["order"]),
        selected: decision["selected"] == true,
        study: study.map(|study| study.name.clone()).unwrap_or_default(),
        scenario: scenario.map_or_else(|| text(&decision["scenario"]), |s| s.entry.title.clone()),
        certainty: words
            .certainty
            .get(certainty)
            .cloned()
            .unwrap_or_else(|| certainty.to_owned()),
        rating: words
            .category
            .get(rating)
            .cloned()
            .unwrap_or_else(|| rating.to_owned()),
        tone: tone(rating),
        kinds: kinds.map(|advice| text(&advice["kind"])).collect(),
        unmapped: unmapped
            .map(|code| format!("{} {}", text(&code["system"]), text(&code["code"])))
            .collect(),
        // Phrases that are not there are not worth a line.
        steps: steps
            .filter(|step| {
                !(step["answer"] == "no" && step["fact"].as_str().is_some_and(|f| f.starts_with("says_")))
            })
            .map(|step| step_view(knowledge, step))
            .collect(),
    }
}

fn step_view(knowledge: &Knowledge, step: &Value) -> StepView {
    let fact = knowledge.table().fact(step["fact"].as_str().unwrap_or_default());
    let answer = step["answer"].as_str().unwrap_or_default();
    let worded = fact.and_then(|fact| fact.answers.get(answer)).cloned();
    let evidence = step["evidence"].as_array().into_iter().flatten();
    StepView {
        rule: text(&step["rule"]),
        question: fact.map_or_else(|| text(&step["fact"]), |fact| fact.question.clone()),
        answer: worded.unwrap_or_else(|| key_in_words(knowledge, answer)),
        evidence: evidence
            .map(|evidence| EvidenceView {
                resource: text(&evidence["resource"]),
                what: text(&evidence["what"]),
                quote: text(&evidence["quote"]),
                date: text(&evidence["date"]),
            })
            .collect(),
    }
}

/// A question or a rating in words; a kind of card stays what it is called.
fn key_in_words(knowledge: &Knowledge, key: &str) -> String {
    let scenario = knowledge
        .table()
        .scenario(key)
        .map(|scenario| scenario.entry.title.clone());
    let rating = || knowledge.words().common.category.get(key).cloned();
    scenario.or_else(rating).unwrap_or_else(|| key.to_owned())
}

/// The colour of a rating.
pub(super) fn tone(rating: &str) -> &'static str {
    match rating {
        "usually_appropriate" => "good",
        "may_be_appropriate" => "middle",
        "usually_not_appropriate" => "bad",
        _ => "unknown",
    }
}
