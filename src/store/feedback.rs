//! What clients tell of cards: kept once, however often it is told, under the name of who told it (R-099, promise P4).

use super::audit::Owner;
use super::database::Database;
use super::fault::StoreFault;
use super::statement::Statement;
use std::collections::BTreeSet;

/// One thing told of one card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Derives from who tells it, the card, the outcome and its time, so that a repeat has the same.
    pub id: String,
    /// The card's id, or a pseudonym of what is none.
    pub card: String,
    /// `accepted` or `overridden`.
    pub outcome: &'static str,
    /// When the user decided, in milliseconds since 1970.
    pub outcome_at: i64,
    /// The suggestions taken, by id.
    pub suggestions: Vec<String>,
    /// Why the card was not followed: a code we know, `other`, or empty.
    pub reason: String,
    /// What the user wrote, where that is kept.
    pub comment: Option<String>,
}

/// What clients tell in one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feedback {
    /// When it arrived, in milliseconds since 1970.
    pub at: i64,
    /// The service it is about.
    pub service: String,
    /// Who tells it.
    pub owner: Owner,
    /// All of it.
    pub items: Vec<Told>,
}

/// What became of one thing told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The kind of the card; nothing for a card that this client did not get from us, as far as we know.
    pub kind: Option<String>,
    /// Whether it was told for the first time.
    pub first: bool,
}

const KIND: &str = "SELECT kind FROM audit_card WHERE card = $1 AND issuer = $2 AND tenant = $3 LIMIT 1";

const ITEM: &str = "INSERT INTO feedback (id, at, service, client, issuer, tenant, card, kind, outcome, outcome_at, \
    reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";

const SUGGESTION: &str =
    "INSERT INTO feedback_suggestion (feedback_id, suggestion) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const COMMENT: &str =
    "INSERT INTO feedback_comment (feedback_id, at, words) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

/// Keeps all of it, or nothing. On the disk when this returns.
pub(super) async fn keep(database: &Database, feedback: &Feedback) -> Result<Vec<Kept>, StoreFault> {
    let Owner {
        client,
        issuer,
        tenant,
    } = &feedback.owner;
    let mut kinds = Vec::with_capacity(feedback.items.len());
    let mut statements = Vec::new();
    let mut places = Vec::with_capacity(feedback.items.len());
    for told in &feedback.items {
        let asked = Statement::new(KIND, [(&told.card).into(), issuer.into(), tenant.into()]);
        let rows = database.query(asked).await?;
        let kind = rows.first().and_then(|row| Some(row.first()?.text()?.to_owned()));
        let values = [
            (&told.id).into(),
            feedback.at.into(),
            (&feedback.service).into(),
            client.into(),
            issuer.into(),
            tenant.into(),
            (&told.card).into(),
            kind.clone().unwrap_or_default().into(),
            told.outcome.into(),
            told.outcome_at.into(),
            (&told.reason).into(),
        ];
        places.push(statements.len());
        kinds.push(kind);
        statements.push(Statement::new(ITEM, values));
        for suggestion in told.suggestions.iter().collect::<BTreeSet<_>>() {
            statements.push(Statement::new(SUGGESTION, [(&told.id).into(), suggestion.into()]));
        }
        if let Some(words) = &told.comment {
            statements.push(Statement::new(
                COMMENT,
                [(&told.id).into(), feedback.at.into(), words.into()],
            ));
        }
    }
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    let changed = database.commit(statements).await?;
    let first = |place: &usize| changed.get(*place).is_some_and(|rows| *rows > 0);
    let kept = kinds.into_iter().zip(&places);
    Ok(kept
        .map(|(kind, place)| Kept {
            kind,
            first: first(place),
        })
        .collect())
}
