//! Dialects, a site's own orderables and ratings on orders, through a real socket: what the pages and systems on the
//! other side need, tried as they would; and the laws of adapting on every fixture.

use super::fixtures::{TODAY, fixtures, list};
use super::support::app::PATIENCE;
use super::support::idp::KeyServer;
use super::support::signer::Signer;
use apposite::answer::CATEGORIES;
use apposite::cli::wiring;
use apposite::config::Config;
use apposite::dialect;
use apposite::service::{Callers, Settings, serve};
use reqwest::Client;
use serde_json::{Value, json};
use std::path::Path;
use tokio::net::TcpListener;

const RATING: &str = "http://fhir.org/argonaut/Extension/pama-rating";
const CONSULTED: &str = "http://fhir.org/argonaut/Extension/pama-rating-qcdsm-consulted";
const CODES: [&str; 3] = ["appropriate", "not-appropriate", "no-criteria-apply"];
const SEED: &str = include_str!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");

/// The service of a configuration, on a free port.
struct Served {
    base: String,
    client: Client,
    signer: Signer,
    _keys: KeyServer,
}

impl Served {
    /// For callers that nobody registered.
    async fn to_anybody(dialect: &str) -> Self {
        Self::with(&format!("dialect = '{dialect}'"), false).await
    }

    /// For one registered client with these settings.
    async fn to_client(settings: &str) -> Self {
        Self::with(settings, true).await
    }

    async fn with(settings: &str, registered: bool) -> Self {
        let signer = Signer::rsa("key");
        let keys = KeyServer::start(&[signer.jwk()]).await;
        let head = format!(
            "[[client]]\nname = 'ehr'\nissuer = 'https://ehr.example.org'\njwks_url = '{}'\njwks_plain_http = true\n",
            keys.url
        );
        let text = if registered {
            head + settings
        } else {
            settings.to_owned()
        };
        let config = Config::parse(&text, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy"))).unwrap();
        assert_eq!(config.problems(), []);
        let decide = wiring::decide_configured(&config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let callers = match registered {
            true => Callers::registered(&config.clients, std::slice::from_ref(&base), false).unwrap(),
            false => Callers::anybody(),
        };
        let settings = Settings {
            callers,
            today: || TODAY,
            ..Settings::development()
        };
        tokio::spawn(serve(listener, decide, settings, std::future::pending()));
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self {
            base,
            client,
            signer,
            _keys: keys,
        }
    }

    /// Fires a hook, signed as Epic does it: RS384, `nbf` five minutes before `iat`.
    async fn fire(&self, body: &str) -> (u16, Value) {
        let url = format!("{}/cds-services/pnet-imaging", self.base);
        let now = jiff::Timestamp::now();
        let claims = json!({
            "iss": "https://ehr.example.org", "aud": url, "iat": now.as_second(), "exp": now.as_second() + 900,
            "nbf": now.as_second() - 300, "jti": format!("{}", now.as_nanosecond()),
        });
        let header = self.signer.header("RS384").to_string();
        let token = self.signer.sign("RS384", &header, &claims.to_string());
        let call = self.client.post(&url).header("content-type", "application/json");
        let call = call
            .header("authorization", format!("Bearer {token}"))
            .body(body.to_owned());
        let response = call.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("R-001: {text}")),
        )
    }
}

/// The fixtures that are readable calls.
fn calls() -> Vec<(String, String)> {
    let texts = fixtures()
        .into_iter()
        .filter_map(|(n, b)| Some((n, String::from_utf8(b).ok()?)));
    texts.collect()
}

fn rating(resource: &Value) -> Option<&str> {
    let entries = list(&resource["extension"]);
    let rated: Vec<&Value> = entries.iter().filter(|e| e["url"] == RATING).collect();
    assert!(rated.len() <= 1, "P-07: {resource}");
    rated.first()?["valueCodeableConcept"]["coding"][0]["code"].as_str()
}

/// The request with these resources in the place of the drafts of the same id.
fn with_resources<'v>(body: &str, resources: impl IntoIterator<Item = &'v Value>) -> String {
    let mut request: Value = serde_json::from_str(body).unwrap();
    for resource in resources {
        let entries = request["context"]["draftOrders"]["entry"].as_array_mut().unwrap();
        let mut same = entries
            .iter_mut()
            .filter(|e| e["resource"]["id"] == resource["id"]);
        same.next().expect("an update names a draft")["resource"] = resource.clone();
    }
    request.to_string()
}

