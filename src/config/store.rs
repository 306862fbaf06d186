//! Where decisions and feedback are kept, as it is configured. What it does is up to the store.

use super::check::Findings;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Decisions and feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:FILE`, `postgres://…` or `none`.
    pub url: Option<String>,
    /// The key under which persons and orders become pseudonyms.
    pub key_file: Option<PathBuf>,
    /// The password of the database.
    pub password_file: Option<PathBuf>,
    /// Who signs the certificate of the database.
    pub ca: Option<PathBuf>,
    /// Days until rows are deleted.
    pub keep_days: u32,
    /// Days until comments are deleted.
    pub comment_days: u32,
    /// Whether comments of users are kept.
    pub comments: bool,
    /// Audit rows that may wait to be written.
    pub queue: usize,
    /// Whether replicas share which tokens were used.
    pub share_tokens: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: None,
            key_file: None,
            password_file: None,
            ca: None,
            keep_days: 2190,
            comment_days: 90,
            comments: false,
            queue: 4096,
            share_tokens: false,
        }
    }
}

pub(super) fn check(store: &Store, found: &mut Findings) {
    let url = store.url.as_deref().unwrap_or_default();
    let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let file = url.strip_prefix("sqlite:").is_some_and(|file| !file.is_empty());
    if store.url.is_some() && !postgres && !file && url != "none" {
        found.add(
            "store.url",
            "neither a file, nor a PostgreSQL, nor `none`",
            "write `sqlite:FILE`, `postgres://USER@HOST/DATABASE` or `none`",
        );
    }
    // `//user:password@host`: the part before the last `@`, up to the first `/`.
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    if postgres && (user.contains(':') || url.contains("password=")) {
        found.add(
            "store.url",
            "holds a password, which this file is no place for",
            "put it into a file of its own and name that in `password_file`",
        );
    }
    if postgres && store.key_file.is_none() {
        found.add(
            "store.key_file",
            "not set; replicas on one database need the same key",
            "make one with `head -c 32 /dev/urandom > FILE`, the same for every replica",
        );
    }
    if store.share_tokens && !postgres {
        found.add(
            "store.share_tokens",
            "tokens are shared through a PostgreSQL only",
            "set `url` to `postgres://…`, or leave it out: one replica remembers for itself",
        );
    }
    for (name, days) in [
        ("store.keep_days", store.keep_days),
        ("store.comment_days", store.comment_days),
    ] {
        if days == 0 {
            found.add(name, "0 would keep nothing", "give days, from 1 up");
        }
    }
    if store.queue == 0 {
        found.add(
            "store.queue",
            "0 leaves no room for any row",
            "give a number from 1 up; 4096 is the default",
        );
    }
}
