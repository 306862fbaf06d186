//! What the simulated EHR serves: its key set, and a FHIR server that opens to the access token it hands out.
//!
//! On this machine only. Reads and searches, in pages; nothing can be written. It remembers what was asked, so that one
//! sees what a service reads beyond its prefetch.

use super::record::{Query, Record, bundle};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running EHR; it ends when it is dropped.
pub struct Ehr {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

/// What it needs to serve.
#[derive(Debug, Clone)]
pub struct Serves {
    /// The public key set.
    pub key_set: Value,
    /// The access token that opens the record.
    pub token: String,
    /// How many resources a page of a search holds.
    pub page: usize,
}

/// One request to the FHIR server.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Asked {
    /// What was asked: `Condition?patient=p1`.
    pub query: String,
    /// How it was answered.
    pub status: u16,
}

struct Shared {
    serves: Serves,
    base: String,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    record: Record,
    asked: Vec<Asked>,
}

impl Ehr {
    /// Starts to serve; must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn start(listener: TcpListener, serves: Serves) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            serves,
            base: format!("http://{address}/fhir"),
            held: Mutex::default(),
        });
        let app = Router::new()
            .route("/jwks.json", get(keys))
            .route("/fhir/{*query}", get(fhir))
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            // Ends with the program; a listener that fails shows as a service that cannot reach us.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            shared,
            serving,
        })
    }

    /// Its address, which is also who it says it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its key set is.
    #[must_use]
    pub fn key_set_url(&self) -> String {
        format!("http://{}/jwks.json", self.address)
    }

    /// The base of its FHIR server.
    #[must_use]
    pub fn fhir_base(&self) -> &str {
        &self.shared.base
    }

    /// From now on the FHIR server holds this record.
    pub fn hold(&self, record: Record) {
        self.shared.held().record = record;
    }

    /// What the FHIR server was asked since it was last looked at.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.held().asked)
    }
}

impl Drop for Ehr {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Whatever panicked while it held the lock left a record that is still whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    answer(StatusCode::OK, "application/json", &shared.serves.key_set)
}

async fn fhir(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    let asked = uri.path_and_query().map_or("", |p| p.as_str());
    let asked = asked.strip_prefix("/fhir/").unwrap_or(asked);
    let given = headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
    let token = given
        .and_then(|g| g.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let mut held = shared.held();
    let (status, body) = if asked == "metadata" {
        (StatusCode::OK, capabilities())
    } else if token.is_none_or(|(_, token)| token != shared.serves.token) {
        (StatusCode::UNAUTHORIZED, outcome("login"))
    } else {
        found(&shared, &held.record, asked)
    };
    held.asked.push(Asked {
        query: asked.to_owned(),
        status: status.as_u16(),
    });
    answer(status, "application/fhir+json", &body)
}

fn found(shared: &Shared, record: &Record, asked: &str) -> (StatusCode, Value) {
    let Some(query) = Query::parse(asked) else {
        return (StatusCode::BAD_REQUEST, outcome("not-supported"));
    };
    if query.id.is_some() {
        return match record.read(&query) {
            Some(resource) => (StatusCode::OK, resource.clone()),
            None => (StatusCode::NOT_FOUND, outcome("not-found")),
        };
    }
    let found = record.search(&query);
    let size = query
        .number("_count")
        .unwrap_or(shared.serves.page)
        .clamp(1, 1000);
    let at = query.number("_page").unwrap_or(0);
    let page: Vec<&Value> = found
        .iter()
        .skip(at.saturating_mul(size))
        .take(size)
        .copied()
        .collect();
    let more = found.len() > at.saturating_add(1).saturating_mul(size);
    let next = more.then(|| {
        let plain = asked.split("&_page=").next().unwrap_or(asked);
        let sign = if plain.contains('?') { '&' } else { '?' };
        format!("{}/{plain}{sign}_page={}", shared.base, at + 1)
    });
    (StatusCode::OK, bundle(&page, found.len(), next))
}

fn capabilities() -> Value {
    json!({ "resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "date": "2026-01-01",
        "fhirVersion": "4.0.1", "format": ["json"] })
}

fn outcome(code: &str) -> Value {
    json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": code }] })
}

fn answer(status: StatusCode, media_type: &'static str, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, media_type)], body.to_string()).into_response()
}
