//! All addresses in one place.

use super::auth::Caller;
use super::decide::{Answer, Tally};
use super::edge::Cards;
use super::record::{self, Received, Record};
use super::refusal::Refusal;
use super::{App, body, feedback};
use crate::insight::Mode;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

const DISCOVERY: &str = "/cds-services";
const READ_METHODS: &str = "GET, HEAD, OPTIONS";
const CALL_METHODS: &str = "POST, OPTIONS";

pub(crate) fn router(app: Arc<App>) -> Router {
    let reading = |route: MethodRouter<Arc<App>>| route.fallback(|| refuse(READ_METHODS));
    Router::new()
        .route("/", reading(get(pointer)))
        .route(DISCOVERY, reading(get(discovery)))
        .route(
            "/cds-services/{id}",
            post(hook_call).fallback(|| refuse(CALL_METHODS)),
        )
        .route(
            "/cds-services/{id}/feedback",
            post(feedback::feedback).fallback(|| refuse(CALL_METHODS)),
        )
        .route("/health/live", reading(get(live)))
        .route("/health/ready", reading(get(ready)))
        .fallback(|| async { Refusal::UnknownRoute })
        .with_state(app)
}

async fn refuse(allow: &'static str) -> Refusal {
    Refusal::Method { allow }
}

/// The methods of an address, as an `Allow` header.
pub(crate) fn allowed(path: &str) -> &'static str {
    if service_id(path).is_some() || feedback_id(path).is_some() {
        CALL_METHODS
    } else {
        READ_METHODS
    }
}

/// The name of an address in logs; never the path itself, which is the caller's text.
pub(crate) fn name(path: &str) -> &'static str {
    match path {
        "/" => "pointer",
        DISCOVERY => "discovery",
        "/health/live" => "live",
        "/health/ready" => "ready",
        other if service_id(other).is_some() => "call",
        other if feedback_id(other).is_some() => "feedback",
        _ => "unknown",
    }
}

fn service_id(path: &str) -> Option<&str> {
    let id = path.strip_prefix(DISCOVERY)?.strip_prefix('/')?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// The service whose feedback lives here.
pub(crate) fn feedback_id(path: &str) -> Option<&str> {
    let id = path
        .strip_prefix(DISCOVERY)?
        .strip_prefix('/')?
        .strip_suffix("/feedback")?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// One call, counted and kept.
async fn hook_call(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let mut whose = Whose::default();
    let received = app.settings.store.as_ref().map(|store| (store, Received::now()));
    let mut outcome = answered(&app, request, &mut whose).await;
    if let Some(metrics) = &app.metrics {
        let client = whose.caller.as_ref().and_then(Caller::client);
        let tally = outcome.as_ref().map(|answer| &answer.tally);
        metrics.call(whose.service.as_deref(), client.map(|c| c.name.as_str()), tally);
    }
    if let (Some((store, received)), Some(caller), Some(service), true) =
        (received, &whose.caller, &whose.service, whose.judged)
    {
        let release = &app.decide.about().release;
        let row = (service.as_str(), caller, release);
        record::keep(
            store,
            &app.record_ids,
            received,
            row,
            outcome.as_mut().map_err(|e| &*e),
        );
    }
    let answer = outcome?;
    let mut response = json(Body::from(answer.body));
    if tracing::enabled!(target: "apposite::access", tracing::Level::DEBUG) {
        response.extensions_mut().insert(Cards(answer.cards));
    }
    Ok(response)
}

/// What is known of a call, however it ends.
#[derive(Default)]
struct Whose {
    caller: Option<Caller>,
    service: Option<String>,
    /// Whether it came so far that it was judged.
    judged: bool,
}

/// Steps 1 to 12 of one call: accept, identify, read, judge, answer.
async fn answered(app: &App, request: Request, whose: &mut Whose) -> Result<Answer, Refusal> {
    let (head, body) = request.into_parts();
    let limits = &app.settings.limits;
    // Before the body: who is not let in does not get us to read anything (SC-16).
    let caller = match app.door.caller(&app.settings.callers, &head).await {
        Ok(caller) => caller,
        Err(refusal) => {
            body::dismiss(&head.headers, body, limits);
            return Err(refusal);
        }
    };
    let caller = &*whose.caller.insert(caller);
    let Some(id) = service_id(head.uri.path()).filter(|id| app.decide.about().serves(id)) else {
        body::dismiss(&head.headers, body, limits);
        return Err(Refusal::UnknownService);
    };
    if app.metrics.is_some() || app.settings.store.is_some() {
        whose.service = Some(id.to_owned());
    }
    let client = caller.client().map(|client| client.name.as_str());
    if app.modes.now(id, client).call == Mode::Off {
        // Nobody needs to read what nobody judges.
        body::dismiss(&head.headers, body, limits);
        whose.judged = true;
        return Ok(switched_off());
    }
    let body = body::read(&head.headers, body, limits).await?;
    let _place = app.door.place()?;
    let access = app.settings.fhir.of(caller);
    whose.judged = true;
    let answering = app
        .decide
        .answer(id, caller, &body, (app.settings.today)(), access);
    tokio::time::timeout(limits.answer_time, answering)
        .await
        .map_err(|_| Refusal::TooLate)?
}

/// The answer of what is switched off: no card, and no error either.
fn switched_off() -> Answer {
    Answer {
        body: br#"{"cards":[]}"#.to_vec(),
        cards: 0,
        tally: Tally::default(),
        record: Record::switched_off(),
    }
}

async fn discovery(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let (head, _) = request.into_parts();
    app.door.reader(&app.settings.callers, &head).await?;
    Ok(json(Body::from(app.decide.discovery())))
}

/// Alive means: this process answers.
pub(crate) async fn live() -> Response {
    json(Body::from(r#"{"status":"live"}"#))
}

/// Ready means: the knowledge is loaded (it is, or we would not run), it judges what is known, and we are not leaving.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let (status, word) = readiness(&app);
    (status, json(Body::from(format!(r#"{{"status":"{word}"}}"#)))).into_response()
}

/// Status and word.
pub(crate) fn readiness(app: &App) -> (StatusCode, &'static str) {
    match (app.is_ready(), app.is_tested()) {
        (true, _) => (StatusCode::OK, "ready"),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "leaving"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "self-test failed"),
    }
}

/// For a person who opens the address in a browser.
async fn pointer() -> &'static str {
    "Apposite: CDS Hooks decision support for imaging orders.\n\n\
     GET  /cds-services        what is served\n\
     POST /cds-services/{id}   call a service\n\
     POST /cds-services/{id}/feedback   tell what became of its cards\n\
     GET  /health/live, /health/ready\n"
}

fn json(body: Body) -> Response {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
