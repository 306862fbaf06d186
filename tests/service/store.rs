//! What outlives a call: audit rows, their pseudonyms and their end, in a file and in PostgreSQL alike (SC-19).

use crate::feedback::{instance, overridden};
use crate::support::app::issue;
use crate::support::database::{Folder, Server, on_both};
use crate::support::ward::{CALL, SERVICE, Ward};
use apposite::store::{Place, Store, StoreFault, StoreOptions};
use serde_json::{Value, json};

/// Tokens of which each may pass once.
const TOKENS: usize = 1000;

/// Tokens under way at once.
const AT_ONCE: usize = 20;

/// SC-19: when, whose, by which rules and knowledge, which cards; persons and orders as pseudonyms only.
#[tokio::test]
async fn a_decision_leaves_its_row() {
    on_both(async |options: StoreOptions| {
    let place = options.place.clone();
    let ward = Ward::open(options).await;
    let card = ward.card(0, &instance(1)).await;
    ward.card(0, &instance(2)).await;
    ward.card(1, &instance(1)).await;
    // Feedback waits until the rows before it are written.
    assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    let calls = ward
        .lines("SELECT service, hook, hook_instance, client, issuer, outcome, gathered, service_version FROM audit_call ORDER BY issuer, hook_instance")
        .await;
    let version = env!("CARGO_PKG_VERSION");
    let row = |number, who: &str| {
        format!(
            "pnet-imaging order-select {} {who} https://{who}.example.org answered not-needed {version}",
            instance(number)
        )
    };
    assert_eq!(calls, [row(1, "one"), row(2, "one"), row(1, "two")]);
    let facts = &card["extension"]["org.apposite.card"];
    let text = |name: &str| facts[name].as_str().unwrap().to_owned();
    let decided = ward
        .lines("SELECT selected, scenario, certainty, rating FROM audit_decision WHERE rules <> '' AND last_step <> ''")
        .await;
    assert_eq!(
        decided,
        vec![format!("1 {} {} {}", text("scenario"), text("certainty"), text("rating")); 3]
    );
    let cards = ward
        .lines("SELECT k.kind, k.indicator, c.knowledge, c.knowledge_version, c.knowledge_digest FROM audit_card k JOIN audit_call c ON c.id = k.call_id")
        .await;
    let known = |name: &str| facts["knowledge"][name].as_str().unwrap().to_owned();
    let expect = format!(
        "{} {} {} {} {}",
        text("kind"),
        card["indicator"].as_str().unwrap(),
        known("id"),
        known("version"),
        known("digest")
    );
    assert_eq!(cards, vec![expect; 3]);
    let ids = ward.lines("SELECT card FROM audit_card").await;
    assert!(ids.contains(&card["uuid"].as_str().unwrap().to_owned()));

    // One patient and user, two hospitals: each has its own pseudonym, and keeps it.
    for column in [
        "SELECT DISTINCT patient_pseudonym FROM audit_call",
        "SELECT DISTINCT user_pseudonym FROM audit_call",
        "SELECT DISTINCT order_pseudonym FROM audit_decision",
    ] {
        let names = ward.lines(column).await;
        assert_eq!(names.len(), 2, "{column}");
        assert!(names.iter().all(|name| name.len() == 32));
    }
    ward.store.close().await;
    if let Place::File(file) = place {
        let folder = file.parent().unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let call: Value = serde_json::from_str(CALL).unwrap();
            for person in [&call["context"]["patientId"], &call["context"]["userId"]] {
                assert!(!text.contains(person.as_str().unwrap()), "{person}");
            }
        }
    }
}).await;
}

/// SC-19: a call that was let in and refused leaves its row, too; one that was not let in does not.
#[tokio::test]
async fn a_refused_call_leaves_its_row() {
    on_both(async |options: StoreOptions| {
        let ward = Ward::open(options).await;
        let token = ward.token(0, &format!("{}{SERVICE}", ward.base));
        assert_eq!(ward.send(SERVICE, &token, "{}".to_owned()).await.status(), 400);
        assert_eq!(ward.send(SERVICE, "x.y.z", "{}".to_owned()).await.status(), 401);
        assert_eq!(ward.tell(0, json!([])).await.status(), 200);
        let rows = ward.lines("SELECT client, outcome FROM audit_call").await;
        assert_eq!(rows, ["one field-missing"]);
    })
    .await;
}

