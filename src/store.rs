//! What outlives a call: an audit row for each decision, what clients tell of cards, and tokens used, where replicas
//! share them.
//!
//! Kept in one file (SQLite, made on start) or in a PostgreSQL; the same tables, the same statements. Hooks never wait for
//! it and go on without it (promise P3); feedback is kept before it is answered, or refused (P4). Persons and orders
//! appear as pseudonyms only (SC-19). It knows nothing of hooks, cards or medicine but the words in its rows; what these
//! say is up to `service::record` and `service::feedback`; what they come to is counted by `insight`, whose rows it fills.

mod audit;
mod codes;
mod database;
mod fault;
mod feedback;
mod history;
mod key;
mod place;
mod postgres;
mod purge;
mod queue;
mod schema;
mod sqlite;
mod statement;
mod switch;
mod tokens;
mod watch;

pub use audit::{Audit, AuditedCard, AuditedDecision, Owner};
pub use fault::StoreFault;
pub use feedback::{Feedback, Kept, Told};
pub use history::Order;
pub use place::Place;
pub use statement::{Row, Statement, Value};
pub use switch::{Scope, Switch};
pub use tokens::SharedUse;
pub use watch::StoreStanding;

use crate::insight::Filter;
use crate::insight::row::{Call, UnmappedCode};
use database::Database;
use key::Key;
use postgres::Access;
use queue::Queue;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokens::Tokens;
use watch::Watch;

/// How often what is too old is looked for.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// How long whoever tells feedback waits for it to be kept.
const PATIENCE: Duration = Duration::from_secs(5);

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// How a store is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// Where.
    pub place: Place,
    /// The key of the pseudonyms; beside the file if left out.
    pub key_file: Option<PathBuf>,
    /// The password of the database, in a file.
    pub password_file: Option<PathBuf>,
    /// Who signs the certificate of a database on another machine.
    pub authorities: Option<PathBuf>,
    /// Days after which rows are deleted.
    pub keep_days: u32,
    /// Days after which comments are deleted.
    pub comment_days: u32,
    /// Whether comments are kept at all (SC-20).
    pub comments: bool,
    /// Audit rows that may wait.
    pub queue: usize,
    /// Whether replicas share the tokens used.
    pub share_tokens: bool,
    /// How long a call waits for that.
    pub token_time: Duration,
}

impl StoreOptions {
    /// A store at this place, and the defaults.
    #[must_use]
    pub fn at(place: Place) -> Self {
        Self {
            place,
            key_file: None,
            password_file: None,
            authorities: None,
            keep_days: 2190,
            comment_days: 90,
            comments: false,
            queue: 4096,
            share_tokens: false,
            token_time: Duration::from_millis(20),
        }
    }
}

/// The store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

struct Inner {
    options: StoreOptions,
    database: Database,
    /// A connection of its own: whoever reads much holds up nobody who writes.
    reading: Database,
    key: Key,
    queue: Queue,
    tokens: Option<Tokens>,
    watch: Arc<Watch>,
}

impl Store {
    /// Opens the store, and makes it where there is none; nothing for nowhere. A database on a server need not be there
    /// yet: it is asked again when there is something to write.
    ///
    /// # Errors
    /// If the file cannot be made, the key cannot be read, or the tables are not ours to write.
    pub async fn open(options: StoreOptions) -> Result<Option<Self>, StoreFault> {
        let access = Access {
            password_file: options.password_file.as_deref(),
            authorities: options.authorities.as_deref(),
        };
        let key = match (&options.key_file, &options.place) {
            (_, Place::Nowhere) => return Ok(None),
            (Some(file), _) => Key::load(file, false)?,
            (None, Place::File(file)) => {
                sqlite::make_private(file)?;
                Key::load(&file.with_extension("key"), true)?
            }
            // Replicas with keys of their own would each give a person another pseudonym.
            (None, Place::Postgres(_)) => {
                return Err(StoreFault::Setting {
                    setting: "store.key_file",
                    why: "is missing; replicas on one database need the same key".to_owned(),
                });
            }
        };
        let proof = key.pseudonym("key", &[]);
        let Some(database) = Database::at(&options.place, &access, &proof, true)? else {
            return Ok(None);
        };
        let watch = Arc::new(Watch::default());
        let tokens = match options.share_tokens {
            true => Database::at(&options.place, &access, &proof, false)?,
            false => None,
        };
        let ready = database.prepare().await;
        watch.wrote(ready.as_ref().copied());
        match ready {
            Err(fault) if !(fault.may_pass() && database.is_elsewhere()) => return Err(fault),
            _ => {}
        }
        let tokens = match tokens {
            Some(database) => Some(Tokens::new(database, options.token_time, Arc::clone(&watch)).await),
            None => None,
        };
        let reading =
            Database::at(&options.place, &access, &proof, false)?.unwrap_or_else(|| database.clone());
        let queue = Queue::start(database.clone(), options.queue, Arc::clone(&watch));
        Ok(Some(Self(Arc::new(Inner {
            options,
            database,
            reading,
            key,
            queue,
            tokens,
            watch,
        }))))
    }

