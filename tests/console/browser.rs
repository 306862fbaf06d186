//! A Chromium without a window, driven by the DevTools protocol over a pipe: no port, and no library.
//!
//! One process for all tests; each opens a page of its own. It ends when its pipe does, that is with this process.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

/// No test waits longer than this for anything; only a failing one waits at all.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// `$1` its folder, `$2` the program; what follows are its options. It speaks on 3 and 4; the folder goes when it ends.
const RUN: &str = r#"
exec 3<&0 4>&1 </dev/null >/dev/null 2>"$1/log"
folder=$1
shift
"$@" --user-data-dir="$folder/profile"
rm -rf "$folder"
"#;

static BROWSER: LazyLock<Browser> = LazyLock::new(Browser::start);

/// What was said on its own account in one page.
#[derive(Default)]
struct Heard {
    answers: HashMap<u64, Sender<Value>>,
    events: HashMap<String, Vec<Value>>,
}

/// The browser.
pub struct Browser {
    to: Mutex<ChildStdin>,
    heard: &'static Mutex<Heard>,
    next: AtomicU64,
    _shell: Child,
}

/// The browser of all tests.
pub fn browser() -> &'static Browser {
    &BROWSER
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let own = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let mut found = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    own.or_else(|| found.find(|program| program.exists()))
        .unwrap_or_else(|| {
            panic!("these tests need Chromium: `apt-get install chromium`, or name one in CHROMIUM")
        })
}

impl Browser {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("apposite-chromium-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", RUN, "sh"]).arg(&folder).arg(program());
        command.args([
            "--headless",
            "--remote-debugging-pipe",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--force-color-profile=srgb",
        ]);
        // Its sandbox refuses to be started by root, as build machines do.
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.arg("--no-sandbox");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let heard: &'static Mutex<Heard> = Box::leak(Box::default());
        let from = child.stdout.take().unwrap();
        std::thread::spawn(move || listen(BufReader::new(from), heard));
        Self {
            to: Mutex::new(child.stdin.take().unwrap()),
            heard,
            next: AtomicU64::new(1),
            _shell: child,
        }
    }

    /// Calls a method, of a page or of the browser; the error in its own words.
    pub fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told): (Sender<Value>, Receiver<Value>) = channel();
        self.heard.lock().unwrap().answers.insert(id, tell);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        {
            let mut to = self.to.lock().unwrap();
            let sent = to
                .write_all(message.to_string().as_bytes())
                .and_then(|()| to.write_all(&[0]));
            sent.expect("Chromium has ended: try to start it by hand");
        }
        let answer = told
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("Chromium does not answer {method}"));
        match answer.get("error") {
            Some(error) => Err(error["message"].to_string()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// What a page has said on its own account since it was last asked.
    pub fn events(&self, session: &str) -> Vec<Value> {
        self.heard
            .lock()
            .unwrap()
            .events
            .remove(session)
            .unwrap_or_default()
    }
}

fn listen(mut from: impl std::io::BufRead, heard: &Mutex<Heard>) {
    let mut bytes = Vec::new();
    while from.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
        let message: Value =
            serde_json::from_slice(bytes.strip_suffix(&[0]).unwrap_or(&bytes)).unwrap_or_default();
        bytes.clear();
        let mut heard = heard.lock().unwrap();
        if let Some(id) = message["id"].as_u64() {
            if let Some(tell) = heard.answers.remove(&id) {
                // A test that has given up does not hear it.
                let _ = tell.send(message);
            }
        } else if let Some(session) = message["sessionId"].as_str() {
            heard.events.entry(session.to_owned()).or_default().push(message);
        }
    }
}
