//! Used tokens, shared between replicas (SC-15): each passes once among all of them.
//!
//! A call waits for the database a moment at most. Where it does not answer, each replica remembers for itself, as it
//! would without a store, and asks again a second later.

use super::database::Database;
use super::fault::StoreFault;
use super::statement::Statement;
use super::watch::Watch;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a call waits.
const MOMENT: Duration = Duration::from_millis(20);

/// How long nobody asks, after a failure.
const PAUSE: Duration = Duration::from_secs(1);

const USE: &str = "INSERT INTO used_token (issuer, name, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

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
    pause_until: Arc<Mutex<Option<Instant>>>,
    watch: Arc<Watch>,
}

impl Tokens {
    /// `database` must be a connection of its own: calls do not queue behind audit rows.
    pub(super) fn new(database: Database, watch: Arc<Watch>) -> Self {
        Self {
            database,
            pause_until: Arc::default(),
            watch,
        }
    }

    /// Notes the use of a token that nobody would accept from `until` on, in seconds since 1970.
    pub(super) async fn note(&self, issuer: &str, name: &str, until: i64) -> SharedUse {
        let pause = || self.pause_until.lock().unwrap_or_else(PoisonError::into_inner);
        if pause().is_some_and(|until| Instant::now() < until) {
            return SharedUse::Unknown;
        }
        let statement = Statement::new(USE, [issuer.into(), name.into(), until.into()]);
        let asking = self.database.commit(vec![statement]);
        let outcome = tokio::time::timeout(MOMENT, asking).await;
        let outcome = outcome.unwrap_or_else(|_| Err(StoreFault::unreachable("no answer in time")));
        self.watch.sharing(outcome.as_ref().map(|_| ()));
        match outcome {
            Ok(changed) if changed.first() == Some(&0) => SharedUse::Again,
            Ok(_) => SharedUse::First,
            Err(_) => {
                *pause() = Some(Instant::now() + PAUSE);
                SharedUse::Unknown
            }
        }
    }
}
