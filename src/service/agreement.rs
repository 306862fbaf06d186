//! What was agreed with each client about answers: how it speaks, its own codes, and ratings on its orders.
//!
//! The configuration says it; `cli::wiring` reads the files it names. Who calls is the matter of `auth`.

use super::auth::Caller;
use crate::answer::Terms;
use crate::dialect::Dialect;
use crate::knowledge::Knowledge;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was agreed with one client.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// How it speaks.
    pub dialect: Dialect,
    /// The identifier of the qualified mechanism that ratings on its orders name.
    pub g_code: Option<String>,
    /// The knowledge with its own codes, where it has some.
    pub knowledge: Option<Arc<Knowledge>>,
}

impl Agreement {
    /// Nothing agreed but a dialect.
    #[must_use]
    pub fn of(dialect: Dialect) -> Self {
        Self {
            dialect,
            g_code: None,
            knowledge: None,
        }
    }

    /// What the answer must keep to.
    #[must_use]
    pub fn terms(&self) -> Terms<'_> {
        Terms {
            dialect: &self.dialect,
            g_code: self.g_code.as_deref(),
        }
    }
}

/// The agreements by issuer, and what holds for everybody else.
#[derive(Debug, Clone)]
pub struct Agreements {
    /// For callers that are not registered.
    pub others: Agreement,
    /// For registered clients, by their issuer.
    pub by_issuer: BTreeMap<String, Agreement>,
}

impl Agreements {
    /// The same for all.
    #[must_use]
    pub fn only(others: Agreement) -> Self {
        Self {
            others,
            by_issuer: BTreeMap::new(),
        }
    }

    /// What was agreed with this caller.
    #[must_use]
    pub fn with(&self, caller: &Caller) -> &Agreement {
        let registered = caller
            .client()
            .and_then(|client| self.by_issuer.get(&client.issuer));
        registered.unwrap_or(&self.others)
    }
}
