//! The store of a configuration: where it is if nobody says, and what becomes of a service that cannot open it.

use super::Failure;
use crate::config::{Config, Profile};
use crate::store::{Place, Store, StoreFault, StoreOptions};
use std::path::Path;

/// Opens the store; nothing where there is to be none.
///
/// # Errors
/// If it cannot be used. In development that is an error only for a store somebody has asked for.
pub(super) async fn open(config: &Config) -> Result<Option<Store>, Failure> {
    let options = options(config);
    let place = options.place.clone();
    match Store::open(options).await {
        Ok(None) if config.store.url.is_none() && config.profile == Profile::Production => {
            let what = "there is no folder for decisions and feedback: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is set";
            Err(Failure::new(
                what,
                "set `store.url`, or to `none` where nothing shall be kept",
            ))
        }
        Ok(store) => Ok(store),
        // Whoever just tries the program out need not have a place for it.
        Err(fault @ StoreFault::File { .. })
            if config.store.url.is_none() && config.profile == Profile::Development =>
        {
            tracing::warn!(%fault, "decisions and feedback are not kept");
            Ok(None)
        }
        Err(fault) => Err(Failure::new(format!("the store: {fault}"), help(&fault, &place))),
    }
}

/// Opens the store that a command reads or writes.
///
/// # Errors
/// If there is none, or it cannot be used.
pub(super) async fn needed(config: &Config) -> Result<Store, Failure> {
    let place = options(config).place;
    // Reading what is not there must not make it.
    let missing = match &place {
        Place::Nowhere => Some("there is no store".to_owned()),
        Place::File(file) if !file.exists() => Some(format!("`{}`: there is no such store", file.display())),
        _ => None,
    };
    let help = "give the configuration of the service as `--config FILE`, or its store as `--store URL`";
    if let Some(what) = missing {
        return Err(Failure::new(what, help));
    }
    open(config)
        .await?
        .ok_or_else(|| Failure::new("there is no store", help))
}

fn options(config: &Config) -> StoreOptions {
    let store = &config.store;
    let place = match &store.url {
        // Paths of the file have been made to start where it is; one of an option starts here.
        Some(url) => Place::read(url, Path::new("")).unwrap_or(Place::Nowhere),
        None => Place::usual(|name| std::env::var(name).ok()),
    };
    StoreOptions {
        key_file: store.key_file.clone(),
        password_file: store.password_file.clone(),
        authorities: store.ca.clone(),
        keep_days: store.keep_days,
        comment_days: store.comment_days,
        comments: store.comments,
        queue: store.queue,
        share_tokens: store.share_tokens,
        ..StoreOptions::at(place)
    }
}

/// Where decisions and feedback go, for people.
pub(super) fn described(config: &Config, store: Option<&Store>) -> String {
    match (store, options(config).place) {
        (None, _) | (_, Place::Nowhere) => "none: decisions and feedback are not kept".to_owned(),
        (_, Place::File(file)) => file.display().to_string(),
        (_, Place::Postgres(_)) => "PostgreSQL".to_owned(),
    }
}

fn help(fault: &StoreFault, place: &Place) -> &'static str {
    match (fault, place) {
        (StoreFault::OtherKey, _) => {
            "give the key it was made with as `store.key_file`, or another place as `store.url`"
        }
        (StoreFault::Newer { .. }, _) => "use that version, or another place as `store.url`",
        (_, Place::Postgres(_)) => "`apposite config example` explains each setting under `[store]`",
        _ => "choose another place: `--store sqlite:FILE`, or `--store none` to keep nothing",
    }
}
