//! One call from body to answer: read → translate → consult → answer. The shell around the pure core.
//!
//! A call is judged on what was sent. If data are missing that could change the answer, and may be asked for, they are
//! asked for and the call is judged again as if they had been sent: the judgement itself never waits for anything.

use super::agreement::{Agreement, Agreements};
use super::auth::Caller;
use super::decide::{About, Answer, Answering, Decide, Gathered, Release, Service, Tally};
use super::gather::{self, Fetched, FhirAccess, ROUNDS};
use super::modes::{Modes, Now};
use super::record::{self, Record};
use super::refusal::Refusal;
use crate::answer::{self, Call, explain};
use crate::cds_hooks::context::Hook;
use crate::cds_hooks::depth;
use crate::cds_hooks::discovery::{Discovery, PrefetchTemplates, ServiceDescription};
use crate::cds_hooks::response::{Card, Response};
use crate::cds_hooks::{HookRequest, RequestFault};
use crate::dialect::{self, Place};
use crate::engine::case::{Case, ResourceRef};
use crate::engine::{Consultation, consult};
use crate::fhir::{self, Note, Translated};
use crate::insight::Mode;
use crate::knowledge::Knowledge;
use axum::body::Bytes;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Instant;

/// Version of the CDS Hooks specification this service is written to.
const SPECIFICATION: &str = "3.0.0";

/// Version of both order hooks.
const HOOK_VERSION: &str = "1.0";

/// A request that gets a card, and the day it is judged on (SC-27: a service that cannot judge it is not ready).
const EXAMPLE: &[u8] = include_bytes!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");
const EXAMPLE_DAY: Date = jiff::civil::date(2026, 6, 15);

/// The hooks served, in the order of discovery: clients that keep one entry per URL keep the last (P-11).
const HOOKS: [Hook; 2] = [Hook::OrderSign, Hook::OrderSelect];

/// The service over one rule set.
#[derive(Debug)]
pub struct ImagingService {
    knowledge: Knowledge,
    about: About,
    discovery: Bytes,
    /// What was agreed with clients; without agreements every answer is CDS Hooks 3.0.
    agreements: Option<Agreements>,
    /// What is shown, judged in silence, or switched off.
    modes: Modes,
}

/// One call, judged.
#[derive(Debug)]
pub struct Judged {
    /// What the engine saw.
    pub case: Case,
    /// What it decided.
    pub consultation: Consultation,
    /// What is answered.
    pub response: Response,
    /// What was odd about the data.
    pub notes: Vec<Note>,
    /// The hook that was called.
    pub hook: Hook,
    /// What asking for more data came to.
    pub gathered: Gathered,
    /// What is kept of it.
    pub record: Record,
}

impl ImagingService {
    /// The service with this rule set.
    ///
    /// # Errors
    /// If the discovery document cannot be written.
    pub fn new(knowledge: Knowledge) -> Result<Self, serde_json::Error> {
        let words = &knowledge.topic().service;
        let service = |hook: Hook| Service {
            id: words.id.clone(),
            hook: hook.name().to_owned(),
        };
        let digest: String = knowledge.digest().chars().take(12).collect();
        let about = About {
            services: HOOKS.into_iter().map(service).collect(),
            knowledge: format!(
                "{} {} ({}, sha256 {digest}…)",
                knowledge.id(),
                knowledge.version(),
                knowledge.topic().status
            ),
            release: Release {
                id: knowledge.id().to_owned(),
                version: knowledge.version().to_owned(),
                digest: knowledge.digest().to_owned(),
            },
            reasons: knowledge
                .words()
                .override_reasons
                .iter()
                .map(|r| (r.system.clone(), r.code.clone()))
                .collect(),
        };
        let discovery = serde_json::to_vec(&discovery(&knowledge))?;
        Ok(Self {
            knowledge,
            about,
            discovery: discovery.into(),
            agreements: None,
            modes: Modes::default(),
        })
    }

    /// The same service, keeping to what was agreed with its clients.
    #[must_use]
    pub fn with_agreements(mut self, agreements: Agreements) -> Self {
        self.agreements = Some(agreements);
        self
    }

    /// The same service, keeping to shadow mode and switches.
    #[must_use]
    pub fn with_modes(mut self, modes: Modes) -> Self {
        self.modes = modes;
        self
    }

    /// What was agreed with this caller, if anything.
    fn agreed(&self, caller: &Caller) -> Option<&Agreement> {
        self.agreements.as_ref().map(|all| all.with(caller))
    }

    /// The rule set for this caller: its own codes may be among it.
    fn knowledge_for(&self, caller: &Caller) -> &Knowledge {
        let own = self.agreed(caller).and_then(|agreed| agreed.knowledge.as_deref());
        own.unwrap_or(&self.knowledge)
    }

