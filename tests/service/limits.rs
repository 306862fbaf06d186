//! Too large, too slow, too many (SC-22, P-02).

use crate::support::app::{App, issue};
use crate::support::raw::{Raw, head};
use apposite::service::Limits;
use std::time::Duration;

/// Short enough that a stalled client is thrown out at once, as far as a test is concerned.
const SOON: Duration = Duration::from_millis(100);
/// Longer than any test runs.
const NEVER: Duration = Duration::from_secs(3600);

fn patient() -> Limits {
    Limits {
        head_time: NEVER,
        body_time: NEVER,
        idle_time: NEVER,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let app = App::start().await;
    let response = app.call("echo").body(vec![b' '; 4 << 20]).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.unwrap().starts_with(r#"{"bytes":4194304,"#));
}

/// SC-22.
#[tokio::test]
async fn a_body_declared_too_large_is_refused_readably() {
    let app = App::start().await;
    let response = app
        .call("echo")
        .body(vec![b' '; (4 << 20) + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(issue(response).await["code"], "too-long");
}

/// SC-22.
#[tokio::test]
async fn a_body_in_chunks_is_read_up_to_the_limit_and_refused_beyond() {
    let app = App::with(Limits {
        body_bytes: 40_000,
        ..patient()
    })
    .await;
    for (chunks, expect) in [(4, "HTTP/1.1 200 "), (5, "HTTP/1.1 413 ")] {
        let mut raw = Raw::connect(app.address).await;
        raw.send(head(
            "echo",
            "Transfer-Encoding: chunked\r\nConnection: close\r\n",
        ))
        .await;
        for _ in 0..chunks {
            raw.send(format!("2710\r\n{}\r\n", " ".repeat(10_000))).await;
        }
        raw.send("0\r\n\r\n").await;
        let said = raw.until_closed().await;
        assert!(said.starts_with(expect), "{chunks} chunks: {said}");
    }
}

/// SC-22.
#[tokio::test]
async fn a_client_that_asks_first_is_refused_before_it_sends() {
    let app = App::with(patient()).await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(head(
        "echo",
        "Content-Length: 99999999\r\nExpect: 100-continue\r\n",
    ))
    .await;
    assert!(raw.until_closed().await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_judged() {
    let app = App::with(patient()).await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(head("echo", "Transfer-Encoding: chunked\r\n")).await;
    raw.send("zz\r\n").await;
    let said = raw.until_closed().await;
    assert!(
        said.starts_with("HTTP/1.1 400 ") && !said.contains("bytes"),
        "{said}"
    );
}

/// SC-22.
#[tokio::test]
async fn a_head_that_does_not_come_in_time_ends_the_connection() {
    let app = App::with(Limits {
        head_time: SOON,
        ..patient()
    })
    .await;
    for half in ["", "P", "POST /cds-services/silent HTTP/1.1\r\nHost: te"] {
        let mut raw = Raw::connect(app.address).await;
        raw.send(half).await;
        let said = raw.until_closed().await;
        assert!(!said.contains("200"), "{said}");
    }
}

#[tokio::test]
async fn a_second_head_that_does_not_come_in_time_ends_the_connection() {
    let app = App::with(Limits {
        head_time: SOON,
        ..patient()
    })
    .await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(head("silent", "Content-Length: 2\r\n") + "{}").await;
    raw.until(r#"{"cards":[]}"#).await;
    raw.send("POST /cds").await;
    raw.until_closed().await;
}

/// SC-22.
#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_refused() {
    let app = App::with(Limits {
        body_time: SOON,
        ..patient()
    })
    .await;
    for head in [
        head("echo", "Content-Length: 10\r\n"),
        head("nobody", "Content-Length: 10\r\n"),
    ] {
        let mut raw = Raw::connect(app.address).await;
        let expect = if head.contains("echo") {
            "HTTP/1.1 408 "
        } else {
            "HTTP/1.1 404 "
        };
        raw.send(head + "12345").await;
        let said = raw.until_closed().await;
        assert!(said.starts_with(expect), "{said}");
    }
}

/// Proxies keep connections open between calls; a short patience for heads must not cut those.
#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_head_but_not_its_own() {
    let app = App::with(Limits {
        head_time: SOON,
        idle_time: SOON * 5,
        ..patient()
    })
    .await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(head("silent", "Content-Length: 2\r\n") + "{}").await;
    raw.until(r#"{"cards":[]}"#).await;
    let idle_since = std::time::Instant::now();
    assert_eq!(raw.until_closed().await, "");
    assert!(
        idle_since.elapsed() > SOON * 3,
        "closed after {:?}",
        idle_since.elapsed()
    );
}

/// SC-22.
#[tokio::test]
async fn a_client_beyond_the_cap_is_told_to_come_back() {
    let app = App::with(Limits {
        connections: 1,
        ..patient()
    })
    .await;
    let mut first = Raw::connect(app.address).await;
    first.send(head("silent", "Content-Length: 2\r\n") + "{}").await;
    first.until(r#"{"cards":[]}"#).await;

    let mut second = Raw::connect(app.address).await;
    second.send(head("silent", "Content-Length: 2\r\n") + "{}").await;
    let said = second.until_closed().await;
    assert!(
        said.starts_with("HTTP/1.1 503 ") && said.contains("retry-after: 1"),
        "{said}"
    );
    assert!(said.contains(r#""code":"throttled""#), "{said}");
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let app = App::with(patient()).await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(head("silent", &format!("X-Long: {}\r\n", "x".repeat(20_000))))
        .await;
    let said = raw.until_closed().await;
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
}
