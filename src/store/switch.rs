//! Switches: what somebody has taken out of service, for every replica at once, until it is put back.
//!
//! Every change is kept with its time, who made it and why. What a switch does is up to `service::modes`.

use super::database::Database;
use super::fault::StoreFault;
use super::statement::{Row, Statement, Value};

/// What is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A service, by its id.
    Service,
    /// A rule, by its card kind.
    Rule,
    /// A client, by its name in the configuration.
    Client,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Service, Self::Rule, Self::Client];

    /// Its word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Rule => "rule",
            Self::Client => "client",
        }
    }

    /// The scope with this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.key() == word)
    }
}

/// One switch, as it was last set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// What kind of thing.
    pub scope: Scope,
    /// Which one.
    pub name: String,
    /// Whether it is switched off.
    pub off: bool,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who did it, as they say.
    pub by: String,
    /// Why.
    pub why: String,
}

/// The longest word in a switch; what is longer is cut.
const LONGEST: usize = 300;

const SET: &str = "INSERT INTO switch (scope, name, is_off, at, by_whom, why) VALUES ($1, $2, $3, $4, $5, $6) \
    ON CONFLICT (scope, name) DO UPDATE SET is_off = excluded.is_off, at = excluded.at, by_whom = excluded.by_whom, \
    why = excluded.why";

const LOG: &str = "INSERT INTO switch_log (id, scope, name, is_off, at, by_whom, why) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

const NOW: &str = "SELECT scope, name, is_off, at, by_whom, why FROM switch ORDER BY scope, name";

const BEFORE: &str =
    "SELECT scope, name, is_off, at, by_whom, why FROM switch_log ORDER BY at DESC, id DESC LIMIT $1";

/// Sets a switch. On the disk when this returns.
pub(super) async fn set(database: &Database, id: &str, switch: &Switch) -> Result<(), StoreFault> {
    let cut = |text: &str| Value::from(text.chars().take(LONGEST).collect::<String>());
    let values = || {
        [
            switch.scope.key().into(),
            cut(&switch.name),
            switch.off.into(),
            switch.at.into(),
            cut(&switch.by),
            cut(&switch.why),
        ]
    };
    let set = Statement::new(SET, values());
    let log = Statement::new(LOG, [id.into()].into_iter().chain(values()));
    database.commit(vec![set, log]).await.map(|_| ())
}

/// All switches that were ever set, as they stand.
pub(super) async fn all(database: &Database) -> Result<Vec<Switch>, StoreFault> {
    let rows = database.query(Statement::plain(NOW)).await?;
    Ok(rows.iter().filter_map(read).collect())
}

/// The last changes, the latest first.
pub(super) async fn changes(database: &Database, most: usize) -> Result<Vec<Switch>, StoreFault> {
    let rows = database.query(Statement::new(BEFORE, [most.into()])).await?;
    Ok(rows.iter().filter_map(read).collect())
}

fn read(row: &Row) -> Option<Switch> {
    let [scope, name, off, at, by, why] = row.as_slice() else {
        return None;
    };
    Some(Switch {
        scope: Scope::named(scope.text()?)?,
        name: name.text()?.to_owned(),
        off: off.number()? != 0,
        at: at.number()?,
        by: by.text()?.to_owned(),
        why: why.text()?.to_owned(),
    })
}
