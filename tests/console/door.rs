//! Who may see the console, by HTTP alone: names, tokens, sessions, and requests that other pages make.

use crate::browser::PATIENCE;
use crate::house::House;
use crate::page::Page;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use std::fmt::Write as _;

const TOKEN: &str = "a-token-of-more-than-thirty-two-characters";

/// SHA-256 of the token.
fn guarded() -> House {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, TOKEN.as_bytes());
    let digest = digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    House::with(&format!(
        "[admin]\noperator_token_sha256 = '{digest}'\nhosts = ['console.example.org']"
    ))
}

/// Status, headers and text of an answer to a request with these headers.
fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, HeaderMap, String) {
    let map: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let request = client
            .request(method.parse().unwrap(), url)
            .headers(map)
            .body(body.to_owned());
        let response = request.send().await.unwrap();
        (
            response.status().as_u16(),
            response.headers().clone(),
            response.text().await.unwrap(),
        )
    })
}

fn status(method: &str, url: &str, headers: &[(&str, &str)]) -> u16 {
    ask(method, url, headers, "").0
}

#[test]
fn a_page_of_the_web_cannot_rename_itself_to_get_in() {
    let house = guarded();
    for (host, expect) in [
        ("evil.example", 421),
        ("evil.example:80", 421),
        ("localhost.evil.example", 421),
        ("console.example.org", 303),
        ("localhost:1", 303),
    ] {
        assert_eq!(status("GET", &house.console, &[("host", host)]), expect, "{host}");
    }
    let open = House::open();
    assert_eq!(status("GET", &open.console, &[("host", "evil.example")]), 421);
    assert_eq!(status("GET", &open.console, &[]), 200);
}

#[test]
fn only_our_own_pages_change_something() {
    let house = House::open();
    let url = format!("{}/try/call", house.console);
    let origin = house.console.trim_end_matches("/console").to_owned();
    let body = json!({ "request": {} }).to_string();
    let json = ("content-type", "application/json");
    for (headers, expect) in [
        (vec![json], 403),
        (vec![json, ("origin", "https://evil.example")], 403),
        (vec![json, ("origin", "null")], 403),
        (
            vec![json, ("sec-fetch-site", "cross-site"), ("origin", &origin)],
            403,
        ),
        (vec![json, ("sec-fetch-site", "same-site")], 403),
        (vec![json, ("origin", &origin)], 200),
        (vec![json, ("sec-fetch-site", "same-origin")], 200),
        (
            vec![("content-type", "text/plain"), ("sec-fetch-site", "same-origin")],
            415,
        ),
    ] {
        assert_eq!(ask("POST", &url, &headers, &body).0, expect, "{headers:?}");
    }
}

#[test]
fn every_answer_forbids_what_is_not_ours() {
    let house = guarded();
    for path in [
        "",
        "/login",
        "/assets/console.css",
        "/assets/nothing.js",
        "/try/story",
        "/nothing",
    ] {
        let (_, headers, _) = ask("GET", &format!("{}{path}", house.console), &[], "");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
}

#[test]
fn a_token_opens_it_and_a_session_stands_for_the_token() {
    let house = guarded();
    let bearer = format!("Bearer {TOKEN}");
    for path in [
        "",
        "/knowledge/about",
        "/insight",
        "/insight/decisions",
        "/health",
        "/health/now",
        "/codes?q=ct",
    ] {
        let url = format!("{}{path}", house.console);
        assert_eq!(status("GET", &url, &[]), 303, "{path}");
        assert_eq!(
            status("GET", &url, &[("authorization", "Bearer wrong")]),
            303,
            "{path}"
        );
        assert_eq!(status("GET", &url, &[("authorization", &bearer)]), 200, "{path}");
    }
    assert_eq!(
        status("GET", &format!("{}/try/story?name=blank", house.console), &[]),
        401
    );
    let login = format!("{}/login", house.console);
    let ours = [("sec-fetch-site", "same-origin")];
    assert_eq!(ask("POST", &login, &ours, "token=wrong").0, 401);
    assert_eq!(ask("POST", &login, &[], &format!("token={TOKEN}")).0, 403);
    let (code, headers, _) = ask("POST", &login, &ours, &format!("token={TOKEN}"));
    assert_eq!(code, 303);
    let cookie = headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("; HttpOnly; SameSite=Strict;") && !cookie.contains(TOKEN),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(status("GET", &house.console, &[("cookie", cookie)]), 200);
    assert_eq!(
        status("GET", &house.console, &[("cookie", &cookie.replace('=', "=0"))]),
        303
    );
    // A session is no proof that one of our pages asks.
    assert_eq!(
        status(
            "POST",
            &format!("{}/logout", house.console),
            &[("cookie", cookie)]
        ),
        403
    );
    assert_eq!(
        status(
            "POST",
            &format!("{}/logout", house.console),
            &[("cookie", cookie), ours[0]]
        ),
        303
    );
    assert_eq!(status("GET", &house.console, &[("cookie", cookie)]), 303);
    let forwarded = [ours[0], ("x-forwarded-proto", "https")];
    let (_, headers, _) = ask("POST", &login, &forwarded, &format!("token={TOKEN}"));
    assert!(headers["set-cookie"].to_str().unwrap().ends_with("; Secure"));
}

#[test]
fn somebody_logs_in_and_out() {
    let house = guarded();
    let page = Page::open(1280, false);
    page.go(&house.console);
    page.wait("document.getElementById('token')");
    page.look("document.getElementById('token').focus()");
    page.type_words("no token");
    page.key("Enter");
    page.wait("document.getElementById('wrong')");
    page.screenshot("login-wrong");
    page.look("document.getElementById('token').focus()");
    page.type_words(TOKEN);
    page.key("Enter");
    page.wait("document.querySelector('[data-card]')");
    page.click(".top form button");
    page.wait("document.getElementById('token')");
}

/// Anybody may see what the advice rests on; each of the 13 attributes is there, known or said to be unknown.
#[test]
fn sources_are_public() {
    let house = House::with(
        "[[client]]\nname = 'ehr'\nissuer = 'https://ehr.example.org'\njwks_url = 'https://ehr.example.org/jwks'",
    );
    let (code, headers, text) = ask("GET", &format!("{}/sources/pnet-imaging", house.calls), &[], "");
    assert_eq!(
        (code, headers["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
    assert_eq!(text.matches("<tr>").count(), 14);
    assert!(
        text.contains("Use of date of birth") && text.contains("? unknown"),
        "{text}"
    );
    assert_eq!(
        ask("GET", &format!("{}/sources/other", house.calls), &[], "").0,
        404
    );
    assert_eq!(
        ask("GET", &format!("{}/sources/style.css", house.calls), &[], "").0,
        200
    );
}

/// Without a token there is no console beyond this machine, and none where it is switched off.
#[test]
fn an_open_address_has_no_console_without_a_token() {
    use apposite::cli::wiring;
    use apposite::config::Config;
    let check = |toml: &str, expect: bool| {
        let config = Config::parse(toml, std::path::Path::new("")).unwrap();
        assert_eq!(config.problems(), [], "{toml}");
        let service = wiring::decide_configured(&config).unwrap();
        assert_eq!(
            wiring::console(&config, &service).unwrap().is_some(),
            expect,
            "{toml}"
        );
    };
    check("", true);
    check("[admin]\nconsole = false", false);
    let remote = "[admin]\nlisten = '0.0.0.0:9090'\nremote = true\n";
    check(remote, false);
    check(
        &format!("{remote}operator_token_sha256 = '{}'", "0".repeat(64)),
        true,
    );
}
