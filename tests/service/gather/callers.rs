//! Each client reaches the FHIR servers that are listed for it, and no other client's (P-15, SC-09, SC-10).

use super::ehr::Ehr;
use super::{Ours, TODAY, fixture, record, short, with_access, without};
use crate::support::idp::KeyServer;
use crate::support::signer::Signer;
use apposite::config::Client;
use apposite::service::{Callers, FhirReach, Settings};
use serde_json::json;

const ASKED: &str = "info UNA_NONCONTRAST";
const NOT_ASKED: &str = "412 /prefetch/conditions";

/// P-15, SC-09, SC-10.
#[tokio::test]
async fn no_client_reaches_the_fhir_server_of_another() {
    let held = record(&fixture("presumed-no-reason"));
    let (first, second) = (Ehr::start(held.clone()).await, Ehr::start(held).await);
    let signer = Signer::p384("key");
    let keys = KeyServer::start(&[signer.jwk()]).await;
    let client = |name: &str, base: Option<String>, subject: Option<&str>| Client {
        jwks_url: Some(keys.url.clone()),
        jwks_plain_http: true,
        fhir_bases: base.into_iter().collect(),
        fhir_loopback: true,
        fhir_subject: subject.map(ToOwned::to_owned),
        ..Client::new(name, &format!("https://{name}.example.org"))
    };
    let clients = [
        client("first", Some(first.base()), Some("apposite")),
        client("second", Some(second.base()), None),
        client("renamed", Some(second.base()), Some("somebody-else")),
        client("without", None, None),
    ];
    let ours = Ours::configured(|address| Settings {
        callers: Callers::registered(&clients, &[format!("http://{address}")], false).unwrap(),
        fhir: FhirReach::registered(&clients).unwrap(),
        today: || TODAY,
        ..Settings::development()
    })
    .await;
    let table = [
        ("first", &first, ASKED),
        ("first", &second, NOT_ASKED),
        ("second", &first, NOT_ASKED),
        ("second", &second, ASKED),
        ("renamed", &second, NOT_ASKED),
        ("without", &first, NOT_ASKED),
        ("without", &second, NOT_ASKED),
    ];
    let now = jiff::Timestamp::now().as_second();
    for (at, (name, ehr, expected)) in table.into_iter().enumerate() {
        let connections = ehr.connections();
        let claims = json!({ "iss": format!("https://{name}.example.org"), "aud": ours.url, "exp": now + 300,
            "iat": now, "jti": format!("call-{at}") });
        let token = signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string());
        let call = without(fixture("presumed-no-reason"), &["conditions"]);
        let answer = ours.call_as(Some(&token), &with_access(call, &ehr.base())).await;
        assert_eq!(short(&answer), expected, "{at} {name}");
        assert_eq!(ehr.connections() > connections, expected == ASKED, "{at} {name}");
    }
    // A call without a token leads nowhere at all.
    let call = with_access(fixture("presumed-no-reason"), &first.base());
    assert_eq!(ours.call_as(None, &call).await.0, 401);
}
