//! A resource as it is read: a small tree that borrows from the body wherever it can, holding asked-for members only.
//!
//! Trees are made by `reading`; the readers of orders and of the chart look at them through these few questions. What
//! is missing and what has another type than asked for are the same: nothing.

use std::borrow::Cow;

/// A place in a resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Bool(bool),
    /// Never infinite.
    Number(f64),
    /// Never blank.
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    /// No name occurs twice.
    Object(Vec<(&'static str, Json<'a>)>),
}

impl Json<'_> {
    /// The member with this name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The entries of a list; anything else counts as a list of one.
    pub(super) fn items(&self) -> impl Iterator<Item = &Self> {
        match self {
            Self::List(items) => items.iter(),
            other => std::slice::from_ref(other).iter(),
        }
    }

    /// The string here.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value here.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number here.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The string in a member.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The entries of a member, none when it is absent.
    pub(super) fn each(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.get(name).into_iter().flat_map(Self::items)
    }
}
