//! Whom we ask: nobody that the operator has not listed, however it is spelt, and wherever a name leads (SC-10, P-15).

use super::ehr::{Ehr, Reply};
use super::{Ours, TOKEN, fixture, query, record, settings, short, with_access, without};
use apposite::service::FhirAccess;
use apposite::service::gather::{Addresses, BaseSettings, Lookup, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

fn call() -> Value {
    without(fixture("presumed-no-reason"), &["conditions"])
}

/// SC-10, P-15: every spelling of the listed server and of this machine, other than the listed one: not one connection.
#[tokio::test]
async fn no_other_spelling_reaches_any_server() {
    let ehr = Ehr::start(record(&fixture("presumed-no-reason"))).await;
    let trap = Ehr::start(BTreeMap::new()).await;
    let ours = Ours::asking(&ehr).await;
    let (port, other) = (ehr.address.port(), trap.address.port());
    let spellings = [
        format!("http://localhost:{port}/fhir"),
        format!("http://127.1:{port}/fhir"),
        format!("http://127.0.1:{port}/fhir"),
        format!("http://2130706433:{port}/fhir"),
        format!("http://0x7f000001:{port}/fhir"),
        format!("http://0x7f.0.0.1:{port}/fhir"),
        format!("http://0177.0.0.1:{port}/fhir"),
        format!("http://017700000001:{port}/fhir"),
        format!("http://127.0.0.1.:{port}/fhir"),
        format!("http://127.000.000.001:{port}/fhir"),
        format!("http://127.0.0.2:{port}/fhir"),
        format!("http://0.0.0.0:{port}/fhir"),
        format!("http://0:{port}/fhir"),
        format!("http://[::]:{port}/fhir"),
        format!("http://[::1]:{port}/fhir"),
        format!("http://[::ffff:127.0.0.1]:{port}/fhir"),
        format!("http://[::ffff:7f00:1]:{port}/fhir"),
        format!("http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/fhir"),
        format!("http://①②⑦.0.0.1:{port}/fhir"),
        format!("http://127。0。0。1:{port}/fhir"),
        format!("http://%31%32%37.0.0.1:{port}/fhir"),
        format!("http://user@127.0.0.1:{port}/fhir"),
        format!("http://user:pass@127.0.0.1:{port}/fhir"),
        format!("http://127.0.0.1:{port}@127.0.0.1:{other}/fhir"),
        format!("http://127.0.0.1:{port}#@127.0.0.1:{other}/fhir"),
        format!("http://127.0.0.1:{port}\\@127.0.0.1:{other}/fhir"),
        format!("http://127.0.0.1:{other}/fhir"),
        format!("http://127.0.0.1:{other}\\fhir"),
        format!("http://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}/fhirs"),
        format!("http://127.0.0.1:{port}/Fhir"),
        format!("http://127.0.0.1:{port}/fhir/../admin"),
        format!("http://127.0.0.1:{port}/fhir/%2e%2e/admin"),
        format!("http://127.0.0.1:{port}/fhir/..%2fadmin"),
        format!("http://127.0.0.1:{port}/fhir/..;/admin"),
        format!("http://127.0.0.1:{port}/fhir/..\\admin"),
        format!("http://127.0.0.1:{port}/fhir?_x="),
        format!("http://127.0.0.1:{port}/fhir#"),
        format!("https://127.0.0.1:{port}/fhir"),
        format!("HTTP:127.0.0.1:{port}/fhir"),
        format!("http:\\\\127.0.0.1:{port}\\fhir"),
        format!("//127.0.0.1:{port}/fhir"),
        format!("127.0.0.1:{port}/fhir"),
        format!("http://127.0.0.1:{port}/fhir\u{0}"),
        format!("http://127.0.0.1:{port}/fh\tir"),
        format!("http://127.0.0.1:{port}/fhir\r\nHost: evil"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://2852039166/".to_owned(),
        "http://[fd00:ec2::254]/".to_owned(),
        "http://metadata.google.internal/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
        "unix:/run/secret.sock".to_owned(),
    ];
    for spelling in &spellings {
        let answer = ours.call(&with_access(call(), spelling)).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{spelling}");
    }
    assert_eq!((ehr.connections(), trap.connections()), (0, 0));
    // The server itself is there all the while, and at a path of its own.
    for good in [ehr.base(), format!("{}/", ehr.base())] {
        let answer = ours.call(&with_access(call(), &good)).await;
        assert_eq!(short(&answer), "info UNA_NONCONTRAST", "{good}");
    }
    assert_eq!(ehr.asked().len(), 2);
}

/// An id of a patient that could change the query is not put into one.
#[tokio::test]
async fn a_patient_id_cannot_change_the_query() {
    let ehr = Ehr::start(BTreeMap::new()).await;
    let ours = Ours::asking(&ehr).await;
    for id in [
        "..",
        "pat/58",
        "pat-58&_include=*",
        "pat?x",
        "pat#",
        "pat%2f",
        "pat 58",
        "pät",
    ] {
        let mut call = with_access(call(), &ehr.base());
        call["context"]["patientId"] = id.into();
        call["fhirAuthorization"]["patient"] = id.into();
        call["prefetch"].as_object_mut().unwrap().shift_remove("patient");
        call["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] =
            format!("Patient/{id}").into();
        let (status, _) = ours.call(&call).await;
        assert!(status == 412 || status == 200, "{id}");
    }
    assert_eq!(ehr.connections(), 0);
}

/// SC-10, P-15: redirects are not followed, wherever they lead, and the token goes nowhere else.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let trap = Ehr::start(BTreeMap::new()).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!(
            "HTTP/1.1 {status} Go\r\nLocation: {}/Condition\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            trap.base()
        );
        let reply = Reply::Bytes(redirect.into_bytes());
        let ehr = Ehr::start(BTreeMap::from([(query("conditions").to_owned(), reply)])).await;
        let ours = Ours::asking(&ehr).await;
        let answer = ours.call(&with_access(call(), &ehr.base())).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{status}");
        assert_eq!(ehr.asked().len(), 1, "{status}");
    }
    assert_eq!(trap.connections(), 0);
}

