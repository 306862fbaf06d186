//! What those who run the service see of it, and their way to try it, for pages on the admin listener.
//!
//! Everything here is about the service: nothing of a call that somebody else made can be read from it. What the pages
//! look like is up to whoever makes them (`Settings::pages`).

use super::auth::KeyStanding;
use super::{Shell, edge};
use crate::store::{Store, StoreFault, StoreStanding, Switch};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use jiff::civil::Date;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The largest answer that is read back; our own are far smaller.
const ANSWER_BYTES: usize = 16 << 20;

/// Makes the pages for those who run the service; they answer below `/console`.
#[derive(Clone)]
pub struct Pages(Arc<dyn Fn(Backstage) -> axum::Router + Send + Sync>);

impl Pages {
    /// Pages made by this function, once the service runs.
    pub fn new(make: impl Fn(Backstage) -> axum::Router + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(super) fn router(&self, backstage: Backstage) -> axum::Router {
        (self.0)(backstage)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}

/// The service, seen by those who run it.
#[derive(Clone)]
pub struct Backstage(Shell);

/// How the service is doing.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The word of `/health/ready`.
    pub word: &'static str,
    /// Whether calls are welcome.
    pub ready: bool,
    /// Whether the last self-test passed.
    pub tested: bool,
    /// The second of the last self-test.
    pub tested_at: Option<i64>,
    /// The second since which it runs.
    pub started_at: i64,
    /// The second of the last call that was judged.
    pub called_at: Option<i64>,
    /// The second of the last card.
    pub fired_at: Option<i64>,
    /// The second after which our certificate is not valid any more.
    pub certificate_expires: Option<i64>,
    /// How the store is doing, if there is one.
    pub store: Option<StoreStanding>,
}

/// When what happened last; 0 for never.
#[derive(Debug, Default)]
pub(super) struct Moments {
    pub started: AtomicI64,
    pub tested: AtomicI64,
    pub called: AtomicI64,
    pub fired: AtomicI64,
}

impl Moments {
    /// It happens now.
    pub(super) fn now(moment: &AtomicI64) {
        moment.store(jiff::Timestamp::now().as_second(), Ordering::Relaxed);
    }
}

impl Backstage {
    pub(super) fn new(shell: Shell) -> Self {
        Self(shell)
    }

    /// Posts JSON to the service as a client of it would, through everything that a client passes: status and body.
    pub async fn post(&self, path: &str, json: Vec<u8>) -> (StatusCode, Bytes) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json));
        let Ok(request) = request else {
            return (StatusCode::NOT_FOUND, Bytes::new());
        };
        let response = edge::exchange(&self.0, request, false).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), ANSWER_BYTES).await;
        (status, body.unwrap_or_default())
    }

    /// Whether calls need the token of a registered client, which nobody here can sign.
    #[must_use]
    pub fn calls_need_tokens(&self) -> bool {
        !self.0.app.settings.callers.are_anybody()
    }

    /// The day on which calls are judged.
    #[must_use]
    pub fn today(&self) -> Date {
        (self.0.app.settings.today)()
    }

    /// Where decisions and feedback are kept, if anywhere.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.0.app.settings.store.as_ref()
    }

    /// Sets a switch: on the disk when this returns, and followed here at once.
    ///
    /// # Errors
    /// If there is no store, or it does not answer.
    pub async fn switch(&self, switch: &Switch) -> Result<(), StoreFault> {
        let Some(store) = self.store() else {
            return Err(StoreFault::Unreachable {
                code: "no store".to_owned(),
            });
        };
        store.set_switch(switch).await?;
        // The other replicas will have seen it within a second; this one need not wait.
        let _ = self.0.app.modes.switches.look(store).await;
        Ok(())
    }

    /// The registered clients and the names of their keys; nothing secret.
    #[must_use]
    pub fn clients(&self) -> Vec<KeyStanding> {
        self.0.app.settings.callers.standing()
    }

    /// How the service is doing.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let app = &self.0.app;
        let now = app.standing();
        let moment = |moment: &AtomicI64| Some(moment.load(Ordering::Relaxed)).filter(|second| *second != 0);
        Standing {
            word: super::router::readiness(app).1,
            ready: now.ready,
            tested: now.tested,
            tested_at: moment(&app.moments.tested),
            started_at: app.moments.started.load(Ordering::Relaxed),
            called_at: moment(&app.moments.called),
            fired_at: moment(&app.moments.fired),
            certificate_expires: now.certificate_expires,
            store: now.store,
        }
    }
}
