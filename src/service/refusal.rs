//! Every way a call can end other than in an answer: one enum, one match, one OperationOutcome (P-02, R-091).
//!
//! A refusal says what is wrong, where, and which request it was. It never carries request text, a path or a
//! stack (SC-23): places are names the specification defines, words are ours.

use super::auth::Denied;
use crate::cds_hooks::outcome::{Issue, OperationOutcome};
use crate::cds_hooks::response::Coding;
use crate::cds_hooks::{FaultKind, RequestFault};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// The code system of `details.coding` in our OperationOutcomes.
pub const CODE_SYSTEM: &str = "urn:apposite:refusal";

/// Why a call got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body cannot be read as a call of this service.
    #[error(transparent)]
    Unreadable(#[from] RequestFault),
    /// The caller did not prove to be a registered client; the cause is for the log only (P-03).
    #[error("this call needs a valid token of a registered client; ask whoever runs this service")]
    Unauthenticated(Denied),
    /// No service has this id.
    #[error("no service has this id; `GET /cds-services` lists those there are")]
    UnknownService,
    /// Nothing lives at this address.
    #[error("nothing lives at this address; start at `GET /cds-services`")]
    UnknownRoute,
    /// The address exists, the method does not.
    #[error("this address does not take this method; the `Allow` header lists those it takes")]
    Method {
        /// The methods it takes, as the `Allow` header has them.
        allow: &'static str,
    },
    /// The body did not arrive in time.
    #[error("the body did not arrive in time; send it in one go")]
    TooSlow,
    /// Data without which a selected, rated order cannot be judged (P-01).
    #[error("`{source_key}` is needed to judge a selected order and was not delivered; send it as prefetch")]
    DataUnavailable {
        /// The prefetch key.
        source_key: &'static str,
    },
    /// The body exceeds the limit.
    #[error("the body is larger than this service reads; send only the prefetch keys it lists")]
    TooLarge,
    /// The body is not declared as plain JSON.
    #[error("send the body as `application/json`, without content encoding")]
    MediaType,
    /// More calls than agreed with this caller, or too many attempts without a valid token from its address.
    #[error("more calls than agreed; try again after the seconds in `Retry-After`")]
    TooMany {
        /// Seconds after which another one passes.
        retry_after: u32,
    },
    /// The answer was not there when it had to be.
    #[error("the answer took longer than this service allows itself; try again shortly")]
    TooLate,
    /// More work than this process takes on.
    #[error("more work than this service takes on at once; try again shortly")]
    TooBusy,
    /// Feedback could not be kept.
    #[error("this feedback could not be kept; send it again after the seconds in `Retry-After`")]
    NotKept,
    /// A defect of ours.
    #[error("an internal error; quote the request id to whoever runs this service")]
    Failed,
}

/// A refusal as HTTP and FHIR say it.
struct Rendering {
    status: StatusCode,
    /// FHIR issue type.
    issue: &'static str,
    /// Our own, finer code.
    code: &'static str,
    place: Option<String>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A body that is no JSON, or none we read, as a whole.
    #[must_use]
    pub fn unreadable(message: &str) -> Self {
        let message = message.to_owned();
        Self::Unreadable(RequestFault {
            kind: FaultKind::Structure,
            pointer: String::new(),
            message,
        })
    }

    /// Too many, with the time after which another one passes.
    pub(crate) fn too_many(wait: Duration) -> Self {
        // Whole seconds, and never "at once".
        let seconds = wait.as_secs().saturating_add(1);
        let retry_after = u32::try_from(seconds).unwrap_or(u32::MAX);
        Self::TooMany { retry_after }
    }

