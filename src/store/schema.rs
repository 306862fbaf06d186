//! The tables, as steps that are taken once, in order: a store of an older version is brought up to date when it is
//! opened, one of a newer version is left alone.
//!
//! One text for SQLite and PostgreSQL. Times are milliseconds since 1970 in UTC. What is not known is an empty text. No
//! table holds a name of a person, an order or a record: only pseudonyms, and words of the knowledge and configuration.

use super::database::Database;
use super::fault::StoreFault;
use super::statement::Statement;

/// The version of the last step.
const VERSION: i64 = 2;

const META: &str = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)";

/// Each step after the one before.
const STEPS: &[&[&str]] = &[FIRST, SECOND];

const FIRST: &[&str] = &[
    // One row for each call that was let in (SC-19).
    "CREATE TABLE audit_call (
        id TEXT PRIMARY KEY, at BIGINT NOT NULL, micros BIGINT NOT NULL,
        service TEXT NOT NULL, hook TEXT NOT NULL, hook_instance TEXT NOT NULL,
        client TEXT NOT NULL, issuer TEXT NOT NULL, tenant TEXT NOT NULL,
        user_pseudonym TEXT NOT NULL, patient_pseudonym TEXT NOT NULL,
        outcome TEXT NOT NULL, gathered TEXT NOT NULL, missing TEXT NOT NULL, orders BIGINT NOT NULL,
        knowledge TEXT NOT NULL, knowledge_version TEXT NOT NULL, knowledge_digest TEXT NOT NULL,
        service_version TEXT NOT NULL)",
    "CREATE INDEX audit_call_at ON audit_call (at)",
    // One for each order judged in it.
    "CREATE TABLE audit_decision (
        call_id TEXT NOT NULL, place BIGINT NOT NULL, order_pseudonym TEXT NOT NULL, selected BIGINT NOT NULL,
        study TEXT NOT NULL, scenario TEXT NOT NULL, certainty TEXT NOT NULL, rating TEXT NOT NULL,
        rules TEXT NOT NULL, last_step TEXT NOT NULL, unmapped BIGINT NOT NULL,
        PRIMARY KEY (call_id, place))",
    // One for each card; place -1 where it is about no single order.
    "CREATE TABLE audit_card (
        card TEXT NOT NULL, call_id TEXT NOT NULL, place BIGINT NOT NULL, at BIGINT NOT NULL,
        issuer TEXT NOT NULL, tenant TEXT NOT NULL, kind TEXT NOT NULL, indicator TEXT NOT NULL,
        PRIMARY KEY (card, call_id))",
    "CREATE INDEX audit_card_call ON audit_card (call_id)",
    // One for each suggestion on it.
    "CREATE TABLE audit_suggestion (
        suggestion TEXT NOT NULL, card TEXT NOT NULL, call_id TEXT NOT NULL, place BIGINT NOT NULL, offer TEXT NOT NULL,
        PRIMARY KEY (suggestion, call_id))",
    "CREATE INDEX audit_suggestion_call ON audit_suggestion (call_id)",
    // One for each thing a client told of a card; the id derives from all that was told, so that a repeat is none.
    "CREATE TABLE feedback (
        id TEXT PRIMARY KEY, at BIGINT NOT NULL, service TEXT NOT NULL,
        client TEXT NOT NULL, issuer TEXT NOT NULL, tenant TEXT NOT NULL,
        card TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL, outcome_at BIGINT NOT NULL,
        reason TEXT NOT NULL)",
    "CREATE INDEX feedback_at ON feedback (at)",
    "CREATE INDEX feedback_card ON feedback (card)",
    "CREATE TABLE feedback_suggestion (
        feedback_id TEXT NOT NULL, suggestion TEXT NOT NULL, PRIMARY KEY (feedback_id, suggestion))",
    // Apart from the rest, and only where the operator wants it (SC-20): people write about patients.
    "CREATE TABLE feedback_comment (feedback_id TEXT PRIMARY KEY, at BIGINT NOT NULL, words TEXT NOT NULL)",
    "CREATE INDEX feedback_comment_at ON feedback_comment (at)",
    // Tokens used at some replica (SC-15); the name is a digest.
    "CREATE TABLE used_token (
        issuer TEXT NOT NULL, name TEXT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY (issuer, name))",
    "CREATE INDEX used_token_until ON used_token (until)",
];

/// What reports and switches need.
const SECOND: &[&str] = &[
    // Why nothing was said about an order.
    "ALTER TABLE audit_decision ADD COLUMN gate TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audit_decision ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    // Whether a card was shown: cards kept back are rows, too.
    "ALTER TABLE audit_card ADD COLUMN mode TEXT NOT NULL DEFAULT 'shown'",
    // Calls are read in the order of time, some at once.
    "CREATE INDEX audit_call_time ON audit_call (at, id)",
    "DROP INDEX audit_call_at",
    // Order codes that nobody could explain, apart from the calls they came with.
    "CREATE TABLE unmapped_code (
        day BIGINT NOT NULL, client TEXT NOT NULL, system TEXT NOT NULL, code TEXT NOT NULL, orders BIGINT NOT NULL,
        PRIMARY KEY (day, client, system, code))",
    // What is switched off, and every change of it.
    "CREATE TABLE switch (
        scope TEXT NOT NULL, name TEXT NOT NULL, is_off BIGINT NOT NULL, at BIGINT NOT NULL,
        by_whom TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (scope, name))",
    "CREATE TABLE switch_log (
        id TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, is_off BIGINT NOT NULL, at BIGINT NOT NULL,
        by_whom TEXT NOT NULL, why TEXT NOT NULL)",
    "CREATE INDEX switch_log_at ON switch_log (at)",
];

/// Takes the steps not yet taken. Several replicas may do so at once.
pub(super) async fn migrate(database: &Database) -> Result<(), StoreFault> {
    let lock = || {
        // One replica at a time; in a file, a transaction that writes is alone anyway.
        let lock = database.is_elsewhere();
        lock.then(|| Statement::plain("SELECT pg_advisory_xact_lock(7063917)"))
    };
    let first = lock().into_iter().chain([Statement::plain(META)]);
    database.commit_unprepared(first.collect()).await?;
    loop {
        let taken = version(database).await?;
        if taken > VERSION {
            return Err(StoreFault::Newer {
                found: taken,
                known: VERSION,
            });
        }
        let step = usize::try_from(taken).unwrap_or(usize::MAX);
        let Some(step) = STEPS.get(step) else {
            return Ok(());
        };
        let name = format!("schema {:04}", taken.saturating_add(1));
        // First of all, so that whoever comes second does nothing.
        let mark = Statement::new(
            "INSERT INTO meta (name, value) VALUES ($1, 'taken')",
            [name.into()],
        );
        let all = lock()
            .into_iter()
            .chain([mark])
            .chain(step.iter().copied().map(Statement::plain));
        if let Err(fault) = database.commit_unprepared(all.collect()).await
            && version(database).await? == taken
        {
            return Err(fault);
        }
    }
}

/// The version of the last step taken.
async fn version(database: &Database) -> Result<i64, StoreFault> {
    let taken = Statement::plain("SELECT COUNT(*) FROM meta WHERE name LIKE 'schema %'");
    let rows = database.query_unprepared(taken).await?;
    Ok(rows
        .first()
        .and_then(|row| row.first()?.number())
        .unwrap_or_default())
}
