//! The switches of the discovery document, for clients that read it in ways of their own (P-11, P-21).

use super::fixtures::{TODAY, list};
use super::support::app::PATIENCE;
use apposite::cli::wiring;
use apposite::config::Config;
use apposite::service::{Settings, serve};
use reqwest::Client;
use serde_json::{Value, json};
use std::path::Path;
use tokio::net::TcpListener;

const SELECT: &str = include_str!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");
const SIGN: &str = include_str!("../../fixtures/hooks/order-sign/noncontrast-ct.json");

/// The address of a service with this configuration.
async fn served(settings: &str) -> String {
    let config = Config::parse(settings, Path::new("")).unwrap();
    assert_eq!(config.problems(), []);
    let decide = wiring::decide_configured(&config).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/cds-services", listener.local_addr().unwrap());
    let settings = Settings {
        today: || TODAY,
        ..Settings::development()
    };
    tokio::spawn(serve(listener, decide, settings, std::future::pending()));
    base
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

async fn document(base: &str) -> Vec<Value> {
    let response = client().get(base).send().await.unwrap();
    list(&response.json::<Value>().await.unwrap()["services"]).to_vec()
}

async fn called(url: &str, call: &str) -> (u16, Value) {
    let request = client().post(url).header("content-type", "application/json");
    let response = request.body(call.to_owned()).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// P-21: what CDS Hooks 1.0 does not know is left out; everything else is as it was.
#[tokio::test]
async fn old_clients_are_shown_what_they_know() {
    let full = document(&served("").await).await;
    let plain = document(&served("[discovery]\nprofile = 'plain'\n").await).await;
    assert_eq!(plain.len(), full.len());
    for (plain, mut full) in plain.into_iter().zip(full) {
        let members = full.as_object_mut().unwrap();
        for newer in ["version", "hookVersion", "usageRequirements"] {
            assert!(members.shift_remove(newer).is_some(), "{newer}");
        }
        assert_eq!(plain, full);
    }
}

/// P-11, R-015, R-025: each hook at an address of its own, which answers that hook and no other; feedback lives there
/// too.
#[tokio::test]
async fn each_hook_may_have_an_address_of_its_own() {
    let base = served("[discovery]\nids = 'per-hook'\n").await;
    let shared = served("").await;
    let listed = document(&base).await;
    let ids: Vec<&str> = listed.iter().map(|s| s["id"].as_str().unwrap()).collect();
    let id = document(&shared).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ids, [format!("{id}-order-sign"), format!("{id}-order-select")]);
    let calls = [("order-sign", SIGN), ("order-select", SELECT)];
    for (at, (hook, call)) in calls.into_iter().enumerate() {
        assert_eq!(listed[at]["hook"], hook);
        let here = format!("{base}/{}", ids[at]);
        let (status, answer) = called(&here, call).await;
        assert_eq!((status, list(&answer["cards"]).len()), (200, 1), "{hook}");
        // The judgement does not depend on the address.
        assert_eq!(answer, called(&format!("{shared}/{id}"), call).await.1);
        let (status, refused) = called(&here, calls[1 - at].1).await;
        assert_eq!(
            (status, &refused["issue"][0]["expression"]),
            (400, &json!(["/hook"])),
            "{refused}"
        );
        assert_eq!(called(&format!("{base}/{id}"), call).await.0, 404);
    }
}