/// What the page of the public sandbox does with an answer: it throws where this fails.
fn play_sandbox(name: &str, answer: &Value) {
    assert!(answer["cards"].is_array(), "{name}");
    for action in list(&answer["extension"]["systemActions"]) {
        assert!(
            rating(&action["resource"]).is_some_and(|r| CODES.contains(&r)),
            "{name}: {action}"
        );
        assert!(action["resource"]["reasonCode"].is_array(), "{name}");
    }
    for card in list(&answer["cards"]) {
        assert!(card["uuid"].is_string(), "{name}: no button to dismiss it");
        for suggestion in list(&card["suggestions"]) {
            assert!(
                suggestion["uuid"].is_string() && suggestion["label"].is_string(),
                "{name}"
            );
            for action in list(&suggestion["actions"]) {
                let resource = &action["resource"];
                assert_eq!(action["type"], "update", "{name}: the imaging tab leaves it out");
                assert!(
                    rating(resource).is_some_and(|r| CODES.contains(&r)),
                    "{name}: {resource}"
                );
                assert!(
                    resource["code"]["coding"][0]["code"].is_string(),
                    "{name}: {resource}"
                );
                assert!(resource["reasonCode"].is_array(), "{name}: {resource}");
            }
        }
    }
}

/// Every captured request of the sandbox, and every other request it could send, gets an answer its page can use.
#[tokio::test]
async fn the_public_sandbox_can_use_every_answer() {
    let served = Served::to_anybody("public-sandbox").await;
    let (mut captured, mut rated, mut offered) = (0, 0, 0);
    for (name, body) in calls() {
        let (status, answer) = served.fire(&body).await;
        if name.starts_with("ehr/sandbox/") {
            captured += 1;
            // The page clears its cards on an error: only a call without orders gets one (P-02).
            let expected = if name.ends_with("no-draft-orders") {
                400
            } else {
                200
            };
            assert_eq!(status, expected, "{name}: {answer}");
        }
        if status == 200 {
            play_sandbox(&name, &answer);
            rated += list(&answer["systemActions"]).len();
            offered += list(&answer["cards"])
                .iter()
                .map(|c| list(&c["suggestions"]).len())
                .sum::<usize>();
        }
    }
    assert!(
        captured == 5 && rated > 30 && offered > 30,
        "{captured} {rated} {offered}"
    );
    let capture = include_str!("../../fixtures/ehr/sandbox/order-select-ct-abdomen-noncontrast.json");
    let (_, answer) = served.fire(capture).await;
    assert_eq!(
        rating(&answer["extension"]["systemActions"][0]["resource"]),
        Some("not-appropriate")
    );
    let empty = include_str!("../../fixtures/ehr/sandbox/order-select-empty.json");
    assert_eq!(
        served.fire(empty).await.1,
        json!({ "cards": [] }),
        "nothing is ordered, so nothing is rated"
    );
    let unrelated = include_str!("../../fixtures/hooks/order-select/renal-colic.json");
    let (_, answer) = served.fire(unrelated).await;
    let rated = rating(&answer["extension"]["systemActions"][0]["resource"]);
    assert_eq!(
        rated,
        Some("no-criteria-apply"),
        "or the rating of the order before would stay on the screen"
    );
}

