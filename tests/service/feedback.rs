//! What clients tell of cards, over sockets and into the store (R-092 – R-101, P-12, P-04, SC-20). What a message may
//! look like has its table in `src/cds_hooks/feedback/tests.rs`.

use crate::support::app::issue;
use crate::support::database::on_both;
use crate::support::ward::{FEEDBACK, SERVICE, Ward};
use apposite::store::{Place, Store, StoreOptions};
use serde_json::{Value, json};

const TIME: &str = "2026-06-15T10:00:00Z";

/// One hook instance for each number.
pub fn instance(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub fn overridden(card: &str) -> Value {
    json!({ "card": card, "outcome": "overridden", "outcomeTimestamp": TIME,
        "overrideReason": { "reason": { "code": "patient-contraindication",
            "system": "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes" } } })
}

fn accepted(card: &Value) -> Value {
    json!({ "card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": TIME,
        "acceptedSuggestions": [{ "id": card["suggestions"][0]["uuid"] }] })
}

const TOLD: &str =
    "SELECT issuer, kind, outcome, reason FROM feedback ORDER BY issuer, kind, outcome, reason";

/// R-092, R-093, R-095, R-096, R-097, R-101, P-12: 200 without a body, joined to the card, counted.
#[tokio::test]
async fn accepted_and_overridden_cards_are_kept() {
    on_both(async |options: StoreOptions| {
        let ward = Ward::open(options).await;
        let (one, two) = (ward.card(0, &instance(1)).await, ward.card(0, &instance(2)).await);
        let response = ward
            .tell(
                0,
                json!([accepted(&one), overridden(two["uuid"].as_str().unwrap())]),
            )
            .await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers().get("content-length").unwrap(), "0", "P-12");
        assert_eq!(response.text().await.unwrap(), "");
        let kind = one["extension"]["org.apposite.card"]["kind"].as_str().unwrap();
        assert_eq!(
            ward.lines(TOLD).await,
            [
                format!("https://one.example.org {kind} accepted "),
                format!("https://one.example.org {kind} overridden patient-contraindication")
            ]
        );
        let taken = "SELECT s.offer, f.outcome FROM feedback_suggestion t JOIN audit_suggestion s \
                 ON s.suggestion = t.suggestion JOIN feedback f ON f.id = t.feedback_id";
        let taken = ward.lines(taken).await;
        assert!(taken.len() == 1 && taken[0].ends_with(" accepted"), "{taken:?}");
        let metrics = ward.admin("/metrics").await;
        for (outcome, reason) in [("accepted", ""), ("overridden", "patient-contraindication")] {
            let line =
                format!(r#"cds_feedback_total{{kind="{kind}",outcome="{outcome}",reason="{reason}"}} 1"#);
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
    })
    .await;
}

/// R-099: told again, together or apart, in another zone's time: the same.
#[tokio::test]
async fn a_repeat_is_accepted_and_kept_once() {
    on_both(async |options: StoreOptions| {
        let ward = Ward::open(options).await;
        let card = ward.card(0, &instance(1)).await;
        let mut elsewhere = accepted(&card);
        elsewhere["outcomeTimestamp"] = json!("2026-06-15T12:00:00.000+02:00");
        let other = json!([{ "id": card["suggestions"][1]["uuid"] }]);
        let mut more = accepted(&card);
        more["acceptedSuggestions"] = other;
        for items in [
            json!([accepted(&card), accepted(&card)]),
            json!([accepted(&card)]),
            json!([elsewhere]),
            json!([more]),
        ] {
            assert_eq!(ward.tell(0, items).await.status(), 200);
        }
        assert_eq!(ward.lines(TOLD).await.len(), 1);
        let taken = ward.lines("SELECT suggestion FROM feedback_suggestion").await;
        assert_eq!(
            taken.len(),
            2,
            "what is told of one decision in pieces is put together"
        );
        let metrics = ward.admin("/metrics").await;
        assert!(metrics.contains("cds_feedback_repeats_total 4"), "{metrics}");
        assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    })
    .await;
}

/// P-12, R-094 – R-098: the place is named, and nothing is kept.
#[tokio::test]
async fn one_bad_item_refuses_all() {
    on_both(async |options: StoreOptions| {
        let ward = Ward::open(options).await;
        let card = ward.card(0, &instance(1)).await;
        let mut bad = accepted(&card);
        bad["outcome"] = json!("ignored");
        let response = ward.tell(0, json!([accepted(&card), bad])).await;
        assert_eq!(response.status(), 400);
        let issue = issue(response).await;
        assert_eq!(issue["code"], "value");
        assert_eq!(issue["expression"][0], "feedback[1].outcome");
        assert_eq!(ward.lines(TOLD).await, [""; 0]);
        // R-100: nobody has told anything, and nothing is counted.
        assert!(!ward.admin("/metrics").await.contains("cds_feedback_total{"));
    })
    .await;
}

/// R-094: nobody's feedback is joined to another's card; the answer does not differ.
#[tokio::test]
async fn a_card_of_somebody_else_is_an_unknown_card() {
    on_both(async |options: StoreOptions| {
        let ward = Ward::open(options).await;
        let card = ward.card(0, &instance(1)).await;
        let id = card["uuid"].as_str().unwrap();
        for (who, card) in [(1, id), (1, "no card <b>at</b> all"), (0, id)] {
            let response = ward.tell(who, json!([overridden(card)])).await;
            assert_eq!(
                (response.status().as_u16(), &*response.text().await.unwrap()),
                (200, "")
            );
        }
        let kind = card["extension"]["org.apposite.card"]["kind"].as_str().unwrap();
        let reason = "overridden patient-contraindication";
        assert_eq!(
            ward.lines(TOLD).await,
            [
                format!("https://one.example.org {kind} {reason}"),
                format!("https://two.example.org  {reason}"),
                format!("https://two.example.org  {reason}"),
            ]
        );
        let cards = ward.lines("SELECT card FROM feedback").await.join("\n");
        assert!(!cards.contains("<b>"), "{cards}");
        let metrics = ward.admin("/metrics").await;
        let unknown = r#"kind="unknown",outcome="overridden",reason="patient-contraindication"} 2"#;
        assert!(metrics.contains(unknown), "{metrics}");
    })
    .await;
}

/// SC-20: comments are not kept unless that is wanted, then apart, and cut.
#[tokio::test]
async fn comments_are_kept_only_where_that_is_wanted() {
    for (comments, kept) in [(false, 0), (true, 1)] {
        let folder = crate::support::database::Folder::new();
        let options = StoreOptions {
            comments,
            ..folder.store()
        };
        let ward = Ward::open(options).await;
        let mut item = overridden("c");
        item["overrideReason"] = json!({ "userComment": "é".repeat(2000) });
        assert_eq!(ward.tell(0, json!([item])).await.status(), 200);
        let words = ward.lines("SELECT words FROM feedback_comment").await;
        assert_eq!(words.len(), kept);
        assert!(words.iter().all(|w| w.chars().count() == 1024));
        assert_eq!(ward.lines("SELECT reason FROM feedback").await, ["other"]);
    }
}

/// R-101, P-04, P-02: who tells it proves who it is as for a call; the token names this address or the service's.
#[tokio::test]
async fn feedback_is_authenticated_as_calls_are() {
    let folder = crate::support::database::Folder::new();
    let ward = Ward::open(folder.store()).await;
    let body = || json!({ "feedback": [overridden("c")] }).to_string();
    let at = |path: &str| format!("{}{path}", ward.base);
    for (audience, status) in [
        (at(FEEDBACK), 200),
        (at(SERVICE), 200),
        (format!("{}/", at(FEEDBACK)), 200),
        (at("/cds-services"), 401),
        (at("/cds-services/other/feedback"), 401),
    ] {
        let response = ward.send(FEEDBACK, &ward.token(0, &audience), body()).await;
        assert_eq!(response.status(), status, "{audience}");
    }
    assert_eq!(ward.send(FEEDBACK, "x.y.z", body()).await.status(), 401);
    let token = ward.token(0, &at(FEEDBACK));
    assert_eq!(ward.send(FEEDBACK, &token, body()).await.status(), 200);
    assert_eq!(
        ward.send(FEEDBACK, &token, body()).await.status(),
        401,
        "a token passes once"
    );
    // A call is no feedback: its token must name the service.
    let call = ward
        .send(SERVICE, &ward.token(0, &at(FEEDBACK)), "{}".to_owned())
        .await;
    assert_eq!(call.status(), 401);
    let other = "/cds-services/nobody/feedback";
    let response = ward.send(other, &ward.token(0, &at(other)), body()).await;
    assert_eq!(response.status(), 404);
    assert_eq!(ward.lines("SELECT COUNT(*) FROM feedback").await, ["1"]);
}

/// P-02, P-18, P-19: other methods, preflights, media types and sizes are refused as for calls.
#[tokio::test]
async fn the_address_refuses_what_addresses_of_calls_refuse() {
    let folder = crate::support::database::Folder::new();
    let store = Store::open(folder.store()).await.unwrap();
    let app = crate::support::app::App::configured(|_| apposite::service::Settings {
        store,
        ..apposite::service::Settings::development()
    })
    .await;
    let path = "/cds-services/silent/feedback";
    let response = app.request("GET", path).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"POST, OPTIONS".parse().unwrap())
    );
    let preflight = app
        .request("OPTIONS", path)
        .header("origin", "https://sandbox.cds-hooks.org")
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 204);
    assert_eq!(
        preflight.headers()["access-control-allow-origin"],
        "https://sandbox.cds-hooks.org"
    );
    let plain = app
        .request("POST", path)
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(plain.send().await.unwrap().status(), 415);
    let large = app
        .request("POST", path)
        .header("content-type", "application/json");
    let large = large.body(" ".repeat(5 << 20)).send().await.unwrap();
    assert_eq!(large.status(), 413);
    let deep = app
        .request("POST", path)
        .header("content-type", "application/json");
    let deep = deep.body("[".repeat(1000)).send().await.unwrap();
    assert_eq!(deep.status(), 400);
}

/// R-092 (MAY): where nothing is kept, there is no such address.
#[tokio::test]
async fn without_a_store_there_is_no_feedback() {
    assert!(
        Store::open(StoreOptions::at(Place::Nowhere))
            .await
            .unwrap()
            .is_none()
    );
    let app = crate::support::app::App::start().await;
    let request = app.request("POST", "/cds-services/silent/feedback");
    let request = request
        .header("content-type", "application/json")
        .body(r#"{"feedback":[]}"#);
    assert_eq!(request.send().await.unwrap().status(), 404);
}
