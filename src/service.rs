//! The service: sockets, limits, routes and statuses around one [`Decide`].
//!
//! A call passes [`server`] (connections, slow clients), `edge` (request id, CORS, panics), `router` (address),
//! `body` (media type, size, time) and reaches [`Decide::answer`]; whatever goes wrong on the way is a [`Refusal`].
//! Nothing here knows FHIR, CDS Hooks messages or medicine, and nothing is kept from one call to the next (SC-05).
//! Who calls is the matter of [`auth`], before the body is read.

pub mod agreement;
pub mod auth;
mod body;
pub mod cors;
pub mod decide;
mod edge;
pub mod gather;
mod hook_call;
mod redacted;
pub mod refusal;
mod router;
pub mod server;
mod stall;
pub mod telemetry;

pub use agreement::{Agreement, Agreements};
pub use auth::{Caller, Callers, Denied};
pub use cors::Origins;
pub use decide::{About, Answer, Answering, Decide, Service};
pub use gather::{FhirAccess, FhirReach};
pub use hook_call::{ImagingService, Judged};
pub use refusal::Refusal;
pub use server::{Ended, Limits, serve};

use jiff::civil::Date;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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
    settings: Settings,
    request_ids: edge::RequestIds,
    /// Set once the process has been asked to end.
    leaving: AtomicBool,
}

/// The application with its routes.
#[derive(Clone)]
struct Shell {
    app: Arc<App>,
    router: axum::Router,
}

impl Shell {
    fn new(decide: Arc<dyn Decide>, settings: Settings) -> Self {
        let leaving = AtomicBool::new(false);
        let app = Arc::new(App {
            decide,
            settings,
            request_ids: edge::RequestIds::new(),
            leaving,
        });
        Self {
            router: router::router(Arc::clone(&app)),
            app,
        }
    }
}
