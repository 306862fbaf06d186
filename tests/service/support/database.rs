//! Databases for one test each: a file, or a database of a PostgreSQL that the tests start for themselves.

use apposite::store::{Place, StoreOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
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
static SERVER: LazyLock<Server> = LazyLock::new(Server::own);

static SERVERS: AtomicUsize = AtomicUsize::new(0);

/// A PostgreSQL server that listens on a socket in a folder of its own.
pub struct Server {
    folder: PathBuf,
    _watchdog: Child,
    /// As long as it is open, the server may run; what is written into it is done.
    commands: ChildStdin,
    done: BufReader<ChildStdout>,
}

/// `$1` the folder, `$2` the programs, `$3` the folder of a server to copy and follow, or nothing. Each line of its input
/// is done and answered; the end of its input is the end of the server.
const RUN: &str = r#"
set -e
say() { "$2/pg_ctl" -D "$1/data" -w -l "$1/log" -o "-k $1 -c listen_addresses='' -c max_connections=200" $3 >/dev/null; }
if [ -n "$3" ]; then
  "$2/pg_basebackup" -h "$3" -U apposite -D "$1/data" -R -c fast >"$1/log" 2>&1
else
  "$2/initdb" -D "$1/data" -U apposite -A trust -E UTF8 --no-locale --no-sync >"$1/log" 2>&1
fi
say "$1" "$2" start
echo done
while read -r command; do
  say "$1" "$2" "$command"
  echo done
done
say "$1" "$2" "-m immediate stop" 2>/dev/null || true
rm -rf "$1"
"#;

impl Server {
    /// A server for whoever stops it.
    pub fn own() -> Self {
        Self::start_with("")
    }

    /// A server that follows this one: whatever is committed here is on both disks before it is told.
    pub fn standby(&self) -> Self {
        let second = Self::start_with(&self.folder.display().to_string());
        let psql = programs().unwrap().join("psql");
        for statement in [
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()",
        ] {
            let mut command = Command::new(&psql);
            command
                .args(["-qAt", "-U", "apposite", "-d", "postgres", "-c", statement])
                .arg("-h")
                .arg(&self.folder);
            assert!(command.stdout(Stdio::null()).status().unwrap().success());
        }
        second
    }

    fn start_with(copied: &str) -> Self {
        let programs = programs().unwrap_or_else(|| {
            panic!("these tests need the programs of PostgreSQL: `apt-get install postgresql`")
        });
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("apposite-pg-{}-{number}", std::process::id()));
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
            .arg(copied)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut server = Self {
            commands: watchdog.stdin.take().unwrap(),
            done: BufReader::new(watchdog.stdout.take().unwrap()),
            folder,
            _watchdog: watchdog,
        };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let mut line = String::new();
        self.done.read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(line, "done\n", "PostgreSQL does not do it: {log}");
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
        self.wait();
    }

    /// Ends it as if its machine had failed.
    pub fn stop(&mut self) {
        self.tell("-m immediate stop");
    }

    pub fn start(&mut self) {
        self.tell("start");
    }

    /// Makes a server that follows another one that is written to.
    pub fn promote(&mut self) {
        self.tell("promote");
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://apposite@{}/{database}", self.host())
    }

    /// Both of them, whichever can be written to.
    pub fn url_with(&self, other: &Self, database: &str) -> String {
        format!("postgres://apposite@{},{}/{database}", self.host(), other.host())
    }

    fn host(&self) -> String {
        self.folder.display().to_string().replace('/', "%2F")
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
        self.on(&server.url(&name))
    }

    /// A store in this database, with its key in this folder.
    pub fn on(&self, url: &str) -> StoreOptions {
        let key = self.0.join("key");
        std::fs::write(&key, [7; 32]).unwrap();
        StoreOptions {
            key_file: Some(key),
            ..StoreOptions::at(Place::Postgres(url.to_owned()))
        }
    }
}
