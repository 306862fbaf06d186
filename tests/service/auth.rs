//! Who is let in, over sockets (R-102 – R-118, SC-11 – SC-16). The tokens themselves have their table in
//! `src/service/auth/tests.rs`.

use crate::support::app::{App, issue};
use crate::support::idp::{KeyServer, Reply};
use crate::support::raw::Raw;
use crate::support::signer::Signer;
use apposite::config::{Algorithm, Client, Replay};
use apposite::service::{Callers, Limits, Settings};
use jiff::civil::date;
use reqwest::Response;
use serde_json::{Value, json};

const ISSUER: &str = "https://ehr.example.org";

/// A service with one registered client and that client's keys.
pub struct Clinic {
    pub app: App,
    keys: KeyServer,
    signer: Signer,
    ed: Signer,
}

impl Clinic {
    async fn open() -> Self {
        Self::with(|client| client, false).await
    }

    async fn with(change: impl FnOnce(Client) -> Client, discovery_needs_token: bool) -> Self {
        Self::limited(change, discovery_needs_token, Limits::default()).await
    }

    pub async fn limited(
        change: impl FnOnce(Client) -> Client,
        discovery_needs_token: bool,
        limits: Limits,
    ) -> Self {
        let signer = Signer::p384("key");
        let ed = Signer::ed("ed");
        let keys = KeyServer::start(&[signer.jwk(), ed.jwk()]).await;
        let client = change(Client {
            jwks_url: Some(keys.url.clone()),
            jwks_plain_http: true,
            ..Client::new("ehr", ISSUER)
        });
        let app = App::configured(|address| Settings {
            callers: Callers::registered(&[client], &[format!("http://{address}")], discovery_needs_token)
                .unwrap(),
            today: || date(2026, 6, 15),
            limits,
            ..Settings::development()
        })
        .await;
        Self {
            app,
            keys,
            signer,
            ed,
        }
    }

    /// The claims of an honest token for a call to this service.
    fn claims(&self, id: &str, jti: &str) -> Value {
        let now = jiff::Timestamp::now().as_second();
        let aud = self.app.url(&format!("/cds-services/{id}"));
        json!({ "iss": ISSUER, "aud": aud, "exp": now + 300, "iat": now, "jti": jti })
    }

    fn token(&self, claims: &Value) -> String {
        let header = self.signer.header("ES384").to_string();
        self.signer.sign("ES384", &header, &claims.to_string())
    }

    pub fn honest(&self, jti: &str) -> String {
        self.token(&self.claims("silent", jti))
    }

    pub async fn call(&self, token: &str) -> Response {
        let call = self.app.call("silent");
        call.header("authorization", format!("Bearer {token}"))
            .send()
            .await
            .unwrap()
    }
}

/// What a caller that is not let in may see, without the request id.
async fn refused(response: Response) -> (String, Value) {
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let length = response.headers()["content-length"].to_str().unwrap().to_owned();
    let mut issue = issue(response).await;
    assert_eq!(issue["code"], "login");
    issue["diagnostics"] = Value::Null;
    (length, issue)
}

