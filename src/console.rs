//! The console: pages for those who run the service, and for whoever wants to see it work.
//!
//! *Try it* is an EHR's order screen in small; *Knowledge*, *Insight* and *Health* show what is known, what became of
//! it, and how the service is doing. The pages are written here on the server; a little JavaScript of ours asks for
//! pieces of them again. Everything is in the program, nothing comes from elsewhere, and [`guard`] says who may see it.
//! Left out: patients of real calls (none appears), and any judgement (it is the service that is called).

mod assets;
mod cards;
mod change;
mod codes;
mod draft;
mod guard;
mod health;
mod insight;
mod knowledge;
mod page;
mod query;
mod session;
pub mod stories;
mod switches;
mod trace;
mod try_it;

pub use guard::Access;
pub use session::TokenDigest;

use crate::knowledge::SourceFiles;
use crate::review::render::Part;
use crate::service::{Backstage, ImagingService, Pages};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use std::sync::{Arc, OnceLock};

/// The largest request that can be tried: the limit of calls, and room for the answer that comes along.
const BODY_BYTES: usize = 8 << 20;

/// What every page reads.
struct Console {
    service: Arc<ImagingService>,
    files: SourceFiles,
    backstage: Backstage,
    codes: codes::Index,
    /// Made when somebody first asks: all stories of the knowledge are judged for it.
    parts: OnceLock<Vec<Part>>,
    /// Whether one logs in to see them.
    guarded: bool,
}

/// The pages of this service and its knowledge files, for whoever has access.
#[must_use]
pub fn pages(service: Arc<ImagingService>, files: SourceFiles, access: Access) -> Pages {
    let guard = Arc::new(guard::Guard::new(access));
    Pages::new(move |backstage| {
        let console = Arc::new(Console {
            codes: codes::Index::of(service.knowledge(), &files),
            service: Arc::clone(&service),
            files: files.clone(),
            backstage,
            parts: OnceLock::new(),
            guarded: guard.asks(),
        });
        router(console, &guard)
    })
}

fn router(console: Arc<Console>, guard: &Arc<guard::Guard>) -> Router {
    let pages = Router::new()
        .route("/console", get(try_it::page))
        .route("/console/try/story", get(try_it::story))
        .route("/console/try/edit", post(try_it::edit))
        .route("/console/try/call", post(try_it::call))
        .route("/console/try/accept", post(try_it::accept))
        .route("/console/try/feedback", post(try_it::feedback))
        .route("/console/codes", get(codes::search))
        .route("/console/knowledge", get(knowledge::index))
        .route("/console/knowledge/{part}", get(knowledge::part))
        .route("/console/health", get(health::page))
        .route("/console/health/now", get(health::now))
        .route("/console/switch", post(switches::set))
        .route("/console/insight", get(insight::page))
        .route("/console/insight/counted", get(insight::counted))
        .route("/console/insight/decisions", get(insight::decisions))
        .route("/console/insight/export/{name}", get(insight::export))
        .with_state(console);
    let entry = Router::new()
        .route("/console/login", get(guard::login_page).post(guard::login))
        .route("/console/logout", post(guard::logout))
        .with_state(Arc::clone(guard));
    Router::new()
        .merge(pages)
        .merge(entry)
        .route("/console/assets/plot.css", get(insight::style))
        .route("/console/assets/{name}", get(assets::asset))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(guard), guard::guard))
}
