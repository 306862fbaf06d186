//! `explain`: how each decision came about, as JSON (a contract that other tools build on) and as text for people.

use crate::cds_hooks::response::Response;
use crate::engine::case::Case;
use crate::engine::trace::{Evidence, Step};
use crate::engine::{Consultation, Decision};
use crate::knowledge::Knowledge;
use crate::terminology::Coding;
use serde_json::{Value, json};
use std::fmt::Write;

/// The contract: knowledge, day, one decision per draft order that is imaging or EUS or selected, and the answer.
#[must_use]
pub fn json(knowledge: &Knowledge, case: &Case, consultation: &Consultation, response: &Response) -> Value {
    let mut identity =
        json!({ "id": knowledge.id(), "version": knowledge.version(), "digest": knowledge.digest() });
    if let (Some(local), Some(members)) = (knowledge.local_codes(), identity.as_object_mut()) {
        members.insert(
            "localCodes".into(),
            json!({ "digest": local.digest, "lines": local.lines }),
        );
    }
    let mut answer = json!({
        "knowledge": identity,
        "asOf": case.today.to_string(),
        "decisions": consultation.decisions.iter().map(decision).collect::<Vec<_>>(),
        "response": serde_json::to_value(response).unwrap_or_default(),
    });
    if let (Some(source), Some(members)) = (consultation.unavailable, answer.as_object_mut()) {
        members.insert("unavailable".into(), json!(source.key()));
    }
    answer
}

fn decision(decision: &Decision) -> Value {
    json!({
        "order": decision.order.as_str(),
        "selected": decision.selected,
        "study": decision.study.as_deref(),
        "unmappedCodes": decision.unmapped.iter().map(coding).collect::<Vec<_>>(),
        "scenario": &*decision.scenario,
        "scenarios": decision.candidates.iter().map(|s| &**s).collect::<Vec<&str>>(),
        "certainty": decision.certainty.key(),
        "rating": decision.rating.key(),
        "advice": decision.advice.iter().map(|a| json!({
            "kind": &*a.kind,
            "indicator": a.indicator.key(),
            "suggestions": a.offers.iter().map(|o| &**o).collect::<Vec<&str>>(),
            "questions": a.questions.iter().map(|q| &**q).collect::<Vec<&str>>(),
        })).collect::<Vec<_>>(),
        "trace": decision.trace.iter().map(step).collect::<Vec<_>>(),
    })
}

fn coding(coding: &Coding) -> Value {
    json!({ "system": coding.system, "code": coding.code, "display": coding.display })
}

fn step(step: &Step) -> Value {
    json!({
        "rule": &*step.rule,
        "fact": &*step.fact,
        "answer": &*step.answer,
        "evidence": step.evidence.iter().map(evidence).collect::<Vec<_>>(),
    })
}

fn evidence(evidence: &Evidence) -> Value {
    let mut members = serde_json::Map::new();
    if let Some(resource) = &evidence.resource {
        members.insert("resource".into(), json!(resource.as_str()));
    }
    members.insert("what".into(), json!(evidence.what));
    if let Some(quote) = &evidence.quote {
        members.insert("quote".into(), json!(quote));
    }
    if let Some(date) = evidence.date {
        members.insert("date".into(), json!(date.to_string()));
    }
    Value::Object(members)
}

/// A trace a clinician can follow: question, answer, and what it rests on.
#[must_use]
pub fn text(knowledge: &Knowledge, case: &Case, consultation: &Consultation, response: &Response) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "Knowledge {} {} ({:.12}), as of {}",
        knowledge.id(),
        knowledge.version(),
        knowledge.digest(),
        case.today
    );
    if consultation.decisions.is_empty() {
        let _ = writeln!(
            out,
            "\nNo draft order is imaging or endoscopic ultrasound, and none is selected: nothing to judge."
        );
    }
    for decision in &consultation.decisions {
        order(knowledge, &mut out, decision);
    }
    if let Some(source) = consultation.unavailable {
        let _ = writeln!(
            out,
            "\nAnswer: 412, because `{}` was not delivered and the order alone does not settle the question.",
            source.key()
        );
    } else if response.cards.is_empty() {
        let _ = writeln!(out, "\nAnswer: no cards.");
    }
    for card in &response.cards {
        let _ = writeln!(out, "\nCard [{}] {}\n", card.indicator, card.summary);
        for line in card.detail.as_deref().unwrap_or_default().lines() {
            let _ = writeln!(out, "  {line}");
        }
        for suggestion in &card.suggestions {
            let star = if suggestion.is_recommended {
                " (recommended)"
            } else {
                ""
            };
            let _ = writeln!(out, "  [ {} ]{star}", suggestion.label);
            for action in &suggestion.actions {
                let _ = writeln!(out, "      {}", action.description.as_deref().unwrap_or_default());
            }
        }
    }
    out
}

fn order(knowledge: &Knowledge, out: &mut String, decision: &Decision) {
    let study = decision.study.as_deref().and_then(|s| knowledge.study(s));
    let name = study.map_or("no study could be read", |s| s.name.as_str());
    let selected = if decision.selected {
        "selected"
    } else {
        "not selected"
    };
    let _ = writeln!(out, "\n{} ({selected}): {name}", decision.order);
    for coding in &decision.unmapped {
        let (system, code) = (coding.system.as_deref(), coding.code.as_deref());
        let _ = writeln!(
            out,
            "  {:<8} the code {} of {} is not among the knowledge's own, and no map explains it",
            "unmapped",
            code.unwrap_or_default(),
            system.unwrap_or_default()
        );
    }
    for step in &decision.trace {
        let words = knowledge.table().fact(&step.fact);
        let question = words.map(|f| f.question.as_str());
        let answer = words
            .and_then(|f| f.answers.get(&*step.answer))
            .map_or(&*step.answer, String::as_str);
        // Phrases that are not there are not worth a line.
        let said_nothing = step.fact.starts_with("says_") && &*step.answer == "no";
        if said_nothing {
            continue;
        }
        match question {
            Some(question) => {
                let _ = writeln!(out, "  {:<8} {question} {answer}", step.rule);
            }
            None => {
                let _ = writeln!(out, "  {:<8} {}: {answer}", step.rule, step.fact);
            }
        }
        for evidence in &step.evidence {
            let _ = writeln!(out, "             {}", line(evidence));
        }
    }
    let row = knowledge
        .table()
        .scenario(&decision.scenario)
        .map_or("", |s| s.entry.title.as_str());
    let _ = writeln!(
        out,
        "  ⇒ {} ({row}), certainty {}, rating {}",
        decision.scenario,
        decision.certainty.key(),
        decision.rating.key()
    );
}

fn line(evidence: &Evidence) -> String {
    let mut text = String::new();
    if let Some(resource) = &evidence.resource {
        let _ = write!(text, "{resource}: ");
    }
    match &evidence.quote {
        Some(quote) => {
            let plain: String = quote.chars().filter(|c| !c.is_control()).collect();
            let _ = write!(text, "“{plain}” [{}]", evidence.what);
        }
        None => text.push_str(&evidence.what),
    }
    if let Some(date) = evidence.date {
        let _ = write!(text, ", {date}");
    }
    text
}
