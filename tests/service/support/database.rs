//! Databases for one test each: a file, or a database of a PostgreSQL that the tests start for themselves.

use apposite::store::{Place, StoreOptions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A folder of its own, removed with it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("apposite-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A store in a file in it.
    pub fn store(&self) -> StoreOptions {
        StoreOptions::at(Place::File(self.0.join("apposite.db")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it would be a nuisance and no more.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Does it with a file, and again with a PostgreSQL.
pub async fn on_both(test: impl AsyncFn(StoreOptions)) {
    let folder = Folder::new();
    eprintln!("in a file:");
    test(folder.store()).await;
    eprintln!("in PostgreSQL:");
    test(folder.postgres().await).await;
}

/// The PostgreSQL of these tests: started by the first that needs it, ended with the process.
static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// A PostgreSQL server that listens on a socket in a folder of its own.
struct Server {
    folder: PathBuf,
    _watchdog: Child,
    /// As long as it is open, the server runs.
    _alive: ChildStdin,
}

/// `$1` the folder, `$2` the programs. The end of its input is the end of the server.
const RUN: &str = r#"
set -e
"$2/initdb" -D "$1/data" -U apposite -A trust -E UTF8 --no-locale --no-sync >"$1/log" 2>&1
"$2/pg_ctl" -D "$1/data" -w -l "$1/log" -o "-k $1 -c listen_addresses='' -c max_connections=200" start >/dev/null
echo ready
read -r _ || true
"$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null
rm -rf "$1"
"#;

impl Server {
    fn start() -> Self {
        let programs = programs().unwrap_or_else(|| {
            panic!("these tests need the programs of PostgreSQL: `apt-get install postgresql`")
        });
        let folder = std::env::temp_dir().join(format!("apposite-pg-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        // It refuses to run as root.
        let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let mut command = if root {
            let owned = Command::new("chown").arg("postgres").arg(&folder).status();
            assert!(owned.unwrap().success());
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut watchdog = command
            .args(["-c", RUN, "sh"])
            .args([&folder, &programs])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(watchdog.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(line, "ready\n", "PostgreSQL does not start: {log}");
        let alive = watchdog.stdin.take().unwrap();
        Self {
            folder,
            _watchdog: watchdog,
            _alive: alive,
        }
    }

    fn url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://apposite@{folder}/{database}")
    }
}

/// Where Debian puts them, or wherever the path has them.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = debian
        .chain(std::env::split_paths(&path))
        .collect::<Vec<_>>()
        .into_iter();
    all.find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

impl Folder {
    /// A store in a database of its own, with its key in this folder.
    pub async fn postgres(&self) -> StoreOptions {
        let server = tokio::task::spawn_blocking(|| &*SERVER).await.unwrap();
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let (client, connection) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let key = self.0.join("key");
        std::fs::write(&key, [7; 32]).unwrap();
        StoreOptions {
            key_file: Some(key),
            ..StoreOptions::at(Place::Postgres(server.url(&name)))
        }
    }
}
