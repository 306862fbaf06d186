//! Shadow mode and switches of the configuration, as the service keeps to them.

use super::Failure;
use crate::config::{CardMode, Config};
use crate::insight::Mode;
use crate::knowledge::Knowledge;
use crate::service::{Configured, Modes};
use std::collections::BTreeMap;

/// What the configuration says, where every rule it names is one.
pub(super) fn of(config: &Config, knowledge: &Knowledge) -> Result<Modes, Failure> {
    let mut rules = BTreeMap::new();
    let named = [
        ("mode.shadow_rules", Mode::Shadow, &config.mode.shadow_rules),
        ("mode.off_rules", Mode::Off, &config.mode.off_rules),
    ];
    for (setting, mode, kinds) in named {
        for kind in kinds {
            check(knowledge, setting, kind)?;
            // What is in both lists is off: it comes last.
            rules.insert(kind.clone(), mode);
        }
    }
    let clients = config
        .clients
        .iter()
        .map(|client| (client.name.clone(), mode(client.mode)));
    Ok(Modes::of(Configured {
        service: mode(config.mode.service),
        clients: clients.collect(),
        rules,
    }))
}

/// Refuses a card kind that the knowledge does not have: a misspelt one would silently do nothing.
pub(super) fn check(knowledge: &Knowledge, place: &str, kind: &str) -> Result<(), Failure> {
    let kinds = &knowledge.words().cards;
    if kinds.contains_key(kind) {
        return Ok(());
    }
    let known: Vec<&str> = kinds.keys().map(|kind| &**kind).collect();
    let what = format!("`{place}`: the knowledge has no card of the kind {kind:?}");
    Err(Failure::new(what, format!("there are: {}", known.join(", "))))
}

fn mode(configured: CardMode) -> Mode {
    match configured {
        CardMode::Live => Mode::Shown,
        CardMode::Shadow => Mode::Shadow,
        CardMode::Off => Mode::Off,
    }
}
