//! Our service in this process, on a free port.

use super::fake::{Fake, Gatekeeper};
use apposite::service::{Ended, Entrances, Limits, Settings, Tls, serve};
use jiff::civil::date;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// No test waits longer than this for anything; only a failing one waits at all.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct App {
    pub address: SocketAddr,
    pub admin: Option<SocketAddr>,
    pub gate: Gatekeeper,
    client: Client,
    end: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Ended>,
}

impl App {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::configured(|_| Settings {
            limits,
            today: || date(2026, 6, 15),
            ..Settings::development()
        })
        .await
    }

    /// With settings that may depend on the address it listens on.
    pub async fn configured(settings: impl FnOnce(SocketAddr) -> Settings) -> Self {
        Self::entered(None, false, true, settings).await
    }

    /// With TLS, with an admin listener, and with a self-test that passes or not.
    pub async fn entered(
        tls: Option<Tls>,
        watched: bool,
        sound: bool,
        settings: impl FnOnce(SocketAddr) -> Settings,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let admin = match watched {
            true => Some(TcpListener::bind("127.0.0.1:0").await.unwrap()),
            false => None,
        };
        let (fake, gate) = Fake::new(sound);
        let (end, ended) = oneshot::channel::<()>();
        let settings = settings(address);
        let admin_address = admin.as_ref().map(|a| a.local_addr().unwrap());
        let entrances = Entrances {
            calls: listener,
            tls,
            admin,
        };
        let serving = tokio::spawn(serve(entrances, Arc::new(fake), settings, async {
            // A test that just drops its app ends it too.
            let _ = ended.await;
        }));
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self {
            address,
            admin: admin_address,
            gate,
            client,
            end: Some(end),
            serving,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client
            .request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path))
    }

    /// A call to a service, as an EHR makes it.
    pub fn call(&self, id: &str) -> RequestBuilder {
        let request = self.request("POST", &format!("/cds-services/{id}"));
        request.header("content-type", "application/json").body("{}")
    }

    /// Asks the service to end, as a signal would.
    pub fn ask_to_end(&mut self) {
        self.end.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has ended.
    pub async fn ended(self) -> Ended {
        tokio::time::timeout(PATIENCE, self.serving)
            .await
            .unwrap()
            .unwrap()
    }
}

/// The one issue of an OperationOutcome, after checking what every outcome must have (R-091, SC-23).
pub async fn issue(response: reqwest::Response) -> Value {
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let text = response.text().await.unwrap();
    let outcome: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(outcome["resourceType"], "OperationOutcome", "{text}");
    let issues = outcome["issue"].as_array().unwrap();
    assert_eq!(issues.len(), 1, "{text}");
    let issue = issues[0].clone();
    assert_eq!(issue["severity"], "error");
    assert!(issue["details"]["text"].as_str().is_some_and(|t| !t.is_empty()));
    assert!(issue["details"]["coding"][0]["code"].is_string());
    assert_eq!(issue["diagnostics"], format!("request id {id}"));
    assert!(
        !text.contains(super::fake::SECRET) && !text.contains("src/"),
        "{text}"
    );
    issue
}
