//! `apposite switch`: takes a service, a rule or a client out of service, for every replica on the store, and back.
//!
//! It writes to the store; the replicas see it within a second. Without a store there is nothing to write to: then the
//! configuration says what is off.

use super::config::{self, Overrides};
use super::{Failure, modes, print, store, wiring};
use crate::config::Config;
use crate::service::Decide as _;
use crate::store::{Scope, Store, Switch};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Changes that are shown.
const CHANGES: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Switch off: calls are answered without cards, or without those of the rule
    Off(Set),
    /// Switch on again
    On(Set),
    /// Show what is switched off, and the last changes
    Show(Place),
}

#[derive(Debug, clap::Args)]
struct Set {
    /// What kind of thing
    #[arg(value_enum)]
    scope: Kind,
    /// Which one: the id of the service, the kind of the card, the name of the client
    name: String,
    /// Why; kept with the change
    #[arg(long, value_name = "WORDS")]
    why: String,
    /// Who does it; kept with the change
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown")]
    by: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Service,
    Rule,
    Client,
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The configuration file of the service
    #[arg(long, value_name = "FILE", env = "APPOSITE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (place, set) = match &arguments.command {
        Command::Off(set) => (&set.place, Some((set, true))),
        Command::On(set) => (&set.place, Some((set, false))),
        Command::Show(place) => (place, None),
    };
    let config = config::effective(place.config.as_deref(), &place.overrides)?;
    let switch = set.map(|(set, off)| switch(&config, set, off)).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let text = runtime.block_on(async {
        let store = store::needed(&config).await?;
        match switch {
            Some(switch) => {
                store.set_switch(&switch).await.context("nothing is switched")?;
                let off = if switch.off { "off" } else { "on" };
                Ok(format!(
                    "{} {:?} is switched {off}\n",
                    switch.scope.key(),
                    switch.name
                ))
            }
            None => shown(&store).await,
        }
    });
    print(&text?)?;
    Ok(ExitCode::SUCCESS)
}

/// What is asked for, if there is such a thing: a misspelt name would silently do nothing. To switch on what is gone from
/// the configuration is allowed.
fn switch(config: &Config, set: &Set, off: bool) -> anyhow::Result<Switch> {
    let scope = match set.scope {
        Kind::Service => Scope::Service,
        Kind::Rule => Scope::Rule,
        Kind::Client => Scope::Client,
    };
    if off {
        let service = wiring::service(config.cards.as_deref(), None)?;
        let known: Vec<&str> = match scope {
            Scope::Rule => {
                modes::check(service.knowledge(), "switch off rule", &set.name)?;
                vec![&set.name]
            }
            Scope::Service => service.about().services.iter().map(|s| s.id.as_str()).collect(),
            Scope::Client => config.clients.iter().map(|c| c.name.as_str()).collect(),
        };
        if !known.contains(&set.name.as_str()) {
            let what = format!("there is no {} {:?}", scope.key(), set.name);
            return Err(Failure::new(what, format!("there are: {}", known.join(", "))).into());
        }
    }
    Ok(Switch {
        scope,
        name: set.name.clone(),
        off,
        at: jiff::Timestamp::now().as_millisecond(),
        by: set.by.clone(),
        why: set.why.clone(),
    })
}

async fn shown(store: &Store) -> anyhow::Result<String> {
    let mut text = String::new();
    let off: Vec<Switch> = store.switches().await?.into_iter().filter(|s| s.off).collect();
    text.push_str(if off.is_empty() {
        "nothing is switched off\n"
    } else {
        "switched off:\n"
    });
    for switch in &off {
        line(&mut text, switch);
    }
    let changes = store.switch_changes(CHANGES).await?;
    if !changes.is_empty() {
        text.push_str("\nthe last changes:\n");
    }
    for switch in &changes {
        line(&mut text, switch);
    }
    Ok(text)
}

fn line(text: &mut String, switch: &Switch) {
    let time = jiff::Timestamp::from_millisecond(switch.at).map_or_else(|_| String::new(), |t| t.to_string());
    let off = if switch.off { "off" } else { "on" };
    let Switch {
        scope, name, by, why, ..
    } = switch;
    // Writing to a string cannot fail. Words of others are written so that they cannot steer a terminal.
    let _ = writeln!(
        text,
        "  {time}  {off:<3} {:<7} {name:?} by {by:?}: {why:?}",
        scope.key()
    );
}
