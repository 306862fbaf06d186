//! The discovery document and the services it lists: one id at both hooks, or one id for each.

use super::decide::Service;
use crate::cds_hooks::context::Hook;
use crate::cds_hooks::discovery::{Discovery, PrefetchTemplates, ServiceDescription};
use crate::config::{self, Ids, Members};
use crate::fhir;
use crate::knowledge::Knowledge;

/// Version of the CDS Hooks specification this service is written to.
const SPECIFICATION: &str = "3.0.0";

/// Version of both order hooks.
const HOOK_VERSION: &str = "1.0";

/// The hooks served, in the order of discovery: clients that keep one entry per URL keep the last (P-11).
pub(super) const HOOKS: [Hook; 2] = [Hook::OrderSign, Hook::OrderSelect];

/// The services of this knowledge, one for each of [`HOOKS`].
pub(super) fn services(knowledge: &Knowledge, ids: Ids) -> Vec<Service> {
    let shared = &knowledge.topic().service.id;
    let service = |hook: Hook| Service {
        id: match ids {
            Ids::Shared => shared.clone(),
            Ids::PerHook => format!("{shared}-{}", hook.name()),
        },
        hook: hook.name().to_owned(),
    };
    HOOKS.into_iter().map(service).collect()
}

/// The document that lists these services.
pub(super) fn document(knowledge: &Knowledge, services: &[Service], shown: config::Discovery) -> Discovery {
    let words = &knowledge.topic().service;
    let asked = fhir::KEYS
        .iter()
        .filter_map(|k| Some((k.key.to_owned(), k.template?.to_owned())));
    let prefetch = PrefetchTemplates(asked.collect());
    // CDS Hooks 1.0 does not know these, and nothing told its clients to pass over what they do not know (P-21).
    let newer = |text: &str| (shown.profile == Members::Full).then(|| text.to_owned());
    let describe = |service: &Service| ServiceDescription {
        hook: service.hook.clone(),
        title: Some(words.title.clone()),
        description: words.description.clone(),
        id: service.id.clone(),
        prefetch: prefetch.clone(),
        usage_requirements: newer(&words.usage_requirements),
        version: newer(SPECIFICATION),
        hook_version: newer(HOOK_VERSION),
    };
    Discovery {
        services: services.iter().map(describe).collect(),
    }
}
