//! Every file of `fixtures/` through the real service: the whole answer is a snapshot, the short answer stands in
//! `fixtures/README.md`, and what must hold for every answer is checked on all of them.

use super::support::app::PATIENCE;
use apposite::answer::{CARD_EXTENSION, MAX_SUMMARY_UNITS};
use apposite::cli::{Form, wiring};
use apposite::service::{Decide, Settings, serve};
use jiff::civil::{Date, date};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

/// The day on which the table and the snapshots are true.
pub const TODAY: Date = date(2026, 6, 15);

static REAL: LazyLock<Arc<dyn Decide>> = LazyLock::new(|| wiring::decide(None, None).unwrap());

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All fixtures by name, such as `hooks/order-select/renal-colic`.
pub fn fixtures() -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "json") {
                let name = path.strip_prefix(root()).unwrap().with_extension("");
                found.insert(name.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&root(), &mut found);
    assert!(found.len() > 60, "{}", found.len());
    found
}

/// What came back for one fixture.
pub struct Answered {
    pub name: String,
    pub request: Vec<u8>,
    pub status: u16,
    pub text: String,
    pub body: Value,
}

impl Answered {
    pub fn cards(&self) -> &[Value] {
        self.body["cards"].as_array().map_or(&[], Vec::as_slice)
    }

    /// All actions, with the received order that each starts from: the one it updates, or the one the card is about.
    fn actions(&self) -> Vec<(&Value, Value)> {
        let Ok(request) = serde_json::from_slice::<Value>(&self.request) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for card in self.cards() {
            // An id that is none is not repeated (`hostile/injection-ids`).
            let only = entries(&request)
                .next()
                .map(|r| format!("ServiceRequest/{}", r["id"].as_str().unwrap_or_default()));
            let order = card["extension"][CARD_EXTENSION]["order"]
                .as_str()
                .map(str::to_owned)
                .or(only)
                .unwrap();
            let named = |order: &str| {
                let is = |r: &&Value| {
                    let word = |key: &str| r[key].as_str().unwrap_or_default();
                    format!("{}/{}", word("resourceType"), word("id")) == order
                };
                let found = entries(&request).find(is).cloned();
                found.unwrap_or_else(|| panic!("{}: {order} was not received", self.name))
            };
            for action in list(&card["suggestions"])
                .iter()
                .flat_map(|s| list(&s["actions"]))
            {
                let from = match action["type"].as_str() {
                    Some("update") => {
                        format!("ServiceRequest/{}", action["resource"]["id"].as_str().unwrap())
                    }
                    _ => order.clone(),
                };
                found.push((action, named(&from)));
            }
        }
        found
    }

    /// The answer in the words of the table in `fixtures/README.md`.
    fn short(&self) -> String {
        if self.status != 200 {
            let issue = &self.body["issue"][0];
            let place = issue["expression"][0].as_str().unwrap_or_default();
            return format!("{} {} {place}", self.status, issue["code"].as_str().unwrap())
                .trim()
                .to_owned();
        }
        let said = self.cards().iter().map(|card| {
            let kind = card["extension"][CARD_EXTENSION]["kind"].as_str().unwrap();
            format!("{} {kind}", card["indicator"].as_str().unwrap())
        });
        let said: Vec<_> = said.collect();
        if said.is_empty() {
            "silent".to_owned()
        } else {
            said.join(" + ")
        }
    }

    /// The whole answer as a person reads it: the cards' long texts as they are, then the JSON around them.
    fn readable(&self) -> String {
        let mut body = self.body.clone();
        let mut out = format!("status {}\n", self.status);
        if let Some(issue) = body.pointer_mut("/issue/0/diagnostics") {
            *issue = json!("request id …");
        }
        if let Some(cards) = body["cards"].as_array_mut() {
            for (at, card) in cards.iter_mut().enumerate() {
                let detail = card["detail"].take();
                let _ = write!(out, "\n--- detail of card {at}\n{}", detail.as_str().unwrap());
                card["detail"] = json!("(above)");
                // It changes with every word of the knowledge, and is tested elsewhere.
                card["extension"][CARD_EXTENSION]["knowledge"]["digest"] = json!("…");
            }
        }
        let _ = write!(out, "\n---\n{}\n", serde_json::to_string_pretty(&body).unwrap());
        out
    }
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The resources among the draft orders.
fn entries(request: &Value) -> impl Iterator<Item = &Value> {
    list(&request["context"]["draftOrders"]["entry"])
        .iter()
        .map(|e| &e["resource"])
}

/// The answers as on [`TODAY`], asked for once.
pub async fn answers() -> &'static [Answered] {
    static ANSWERS: OnceCell<Vec<Answered>> = OnceCell::const_new();
    ANSWERS.get_or_init(|| ask(|| TODAY)).await
}