/// P-05.
#[tokio::test]
async fn a_registered_client_is_let_in_once_per_token() {
    let clinic = Clinic::open().await;
    let token = clinic.honest("one");
    assert_eq!(clinic.call(&token).await.status(), 200);
    refused(clinic.call(&token).await).await;
    assert_eq!(clinic.call(&clinic.honest("two")).await.status(), 200);
    // Another token of the same name is the same token.
    let mut again = clinic.claims("silent", "two");
    again["sub"] = json!("x");
    refused(clinic.call(&clinic.token(&again)).await).await;
    assert_eq!(clinic.keys.calls(), 1);
    let scheme = format!("bEARER   {}", clinic.honest("three"));
    let response = clinic
        .app
        .call("silent")
        .header("authorization", scheme)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

/// P-03, R-118, R-103, R-105, R-106, R-107, SC-16: whatever is wrong, the caller sees the same.
#[tokio::test]
async fn all_causes_look_alike() {
    let clinic = Clinic::open().await;
    let with = |name: &str, value: Value| {
        let mut claims = clinic.claims("silent", "x");
        claims[name] = value;
        format!("Bearer {}", clinic.token(&claims))
    };
    let stranger = Signer::p384("key");
    let now = jiff::Timestamp::now().as_second();
    let claims = clinic.claims("silent", "x").to_string();
    let headers = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer x.y.z".to_owned()),
        Some("Basic eDp5".to_owned()),
        Some(clinic.honest("x")),
        Some(format!("Bearer {}", "a".repeat(9000))),
        Some(format!(
            "Bearer {}",
            stranger.sign("ES384", &stranger.header("ES384").to_string(), &claims)
        )),
        Some(with("iss", json!("https://evil.example"))),
        Some(with("aud", json!("https://evil.example"))),
        Some(with("exp", json!(now - 300))),
        Some(with("exp", json!(now + 86_400))),
        Some(with("exp", json!(format!("{}", now + 300)))),
        Some(with("iat", json!(now + 300))),
        Some(with("tenant", json!("north"))),
        Some(with("jti", json!(null))),
    ];
    let mut seen = Vec::new();
    for header in headers {
        let mut call = clinic.app.call("silent");
        if let Some(header) = &header {
            call = call.header("authorization", header);
        }
        seen.push(refused(call.send().await.unwrap()).await);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// SC-13: a caller cannot choose where keys come from.
#[tokio::test]
async fn a_foreign_key_address_is_never_called() {
    let clinic = Clinic::open().await;
    let stranger = Signer::p384("key");
    let trap = KeyServer::start(&[stranger.jwk()]).await;
    let mut header = stranger.header("ES384");
    for place in ["jku", "x5u"] {
        header[place] = json!(trap.url);
        let token = stranger.sign(
            "ES384",
            &header.to_string(),
            &clinic.claims("silent", place).to_string(),
        );
        refused(clinic.call(&token).await).await;
    }
    // With the right issuer's own key, too, the address must be the registered one.
    let mut header = clinic.signer.header("ES384");
    header["jku"] = json!(trap.url);
    let claims = clinic.claims("silent", "j").to_string();
    refused(
        clinic
            .call(&clinic.signer.sign("ES384", &header.to_string(), &claims))
            .await,
    )
    .await;
    header["jku"] = json!(clinic.keys.url);
    let token = clinic.signer.sign("ES384", &header.to_string(), &claims);
    assert_eq!(clinic.call(&token).await.status(), 200);
    assert_eq!(trap.calls(), 0);
}

/// P-03, SC-16.
#[tokio::test]
async fn a_caller_is_turned_away_before_its_body_is_looked_at() {
    let clinic = Clinic::open().await;
    for (media, body) in [
        ("text/plain", "x"),
        ("application/json", "{"),
        ("application/json", ""),
    ] {
        let call = clinic.app.request("POST", "/cds-services/structure");
        refused(
            call.header("content-type", media)
                .body(body)
                .send()
                .await
                .unwrap(),
        )
        .await;
    }
    let mut raw = Raw::connect(clinic.app.address).await;
    raw.send(
        "POST /cds-services/silent HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n",
    )
    .await;
    let said = raw.until("}]}").await;
    assert!(
        said.starts_with("HTTP/1.1 401 "),
        "not a byte of the body is needed: {said}"
    );
}

/// R-106, P-04.
#[tokio::test]
async fn unknown_services_are_told_to_registered_clients_only() {
    let clinic = Clinic::open().await;
    refused(clinic.app.call("nobody").send().await.unwrap()).await;
    let token = clinic.token(&clinic.claims("nobody", "one"));
    let call = clinic
        .app
        .call("nobody")
        .header("authorization", format!("Bearer {token}"));
    assert_eq!(call.send().await.unwrap().status(), 404);
    // A token for one service opens no other.
    let token = clinic.token(&clinic.claims("silent", "two"));
    let call = clinic
        .app
        .call("echo")
        .header("authorization", format!("Bearer {token}"));
    refused(call.send().await.unwrap()).await;
}

/// P-04: the audience is ours to say, not the `Host` header's.
#[tokio::test]
async fn the_host_header_is_no_audience() {
    let clinic = Clinic::open().await;
    let mut claims = clinic.claims("silent", "one");
    claims["aud"] = json!("http://evil.example/cds-services/silent");
    let call = clinic.app.call("silent").header("host", "evil.example");
    let call = call.header("authorization", format!("Bearer {}", clinic.token(&claims)));
    refused(call.send().await.unwrap()).await;
}

#[tokio::test]
async fn two_tokens_at_once_are_none() {
    let clinic = Clinic::open().await;
    let bearer = |jti| format!("Bearer {}", clinic.honest(jti));
    let call = clinic.app.call("silent");
    let call = call
        .header("authorization", bearer("a"))
        .header("authorization", bearer("b"));
    refused(call.send().await.unwrap()).await;
}

/// R-011, P-18: what holds nothing about patients stays open.
#[tokio::test]
async fn discovery_health_and_preflights_need_no_token() {
    let clinic = Clinic::open().await;
    for path in ["/", "/cds-services", "/health/live", "/health/ready"] {
        let response = clinic.app.request("GET", path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
    let response = clinic
        .app
        .request("OPTIONS", "/cds-services/silent")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
}

/// P-04.
#[tokio::test]
async fn discovery_is_closed_where_configured() {
    let clinic = Clinic::with(|c| c, true).await;
    let get = |token: String| {
        let request = clinic.app.request("GET", "/cds-services");
        request.header("authorization", format!("Bearer {token}")).send()
    };
    refused(clinic.app.request("GET", "/cds-services").send().await.unwrap()).await;
    refused(get(clinic.honest("one")).await.unwrap()).await;
    let mut claims = clinic.claims("silent", "two");
    claims["aud"] = json!(clinic.app.url("/cds-services"));
    assert_eq!(get(clinic.token(&claims)).await.unwrap().status(), 200);
    let response = clinic.app.request("GET", "/health/ready").send().await.unwrap();
    assert_eq!(response.status(), 200);
}

/// SC-12: other algorithms only where configured.
#[tokio::test]
async fn a_client_may_sign_otherwise_where_configured() {
    for (algorithms, status) in [(vec![Algorithm::EdDSA], 200), (vec![Algorithm::ES384], 401)] {
        let other = |client| Client { algorithms, ..client };
        let clinic = Clinic::with(other, false).await;
        let header = clinic.ed.header("EdDSA").to_string();
        let token = clinic
            .ed
            .sign("EdDSA", &header, &clinic.claims("silent", "one").to_string());
        assert_eq!(clinic.call(&token).await.status(), status);
    }
}

/// R-107, SC-11: clocks may differ a little: 20 s pass, five minutes do not, in either direction.
#[tokio::test]
async fn twenty_seconds_of_skew_pass_and_five_minutes_do_not() {
    let clinic = Clinic::open().await;
    for (skew, status) in [(20, 200), (-20, 200), (300, 401), (-300, 401)] {
        let now = jiff::Timestamp::now().as_second() + skew;
        let mut claims = clinic.claims("silent", &format!("skew {skew}"));
        for (name, at) in [("iat", now), ("nbf", now), ("exp", now + 1)] {
            claims[name] = json!(at);
        }
        assert_eq!(
            clinic.call(&clinic.token(&claims)).await.status(),
            status,
            "{skew}"
        );
    }
}

/// SC-11: a token that lives a day is refused, unless the client is configured so.
#[tokio::test]
async fn a_token_that_lives_a_day_passes_only_where_configured() {
    for (max_lifetime_seconds, status) in [(3600, 401), (86_400, 200)] {
        let long = |client| Client {
            max_lifetime_seconds,
            ..client
        };
        let clinic = Clinic::with(long, false).await;
        let mut claims = clinic.claims("silent", "day");
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 86_400);
        assert_eq!(clinic.call(&clinic.token(&claims)).await.status(), status);
    }
}

/// P-05: test kits sign once and call many times.
#[tokio::test]
async fn a_test_kit_may_use_its_token_again_where_configured() {
    let test = |client| Client {
        replay: Replay::Test,
        ..client
    };
    let clinic = Clinic::with(test, false).await;
    let token = clinic.honest("one");
    for _ in 0..3 {
        assert_eq!(clinic.call(&token).await.status(), 200);
    }
}

/// SC-15: what cannot be remembered is not let in.
#[tokio::test]
async fn a_full_memory_sheds_instead_of_forgetting() {
    let small = |client| Client {
        seen_tokens: 2,
        ..client
    };
    let clinic = Clinic::with(small, false).await;
    assert_eq!(clinic.call(&clinic.honest("one")).await.status(), 200);
    assert_eq!(clinic.call(&clinic.honest("two")).await.status(), 200);
    let response = clinic.call(&clinic.honest("three")).await;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    refused(clinic.call(&clinic.honest("one")).await).await;
}

/// P-05: the same token twice at the same moment: one passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_token_sent_many_times_at_once_one_passes() {
    let clinic = Clinic::open().await;
    for round in 0..10 {
        let token = clinic.honest(&format!("r{round}"));
        let calls = (0..8).map(|_| {
            let call = clinic.app.call("silent");
            tokio::spawn(call.header("authorization", format!("Bearer {token}")).send())
        });
        let mut passed = 0;
        for call in calls.collect::<Vec<_>>() {
            passed += usize::from(call.await.unwrap().unwrap().status() == 200);
        }
        assert_eq!(passed, 1);
    }
}

/// P3, SC-14, R-115: the key server may be down once its keys are known; before, nobody is let in.
#[tokio::test]
async fn calls_go_on_while_the_key_server_is_down() {
    let clinic = Clinic::open().await;
    assert_eq!(clinic.call(&clinic.honest("one")).await.status(), 200);
    clinic.keys.replies(Reply::of(500, ""));
    assert_eq!(clinic.call(&clinic.honest("two")).await.status(), 200);
    // Thirty unknown keys are no reason to ask thirty times.
    for name in 0..30 {
        let stranger = Signer::p256(&format!("k{name}"));
        let header = stranger.header("ES384").to_string();
        let token = stranger.sign("ES256", &header, &clinic.claims("silent", "x").to_string());
        refused(clinic.call(&token).await).await;
    }
    assert!(clinic.keys.calls() <= 2, "{}", clinic.keys.calls());
    assert_eq!(clinic.call(&clinic.honest("three")).await.status(), 200);
}
