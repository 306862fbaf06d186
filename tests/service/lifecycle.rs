//! Leaving politely.

use crate::support::app::{App, PATIENCE};
use crate::support::raw::{Raw, head};
use apposite::service::{Ended, Limits};
use std::time::Duration;
use tokio::net::TcpStream;

/// Waits, without blocking the threads of the service, until a call has reached the decision.
fn call_has_arrived(app: &App) {
    tokio::task::block_in_place(|| app.gate.entered.recv_timeout(PATIENCE).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_in_flight_is_answered_before_the_end() {
    let mut app = App::start().await;
    let mut idle = Raw::connect(app.address).await;
    idle.send(head("silent", "Content-Length: 2\r\n") + "{}").await;
    idle.until(r#"{"cards":[]}"#).await;
    let mut caller = Raw::connect(app.address).await;
    caller.send(head("gate", "Content-Length: 2\r\n") + "{}").await;
    call_has_arrived(&app);

    app.ask_to_end();
    // The idle connection closes first: from here on the service is leaving.
    assert_eq!(idle.until_closed().await, "");
    assert!(
        TcpStream::connect(app.address).await.is_err(),
        "nobody new is let in"
    );
    app.gate.open.send(()).unwrap();
    let said = caller.until_closed().await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.ends_with(r#"{"cards":[]}"#),
        "{said}"
    );
    assert_eq!(app.ended().await, Ended::Drained);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_does_not_end_is_cut_when_the_time_is_over() {
    let limits = Limits {
        drain_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let mut app = App::with(limits).await;
    let mut caller = Raw::connect(app.address).await;
    caller.send(head("gate", "Content-Length: 2\r\n") + "{}").await;
    call_has_arrived(&app);
    app.ask_to_end();
    let open = app.gate.open.clone();
    assert_eq!(app.ended().await, Ended::Cut { connections: 1 });
    open.send(()).unwrap();
}

#[tokio::test]
async fn without_calls_the_end_comes_at_once() {
    let mut app = App::start().await;
    app.ask_to_end();
    assert_eq!(app.ended().await, Ended::Drained);
}

/// Whoever distributes calls sees that we leave before we are gone.
#[tokio::test]
async fn new_calls_are_answered_for_a_while_although_not_ready() {
    let limits = Limits {
        leave_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let mut app = App::with(limits).await;
    let ready = async || app_status(&app, "/health/ready").await;
    assert_eq!(ready().await, Some(200));
    app.ask_to_end();
    let ready = async || app_status(&app, "/health/ready").await;
    let mut seen = Vec::new();
    while let Some(status) = ready().await {
        seen.push(status);
    }
    seen.dedup();
    assert!(seen.ends_with(&[503]), "{seen:?}");
    assert_eq!(app.ended().await, Ended::Drained);
}

/// The status of a page asked for over a new connection; nothing when nobody answers.
async fn app_status(app: &App, path: &str) -> Option<u16> {
    let request = app.request("GET", path).header("connection", "close");
    Some(request.send().await.ok()?.status().as_u16())
}
