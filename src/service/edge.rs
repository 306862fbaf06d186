//! What every exchange gets, whatever its route: a request id, CORS, refusals as OperationOutcomes, isolation from
//! panics, and at most one line in the log.
//!
//! It is one function around the router and not a stack of layers: it runs on every call, and a small call costs
//! only microseconds.

use super::refusal::Refusal;
use super::{Shell, router};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::convert::Infallible;
use std::future::poll_fn;
use std::hash::{BuildHasher as _, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;
use tower::Service as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes request ids that differ between requests and between runs.
#[derive(Debug)]
pub(crate) struct RequestIds {
    run: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        // The standard library's hash keys are random; that is all the randomness an id for log lines needs.
        Self {
            run: RandomState::new().hash_one(0),
            next: AtomicU64::new(0),
        }
    }

    /// The caller's own id if it is a plain token, else a new one.
    fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let plain = |v: &&HeaderValue| {
            let v = v.as_bytes();
            (1..=64).contains(&v.len()) && v.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
        };
        if let Some(own) = headers.get(REQUEST_ID).filter(plain) {
            return own.clone();
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // An odd factor makes neighbouring numbers look unlike each other.
        let mixed = self.run.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        HeaderValue::try_from(format!("{mixed:016x}")).unwrap_or(HeaderValue::from_static("unknown"))
    }
}

/// One exchange, from request head to response head.
pub(crate) async fn exchange(shell: &Shell, request: Request<Body>, busy: bool) -> Response {
    let metrics = shell.app.metrics.as_ref();
    let logged = tracing::enabled!(target: "apposite::access", tracing::Level::DEBUG);
    let started = (logged || metrics.is_some()).then(Instant::now);
    let headers = request.headers();
    let id = shell.app.request_ids.of(headers);
    let origin = headers.get(header::ORIGIN).cloned();
    let plain_json_only = names_only_plain_json(headers);
    let route = router::name(request.uri().path());
    let method = request.method().clone();

    let mut response = if busy {
        Refusal::TooBusy.into_response()
    } else if method == Method::OPTIONS {
        options(request.uri().path(), headers)
    } else {
        isolated(shell, request).await
    };

    let refusal = response.extensions_mut().remove::<Refusal>();
    if let Some(refusal) = &refusal {
        response = refusal.respond(id.to_str().unwrap_or_default(), plain_json_only);
    }
    shell
        .app
        .settings
        .origins
        .mark(origin.as_ref(), response.headers_mut());
    if let Some(refusal) = &refusal
        && response.status().is_server_error()
    {
        tracing::warn!(
            request_id = id.to_str().unwrap_or_default(),
            route,
            code = refusal.code(),
            "call refused"
        );
    }
    if let Some(Refusal::Unauthenticated(denied)) = &refusal {
        tracing::info!(
            target: "apposite::auth",
            request_id = id.to_str().unwrap_or_default(),
            cause = denied.cause.code(),
            client = denied.client,
            "caller not let in"
        );
    }
    if let (Some(metrics), Some(started)) = (metrics, started) {
        metrics.exchange(route, started.elapsed(), refusal.as_ref(), busy);
    }
    if let Some(started) = started {
        tracing::debug!(
            target: "apposite::access",
            request_id = id.to_str().unwrap_or_default(),
            %method,
            route,
            status = response.status().as_u16(),
            code = refusal.as_ref().map(Refusal::code),
            cards = response.extensions().get::<Cards>().map(|c| c.0),
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "exchange"
        );
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The number of cards in a response, for the log; set only when somebody reads that log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cards(pub usize);

/// Runs the router; a panic in there costs this request a 500 and nothing else (P6).
async fn isolated(shell: &Shell, request: Request<Body>) -> Response {
    let mut router = shell.router.clone();
    let mut running = pin!(async move { router.call(request).await });
    // Nothing of a request outlives it, so there is no half-changed state to see after a panic.
    let outcome: Result<Result<Response, Infallible>, _> =
        poll_fn(
            |cx| match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(response)) => Poll::Ready(Ok(response)),
                Err(panic) => Poll::Ready(Err(panic)),
            },
        )
        .await;
    match outcome {
        Ok(Ok(response)) => response,
        // The panic hook has logged where; its message is dropped, for it may hold request text.
        Err(_) => {
            shell.app.metrics.as_ref().inspect(|metrics| metrics.panicked());
            Refusal::Failed.into_response()
        }
    }
}

/// `OPTIONS` is answered for every address and without authentication, so that preflights pass (P-18).
fn options(path: &str, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let allow = HeaderValue::from_static(router::allowed(path));
    response.headers_mut().insert(header::ALLOW, allow);
    if headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        super::cors::Origins::preflight(response.headers_mut());
    }
    response
}

/// Whether `Accept` names `application/json` and nothing else (P-19).
fn names_only_plain_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .flat_map(|v| v.to_str().unwrap_or_default().split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .filter(|range| !range.is_empty())
        .peekable();
    ranges.peek().is_some() && ranges.all(|range| range.eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_kept_only_if_it_is_a_plain_token() {
        let ids = RequestIds::new();
        let of = |sent: &'static str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(sent))]);
            ids.of(&headers).to_str().unwrap().to_owned()
        };
        assert_eq!(of("Aa0._-"), "Aa0._-");
        let long: &'static str = "x".repeat(65).leak();
        for odd in ["", "a b", "a\"b", "{}", long] {
            let made = of(odd);
            assert_ne!(made, odd);
            assert_eq!(made.len(), 16);
        }
        assert_ne!(of(""), of(""));
    }

    #[test]
    fn only_an_accept_of_plain_json_alone_asks_for_plain_json() {
        let check = |accept: &[&'static str], expect| {
            let headers: HeaderMap = accept
                .iter()
                .map(|v| (header::ACCEPT, HeaderValue::from_static(v)))
                .collect();
            assert_eq!(names_only_plain_json(&headers), expect, "{accept:?}");
        };
        check(&[], false);
        check(&[""], false);
        check(&["*/*"], false);
        check(&["application/json"], true);
        check(&["Application/JSON; q=0.9, application/json;charset=utf-8"], true);
        check(&["application/json, */*"], false);
        check(&["application/json", "application/fhir+json"], false);
    }
}
