//! Which web pages may call us from a browser (P-18, SC-17).
//!
//! An exact list, never a wildcard and never credentials. The origin is no proof of who calls: it only decides
//! whether a browser lets its page read the answer.

use axum::http::{HeaderMap, HeaderValue, header};

/// The origins whose pages may read our answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    /// Exact origins: `https://sandbox.cds-hooks.org`.
    pub exact: Vec<String>,
    /// Any page served from this very machine, on any port.
    pub this_machine: bool,
}

impl Origins {
    /// The development profile: the public sandbox, and pages on this machine.
    #[must_use]
    pub fn development() -> Self {
        Self {
            exact: vec!["https://sandbox.cds-hooks.org".to_owned()],
            this_machine: true,
        }
    }

    fn allow(&self, origin: &str) -> bool {
        self.exact.iter().any(|o| o == origin) || (self.this_machine && is_this_machine(origin))
    }

    /// Adds what a browser needs to hand the answer to its page.
    pub(crate) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        // Sent without an origin too: caches must not mix the two kinds of answer.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|o| o.to_str().is_ok_and(|o| self.allow(o))) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }

    /// Adds what a preflight asks for; [`Self::mark`] decides whether the browser may act on it.
    pub(crate) fn preflight(headers: &mut HeaderMap) {
        let permit = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        for (name, value) in permit {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// `http(s)://` and `localhost`, `127.0.0.1` or `[::1]`, with or without a port, and nothing else.
fn is_this_machine(origin: &str) -> bool {
    let Some(host) = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))
    else {
        return false;
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .filter_map(|name| host.strip_prefix(name))
        .any(|rest| {
            let port = rest.strip_prefix(':');
            rest.is_empty() || port.is_some_and(|p| p.parse::<u16>().is_ok() && !p.starts_with('+'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P-18.
    #[test]
    fn only_listed_origins_and_this_machine_are_allowed() {
        let origins = Origins::development();
        for good in [
            "https://sandbox.cds-hooks.org",
            "http://localhost",
            "http://localhost:9400",
            "https://127.0.0.1:1",
            "http://[::1]:65535",
        ] {
            assert!(origins.allow(good), "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "http://sandbox.cds-hooks.org",
            "https://sandbox.cds-hooks.org.evil.example",
            "https://sandbox.cds-hooks.org:8443",
            "http://localhost.evil.example",
            "http://localhost:80.evil.example",
            "http://localhost:",
            "http://localhost:+80",
            "http://localhost:99999",
            "http://127.0.0.1@evil.example",
            "http://127.0.0.10",
            "ftp://localhost",
        ] {
            assert!(!origins.allow(bad), "{bad}");
        }
        assert!(!Origins::default().allow("http://localhost"));
    }
}