/// Asks the real service about every fixture, as on this day.
async fn ask(today: fn() -> Date) -> Vec<Answered> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let id = &REAL.about().services[0].id;
    let url = format!("http://{}/cds-services/{id}", listener.local_addr().unwrap());
    let settings = Settings {
        today,
        ..Settings::development()
    };
    let serving = tokio::spawn(serve(
        listener,
        Arc::clone(&REAL),
        settings,
        std::future::pending(),
    ));
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let mut answers = Vec::new();
    for (name, request) in fixtures() {
        let call = client
            .post(&url)
            .header("content-type", "application/json")
            .body(request.clone());
        let response = call.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("R-001 {name}: {text}"));
        answers.push(Answered {
            name,
            request,
            status,
            text,
            body,
        });
    }
    serving.abort();
    answers
}

///
#[tokio::test]
async fn every_answer_is_the_one_on_record() {
    for answer in answers().await {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots/fixtures");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(answer.name.replace('/', "."), answer.readable()));
    }
}

/// The table is the promise that people read: every file is in it, once, with the answer it gets.
#[tokio::test]
async fn the_table_lists_every_fixture_with_its_answer() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut table = BTreeMap::new();
    let mut folder = String::new();
    for line in readme.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            folder = heading.trim_matches('`').trim_end_matches('/').to_owned();
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let ["", file, _, expected, _, ""] = cells.as_slice()
            && let Some(file) = file.strip_prefix('`').and_then(|f| f.strip_suffix('`'))
        {
            let before = table.insert(format!("{folder}/{file}"), expected.replace('`', ""));
            assert_eq!(before, None, "{file} is listed twice");
        }
    }
    let got: BTreeMap<_, _> = answers()
        .await
        .iter()
        .map(|a| (a.name.clone(), a.short()))
        .collect();
    let wrong: Vec<_> = got
        .iter()
        .filter(|(name, short)| table.get(*name) != Some(short))
        .map(|(name, short)| format!("{name}: got `{short}`, the table says {:?}", table.get(name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let gone: Vec<_> = table.keys().filter(|name| !got.contains_key(*name)).collect();
    assert!(gone.is_empty(), "listed, but not there: {gone:?}");
}

/// The example of the README shows its card to whoever tries it, in any year.
#[tokio::test]
async fn the_demonstration_does_not_age() {
    let demo = "hooks/order-select/seed-noncontrast-ct";
    for today in [|| TODAY, || date(2026, 11, 23), || date(2029, 2, 28)] {
        let answers = ask(today).await;
        let answer = answers.iter().find(|a| a.name == demo).unwrap();
        assert_eq!(answer.short(), "warning UNA_NONCONTRAST", "as of {}", today());
        assert!(answer.cards()[0]["suggestions"].is_array());
    }
}

/// P8, P-20: same request, same knowledge, same day, same bytes.
#[tokio::test]
async fn a_repeated_call_gets_the_same_bytes() {
    let again = ask(|| TODAY).await;
    for (a, b) in answers()
        .await
        .iter()
        .zip(&again)
        .filter(|(a, _)| a.status == 200)
    {
        assert_eq!(a.text, b.text, "{}", a.name);
    }
}

/// One judgement for both: what `explain` shows is what the EHR was answered.
#[tokio::test]
async fn explain_shows_the_cards_that_were_answered() {
    let explain = wiring::explain(None, None).unwrap();
    for answer in answers().await {
        let told = explain.explain(&answer.request, TODAY, Form::Json);
        match answer.status {
            200 => {
                let told: Value = serde_json::from_str(&told.unwrap()).unwrap();
                assert_eq!(told["response"], answer.body, "{}", answer.name);
            }
            // The data were not delivered: nothing is shown, and the explanation says which.
            412 => {
                let told: Value = serde_json::from_str(&told.unwrap()).unwrap();
                assert_eq!(told["response"], json!({ "cards": [] }), "{}", answer.name);
                assert!(told["unavailable"].is_string(), "{}", answer.name);
            }
            _ => assert!(told.is_err(), "{}", answer.name),
        }
    }
}

/// nothing empty is ever said, except `cards: []`. Orders are given back as they came (P-07), so
/// what the EHR sent empty inside an order is its own; see `suggestions_keep_the_order_as_it_came`.
#[tokio::test]
async fn nothing_empty_is_said() {
    fn walk(value: &Value, place: &str, name: &str) {
        let empty = match value {
            Value::Null => true,
            Value::String(s) => s.trim().is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(o) => o.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        assert!(!empty || place == "/cards", "{name}: {place} is empty");
        match value {
            Value::Array(a) => a
                .iter()
                .enumerate()
                .for_each(|(at, v)| walk(v, &format!("{place}/{at}"), name)),
            Value::Object(o) => o
                .iter()
                .filter(|(key, _)| *key != "resource")
                .for_each(|(key, v)| walk(v, &format!("{place}/{key}"), name)),
            _ => {}
        }
    }
    for answer in answers().await {
        walk(&answer.body, "", &answer.name);
    }
}

/// What every card must be.
#[tokio::test]
async fn every_card_keeps_the_specification() {
    let mut seen = 0;
    for answer in answers().await.iter().filter(|a| a.status == 200) {
        let name = &answer.name;
        assert!(answer.body["cards"].is_array(), "R-061 {name}");
        let mut ids = Vec::new();
        for card in answer.cards() {
            seen += 1;
            let summary = card["summary"].as_str().unwrap();
            assert!(
                summary.encode_utf16().count() <= MAX_SUMMARY_UNITS,
                "R-064, P-16 {name}: {summary}"
            );
            assert!(!summary.chars().any(char::is_control), "SC-01, P-17 {name}");
            assert!(
                ["info", "warning"].contains(&card["indicator"].as_str().unwrap()),
                "R-066 {name}"
            );
            assert!(card["source"]["label"].is_string(), "R-067 {name}");
            for member in ["code", "system"] {
                assert!(card["source"]["topic"][member].is_string(), "R-070, R-124 {name}");
            }
            let extensions = card["extension"].as_object().unwrap();
            assert!(extensions.keys().all(|key| key.contains('.')), "R-032 {name}");
            let detail = card["detail"].as_str().unwrap();
            assert!(
                !detail.replace("\\<", "").contains('<'),
                "R-065, P-17 {name}: {detail}"
            );
            let suggestions = list(&card["suggestions"]);
            let behavior = card.get("selectionBehavior").and_then(Value::as_str);
            assert_eq!(
                behavior,
                (!suggestions.is_empty()).then_some("at-most-one"),
                "R-071, R-072, P-08 {name}"
            );
            let recommended = suggestions.iter().filter(|s| s["isRecommended"] == true);
            assert!(recommended.count() <= 1, "R-073 {name}");
            ids.push(card["uuid"].as_str().unwrap());
            for suggestion in suggestions {
                assert!(suggestion["label"].is_string(), "R-074 {name}");
                ids.push(suggestion["uuid"].as_str().unwrap());
                for action in list(&suggestion["actions"]) {
                    assert!(action["description"].is_string(), "R-078 {name}");
                }
            }
            for reason in list(&card["overrideReasons"]) {
                for member in ["code", "system", "display"] {
                    assert!(reason[member].is_string(), "R-082 {name}");
                }
            }
        }
        for id in &ids {
            let uuid = uuid::Uuid::parse_str(id).unwrap();
            assert_eq!(*id, uuid.hyphenated().to_string(), "R-063 {name}");
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "R-063 {name}: ids are unique");
    }
    assert!(seen > 30, "{seen}");
}

/// P-07, SC-04, R-077, R-079, R-080, R-081, P-09: an update is the order that was received with another study;
/// everything else in it stays, byte for byte. Added orders are its copies without its identity.
#[tokio::test]
async fn suggestions_keep_the_order_as_it_came() {
    let mut updates = 0;
    for answer in answers().await {
        for (action, received) in answer.actions() {
            let name = &answer.name;
            let update = match action["type"].as_str().unwrap() {
                "update" => true,
                "create" => false,
                other => panic!("P-09 {name}: {other}"),
            };
            updates += usize::from(update);
            let (offered, received) = (
                action["resource"].as_object().unwrap(),
                received.as_object().unwrap(),
            );
            let ours = ["code", "_code", "orderDetail", "note", "reasonCode"];
            let identity = [
                "id",
                "_id",
                "meta",
                "identifier",
                "text",
                "implicitRules",
                "requisition",
                "replaces",
                "status",
                "_status",
                "performer",
                "performerType",
                "locationCode",
                "locationReference",
                "patientInstruction",
                "bodySite",
            ];
            let may_change = |key: &str| ours.contains(&key) || (!update && identity.contains(&key));
            for (key, value) in received.iter().filter(|(key, _)| !may_change(key)) {
                assert_eq!(
                    offered.get(key).map(Value::to_string),
                    Some(value.to_string()),
                    "{name}: {key}"
                );
            }
            for key in offered.keys() {
                assert!(
                    received.contains_key(key) || may_change(key),
                    "{name}: {key} was not there"
                );
            }
            let notes = list(received.get("note").unwrap_or(&Value::Null));
            let kept = list(offered.get("note").unwrap_or(&Value::Null));
            assert!(
                kept.starts_with(notes) && kept.len() <= notes.len() + 1,
                "{name}: notes"
            );
            // A question is stated behind the reasons given, and an order that states one changes in nothing else.
            let reasons = list(received.get("reasonCode").unwrap_or(&Value::Null));
            let stated = list(offered.get("reasonCode").unwrap_or(&Value::Null));
            assert!(
                stated.starts_with(reasons) && stated.len() <= reasons.len() + 1,
                "{name}: reasons"
            );
            let only_stated = stated.len() == reasons.len() || offered.get("code") == received.get("code");
            assert!(only_stated, "{name}: a reason beside another study");
            let details = list(received.get("orderDetail").unwrap_or(&Value::Null));
            for detail in list(offered.get("orderDetail").unwrap_or(&Value::Null)) {
                assert!(details.contains(detail), "{name}: {detail} is not of the sender");
            }
            if !update {
                assert_ne!(offered.get("id"), received.get("id"), "R-079 {name}");
            }
        }
    }
    assert!(updates > 20, "{updates}");
}
