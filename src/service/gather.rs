//! Step 4: asking the EHR's FHIR server for what a call lacks, and only if it could change the answer.
//!
//! `plan` says what to ask (pure); [`FhirAccess`] says whom, and [`FhirReach`] for which caller; `grant` and `scope` say with which rights; `fetch`
//! asks, in parallel, within the deadline and the caps;
//! `gate` spares a server that keeps failing. What comes back is treated as if it had been prefetched, so
//! that one reader and one judgement serve both. Whatever goes wrong leaves the data missing, and missing data only
//! takes judgements away (P2). Nothing of a call is kept after it, and nothing is logged but keys and outcomes.

mod access;
mod address;
mod fetch;
mod gate;
mod grant;
mod lookup;
mod page;
mod plan;
mod reach;
mod scope;

pub use access::{BaseFault, BaseSettings, FhirAccess};
pub use address::{Class, class};
pub use lookup::{Addresses, Lookup, SystemLookup};
pub use reach::{FhirReach, ReachFault};

use crate::cds_hooks::HookRequest;
use crate::engine::Consultation;
use crate::fhir::Translated;
use crate::knowledge::Knowledge;
use fetch::Asking;
use grant::Grant;
use plan::Need;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How often a call may go back for more: the diagnoses first, then results that could settle the diagnosis, then the
/// rest of the record.
pub const ROUNDS: usize = 3;

/// What one caller lets us ask, and how far that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The FHIR servers it may name.
    pub bases: Vec<BaseSettings>,
    /// Our name there: when set, a grant for any other `subject` is not used (SC-09).
    pub subject: Option<String>,
    /// Time from the arrival of a call until whatever has not come counts as missing (P1); at most [`Self::LONGEST`].
    pub deadline: Duration,
    /// Pages read per query (P-14).
    pub pages: usize,
    /// Bytes read per page.
    pub page_bytes: usize,
    /// Bytes read per call, all queries together.
    pub call_bytes: usize,
    /// Requests under way to one server at once, of all calls together.
    pub requests: usize,
    /// How long a server that keeps failing is left alone.
    pub rest: Duration,
}

impl Settings {
    /// The longest deadline that can be set.
    pub const LONGEST: Duration = Duration::from_secs(5);
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bases: Vec::new(),
            subject: None,
            deadline: Duration::from_millis(450),
            pages: 10,
            page_bytes: 8 << 20,
            call_bytes: 16 << 20,
            requests: 64,
            rest: Duration::from_secs(1),
        }
    }
}

/// An answer that was asked for.
#[derive(Debug)]
pub(super) struct Fetched {
    /// The prefetch key it belongs under.
    pub key: String,
    /// FHIR as received, or put together from pages.
    pub answer: Box<RawValue>,
}

/// The gathering for one call.
pub(super) struct Gathering<'a> {
    asking: Asking<'a>,
    /// Nothing is asked for twice.
    asked: BTreeSet<String>,
}

impl FhirAccess {
    /// Begins to gather for a call; `None` when its server may not be asked or its grant cannot be used.
    pub(super) fn begin(&self, request: &HookRequest<'_>, received: Instant) -> Option<Gathering<'_>> {
        let named = request.fhir_server.as_deref()?;
        let authorization = request.fhir_authorization?;
        let Some(server) = self.server(named) else {
            tracing::debug!(target: "apposite::gather", "the FHIR server of the call is not one that may be asked");
            return None;
        };
        let patient = request.context.patient_id.as_ref();
        match Grant::read(authorization, patient, self.settings.subject.as_deref(), received) {
            Ok(grant) => Some(Gathering {
                asking: Asking::new(server, grant, &self.settings, patient, received),
                asked: BTreeSet::new(),
            }),
            Err(why) => {
                tracing::debug!(target: "apposite::gather", %why, "the access granted is not used");
                None
            }
        }
    }
}

impl Gathering<'_> {
    /// Asks for it, everything at once. What did not come in time is left out.
    pub async fn fetch(&mut self, mut needs: Vec<Need>) -> Vec<Fetched> {
        needs.retain(|need| self.asked.insert(need.key.clone()));
        self.asking.all(needs).await
    }
}

/// What a call lacks that could change its answer, given the judgement so far; empty most of the time.
pub(super) fn missing(
    knowledge: &Knowledge,
    request: &HookRequest<'_>,
    translated: &Translated<'_>,
    consultation: &Consultation,
) -> Vec<Need> {
    let sources = plan::sources(knowledge, translated, consultation);
    if sources.is_empty() {
        return Vec::new();
    }
    plan::needs(request, &sources, &translated.case.chart.undelivered)
}
