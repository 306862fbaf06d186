//! TLS of our own (SC-06): versions, new certificates, certificates of clients, slow handshakes.

use crate::cli::Serving;
use crate::support::app::{App, PATIENCE};
use crate::support::certs::{Authority, Folder, Pair, pem};
use crate::support::idp::KeyServer;
use crate::support::raw::{Raw, head};
use crate::support::signer::Signer;
use apposite::config::Client;
use apposite::service::{Callers, Reloaded, Settings, Tls, TlsFault, TlsFiles};
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

const LONG: Duration = Duration::from_secs(3600);

/// A service with a certificate for `localhost`.
struct Encrypted {
    app: App,
    tls: Tls,
    folder: Folder,
    authority: Authority,
    files: TlsFiles,
}

async fn encrypted(name: &str, clients: Option<(&Authority, bool)>, patience: Duration) -> Encrypted {
    with(name, clients, patience, |_| Settings::development()).await
}

async fn with(
    name: &str,
    clients: Option<(&Authority, bool)>,
    patience: Duration,
    settings: impl FnOnce(SocketAddr) -> Settings,
) -> Encrypted {
    let (folder, authority) = (Folder::new(name), Authority::new("authority"));
    let (certificate, key) = folder.hold(&authority.signs(&["localhost"]));
    let client_ca = clients.map(|(ca, _)| folder.write("ca.pem", &pem("CERTIFICATE", &ca.der)));
    let files = TlsFiles {
        certificate,
        key,
        client_ca,
        client_required: clients.is_some_and(|(_, required)| required),
    };
    let tls = Tls::load(files.clone(), patience).unwrap();
    let app = App::entered(Some(tls.clone()), false, true, settings).await;
    Encrypted {
        app,
        tls,
        folder,
        authority,
        files,
    }
}

