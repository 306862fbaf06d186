//! How often, how many at once, and how long (SC-16, SC-22, P-02).

use crate::auth::Clinic;
use crate::support::app::{App, PATIENCE, issue};
use crate::support::raw::{Raw, head};
use apposite::config::Client;
use apposite::service::{Limits, Rate};
use reqwest::Response;
use std::time::Duration;

const RARELY: Rate = Rate {
    per_second: 1,
    burst: 2,
};

fn unlimited() -> Limits {
    Limits {
        failures: None,
        ..Limits::default()
    }
}

/// Checks that a response says "too often" and when to come back.
async fn told_to_wait(response: Response) {
    assert_eq!(response.status(), 429);
    let wait = response.headers()["retry-after"].to_str().unwrap().to_owned();
    assert!((1..=2).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    let issue = issue(response).await;
    assert_eq!(issue["code"], "throttled");
    assert_eq!(issue["details"]["coding"][0]["code"], "too-many-calls");
}

/// P-02, SC-22: where no client is registered, all callers share one rate.
#[tokio::test]
async fn anybody_may_call_so_often() {
    let app = App::with(Limits {
        anybody: Some(RARELY),
        ..unlimited()
    })
    .await;
    let mut answered = 0;
    let last = loop {
        let response = app.call("silent").send().await.unwrap();
        if response.status() != 200 {
            break response;
        }
        answered += 1;
        assert!(answered < 100, "no limit at all");
    };
    assert!(answered >= 2, "the burst passes");
    told_to_wait(last).await;
    // What costs nothing is not counted.
    let discovery = app.request("GET", "/cds-services").send().await.unwrap();
    assert_eq!(discovery.status(), 200);
}

/// SC-22: a client has its own rate; a call that came too early may come again with the same token.
#[tokio::test]
async fn a_client_may_call_so_often_and_then_again() {
    let client = |client| Client {
        rate_per_second: 10,
        burst: 1,
        ..client
    };
    let clinic = Clinic::limited(client, false, unlimited()).await;
    let mut token = clinic.honest("0");
    for number in 1.. {
        let response = clinic.call(&token).await;
        if response.status() != 200 {
            told_to_wait(response).await;
            break;
        }
        assert!(number < 100, "no limit at all");
        token = clinic.honest(&number.to_string());
    }
    let again = async {
        while clinic.call(&token).await.status() == 429 {}
        clinic.call(&clinic.honest("last")).await
    };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
    assert!(
        [401, 429].contains(&clinic.call(&token).await.status().as_u16()),
        "and only once"
    );
}

/// SC-22: a token that somebody caught does not use up what its client may do.
#[tokio::test]
async fn a_replayed_token_costs_its_client_nothing() {
    let client = |client| Client {
        rate_per_second: 1,
        burst: 3,
        ..client
    };
    let clinic = Clinic::limited(client, false, unlimited()).await;
    let token = clinic.honest("caught");
    assert_eq!(clinic.call(&token).await.status(), 200);
    for _ in 0..20 {
        assert_eq!(clinic.call(&token).await.status(), 401);
    }
    assert_eq!(clinic.call(&clinic.honest("fresh")).await.status(), 200);
}

/// SC-16: an address that keeps failing is told to wait, whatever it brings; its clients' rates are untouched.
#[tokio::test]
async fn an_address_that_keeps_failing_is_not_listened_to() {
    let limits = Limits {
        failures: Some(RARELY),
        ..Limits::default()
    };
    let clinic = Clinic::limited(|client| client, true, limits).await;
    assert_eq!(clinic.call(&clinic.honest("before")).await.status(), 200);
    let mut failed = 0;
    loop {
        let response = clinic.call("x.y.z").await;
        if response.status() != 401 {
            told_to_wait(response).await;
            break;
        }
        failed += 1;
        assert!(failed < 100, "no limit at all");
    }
    assert!(failed >= 2, "a few failures happen");
    told_to_wait(clinic.call(&clinic.honest("after")).await).await;
    let discovery = clinic.app.request("GET", "/cds-services").send().await.unwrap();
    told_to_wait(discovery).await;
}

/// SC-22: calls beyond those judged at once are told to come back, until one of those before is over.
#[tokio::test]
async fn a_call_beyond_those_judged_at_once_is_told_to_come_back() {
    let app = App::with(Limits {
        calls: 1,
        answer_time: Duration::from_secs(3600),
        ..Limits::default()
    })
    .await;
    let mut first = Raw::connect(app.address).await;
    first.send(head("never", "Content-Length: 2\r\n") + "{}").await;
    let until = async |status: u16| loop {
        let response = app.call("silent").send().await.unwrap();
        if response.status() == status {
            return response;
        }
    };
    let refused = tokio::time::timeout(PATIENCE, until(503)).await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(issue(refused).await["code"], "throttled");
    // Looking around is never turned away.
    for path in ["/cds-services", "/health/ready"] {
        assert_eq!(app.request("GET", path).send().await.unwrap().status(), 200);
    }
    // A caller that has gone away is not worked for.
    drop(first);
    tokio::time::timeout(PATIENCE, until(200)).await.unwrap();
}

/// SC-22, P-02: an answer that does not come is not waited for, and its place is free again.
#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_not_waited_for() {
    let app = App::with(Limits {
        calls: 1,
        answer_time: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    for _ in 0..3 {
        let response = app.call("never").send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        let issue = issue(response).await;
        assert_eq!(issue["code"], "timeout");
        assert_eq!(issue["details"]["coding"][0]["code"], "answer-too-late");
    }
    assert_eq!(app.call("silent").send().await.unwrap().status(), 200);
}

/// SC-22: a panic frees its place too.
#[tokio::test]
async fn a_call_that_panics_leaves_its_place() {
    let app = App::with(Limits {
        calls: 1,
        ..Limits::default()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(app.call("panic").send().await.unwrap().status(), 500);
    }
    assert_eq!(app.call("silent").send().await.unwrap().status(), 200);
}