/// P-07, PA-06: the order comes back as it came but for the rating, and firing again changes nothing.
#[tokio::test]
async fn system_actions_add_the_rating_only_and_are_idempotent() {
    let served = Served::to_client("system_actions = 'both'\npama_g_code = 'G1000'").await;
    let mut seen = 0;
    for (name, body) in calls() {
        let (status, answer) = served.fire(&body).await;
        let actions = list(&answer["systemActions"]);
        assert_eq!(
            answer["systemActions"], answer["extension"]["systemActions"],
            "{name}"
        );
        if status != 200 || actions.is_empty() {
            continue;
        }
        let request: Value = serde_json::from_str(&body).unwrap();
        for action in actions {
            seen += 1;
            assert_eq!(action["type"], "update", "{name}");
            assert!(
                action["description"].as_str().is_some_and(|d| !d.is_empty()),
                "{name}: 2.0 requires it"
            );
            let resource = &action["resource"];
            let entries = list(&request["context"]["draftOrders"]["entry"]);
            let mut drafts = entries.iter().map(|e| &e["resource"]);
            let sent = drafts.find(|d| d["id"] == resource["id"]).unwrap();
            let mut left = resource.clone();
            let ours = |e: &Value| e["url"].as_str().unwrap_or_default().starts_with(RATING);
            let extensions = left["extension"].as_array_mut().unwrap();
            assert!(
                extensions
                    .iter()
                    .any(|e| e["url"] == CONSULTED && e["valueString"] == "G1000"),
                "{name}"
            );
            extensions.retain(|e| !ours(e));
            if extensions.is_empty() && sent.get("extension").is_none() {
                left.as_object_mut().unwrap().remove("extension");
            }
            assert_eq!(
                left.to_string(),
                sent.to_string(),
                "{name}: every member, every digit"
            );
        }
        let again = with_resources(&body, actions.iter().map(|a| &a["resource"]));
        let (_, second) = served.fire(&again).await;
        assert_eq!(second["systemActions"], answer["systemActions"], "{name}");
        let summaries =
            |a: &Value| -> Vec<Value> { list(&a["cards"]).iter().map(|c| c["summary"].clone()).collect() };
        assert_eq!(
            summaries(&second),
            summaries(&answer),
            "{name}: a rating is no reason to judge otherwise"
        );
    }
    assert!(seen > 20, "{seen}");
}

