//! The real service with a store, in this process, and two hospitals that call it.

use super::app::PATIENCE;
use super::idp::KeyServer;
use super::signer::Signer;
use apposite::cli::wiring;
use apposite::config::Client;
use apposite::service::{Callers, Configured, Entrances, Limits, Modes, Settings, serve};
use apposite::store::{Row, Statement, Store, StoreOptions};
use jiff::civil::date;
use reqwest::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// A call that gets a card with suggestions.
pub const CALL: &str = include_str!("../../../fixtures/hooks/order-select/seed-noncontrast-ct.json");

/// Issuers of the two hospitals.
pub const ISSUERS: [&str; 2] = ["https://one.example.org", "https://two.example.org"];

pub const SERVICE: &str = "/cds-services/pnet-imaging";
pub const FEEDBACK: &str = "/cds-services/pnet-imaging/feedback";

pub struct Ward {
    pub base: String,
    admin: String,
    pub store: Store,
    http: reqwest::Client,
    signers: Arc<[Signer; 2]>,
    tokens: AtomicUsize,
    keys: [KeyServer; 2],
}

impl Ward {
    pub async fn open(options: StoreOptions) -> Self {
        Self::open_with(options, Configured::default()).await
    }

    /// With shadow mode or switches in its configuration.
    pub async fn open_with(options: StoreOptions, modes: Configured) -> Self {
        let signers = Arc::new([Signer::p384("one"), Signer::p384("two")]);
        let keys = [
            KeyServer::start(&[signers[0].jwk()]).await,
            KeyServer::start(&[signers[1].jwk()]).await,
        ];
        Self::with(options, signers, keys, modes).await
    }

    /// Another replica with the same clients.
    pub async fn beside(&self, options: StoreOptions) -> Self {
        let modes = Configured::default();
        Self::with(options, Arc::clone(&self.signers), self.keys.clone(), modes).await
    }

    async fn with(
        options: StoreOptions,
        signers: Arc<[Signer; 2]>,
        keys: [KeyServer; 2],
        modes: Configured,
    ) -> Self {
        let store = Store::open(options).await.unwrap().unwrap();
        let client = |at: usize| Client {
            jwks_url: Some(keys[at].url.clone()),
            jwks_plain_http: true,
            // Some tests send more at once than a client may.
            rate_per_second: 0,
            audiences: vec!["https://cds.example.org".to_owned()],
            ..Client::new(["one", "two"][at], ISSUERS[at])
        };
        let (calls, admin) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let base = format!("http://{}", calls.local_addr().unwrap());
        let admin_base = format!("http://{}", admin.local_addr().unwrap());
        let clients = [client(0), client(1)];
        let callers = Callers::registered(&clients, std::slice::from_ref(&base), false).unwrap();
        let settings = Settings {
            callers: callers.sharing(Some(&store)),
            today: || date(2026, 6, 15),
            store: Some(store.clone()),
            // Some tests show many tokens that are not let in.
            limits: Limits {
                failures: None,
                ..Limits::default()
            },
            ..Settings::development()
        };
        let entrances = Entrances {
            calls,
            tls: None,
            admin: Some(admin),
        };
        let decide = Arc::new(wiring::service(None, None).unwrap().with_modes(Modes::of(modes)));
        tokio::spawn(serve(entrances, decide, settings, std::future::pending()));
        Self {
            base,
            admin: admin_base,
            store,
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()
                .unwrap(),
            signers,
            tokens: AtomicUsize::new(0),
            keys,
        }
    }

    /// A fresh token of this hospital for this audience.
    pub fn token(&self, who: usize, audience: &str) -> String {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({ "iss": ISSUERS[who], "aud": audience, "exp": now + 300, "iat": now,
            "jti": format!("{}-{number}", self.base) });
        let signer = &self.signers[who];
        signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string())
    }

    pub async fn send(&self, path: &str, token: &str, body: String) -> Response {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(token);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// A call of this hospital, with a hook instance of its own; its first card.
    pub async fn card(&self, who: usize, instance: &str) -> Value {
        let mut call: Value = serde_json::from_str(CALL).unwrap();
        call["hookInstance"] = json!(instance);
        let token = self.token(who, &format!("{}{SERVICE}", self.base));
        let response = self.send(SERVICE, &token, call.to_string()).await;
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()["cards"][0].clone()
    }

    /// A message to the admin listener: status and answer.
    pub async fn admin_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.admin));
        let response = request.json(body).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json().await.unwrap_or_default(),
        )
    }

    /// Feedback of this hospital.
    pub async fn tell(&self, who: usize, items: Value) -> Response {
        let token = self.token(who, &format!("{}{FEEDBACK}", self.base));
        self.send(FEEDBACK, &token, json!({ "feedback": items }).to_string())
            .await
    }

    pub async fn rows(&self, sql: &'static str) -> Vec<Row> {
        self.store.query(Statement::plain(sql)).await.unwrap()
    }

    /// Each row as one text.
    pub async fn lines(&self, sql: &'static str) -> Vec<String> {
        let text = |value: &apposite::store::Value| match (value.text(), value.number()) {
            (Some(text), _) => text.to_owned(),
            (_, number) => number.unwrap().to_string(),
        };
        let rows = self.rows(sql).await;
        rows.iter()
            .map(|row| row.iter().map(text).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// A page of the admin listener.
    pub async fn admin(&self, path: &str) -> String {
        let url = format!("{}{path}", self.admin);
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }
}
