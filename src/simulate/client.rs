//! Calling a service: discovery, calls and feedback, each signed anew.

use super::identity::{Claims, Identity, KeyFault};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The largest answer that is read.
const MOST_BYTES: usize = 8 << 20;

/// An EHR's side of the wire.
pub struct Client {
    http: reqwest::Client,
    discovery: String,
    signing: Option<Signing>,
}

/// How calls are signed.
pub struct Signing {
    /// The keys.
    pub identity: Identity,
    /// The `iss` of tokens.
    pub issuer: String,
    /// Where the key set is served, if it is told in tokens.
    pub key_set_url: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The `Content-Type`.
    pub media_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it took, from the first byte sent to the last one read.
    pub took: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The address is none.
    #[error("`{0}` is no address of a service: write it as `https://cds.example.org`")]
    Address(String),
    /// This machine cannot make TLS connections.
    #[error("the certificates of authorities on this machine cannot be used")]
    Tls,
    /// Nobody answered, or not to the end.
    #[error("`{url}`: {why}")]
    Silence {
        /// Who was called.
        url: String,
        /// What happened.
        why: &'static str,
    },
    /// The call could not be signed.
    #[error(transparent)]
    Key(#[from] KeyFault),
}

impl Client {
    /// A client of the service at this base; the address of its discovery will do as well.
    ///
    /// # Errors
    /// If the address is none, or this machine cannot make TLS connections.
    pub fn new(base: &str, signing: Option<Signing>, patience: Duration) -> Result<Self, Unanswered> {
        let base = base.trim_end_matches('/').trim_end_matches("/cds-services");
        let url = reqwest::Url::parse(base)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| Unanswered::Address(base.to_owned()))?;
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(patience)
            .no_proxy();
        // Plain connections need no certificates of authorities, which a small machine may not have.
        let builder = if url.scheme() == "http" {
            builder.tls_certs_only([])
        } else {
            builder
        };
        Ok(Self {
            http: builder.build().map_err(|_| Unanswered::Tls)?,
            discovery: format!("{base}/cds-services"),
            signing,
        })
    }

    /// The address of the discovery document.
    #[must_use]
    pub fn discovery_url(&self) -> &str {
        &self.discovery
    }

    /// Asks what the service offers.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn discover(&self) -> Result<Reply, Unanswered> {
        self.send(self.http.get(&self.discovery), &self.discovery).await
    }

    /// Calls a service.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn call(&self, service: &str, body: &Value) -> Result<Reply, Unanswered> {
        self.post(format!("{}/{service}", self.discovery), body).await
    }

    /// Tells a service what became of its cards.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn feedback(&self, service: &str, body: &Value) -> Result<Reply, Unanswered> {
        self.post(format!("{}/{service}/feedback", self.discovery), body)
            .await
    }

    async fn post(&self, url: String, body: &Value) -> Result<Reply, Unanswered> {
        let request = self.http.post(&url).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string()), &url).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, url: &str) -> Result<Reply, Unanswered> {
        let mut request = request.header(ACCEPT, "application/json");
        if let Some(signing) = &self.signing {
            let claims = Claims {
                issuer: &signing.issuer,
                audience: url,
                jku: signing.key_set_url.as_deref(),
            };
            let token = signing
                .identity
                .token(claims, jiff::Timestamp::now().as_second())?;
            let value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| KeyFault::Failed)?;
            request = request.header(AUTHORIZATION, value);
        }
        let silence = |error: &reqwest::Error| Unanswered::Silence {
            url: url.to_owned(),
            why: why(error),
        };
        let started = Instant::now();
        let mut response = request.send().await.map_err(|e| silence(&e))?;
        let status = response.status().as_u16();
        let media_type = response.headers().get(CONTENT_TYPE);
        let media_type = media_type.and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| silence(&e))? {
            body.extend_from_slice(&piece);
            if body.len() > MOST_BYTES {
                let (url, why) = (url.to_owned(), "the answer is larger than 8 MiB");
                return Err(Unanswered::Silence { url, why });
            }
        }
        Ok(Reply {
            status,
            media_type,
            body,
            took: started.elapsed(),
        })
    }
}

fn why(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection: is it running, and is its certificate trusted here?"
    } else {
        "the answer breaks off"
    }
}
