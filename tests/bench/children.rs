//! The two servers, each a process of its own, and what the system knows of their cost.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

/// The argument that turns this program into the yardstick.
pub const YARDSTICK: &str = "--be-the-yardstick";

pub struct Child {
    process: std::process::Child,
    pub address: SocketAddr,
}

impl Child {
    /// The program under test, as users start it.
    pub fn apposite() -> Self {
        Self::keeping("none")
    }

    /// The same, keeping decisions there.
    pub fn keeping(store: &str) -> Self {
        Self::start(Self::serving(store))
    }

    /// The same with a configuration, keeping nothing.
    pub fn configured(file: &Path) -> Self {
        let mut command = Self::serving("none");
        command.arg("--config").arg(file);
        Self::start(command)
    }

    fn serving(store: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apposite"));
        for name in [
            "APPOSITE_CARDS",
            "APPOSITE_LOG",
            "APPOSITE_LISTEN",
            "APPOSITE_CONFIG",
        ] {
            command.env_remove(name);
        }
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--store", store, "--no-console"]);
        command
    }

    /// The bare route.
    pub fn yardstick() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(YARDSTICK);
        Self::start(command)
    }

    /// Both print `http://ADDRESS` in their first line.
    fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().parse();
        Self {
            address: address.unwrap_or_else(|_| panic!("no address in `{line}`")),
            process,
        }
    }

    /// CPU time of all its threads so far: nanoseconds from the scheduler where it keeps them, else clock ticks.
    pub fn cpu_micros(&self) -> f64 {
        cpu_micros(&format!("/proc/{}", self.process.id()))
    }

    pub fn peak_memory_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() / 1024.0
    }
}

/// CPU time of all threads of this process so far.
pub fn own_cpu_micros() -> f64 {
    cpu_micros("/proc/self")
}

fn cpu_micros(process: &str) -> f64 {
    let threads = fs::read_dir(format!("{process}/task")).unwrap();
    let nanos: Option<f64> = threads
        .map(|thread| {
            let stat = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            stat.split_whitespace().next()?.parse::<f64>().ok()
        })
        .sum();
    nanos
        .filter(|n| *n > 0.0)
        .map_or_else(|| ticks(process) * 10_000.0, |n| n / 1_000.0)
}

/// User and system time in hundredths of a second, the unit of every Linux we know.
fn ticks(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("{process}/stat")).unwrap();
    // The name in parentheses may hold spaces; the fields after it do not.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A bare axum route: parse the body to a `Value`, answer one constant card of about 1 kB.
pub fn be_the_yardstick() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let card = serde_json::json!({ "cards": [{
            "uuid": "00000000-0000-0000-0000-000000000000",
            "summary": "x".repeat(120),
            "indicator": "warning",
            "detail": "x".repeat(700),
            "source": { "label": "yardstick", "url": "https://example.org/" }
        }] });
        let card: &'static str = card.to_string().leak();
        let answer = async move |Json(body): Json<Value>| {
            // Looked at, so that parsing cannot be left out.
            assert!(body.is_object());
            ([("content-type", "application/json")], card)
        };
        let router = Router::new().route("/cds-services/yardstick", post(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        std::io::stdout().flush().unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
