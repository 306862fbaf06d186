//! `POST /cds-services/{id}/feedback`: what users did with cards, kept before it is answered (R-092 – R-101, P-12).
//!
//! Read whole or refused whole; 200 without a body once it is on the disk, and 503 otherwise (promise P4). Whose card it
//! is decides the store: nobody's feedback is joined to another's card. It takes none of the places of calls, so that a
//! store that hangs holds up no hook (promise P3).

use super::auth::Caller;
use super::decide::About;
use super::record::{self, Received};
use super::refusal::Refusal;
use super::{App, body, metrics};
use crate::cds_hooks::depth;
use crate::cds_hooks::feedback::{self, Item, Outcome, OverrideReason};
use crate::store::{Feedback, Store, Told};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use uuid::Uuid;

/// The longest comment that is kept, in characters (SC-20); what is longer is cut.
const COMMENT: usize = 1024;

/// A reason that is none of ours.
const OTHER: &str = "other";

/// One message.
pub(crate) async fn feedback(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let limits = &app.settings.limits;
    let caller = match app.door.caller(&app.settings.callers, &head).await {
        Ok(caller) => caller,
        Err(refusal) => {
            body::dismiss(&head.headers, body, limits);
            return Err(refusal);
        }
    };
    let known = app.decide.about().serves(&id);
    let Some(store) = app.settings.store.as_ref().filter(|_| known) else {
        body::dismiss(&head.headers, body, limits);
        // Without a store there is no such address (R-092: MAY).
        return Err(if known {
            Refusal::UnknownRoute
        } else {
            Refusal::UnknownService
        });
    };
    let body = body::read(&head.headers, body, limits).await?;
    depth::check(&body)?;
    let items = feedback::parse(&body)?;
    let told = told(store, &caller, app.decide.about(), &id, &items);
    let counted: Vec<(&'static str, String)> =
        told.items.iter().map(|t| (t.outcome, t.reason.clone())).collect();
    let kept = store.feedback(told).await.map_err(|_| Refusal::NotKept)?;
    if let Some(metrics) = &app.metrics {
        for (kept, (outcome, reason)) in kept.iter().zip(&counted) {
            metrics.feedback(&metrics::Told {
                kind: kept.kind.as_deref(),
                outcome,
                reason,
                first: kept.first,
            });
        }
    }
    // Not a byte: an empty object would be more than the specification has.
    Ok((StatusCode::OK, Body::empty()).into_response())
}

/// The message as the store keeps it.
fn told(store: &Store, caller: &Caller, about: &About, service: &str, items: &[Item<'_>]) -> Feedback {
    let owner = record::owner(caller);
    let name = |text: &str| name(store, text);
    let items = items.iter().map(|item| {
        let card = name(&item.card);
        let outcome_at = item.at.as_millisecond();
        let (outcome, suggestions, why) = match &item.outcome {
            Outcome::Accepted(suggestions) => ("accepted", suggestions.as_slice(), None),
            Outcome::Overridden(why) => ("overridden", [].as_slice(), why.as_ref()),
        };
        let time = outcome_at.to_string();
        let parts = [&*owner.issuer, &*owner.tenant, &*card, outcome, &*time];
        Told {
            id: store.pseudonym("feedback", &parts),
            outcome,
            outcome_at,
            suggestions: suggestions.iter().map(|s| name(s)).collect(),
            reason: why.map_or_else(String::new, |why| reason(about, why)),
            comment: why
                .and_then(|why| why.comment.as_deref())
                .map(|words| words.chars().take(COMMENT).collect()),
            card,
        }
    });
    Feedback {
        at: Received::now().at,
        service: service.to_owned(),
        items: items.collect(),
        owner,
    }
}

/// An id as ours are; anything else may be any text, and becomes a pseudonym.
fn name(store: &Store, text: &str) -> String {
    match Uuid::try_parse(text) {
        Ok(id) => id.to_string(),
        Err(_) => store.pseudonym("name", &[text]),
    }
}

/// The code of a reason that we offer, or that it is another one.
fn reason(about: &About, why: &OverrideReason<'_>) -> String {
    let Some((code, system)) = &why.code else {
        return OTHER.to_owned();
    };
    // Some clients drop the system of a code they were given.
    let ours = about.reasons.iter().find(|(our_system, our_code)| {
        our_code == code && system.as_ref().is_none_or(|system| system == our_system)
    });
    ours.map_or_else(|| OTHER.to_owned(), |(_, code)| code.clone())
}
