//! *Try it*: an order screen in small. The request lives in the browser; here are the pieces that it asks for.
//!
//! The service is called as an EHR calls it, through the same door, and its answer is shown as an EHR shows it. Where
//! callers must sign, which nobody here can, the request is judged beside the door, and the page says so.

use super::draft::{self, Edit};
use super::page::{failed, filled, page as whole, piece};
use super::{Console, cards, change, query, stories, trace};
use crate::service::Caller;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// A chart without problems and an order without words, to start from.
const BLANK: &str = "blank";

/// The page, without a request yet.
pub(super) async fn page(State(console): State<Arc<Console>>, RawQuery(sent): RawQuery) -> Response {
    let wanted = query::value(sent.as_deref(), "story").unwrap_or_else(|| stories::FIRST.to_owned());
    let (selecting, signing): (Vec<_>, Vec<_>) = stories::all()
        .into_iter()
        .partition(|story| story.name.starts_with("order-select/"));
    let content = piece(
        "try.html",
        context! {
            wanted, blank => BLANK, selecting => filled(selecting), signing => filled(signing),
            offline => console.backstage.calls_need_tokens(),
            kept => console.backstage.store().is_some(),
            service => console.service_id(),
        },
    );
    whole(&console.frame(), "/console", "Try it", "try.js", content)
}

