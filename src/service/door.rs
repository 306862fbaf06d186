//! Who comes in, how often, and how many at once (SC-16, SC-22).
//!
//! The order matters. An address with too many failed attempts is told to wait before its token is looked at, so that
//! nobody makes us check signatures without end. A client that calls too often is told so only once it has proved who
//! it is, so that nobody else uses up what it may do. The number of calls at once is counted when the body is there:
//! a slow sender takes no place. Limits that hold for one issuer's *failed* attempts are left out on purpose: a
//! stranger who knows the issuer could shut the real client out.

use super::auth::{Caller, Callers};
use super::rate::{Bucket, ByAddress};
use super::refusal::Refusal;
use super::server::Limits;
use super::tls::Shown;
use axum::http::request::Parts;
use std::net::IpAddr;
use std::time::Instant;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Where it connects from: the caller, or the proxy in front of us.
    pub address: IpAddr,
    /// What it has shown of itself.
    pub certificate: Option<Shown>,
}

/// The limits that need counting.
#[derive(Debug)]
pub(crate) struct Door {
    places: Semaphore,
    anybody: Option<Bucket>,
    failures: Option<ByAddress>,
}

impl Door {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            places: Semaphore::new(limits.calls),
            anybody: limits.anybody.map(Bucket::new),
            failures: limits.failures.map(ByAddress::new),
        }
    }

    /// Who makes this call, if it may.
    pub(crate) async fn caller(&self, callers: &Callers, head: &Parts) -> Result<Caller, Refusal> {
        let identifying = callers.identify(&head.headers, head.uri.path(), now(), shown(head));
        let caller = self.watched(callers, head, identifying).await?;
        if let Some(bucket) = self.anybody.as_ref().filter(|_| caller.client().is_none()) {
            bucket.take(Instant::now()).map_err(Refusal::too_many)?;
        }
        Ok(caller)
    }

    /// Who asks for the discovery document, if it may.
    pub(crate) async fn reader(&self, callers: &Callers, head: &Parts) -> Result<Caller, Refusal> {
        let identifying = callers.identify_reader(&head.headers, head.uri.path(), now(), shown(head));
        self.watched(callers, head, identifying).await
    }

    /// Lets somebody be identified, unless too many attempts from there have failed, and counts those that fail.
    async fn watched(
        &self,
        callers: &Callers,
        head: &Parts,
        identifying: impl Future<Output = Result<Caller, Refusal>>,
    ) -> Result<Caller, Refusal> {
        let failures = self.failures(callers, head);
        if let Some(failures) = failures {
            failures.look(Instant::now()).map_err(Refusal::too_many)?;
        }
        let told = identifying.await;
        // An attempt that failed empties the bucket of its address.
        if let (Some(failures), Err(Refusal::Unauthenticated(_))) = (failures, &told) {
            // Several at once may find it empty only now; the next one is told.
            let _ = failures.take(Instant::now());
        }
        told
    }

    /// A place among the calls that are judged at once; free again when it is dropped.
    pub(crate) fn place(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        self.places.try_acquire().map_err(|_| Refusal::TooBusy)
    }

    /// The bucket of failed attempts from where this call comes, where attempts can fail.
    fn failures(&self, callers: &Callers, head: &Parts) -> Option<&Bucket> {
        let failures = self.failures.as_ref().filter(|_| !callers.are_anybody())?;
        failures.of(head.extensions.get::<Peer>()?.address)
    }
}

/// The certificate that came with the connection.
fn shown(head: &Parts) -> Option<&Shown> {
    head.extensions.get::<Peer>()?.certificate.as_ref()
}

/// The second it is, for the times in a token.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
