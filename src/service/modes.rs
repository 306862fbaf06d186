//! What is shown, what is judged in silence, and what is taken out of service: shadow mode and switches.
//!
//! Shadow mode is configured; whoever is in it is judged and kept, and gets no cards. A switch takes a service, a client
//! or a rule (a card kind) out at once, for every replica on one store: each looks for changes every quarter of a second,
//! aside from calls. Neither is ever an error: the answer has no cards, or not that one, and discovery stays.

use crate::engine::Consultation;
use crate::insight::Mode;
use crate::store::{Scope, Store, StoreFault};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How often a replica looks for changes of switches.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configured {
    /// For all calls.
    pub service: Mode,
    /// By client, by its name; others are shown everything.
    pub clients: BTreeMap<String, Mode>,
    /// By card kind; others are shown.
    pub rules: BTreeMap<String, Mode>,
}

/// What is switched off at this moment, seen by everybody who holds a copy.
#[derive(Debug, Clone, Default)]
pub struct Switches(Arc<RwLock<Arc<BTreeSet<(Scope, String)>>>>);

impl Switches {
    fn now(&self) -> Arc<BTreeSet<(Scope, String)>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether something is switched off.
    #[must_use]
    pub fn is_off(&self, scope: Scope, name: &str) -> bool {
        self.now().contains(&(scope, name.to_owned()))
    }

    /// What is switched off.
    #[must_use]
    pub fn off(&self) -> Vec<(Scope, String)> {
        self.now().iter().cloned().collect()
    }

    fn set(&self, off: BTreeSet<(Scope, String)>) {
        let before = self.now();
        if *before == off {
            return;
        }
        // Names of services, rules and clients are words of ours and of the operator.
        for (scope, name) in before.difference(&off) {
            tracing::warn!(scope = scope.key(), %name, "switched on again");
        }
        for (scope, name) in off.difference(&before) {
            tracing::warn!(scope = scope.key(), %name, "switched off");
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(off);
    }

    /// Looks once. What was known holds where the store does not answer.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn look(&self, store: &Store) -> Result<(), StoreFault> {
        let late = |_| {
            Err(StoreFault::Unreachable {
                code: "no answer in time".to_owned(),
            })
        };
        let all = tokio::time::timeout(PATIENCE, store.switches())
            .await
            .unwrap_or_else(late)?;
        let off = all.into_iter().filter(|switch| switch.off);
        self.set(off.map(|switch| (switch.scope, switch.name)).collect());
        Ok(())
    }

    /// Looks again and again, until it is dropped.
    pub async fn keep_current(self, store: Store) {
        let mut failing = false;
        loop {
            let looked = self.look(&store).await;
            match &looked {
                Err(fault) if !failing => {
                    tracing::error!(%fault, "switches cannot be read: they stay as they were");
                }
                Ok(()) if failing => tracing::info!("switches can be read again"),
                _ => {}
            }
            failing = looked.is_err();
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Shadow mode and switches together.
#[derive(Debug, Clone, Default)]
pub struct Modes {
    configured: Arc<Configured>,
    /// What is switched off.
    pub switches: Switches,
}

impl Modes {
    /// As configured, and nothing switched off yet.
    #[must_use]
    pub fn of(configured: Configured) -> Self {
        Self {
            configured: Arc::new(configured),
            switches: Switches::default(),
        }
    }

    /// What holds for one call of this client to this service.
    #[must_use]
    pub fn now(&self, service: &str, client: Option<&str>) -> Now {
        let off = self.switches.now();
        let configured = &*self.configured;
        let switched = |scope: Scope, name: &str| {
            // Nothing is switched off most of the time.
            let is_off = !off.is_empty() && off.contains(&(scope, name.to_owned()));
            if is_off { Mode::Off } else { Mode::Shown }
        };
        let client = client.map_or(Mode::Shown, |name| {
            let configured = configured.clients.get(name).copied().unwrap_or_default();
            configured.max(switched(Scope::Client, name))
        });
        let mut rules = configured.rules.clone();
        for (scope, name) in off.iter() {
            if *scope == Scope::Rule {
                rules.insert(name.clone(), Mode::Off);
            }
        }
        Now {
            call: configured
                .service
                .max(switched(Scope::Service, service))
                .max(client),
            rules,
        }
    }
}

/// What holds for one call.
#[derive(Debug, Clone, Default)]
pub struct Now {
    /// For all of its cards.
    pub call: Mode,
    /// For cards of these kinds.
    rules: BTreeMap<String, Mode>,
}

impl Now {
    /// What becomes of a card of this kind.
    #[must_use]
    pub fn card(&self, kind: &str) -> Mode {
        let rule = self.rules.get(kind).copied().unwrap_or_default();
        self.call.max(rule)
    }

    /// What of a judgement may be told, where that is not all of it.
    #[must_use]
    pub fn told(&self, consultation: &Consultation) -> Option<Consultation> {
        let kept_back = |kind: &str| self.card(kind) != Mode::Shown;
        let decisions = consultation.decisions.iter();
        let mut advice = decisions.flat_map(|d| &d.advice);
        if !advice.any(|a| kept_back(&a.kind) || a.modifiers.iter().any(|(kind, _)| kept_back(kind))) {
            return None;
        }
        let mut told = consultation.clone();
        for decision in &mut told.decisions {
            decision.advice.retain(|a| !kept_back(&a.kind));
            // What was merged into another card as a sentence goes, too.
            for advice in &mut decision.advice {
                advice.modifiers.retain(|(kind, _)| !kept_back(kind));
            }
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_configuration_and_switches_holds() {
        let modes = Modes::of(Configured {
            service: Mode::Shown,
            clients: [("north".to_owned(), Mode::Shadow)].into(),
            rules: [("QUIET".to_owned(), Mode::Shadow), ("GONE".to_owned(), Mode::Off)].into(),
        });
        let of = |client: &str, kind: &str| modes.now("s", Some(client)).card(kind);
        assert_eq!(of("south", "K"), Mode::Shown);
        assert_eq!(of("north", "K"), Mode::Shadow);
        assert_eq!(of("south", "QUIET"), Mode::Shadow);
        assert_eq!(of("north", "GONE"), Mode::Off);
        assert_eq!(modes.now("s", None).call, Mode::Shown);
        for (scope, name, client, kind) in [
            (Scope::Rule, "K", "south", "K"),
            (Scope::Rule, "QUIET", "south", "QUIET"),
            (Scope::Client, "north", "north", "K"),
            (Scope::Service, "s", "south", "K"),
        ] {
            modes.switches.set([(scope, name.to_owned())].into());
            assert_eq!(of(client, kind), Mode::Off, "{name}");
            assert!(modes.switches.is_off(scope, name));
            modes.switches.set(BTreeSet::new());
            assert_ne!(of(client, kind), Mode::Off, "{name}");
        }
        modes
            .switches
            .set([(Scope::Rule, "s".to_owned()), (Scope::Client, "K".to_owned())].into());
        assert_eq!(of("south", "K"), Mode::Shown, "a name of another kind of thing");
    }
}
