//! Pages from templates: every text that is filled in is escaped, unless it was written by one of our own templates.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use include_dir::{Dir, include_dir};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use std::sync::LazyLock;

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/console/pages");

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Lenient);
    for file in PAGES.files() {
        if let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8())
            && let Err(error) = templates.add_template(name, text)
        {
            // A test renders every one of them.
            tracing::error!(name, %error, "a page of the console is not well-formed");
        }
    }
    templates
});

/// What stands around every page.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Frame {
    /// The knowledge, its version and state.
    pub knowledge: String,
    /// Its state, in a word.
    pub status: String,
    /// Whether it may be used for patients.
    pub active: bool,
    /// Whether one can log out.
    pub guarded: bool,
}

/// Something to fill in.
pub(super) fn filled(value: impl Serialize) -> Value {
    minijinja::value::Serde(value).into()
}

/// A piece of a page.
pub(super) fn piece(name: &str, values: Value) -> Result<String, minijinja::Error> {
    TEMPLATES.get_template(name)?.render(values)
}

/// A whole page; `here` is the address that the navigation marks.
pub(super) fn page(
    frame: &Frame,
    here: &str,
    title: &str,
    script: &str,
    content: Result<String, minijinja::Error>,
) -> Response {
    let whole = content.and_then(|content| {
        let content = Value::from_safe_string(content);
        let version = env!("CARGO_PKG_VERSION");
        let frame = filled(frame);
        piece(
            "frame.html",
            context! { frame, here, title, script, content, version },
        )
    });
    html(whole)
}

/// A page without navigation.
pub(super) fn bare(title: &str, name: &str, values: Value) -> Response {
    let content = piece(name, values);
    html(content.and_then(|content| {
        piece(
            "bare.html",
            context! { title, content => Value::from_safe_string(content) },
        )
    }))
}

/// Written HTML as an answer.
pub(super) fn html(written: Result<String, minijinja::Error>) -> Response {
    match written {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the console cannot be written");
            failed()
        }
    }
}

/// A defect of ours, told as such.
pub(super) fn failed() -> Response {
    let type_ = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        type_,
        "this page cannot be written; the log says why\n",
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_well_formed() {
        assert!(PAGES.files().count() > 5);
        for file in PAGES.files() {
            let name = file.path().to_str().unwrap();
            assert!(TEMPLATES.get_template(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_filled_in_stays_text() {
        let written = piece("notice.html", context! { tone => "bad", text => "<b>&\"" }).unwrap();
        assert!(written.contains("&lt;b&gt;&amp;&quot;"), "{written}");
    }
}
