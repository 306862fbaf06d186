//! The exchanges of two real clients, replayed as they were captured: headers, tokens and bodies. Their bodies stand in
//! `fixtures/ehr/sandbox/`; of their tokens only the times are new, and the keys are ours.

use super::fixtures::{TODAY, list};
use super::support::app::PATIENCE;
use super::support::database::Folder;
use super::support::signer::Signer;
use apposite::cli::wiring;
use apposite::config::Config;
use apposite::service::{Callers, Settings, serve};
use apposite::store::Store;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PAGE: &str = "http://127.0.0.1:9400";

/// What the browser adds to each request of a page.
fn as_browser(request: RequestBuilder, page: &str) -> RequestBuilder {
    let headers = [
        ("connection", "keep-alive"),
        ("sec-ch-ua-platform", "\"Linux\""),
        ("sec-ch-ua", "\"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\""),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en-US,en;q=0.9"),
    ];
    let request = headers
        .into_iter()
        .fold(request, |r, (name, value)| r.header(name, value));
    request
        .header("origin", page)
        .header("referer", format!("{page}/"))
}

struct Replay {
    base: String,
    client: Client,
    ecdsa: Signer,
    rsa: Signer,
    _folder: Folder,
}

impl Replay {
    /// Both clients registered, with keys handed over as files, each in its dialect; each hook at its own address, as
    /// it was when they were captured.
    async fn open() -> Self {
        let folder = Folder::new();
        let ecdsa = Signer::p384("44823f3d-0b01-4a6c-a80e-b9d3e8a7226f");
        let rsa = Signer::rsa("ALu44v8L5JygKoM_kLre1R5rrZmFQ3ILgNEAqS1e0Zs");
        for (name, signer) in [("sandbox.json", &ecdsa), ("crd.json", &rsa)] {
            let keys = json!({ "keys": [signer.jwk()] });
            std::fs::write(folder.0.join(name), keys.to_string()).unwrap();
        }
        let text = "[discovery]\nids = 'per-hook'\n\
            [[client]]\nname = 'sandbox'\nissuer = 'https://sandbox.cds-hooks.org'\njwks_file = 'sandbox.json'\n\
            dialect = 'public-sandbox'\n\
            [[client]]\nname = 'crd'\nissuer = 'http://127.0.0.1:9402/fhir'\njwks_file = 'crd.json'\n\
            dialect = 'da-vinci-crd'\n";
        let config = Config::parse(text, &folder.0).unwrap();
        assert_eq!(config.problems(), []);
        let store = Store::open(folder.store()).await.unwrap();
        assert!(store.is_some());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings {
            callers: Callers::registered(&config.clients, std::slice::from_ref(&base), false).unwrap(),
            today: || TODAY,
            store,
            ..Settings::development()
        };
        let decide = wiring::decide_configured(&config).unwrap();
        tokio::spawn(serve(listener, decide, settings, std::future::pending()));
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self {
            base,
            client,
            ecdsa,
            rsa,
            _folder: folder,
        }
    }

    /// A token of the page: made out to exactly what it calls, feedback included, for five minutes.
    fn page_token(&self, path: &str, jti: &str) -> String {
        // Its clock runs a little ahead.
        let now = (jiff::Timestamp::now().as_millisecond() + 400) / 1000;
        let mut header = self.ecdsa.header("ES384");
        header["jku"] = json!("https://sandbox.cds-hooks.org/.well-known/jwks.json");
        let claims = json!({ "iss": "https://sandbox.cds-hooks.org", "aud": format!("{}{path}", self.base),
            "exp": now + 300, "iat": now, "jti": jti });
        self.ecdsa.sign("ES384", &header.to_string(), &claims.to_string())
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        as_browser(
            self.client
                .request(Method::from_bytes(method.as_bytes()).unwrap(), url),
            PAGE,
        )
    }

    async fn post(&self, path: &str, jti: &str, body: &str) -> Response {
        let request = self
            .request("POST", path)
            .header("content-type", "application/json");
        let request = request
            .header("accept", "application/json")
            .bearer_auth(self.page_token(path, jti));
        request.body(body.to_owned()).send().await.unwrap()
    }
}

/// What a page may read of an answer.
fn readable(response: &Response) {
    assert_eq!(response.headers()["access-control-allow-origin"], PAGE);
    assert!(response.headers().get("content-encoding").is_none());
}

const SELECT: &str = "/cds-services/pnet-imaging-order-select";