/// PA-08: the rating on an order offered is the one that order gets, once it was accepted and is fired again.
#[tokio::test]
async fn a_rating_told_in_advance_is_true() {
    let served = Served::to_anybody("public-sandbox").await;
    let mut seen = 0;
    for (name, body) in calls() {
        let (_, answer) = served.fire(&body).await;
        for card in list(&answer["cards"]) {
            for suggestion in list(&card["suggestions"]) {
                let resources: Vec<&Value> = list(&suggestion["actions"])
                    .iter()
                    .map(|a| &a["resource"])
                    .collect();
                let mut accepted = with_resources(&body, resources.clone());
                if suggestion["label"].as_str().unwrap().contains("then also remove") {
                    // And so it is done: what is left over would make another study of it.
                    let mut request: Value = serde_json::from_str(&accepted).unwrap();
                    let entries = resources.iter().map(|r| json!({ "resource": r }));
                    request["context"]["draftOrders"]["entry"] = entries.collect();
                    accepted = request.to_string();
                }
                let (_, after) = served.fire(&accepted).await;
                for resource in resources {
                    let mut actions = list(&after["systemActions"]).iter().map(|a| &a["resource"]);
                    let rated = actions.find(|r| r["id"] == resource["id"]);
                    let label = &suggestion["label"];
                    assert_eq!(rated, Some(resource), "{name}: {label}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

/// whatever the dialect: the same cards, as loud, in the same words; and without an agreement the same bytes as
/// ever.
#[tokio::test]
async fn no_dialect_loses_a_warning() {
    let plain = Served::to_anybody(dialect::GENERIC).await;
    let said = |answer: &Value| -> Vec<Value> {
        let cards = list(&answer["cards"]).iter();
        cards
            .map(|c| json!([c["indicator"], c["summary"], c["source"]["label"], c["detail"]]))
            .collect()
    };
    let mut served = Vec::new();
    for name in dialect::names() {
        served.push((name, Served::to_anybody(name).await));
    }
    let mut warnings = 0;
    for (fixture, body) in calls() {
        let (status, before) = plain.fire(&body).await;
        assert!(
            before.get("systemActions").is_none() && before.get("extension").is_none(),
            "{fixture}"
        );
        for (name, served) in &served {
            let (now, answer) = served.fire(&body).await;
            assert_eq!(
                (now, said(&answer)),
                (status, said(&before)),
                "{fixture} in {name}"
            );
            for card in list(&answer["cards"]) {
                let together = card.get("suggestions").is_some() == card.get("selectionBehavior").is_some();
                assert!(together, "R-071 {fixture} in {name}");
                warnings += usize::from(card["indicator"] == "warning");
            }
            if [dialect::GENERIC, "generic-2.0"].contains(name) && status == 200 {
                assert_eq!(answer, before, "{fixture} in {name}");
            }
        }
    }
    assert!(warnings > 100, "{warnings}");
}

const COLUMNS: &str =
    "system,system_name,code,display,relationship,target_system,target_code,orderable,part_of";
const PREFERENCE: &str = "urn:com.epic.cdshooks.action.code.system.preference-list-item";

/// A file with a site's codes, in the folder for temporary files.
fn catalogue(name: &str, lines: &[&str]) -> String {
    let path = std::env::temp_dir().join(format!("apposite-{}-{name}.csv", std::process::id()));
    std::fs::write(&path, format!("{COLUMNS}\n{}\n", lines.join("\n"))).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Epic: one new order per suggestion, coded by the site's preference list, with words that say what is left to do; what
/// the site cannot order by one code is told in words.
#[tokio::test]
async fn epic_gets_orders_of_the_sites_preference_list() {
    let mri =
        format!("{PREFERENCE},Preference list,MRIAPWWO,MRI ABD PEL WWO,equivalent,study,MR_ABD_PEL_WWO,yes,");
    let map = catalogue("epic", &[&mri]);
    let settings = format!("dialect = 'epic'\nlocal_codes = '{map}'\norderables = 'required'");
    let served = Served::to_client(&settings).await;
    let (status, answer) = served.fire(SEED).await;
    assert_eq!(status, 200, "{answer}");
    let card = &answer["cards"][0];
    assert_eq!(
        (&card["indicator"], &card["selectionBehavior"]),
        (&json!("warning"), &json!("any"))
    );
    let [suggestion] = list(&card["suggestions"]) else {
        panic!("{card}")
    };
    let [action] = list(&suggestion["actions"]) else {
        panic!("{suggestion}")
    };
    assert_eq!(action["type"], "create");
    let coding = json!([{ "system": PREFERENCE, "code": "MRIAPWWO" }]);
    assert_eq!(action["resource"]["code"]["coding"], coding);
    let shown = action["description"].as_str().unwrap();
    assert_eq!(suggestion["label"], *shown);
    assert!(
        shown.starts_with("Add ") && shown.contains("then also remove CT abdomen"),
        "{shown}"
    );
    let code = card["source"]["topic"]["code"].as_str().unwrap();
    assert!(code.chars().all(|c| c.is_ascii_alphanumeric()), "{code}");
    let detail = card["detail"].as_str().unwrap();
    for told in ["CT abdomen and pelvis with IV contrast", "DOTATATE"] {
        assert!(detail.contains(told), "told in words: {detail}");
    }
    // The order that was accepted is known when it comes back.
    let mut request: Value = serde_json::from_str(SEED).unwrap();
    request["context"]["draftOrders"]["entry"] = json!([{ "resource": action["resource"] }]);
    request["context"]["selections"] = json!([format!(
        "ServiceRequest/{}",
        action["resource"]["id"].as_str().unwrap()
    )]);
    assert_eq!(served.fire(&request.to_string()).await.1, json!({ "cards": [] }));
}

/// one study is one orderable at one site, and two orders at another; each client has its own catalogue.
#[tokio::test]
async fn each_client_has_its_own_catalogue() {
    let site = "urn:example:site:orders,Site orders";
    let abdomen = format!("{site},A,MRI ABD,equivalent,study,MR_ABD_WWO,yes,MR_ABD_PEL_WWO");
    let pelvis = format!("{site},P,MRI PEL,equivalent,study,MR_PEL_WWO,yes,MR_ABD_PEL_WWO");
    let whole = format!("{site},W,MRI ABD PEL,equivalent,study,MR_ABD_PEL_WWO,yes,");
    let codes = async |name: &str, lines: &[&str], more: &str| -> Vec<Vec<String>> {
        let map = catalogue(name, lines);
        let served = Served::to_client(&format!("local_codes = '{map}'\n{more}")).await;
        let (_, answer) = served.fire(SEED).await;
        let suggestions = list(&answer["cards"][0]["suggestions"]).iter();
        let coded = |a: &Value| {
            a["resource"]["code"]["coding"][0]["code"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        suggestions
            .map(|s| list(&s["actions"]).iter().map(coded).collect())
            .collect()
    };
    let required = "orderables = 'required'";
    assert_eq!(codes("two", &[&abdomen, &pelvis], required).await, [["A", "P"]]);
    assert_eq!(codes("one", &[&whole], required).await, [["W"]]);
    let optional = codes("optional", &[&whole], "").await;
    assert_eq!(optional.len(), 3, "standard codes are offered too: {optional:?}");
}

/// PA-04, PA-05, R-087, P-10: by default no rating leaves the house, and none is guessed where one is agreed on.
#[tokio::test]
async fn ratings_are_written_only_where_known() {
    let served = Served::to_client("system_actions = 'top-level'").await;
    let rated = async |name: &str| -> Option<String> {
        let body = String::from_utf8(fixtures().remove(name).unwrap()).unwrap();
        let (_, answer) = served.fire(&body).await;
        let resource = answer.get("systemActions").map(|a| a[0]["resource"].clone())?;
        let codings = &list(&resource["extension"]).iter().find(|e| e["url"] == RATING)?["valueCodeableConcept"]
            ["coding"];
        assert_eq!(codings[1]["system"], CATEGORIES);
        assert!(
            !resource.to_string().contains(CONSULTED),
            "no mechanism is claimed"
        );
        Some(codings[0]["code"].as_str()?.to_owned())
    };
    for (name, expected) in [
        ("hooks/order-select/seed-noncontrast-ct", Some("not-appropriate")),
        ("hooks/order-select/contrast-ct", Some("appropriate")),
        ("hooks/order-select/seed-mri-recommended", Some("appropriate")),
        // "May be appropriate" has no code, a presumed question is not one stated, the rest is not rated.
        ("hooks/order-select/fdg-pet", None),
        ("hooks/order-select/presumed-no-reason", None),
        ("hooks/order-select/local-staging-eus", None),
        ("hooks/order-select/renal-colic", None),
        ("hooks/order-select/unclear-follow-up", None),
        ("ehr/releases/order-select-r5", None),
    ] {
        assert_eq!(rated(name).await.as_deref(), expected, "{name}");
    }
}

/// P-07: where an order asks something else now and is not rated any more, the rating we wrote on it earlier goes; that of
/// another mechanism stays. Nobody reads an old rating as one of the new order.
#[tokio::test]
async fn a_rating_of_what_was_asked_before_is_taken_away() {
    let served = Served::to_client("system_actions = 'top-level'").await;
    let (_, answer) = served.fire(SEED).await;
    let rated = answer["systemActions"][0]["resource"].clone();
    assert_eq!(rating(&rated), Some("not-appropriate"));
    let mut call: Value = serde_json::from_str(&with_resources(SEED, [&rated])).unwrap();
    let order = &mut call["context"]["draftOrders"]["entry"][0]["resource"];
    order["reasonCode"] = json!([{ "text": "Suspected kidney stone" }]);
    order["code"] = json!({ "text": "Chest X-ray" });
    let sent = order.clone();
    let (status, answer) = served.fire(&call.to_string()).await;
    assert_eq!(
        (status, list(&answer["systemActions"]).len()),
        (200, 1),
        "{answer}"
    );
    let action = &answer["systemActions"][0];
    assert!(
        action["description"].as_str().unwrap().starts_with("Remove"),
        "{action}"
    );
    let mut left = sent.clone();
    left.as_object_mut().unwrap().shift_remove("extension");
    assert_eq!(action["resource"].to_string(), left.to_string());
    // Once it is gone there is nothing to say.
    let again = with_resources(&call.to_string(), [&action["resource"]]);
    assert_eq!(served.fire(&again).await.1, json!({ "cards": [] }));
    // What another mechanism wrote is not ours to take.
    let theirs = json!([{ "url": RATING, "valueCodeableConcept": { "coding": [{ "system": "urn:other", "code": "x" }] } }]);
    call["context"]["draftOrders"]["entry"][0]["resource"]["extension"] = theirs;
    assert_eq!(served.fire(&call.to_string()).await.1, json!({ "cards": [] }));
    // The page of the public sandbox throws on an order without a rating.
    let sandbox = Served::to_anybody("public-sandbox").await;
    let (_, answer) = sandbox.fire(&with_resources(&call.to_string(), [&sent])).await;
    play_sandbox("taken away", &answer);
}
