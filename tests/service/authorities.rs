//! Authorities of a hospital's own: its key and FHIR servers are believed by them, and by nobody else's (SC-06).

use super::fixtures::{TODAY, fixtures};
use super::support::app::PATIENCE;
use super::support::certs::{Authority, Folder, Pair, pem};
use super::support::signer::Signer;
use apposite::cli::wiring;
use apposite::config::Client;
use apposite::service::{Callers, FhirReach, Settings, serve};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const ISSUER: &str = "https://ehr.example.org";

/// A server with this certificate that says one thing to everybody, and how often it was asked for it.
async fn says(pair: &Pair, media: &'static str, body: String) -> (u16, Arc<AtomicUsize>) {
    let certificate = CertificateDer::from(pair.der.clone());
    let key = PrivateKeyDer::try_from(pair.key.clone()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let (counted, body) = (Arc::clone(&asked), Arc::new(body));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, counted, body) = (acceptor.clone(), Arc::clone(&counted), Arc::clone(&body));
            tokio::spawn(async move {
                // Whoever does not believe the certificate hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(body.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, asked)
}

/// A call that needs the diagnoses, without them, and the Bundle that holds them.
fn call_and_diagnoses() -> (Value, String) {
    let mut call: Value =
        serde_json::from_slice(&fixtures()["hooks/order-select/presumed-no-reason"]).unwrap();
    let prefetch = call["prefetch"].as_object_mut().unwrap();
    let diagnoses = prefetch.shift_remove("conditions").unwrap().to_string();
    (call, diagnoses)
}

/// SC-06: keys and records come over TLS that an authority of the client's own vouches for; another authority, the
/// machine's, or a certificate for another name do not do.
#[tokio::test]
async fn servers_are_believed_by_their_own_authority_only() {
    let folder = Folder::new("authorities");
    let (hospital, other) = (Authority::new("hospital"), Authority::new("other"));
    let file = |name: &str, authority: &Authority| folder.write(name, &pem("CERTIFICATE", &authority.der));
    let (ours, theirs) = (file("hospital.pem", &hospital), file("other.pem", &other));
    let good = hospital.signs(&["localhost"]);
    let misnamed = hospital.signs(&["elsewhere.example.org"]);
    let signer = Signer::p384("key");
    let set = json!({ "keys": [signer.jwk()] }).to_string();
    let (call, diagnoses) = call_and_diagnoses();
    // Certificates of the key server and of the FHIR server, the file of authorities; then who is let in, and what
    // becomes of the call.
    let table: [(&Pair, &Pair, Option<&PathBuf>, u16); 5] = [
        (&good, &good, Some(&ours), 200),
        (&good, &misnamed, Some(&ours), 412),
        (&misnamed, &good, Some(&ours), 401),
        (&good, &good, Some(&theirs), 401),
        (&good, &good, None, 401),
    ];
    for (at, (keys, fhir, authorities, expected)) in table.into_iter().enumerate() {
        let (key_port, key_asked) = says(keys, "application/json", set.clone()).await;
        let (fhir_port, fhir_asked) = says(fhir, "application/fhir+json", diagnoses.clone()).await;
        let base = format!("https://localhost:{fhir_port}/fhir");
        let client = Client {
            jwks_url: Some(format!("https://localhost:{key_port}/jwks")),
            authorities: authorities.cloned(),
            fhir_bases: vec![base.clone()],
            fhir_loopback: true,
            ..Client::new("ehr", ISSUER)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let limits = apposite::config::Fhir {
            deadline_millis: 5000,
            ..apposite::config::Fhir::default()
        };
        let clients = [client];
        let mut settings = Settings {
            callers: Callers::registered(&clients, std::slice::from_ref(&own), false).unwrap(),
            fhir: FhirReach::limited(&clients, &limits).unwrap(),
            today: || TODAY,
            ..Settings::development()
        };
        settings.limits.answer_time = Duration::from_secs(20);
        let decide = wiring::decide(None, None).unwrap();
        tokio::spawn(serve(listener, decide, settings, std::future::pending()));
        let url = format!("{own}/cds-services/pnet-imaging");
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({ "iss": ISSUER, "aud": url, "exp": now + 300, "iat": now, "jti": "one" });
        let token = signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string());
        let mut call = call.clone();
        call["fhirServer"] = json!(base);
        call["fhirAuthorization"] = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 300,
            "scope": "patient/*.read", "subject": "apposite", "patient": "pat-58" });
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let response = http
            .post(&url)
            .bearer_auth(token)
            .json(&call)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), expected, "{at}");
        assert_eq!(key_asked.load(Ordering::SeqCst) > 0, expected != 401, "{at}");
        assert_eq!(fhir_asked.load(Ordering::SeqCst) > 0, expected == 200, "{at}");
    }
}

/// A file that could not be used is told before anybody calls, for either kind of server.
#[test]
fn a_file_without_authorities_is_told_at_the_start() {
    let folder = Folder::new("no-authorities");
    let damaged = pem("CERTIFICATE", &[0x30, 0x03, 0x02, 0x01, 0x01]);
    for (file, word) in [
        (folder.write("empty.pem", ""), "holds no certificate"),
        (
            folder.write("text.pem", "no PEM at all\n"),
            "holds no certificate",
        ),
        (folder.write("damaged.pem", &damaged), "cannot be used"),
        (folder.0.join("missing.pem"), "cannot be read"),
    ] {
        let client = Client {
            jwks_url: Some("https://ehr.example.org/jwks".to_owned()),
            fhir_bases: vec!["https://ehr.example.org/fhir".to_owned()],
            authorities: Some(file.clone()),
            ..Client::new("ehr", ISSUER)
        };
        let clients = [client];
        let keys = Callers::registered(&clients, &[], false).unwrap_err().to_string();
        let fhir = FhirReach::registered(&clients).unwrap_err().to_string();
        for told in [keys, fhir] {
            let whole =
                told.contains("`ehr`") && told.contains(word) && told.contains(file.to_str().unwrap());
            assert!(whole, "{told}");
        }
    }
}