    /// Hands in an audit row. Never waits; what cannot be kept is lost, and counted.
    pub fn audit(&self, row: Audit) {
        self.0.queue.add(Box::new(row));
    }

    /// Keeps feedback, all of it or nothing. On the disk when this returns.
    ///
    /// # Errors
    /// If it could not be kept; it may be told again.
    pub async fn feedback(&self, mut feedback: Feedback) -> Result<Vec<Kept>, StoreFault> {
        if !self.0.options.comments {
            feedback.items.iter_mut().for_each(|told| told.comment = None);
        }
        let keeping = self.0.queue.keep(feedback);
        let late = |_| Err(StoreFault::unreachable("no answer in time"));
        tokio::time::timeout(PATIENCE, keeping).await.unwrap_or_else(late)
    }

    /// Notes the use of a token among all replicas; nothing where they do not share.
    pub async fn note_token(&self, issuer: &str, name: &str, until: i64) -> Option<SharedUse> {
        match &self.0.tokens {
            Some(tokens) => Some(tokens.note(issuer, name, until).await),
            None => None,
        }
    }

    /// A pseudonym of what these parts name; the same for the same parts.
    #[must_use]
    pub fn pseudonym(&self, about: &str, parts: &[&str]) -> String {
        self.0.key.pseudonym(about, parts)
    }

    /// How it is doing.
    #[must_use]
    pub fn standing(&self) -> StoreStanding {
        self.0.watch.standing()
    }

    /// The rows that answer a question, for reports.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn query(&self, statement: Statement) -> Result<Vec<Row>, StoreFault> {
        self.0.reading.query(statement).await
    }

    /// Calls that a filter may let through, as far as the database can tell: at most `size`, behind `from` (time and id).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn calls(
        &self,
        filter: &Filter,
        order: Order,
        from: Option<&(i64, String)>,
        size: usize,
    ) -> Result<Vec<Call>, StoreFault> {
        history::calls(&self.0.reading, filter, order, from, size).await
    }

    /// Order codes that nobody could explain, by day and client.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unmapped(&self, filter: &Filter) -> Result<Vec<UnmappedCode>, StoreFault> {
        history::unmapped(&self.0.reading, filter).await
    }

    /// How much was told of cards that are not known as the teller's.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn told_of_unknown(&self, filter: &Filter) -> Result<u64, StoreFault> {
        history::told_of_unknown(&self.0.reading, filter).await
    }

    /// All switches that were ever set, as they stand.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn switches(&self) -> Result<Vec<Switch>, StoreFault> {
        switch::all(&self.0.reading).await
    }

    /// The last changes of switches, the latest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn switch_changes(&self, most: usize) -> Result<Vec<Switch>, StoreFault> {
        switch::changes(&self.0.reading, most).await
    }

    /// Sets a switch, and keeps who did it and why. On the disk when this returns.
    ///
    /// # Errors
    /// If it could not be kept; it may be set again.
    pub async fn set_switch(&self, switch: &Switch) -> Result<(), StoreFault> {
        let at = switch.at.to_string();
        let off = if switch.off { "off" } else { "on" };
        let id = self.pseudonym("switch", &[switch.scope.key(), &switch.name, off, &at]);
        switch::set(&self.0.database, &id, switch).await
    }

    /// Deletes what is older than it may become at this time, in milliseconds since 1970.
    ///
    /// # Errors
    /// If the database does not answer; what was deleted until then is deleted.
    pub async fn purge(&self, now: i64) -> Result<u64, StoreFault> {
        let before = |days: u32| now.saturating_sub(i64::from(days).saturating_mul(DAY_MILLIS));
        let options = &self.0.options;
        let oldest = purge::Oldest {
            rows: before(options.keep_days),
            comments: before(options.comment_days.min(options.keep_days)),
            tokens: now.div_euclid(1000),
        };
        purge::purge(&self.0.database, oldest).await
    }

    /// Deletes what is too old, now and then, until it is dropped.
    pub async fn keep_purging(self, now: impl Fn() -> i64) {
        loop {
            match self.purge(now()).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "deleted what was kept long enough"),
                Err(fault) => tracing::warn!(%fault, "what was kept long enough is not deleted yet"),
            }
            tokio::time::sleep(PURGE_EVERY).await;
        }
    }

    /// Writes what still waits, as far as that is possible.
    pub async fn close(&self) {
        self.0.queue.end().await;
    }
}
