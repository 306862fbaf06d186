//! Asking: one HTTP request per page, all queries of a plan at once, within the deadline and the caps.
//!
//! Every failure has a name and none has words of the server, whose text and address are never logged (SC-23).
//! A server that says no (most of 4xx) is like an EHR that declines a prefetch key. Any other failure means that there
//! may be data that were not read; for an additional key that is said by an OperationOutcome in its place, so that the
//! source does not pass for delivered.

use super::Fetched;
use super::access::{Server, is_under};
use super::grant::Grant;
use super::page::{self, Page};
use super::plan::Need;
use super::scope::Extent;
use crate::cds_hooks::depth;
use reqwest::{Response, StatusCode, Url, header};
use serde_json::value::RawValue;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Instant;

/// What one query came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All of it came.
    Complete,
    /// Some of it came, and more is there or may be there.
    Partial(Failure),
    /// Nothing came.
    Failed(Failure),
}

/// Why something did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The scopes of the grant do not cover it, or not all of it.
    Scope,
    /// The server says no.
    Declined,
    /// Any other status than 200.
    Status,
    /// It is not declared as plain JSON.
    MediaType,
    /// It exceeds a cap.
    TooLarge,
    /// There are more pages than are read.
    TooManyPages,
    /// It is no sound JSON, or not the resource asked for.
    Unreadable,
    /// A `next` link that leads elsewhere.
    Elsewhere,
    /// The connection failed.
    Transport,
    /// It did not come in time.
    Late,
    /// The server keeps failing and was not asked.
    Resting,
}

/// The requests of one call.
pub(super) struct Asking<'a> {
    server: Server,
    grant: Grant,
    settings: &'a super::Settings,
    patient_id: String,
    received: Instant,
    /// Bytes read so far, of all queries.
    read: AtomicUsize,
    /// Whether the server answered anything at all, and whether it let us wait or fall.
    answered: AtomicBool,
    failed: AtomicBool,
    resting: AtomicBool,
}

impl<'a> Asking<'a> {
    pub fn new(
        server: Server,
        grant: Grant,
        settings: &'a super::Settings,
        patient_id: &str,
        received: Instant,
    ) -> Self {
        Self {
            server,
            grant,
            settings,
            patient_id: patient_id.to_owned(),
            received,
            read: AtomicUsize::new(0),
            answered: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            resting: AtomicBool::new(false),
        }
    }

    /// Asks for everything at once; each query ends by the deadline by itself.
    pub async fn all(&self, needs: Vec<Need>) -> Vec<Fetched> {
        let resting = !needs.is_empty() && !self.server.gate.may_ask(Instant::now());
        self.resting.store(resting, Ordering::Relaxed);
        let queries = needs
            .into_iter()
            .map(|need| Box::pin(self.answer(need)) as Pending<'_>);
        let fetched = join(queries.collect()).await.into_iter().flatten().collect();
        let answered = self.answered.swap(false, Ordering::Relaxed);
        let failed = self.failed.swap(false, Ordering::Relaxed);
        if answered || failed {
            self.server.gate.told(answered, Instant::now());
        }
        fetched
    }

    async fn answer(&self, need: Need) -> Option<Fetched> {
        let Need {
            key,
            label,
            query,
            additional,
            begun,
        } = need;
        let was_begun = begun.is_some();
        let (outcome, answer) = match query.split_once('?') {
            Some(_) => self.search(&query, begun).await,
            None => self.patient(&query).await,
        };
        tracing::debug!(target: "apposite::gather", key = label, ?outcome, "asked the FHIR server");
        let declined = matches!(outcome, Outcome::Failed(Failure::Declined | Failure::Scope));
        let answer = answer.or_else(|| {
            let unknown = additional && !was_begun && !declined;
            unknown.then(page::failure).flatten()
        })?;
        Some(Fetched { key, answer })
    }

    /// A read of the patient.
    async fn patient(&self, query: &str) -> (Outcome, Option<Box<RawValue>>) {
        if self.grant.scopes.extent(query) == Extent::Nothing {
            return (Outcome::Failed(Failure::Scope), None);
        }
        let read = async {
            let text = self.page(&self.at(query).ok_or(Failure::Elsewhere)?).await?;
            match Page::read(&text) {
                Some(Page::Alone { kind, id })
                    if kind == "Patient" && id.as_ref() == Some(&self.patient_id) =>
                {
                    RawValue::from_string(text).map_err(|_| Failure::Unreadable)
                }
                _ => Err(Failure::Unreadable),
            }
        };
        match read.await {
            Ok(answer) => (Outcome::Complete, Some(answer)),
            Err(failure) => (Outcome::Failed(failure), None),
        }
    }

    /// A search, with its further pages.
    async fn search(
        &self,
        query: &str,
        begun: Option<super::plan::Begun>,
    ) -> (Outcome, Option<Box<RawValue>>) {
        let extent = self.grant.scopes.extent(query);
        if extent == Extent::Nothing {
            return (Outcome::Failed(Failure::Scope), None);
        }
        let (mut entries, mut next) = match begun {
            Some(begun) => (begun.entries, self.follow(&begun.next)),
            None => (Vec::new(), self.at(query).ok_or(Failure::Elsewhere)),
        };
        let mut pages = 0;
        let end = loop {
            let text = match &next {
                _ if pages >= self.settings.pages => break Err(Failure::TooManyPages),
                Ok(url) => self.page(url).await,
                Err(failure) => break Err(*failure),
            };
            match text.map(|text| Page::read(&text)) {
                Ok(Some(Page::Bundle {
                    entries: more,
                    next: link,
                })) => {
                    pages += 1;
                    entries.extend(more);
                    match link {
                        None => break Ok(()),
                        Some(link) => next = self.follow(&link),
                    }
                }
                Ok(Some(Page::Alone { .. }) | None) => break Err(Failure::Unreadable),
                Err(failure) => break Err(failure),
            }
        };
        let outcome = match end {
            Ok(()) if extent == Extent::Part => Outcome::Partial(Failure::Scope),
            Ok(()) => Outcome::Complete,
            Err(failure) if pages > 0 => Outcome::Partial(failure),
            Err(failure) => Outcome::Failed(failure),
        };
        let answer = match outcome {
            Outcome::Failed(_) => None,
            _ => page::bundle(&entries, outcome == Outcome::Complete),
        };
        (outcome, answer)
    }

    /// The address of a query.
    fn at(&self, query: &str) -> Option<Url> {
        let base = self.server.url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{query}")).ok()?;
        is_under(&self.server.url, &url).then_some(url)
    }

    /// The address of a `next` link, if it stays with the server of the call (P-14).
    fn follow(&self, link: &str) -> Result<Url, Failure> {
        let link = link.trim();
        if link.is_empty() {
            return Err(Failure::Elsewhere);
        }
        let url = Url::parse(link).or_else(|_| {
            let base = self.server.url.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}/"))?.join(link)
        });
        url.ok()
            .filter(|url| is_under(&self.server.url, url))
            .ok_or(Failure::Elsewhere)
    }

