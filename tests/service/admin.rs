//! Health and metrics, apart from the calls (SC-28, SC-27).

use crate::support::app::{App, PATIENCE};
use crate::support::fake::SECRET;
use crate::support::raw::{Raw, head};
use apposite::service::{Ended, Limits, Settings};
use std::time::Duration;

async fn watched(sound: bool, limits: Limits) -> App {
    let settings = |_| Settings {
        limits,
        ..Settings::development()
    };
    App::entered(None, true, sound, settings).await
}

/// Status and text of a page of the admin listener.
async fn page(app: &App, path: &str) -> (u16, String) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap();
    let url = format!("http://{}{path}", app.admin.unwrap());
    let response = client.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn value(text: &str, series: &str) -> Option<String> {
    let line = text.lines().find(|l| l.starts_with(&format!("{series} ")))?;
    line.split_whitespace().last().map(str::to_owned)
}

/// SC-28.
#[tokio::test]
async fn calls_and_their_fates_are_counted() {
    let limits = Limits {
        calls: 1,
        answer_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let app = watched(true, limits).await;
    for id in ["silent", "silent", "never", "required", "nobody", "panic"] {
        app.call(id).send().await.unwrap();
    }
    let (status, text) = page(&app, "/metrics").await;
    assert_eq!(status, 200);
    let call = |service: &str, hook: &str, status: &str| {
        format!(r#"cds_calls_total{{client="unknown",hook="{hook}",service="{service}",status="{status}"}}"#)
    };
    for (series, expect) in [
        (call("silent", "order-select", "2xx"), "2"),
        (call("never", "unknown", "5xx"), "1"),
        (call("required", "unknown", "4xx"), "1"),
        (call("unknown", "unknown", "4xx"), "1"),
        (
            r#"cds_cards_total{indicator="info",kind="KIND",mode="shown"}"#.into(),
            "2",
        ),
        (r#"cds_gather_total{outcome="answered"}"#.into(), "2"),
        (r#"cds_refusals_total{reason="answer-too-late"}"#.into(), "1"),
        (r#"cds_shed_total{reason="late"}"#.into(), "1"),
        ("cds_panics_total".into(), "1"),
        ("cds_selftest_success".into(), "1"),
        ("cds_ready".into(), "1"),
        (
            r#"http_server_request_duration_seconds_count{route="call"}"#.into(),
            "6",
        ),
        (
            r#"cds_knowledge_info{id="fake",sha256="abc",version="1.0.0"}"#.into(),
            "1",
        ),
    ] {
        assert_eq!(
            value(&text, &series).as_deref(),
            Some(expect),
            "{series} in\n{text}"
        );
    }
}

/// SC-28: nothing a caller sends becomes a label, and hostile calls make no new series.
#[tokio::test]
async fn callers_cannot_make_series() {
    let app = watched(true, Limits::default()).await;
    let provoke = async |from: usize, to: usize| {
        for number in from..to {
            let path = format!("/cds-services/{SECRET}-{number}");
            app.request("POST", &path).body(SECRET).send().await.unwrap();
            app.request("GET", &format!("/{SECRET}{number}"))
                .send()
                .await
                .unwrap();
            app.request("GET", "/cds-services")
                .header("x-request-id", format!("{SECRET}{number}"))
                .bearer_auth(SECRET)
                .send()
                .await
                .unwrap();
        }
        page(&app, "/metrics").await.1
    };
    let (first, second) = (provoke(0, 1).await, provoke(1, 50).await);
    assert_eq!(first.lines().count(), second.lines().count(), "{second}");
    assert!(!second.contains(SECRET), "{second}");
}

/// SC-28.
#[tokio::test]
async fn the_admin_listener_has_three_pages_and_no_calls() {
    let app = watched(true, Limits::default()).await;
    assert_eq!(page(&app, "/health/live").await.0, 200);
    assert_eq!(
        page(&app, "/health/ready").await,
        (200, r#"{"status":"ready","store":"none"}"#.to_owned())
    );
    for path in ["/", "/cds-services", "/cds-services/silent", "/metrics/"] {
        assert_eq!(page(&app, path).await.0, 404, "{path}");
    }
    // And the metrics are not among the calls.
    assert_eq!(app.request("GET", "/metrics").send().await.unwrap().status(), 404);
}

/// SC-27: a service that cannot judge what is known says so, and is alive.
#[tokio::test]
async fn without_the_self_test_nobody_is_sent_here() {
    let app = watched(false, Limits::default()).await;
    let told = (503, r#"{"status":"self-test failed","store":"none"}"#.to_owned());
    assert_eq!(page(&app, "/health/ready").await, told);
    assert_eq!(page(&app, "/health/live").await.0, 200);
    let (_, text) = page(&app, "/metrics").await;
    assert_eq!(value(&text, "cds_selftest_success").as_deref(), Some("0"));
    let ready = app.request("GET", "/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
}

/// SC-27: a service that stops judging what is known is found out while it runs, and so is one that does again.
#[tokio::test]
async fn the_self_test_is_repeated() {
    let settings = |_| Settings {
        self_test_every: Duration::from_millis(20),
        ..Settings::development()
    };
    let app = App::entered(None, true, true, settings).await;
    for (sound, status, success) in [(true, 200, "1"), (false, 503, "0"), (true, 200, "1")] {
        app.gate.sound.store(sound, std::sync::atomic::Ordering::Relaxed);
        let told = async { while page(&app, "/health/ready").await.0 != status {} };
        tokio::time::timeout(PATIENCE, told).await.unwrap();
        let (_, text) = page(&app, "/metrics").await;
        assert_eq!(value(&text, "cds_selftest_success").as_deref(), Some(success));
        let last: i64 = value(&text, "cds_selftest_timestamp_seconds")
            .unwrap()
            .parse()
            .unwrap();
        assert!((jiff::Timestamp::now().as_second() - last).abs() < 30, "{last}");
    }
    // As it is run: once a minute.
    assert_eq!(Settings::development().self_test_every, Duration::from_secs(60));
}

/// Readiness while draining, which callers' connections cannot ask any more.
#[tokio::test]
async fn the_admin_listener_answers_while_the_service_drains() {
    let limits = Limits {
        answer_time: Duration::from_secs(3600),
        ..Limits::default()
    };
    let mut app = watched(true, limits).await;
    let mut caller = Raw::connect(app.address).await;
    caller.send(head("never", "Content-Length: 2\r\n") + "{}").await;
    let connected =
        async { while value(&page(&app, "/metrics").await.1, "cds_connections").as_deref() != Some("1") {} };
    tokio::time::timeout(PATIENCE, connected).await.unwrap();
    app.ask_to_end();
    let leaving = async { while page(&app, "/health/ready").await.0 != 503 {} };
    tokio::time::timeout(PATIENCE, leaving).await.unwrap();
    assert_eq!(
        page(&app, "/health/ready").await.1,
        r#"{"status":"leaving","store":"none"}"#
    );
    assert_eq!(page(&app, "/health/live").await.0, 200);
    drop(caller);
    assert_eq!(app.ended().await, Ended::Drained);
}
