//! What the shell needs from the core: a discovery document, and an answer for each call.
//!
//! The shell knows sockets, limits and statuses; whoever implements [`Decide`] knows CDS Hooks, FHIR and the
//! knowledge. The seam is narrow, so that either side is tested without the other.

use super::auth::Caller;
use super::gather::FhirAccess;
use super::modes::Modes;
use super::record::Record;
use super::refusal::Refusal;
use axum::body::Bytes;
use jiff::civil::Date;
use std::future::Future;
use std::pin::Pin;

/// An answer that may have to wait for the EHR's FHIR server.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send + 'a>>;

/// Judges the calls of one rule set.
pub trait Decide: Send + Sync + 'static {
    /// What is served, for people and for routing.
    fn about(&self) -> &About;

    /// The discovery document, already written as JSON (R-011: it needs nothing but this process).
    fn discovery(&self) -> Bytes;

    /// Whether an example whose answer is known gets it: what is loaded works.
    fn self_test(&self) -> bool;

    /// What is shown, judged in silence, or switched off: the same for whoever asks, now and later.
    fn modes(&self) -> Modes {
        Modes::default()
    }

    /// The answer to one call. Same caller, same data, same day: the same bytes (P8).
    ///
    /// Called only with an id that [`About::services`] lists. `access` says which FHIR servers this caller lets us ask.
    /// Dropping the answer before it is there ends whatever it waits for.
    ///
    /// # Errors
    /// A [`Refusal`] when the body cannot be read as a call of this service or its data are not to be had.
    fn answer<'a>(
        &'a self,
        service_id: &'a str,
        caller: &'a Caller,
        body: &'a [u8],
        today: Date,
        access: &'a FhirAccess,
    ) -> Answering<'a>;
}

/// What one process serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The services in the order of the discovery document; an id may serve several hooks.
    pub services: Vec<Service>,
    /// The knowledge behind the answers: id, version and digest, as people read it.
    pub knowledge: String,
    /// The same, for programs.
    pub release: Release,
    /// Reasons offered for not following a card: system and code.
    pub reasons: Vec<(String, String)>,
}

/// Which knowledge, to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Release {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The digest of its files.
    pub digest: String,
}

impl About {
    /// Whether calls to this id are answered.
    #[must_use]
    pub fn serves(&self, id: &str) -> bool {
        self.services.iter().any(|s| s.id == id)
    }
}

/// One entry of the discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The last part of its URL.
    pub id: String,
    /// The hook it listens to.
    pub hook: String,
}

/// The answer to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The response body: `{"cards": …}`.
    pub body: Vec<u8>,
    /// How many cards it carries, for the log.
    pub cards: usize,
    /// What is counted of it.
    pub tally: Tally,
    /// What is kept of it, where a store keeps it.
    pub record: Record,
}

/// What is counted of an answer: words of the specification and the knowledge, nothing of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// The hook that was called.
    pub hook: Option<&'static str>,
    /// Kind and indicator of each card.
    pub shown: Vec<(String, String)>,
    /// Whether the FHIR server was asked.
    pub gathered: Gathered,
    /// Kind, indicator and mode of each card that fired and was not shown.
    pub kept_back: Vec<(String, &'static str, &'static str)>,
    /// Gate and reason of each order about which nothing was said.
    pub silent: Vec<(String, String)>,
    /// Keys of data that were not delivered.
    pub missing: Vec<&'static str>,
    /// How many codes of orders nobody could explain.
    pub unmapped: usize,
}

/// What asking the FHIR server came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gathered {
    /// Nothing was missing that could change the answer.
    #[default]
    NotNeeded,
    /// The call gave no access, or none that may be used.
    NotPossible,
    /// Answers came.
    Answered,
    /// Nothing came.
    Nothing,
}

impl Gathered {
    /// The word for it in metrics.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::NotNeeded => "not-needed",
            Self::NotPossible => "not-possible",
            Self::Answered => "answered",
            Self::Nothing => "nothing",
        }
    }
}
