//! The service: sockets, limits, routes and statuses around one [`Decide`].
//!
//! A call passes [`server`] (connections, slow clients), `edge` (request id, CORS, panics), `router` (address), `door`
//! (who, how often, how many at once), `body` (media type, size, time) and reaches [`Decide::answer`]; whatever goes wrong on the way is a [`Refusal`].
//! Nothing here knows FHIR, CDS Hooks messages or medicine, and nothing is kept from one call to the next (SC-05) but
//! what [`record`] and [`feedback`] hand to the [`Store`].
//! Who calls is the matter of [`auth`], before the body is read.

mod admin;
pub mod agreement;
pub mod auth;
mod body;
pub mod cors;
pub mod decide;
mod door;
mod edge;
mod feedback;
pub mod gather;
pub mod history;
mod hook_call;
mod metrics;
pub mod modes;
mod rate;
mod record;
mod redacted;
pub mod refusal;
mod router;
pub mod server;
mod stall;
mod switchboard;
pub mod telemetry;
mod tls;

pub use agreement::{Agreement, Agreements};
pub use auth::{Caller, Callers, Denied};
pub use cors::Origins;
pub use decide::{About, Answer, Answering, Decide, Gathered, Release, Service, Tally};
pub use gather::{FhirAccess, FhirReach};
pub use hook_call::{ImagingService, Judged};
pub use modes::{Configured, Modes, Switches};
pub use rate::Rate;
pub use record::Record;
pub use refusal::Refusal;
pub use server::{Ended, Entrances, Limits, serve};
pub use tls::{Reloaded, Tls, TlsFault, TlsFiles};

use crate::store::Store;
use jiff::civil::Date;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What an operator chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sizes, times and counts.
    pub limits: Limits,
    /// Web pages that may call us.
    pub origins: Origins,
    /// Who may call.
    pub callers: Callers,
    /// The day on which orders are judged; the core has no clock.
    pub today: fn() -> Date,
    /// FHIR servers that may be asked for what a call lacks, by caller.
    pub fhir: FhirReach,
    /// How often it is tried whether what is known is still judged.
    pub self_test_every: Duration,
    /// Where decisions and feedback are kept, if anywhere.
    pub store: Option<Store>,
}

impl Settings {
    /// The development profile: no configuration, no authentication.
    #[must_use]
    pub fn development() -> Self {
        Self {
            limits: Limits::default(),
            origins: Origins::development(),
            callers: Callers::anybody(),
            today,
            fhir: FhirReach::default(),
            self_test_every: Duration::from_secs(60),
            store: None,
        }
    }
}

/// The day it is where the service runs (time zone of the machine, or `TZ`): clinicians write dates in local time.
#[must_use]
pub fn today() -> Date {
    jiff::Zoned::now().date()
}

/// What all exchanges share.
struct App {
    decide: Arc<dyn Decide>,
    /// What is shown, judged in silence, or switched off.
    modes: Modes,
    settings: Settings,
    request_ids: edge::RequestIds,
    record_ids: record::Ids,
    door: door::Door,
    /// Kept where somebody can ask for them.
    metrics: Option<metrics::Metrics>,
    /// The encryption of the listener for calls.
    tls: Option<Tls>,
    /// Whether the last self-test has passed.
    tested: AtomicBool,
    /// Set once the process has been asked to end.
    leaving: AtomicBool,
}

impl App {
    /// Whether the last self-test has passed.
    fn is_tested(&self) -> bool {
        self.tested.load(Ordering::Relaxed)
    }

    /// Whether calls are welcome.
    fn is_ready(&self) -> bool {
        self.is_tested() && !self.leaving.load(Ordering::Relaxed)
    }

    /// Tries again and again, until it is dropped.
    async fn keep_testing(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.settings.self_test_every).await;
            self.self_test();
        }
    }

    /// What the metrics tell of the service as a whole.
    fn standing(&self) -> metrics::Standing {
        metrics::Standing {
            ready: self.is_ready(),
            tested: self.is_tested(),
            certificate_expires: self.tls.as_ref().and_then(Tls::expires),
            store: self.settings.store.as_ref().map(Store::standing),
            off: self.modes.switches.off(),
        }
    }

    /// Judges what is known: before anybody's calls are judged, and from time to time.
    fn self_test(&self) {
        // A panic in there is a defect like any other: we are not ready.
        let passed = catch_unwind(AssertUnwindSafe(|| self.decide.self_test())).unwrap_or(false);
        if !passed {
            tracing::error!("the example built in did not get its card: the service is not ready");
        }
        self.tested.store(passed, Ordering::Relaxed);
        if let Some(metrics) = &self.metrics {
            metrics.tested(jiff::Timestamp::now().as_second());
        }
    }
}

/// The application with its routes.
#[derive(Clone)]
struct Shell {
    app: Arc<App>,
    router: axum::Router,
}

impl Shell {
    fn new(decide: Arc<dyn Decide>, settings: Settings, tls: Option<Tls>, watched: bool) -> Self {
        let metrics = watched.then(|| metrics::Metrics::new(decide.about(), tls.is_some()));
        let metrics = metrics.and_then(|metrics| {
            let defect = |error| tracing::error!(%error, "metrics are not kept");
            metrics.map_err(defect).ok()
        });
        let app = Arc::new(App {
            modes: decide.modes(),
            decide,
            door: door::Door::new(&settings.limits),
            settings,
            request_ids: edge::RequestIds::new(),
            record_ids: record::Ids::new(),
            metrics,
            tls,
            tested: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
        });
        Self {
            router: router::router(Arc::clone(&app)),
            app,
        }
    }
}
