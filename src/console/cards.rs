//! The cards of an answer as an EHR renders them, read from the answer itself.

use markdown::{CompileOptions, Options, to_html_with_options};
use minijinja::Value as Filled;
use serde::Serialize;
use serde_json::Value;

/// One card on the screen.
#[derive(Debug, Serialize)]
pub(super) struct CardView {
    at: usize,
    indicator: &'static str,
    loud: &'static str,
    summary: String,
    detail: Filled,
    source: String,
    source_url: Option<String>,
    suggestions: Vec<Choice>,
    reasons: Vec<Reason>,
    links: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Choice {
    at: usize,
    label: String,
    recommended: bool,
    does: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Reason {
    code: String,
    system: String,
    display: String,
}

#[derive(Debug, Serialize)]
struct Link {
    label: String,
    url: String,
}

/// The cards of an answer.
pub(super) fn views(response: &Value) -> Vec<CardView> {
    let all = response["cards"].as_array().into_iter().flatten();
    all.enumerate().map(|(at, card)| view(at, card)).collect()
}

fn view(at: usize, card: &Value) -> CardView {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let many = |member: &str| card[member].as_array().into_iter().flatten();
    let (indicator, loud) = match card["indicator"].as_str() {
        Some("critical") => ("critical", "Critical"),
        Some("warning") => ("warning", "Warning"),
        _ => ("info", "Information"),
    };
    CardView {
        at,
        indicator,
        loud,
        summary: text(&card["summary"]),
        detail: Filled::from_safe_string(html_of(card["detail"].as_str().unwrap_or_default())),
        source: card.pointer("/source/label").map(text).unwrap_or_default(),
        source_url: card
            .pointer("/source/url")
            .and_then(Value::as_str)
            .filter(|url| is_web(url))
            .map(str::to_owned),
        suggestions: many("suggestions")
            .enumerate()
            .map(|(at, suggestion)| Choice {
                at,
                label: text(&suggestion["label"]),
                recommended: suggestion["isRecommended"] == true,
                does: suggestion["actions"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|action| text(&action["description"]))
                    .collect(),
            })
            .collect(),
        reasons: many("overrideReasons")
            .map(|reason| Reason {
                code: text(&reason["code"]),
                system: text(&reason["system"]),
                display: text(&reason["display"]),
            })
            .collect(),
        links: many("links")
            .filter(|link| link["url"].as_str().is_some_and(is_web))
            .map(|link| Link {
                label: text(&link["label"]),
                url: text(&link["url"]),
            })
            .collect(),
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Markdown as HTML: raw HTML in it stays text, and so do images and odd links.
pub(super) fn html_of(markdown: &str) -> String {
    let options = Options {
        compile: CompileOptions {
            allow_dangerous_html: false,
            allow_dangerous_protocol: false,
            ..CompileOptions::default()
        },
        ..Options::default()
    };
    // Only extensions that are off could fail.
    to_html_with_options(markdown, &options).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn markdown_is_rendered_and_raw_html_is_not() {
        let html = html_of("**Why:** <script>x</script>\n\n- one &lt;b&gt;\n- [two](javascript:x)");
        assert!(
            html.contains("<strong>Why:</strong>") && html.contains("<li>one &lt;b&gt;</li>"),
            "{html}"
        );
        assert!(
            !html.contains("<script") && !html.contains("javascript"),
            "{html}"
        );
    }

    #[test]
    fn only_links_to_the_web_are_links() {
        let card = json!({ "cards": [{ "links": [
            { "label": "a", "url": "https://a.example" }, { "label": "b", "url": "javascript:alert(1)" } ],
            "source": { "label": "s", "url": "data:text/html,x" } }] });
        let views = views(&card);
        assert_eq!(views[0].links.len(), 1);
        assert_eq!(views[0].source_url, None);
    }
}
