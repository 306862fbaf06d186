//! Gathering over real sockets: our service, and a FHIR server of the test that answers as it is told.

mod callers;
mod canary;
pub mod ehr;
mod failures;
mod prefetch;
mod reach;
mod rights;

use super::fixtures::{self, TODAY};
use super::support::app::PATIENCE;
use apposite::cli::wiring;
use apposite::service::gather::{BaseSettings, FhirAccess, FhirReach, Settings};
use apposite::service::{self, Decide};
use ehr::{Ehr, Reply};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What must never be seen outside the requests to the FHIR server.
const TOKEN: &str = "canary-access-token";

static REAL: LazyLock<Arc<dyn Decide>> = LazyLock::new(|| wiring::decide(None, None).unwrap());

static FIXTURES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(fixtures::fixtures);

/// Prefetch key → the query it stands for, for the patient of the fixtures.
const QUERIES: [(&str, &str); 10] = [
    ("patient", "Patient/pat-58"),
    ("conditions", "Condition?patient=pat-58"),
    ("procedures", "Procedure?patient=pat-58"),
    ("medications", "MedicationRequest?patient=pat-58"),
    ("medicationStatements", "MedicationStatement?patient=pat-58"),
    (
        "medicationAdministrations",
        "MedicationAdministration?patient=pat-58",
    ),
    ("observations", "Observation?patient=pat-58&category=laboratory"),
    ("allergies", "AllergyIntolerance?patient=pat-58"),
    ("imaging", "ImagingStudy?patient=pat-58"),
    ("imagingReports", "DiagnosticReport?patient=pat-58&category=RAD"),
];

fn query(key: &str) -> &'static str {
    QUERIES.iter().find(|(known, _)| *known == key).unwrap().1
}

/// A call of the fixtures.
fn fixture(name: &str) -> Value {
    serde_json::from_slice(&FIXTURES[&format!("hooks/order-select/{name}")]).unwrap()
}

/// The same call with access to this FHIR server.
fn with_access(mut call: Value, server: &str) -> Value {
    call["fhirServer"] = json!(server);
    call["fhirAuthorization"] = json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300,
        "scope": "patient/*.read", "subject": "apposite", "patient": "pat-58" });
    call
}

/// Takes answers out of the prefetch.
fn without(mut call: Value, keys: &[&str]) -> Value {
    for key in keys {
        call["prefetch"]
            .as_object_mut()
            .unwrap()
            .shift_remove(*key)
            .unwrap();
    }
    call
}

fn settings(base: &str) -> Settings {
    Settings {
        bases: vec![BaseSettings {
            url: base.to_owned(),
            allow_private: false,
            allow_loopback: true,
            authorities: None,
        }],
        // Long, so that a busy machine fails no test; tests about time set their own.
        deadline: Duration::from_secs(5),
        ..Settings::default()
    }
}

/// Our service with this access.
struct Ours {
    url: String,
    client: Client,
    serving: JoinHandle<service::Ended>,
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Ours {
    async fn with(access: FhirAccess) -> Self {
        Self::configured(|_| service::Settings {
            today: || TODAY,
            fhir: FhirReach::of_anybody(access),
            ..service::Settings::development()
        })
        .await
    }

    /// With settings that may depend on the address it listens on.
    async fn configured(settings: impl FnOnce(SocketAddr) -> service::Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let id = &REAL.about().services[0].id;
        let url = format!("http://{address}/cds-services/{id}");
        let settings = settings(address);
        let pending = std::future::pending();
        let serving = tokio::spawn(service::serve(listener, Arc::clone(&REAL), settings, pending));
        let client = Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            // Reading the certificates of the machine for each of many services would take most of the time.
            .tls_certs_only([])
            .build()
            .unwrap();
        Self { url, client, serving }
    }

    async fn asking(ehr: &Ehr) -> Self {
        Self::with(FhirAccess::new(settings(&ehr.base())).unwrap()).await
    }

    /// Status and body. No answer ever holds the token.
    async fn call(&self, call: &Value) -> (u16, String) {
        self.call_as(None, call).await
    }

    /// The same with a token of the caller.
    async fn call_as(&self, token: Option<&str>, call: &Value) -> (u16, String) {
        let mut request = self.client.post(&self.url).json(call);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(!text.contains(TOKEN), "SC-07 {text}");
        (status, text)
    }
}

/// The indicators and kinds of the cards in a body.
fn short((status, text): &(u16, String)) -> String {
    let body: Value = serde_json::from_str(text).unwrap();
    if *status != 200 {
        let place = &body["issue"][0]["expression"][0];
        return format!("{status} {}", place.as_str().unwrap_or_default());
    }
    let cards = body["cards"].as_array().unwrap().iter().map(|card| {
        let kind = &card["extension"][apposite::answer::CARD_EXTENSION]["kind"];
        format!(
            "{} {}",
            card["indicator"].as_str().unwrap(),
            kind.as_str().unwrap()
        )
    });
    cards.collect::<Vec<_>>().join(", ")
}

/// What the FHIR server holds: the prefetch of a call, by query. Where the EHR had nothing, the server finds nothing.
fn record(call: &Value) -> BTreeMap<String, Reply> {
    let prefetch = call["prefetch"].as_object().unwrap().iter();
    let held = prefetch.filter(|(_, answer)| !answer.is_null());
    held.map(|(key, answer)| (query(key).to_owned(), Reply::json(answer)))
        .collect()
}