/// A call by a client that trusts this authority; the certificate it saw, and what it was told.
async fn call(
    address: SocketAddr,
    trusts: &Authority,
    versions: &[&'static SupportedProtocolVersion],
    own: Option<&Pair>,
    request: &str,
) -> io::Result<(Vec<u8>, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(trusts.der.clone().into()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        Some(own) => {
            let key = own.key.clone().try_into().unwrap();
            config
                .with_client_auth_cert(vec![own.der.clone().into()], key)
                .unwrap()
        }
        None => config.with_no_client_auth(),
    };
    let speaking = async {
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        let seen = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
        Ok((seen, said))
    };
    tokio::time::timeout(PATIENCE, speaking).await.unwrap()
}

fn silent(more: &str) -> String {
    head(
        "silent",
        &format!("Connection: close\r\nContent-Length: 2\r\n{more}"),
    ) + "{}"
}

/// SC-06, R-120: TLS 1.2 and 1.3, and a proper end of both.
#[tokio::test]
async fn calls_are_answered_over_both_versions() {
    let service = encrypted("versions", None, LONG).await;
    for version in [&TLS12, &TLS13] {
        let told = call(
            service.app.address,
            &service.authority,
            &[version],
            None,
            &silent(""),
        )
        .await;
        let (_, said) = told.unwrap();
        assert!(
            said.starts_with("HTTP/1.1 200 ") && said.ends_with(r#"{"cards":[]}"#),
            "{said}"
        );
    }
    // Whoever trusts another authority finds out.
    let stranger = Authority::new("stranger");
    let told = call(service.app.address, &stranger, &[&TLS13], None, &silent("")).await;
    assert!(told.is_err());
}

/// SC-06: TLS 1.1 is refused by name, plain HTTP without an answer, and neither is passed on.
#[tokio::test]
async fn older_versions_and_plain_http_are_refused() {
    let service = encrypted("older", None, LONG).await;
    // A ClientHello of TLS 1.1: version, random, no session, one cipher suite, no compression, and the extensions
    // that any client sends: groups, points, signatures.
    let extensions = [
        &[0, 22][..],
        &[0, 10, 0, 4, 0, 2, 0, 23],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
    ]
    .concat();
    let hello = [
        &[3, 2][..],
        &[7; 32],
        &[0],
        &[0, 2, 0xc0, 0x09],
        &[1, 0],
        &extensions,
    ]
    .concat();
    let length = u8::try_from(hello.len()).unwrap();
    let mut raw = Raw::connect(service.app.address).await;
    raw.send([&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat())
        .await;
    let said = raw.until_closed().await.into_bytes();
    // A fatal alert: protocol version.
    assert_eq!((said[0], &said[5..]), (21, &[2, 70][..]), "{said:?}");

    let mut raw = Raw::connect(service.app.address).await;
    raw.send(silent("")).await;
    let said = raw.until_closed().await;
    assert!(!said.contains("HTTP") && !said.contains("cards"), "{said}");
}

/// SC-22: a handshake that does not come in time ends the connection, however far it got.
#[tokio::test]
async fn a_slow_handshake_is_cut() {
    let service = encrypted("slow", None, Duration::from_millis(100)).await;
    for begun in [&[][..], &[22], &[22, 3, 1, 0, 200, 1]] {
        let mut raw = Raw::connect(service.app.address).await;
        raw.send(begun).await;
        assert_eq!(raw.until_closed().await, "");
    }
}

/// New certificates serve new connections; what cannot be used changes nothing and is told once.
#[tokio::test]
async fn a_new_certificate_is_taken_up_and_a_broken_one_is_not() {
    let service = encrypted("reload", None, LONG).await;
    let seen = async || {
        let told = call(
            service.app.address,
            &service.authority,
            &[&TLS13],
            None,
            &silent(""),
        )
        .await;
        told.unwrap().0
    };
    let first = seen().await;
    assert!(matches!(service.tls.reload(), Reloaded::Same));

    let second = service.authority.signs(&["localhost"]);
    service.folder.hold(&second);
    assert!(matches!(service.tls.reload(), Reloaded::New));
    assert_eq!(seen().await, second.der);
    assert_ne!(first, second.der);

    // Half-written, the key of another, gone.
    let third = service.authority.signs(&["localhost"]);
    service
        .folder
        .write("certificate.pem", "-----BEGIN CERTIFICATE-----\nMII");
    let kept = service.tls.reload();
    assert!(matches!(kept, Reloaded::Kept(TlsFault::Pem { .. })), "{kept:?}");
    assert!(matches!(service.tls.reload(), Reloaded::Same), "told once");
    service
        .folder
        .write("certificate.pem", &pem("CERTIFICATE", &third.der));
    let kept = service.tls.reload();
    assert!(matches!(kept, Reloaded::Kept(TlsFault::Unfit(_))), "{kept:?}");
    std::fs::remove_file(&service.files.key).unwrap();
    assert!(matches!(
        service.tls.reload(),
        Reloaded::Kept(TlsFault::Read { .. })
    ));
    assert!(matches!(service.tls.reload(), Reloaded::Same), "told once");
    assert_eq!(seen().await, second.der);

    service.folder.hold(&third);
    assert!(matches!(service.tls.reload(), Reloaded::New));
    assert_eq!(seen().await, third.der);
}

/// When the certificate in use ends is told, also of a new one; without TLS there is nothing to tell.
#[tokio::test]
async fn the_end_of_the_certificate_is_told() {
    let service = encrypted("expiry", None, LONG).await;
    let watched = App::entered(Some(service.tls.clone()), true, true, |_| Settings::development()).await;
    let series = "cds_tls_certificate_expiry_timestamp_seconds";
    let told = async |app: &App| {
        let url = format!("http://{}/metrics", app.admin.unwrap());
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let text = client.get(url).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find(|l| l.starts_with(&format!("{series} ")))?;
        line.split(' ').nth(1).map(str::to_owned)
    };
    // What the library that makes certificates for tests writes when nothing is said: the first day of 4096.
    let far = told(&watched).await.unwrap();
    assert_eq!(far, "67090118400");
    let plain = App::entered(None, true, true, |_| Settings::development()).await;
    assert_eq!(told(&plain).await, None);
}

/// SC-06, R-117: mutual TLS, required or not.
#[tokio::test]
async fn clients_show_certificates_of_their_authority() {
    let (theirs, other) = (Authority::new("theirs"), Authority::new("other"));
    let (good, bad) = (
        theirs.signs(&["ehr.example.org"]),
        other.signs(&["ehr.example.org"]),
    );
    for required in [true, false] {
        let name = format!("mutual-{required}");
        let service = encrypted(&name, Some((&theirs, required)), LONG).await;
        for version in [&TLS12, &TLS13] {
            let ask = async |own: Option<&Pair>| {
                call(
                    service.app.address,
                    &service.authority,
                    &[version],
                    own,
                    &silent(""),
                )
                .await
            };
            assert!(ask(Some(&good)).await.unwrap().1.starts_with("HTTP/1.1 200 "));
            assert!(ask(Some(&bad)).await.is_err(), "{required}");
            assert_eq!(ask(None).await.is_err(), required);
        }
    }
}

/// SC-06, SC-16: a token counts only on a connection with a certificate of its client, where names are given.
#[tokio::test]
async fn a_token_is_bound_to_the_certificate_of_its_client() {
    const BASE: &str = "https://cds.example.org";
    let theirs = Authority::new("theirs");
    let signer = Signer::p384("key");
    let keys = KeyServer::start(&[signer.jwk()]).await;
    let client = Client {
        jwks_url: Some(keys.url.clone()),
        jwks_plain_http: true,
        certificate_names: vec!["ehr.example.org".to_owned()],
        ..Client::new("ehr", "https://ehr.example.org")
    };
    let settings = |_| Settings {
        callers: Callers::registered(&[client], &[BASE.to_owned()], false).unwrap(),
        ..Settings::development()
    };
    let service = with("bound", Some((&theirs, false)), LONG, settings).await;
    let now = jiff::Timestamp::now().as_second();
    let mut claims = json!({
        "iss": "https://ehr.example.org", "aud": format!("{BASE}/cds-services/silent"), "exp": now + 300, "iat": now
    });
    let (right, wrong) = (
        theirs.signs(&["x.example.org", "ehr.example.org"]),
        theirs.signs(&["other.example.org"]),
    );
    for (number, own, status) in [(1, None, 401), (2, Some(&wrong), 401), (3, Some(&right), 200)] {
        claims["jti"] = json!(number.to_string());
        let token = signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string());
        let request = silent(&format!("Authorization: Bearer {token}\r\n"));
        let told = call(service.app.address, &service.authority, &[&TLS13], own, &request).await;
        let said = told.unwrap().1;
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")),
            "{number}: {said}"
        );
    }
}

/// The program as configured: TLS, and a new certificate on SIGHUP.
#[tokio::test]
async fn the_program_takes_up_a_new_certificate_on_sighup() {
    let (folder, authority) = (Folder::new("program"), Authority::new("authority"));
    folder.hold(&authority.signs(&["localhost"]));
    let config = folder.write(
        "apposite.toml",
        "[tls]\ncertificate = 'certificate.pem'\nkey = 'key.pem'\n",
    );
    let serving = Serving::with(&["--config", config.to_str().unwrap()], "info");
    let ask = async || {
        let request = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let told = call(serving.address, &authority, &[&TLS13], None, request).await;
        told.unwrap()
    };
    let (_, said) = ask().await;
    // SC-27: the real knowledge has passed its self-test.
    assert!(said.ends_with(r#"{"status":"ready"}"#), "{said}");
    let second = authority.signs(&["localhost"]);
    folder.hold(&second);
    serving.signal("HUP");
    let taken_up = async { while ask().await.0 != second.der {} };
    tokio::time::timeout(PATIENCE, taken_up).await.unwrap();
}
