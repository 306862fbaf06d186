//! Reading a request body: the media type first, then no more bytes and no more time than allowed (P-19, SC-22).
//!
//! A refusal does not wait for the rest of a body: it goes out at once, and what the client is still sending is thrown
//! away meanwhile, up to a point, so that it gets to read the refusal instead of a reset connection.

use super::refusal::Refusal;
use super::server::Limits;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

/// How many unwanted bytes are read and thrown away behind a refusal.
const COURTESY_BYTES: usize = 64 << 20;

/// The whole body of a call, if it is declared as JSON and keeps the limits.
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limits: &Limits) -> Result<Bytes, Refusal> {
    let reading = async {
        acceptable(headers, &body, limits.body_bytes)?;
        collect(&mut body, limits.body_bytes).await
    };
    let outcome = match tokio::time::timeout(limits.body_time, reading).await {
        Ok(outcome) => outcome,
        // It had its time.
        Err(_) => return Err(Refusal::TooSlow),
    };
    if outcome.is_err() {
        dismiss(headers, body, limits);
    }
    outcome
}

/// What can be said before the first byte: media type, coding and declared length.
fn acceptable(headers: &HeaderMap, body: &Body, limit: usize) -> Result<(), Refusal> {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    let is = |name: &str| media.eq_ignore_ascii_case(name);
    if !is("application/json") && !is("application/fhir+json") {
        return Err(Refusal::MediaType);
    }
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|v| v != "identity")
    {
        return Err(Refusal::MediaType);
    }
    if usize::try_from(body.size_hint().lower()).map_or(true, |declared| declared > limit) {
        return Err(Refusal::TooLarge);
    }
    Ok(())
}

async fn collect(body: &mut Body, limit: usize) -> Result<Bytes, Refusal> {
    // A small body arrives as one piece and is used as it is; only a larger one is put together.
    let Some(first) = piece(body).await? else {
        return Ok(Bytes::new());
    };
    if body.is_end_stream() {
        return if first.len() > limit {
            Err(Refusal::TooLarge)
        } else {
            Ok(first)
        };
    }
    let rest = usize::try_from(body.size_hint().lower()).unwrap_or(0);
    let mut whole = Vec::with_capacity(first.len().saturating_add(rest).min(limit));
    whole.extend_from_slice(&first);
    while let Some(next) = piece(body).await? {
        if whole.len().saturating_add(next.len()) > limit {
            return Err(Refusal::TooLarge);
        }
        whole.extend_from_slice(&next);
    }
    Ok(whole.into())
}

/// The next bytes; `None` at the end.
async fn piece(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Frames without bytes are trailers.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(_)) => {
                return Err(Refusal::unreadable("the body ended before it was complete"));
            }
        }
    }
}

/// Lets a client finish sending a body nobody wants, within the usual time, while it is being answered.
pub(crate) fn dismiss(headers: &HeaderMap, mut body: Body, limits: &Limits) {
    // A client that waits for "100 continue" has not begun to send, and need not. Most others have sent all of it.
    if headers.contains_key(header::EXPECT) || body.is_end_stream() {
        return;
    }
    let time = limits.body_time;
    // Whether it ends in time makes no difference to anybody: without a reader the connection is closed.
    tokio::spawn(async move {
        let _ = tokio::time::timeout(time, discard(&mut body)).await;
    });
}

async fn discard(body: &mut Body) {
    let mut seen = 0_usize;
    while let Ok(Some(data)) = piece(body).await {
        seen = seen.saturating_add(data.len());
        if seen > COURTESY_BYTES {
            return;
        }
    }
}
