//! The store in one file: SQLite, driven by one thread of its own, so that no call ever waits for a disk.
//!
//! A transaction is committed only once it is on the disk (`synchronous = FULL`): what was answered with 2xx survives the
//! end of the process and of the machine (promise P4). After a failure the file is opened anew before the next statement,
//! which also makes SQLite look at what is really there.

use super::fault::StoreFault;
use super::statement::{Row, Statement, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, TransactionBehavior};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a statement waits for another process that writes to the same file.
const BUSY: Duration = Duration::from_secs(2);

/// What the thread is asked to do.
enum Job {
    Commit(Vec<Statement>, oneshot::Sender<Result<Vec<u64>, StoreFault>>),
    Query(Statement, oneshot::Sender<Result<Vec<Row>, StoreFault>>),
}

/// A file, and the thread that writes it.
#[derive(Clone)]
pub(super) struct File {
    jobs: Sender<Job>,
}

impl File {
    /// Makes the file where there is none, and the thread.
    pub(super) fn open(file: &Path, durable: bool) -> Result<Self, StoreFault> {
        make_private(file)?;
        let opened = connect(file, durable)?;
        let (jobs, asked) = channel();
        let path = file.to_owned();
        let thread = std::thread::Builder::new().name("store".to_owned());
        thread
            .spawn(move || work(&asked, &path, durable, opened))
            .map_err(|e| fault_at(file, &e))?;
        Ok(Self { jobs })
    }

    pub(super) async fn commit(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreFault> {
        let (told, answer) = oneshot::channel();
        self.ask(Job::Commit(statements, told), answer).await
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<Row>, StoreFault> {
        let (told, answer) = oneshot::channel();
        self.ask(Job::Query(statement, told), answer).await
    }

    async fn ask<T>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, StoreFault>>,
    ) -> Result<T, StoreFault> {
        let gone = || StoreFault::unreachable("the thread has ended");
        self.jobs.send(job).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// The life of the thread: until nobody can ask any more.
fn work(asked: &Receiver<Job>, file: &Path, durable: bool, opened: Connection) {
    let mut held = Some(opened);
    while let Ok(job) = asked.recv() {
        match job {
            // Whoever asked may have given up meanwhile; what was committed stays.
            Job::Commit(statements, told) => {
                let done = with(&mut held, file, durable, |c| commit(c, &statements));
                let _ = told.send(done);
            }
            Job::Query(statement, told) => {
                let _ = told.send(with(&mut held, file, durable, |c| query(c, &statement)));
            }
        }
    }
}

/// Does something with the connection, and lets go of it if that fails.
fn with<T>(
    held: &mut Option<Connection>,
    file: &Path,
    durable: bool,
    act: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreFault> {
    let connection = match held {
        Some(connection) => connection,
        None => held.insert(connect(file, durable)?),
    };
    act(connection).map_err(|error| {
        *held = None;
        fault(&error)
    })
}

fn commit(connection: &mut Connection, statements: &[Statement]) -> rusqlite::Result<Vec<u64>> {
    // The right to write is asked for at once: a reader that turns writer half-way could be refused.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut changed = Vec::with_capacity(statements.len());
    // The texts are few, the statements many: each text is read once for all of them.
    let mut ready: HashMap<&str, rusqlite::Statement<'_>> = HashMap::new();
    for statement in statements {
        let prepared = match ready.entry(statement.sql) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(transaction.prepare(statement.sql)?),
        };
        let rows = prepared.execute(rusqlite::params_from_iter(&statement.values))?;
        changed.push(u64::try_from(rows).unwrap_or(u64::MAX));
    }
    drop(ready);
    transaction.commit()?;
    Ok(changed)
}

fn query(connection: &mut Connection, statement: &Statement) -> rusqlite::Result<Vec<Row>> {
    let mut prepared = connection.prepare(statement.sql)?;
    let columns = prepared.column_count();
    let rows = prepared.query_map(rusqlite::params_from_iter(&statement.values), |row| {
        (0..columns)
            .map(|column| {
                Ok(match row.get_ref(column)? {
                    ValueRef::Integer(number) => Value::Number(number),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    _ => Value::Text(String::new()),
                })
            })
            .collect()
    })?;
    rows.collect()
}

fn connect(file: &Path, durable: bool) -> Result<Connection, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", if durable { "full" } else { "normal" })?;
        // What is deleted is overwritten: a purged row is gone from the file, too.
        connection.pragma_update(None, "secure_delete", "on")?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| fault(&error))
}

/// The folder and the file, for this user only.
pub(super) fn make_private(file: &Path) -> Result<(), StoreFault> {
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        made.map_err(|e| fault_at(folder, &e))?;
    }
    let mut new = OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let about = fs::metadata(file).map_err(|e| fault_at(file, &e))?;
            if about.is_file() {
                Ok(())
            } else {
                Err(told(file, "is not a file"))
            }
        }
        Err(error) => Err(fault_at(file, &error)),
    }
}

fn fault_at(place: &Path, error: &std::io::Error) -> StoreFault {
    let why = match error.kind() {
        ErrorKind::NotFound => "there is no such folder",
        ErrorKind::PermissionDenied => "this user may not write there",
        ErrorKind::ReadOnlyFilesystem => "nothing can be written there",
        ErrorKind::StorageFull => "the disk is full",
        ErrorKind::NotADirectory => "a part of this path is not a folder",
        _ => "cannot be made",
    };
    told(place, why)
}

fn told(place: &Path, why: &str) -> StoreFault {
    StoreFault::File {
        file: PathBuf::from(place),
        why: why.to_owned(),
    }
}

/// SQLite's own word for what is wrong; its messages may quote rows.
fn fault(error: &rusqlite::Error) -> StoreFault {
    let Some(code) = error.sqlite_error_code() else {
        return StoreFault::refused("sqlite");
    };
    let word = format!("sqlite {code:?}");
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen => {
            StoreFault::unreachable(word)
        }
        _ => StoreFault::refused(word),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Number(number) => ValueRef::Integer(*number),
        }))
    }
}
