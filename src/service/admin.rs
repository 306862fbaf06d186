//! The listener for those who run the service: health and metrics, apart from the calls (SC-28).
//!
//! It answers while the service drains, and its few connections are no part of those of callers. It has no TLS and no
//! authentication: it belongs on an address that only this machine, or its keeper, reaches.

use super::stall::Phase;
use super::{App, router, server, switchboard};
use crate::store::Store;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper::service::service_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service as _;

/// Connections served at once; any further one is closed without a word.
const CONNECTIONS: usize = 32;

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>) {
    let router = Router::new()
        .route("/health/live", get(router::live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::clone(&app))
        .merge(switchboard::routes(&listener, &app));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let (router, app) = (router.clone(), Arc::clone(&app));
            tokio::spawn(async move {
                connection(stream, &router, &app).await;
                drop(place);
            });
        }
    }
}

async fn connection(stream: TcpStream, router: &Router, app: &App) {
    let phase = Phase::default();
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        phase.call();
        let (mut router, phase) = (router.clone(), &phase);
        async move {
            let response = router.call(request.map(Body::new)).await;
            phase.idle();
            response
        }
    });
    // How a connection ends is the client's business.
    let _ = server::http(stream, &phase, &app.settings.limits, true, service).await;
}

/// As for callers, and how the store is doing: whoever runs the service sees it here, and hooks do not depend on it.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let store = match app.settings.store.as_ref().map(Store::standing) {
        None => "none",
        Some(standing) if standing.writable => "writable",
        Some(_) => "failing",
    };
    let (status, word) = router::readiness(&app);
    let text = format!(r#"{{"status":"{word}","store":"{store}"}}"#);
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let Some(metrics) = &app.metrics else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let text = metrics.text(&app.standing());
    ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response()
}
