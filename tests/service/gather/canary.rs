//! Nothing of a token, a patient or a server reaches a log, however much is logged (SC-07, R-058), and proxies of the
//! environment are not used.
//!
//! The test runs itself as a process of its own, since logging is set for a whole process.

use super::ehr::{Ehr, Reply};
use super::{Ours, fixture, query, record, short, with_access, without};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Command;

const INNER: &str = "APPOSITE_TEST_CANARY";

/// What stands in calls and answers for everything that must not be told.
const CANARIES: [&str; 6] = [
    super::TOKEN,
    "pat-58",
    "chestnut-diagnosis",
    "Rowan",
    "unlisted.example.org",
    "onc-7",
];

/// SC-07, R-058.
#[test]
fn nothing_of_token_patient_or_server_is_logged() {
    if std::env::var_os(INNER).is_some() {
        return inner();
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "gather::canary::nothing_of_token_patient_or_server_is_logged",
            "--nocapture",
        ])
        .env(INNER, "1")
        .env("APPOSITE_LOG", "trace");
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env(name, &address);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    // The log was on, and at its loudest.
    assert!(said.contains("asked the FHIR server"), "{said}");
    assert!(
        said.contains("\"level\":\"TRACE\"") || said.contains("\"level\":\"DEBUG\""),
        "{said}"
    );
    for canary in CANARIES {
        assert!(!said.contains(canary), "{canary} in:\n{said}");
    }
    assert!(proxy.accept().is_err(), "a proxy of the environment was used");
}

#[tokio::main(flavor = "current_thread")]
async fn inner() {
    apposite::service::telemetry::start();
    let whole = fixture("presumed-no-reason");
    let call = without(
        whole.clone(),
        &["conditions", "procedures", "medicationStatements"],
    );
    let secret = json!({ "resourceType": "chestnut-diagnosis" });
    let replies = [
        Reply::json(&whole["prefetch"]["conditions"]),
        Reply::json(&secret),
        Reply::of(500, "application/fhir+json", b"chestnut-diagnosis"),
        Reply::of(302, "text/chestnut-diagnosis", b""),
        Reply::Reset(Vec::new()),
        Reply::Bytes(b"chestnut-diagnosis\r\n\r\n".to_vec()),
    ];
    for reply in replies {
        let mut replies: BTreeMap<_, _> = record(&whole);
        replies.insert(query("conditions").to_owned(), reply);
        let ehr = Ehr::start(replies).await;
        let ours = Ours::asking(&ehr).await;
        let answer = ours.call(&with_access(call.clone(), &ehr.base())).await;
        assert!(["info UNA_NONCONTRAST", "412 /prefetch/conditions"].contains(&short(&answer).as_str()));
        let mut expired = with_access(call.clone(), &ehr.base());
        expired["fhirAuthorization"]["expires_in"] = json!(0);
        ours.call(&expired).await;
        ours.call(&with_access(call.clone(), "https://unlisted.example.org/fhir"))
            .await;
    }
}