    /// The rule set.
    #[must_use]
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// Judges the body of one call on what was sent with it.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn judge(&self, body: &[u8], today: Date) -> Result<Judged, RequestFault> {
        self.judge_for(&Caller::default(), body, today)
    }

    /// Judges the body of one call of this caller on what was sent with it.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn judge_for(&self, caller: &Caller, body: &[u8], today: Date) -> Result<Judged, RequestFault> {
        let request = read(body)?;
        let seen = judged_by(self.knowledge_for(caller), &request, today)?;
        Ok(self.respond(caller, &request, seen, &Now::default()))
    }

    /// Judges the body of one call of this caller, asking the FHIR server for what is missing and could change the answer.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub async fn judge_gathering(
        &self,
        caller: &Caller,
        body: &[u8],
        today: Date,
        access: &FhirAccess,
        now: &Now,
    ) -> Result<Judged, RequestFault> {
        let received = Instant::now();
        let sent = read(body)?;
        // What was fetched outlives everything that is read from it.
        let rounds: [OnceLock<Vec<Fetched>>; ROUNDS] = Default::default();
        let mut request = sent.clone();
        let knowledge = self.knowledge_for(caller);
        let mut seen = judged_by(knowledge, &request, today)?;
        let mut gathering = None;
        let mut gathered = Gathered::NotNeeded;
        for round in &rounds {
            let missing = gather::missing(knowledge, &request, &seen.0, &seen.1);
            if missing.is_empty() {
                break;
            }
            // Only now does it matter whether anything may be asked.
            gathering = gathering.or_else(|| access.begin(&sent, received));
            let Some(gathering) = &mut gathering else {
                gathered = Gathered::NotPossible;
                break;
            };
            let fetched = gathering.fetch(missing).await;
            let fetched = round.get_or_init(|| fetched);
            if fetched.is_empty() {
                // An earlier round may have brought something.
                if gathered == Gathered::NotNeeded {
                    gathered = Gathered::Nothing;
                }
                break;
            }
            gathered = Gathered::Answered;
            for Fetched { key, answer } in fetched {
                request.prefetch.set(key, answer);
            }
            seen = judged_by(knowledge, &request, today)?;
        }
        let judged = self.respond(caller, &request, seen, now);
        Ok(Judged { gathered, ..judged })
    }

    /// Step 11: the answer.
    fn respond(
        &self,
        caller: &Caller,
        request: &HookRequest<'_>,
        (translated, consultation): (Translated<'_>, Consultation),
        now: &Now,
    ) -> Judged {
        // Judged all the same, and told as far as that is wanted.
        let cut = now.told(&consultation);
        let told = cut.as_ref().unwrap_or(&consultation);
        let agreed = self.agreed(caller);
        // Ratings are written on orders that no card is about, too.
        let rates = agreed.is_some_and(|a| a.dialect.system_actions.value != Place::Off);
        // P-01: without data that the judgement needs there is no answer at all, not even a part of one.
        let silent = consultation.unavailable.is_some()
            || now.call != Mode::Shown
            || !rates && told.decisions.iter().all(|d| d.advice.is_empty());
        let response = if silent {
            Response::default()
        } else {
            let advised = told.decisions.iter().filter(|d| rates || !d.advice.is_empty());
            let drafts: BTreeMap<ResourceRef, Value> = advised
                .flat_map(|d| d.parts.iter().chain([&d.order]))
                .filter_map(|order| Some((order.clone(), translated.originals.get(order)?)))
                .collect();
            let instance = request.hook_instance.to_string();
            let tenant = caller.key();
            let call = Call {
                tenant: &tenant,
                hook_instance: &instance,
            };
            let (knowledge, case) = (self.knowledge_for(caller), &translated.case);
            match agreed {
                None => answer::answer(knowledge, call, case, told, &drafts),
                Some(agreed) => {
                    let terms = agreed.terms();
                    let answer = answer::answer_to(knowledge, terms, call, case, told, &drafts);
                    dialect::render(answer, &agreed.dialect)
                }
            }
        };
        let record = Record::of(caller, request, &translated.case, &consultation, &response, now);
        Judged {
            record,
            case: translated.case,
            consultation,
            response,
            notes: translated.notes,
            hook: request.hook,
            gathered: Gathered::NotNeeded,
        }
    }

    /// How one call of this caller is judged, as JSON.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn explain_json(&self, caller: &Caller, body: &[u8], as_of: Date) -> Result<Value, RequestFault> {
        let judged = self.judge_for(caller, body, as_of)?;
        let mut explained = explain::json(
            self.knowledge_for(caller),
            &judged.case,
            &judged.consultation,
            &judged.response,
        );
        let note = |note: &Note| json!({ "place": note.place, "text": note.text() });
        if !judged.notes.is_empty()
            && let Some(members) = explained.as_object_mut()
        {
            members.insert("notes".into(), judged.notes.iter().map(note).collect());
        }
        Ok(explained)
    }

    /// How one call of this caller is judged, for people.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn explain_text(&self, caller: &Caller, body: &[u8], as_of: Date) -> Result<String, RequestFault> {
        let judged = self.judge_for(caller, body, as_of)?;
        let mut explained = explain::text(
            self.knowledge_for(caller),
            &judged.case,
            &judged.consultation,
            &judged.response,
        );
        if !judged.notes.is_empty() {
            explained.push_str("\nAbout the data:\n");
        }
        for note in &judged.notes {
            explained.extend(["  ", note.place.as_str(), " ", &note.text(), "\n"]);
        }
        Ok(explained)
    }
}