/// The request of a story, and its screen.
pub(super) async fn story(State(console): State<Arc<Console>>, RawQuery(sent): RawQuery) -> Response {
    let name = query::value(sent.as_deref(), "name").unwrap_or_default();
    let today = console.backstage.today();
    let told = match name.as_str() {
        BLANK => stories::told_on(stories::FIRST, today).map(blank),
        name => stories::told_on(name, today),
    };
    match told {
        Some(request) => console.screen(request, Vec::new()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Nothing but a patient and an order that says nothing.
fn blank(mut request: Value) -> Value {
    if let Some(prefetch) = request.get_mut("prefetch").and_then(Value::as_object_mut) {
        for (key, value) in prefetch.iter_mut().filter(|(key, _)| *key != "patient") {
            *value = match key.as_str() {
                "conditions" => json!({ "resourceType": "Bundle", "type": "searchset", "entry": [] }),
                _ => Value::Null,
            };
        }
    }
    let order = request.pointer_mut("/context/draftOrders/entry/0/resource");
    if let Some(order) = order.and_then(Value::as_object_mut) {
        order.shift_remove("reasonCode");
        order.insert("code".into(), json!({ "text": "" }));
    }
    request
}

#[derive(Deserialize)]
pub(super) struct Edited {
    request: Value,
    edit: Edit,
}

/// The request after a change, and its screen.
pub(super) async fn edit(State(console): State<Arc<Console>>, Json(sent): Json<Edited>) -> Response {
    let mut request = sent.request;
    draft::edit(&mut request, &sent.edit, console.backstage.today());
    console.screen(request, Vec::new())
}

#[derive(Deserialize)]
pub(super) struct Accepted {
    request: Value,
    suggestion: Value,
}

/// The request after a suggestion was taken, and its screen.
pub(super) async fn accept(State(console): State<Arc<Console>>, Json(sent): Json<Accepted>) -> Response {
    let mut request = sent.request;
    let done = change::accept(&mut request, &sent.suggestion);
    console.screen(request, done)
}

#[derive(Deserialize)]
pub(super) struct Called {
    request: Value,
}

/// Calls the service.
pub(super) async fn call(State(console): State<Arc<Console>>, Json(sent): Json<Called>) -> Response {
    let mut request = sent.request;
    // Every time a hook fires it is an instance of its own.
    if let (Some(members), Some(id)) = (request.as_object_mut(), new_id()) {
        members.insert("hookInstance".into(), json!(id));
    }
    let Ok(body) = serde_json::to_vec(&request) else {
        return failed();
    };
    let started = Instant::now();
    let (status, answer) = console.answer(&body).await;
    let micros = started.elapsed().as_micros();
    let today = console.backstage.today();
    let explained = console.service.explain_json(&Caller::default(), &body, today);
    let (decisions, notes) = match &explained {
        Ok(explained) => (
            trace::views(console.service.knowledge(), explained),
            explained["notes"].clone(),
        ),
        Err(_) => (Vec::new(), Value::Null),
    };
    let views = cards::views(&answer);
    let said = match (status, views.len()) {
        (200, 0) => "No card: the order passes in silence.".to_owned(),
        (200, 1) => "One card.".to_owned(),
        (200, many) => format!("{many} cards."),
        _ => format!("The service refuses this request: {status}."),
    };
    let issue = answer
        .pointer("/issue/0/details/text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let shown = piece("cards.html", context! { cards => filled(views), status, issue });
    let traced = piece(
        "trace.html",
        context! { decisions => filled(decisions), notes => filled(notes) },
    );
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    match (shown, traced) {
        (Ok(cards), Ok(trace)) => Json(json!({
            "status": status, "micros": micros, "said": said, "cards": cards, "trace": trace,
            "request": request, "sent": pretty(&request), "answer": answer, "received": pretty(&answer),
        }))
        .into_response(),
        _ => failed(),
    }
}

#[derive(Deserialize)]
pub(super) struct Told {
    card: String,
    #[serde(default)]
    suggestion: Option<String>,
    #[serde(default)]
    reason: Option<Value>,
    #[serde(default)]
    comment: String,
}

/// Tells the service what became of a card, as an EHR does.
pub(super) async fn feedback(State(console): State<Arc<Console>>, Json(told): Json<Told>) -> Response {
    let mut item = json!({ "card": told.card, "outcomeTimestamp": jiff::Timestamp::now().to_string() });
    let Some(members) = item.as_object_mut() else {
        return failed();
    };
    match told.suggestion {
        Some(id) => {
            members.insert("outcome".into(), json!("accepted"));
            members.insert("acceptedSuggestions".into(), json!([{ "id": id }]));
        }
        None => {
            members.insert("outcome".into(), json!("overridden"));
            let mut why = serde_json::Map::new();
            why.extend(told.reason.map(|reason| ("reason".to_owned(), reason)));
            if !told.comment.trim().is_empty() {
                why.insert("userComment".into(), json!(told.comment.trim()));
            }
            members.insert("overrideReason".into(), Value::Object(why));
        }
    }
    let body = json!({ "feedback": [item] });
    let path = format!("/cds-services/{}/feedback", console.service_id());
    let (status, words) = if console.backstage.calls_need_tokens() {
        (None, "not sent: callers must sign".to_owned())
    } else if console.backstage.store().is_none() {
        (None, "not sent: there is no store that would keep it".to_owned())
    } else {
        let sent = serde_json::to_vec(&body).unwrap_or_default();
        let status = console.backstage.post(&path, sent).await.0.as_u16();
        let words = if status == 200 { "kept" } else { "refused" };
        (Some(status), words.to_owned())
    };
    Json(json!({ "status": status, "words": words, "path": path, "sent": body })).into_response()
}

impl Console {
    /// The id of the service that is tried.
    pub(super) fn service_id(&self) -> &str {
        &self.service.knowledge().topic().service.id
    }

    /// A request and its screen; `done` is what led to it.
    fn screen(&self, request: Value, done: Vec<String>) -> Response {
        let knowledge = self.service.knowledge();
        let view = draft::view(&request, knowledge.systems(), self.backstage.today());
        match piece("editor.html", context! { view => filled(view) }) {
            Ok(editor) => Json(json!({ "request": request, "editor": editor, "done": done })).into_response(),
            Err(_) => failed(),
        }
    }

    /// Status and answer of the service, or of its judgement where the door is closed to us.
    async fn answer(&self, body: &[u8]) -> (u16, Value) {
        if !self.backstage.calls_need_tokens() {
            let path = format!("/cds-services/{}", self.service_id());
            let (status, answer) = self.backstage.post(&path, body.to_vec()).await;
            return (
                status.as_u16(),
                serde_json::from_slice(&answer).unwrap_or_default(),
            );
        }
        match self.service.judge(body, self.backstage.today()) {
            Ok(judged) if judged.consultation.unavailable.is_some() => (412, Value::Null),
            Ok(judged) => (200, serde_json::to_value(&judged.response).unwrap_or_default()),
            Err(fault) => {
                let issue = json!({ "issue": [{ "details": { "text": fault.to_string() } }] });
                (400, issue)
            }
        }
    }
}

fn new_id() -> Option<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(uuid::Builder::from_random_bytes(bytes).into_uuid()).map(|id: Uuid| id.to_string())
}