/// SC-19, SC-20: rows go after their time, comments before them, all that hangs on them too.
#[tokio::test]
async fn what_is_old_is_deleted() {
    on_both(async |options: StoreOptions| {
        let options = StoreOptions {
            keep_days: 10,
            comment_days: 2,
            comments: true,
            ..options
        };
        let ward = Ward::open(options).await;
        let card = ward.card(0, &instance(1)).await;
        let mut item = overridden(card["uuid"].as_str().unwrap());
        item["overrideReason"]["userComment"] = json!("words");
        assert_eq!(ward.tell(0, json!([item])).await.status(), 200);
        let counts = async || {
            let mut all = Vec::new();
            for sql in [
                "SELECT COUNT(*) FROM audit_call",
                "SELECT COUNT(*) FROM audit_decision",
                "SELECT COUNT(*) FROM audit_card",
                "SELECT COUNT(*) FROM feedback",
                "SELECT COUNT(*) FROM feedback_comment",
            ] {
                all.extend(ward.lines(sql).await);
            }
            all.join(" ")
        };
        let day = 24 * 3600 * 1000;
        let now = jiff::Timestamp::now().as_millisecond();
        assert_eq!(counts().await, "1 1 1 1 1");
        assert_eq!(ward.store.purge(now + day).await, Ok(0));
        assert_eq!(ward.store.purge(now + 3 * day).await, Ok(1));
        assert_eq!(counts().await, "1 1 1 1 0");
        assert_eq!(ward.store.purge(now + 11 * day).await, Ok(2));
        assert_eq!(counts().await, "0 0 0 0 0");
        assert_eq!(ward.lines("SELECT COUNT(*) FROM audit_suggestion").await, ["0"]);
    })
    .await;
}

/// SC-19: what is there is found again, by the same key; migrations are taken once.
#[tokio::test]
async fn a_store_is_opened_again_with_its_key_only() {
    on_both(async |options: StoreOptions| {
        let folder = Folder::new();
        let (key, other) = (folder.0.join("key"), folder.0.join("other"));
        std::fs::write(&key, [7; 32]).unwrap();
        std::fs::write(&other, [8; 32]).unwrap();
        let with = |key: &std::path::Path| StoreOptions {
            key_file: Some(key.to_owned()),
            ..options.clone()
        };
        let first = Store::open(with(&key)).await.unwrap().unwrap();
        let again = Store::open(with(&key)).await.unwrap().unwrap();
        assert_eq!(first.pseudonym("a", &["b"]), again.pseudonym("a", &["b"]));
        assert_eq!(Store::open(with(&other)).await.err(), Some(StoreFault::OtherKey));
    })
    .await;
}

