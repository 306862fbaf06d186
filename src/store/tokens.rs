//! Used tokens, shared between replicas (SC-15): each passes once among all of them.
//!
//! A call waits for the database a moment at most. Where it does not answer, each replica remembers for itself, as it
//! would without a store, and the database is tried aside until it answers again: connecting may well take longer than a
//! call may wait.

use super::database::Database;
use super::fault::StoreFault;
use super::statement::Statement;
use super::watch::Watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long between two attempts to reach a database that did not answer.
const PAUSE: Duration = Duration::from_millis(500);

const USE: &str = "INSERT INTO used_token (issuer, name, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

/// What a database answers if it is there: a text, since other numbers than ours are none that we read.
const ANSWERS: &str = "SELECT value FROM meta WHERE name = 'key'";

/// What the replicas together know of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedUse {
    /// Nobody has seen it.
    First,
    /// Some replica has.
    Again,
    /// The database does not answer.
    Unknown,
}

/// The used tokens of all replicas.
#[derive(Clone)]
pub(super) struct Tokens {
    database: Database,
    /// How long a call waits.
    moment: Duration,
    /// Whether the database is being tried aside.
    away: Arc<AtomicBool>,
    watch: Arc<Watch>,
}

impl Tokens {
    /// `database` must be a connection of its own: calls do not queue behind audit rows.
    pub(super) async fn new(database: Database, moment: Duration, watch: Arc<Watch>) -> Self {
        let tokens = Self {
            database,
            moment,
            away: Arc::default(),
            watch,
        };
        // Connected before the first call comes.
        if let Err(fault) = tokens.database.prepare().await {
            tokens.lost(&fault);
        }
        tokens
    }

    /// Notes the use of a token that nobody would accept from `until` on, in seconds since 1970.
    pub(super) async fn note(&self, issuer: &str, name: &str, until: i64) -> SharedUse {
        if self.away.load(Ordering::Acquire) {
            return SharedUse::Unknown;
        }
        let statement = Statement::new(USE, [issuer.into(), name.into(), until.into()]);
        let asking = self.database.commit(vec![statement]);
        let outcome = tokio::time::timeout(self.moment, asking).await;
        match outcome.unwrap_or_else(|_| Err(StoreFault::unreachable("no answer in time"))) {
            Ok(changed) if changed.first() == Some(&0) => SharedUse::Again,
            Ok(_) => SharedUse::First,
            Err(fault) => {
                self.lost(&fault);
                SharedUse::Unknown
            }
        }
    }

    /// Tries the database until it answers, while calls do without it.
    fn lost(&self, fault: &StoreFault) {
        if self.away.swap(true, Ordering::AcqRel) {
            return;
        }
        self.watch.sharing(Err(fault));
        let (database, watch) = (self.database.clone(), Arc::clone(&self.watch));
        // When the store has gone, nobody needs to know any more.
        let away = Arc::downgrade(&self.away);
        tokio::spawn(async move {
            while let Some(away) = away.upgrade() {
                if database.query(Statement::plain(ANSWERS)).await.is_ok() {
                    watch.sharing(Ok(()));
                    away.store(false, Ordering::Release);
                    return;
                }
                drop(away);
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
}
