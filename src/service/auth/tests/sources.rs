//! Fetching key sets: rarely, one at a time, and from nowhere else (SC-13, SC-14).

#[path = "../../../../tests/service/support/idp.rs"]
mod idp;

use super::super::denial::Denial;
use super::super::source::{KeySource, Place, Times, http};
use super::signer::Signer;
use idp::{KeyServer, Reply};
use std::sync::Arc;
use std::time::Duration;

const NEVER: Duration = Duration::from_secs(3600);

/// Times under which nothing happens twice within a test; each test shortens what it is about.
const CALM: Times = Times {
    pause: NEVER,
    first_pause: NEVER,
    shortest: NEVER,
    usual: NEVER,
    longest: NEVER,
    stale: NEVER,
};

const BRIEF: Duration = Duration::from_millis(60);

fn source(server: &KeyServer, times: Times) -> Arc<KeySource> {
    let url = reqwest::Url::parse(&server.url).unwrap();
    KeySource::new("ehr", Place::Address(http(false, None).unwrap(), url), times)
}

async fn found(source: &Arc<KeySource>, kid: &str) -> Result<(), Denial> {
    source.key(kid).await.map(|_| ())
}

async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// SC-14, R-115.
#[tokio::test]
async fn thirty_unknown_names_cause_one_more_fetch_at_most() {
    let server = KeyServer::start(&[Signer::p384("a").jwk()]).await;
    let source = source(&server, CALM);
    for _ in 0..30 {
        assert_eq!(found(&source, "a").await, Ok(()));
    }
    assert_eq!(server.calls(), 1, "what is known is not asked again");
    for name in 0..30 {
        assert_eq!(found(&source, &format!("x{name}")).await, Err(Denial::UnknownKey));
    }
    assert_eq!(server.calls(), 1, "the pause is not over");
}

