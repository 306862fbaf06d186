//! Shadow mode and switches: judged and kept, or left out; never an error, and the same on every replica.

use crate::feedback::instance;
use crate::support::database::{Folder, on_both};
use crate::support::ward::{SERVICE, Ward};
use apposite::insight::Mode;
use apposite::service::{Configured, history};
use apposite::store::{Scope, StoreOptions, Switch};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

const CARDS: &str = "SELECT client, kind, mode FROM audit_card k JOIN audit_call c ON c.id = k.call_id ORDER BY client, kind, mode";

/// The kind of the card that the call of the ward gets.
const KIND: &str = "UNA_NONCONTRAST";

fn switch(scope: Scope, name: &str, off: bool) -> Switch {
    Switch {
        scope,
        name: name.to_owned(),
        off,
        at: jiff::Timestamp::now().as_millisecond(),
        by: "somebody".to_owned(),
        why: "a reason".to_owned(),
    }
}

/// Whether a call of this hospital gets a card.
async fn is_shown(ward: &Ward, who: usize, number: usize) -> bool {
    ward.card(who, &instance(number)).await != Value::Null
}

/// Shadow mode of one client: judged, kept with what would have been offered, and not shown; the other is shown it.
#[tokio::test]
async fn a_client_in_shadow_mode_is_judged_and_shown_nothing() {
    on_both(async |options: StoreOptions| {
        let modes = Configured {
            clients: [("one".to_owned(), Mode::Shadow)].into(),
            ..Configured::default()
        };
        let ward = Ward::open_with(options, modes).await;
        assert!(!is_shown(&ward, 0, 1).await);
        assert!(is_shown(&ward, 1, 1).await);
        assert_eq!(ward.tell(0, json!([])).await.status(), 200);
        assert_eq!(ward.lines(CARDS).await, [format!("one {KIND} shadow"), format!("two {KIND} shown")]);
        let offers = ward.lines("SELECT COUNT(*) FROM audit_suggestion s JOIN audit_card k ON k.card = s.card GROUP BY k.mode ORDER BY k.mode").await;
        assert_eq!(offers[0], offers[1], "what would have been offered is kept, too");
        let metrics = ward.admin("/metrics").await;
        for line in [
            format!(r#"cds_cards_total{{indicator="warning",kind="{KIND}",mode="shadow"}} 1"#),
            format!(r#"cds_cards_total{{indicator="warning",kind="{KIND}",mode="shown"}} 1"#),
            format!(r#"cds_rule_last_fired_timestamp_seconds{{kind="{KIND}"}}"#),
        ] {
            assert!(metrics.contains(&line), "{line} in {metrics}");
        }
        let filter = apposite::insight::Filter::default();
        let insight = history::insight(&ward.store, &filter, 1000, |_| ()).await.unwrap();
        assert_eq!((insight.total.shadow, insight.total.shown), (1, 1));
    })
    .await;
}

/// P-01: who is shown nothing gets no error about data either.
#[tokio::test]
async fn shadow_mode_is_never_an_error() {
    let folder = Folder::new();
    let modes = Configured {
        clients: [("one".to_owned(), Mode::Shadow)].into(),
        ..Configured::default()
    };
    let ward = Ward::open_with(folder.store(), modes).await;
    let mut call: Value = serde_json::from_str(crate::support::ward::CALL).unwrap();
    let orders = call["context"]["draftOrders"]["entry"].as_array_mut().unwrap();
    // Without a reason on the order and without the problem list it cannot be judged.
    for order in orders {
        let order = order["resource"].as_object_mut().unwrap();
        order.retain(|name, _| {
            !["reasonCode", "reasonReference", "note", "supportingInfo"].contains(&name.as_str())
        });
    }
    call["prefetch"] = json!({ "patient": call["prefetch"]["patient"] });
    let statuses = async |who: usize| {
        let token = ward.token(who, &format!("{}{SERVICE}", ward.base));
        let response = ward.send(SERVICE, &token, call.to_string()).await;
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(statuses(1).await.0, 412);
    assert_eq!(statuses(0).await, (200, r#"{"cards":[]}"#.to_owned()));
}

/// A rule in shadow mode, or off, by the configuration: without its card, and kept as what it was.
#[tokio::test]
async fn a_rule_may_be_kept_back_alone() {
    for mode in [Mode::Shadow, Mode::Off] {
        let folder = Folder::new();
        let modes = Configured {
            rules: [(KIND.to_owned(), mode)].into(),
            ..Configured::default()
        };
        let ward = Ward::open_with(folder.store(), modes).await;
        assert!(!is_shown(&ward, 0, 1).await);
        assert_eq!(ward.tell(0, json!([])).await.status(), 200);
        assert_eq!(ward.lines(CARDS).await, [format!("one {KIND} {}", mode.key())]);
    }
}

/// A switch takes effect within a second on every replica, and back; it is kept who did it and why.
#[tokio::test]
async fn every_replica_follows_a_switch_within_a_second() {
    let folder = Folder::new();
    let options = folder.postgres().await;
    let one = Ward::open(options.clone()).await;
    let two = one.beside(options).await;
    let mut number = 0;
    for (scope, name, other_is_shown) in [
        (Scope::Rule, KIND, false),
        (Scope::Client, "one", true),
        (Scope::Service, "pnet-imaging", false),
    ] {
        for off in [true, false] {
            one.store.set_switch(&switch(scope, name, off)).await.unwrap();
            let since = Instant::now();
            for ward in [&one, &two] {
                loop {
                    number += 1;
                    if is_shown(ward, 0, number).await != off {
                        break;
                    }
                    assert!(since.elapsed() < Duration::from_secs(1), "{name} {off}");
                }
            }
            number += 1;
            assert_eq!(
                is_shown(&two, 1, number).await,
                !off || other_is_shown,
                "{name} {off}"
            );
        }
    }
    let changes = one.store.switch_changes(10).await.unwrap();
    assert_eq!(changes.len(), 6);
    assert!(changes.iter().all(|c| c.by == "somebody" && c.why == "a reason"));
    // Discovery stays, whatever is switched off.
    one.store
        .set_switch(&switch(Scope::Service, "pnet-imaging", true))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(
        one.admin("/metrics")
            .await
            .contains(r#"cds_switched_off{name="pnet-imaging",scope="service"} 1"#)
    );
    let discovery = reqwest::get(format!("{}/cds-services", one.base)).await.unwrap();
    assert!(discovery.text().await.unwrap().contains("pnet-imaging"));
    let body = "no call at all".to_owned();
    let token = one.token(0, &format!("{}{SERVICE}", one.base));
    let answer = one.send(SERVICE, &token, body).await;
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap()),
        (200, r#"{"cards":[]}"#.to_owned())
    );
    assert_eq!(one.tell(0, json!([])).await.status(), 200);
    let kept = one
        .lines("SELECT COUNT(*) FROM audit_call WHERE outcome = 'switched-off'")
        .await;
    assert_ne!(kept, ["0"]);
}

/// What was switched off stays off over a restart, before the first call.
#[tokio::test]
async fn a_switch_survives_a_restart() {
    on_both(async |options: StoreOptions| {
        let first = Ward::open(options.clone()).await;
        first
            .store
            .set_switch(&switch(Scope::Rule, KIND, true))
            .await
            .unwrap();
        let again = first.beside(options).await;
        assert!(!is_shown(&again, 0, 1).await);
    })
    .await;
}

/// The admin listener of this machine sets switches, for programs and not for pages from elsewhere.
#[tokio::test]
async fn the_admin_listener_sets_switches() {
    let folder = Folder::new();
    let ward = Ward::open(folder.store()).await;
    let asked = json!({ "scope": "rule", "name": KIND, "off": true, "by": "somebody", "why": "a reason" });
    let (status, told) = ward.admin_post("/switches", &asked).await;
    assert_eq!((status, &told["off"]), (200, &json!(true)));
    assert!(!is_shown(&ward, 0, 1).await, "at once at this replica");
    let shown: Value = serde_json::from_str(&ward.admin("/switches").await).unwrap();
    assert_eq!(shown["switches"][0]["why"], "a reason");
    assert_eq!(shown["changes"].as_array().unwrap().len(), 1);
    assert_eq!(
        ward.admin_post("/switches", &json!({ "scope": "rule" })).await.0,
        400
    );
}

/// `apposite switch` does it on the store of a service that runs, and refuses what does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_sets_switches() {
    let folder = Folder::new();
    let ward = Ward::open(folder.store()).await;
    let place = format!("sqlite:{}", folder.0.join("apposite.db").display());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apposite"));
        command.arg("switch").args(arguments).args(["--store", &place]);
        let output = command.env_remove("APPOSITE_CONFIG").output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (done, said) = run(&["off", "rule", KIND, "--why", "wrong words", "--by", "me"]);
    assert!(done, "{said}");
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(!is_shown(&ward, 0, 1).await);
    let (_, said) = run(&["show"]);
    assert!(
        said.contains(KIND) && said.contains("wrong words") && said.contains("\"me\""),
        "{said}"
    );
    let (done, said) = run(&["on", "rule", KIND, "--why", "mended"]);
    assert!(done, "{said}");
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(is_shown(&ward, 0, 2).await);
    for wrong in [
        ["off", "rule", "NO_SUCH_KIND"],
        ["off", "client", "nobody"],
        ["off", "service", "other"],
    ] {
        let (done, said) = run(&[&wrong[..], &["--why", "x"]].concat());
        assert!(!done && said.contains("help:"), "{said}");
    }
}
