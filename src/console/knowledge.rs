//! *Knowledge*: everything clinical that the service believes, on the pages that are made to be reviewed.

use super::Console;
use super::page::{Frame, failed, page as whole, piece};
use crate::knowledge::lifecycle::Status;
use crate::review::render::{self, Part};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::{Value, context};
use std::sync::Arc;

const HERE: &str = "/console/knowledge";

/// The first part.
pub(super) async fn index() -> Redirect {
    Redirect::to("/console/knowledge/about")
}

/// One part.
pub(super) async fn part(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Response {
    let made = {
        let console = Arc::clone(&console);
        // The first time, all stories are judged: that is work, and no other page waits for it.
        tokio::task::spawn_blocking(move || console.parts().len()).await
    };
    if made.is_err() {
        return failed();
    }
    let parts = console.parts();
    let Some(part) = parts.iter().find(|part| part.id == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let list: Vec<_> = parts
        .iter()
        .map(|p| context! { id => p.id, title => p.title.as_str() })
        .collect();
    let knowledge = console.service.knowledge();
    let content = piece(
        "knowledge.html",
        context! {
            list, id, title => part.title.as_str(), content => Value::from_safe_string(part.html.clone()),
            service => console.service_id(), digest => knowledge.digest(),
        },
    );
    whole(&console.frame(), HERE, &part.title, "knowledge.js", content)
}

impl Console {
    fn parts(&self) -> &[Part] {
        self.parts
            .get_or_init(|| render::parts(self.service.knowledge(), &self.files))
    }

    /// What stands around every page.
    pub(super) fn frame(&self) -> Frame {
        let knowledge = self.service.knowledge();
        let status = knowledge.topic().status;
        Frame {
            knowledge: format!("{} {}", knowledge.id(), knowledge.version()),
            status: status.to_string(),
            active: status == Status::Active,
            guarded: self.guarded,
        }
    }
}
