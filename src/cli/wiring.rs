//! Where the commands meet the core: the only functions of the command line that know engine and knowledge.
//!
//! (being built: until the core lands, one service that is always silent.)

use super::{Explain, Form, Report};
use crate::cds_hooks::HookRequest;
use crate::service::{About, Answer, Decide, Refusal, Service};
use axum::body::Bytes;
use jiff::civil::Date;
use std::path::Path;
use std::sync::Arc;

/// The service that answers calls, with the knowledge of this folder or the one built in.
///
/// # Errors
/// If the knowledge cannot be read or has defects.
pub fn decide(_cards: Option<&Path>) -> anyhow::Result<Arc<dyn Decide>> {
    let service = |hook: &str| Service {
        id: "pnet-imaging".to_owned(),
        hook: hook.to_owned(),
    };
    let services = vec![service("order-sign"), service("order-select")];
    Ok(Arc::new(Silent {
        about: About {
            services,
            knowledge: "none yet".to_owned(),
        },
    }))
}

/// What tells how a request is judged.
///
/// # Errors
/// If the knowledge cannot be read or has defects.
pub fn explain(_cards: Option<&Path>) -> anyhow::Result<Box<dyn Explain>> {
    Ok(Box::new(NotYet))
}

/// Reads all knowledge files and reports all defects.
///
/// # Errors
/// If the folder cannot be read at all.
pub fn lint(_cards: Option<&Path>) -> anyhow::Result<Report> {
    anyhow::bail!("knowledge lint is being built")
}

/// Runs the vignettes of the knowledge.
///
/// # Errors
/// If the knowledge cannot be read or has defects.
pub fn test(_cards: Option<&Path>) -> anyhow::Result<Report> {
    anyhow::bail!("knowledge test is being built")
}

struct Silent {
    about: About,
}

impl Decide for Silent {
    fn about(&self) -> &About {
        &self.about
    }

    fn discovery(&self) -> Bytes {
        Bytes::from_static(br#"{"services":[]}"#)
    }

    fn answer(&self, _: &str, body: &[u8], _: Date) -> Result<Answer, Refusal> {
        HookRequest::parse(body)?;
        Ok(Answer {
            body: br#"{"cards":[]}"#.to_vec(),
            cards: 0,
        })
    }
}

struct NotYet;

impl Explain for NotYet {
    fn explain(&self, request: &[u8], _: Date, _: Form) -> Result<String, Refusal> {
        HookRequest::parse(request)?;
        Err(Refusal::Failed)
    }
}
