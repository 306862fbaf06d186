//! What was answered with 2xx is there afterwards, whatever happens to the process and its disk (promise P4, tests 9
//! to 11). The program itself runs as a child.

use crate::cli::Serving;
use crate::feedback::overridden;
use crate::support::database::Folder;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

const ROUNDS: usize = 20;
const WRITERS: usize = 4;

/// Status of one piece of feedback about this card; nothing if the connection broke.
fn tell(address: SocketAddr, card: &str) -> Option<u16> {
    let body = json!({ "feedback": [overridden(card)] }).to_string();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let head = format!(
        "POST /cds-services/pnet-imaging/feedback HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).ok()?;
    let mut answer = Vec::new();
    // A reset after the head is as good as its end.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

/// The cards that feedback is kept of.
fn kept(folder: &Folder) -> BTreeSet<String> {
    let file = rusqlite::Connection::open(folder.0.join("apposite.db")).unwrap();
    let sound: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    let mut rows = file.prepare("SELECT card FROM feedback").unwrap();
    let cards = rows.query_map([], |row| row.get(0)).unwrap();
    cards.map(Result::unwrap).collect()
}

fn serve(folder: &Folder) -> Serving {
    let place = format!("sqlite:{}", folder.0.join("apposite.db").display());
    // What cannot be written is an error, as on a full disk, and not the end of the process.
    let mut command = Command::new("env");
    command.args(["--ignore-signal=XFSZ", env!("CARGO_BIN_EXE_apposite")]);
    command.args(["serve", "--listen", "127.0.0.1:0", "--store", &place]);
    Serving::run(command, "error")
}

/// The answer to a call that gets a card.
fn call(address: SocketAddr) -> String {
    let call = include_bytes!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /cds-services/pnet-imaging HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        call.len()
    );
    stream.write_all(&[head.as_bytes(), call].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn card(round: usize, number: usize) -> String {
    format!("00000000-0000-4000-8000-{round:04}{number:08}")
}

/// P4, test 9: killed in the middle of writing, again and again; nothing acknowledged is lost, and it starts again.
#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = Folder::new();
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut serving = serve(&folder);
        let (address, number) = (serving.address, AtomicUsize::new(0));
        let (say, said) = channel();
        let mut in_round = 0;
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                let (say, number) = (say.clone(), &number);
                scope.spawn(move || {
                    loop {
                        let card = card(round, number.fetch_add(1, Ordering::Relaxed));
                        match tell(address, &card) {
                            Some(200) => say.send(card).unwrap(),
                            _ => return,
                        }
                    }
                });
            }
            drop(say);
            // Another moment in each round.
            for card in said {
                acknowledged.insert(card);
                in_round += 1;
                if in_round == 1 + round * 3 {
                    serving.child.kill().unwrap();
                }
            }
        });
        let kept = kept(&folder);
        let lost: Vec<_> = acknowledged.difference(&kept).collect();
        assert_eq!(lost, [""; 0], "round {round}");
    }
    assert!(acknowledged.len() > ROUNDS * 10, "{}", acknowledged.len());
}

/// P3, P4, test 10: no byte more fits on the disk. Feedback is refused, calls are answered; once there is room, feedback
/// is kept without a restart, and nothing that was acknowledged is lost.
#[test]
fn a_full_disk_costs_no_acknowledged_feedback() {
    let folder = Folder::new();
    let serving = serve(&folder);
    let limit = |size: &str| {
        let process = serving.child.id().to_string();
        let limited = Command::new("prlimit").args(["--pid", &process, size]).status();
        assert!(limited.unwrap().success());
    };
    let mut acknowledged = BTreeSet::new();
    let mut told = 0;
    let mut tell = |acknowledged: &mut BTreeSet<String>| {
        told += 1;
        let card = card(0, told);
        let status = tell(serving.address, &card);
        if status == Some(200) {
            acknowledged.insert(card);
        }
        status
    };
    for _ in 0..20 {
        assert_eq!(tell(&mut acknowledged), Some(200));
    }
    // The log that is written ahead reaches this length soon.
    let ahead = folder.0.join("apposite.db-wal");
    let length = std::fs::metadata(ahead).unwrap().len() + 10_000;
    limit(&format!("--fsize={length}:unlimited"));
    let refused = (0..1000).find(|_| tell(&mut acknowledged) == Some(503));
    assert!(refused.is_some(), "the disk is full");
    for _ in 0..5 {
        let answer = call(serving.address);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    limit("--fsize=unlimited:unlimited");
    assert_eq!(tell(&mut acknowledged), Some(200));
    let kept = kept(&folder);
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert_eq!(lost, [""; 0]);
}

/// Calls that write to files fail with EIO while `$APPOSITE_TEST_EIO` exists; sockets go on.
const BROKEN_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static int broken(void) { const char *flag = getenv("APPOSITE_TEST_EIO"); return flag && access(flag, F_OK) == 0; }
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name); \
    if (broken()) { errno = EIO; return -1; }
int fsync(int fd) { REAL(int, "fsync", int) return real(fd); }
int fdatasync(int fd) { REAL(int, "fdatasync", int) return real(fd); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(ssize_t, "pwrite", int, const void *, size_t, off_t) return real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t) return real(fd, b, n, o); }
"#;

/// P3, P4, test 11: the disk fails again and again. Feedback is refused meanwhile, calls are answered; once it works,
/// feedback is kept without a restart, and nothing that was acknowledged is lost, also after kill -9.
#[test]
fn a_failing_disk_costs_no_acknowledged_feedback() {
    let folder = Folder::new();
    let (code, library, flag) = (
        folder.0.join("disk.c"),
        folder.0.join("disk.so"),
        folder.0.join("broken"),
    );
    std::fs::write(&code, BROKEN_DISK).unwrap();
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&code)
        .arg("-ldl");
    assert!(compiler.status().unwrap().success());
    let place = format!("sqlite:{}", folder.0.join("apposite.db").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_apposite"));
    command
        .env("LD_PRELOAD", &library)
        .env("APPOSITE_TEST_EIO", &flag);
    command.args(["serve", "--listen", "127.0.0.1:0", "--store", &place]);
    let mut serving = Serving::run(command, "error");
    let mut acknowledged = BTreeSet::new();
    let mut number = 0;
    let mut next = |acknowledged: &mut BTreeSet<String>| {
        number += 1;
        let card = card(1, number);
        let status = tell(serving.address, &card);
        if status == Some(200) {
            acknowledged.insert(card);
        }
        status
    };
    for round in 0..5 {
        for _ in 0..5 {
            assert_eq!(next(&mut acknowledged), Some(200), "round {round}");
        }
        std::fs::write(&flag, "").unwrap();
        for _ in 0..3 {
            assert_eq!(next(&mut acknowledged), Some(503), "round {round}");
            assert!(call(serving.address).starts_with("HTTP/1.1 200"));
        }
        std::fs::remove_file(&flag).unwrap();
    }
    assert_eq!(next(&mut acknowledged), Some(200));
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    let kept = kept(&folder);
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert_eq!(lost, [""; 0]);
    assert_eq!(acknowledged.len(), 26);
}
