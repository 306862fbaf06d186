//! Forgetting: what is older than it may become is deleted, a little at a time, so that nobody waits for it.

use super::database::Database;
use super::fault::StoreFault;
use super::statement::Statement;
use crate::insight::day_of;

/// Rows deleted in one go.
const AT_ONCE: i64 = 500;

/// The oldest that may be kept, each in milliseconds since 1970; tokens in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Oldest {
    pub rows: i64,
    pub comments: i64,
    pub tokens: i64,
}

/// Rows that hang on others, those others, and what is deleted of each: children first, by the same choice of parents.
const CALLS: [&str; 4] = [
    "DELETE FROM audit_suggestion WHERE call_id IN (SELECT id FROM audit_call WHERE at < $1 ORDER BY at, id LIMIT $2)",
    "DELETE FROM audit_card WHERE call_id IN (SELECT id FROM audit_call WHERE at < $1 ORDER BY at, id LIMIT $2)",
    "DELETE FROM audit_decision WHERE call_id IN (SELECT id FROM audit_call WHERE at < $1 ORDER BY at, id LIMIT $2)",
    "DELETE FROM audit_call WHERE id IN (SELECT id FROM audit_call WHERE at < $1 ORDER BY at, id LIMIT $2)",
];

const FEEDBACK: [&str; 3] = [
    "DELETE FROM feedback_suggestion WHERE feedback_id IN \
     (SELECT id FROM feedback WHERE at < $1 ORDER BY at, id LIMIT $2)",
    "DELETE FROM feedback_comment WHERE feedback_id IN \
     (SELECT id FROM feedback WHERE at < $1 ORDER BY at, id LIMIT $2)",
    "DELETE FROM feedback WHERE id IN (SELECT id FROM feedback WHERE at < $1 ORDER BY at, id LIMIT $2)",
];

const COMMENTS: [&str; 1] = ["DELETE FROM feedback_comment WHERE feedback_id IN \
     (SELECT feedback_id FROM feedback_comment WHERE at < $1 ORDER BY at, feedback_id LIMIT $2)"];

const TOKENS: [&str; 1] = ["DELETE FROM used_token WHERE name IN \
     (SELECT name FROM used_token WHERE until < $1 ORDER BY until, name LIMIT $2) AND until < $1"];

const CODES: [&str; 1] = ["DELETE FROM unmapped_code WHERE code IN \
     (SELECT code FROM unmapped_code WHERE day < $1 ORDER BY day, code LIMIT $2) AND day < $1"];

const SWITCHES: [&str; 1] = ["DELETE FROM switch_log WHERE id IN \
     (SELECT id FROM switch_log WHERE at < $1 ORDER BY at, id LIMIT $2)"];

/// Deletes what is older. How many rows of these kinds were deleted, without those that hang on them.
pub(super) async fn purge(database: &Database, oldest: Oldest) -> Result<u64, StoreFault> {
    let mut deleted: u64 = 0;
    let all: [(&[&'static str], i64); 6] = [
        (&CALLS, oldest.rows),
        (&FEEDBACK, oldest.rows),
        (&COMMENTS, oldest.comments),
        (&TOKENS, oldest.tokens),
        (&CODES, day_of(oldest.rows)),
        (&SWITCHES, oldest.rows),
    ];
    for (statements, before) in all {
        loop {
            let together = statements.iter().copied();
            let together = together.map(|sql| Statement::new(sql, [before.into(), AT_ONCE.into()]));
            let changed = database.commit(together.collect()).await?;
            let rows = changed.last().copied().unwrap_or_default();
            deleted = deleted.saturating_add(rows);
            if rows == 0 {
                break;
            }
        }
    }
    Ok(deleted)
}
