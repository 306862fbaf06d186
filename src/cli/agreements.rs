//! What was agreed with each client, put together from the configuration and the files it names.

use super::{Failure, files, wiring};
use crate::config::{Client, Config, Orderables, dialect_file, rating_problems};
use crate::dialect::{self, Dialect, GENERIC, Place};
use crate::knowledge::{Knowledge, SourceFiles};
use crate::service::{Agreement, Agreements};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The agreements of a configuration; `None` where nothing differs from CDS Hooks 3.0 with the knowledge for all.
pub(super) fn read(config: &Config, cards: &SourceFiles) -> anyhow::Result<Option<Agreements>> {
    if config.dialect == GENERIC && config.clients.iter().all(is_plain) {
        return Ok(None);
    }
    let mut agreements = Agreements::only(Agreement::of(named(&config.dialect)?));
    // Clients with the same codes share them in memory.
    let mut known: BTreeMap<(PathBuf, bool), Arc<Knowledge>> = BTreeMap::new();
    for client in &config.clients {
        let dialect = named(&client.dialect)?;
        // Of a dialect in a file, this is known only now.
        if let Some((setting, message, help)) = rating_problems(client, &dialect).into_iter().next() {
            let what = format!("client {:?} `{setting}`: {message}", client.name);
            return Err(Failure::new(what, help).into());
        }
        let dialect = dialect.with_system_actions(client.system_actions);
        let required = client.orderables == Orderables::Required;
        let own = client
            .local_codes
            .as_ref()
            .or(config.local_codes.as_ref().filter(|_| required));
        let knowledge = match own.map(|map| (map.clone(), required)) {
            None => None,
            Some(key) => Some(match known.get(&key) {
                Some(knowledge) => Arc::clone(knowledge),
                None => {
                    let knowledge = wiring::with_local_codes(wiring::knowledge(cards)?, &key.0)?;
                    let knowledge = if required {
                        knowledge.with_orderables_only()
                    } else {
                        knowledge
                    };
                    Arc::clone(known.entry(key).or_insert(Arc::new(knowledge)))
                }
            }),
        };
        let agreement = Agreement {
            dialect,
            g_code: client.pama_g_code.clone(),
            knowledge,
        };
        agreements.by_issuer.insert(client.issuer.clone(), agreement);
    }
    Ok(Some(agreements))
}

fn is_plain(client: &Client) -> bool {
    let off = client.system_actions.is_none_or(|place| place == Place::Off);
    let codes = client.local_codes.is_some() || client.orderables == Orderables::Required;
    client.dialect == GENERIC && off && !codes
}

/// The dialect of this name, or in this file.
fn named(name: &str) -> anyhow::Result<Dialect> {
    if let Some(dialect) = Dialect::built_in(name) {
        return Ok(dialect.clone());
    }
    let help = "`apposite config dialect` lists the dialects; a file of your own names one as its `base`";
    let Some(path) = dialect_file(name) else {
        return Err(Failure::new(format!("`{name}` is no dialect"), help).into());
    };
    let text = files::read_with(Path::new(&path), help)?;
    let text =
        String::from_utf8(text).map_err(|_| Failure::new(format!("`{name}`: is not UTF-8 text"), help))?;
    Ok(Dialect::parse(&text).map_err(|error| Failure::new(format!("`{name}`: {error}"), help))?)
}

/// What a dialect says, and who says so; without a name the list of dialects.
pub(super) fn told(name: Option<&str>) -> anyhow::Result<String> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let Some(name) = name else {
        for name in dialect::names() {
            let title = Dialect::built_in(name).map_or("", |d| d.title.as_str());
            let _ = writeln!(text, "{name:<16} {title}");
        }
        return Ok(text);
    };
    let dialect = named(name)?;
    let _ = writeln!(text, "{name}: {}\n", dialect.title);
    for (capability, stated) in dialect.told() {
        let known = if stated.known { "" } else { "NOT KNOWN: " };
        let _ = writeln!(
            text,
            "{capability} = {}\n    {known}{}",
            stated.value, stated.source
        );
    }
    Ok(text)
}
