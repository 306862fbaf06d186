//! What is asked of a database: one text of SQL for both kinds, with values apart from it.
//!
//! Only texts and whole numbers are kept and nothing is NULL: what is not known is an empty text. So the same statement
//! means the same in SQLite and in PostgreSQL. `$1`, `$2` … appear in their order, which both take.

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number; times are milliseconds since 1970.
    Number(i64),
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Text(_) => None,
            Self::Number(number) => Some(*number),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        // PostgreSQL knows no text with this character, and no word of ours has one.
        Self::Text(text.replace('\0', ""))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Number(yes.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// One row of an answer.
pub type Row = Vec<Value>;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text; never made of anything that came from outside.
    pub sql: &'static str,
    /// Its values.
    pub values: Vec<Value>,
}

impl Statement {
    /// A statement with these values.
    #[must_use]
    pub fn new(sql: &'static str, values: impl IntoIterator<Item = Value>) -> Self {
        Self {
            sql,
            values: values.into_iter().collect(),
        }
    }

    /// A statement without values.
    #[must_use]
    pub fn plain(sql: &'static str) -> Self {
        Self::new(sql, [])
    }
}