impl Decide for ImagingService {
    fn about(&self) -> &About {
        &self.about
    }

    fn discovery(&self) -> Bytes {
        self.discovery.clone()
    }

    fn modes(&self) -> Modes {
        self.modes.clone()
    }

    fn self_test(&self) -> bool {
        let judged = self.judge(EXAMPLE, EXAMPLE_DAY);
        judged.is_ok_and(|judged| !judged.response.cards.is_empty())
    }

    fn answer<'a>(
        &'a self,
        service_id: &'a str,
        caller: &'a Caller,
        body: &'a [u8],
        today: Date,
        access: &'a FhirAccess,
    ) -> Answering<'a> {
        Box::pin(async move {
            let client = caller.client().map(|client| client.name.as_str());
            let now = self.modes.now(service_id, client);
            let judged = self.judge_gathering(caller, body, today, access, &now).await?;
            // Who is shown nothing is not told either that something could not be judged.
            if let Some(source) = judged.consultation.unavailable
                && now.call == Mode::Shown
            {
                return Err(Refusal::DataUnavailable {
                    source_key: source.key(),
                });
            }
            let cards = judged.response.cards.len();
            let tally = tally(&judged, &now);
            let body = serde_json::to_vec(&judged.response).map_err(|_| Refusal::Failed)?;
            Ok(Answer {
                body,
                cards,
                tally,
                record: judged.record,
            })
        })
    }
}

/// What is counted of a judgement.
fn tally(judged: &Judged, now: &Now) -> Tally {
    let kind = |card: &Card| {
        let ours = card.extension.as_ref()?.get(answer::CARD_EXTENSION)?;
        Some(ours.get("kind")?.as_str()?.to_owned())
    };
    let shown = judged.response.cards.iter();
    let decisions = judged.consultation.decisions.iter();
    let kept_back = decisions.clone().flat_map(|d| &d.advice).filter_map(|advice| {
        let mode = Some(now.card(&advice.kind)).filter(|mode| *mode != Mode::Shown)?;
        Some((advice.kind.to_string(), advice.indicator.key(), mode.key()))
    });
    let missing = judged.case.chart.undelivered.iter().map(|source| source.key());
    Tally {
        hook: Some(judged.hook.name()),
        shown: shown
            .map(|card| (kind(card).unwrap_or_default(), card.indicator.clone()))
            .collect(),
        gathered: judged.gathered,
        kept_back: kept_back.collect(),
        silent: decisions.clone().filter_map(record::silence).collect(),
        missing: missing.collect(),
        unmapped: decisions.map(|d| d.unmapped.len()).sum(),
    }
}

/// Step 3: the call as sent.
fn read(body: &[u8]) -> Result<HookRequest<'_>, RequestFault> {
    depth::check(body)?;
    let request = HookRequest::parse(body)?;
    request.require_hook(&HOOKS)?;
    Ok(request)
}

/// Steps 5 to 10: what the call says, and what is decided about it.
fn judged_by<'a>(
    knowledge: &Knowledge,
    request: &HookRequest<'a>,
    today: Date,
) -> Result<(Translated<'a>, Consultation), RequestFault> {
    let translated = fhir::translate(request, knowledge, today)?;
    let consultation = consult(knowledge, &translated.case);
    Ok((translated, consultation))
}

/// The discovery document: one id at both hooks.
fn discovery(knowledge: &Knowledge) -> Discovery {
    let words = &knowledge.topic().service;
    let asked = fhir::KEYS
        .iter()
        .filter_map(|k| Some((k.key.to_owned(), k.template?.to_owned())));
    let prefetch = PrefetchTemplates(asked.collect());
    let describe = |hook: Hook| ServiceDescription {
        hook: hook.name().to_owned(),
        title: Some(words.title.clone()),
        description: words.description.clone(),
        id: words.id.clone(),
        prefetch: prefetch.clone(),
        usage_requirements: Some(words.usage_requirements.clone()),
        version: Some(SPECIFICATION.to_owned()),
        hook_version: Some(HOOK_VERSION.to_owned()),
    };
    Discovery {
        services: HOOKS.into_iter().map(describe).collect(),
    }
}