/// SC-14.
#[tokio::test]
async fn thirty_callers_at_once_cause_one_fetch() {
    let server = KeyServer::start(&[]).await;
    server.replies(Reply {
        delay: Duration::from_millis(200),
        ..Reply::keys(&[Signer::p384("a").jwk()])
    });
    let source = source(&server, CALM);
    let ask = |_| {
        let source = Arc::clone(&source);
        tokio::spawn(async move { found(&source, "a").await })
    };
    let all: Vec<_> = (0..30).map(ask).collect();
    for one in all {
        assert_eq!(one.await.unwrap(), Ok(()));
    }
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_take_the_fetch_along() {
    let server = KeyServer::start(&[]).await;
    server.replies(Reply {
        delay: Duration::from_millis(200),
        ..Reply::keys(&[Signer::p384("a").jwk()])
    });
    let source = source(&server, CALM);
    let gone = tokio::time::timeout(Duration::from_millis(50), source.key("a")).await;
    assert!(gone.is_err());
    assert_eq!(found(&source, "a").await, Ok(()));
    assert_eq!(server.calls(), 1);
}

/// R-115, SC-14.
#[tokio::test]
async fn a_rotated_key_works_after_the_pause_and_the_old_one_no_more() {
    let server = KeyServer::start(&[Signer::p384("old").jwk()]).await;
    let source = source(&server, Times { pause: BRIEF, ..CALM });
    assert_eq!(found(&source, "old").await, Ok(()));
    server.replies(Reply::keys(&[Signer::p384("new").jwk()]));
    wait(BRIEF).await;
    assert_eq!(found(&source, "new").await, Ok(()));
    assert_eq!(found(&source, "old").await, Err(Denial::UnknownKey));
    assert!(Times::USUAL.pause < Duration::from_mins(1));
}

/// SC-14.
#[tokio::test]
async fn the_last_good_set_serves_through_an_outage_but_not_for_ever() {
    let server = KeyServer::start(&[Signer::p384("a").jwk()]).await;
    let life = Duration::from_millis(20);
    let times = Times {
        pause: life,
        first_pause: NEVER,
        shortest: life,
        usual: life,
        longest: life,
        stale: Duration::from_millis(600),
    };
    let source = source(&server, times);
    assert_eq!(found(&source, "a").await, Ok(()));
    for bad in [
        Reply::of(500, ""),
        Reply::of(200, "<html>"),
        Reply::of(404, r#"{"keys":[]}"#),
        Reply::of(200, vec![b' '; 65 << 10]),
    ] {
        let before = server.calls();
        server.replies(bad);
        wait(Duration::from_millis(30)).await;
        assert_eq!(found(&source, "a").await, Ok(()), "from the last good set");
        wait(Duration::from_millis(30)).await;
        assert!(server.calls() > before, "and a fetch in the background");
    }
    wait(Duration::from_millis(700)).await;
    assert_eq!(found(&source, "a").await, Err(Denial::NoKeys));
}

/// A set that is well-formed and empty is no outage: its owner has withdrawn all keys.
#[tokio::test]
async fn withdrawn_keys_are_gone() {
    let server = KeyServer::start(&[Signer::p384("a").jwk()]).await;
    let source = source(&server, Times { pause: BRIEF, ..CALM });
    assert_eq!(found(&source, "a").await, Ok(()));
    server.replies(Reply::keys(&[]));
    wait(BRIEF).await;
    assert_eq!(found(&source, "b").await, Err(Denial::UnknownKey));
    assert_eq!(found(&source, "a").await, Err(Denial::UnknownKey));
}

/// SC-14.
#[tokio::test]
async fn nothing_but_a_key_set_in_time_and_size_is_taken() {
    let trap = KeyServer::start(&[Signer::p384("a").jwk()]).await;
    let keys = || Reply::keys(&[Signer::p384("a").jwk()]);
    let padded = {
        let mut reply = keys();
        reply.body.extend(vec![b' '; 10 << 20]);
        reply
    };
    for (what, reply) in [
        (
            "an error",
            Reply {
                status: 503,
                ..keys()
            },
        ),
        (
            "another success",
            Reply {
                status: 203,
                ..keys()
            },
        ),
        ("no JSON", Reply::of(200, "x")),
        ("10 MiB", padded),
        (
            "elsewhere",
            Reply {
                status: 302,
                headers: format!("Location: {}\r\n", trap.url),
                ..keys()
            },
        ),
        (
            "too slow",
            Reply {
                delay: Duration::from_secs(4),
                ..keys()
            },
        ),
    ] {
        let server = KeyServer::start(&[]).await;
        server.replies(reply);
        let source = source(&server, CALM);
        let started = std::time::Instant::now();
        assert_eq!(found(&source, "a").await, Err(Denial::NoKeys), "{what}");
        assert!(started.elapsed() < Duration::from_secs(3), "{what}");
        assert_eq!(found(&source, "a").await, Err(Denial::NoKeys), "{what}");
        assert_eq!(server.calls(), 1, "{what}");
    }
    assert_eq!(trap.calls(), 0, "redirects are not followed");
}

/// SC-14.
#[tokio::test]
async fn a_server_says_how_long_its_keys_may_be_kept() {
    for (headers, kept) in [
        ("", false),
        ("Cache-Control: public, max-age=3000\r\n", true),
        ("Cache-Control: max-age=0\r\n", false),
        ("Cache-Control: max-age=x\r\n", false),
    ] {
        let server = KeyServer::start(&[]).await;
        server.replies(Reply {
            headers: headers.to_owned(),
            ..Reply::keys(&[Signer::p384("a").jwk()])
        });
        let times = Times {
            pause: Duration::ZERO,
            shortest: BRIEF,
            usual: BRIEF,
            ..CALM
        };
        let source = source(&server, times);
        assert_eq!(found(&source, "a").await, Ok(()));
        wait(BRIEF * 2).await;
        assert_eq!(found(&source, "a").await, Ok(()));
        wait(BRIEF / 2).await;
        assert_eq!(server.calls(), if kept { 1 } else { 2 }, "{headers}");
    }
}

/// R-116.
#[tokio::test]
async fn keys_from_a_file_are_read_again() {
    let path = std::env::temp_dir().join(format!("apposite-keys-{}.json", std::process::id()));
    let write = |signer: &Signer| {
        let set = serde_json::json!({ "keys": [signer.jwk()] });
        std::fs::write(&path, set.to_string()).unwrap();
    };
    write(&Signer::p384("old"));
    let times = Times { pause: BRIEF, ..CALM };
    let source = KeySource::new("ehr", Place::File(path.clone()), times);
    assert_eq!(found(&source, "old").await, Ok(()));
    write(&Signer::p384("new"));
    assert_eq!(
        found(&source, "new").await,
        Err(Denial::UnknownKey),
        "the pause is not over"
    );
    wait(BRIEF).await;
    assert_eq!(found(&source, "new").await, Ok(()));
    std::fs::remove_file(&path).unwrap();
    let none = KeySource::new("ehr", Place::File(path), times);
    assert_eq!(found(&none, "new").await, Err(Denial::NoKeys));
}