    /// The one place where a refusal becomes a status and a code (P-02).
    fn rendering(&self) -> Rendering {
        let plain = |status, issue, code| Rendering {
            status,
            issue,
            code,
            place: None,
            header: None,
        };
        match self {
            Self::Unreadable(fault) => {
                let code = match fault.kind {
                    FaultKind::Structure => "body-not-readable",
                    FaultKind::Required => "field-missing",
                    FaultKind::Value => "field-value",
                    FaultKind::NotSupported => "hook-not-served",
                };
                let issue = fault.kind.issue_code();
                Rendering {
                    place: speakable(&fault.pointer),
                    ..plain(StatusCode::BAD_REQUEST, issue, code)
                }
            }
            Self::Unauthenticated(_) => Rendering {
                header: Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
                ..plain(StatusCode::UNAUTHORIZED, "login", "not-authenticated")
            },
            Self::UnknownService => plain(StatusCode::NOT_FOUND, "not-found", "service-unknown"),
            Self::UnknownRoute => plain(StatusCode::NOT_FOUND, "not-found", "address-unknown"),
            Self::Method { allow } => Rendering {
                header: Some((header::ALLOW, HeaderValue::from_static(allow))),
                ..plain(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "not-supported",
                    "method-not-served",
                )
            },
            Self::TooSlow => plain(StatusCode::REQUEST_TIMEOUT, "timeout", "body-too-slow"),
            Self::DataUnavailable { source_key } => Rendering {
                place: Some(format!("/prefetch/{source_key}")),
                ..plain(
                    StatusCode::PRECONDITION_FAILED,
                    "processing",
                    "data-not-delivered",
                )
            },
            Self::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "body-too-large"),
            Self::MediaType => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-supported",
                "media-type-not-served",
            ),
            Self::TooMany { retry_after } => Rendering {
                header: Some((header::RETRY_AFTER, HeaderValue::from(*retry_after))),
                ..plain(StatusCode::TOO_MANY_REQUESTS, "throttled", "too-many-calls")
            },
            Self::TooLate => Rendering {
                header: Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
                ..plain(StatusCode::SERVICE_UNAVAILABLE, "timeout", "answer-too-late")
            },
            Self::TooBusy => Rendering {
                header: Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
                ..plain(StatusCode::SERVICE_UNAVAILABLE, "throttled", "too-busy")
            },
            Self::NotKept => Rendering {
                header: Some((header::RETRY_AFTER, HeaderValue::from_static("5"))),
                ..plain(StatusCode::SERVICE_UNAVAILABLE, "no-store", "feedback-not-kept")
            },
            Self::Failed => plain(StatusCode::INTERNAL_SERVER_ERROR, "exception", "internal-error"),
        }
    }

    /// Our code for it, as logs and command-line output have it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rendering().code
    }

    /// Whether it is our state and not the call that stands in the way.
    pub(crate) fn is_ours(&self) -> bool {
        self.rendering().status.is_server_error()
    }

    /// The place at fault, if it has one.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        self.rendering().place
    }

    /// The response: status, headers and OperationOutcome, in the media type the caller reads (P-19).
    pub(crate) fn respond(&self, request_id: &str, plain_json_only: bool) -> Response {
        let Rendering {
            status,
            issue,
            code,
            place,
            header,
        } = self.rendering();
        let mut entry = Issue::error(issue, self.to_string());
        entry.details.coding.push(Coding {
            code: code.into(),
            system: CODE_SYSTEM.into(),
            display: None,
        });
        entry.diagnostics = Some(format!("request id {request_id}"));
        entry.expression.extend(place);
        // These types always serialise; an empty body would still carry the right status.
        let outcome = serde_json::to_string(&OperationOutcome::new(entry)).unwrap_or_default();
        let media = if plain_json_only {
            "application/json"
        } else {
            "application/fhir+json"
        };
        let mut response = (status, [(header::CONTENT_TYPE, media)], outcome).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A place that is safe to repeat: a pointer of short, plain names. Anything else might be the request speaking.
fn speakable(place: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.[]".contains(&b);
    let ok = !place.is_empty() && place.len() <= 128 && place.bytes().all(plain);
    ok.then(|| place.to_owned())
}

/// Handlers return refusals as they are; [`super::edge`] turns them into responses, since only it knows the request id.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::auth::Denial;

    /// P-02: status and issue type of every refusal.
    #[test]
    fn every_refusal_has_the_status_and_issue_type_of_the_map() {
        let unreadable = |kind| {
            RequestFault {
                kind,
                pointer: "/hook".to_owned(),
                message: "words".to_owned(),
            }
            .into()
        };
        let table = [
            (unreadable(FaultKind::Structure), 400, "structure"),
            (unreadable(FaultKind::Required), 400, "required"),
            (unreadable(FaultKind::Value), 400, "value"),
            (unreadable(FaultKind::NotSupported), 400, "not-supported"),
            (
                Refusal::Unauthenticated(Denied {
                    cause: Denial::NoToken,
                    client: None,
                }),
                401,
                "login",
            ),
            (Refusal::UnknownService, 404, "not-found"),
            (Refusal::UnknownRoute, 404, "not-found"),
            (Refusal::Method { allow: "GET" }, 405, "not-supported"),
            (Refusal::TooSlow, 408, "timeout"),
            (
                Refusal::DataUnavailable {
                    source_key: "conditions",
                },
                412,
                "processing",
            ),
            (Refusal::TooLarge, 413, "too-long"),
            (Refusal::MediaType, 415, "not-supported"),
            (Refusal::TooMany { retry_after: 7 }, 429, "throttled"),
            (Refusal::TooLate, 503, "timeout"),
            (Refusal::TooBusy, 503, "throttled"),
            (Refusal::NotKept, 503, "no-store"),
            (Refusal::Failed, 500, "exception"),
        ];
        for (refusal, status, issue) in table {
            let rendering = refusal.rendering();
            assert_eq!(
                (rendering.status.as_u16(), rendering.issue),
                (status, issue),
                "{refusal:?}"
            );
        }
    }

    /// A wait is told in whole seconds, long enough.
    #[test]
    fn whoever_is_told_to_wait_is_told_long_enough() {
        for (millis, seconds) in [(0, 1), (1, 1), (999, 1), (1_000, 2), (2_500, 3)] {
            let told = Refusal::too_many(Duration::from_millis(millis));
            assert_eq!(told, Refusal::TooMany { retry_after: seconds });
        }
    }

    /// SC-23: a place that could be request text is left out.
    #[test]
    fn a_place_that_could_be_request_text_is_not_repeated() {
        assert_eq!(
            speakable("/context/selections/0").as_deref(),
            Some("/context/selections/0")
        );
        for odd in [
            "",
            "/prefetch/Jane Doe",
            "/prefetch/<b>",
            "/prefetch/é",
            &"/x".repeat(65),
        ] {
            assert_eq!(speakable(odd), None, "{odd}");
        }
    }
}
