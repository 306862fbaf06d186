//! Many at once, over sockets: slow senders beside an honest caller, more calls than are judged at once and what comes
//! after, and a departure while many are answered (SC-22, P-02). No times are measured and no test sleeps.

use crate::support::app::{App, PATIENCE, issue};
use crate::support::raw::{Raw, head};
use apposite::service::{Ended, Limits};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_millis(300);

/// SC-22: hundreds that send half a head, half a body, or a byte now and then do not keep an honest caller from its
/// answer, and all of them are shown the door.
#[tokio::test]
async fn a_crowd_of_slow_senders_keeps_nobody_waiting_and_is_sent_away() {
    let app = App::with(Limits {
        head_time: SOON,
        body_time: SOON,
        idle_time: SOON,
        ..Limits::default()
    })
    .await;
    let halves = [
        ("POST /cds-services/silent HTTP/1.1\r\nHost: te".to_owned(), ""),
        (head("echo", "Content-Length: 900\r\n") + "12345", "408"),
        (
            head("echo", "Transfer-Encoding: chunked\r\n") + "5\r\n12345\r\n",
            "408",
        ),
    ];
    let mut slow = Vec::new();
    for at in 0..300 {
        let (half, told) = &halves[at % halves.len()];
        let mut raw = Raw::connect(app.address).await;
        raw.send(half).await;
        slow.push((raw, *told));
    }
    // One of them goes on sending, a byte at a time: that does not win it more time.
    let mut trickle = Raw::connect(app.address).await;
    trickle.send(head("echo", "Content-Length: 4000000\r\n")).await;
    let trickling = tokio::spawn(async move {
        while trickle.try_send(" ").await {
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..10 {
        assert_eq!(app.call("silent").send().await.unwrap().status(), 200);
    }
    let ends = slow.iter_mut().map(|(raw, told)| async move {
        let said = raw.until_closed().await;
        assert!(said.contains(*told) && !said.contains(" 200 "), "{told}: {said}");
    });
    join_all(ends).await;
    timeout(PATIENCE, trickling).await.unwrap().unwrap();
    assert_eq!(app.call("silent").send().await.unwrap().status(), 200);
}

/// SC-22, P-02, R-089: of many calls at once as many are judged as may be; each other one is told when to come back,
/// in the form of every refusal; and when the rush is over, the next call is answered as ever.
#[tokio::test]
async fn a_rush_is_shed_and_afterwards_all_is_as_before() {
    let most = 4;
    let app = App::with(Limits {
        calls: most,

        answer_time: Duration::from_secs(3600),
        ..Limits::default()
    })
    .await;
    for _ in 0..3 {
        // Every place is taken by a call that does not end.
        let mut taken = Vec::new();
        for _ in 0..most {
            let mut raw = Raw::connect(app.address).await;
            raw.send(head("never", "Content-Length: 2\r\n") + "{}").await;
            taken.push(raw);
        }
        let full = async { while app.call("silent").send().await.unwrap().status() != 503 {} };
        timeout(PATIENCE, full).await.unwrap();
        let rush = (0..60).map(|_| app.call("silent").send());
        for response in join_all(rush).await {
            let response = response.unwrap();
            assert_eq!(response.status(), 503);
            assert_eq!(response.headers()["retry-after"], "1");
            assert_eq!(response.headers()["content-type"], "application/fhir+json");
            assert_eq!(issue(response).await["code"], "throttled");
        }
        // Whoever distributes calls still sees that we live and are ready.
        for path in ["/health/live", "/health/ready", "/cds-services"] {
            assert_eq!(app.request("GET", path).send().await.unwrap().status(), 200);
        }
        drop(taken);
        let over = async { while app.call("silent").send().await.unwrap().status() != 200 {} };
        timeout(PATIENCE, over).await.unwrap();
        // All places are free again: as many at once as may be.
        let again = async {
            loop {
                let calls = (0..most).map(|_| app.call("silent").send());
                let answers = join_all(calls).await;
                if answers.into_iter().all(|a| a.unwrap().status() == 200) {
                    break;
                }
            }
        };
        timeout(PATIENCE, again).await.unwrap();
    }
}

/// Asked to end while two hundred calls are in flight: each is answered, no new one is let in, and the end is a clean
/// one.
#[tokio::test]
async fn all_calls_in_flight_are_answered_before_the_end() {
    let mut app = App::start().await;
    let mut idle = Raw::connect(app.address).await;
    idle.send(head("silent", "Content-Length: 2\r\n") + "{}").await;
    idle.until(r#"{"cards":[]}"#).await;
    let mut callers = Vec::new();
    for _ in 0..200 {
        let mut caller = Raw::connect(app.address).await;
        caller.send(head("wait", "Content-Length: 2\r\n") + "{}").await;
        callers.push(caller);
    }
    let hall = Arc::clone(&app.gate.hall);
    let all_in = async {
        while hall.waiting.load(Ordering::Relaxed) < callers.len() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all_in).await.unwrap();
    app.ask_to_end();
    // The idle connection closes first: from here on the service is leaving.
    assert_eq!(idle.until_closed().await, "");
    assert!(TcpStream::connect(app.address).await.is_err());
    hall.open.send_replace(true);
    for said in join_all(callers.iter_mut().map(Raw::until_closed)).await {
        let whole = said.starts_with("HTTP/1.1 200 ") && said.ends_with(r#"{"cards":[]}"#);
        assert!(whole, "{said}");
    }
    assert_eq!(app.ended().await, Ended::Drained);
}
