//! Who may see the console, and what a browser may do with it.
//!
//! - The name it is addressed by must be one of ours, so that no page of the web gets in by renaming itself (DNS
//!   rebinding): digits, `localhost`, or a name that is configured.
//! - What changes something must come from a page of ours (cross-site request forgery): browsers say where a request
//!   comes from, and one that says nothing needs the token in its header.
//! - With a token configured, it is asked for once and then a cookie stands for it, which no script can read and no
//!   other site can send.
//! - Nothing is fetched from elsewhere and no script runs but ours (Content-Security-Policy).

use super::page;
use super::query;
use super::session::{LIFE, Sessions, TokenDigest};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use std::net::IpAddr;
use std::sync::Arc;

const COOKIE: &str = "apposite_console";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Who may open the console.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The token to show; without one, whoever reaches the address.
    pub token: Option<TokenDigest>,
    /// Names under which browsers may address it, besides `localhost` and addresses in digits.
    pub hosts: Vec<String>,
}

/// Looks at every request before a page does.
#[derive(Debug)]
pub(super) struct Guard {
    access: Access,
    sessions: Sessions,
}

impl Guard {
    pub(super) fn new(access: Access) -> Self {
        Self {
            access,
            sessions: Sessions::default(),
        }
    }

    /// Whether a token is asked for.
    pub(super) fn asks(&self) -> bool {
        self.access.token.is_some()
    }

    /// Whether the token came with this request.
    fn shows_token(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = sent
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let digest = self.access.token.as_ref();
        digest.is_some_and(|digest| token.is_some_and(|(_, token)| digest.is_of(token)))
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let session = || session(headers).is_some_and(|name| self.sessions.holds(&name));
        self.access.token.is_none() || self.shows_token(headers) || session()
    }

    /// Whether this name of ours is one of those we go by.
    fn goes_by(&self, authority: &str) -> bool {
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        let listed = self
            .access
            .hosts
            .iter()
            .any(|ours| ours.eq_ignore_ascii_case(host));
        listed || host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok()
    }
}

/// Around every page.
pub(super) async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let path = request.uri().path();
    let host = headers
        .get(header::HOST)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let open = path == "/console/login" || path.starts_with("/console/assets/");
    let mut response = if !guard.goes_by(host) {
        refusal(
            StatusCode::MISDIRECTED_REQUEST,
            "this console does not go by that name: use its address in digits, or list the name in `admin.hosts`",
        )
    } else if changes(request.method()) && !is_from_us(headers, host) && !guard.shows_token(headers) {
        refusal(
            StatusCode::FORBIDDEN,
            "this did not come from a page of the console: open it there, or send the operator's token as a bearer token",
        )
    } else if open || guard.knows(headers) {
        next.run(request).await
    } else if changes(request.method()) || path.contains("/try/") {
        refusal(
            StatusCode::UNAUTHORIZED,
            "the session is over: reload the page and log in again",
        )
    } else {
        Redirect::to("/console/login").into_response()
    };
    protect(response.headers_mut());
    response
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// Whether a browser says that one of our own pages made this request.
fn is_from_us(headers: &HeaderMap, host: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
    let authority = origin.and_then(|origin| origin.split_once("://"));
    authority.is_some_and(|(_, authority)| !host.is_empty() && authority.eq_ignore_ascii_case(host))
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

fn refusal(status: StatusCode, why: &'static str) -> Response {
    (status, format!("{why}\n")).into_response()
}

/// The session that a browser shows.
fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok());
    let mut pairs = cookies
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}

/// A cookie for these seconds. Where a proxy ends TLS, it goes over TLS only.
fn cookie(headers: &HeaderMap, value: &str, seconds: u64) -> String {
    let secure = headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto == "https");
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/console; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// Where the token is asked for.
pub(super) async fn login_page(State(guard): State<Arc<Guard>>) -> Response {
    if guard.access.token.is_none() {
        return Redirect::to("/console").into_response();
    }
    page::bare("Log in", "login.html", context! { failed => false })
}

/// The token is shown.
pub(super) async fn login(State(guard): State<Arc<Guard>>, headers: HeaderMap, form: String) -> Response {
    let token = query::value(Some(&form), "token").unwrap_or_default();
    let right = guard
        .access
        .token
        .as_ref()
        .is_some_and(|digest| digest.is_of(&token));
    if !right {
        tracing::info!(target: "apposite::auth", "a wrong operator's token was shown at the console");
        let mut response = page::bare("Log in", "login.html", context! { failed => true });
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return response;
    }
    let Some(name) = guard.sessions.begin() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let cookie = cookie(&headers, &name, LIFE.as_secs());
    ([(header::SET_COOKIE, cookie)], Redirect::to("/console")).into_response()
}

/// The session ends.
pub(super) async fn logout(State(guard): State<Arc<Guard>>, headers: HeaderMap) -> Response {
    if let Some(name) = session(&headers) {
        guard.sessions.end(&name);
    }
    (
        [(header::SET_COOKIE, cookie(&headers, "", 0))],
        Redirect::to("/console/login"),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_web_are_not_ours() {
        let access = Access {
            hosts: vec!["console.example.org".to_owned()],
            ..Access::default()
        };
        let guard = Guard::new(access);
        for ours in [
            "127.0.0.1:8081",
            "localhost",
            "LOCALHOST:1",
            "[::1]:80",
            "10.0.0.1",
            "console.example.org:443",
        ] {
            assert!(guard.goes_by(ours), "{ours}");
        }
        for theirs in [
            "",
            ":80",
            "evil.example",
            "localhost.evil.example:8081",
            "127.0.0.1.nip.io",
            "[evil]",
        ] {
            assert!(!guard.goes_by(theirs), "{theirs}");
        }
    }

    #[test]
    fn only_our_own_pages_change_something() {
        let check = |pairs: &[(&'static str, &'static str)], expect| {
            let headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_from_us(&headers, "127.0.0.1:8081"), expect, "{pairs:?}");
        };
        check(&[], false);
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "none")], false);
        check(
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://127.0.0.1:8081"),
            ],
            false,
        );
        check(&[("origin", "http://127.0.0.1:8081")], true);
        check(&[("origin", "http://127.0.0.1:8080")], false);
        check(&[("origin", "null")], false);
    }

    #[test]
    fn a_session_is_read_from_its_cookie() {
        let headers =
            |text: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
        assert_eq!(
            session(&headers("a=b; apposite_console=xyz; c=d")).as_deref(),
            Some("xyz")
        );
        assert_eq!(session(&headers("xapposite_console=xyz")), None);
        assert_eq!(session(&HeaderMap::new()), None);
    }
}