/// R-119, P-18, SC-11: the public sandbox, from the first preflight to the feedback.
#[tokio::test]
async fn every_captured_request_of_the_public_sandbox_is_answered() {
    let replay = Replay::open().await;
    let feedback = format!("{SELECT}/feedback");
    for (path, method, headers) in [
        ("/cds-services", "GET", "authorization"),
        (SELECT, "POST", "authorization,content-type"),
        (&feedback, "POST", "authorization,content-type"),
    ] {
        let request = replay
            .request("OPTIONS", path)
            .header("access-control-request-method", method);
        let response = request
            .header("access-control-request-headers", headers)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 204, "{path}");
        readable(&response);
        let allowed = response.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .to_lowercase();
        assert!(
            headers.split(',').all(|h| allowed.contains(h)),
            "{path}: {allowed}"
        );
    }
    let request = replay
        .request("GET", "/cds-services")
        .header("accept", "application/json");
    let token = replay.page_token("/cds-services", "6afb29e8-0245-403c-ba74-73b0097a73f5");
    let response = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    readable(&response);
    let document: Value = response.json().await.unwrap();
    let ids: Vec<&str> = list(&document["services"])
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert!(ids.iter().any(|id| SELECT.ends_with(id)), "{ids:?}");

    let body = |name: &str| {
        let path = format!("{}/fixtures/ehr/sandbox/{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let mut card = Value::Null;
    for (name, status, cards) in [
        ("order-select-empty", 200, 0),
        ("order-select-ct-abdomen-noncontrast", 200, 1),
        ("order-select-drug-invalid-r4", 200, 0),
        // Without orders it is no call of this hook; the page clears its cards, which is right.
        ("order-select-no-draft-orders", 400, 0),
    ] {
        let response = replay.post(SELECT, name, &body(name)).await;
        assert_eq!(response.status(), status, "{name}");
        readable(&response);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(list(&answer["cards"]).len(), cards, "{name}: {answer}");
        if cards > 0 {
            card = answer["cards"][0].clone();
        }
    }
    // The two ways in which a card of this page ends, with our own ids in the place of the stub's.
    let uuid = &card["uuid"];
    assert!(uuid.is_string());
    let accepted = json!({ "feedback": [{ "card": uuid, "outcome": "accepted",
        "acceptedSuggestions": [{ "id": card["suggestions"][0]["uuid"] }],
        "outcomeTimestamp": "2026-11-23T01:50:14.763Z" }] });
    let overridden = json!({ "feedback": [{ "card": uuid, "outcome": "overridden",
        "outcomeTimestamp": "2026-11-23T01:50:23.160Z",
        "overrideReason": { "reason": { "code": "contrast-allergy", "system": "urn:example:override" } } }] });
    for (jti, told) in [("accepted", accepted), ("overridden", overridden)] {
        let response = replay.post(&feedback, jti, &told.to_string()).await;
        readable(&response);
        assert_eq!(
            response.status(),
            200,
            "{jti}: anything else is an uncaught error in the page"
        );
    }
    // A token of the page is for one address and passes once.
    let token = replay.page_token(SELECT, "order-select-empty");
    let again = replay
        .request("POST", SELECT)
        .header("content-type", "application/json")
        .bearer_auth(token);
    assert_eq!(
        again
            .body(body("order-select-empty"))
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

/// SC-11, SC-12, R-031: the request generator of Da Vinci CRD: RS256, a day's life, a long `jti`, an empty access token,
/// extensions in the request, prefetch keys that nobody asked for, the same `hookInstance` each time.
#[tokio::test]
async fn the_captured_request_of_the_crd_generator_is_answered() {
    let replay = Replay::open().await;
    let path = "/cds-services/pnet-imaging-order-sign";
    let body = include_str!("../../fixtures/ehr/sandbox/order-sign-imaging-crd-request-generator.json");
    let mut answers = Vec::new();
    for end in ["D", "E"] {
        let now = jiff::Timestamp::now().as_second();
        let mut header = replay.rsa.header("RS256");
        header["jku"] = json!("http://127.0.0.1:9420/public_keys");
        let jti = format!(
            "DjIA_kANi67vYs1oEqpMiXN~Xag5Ezsjo2p7WTL8ZJLUbrCUaZoTU8bDGCpRc9t540qQqhYBTGl2TY_ddwsrgZnBJLJikv2M3uqu3eLAMZ2Y1kOVpxjftVos.JMl_tt{end}"
        );
        let claims = json!({ "iss": "http://127.0.0.1:9402/fhir", "aud": format!("{}{path}", replay.base),
            "iat": now, "exp": now + 86_400, "jti": jti });
        let token = replay.rsa.sign("RS256", &header.to_string(), &claims.to_string());
        let request = replay.client.post(format!("{}{path}", replay.base));
        let request = as_browser(request, "http://127.0.0.1:9420").header("accept", "application/json");
        let request = request
            .header("content-type", "application/json")
            .bearer_auth(token);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let origin = &response.headers()["access-control-allow-origin"];
        assert_eq!(origin, "http://127.0.0.1:9420");
        answers.push(response.text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1], "P-20: one hookInstance, one answer");
    let answer: Value = serde_json::from_str(&answers[0]).unwrap();
    assert_eq!(list(&answer["cards"]).len(), 1, "{answer}");
}
