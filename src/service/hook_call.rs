//! One call from body to answer: read → translate → consult → answer. The shell around the pure core.

use super::auth::Caller;
use super::decide::{About, Answer, Decide, Service};
use super::refusal::Refusal;
use crate::answer::{self, Call, explain};
use crate::cds_hooks::context::Hook;
use crate::cds_hooks::depth;
use crate::cds_hooks::discovery::{Discovery, PrefetchTemplates, ServiceDescription};
use crate::cds_hooks::response::Response;
use crate::cds_hooks::{HookRequest, RequestFault};
use crate::engine::case::{Case, ResourceRef};
use crate::engine::{Consultation, consult};
use crate::fhir::{self, Note};
use crate::knowledge::Knowledge;
use axum::body::Bytes;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Version of the CDS Hooks specification this service is written to.
const SPECIFICATION: &str = "3.0.0";

/// Version of both order hooks.
const HOOK_VERSION: &str = "1.0";

/// The hooks served, in the order of discovery: clients that keep one entry per URL keep the last (P-11).
const HOOKS: [Hook; 2] = [Hook::OrderSign, Hook::OrderSelect];

/// The service over one rule set.
#[derive(Debug)]
pub struct ImagingService {
    knowledge: Knowledge,
    about: About,
    discovery: Bytes,
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
        };
        let discovery = serde_json::to_vec(&discovery(&knowledge))?;
        Ok(Self {
            knowledge,
            about,
            discovery: discovery.into(),
        })
    }

    /// The rule set.
    #[must_use]
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// Judges the body of one call.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn judge(&self, body: &[u8], today: Date) -> Result<Judged, RequestFault> {
        self.judge_for(&Caller::default(), body, today)
    }

    /// Judges the body of one call of this caller.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn judge_for(&self, caller: &Caller, body: &[u8], today: Date) -> Result<Judged, RequestFault> {
        depth::check(body)?;
        let request = HookRequest::parse(body)?;
        request.require_hook(&HOOKS)?;
        let translated = fhir::translate(&request, &self.knowledge, today)?;
        let consultation = consult(&self.knowledge, &translated.case);
        // P-01: without data that the judgement needs there is no answer at all, not even a part of one.
        let silent =
            consultation.unavailable.is_some() || consultation.decisions.iter().all(|d| d.advice.is_empty());
        let response = if silent {
            Response::default()
        } else {
            let advised = consultation.decisions.iter().filter(|d| !d.advice.is_empty());
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
            answer::answer(&self.knowledge, call, &translated.case, &consultation, &drafts)
        };
        Ok(Judged {
            case: translated.case,
            consultation,
            response,
            notes: translated.notes,
        })
    }

    /// How one call is judged, as JSON.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn explain_json(&self, body: &[u8], as_of: Date) -> Result<Value, RequestFault> {
        let judged = self.judge(body, as_of)?;
        let mut explained = explain::json(
            &self.knowledge,
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

    /// How one call is judged, for people.
    ///
    /// # Errors
    /// If the body is not a call of this service.
    pub fn explain_text(&self, body: &[u8], as_of: Date) -> Result<String, RequestFault> {
        let judged = self.judge(body, as_of)?;
        let mut explained = explain::text(
            &self.knowledge,
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

    fn answer(
        &self,
        _service_id: &str,
        caller: &Caller,
        body: &[u8],
        today: Date,
    ) -> Result<Answer, Refusal> {
        let judged = self.judge_for(caller, body, today)?;
        if let Some(source) = judged.consultation.unavailable {
            return Err(Refusal::DataUnavailable {
                source_key: source.key(),
            });
        }
        let cards = judged.response.cards.len();
        let body = serde_json::to_vec(&judged.response).map_err(|_| Refusal::Failed)?;
        Ok(Answer { body, cards })
    }
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
