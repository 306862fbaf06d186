//! Switches by HTTP, on the admin listener of this machine: `GET /switches` shows them, `POST /switches` sets one.
//!
//! Nobody proves here who they are, so the addresses are there only where the listener is on this machine; from elsewhere,
//! the command `apposite switch` does the same on the store, and so does the console. A page in a browser on this machine
//! must not switch anything: what a page may send without being asked back is refused.

use super::App;
use super::record::Received;
use crate::store::{Scope, Switch};
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The largest message: some words.
const BYTES: usize = 16 << 10;

/// Changes that are shown.
const CHANGES: usize = 100;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    scope: String,
    name: String,
    off: bool,
    by: String,
    why: String,
}

/// The addresses, where nobody but this machine reaches the listener.
pub(crate) fn routes(listener: &TcpListener, app: &Arc<App>) -> Router {
    let near = listener
        .local_addr()
        .is_ok_and(|address| address.ip().is_loopback());
    if !near || app.settings.store.is_none() {
        return Router::new();
    }
    let route = get(shown).post(set);
    Router::new()
        .route("/switches", route)
        .with_state(Arc::clone(app))
}

/// All switches and the last changes.
async fn shown(State(app): State<Arc<App>>) -> Response {
    let Some(store) = &app.settings.store else {
        return refused(StatusCode::NOT_FOUND, "there is no store");
    };
    match (store.switches().await, store.switch_changes(CHANGES).await) {
        (Ok(all), Ok(changes)) => {
            let list = |all: &[Switch]| all.iter().map(told).collect::<Vec<_>>();
            Json(json!({ "switches": list(&all), "changes": list(&changes) })).into_response()
        }
        _ => refused(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}

/// Sets one switch, and answers once it is kept. Every replica follows within a second.
async fn set(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Err(why) = own(&head.headers) {
        return refused(StatusCode::FORBIDDEN, why);
    }
    let body = to_bytes(body, BYTES).await.unwrap_or_default();
    let (Some(store), Some(switch)) = (&app.settings.store, read(&body)) else {
        let why = "send {\"scope\": \"service\", \"rule\" or \"client\", \"name\": …, \"off\": true or false, \
                   \"by\": …, \"why\": …} with words in each";
        return refused(StatusCode::BAD_REQUEST, why);
    };
    match store.set_switch(&switch).await {
        Ok(()) => {
            // The other replicas will have seen it within a second; this one need not wait.
            let _ = app.modes.switches.look(store).await;
            Json(told(&switch)).into_response()
        }
        Err(_) => refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer; nothing is switched",
        ),
    }
}

/// Only a program of this machine, or a page of ours, sends such a message.
fn own(headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let json =
        text(header::CONTENT_TYPE).is_some_and(|kind| kind.split(';').next() == Some("application/json"));
    if !json {
        return Err("send it as application/json");
    }
    // Another host name may lead here from a page elsewhere.
    if !text(header::HOST).is_some_and(is_here) {
        return Err("call this address by its number, or as localhost");
    }
    match text(header::ORIGIN).map(|origin| origin.split_once("://").map_or("", |(_, host)| host)) {
        Some(host) if Some(host) != text(header::HOST) => Err("pages from elsewhere switch nothing"),
        _ => Ok(()),
    }
}

fn is_here(host: &str) -> bool {
    let named = host.rsplit_once(':').map_or(host, |(name, _)| name) == "localhost";
    let address = host
        .parse::<SocketAddr>()
        .map(|a| a.ip())
        .or_else(|_| host.parse::<IpAddr>());
    named || address.is_ok_and(|ip| ip.is_loopback())
}

fn read(body: &Bytes) -> Option<Switch> {
    let asked: Asked = serde_json::from_slice(body).ok()?;
    let words = [&asked.name, &asked.by, &asked.why];
    if words.iter().any(|word| word.trim().is_empty()) {
        return None;
    }
    Some(Switch {
        scope: Scope::named(&asked.scope)?,
        name: asked.name,
        off: asked.off,
        at: Received::now().at,
        by: asked.by,
        why: asked.why,
    })
}

fn told(switch: &Switch) -> Value {
    let time = jiff::Timestamp::from_millisecond(switch.at).map_or_else(|_| String::new(), |t| t.to_string());
    json!({ "scope": switch.scope.key(), "name": switch.name, "off": switch.off, "at": time, "by": switch.by,
        "why": switch.why })
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (header::HeaderName::from_static(name), value.parse().unwrap())
        };
        all.iter().map(pair).collect()
    }

    /// A page in a browser on this machine cannot send what switches something.
    #[test]
    fn pages_from_elsewhere_switch_nothing() {
        let kind = ("content-type", "application/json");
        for (sent, passes) in [
            (&[kind, ("host", "127.0.0.1:9090")][..], true),
            (&[kind, ("host", "localhost:9090")], true),
            (&[kind, ("host", "[::1]:9090")], true),
            (
                &[
                    kind,
                    ("host", "localhost:9090"),
                    ("origin", "http://localhost:9090"),
                ],
                true,
            ),
            (&[("host", "127.0.0.1:9090")], false),
            (
                &[("content-type", "text/plain"), ("host", "127.0.0.1:9090")],
                false,
            ),
            (&[kind], false),
            (&[kind, ("host", "evil.example:9090")], false),
            (&[kind, ("host", "localhost.evil.example")], false),
            (
                &[
                    kind,
                    ("host", "127.0.0.1:9090"),
                    ("origin", "http://evil.example"),
                ],
                false,
            ),
            (&[kind, ("host", "127.0.0.1:9090"), ("origin", "null")], false),
        ] {
            assert_eq!(own(&headers(sent)).is_ok(), passes, "{sent:?}");
        }
    }

    #[test]
    fn a_switch_says_who_and_why() {
        let of = |text: &str| read(&Bytes::copy_from_slice(text.as_bytes()));
        let whole = r#"{"scope":"rule","name":"K","off":true,"by":"me","why":"wrong"}"#;
        assert!(of(whole).is_some_and(|switch| switch.off && switch.scope == Scope::Rule));
        for part in [
            r#""by":"me""#,
            r#""why":"wrong""#,
            r#""scope":"rule""#,
            r#""off":true"#,
        ] {
            let (name, _) = part.split_once(':').unwrap();
            assert!(
                of(&whole.replace(part, &format!("{name}:\"\""))).is_none(),
                "{part}"
            );
        }
        assert!(of("").is_none() && of("[]").is_none());
    }
}
