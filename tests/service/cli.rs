//! The program as people start it: banner, signals, exit codes and messages.

use crate::support::raw::{Raw, head};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

pub fn apposite(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apposite"));
    // Settings of whoever runs the tests stay out of them.
    for name in [
        "APPOSITE_LISTEN",
        "APPOSITE_CARDS",
        "APPOSITE_LOG",
        "APPOSITE_CONFIG",
        "APPOSITE_PROFILE",
        "APPOSITE_BASE_URL",
    ] {
        command.env_remove(name);
    }
    // Nothing is left behind on the machine of whoever runs them.
    command.env("APPOSITE_STORE", "none");
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn output(arguments: &[&str]) -> Output {
    apposite(arguments).output().unwrap()
}

/// A failure is one message with a remedy, and nothing that looks like a crash.
pub fn fails(arguments: &[&str], code: i32, message: &[&str]) {
    let out = output(arguments);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(code), "{arguments:?}: {said}");
    for words in message {
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert!(
        !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
        "{said}"
    );
    assert!(!said.contains("Err(") && !said.contains("os error"), "{said}");
}

/// A running service, ended with the test.
pub struct Serving {
    pub child: Child,
    stdout: BufReader<ChildStdout>,
    pub address: SocketAddr,
    pub banner: String,
}

impl Serving {
    fn start() -> Self {
        Self::logging("info")
    }

    fn logging(level: &str) -> Self {
        Self::with(&[], level)
    }

    /// With more arguments.
    pub fn with(more: &[&str], level: &str) -> Self {
        Self::run(
            apposite(&[&["serve", "--listen", "127.0.0.1:0"], more].concat()),
            level,
        )
    }

    /// Started by this command.
    pub fn run(mut command: Command, level: &str) -> Self {
        let mut child = command
            .env("APPOSITE_LOG", level)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Ctrl-C") {
            assert_ne!(stdout.read_line(&mut banner).unwrap(), 0, "{banner}");
        }
        let address = banner
            .split("listens on ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .rsplit("//")
            .next()
            .unwrap()
            .parse()
            .unwrap();
        Self {
            child,
            stdout,
            address,
            banner,
        }
    }

    /// The first service the banner names.
    pub fn service_id(&self) -> String {
        self.banner
            .split("/cds-services/")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Already ended is as good as ended now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_signal_ends_the_service_with_success() {
    for name in ["TERM", "INT"] {
        let mut serving = Serving::start();
        let mut raw = Raw::connect(serving.address).await;
        raw.send("GET /health/ready HTTP/1.1\r\nHost: test\r\n\r\n").await;
        raw.until(r#"{"status":"ready"}"#).await;
        serving.signal(name);
        raw.until_closed().await;
        assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{name}");
        let mut rest = String::new();
        serving.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "{name}: logs belong to standard error");
    }
}

#[test]
fn the_banner_fits_a_screen_and_shows_a_command_that_works() {
    let serving = Serving::start();
    let banner = &serving.banner;
    assert!(banner.lines().count() <= 24, "{banner}");
    let command = banner.lines().find(|line| line.contains("| curl")).unwrap();
    assert!(command.contains("example | curl"), "{command}");
    let path = command
        .rsplit_once(&serving.address.to_string())
        .unwrap()
        .1
        .trim();
    assert!(
        banner.contains(&format!("POST http://{}{path}", serving.address)),
        "{banner}"
    );
}

/// SC-07, SC-23: whatever a caller says, the log does not repeat it, not even with everything switched on.
#[tokio::test]
async fn the_log_repeats_nothing_of_a_request() {
    let mut serving = Serving::logging("trace");
    let id = serving.service_id();
    let canary = "canary-4711";
    let more = format!("Authorization: Bearer {canary}\r\nOrigin: http://{canary}\r\n");
    let body = include_str!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");
    let bodies = [
        body.replace("ServiceRequest", canary),
        format!("{{\"hook\":\"{canary}\"}}"),
        canary.to_owned(),
    ];
    for id in [&id, canary] {
        for body in &bodies {
            let length = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
            let mut raw = Raw::connect(serving.address).await;
            raw.send(head(id, &(length + &more)) + body).await;
            raw.until_closed().await;
        }
    }
    serving.signal("TERM");
    let mut log = String::new();
    serving
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    assert!(log.contains("exchange") && log.lines().count() >= 6, "{log}");
    assert!(!log.contains(canary), "{log}");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

/// P-02: a body nested deeper than we read is refused, and nothing falls over.
#[tokio::test]
async fn a_bottomless_body_does_not_end_the_service() {
    let serving = Serving::start();
    let id = serving
        .banner
        .split("/cds-services/")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    for depth in [65, 100_000] {
        let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let mut raw = Raw::connect(serving.address).await;
        raw.send(
            head(
                &id,
                &format!("Content-Length: {}\r\nConnection: close\r\n", body.len()),
            ) + &body,
        )
        .await;
        let said = raw.until_closed().await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{depth}: {said}");
    }
}

#[test]
fn a_taken_port_is_said_and_a_way_out_given() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let message = [
        address.as_str(),
        "another program listens there",
        "help: ",
        "--listen",
    ];
    fails(&["serve", "--listen", &address], 1, &message);
}

#[test]
fn an_open_address_needs_a_word_of_consent() {
    fails(
        &["serve", "--listen", "0.0.0.0:0"],
        1,
        &["`0.0.0.0:0`", "not authenticated", "--allow-remote"],
    );
}

#[test]
fn wrong_usage_is_said_with_the_usage() {
    fails(&["serve", "--port", "1"], 2, &["--port", "Usage: "]);
    fails(&["serve", "--listen", "nowhere"], 2, &["nowhere", "--listen"]);
    fails(
        &["explain", "-", "--as-of", "yesterday"],
        2,
        &["yesterday", "--as-of"],
    );
    fails(&[], 2, &["Usage: "]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let nowhere = "no/such/place";
    for command in [
        &["serve"][..],
        &["explain", "-"],
        &["knowledge", "lint"],
        &["knowledge", "test"],
    ] {
        let arguments = [command, &["--cards", nowhere]].concat();
        fails(&arguments, 1, &["`no/such/place`: does not exist", "help: "]);
        let arguments = [command, &["--cards", "Cargo.toml"]].concat();
        fails(
            &arguments,
            1,
            &["`Cargo.toml`: is a file, not a folder", "help: "],
        );
    }
    fails(
        &["explain", nowhere],
        1,
        &["`no/such/place`: does not exist", "help: "],
    );
    fails(
        &["explain", "src"],
        1,
        &["`src`: is a folder, not a file", "help: "],
    );
    fails(
        &["explain", "--ndjson", nowhere],
        1,
        &["`no/such/place`: does not exist", "help: "],
    );
}

#[test]
fn examples_are_listed_printed_and_missed() {
    let out = output(&["example", "--list"]);
    let names = String::from_utf8(out.stdout).unwrap();
    assert!(
        names
            .lines()
            .any(|name| name == "order-select/seed-noncontrast-ct"),
        "{names}"
    );
    for name in names.lines() {
        let out = output(&["example", name]);
        assert!(out.status.success(), "{name}");
        let request: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert!(request["hook"].is_string(), "{name}");
    }
    fails(
        &["example", "nothing"],
        1,
        &[
            "`nothing`: no example has this name",
            "order-select/seed-noncontrast-ct",
        ],
    );
}

#[test]
fn a_bad_line_costs_only_itself() {
    let mut child = apposite(&["explain", "--ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"not json\n\n[1]\n")
        .unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    let lines: Vec<serde_json::Value> = out
        .stdout
        .split_inclusive(|b| *b == b'\n')
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    assert_eq!(
        lines
            .iter()
            .map(|l| l["line"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(
        String::from_utf8(out.stderr).unwrap(),
        "2 of 2 requests could not be judged\n"
    );
}

#[test]
fn the_version_is_told() {
    let out = output(&["--version"]);
    let expect = concat!("apposite ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expect);
}

/// A site's own codes: what lacks is listed, what is mapped is judged and offered in the site's own code.
#[test]
fn local_codes_are_listed_checked_and_used() {
    let folder = std::env::temp_dir().join(format!("apposite-codes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/hooks/order-select/seed-noncontrast-ct.json"
    );
    let mut request: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(fixture).unwrap()).unwrap();
    let order = &mut request["context"]["draftOrders"]["entry"][0]["resource"];
    let local =
        serde_json::json!({ "system": "urn:example:site:orders", "code": "IMG1403", "display": "AP PLAIN" });
    order["code"] = serde_json::json!({ "coding": [local] });
    order["category"] =
        serde_json::json!([{ "coding": [{ "system": "http://snomed.info/sct", "code": "363679005" }] }]);
    let requests = folder.join("requests.ndjson");
    std::fs::write(&requests, format!("{request}\n{request}\nnot json\n")).unwrap();
    let requests = requests.to_str().unwrap();
    let map = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/local-codes.csv");
    let said = |arguments: &[&str]| {
        let out = output(arguments);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };

    let listed = said(&["codes", "unmapped", requests]);
    assert!(
        listed.contains("# 3 requests, 1 of them unreadable; 2 imaging orders, 2 of them"),
        "{listed}"
    );
    assert!(
        listed.contains("# seen 2 times\nurn:example:site:orders,,IMG1403,AP PLAIN,,,,\n"),
        "{listed}"
    );
    let none = said(&["codes", "unmapped", requests, "--local-codes", map]);
    assert!(!none.contains("IMG1403"), "{none}");
    assert!(said(&["codes", "check", map]).contains("5 local codes, no findings"));

    let one = folder.join("one.json");
    std::fs::write(&one, request.to_string()).unwrap();
    let one = one.to_str().unwrap();
    let explain = |more: &[&str]| -> serde_json::Value {
        let all = [
            &["explain", one, "--as-of", "2026-06-15", "--format", "json"],
            more,
        ]
        .concat();
        serde_json::from_str(&said(&all)).unwrap()
    };
    let before = explain(&[]);
    assert_eq!(before["decisions"][0]["unmappedCodes"][0]["code"], "IMG1403");
    assert_eq!(
        before["response"]["cards"],
        serde_json::json!([]),
        "unknown stays unknown"
    );
    let after = explain(&["--local-codes", map]);
    assert_eq!(after["decisions"][0]["advice"][0]["kind"], "UNA_NONCONTRAST");
    assert_eq!(after["knowledge"]["localCodes"]["lines"], 5);
    let offered =
        &after["response"]["cards"][0]["suggestions"][0]["actions"][0]["resource"]["code"]["coding"][0];
    assert_eq!(offered["system"], "urn:example:site:orders");
    assert_eq!(offered["code"], "IMG2207");

    // As a call of a client that has codes of its own, in a file beside its configuration.
    let config = folder.join("apposite.toml");
    let client = "[[client]]\nname = 'site'\nissuer = 'i'\njwks_url = 'https://ehr.example.org/jwks'\n";
    std::fs::write(
        &config,
        format!("{client}local_codes = '{map}'\ndialect = 'generic-1.0'\n"),
    )
    .unwrap();
    let config = config.to_str().unwrap();
    assert_eq!(
        explain(&["--config", config])["response"]["cards"],
        serde_json::json!([])
    );
    let theirs = explain(&["--config", config, "--client", "site"]);
    assert_eq!(theirs["decisions"], after["decisions"]);
    let card = &theirs["response"]["cards"][0];
    assert!(
        card["uuid"].is_null() && card["summary"].is_string(),
        "as its dialect has it: {card}"
    );
    fails(
        &["explain", one, "--config", config, "--client", "nobody"],
        1,
        &["`nobody`", "help: there are: site"],
    );
    fails(&["explain", one, "--client", "site"], 2, &["--config"]);

    let broken = folder.join("broken.csv");
    std::fs::write(&broken, "system,code\nx,y\n").unwrap();
    fails(
        &["codes", "check", broken.to_str().unwrap()],
        1,
        &["error[M001]: line 2", "deploy/local-codes.md"],
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