/// P3, P4 (test 22): somebody else holds the store; calls go on, rows wait, feedback is refused with a time to come
/// back, and all is kept afterwards.
#[tokio::test]
async fn while_the_store_hangs_calls_go_on_and_feedback_is_refused() {
    let folder = Folder::new();
    let ward = Ward::open(folder.store()).await;
    let card = ward.card(0, &instance(1)).await;
    let item = json!([overridden(card["uuid"].as_str().unwrap())]);
    assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    let other = rusqlite::Connection::open(folder.0.join("apposite.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let response = ward.tell(0, item.clone()).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert_eq!(issue(response).await["code"], "no-store");
    for number in 2..10 {
        ward.card(0, &instance(number)).await;
    }
    let ready = ward.admin("/health/ready").await;
    assert_eq!(ready, r#"{"status":"ready","store":"failing"}"#);
    let metrics = ward.admin("/metrics").await;
    assert!(metrics.contains("cds_store_writable 0"), "{metrics}");
    assert!(!metrics.contains("cds_store_write_failures_total 0"), "{metrics}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(ward.tell(0, item).await.status(), 200);
    assert_eq!(
        ward.lines("SELECT COUNT(*) FROM audit_call").await,
        ["9"],
        "no row was lost"
    );
    assert!(ward.admin("/health/ready").await.contains("writable"));
}

/// P3: what finds no place in the queue is lost and counted, and no call waits.
#[tokio::test]
async fn rows_without_a_place_are_counted() {
    let folder = Folder::new();
    let options = StoreOptions {
        queue: 2,
        ..folder.store()
    };
    let ward = Ward::open(options).await;
    assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    let other = rusqlite::Connection::open(folder.0.join("apposite.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..200 {
        ward.card(0, &instance(number)).await;
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    let kept: u64 = ward.lines("SELECT COUNT(*) FROM audit_call").await[0]
        .parse()
        .unwrap();
    let standing = ward.store.standing();
    assert!(standing.lost > 0 && kept > 0, "{standing:?}");
    assert_eq!(kept + standing.lost, 200);
    assert_eq!(standing.queued, 0);
    let lost = format!("cds_audit_lost_total {}", standing.lost);
    assert!(ward.admin("/metrics").await.contains(&lost), "{lost}");
}

/// SC-15, R-108 (test 21): replicas on one database let a token pass once among all of them.
#[tokio::test]
async fn a_token_passes_once_among_all_replicas() {
    let folder = Folder::new();
    let options = StoreOptions {
        share_tokens: true,
        token_time: crate::support::app::PATIENCE,
        ..folder.postgres().await
    };
    let one = Ward::open(options.clone()).await;
    let two = one.beside(options).await;
    // A thousand tokens, some at once, each at both replicas at the same moment.
    for _ in 0..TOKENS / AT_ONCE {
        let races = (0..AT_ONCE).map(|_| async {
            let token = one.token(0, "https://cds.example.org");
            let (a, b) = tokio::join!(
                one.send(SERVICE, &token, "{}".to_owned()),
                two.send(SERVICE, &token, "{}".to_owned())
            );
            let mut seen = [a.status().as_u16(), b.status().as_u16()];
            seen.sort_unstable();
            seen
        });
        for seen in futures_util::future::join_all(races).await {
            assert_eq!(
                seen,
                [400, 401],
                "one is let in, to be told that its body is no call"
            );
        }
    }
    // What one replica showed may be told to the other.
    let card = one.card(0, &instance(1)).await;
    assert_eq!(one.tell(0, json!([])).await.status(), 200);
    let told = two
        .tell(0, json!([overridden(card["uuid"].as_str().unwrap())]))
        .await;
    assert_eq!(told.status(), 200);
    assert_eq!(
        two.lines("SELECT COUNT(*) FROM feedback WHERE kind <> ''").await,
        ["1"]
    );
    let now = jiff::Timestamp::now().as_millisecond();
    assert!(
        one.store
            .purge(now + 3_600_000)
            .await
            .is_ok_and(|rows| rows >= TOKENS as u64),
        "tokens that ended are forgotten"
    );
}

/// P3, P4, SC-19 (test 22): the server of the database ends in the middle of it and comes back. Calls go on, feedback is
/// refused meanwhile, tokens pass once at this replica, and nothing is lost.
#[tokio::test]
async fn while_postgres_is_away_calls_go_on() {
    let folder = Folder::new();
    let mut server = Server::own();
    let options = StoreOptions {
        share_tokens: true,
        ..folder.on(&server.url("postgres"))
    };
    let ward = Ward::open(options).await;
    let card = ward.card(0, &instance(1)).await;
    let item = json!([overridden(card["uuid"].as_str().unwrap())]);
    assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    server.stop();
    let token = ward.token(0, "https://cds.example.org");
    for expect in [400, 401] {
        let response = ward.send(SERVICE, &token, "{}".to_owned()).await;
        assert_eq!(response.status(), expect, "SC-15: remembered here");
    }
    for number in 2..12 {
        let started = std::time::Instant::now();
        ward.card(0, &instance(number)).await;
        assert!(
            started.elapsed() < std::time::Duration::from_secs(1),
            "no call waits for it"
        );
    }
    assert_eq!(ward.tell(0, item.clone()).await.status(), 503);
    assert!(
        ward.admin("/metrics")
            .await
            .contains("cds_replay_store_degraded 1")
    );
    server.start();
    let back = async { while ward.tell(0, item.clone()).await.status() != 200 {} };
    tokio::time::timeout(crate::support::app::PATIENCE, back)
        .await
        .unwrap();
    // Refused calls are rows, too.
    assert_eq!(
        ward.lines("SELECT COUNT(*) FROM audit_call WHERE outcome = 'answered'")
            .await,
        ["11"]
    );
    assert_eq!(ward.lines("SELECT COUNT(*) FROM feedback").await, ["1"]);
    assert_eq!(ward.store.standing().lost, 0);
    let shared = async {
        while ward.store.standing().replay_degraded {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::support::app::PATIENCE, shared)
        .await
        .unwrap();
}

/// P4 (test 22): another server takes over. What was acknowledged is there, and new feedback is kept, without a restart.
#[tokio::test]
async fn another_postgres_takes_over() {
    let folder = Folder::new();
    let mut first = Server::own();
    let mut second = first.standby();
    let ward = Ward::open(folder.on(&first.url_with(&second, "postgres"))).await;
    let cards = [ward.card(0, &instance(1)).await, ward.card(0, &instance(2)).await];
    let item = |at: usize| json!([overridden(cards[at]["uuid"].as_str().unwrap())]);
    assert_eq!(ward.tell(0, item(0)).await.status(), 200);
    first.stop();
    // The other one is there, and read-only as yet.
    assert_eq!(ward.tell(0, item(1)).await.status(), 503);
    second.promote();
    let over = async { while ward.tell(0, item(1)).await.status() != 200 {} };
    tokio::time::timeout(crate::support::app::PATIENCE, over)
        .await
        .unwrap();
    assert_eq!(
        ward.lines("SELECT COUNT(*) FROM feedback WHERE kind <> ''").await,
        ["2"]
    );
    assert_eq!(ward.lines("SELECT COUNT(*) FROM audit_call").await, ["2"]);
}