    /// One page. A connection that fails is tried once more, if most of the time is left.
    async fn page(&self, url: &Url) -> Result<String, Failure> {
        if self.resting.load(Ordering::Relaxed) {
            return Err(Failure::Resting);
        }
        let deadline = (self.received + self.settings.deadline).min(self.grant.until);
        let half = self.settings.deadline / 2;
        if Instant::now() >= deadline {
            return Err(Failure::Late);
        }
        let asked = AtomicBool::new(false);
        let twice = async {
            let _place = self.server.gate.place().await;
            asked.store(true, Ordering::Relaxed);
            match self.get(url).await {
                Err(Failure::Transport) if self.received.elapsed() < half => self.get(url).await,
                outcome => outcome,
            }
        };
        let outcome = tokio::time::timeout_at(deadline.into(), twice).await;
        let outcome = outcome.unwrap_or(Err(Failure::Late));
        // Waiting for a place is no fault of the server.
        if asked.load(Ordering::Relaxed) {
            let silent = matches!(outcome, Err(Failure::Transport | Failure::Late));
            let told = if silent { &self.failed } else { &self.answered };
            told.store(true, Ordering::Relaxed);
        }
        let bytes = outcome?;
        if depth::too_deep(&bytes) {
            return Err(Failure::Unreadable);
        }
        String::from_utf8(bytes).map_err(|_| Failure::Unreadable)
    }

    async fn get(&self, url: &Url) -> Result<Vec<u8>, Failure> {
        let request = self
            .server
            .client
            .get(url.clone())
            .header(header::AUTHORIZATION, self.grant.header.reveal().clone())
            .header(header::ACCEPT, "application/fhir+json");
        // The error would name the address, and with it the patient.
        let mut response = request.send().await.map_err(|_| Failure::Transport)?;
        acceptable(&response)?;
        let declared = response.content_length().unwrap_or(0);
        if usize::try_from(declared).map_or(true, |declared| declared > self.settings.page_bytes) {
            return Err(Failure::TooLarge);
        }
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|_| Failure::Transport)? {
            let so_far = self.read.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
            if bytes.len() + piece.len() > self.settings.page_bytes || so_far > self.settings.call_bytes {
                return Err(Failure::TooLarge);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// What can be said before the body: status, media type and coding.
fn acceptable(response: &Response) -> Result<(), Failure> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            return Err(Failure::Status);
        }
        status if status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED => {
            return Err(Failure::Declined);
        }
        _ => return Err(Failure::Status),
    }
    let value = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let media = value(header::CONTENT_TYPE).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    let known = [
        "application/fhir+json",
        "application/json",
        "application/json+fhir",
    ];
    let json = known.iter().any(|known| media.eq_ignore_ascii_case(known));
    let plain = value(header::CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
    if json && plain {
        Ok(())
    } else {
        Err(Failure::MediaType)
    }
}

type Pending<'a> = Pin<Box<dyn Future<Output = Option<Fetched>> + Send + 'a>>;

/// Waits for all of them at once. Dropping it drops them all: nothing goes on after the answer.
async fn join(mut pending: Vec<Pending<'_>>) -> Vec<Option<Fetched>> {
    let mut done: Vec<Option<Option<Fetched>>> = pending.iter().map(|_| None).collect();
    poll_fn(move |context| {
        let mut waiting = false;
        for (future, slot) in pending.iter_mut().zip(&mut done) {
            if slot.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(outcome) => *slot = Some(outcome),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            Poll::Pending
        } else {
            Poll::Ready(done.iter_mut().map(|slot| slot.take().flatten()).collect())
        }
    })
    .await
}