/// A name server that gives one answer after the other, the last one for ever.
struct Scripted {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: Arc<AtomicUsize>,
}

impl Lookup for Scripted {
    fn addresses(&self, _: &str) -> Addresses {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// Our service for one base at a name that leads where the test says; how often the name was looked up.
async fn named(base: BaseSettings, answers: &[&str]) -> (Ours, Arc<AtomicUsize>) {
    let parse = |list: &&str| list.split_whitespace().map(|a| a.parse().unwrap()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let lookup = Scripted {
        answers: Mutex::new(answers.iter().map(parse).collect()),
        asked: Arc::clone(&asked),
    };
    let settings = Settings {
        bases: vec![base],
        ..Settings::default()
    };
    let access = FhirAccess::with_lookup(settings, Arc::new(lookup)).unwrap();
    (Ours::with(access).await, asked)
}

/// SC-10: rebinding: a listed name that leads inside is not connected to, neither at first nor later, nor where only
/// one of
/// its addresses does.
#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected_to() {
    let trap = Ehr::start(BTreeMap::new()).await;
    let base = format!("https://ehr.example.org:{}/fhir", trap.address.port());
    let inside = [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd12::1",
        "fe80::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "203.0.113.7",
        "224.0.0.1",
        "255.255.255.255",
        "8.8.8.8 127.0.0.1",
        "127.0.0.1 8.8.8.8",
        "2606:4700::1111 ::1",
        "",
    ];
    for address in inside {
        let listed = BaseSettings {
            url: base.clone(),
            ..BaseSettings::default()
        };
        let (ours, asked) = named(listed, &[address]).await;
        let answer = ours.call(&with_access(call(), &base)).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{address}");
        assert!(asked.load(Ordering::Relaxed) > 0, "{address}");
    }
    // A private network may be listed; this machine and metadata services are not in it.
    for address in [
        "127.0.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
        "10.0.0.1 127.0.0.1",
    ] {
        let listed = BaseSettings {
            url: base.clone(),
            allow_private: true,
            allow_loopback: false,
            ..BaseSettings::default()
        };
        let (ours, _) = named(listed, &[address]).await;
        let answer = ours.call(&with_access(call(), &base)).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{address}");
    }
    assert_eq!(trap.connections(), 0);
}

/// `localhost` over plain HTTP means this machine: a name server that says otherwise is not followed.
#[tokio::test]
async fn plain_http_never_leaves_this_machine() {
    let listed = |url: String| BaseSettings {
        url,
        allow_private: true,
        allow_loopback: true,
        ..BaseSettings::default()
    };
    let base = "http://localhost:1/fhir".to_owned();
    for address in ["8.8.8.8", "10.0.0.1", "127.0.0.1 10.0.0.1"] {
        let (ours, asked) = named(listed(base.clone()), &[address]).await;
        let answer = ours.call(&with_access(call(), &base)).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{address}");
        assert!(asked.load(Ordering::Relaxed) > 0, "{address}");
    }
    let ehr = Ehr::start(record(&fixture("presumed-no-reason"))).await;
    let base = format!("http://localhost:{}/fhir", ehr.address.port());
    let (ours, _) = named(listed(base.clone()), &["127.0.0.1"]).await;
    let answer = ours.call(&with_access(call(), &base)).await;
    assert_eq!(short(&answer), "info UNA_NONCONTRAST");
}

/// SC-06, SC-07: connections go to the address that was checked and nowhere else, and the token never goes in the
/// clear.
#[tokio::test]
async fn over_https_nothing_goes_in_the_clear() {
    let ehr = Ehr::start(BTreeMap::new()).await;
    let base = format!("https://ehr.example.org:{}/fhir", ehr.address.port());
    let listed = BaseSettings {
        url: base.clone(),
        allow_private: false,
        allow_loopback: true,
        ..BaseSettings::default()
    };
    let (ours, _) = named(listed, &["127.0.0.1"]).await;
    let answer = ours.call(&with_access(call(), &base)).await;
    assert_eq!(short(&answer), "412 /prefetch/conditions");
    let said = ehr.other();
    assert!(!said.is_empty(), "it was connected to");
    for bytes in said {
        assert_eq!(bytes.first(), Some(&0x16), "a TLS handshake");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(TOKEN) && !text.contains("pat-58"), "{text}");
    }
    assert_eq!(ehr.asked(), []);
}

/// P-15: what one caller may reach is not reached by another: each has a list of its own.
#[tokio::test]
async fn the_list_of_one_caller_is_not_that_of_another() {
    let ehr = Ehr::start(record(&fixture("presumed-no-reason"))).await;
    let theirs = Ours::asking(&ehr).await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/fhir", elsewhere.local_addr().unwrap());
    let ours = Ours::with(FhirAccess::new(settings(&base)).unwrap()).await;
    let call = with_access(call(), &ehr.base());
    assert_eq!(short(&ours.call(&call).await), "412 /prefetch/conditions");
    assert_eq!(ehr.connections(), 0);
    assert_eq!(short(&theirs.call(&call).await), "info UNA_NONCONTRAST");
}
