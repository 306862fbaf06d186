//! What the specification asks of every answer and of the discovery document, on the real service (R-003 – R-022,
//! ), and what our papers promise about it.

use super::fixtures::{TODAY, answers, list};
use super::support::app::PATIENCE;
use super::support::idp::{KeyServer, Reply};
use apposite::cli::wiring;
use apposite::config::Client;
use apposite::fhir::KEYS;
use apposite::service::{Callers, Decide, FhirReach, Settings, serve};
use fhirbolt::element::Element;
use fhirbolt::serde::{DeserializationConfig, DeserializationMode};
use fhirbolt::{FhirRelease, FhirReleases};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The discovery document as it is sent.
fn discovery() -> (String, Value) {
    let decide = wiring::decide(None, None).unwrap();
    let text = String::from_utf8(decide.discovery().to_vec()).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

/// P-11, P-13: the document says what
/// it must, in the order in which clients that keep one entry per address need it.
#[test]
fn discovery_says_what_is_served() {
    let (text, document) = discovery();
    assert_eq!(document.as_object().unwrap().len(), 1, "R-012");
    let services = document["services"].as_array().unwrap();
    let hooks: Vec<&str> = services.iter().map(|s| s["hook"].as_str().unwrap()).collect();
    assert_eq!(
        hooks,
        ["order-sign", "order-select"],
        "P-11; R-126: published hooks only"
    );
    for service in services {
        assert_eq!(service["id"], services[0]["id"], "R-022");
        let id = service["id"].as_str().unwrap();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(!id.is_empty() && id.chars().all(plain), "R-015 {id}");
        for member in ["title", "description", "usageRequirements"] {
            let said = service[member].as_str().unwrap();
            assert!(
                said.trim().len() > 10 && !said.contains(['<', '#', '*']),
                "{member}: {said}"
            );
        }
        assert!(
            service["usageRequirements"].as_str().unwrap().contains("412"),
            "R-019, R-122"
        );
        assert_eq!(service["version"], "3.0.0", "R-020");
        assert_eq!(
            service["hookVersion"], "1.0",
            "R-021: as both hooks are published"
        );
        let known = [
            "hook",
            "title",
            "description",
            "id",
            "prefetch",
            "usageRequirements",
            "version",
            "hookVersion",
        ];
        let members = service.as_object().unwrap();
        assert!(members.keys().all(|m| known.contains(&m.as_str())), "{members:?}");
        let prefetch = service["prefetch"].as_object().unwrap();
        assert!(
            !prefetch.is_empty() && prefetch.values().all(Value::is_string),
            "R-018"
        );
    }
    let expected: Vec<&str> = KEYS
        .iter()
        .filter(|k| k.template.is_some())
        .map(|k| k.key)
        .collect();
    let places: Vec<_> = expected
        .iter()
        .map(|key| text.find(&format!("\"{key}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "P-13: {text}");
}

/// whoever calls the id that is listed is answered, at either hook.
#[tokio::test]
async fn each_hook_listed_is_answered_at_its_address() {
    let (_, document) = discovery();
    for hook in list(&document["services"])
        .iter()
        .map(|s| s["hook"].as_str().unwrap())
    {
        let folder = format!("hooks/{hook}/");
        let answered = answers().await.iter().filter(|a| a.name.starts_with(&folder));
        assert!(answered.filter(|a| a.status == 200).count() > 0, "{hook}");
    }
}

/// discovery is there while key server and FHIR server are not.
#[tokio::test]
async fn discovery_needs_nothing_but_the_process() {
    let keys = KeyServer::start(&[]).await;
    keys.replies(Reply {
        delay: Duration::from_secs(3600),
        ..Reply::of(500, "")
    });
    let client = Client {
        jwks_url: Some(keys.url.clone()),
        jwks_plain_http: true,
        fhir_bases: vec!["http://127.0.0.1:9/fhir".to_owned()],
        fhir_loopback: true,
        ..Client::new("ehr", "https://ehr.example.org")
    };
    let clients = [client];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        callers: Callers::registered(&clients, std::slice::from_ref(&base), false).unwrap(),
        fhir: FhirReach::registered(&clients).unwrap(),
        ..Settings::development()
    };
    let decide: Arc<dyn Decide> = wiring::decide(None, None).unwrap();
    tokio::spawn(serve(listener, decide, settings, std::future::pending()));
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap();
    let response = client.get(format!("{base}/cds-services")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), discovery().0);
}

/// Each resource in the actions of an answer, with its place.
fn resources(body: &Value) -> impl Iterator<Item = &Value> {
    let suggestions = list(&body["cards"]).iter().flat_map(|c| list(&c["suggestions"]));
    let actions = suggestions
        .flat_map(|s| list(&s["actions"]))
        .chain(list(&body["systemActions"]));
    actions.map(|a| &a["resource"])
}

/// Whether fhirbolt reads it in its strict mode.
fn loads<const R: FhirRelease>(resource: &Value) -> bool {
    let strict = DeserializationConfig {
        mode: DeserializationMode::Strict,
    };
    fhirbolt::json::from_json_value::<Element<R>>(resource.clone(), Some(strict)).is_ok()
}

/// what we send as FHIR is read by a strict reader, wherever what was sent to us is.
#[tokio::test]
async fn what_we_send_as_fhir_is_fhir() {
    const R4: FhirRelease = FhirReleases::R4;
    const R5: FhirRelease = FhirReleases::R5;
    let (mut orders, mut outcomes) = (0, 0);
    for answer in answers().await {
        if answer.status != 200 {
            assert!(loads::<R4>(&answer.body), "{}: {}", answer.name, answer.text);
            outcomes += 1;
            continue;
        }
        let request: Value = serde_json::from_slice(&answer.request).unwrap();
        let drafts = list(&request["context"]["draftOrders"]["entry"])
            .iter()
            .map(|e| &e["resource"]);
        let readable: Vec<&Value> = drafts.filter(|d| loads::<R4>(d) || loads::<R5>(d)).collect();
        for resource in resources(&answer.body) {
            // An oddity that the EHR sent goes back with its order.
            if readable.iter().any(|d| d["subject"] == resource["subject"])
                && answer.name.starts_with("hooks/")
            {
                let read = loads::<R4>(resource) || loads::<R5>(resource);
                assert!(read, "{}: {resource}", answer.name);
                orders += 1;
            }
        }
    }
    assert!(orders > 50 && outcomes > 10, "{orders} {outcomes}");
}

/// SC-02, SC-03: what we do not use is in no answer: no links, no
/// icons, no addresses at all, no deletions.
#[tokio::test]
async fn what_is_not_used_is_in_no_answer() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter().filter(|(name, _)| *name != "resource") {
                    let unused = [
                        "links",
                        "icon",
                        "url",
                        "appContext",
                        "autolaunchable",
                        "actionSelectionBehavior",
                        "resourceId",
                    ];
                    if unused.contains(&name.as_str()) {
                        found.push(name.clone());
                    }
                    // The names of code systems are no addresses that anybody is led to.
                    if name != "system" {
                        walk(value, found);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::String(text) => {
                let leads = ["http:", "https:", "javascript:", "]("]
                    .into_iter()
                    .find(|l| text.contains(l));
                found.extend(leads.map(|l| format!("{l} in {text}")));
            }
            _ => {}
        }
    }
    for answer in answers().await.iter().filter(|a| a.status == 200) {
        let mut found = Vec::new();
        walk(&answer.body, &mut found);
        // A text of the request may name an address; on a card it is escaped, so that it leads nowhere.
        found.retain(|place| !(answer.name.starts_with("hostile/injection") && place.contains('\\')));
        assert_eq!(found, [""; 0], "{}", answer.name);
    }
}

/// of the vocabulary of HL7 (its clinical codes, and others of the same system).
#[tokio::test]
async fn override_reasons_are_of_the_vocabulary() {
    const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes";
    const CODES: [&str; 20] = [
        "cds-not-applicable",
        "cds-suboptimal-context",
        "recipient-disagrees-evidence",
        "recipient-concerns-outcomes",
        "does-not-align-preferences",
        "not-convenient-feasible",
        "action-completed",
        "patient-contraindication",
        "patient-refuses",
        "too-costly-uncovered",
        "service-not-available",
        "recipient-does-not-understand",
        "patient-ineligible",
        "indication-order-exists",
        "action-unsuccessful",
        "need-more-info",
        "expert-contradicts",
        "policy-contradicts",
        "risk-benefit-ratio",
        "prefers-alternative",
    ];
    let mut seen = 0;
    for card in answers().await.iter().flat_map(|a| a.cards()) {
        let reasons = list(&card["overrideReasons"]);
        assert!((1..=6).contains(&reasons.len()), "{reasons:?}");
        for reason in reasons {
            assert_eq!(reason["system"], SYSTEM);
            assert!(CODES.contains(&reason["code"].as_str().unwrap()), "{reason}");
            assert!(!reason["display"].as_str().unwrap().ends_with('*'), "{reason}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

/// SC-18: the paper for those who connect an EHR names the hooks and their maturity, and says of each
/// prefetch key why it is asked for; no key is asked for without a reason.
#[test]
fn the_paper_says_why_each_key_is_asked_for() {
    let paper = include_str!("../../deploy/clients.md");
    for words in [
        "order-select",
        "order-sign",
        "maturity",
        "CDS Hooks 3.0",
        "412",
        "401",
        "Feedback",
    ] {
        assert!(paper.contains(words), "{words}");
    }
    let reasons: Vec<(&str, &str)> = paper
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [key, query, why] = cells.as_slice() else {
                return None;
            };
            let key = key.strip_prefix('`')?.strip_suffix('`')?;
            assert!(!why.is_empty(), "{line}");
            query
                .contains("patientId")
                .then_some((key, query.trim_matches('`')))
        })
        .collect();
    let asked: Vec<(&str, &str)> = KEYS.iter().filter_map(|k| Some((k.key, k.template?))).collect();
    assert_eq!(reasons, asked);
}

/// SC-26: knowledge that was tampered with is refused, or has another digest, which stands on each card.
#[test]
fn knowledge_tells_when_it_was_changed() {
    let folder = std::env::temp_dir().join(format!("apposite-tampered-{}", std::process::id()));
    let write = |change: &dyn Fn(&str, &str) -> String| {
        for (name, text) in apposite::knowledge::embedded_files() {
            let path = folder.join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, change(&name, &text)).unwrap();
        }
    };
    write(&|_, text| text.to_owned());
    let digest = || wiring::decide(Some(&folder), None).map(|d| d.about().release.digest.clone());
    let built_in = wiring::decide(None, None).unwrap().about().release.digest.clone();
    assert_eq!(digest().unwrap(), built_in);
    // A word on a card is another rule set.
    let named = |name: &str, file: &str, text: &str, from: &str, to: &str| {
        if name == file {
            text.replacen(from, to, 1)
        } else {
            text.to_owned()
        }
    };
    write(&|name, text| named(name, "pnet/cards.toml", text, "nothing further.", "nothing more."));
    assert_ne!(digest().unwrap(), built_in);
    write(&|name, text| named(name, "pnet/cards.toml", text, "[common]", "[comon]"));
    assert!(digest().is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// SC-05: what one call was sent is not known at the next.
#[tokio::test]
async fn nothing_is_remembered_from_one_call_to_the_next() {
    let service = wiring::service(None, None).unwrap();
    let whole = include_str!("../../fixtures/hooks/order-select/presumed-no-reason.json");
    let mut call: Value = serde_json::from_str(whole).unwrap();
    call["prefetch"]
        .as_object_mut()
        .unwrap()
        .shift_remove("conditions");
    let without = call.to_string();
    let before = service.judge(without.as_bytes(), TODAY).unwrap();
    assert!(before.consultation.unavailable.is_some());
    assert_eq!(
        service
            .judge(whole.as_bytes(), TODAY)
            .unwrap()
            .response
            .cards
            .len(),
        1
    );
    let after = service.judge(without.as_bytes(), TODAY).unwrap();
    assert!(after.consultation.unavailable.is_some() && after.response.cards.is_empty());
}

/// an EHR ties an override to the code of the topic, so each kind of card has its own, always the same, of
/// letters and digits.
#[tokio::test]
async fn each_kind_of_card_has_a_topic_of_its_own() {
    let mut codes = std::collections::BTreeMap::new();
    for card in answers().await.iter().flat_map(|a| a.cards()) {
        let kind = card["extension"][apposite::answer::CARD_EXTENSION]["kind"]
            .as_str()
            .unwrap();
        let code = card["source"]["topic"]["code"].as_str().unwrap();
        assert!(
            code.len() <= 100 && code.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{code}"
        );
        assert_eq!(
            *codes.entry(code).or_insert(kind),
            kind,
            "{code} stands for two kinds"
        );
    }
    let kinds: std::collections::BTreeSet<_> = codes.values().collect();
    assert!(kinds.len() == codes.len() && kinds.len() > 8, "{codes:?}");
}
