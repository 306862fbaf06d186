//! Cards, services and findings as a person reads them in a terminal.

use super::plain::{harmless, wrapped};
use super::rules::{Finding, Level};
use serde_json::Value;
use std::fmt::Write as _;

/// Most changes of a resource that are told one by one.
const MOST_CHANGES: usize = 12;

/// Longest value that is shown whole.
const LONGEST_VALUE: usize = 60;

/// How things are shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether colours are used.
    pub colour: bool,
    /// Characters in a line.
    pub width: usize,
}

/// The colours in use, as the numbers of ANSI.
#[derive(Debug, Clone, Copy)]
enum Ink {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Bold = 1,
}

impl Look {
    fn ink(self, ink: Ink, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink as u8)
        } else {
            text.to_owned()
        }
    }

    /// Something to look at first.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.ink(Ink::Bold, text)
    }

    /// A service of a discovery document, with its prefetch templates.
    #[must_use]
    pub fn service(self, service: &Value) -> String {
        let mut text = format!(
            "  {} {}",
            self.strong(&word(service, "hook")),
            word(service, "id")
        );
        for (key, sign) in [("title", ": "), ("version", ", CDS Hooks ")] {
            let told = word(service, key);
            if !told.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(text, "{sign}{told}");
            }
        }
        text.push('\n');
        let templates = service.get("prefetch").and_then(Value::as_object);
        for (key, template) in templates.into_iter().flatten() {
            let _ = writeln!(
                text,
                "    {:<26} {}",
                harmless(key),
                harmless(template.as_str().unwrap_or("?"))
            );
        }
        text
    }

    /// A card; `drafted` finds the order that an action is about.
    #[must_use]
    pub fn card<'d>(self, card: &Value, drafted: impl Fn(&Value) -> Option<&'d Value>) -> String {
        let indicator = word(card, "indicator");
        let ink = match indicator.as_str() {
            "critical" => Ink::Red,
            "warning" => Ink::Yellow,
            _ => Ink::Blue,
        };
        let width = self.width.saturating_sub(indicator.len() + 5);
        let head = wrapped(&escaped(&word(card, "summary")), width, "");
        let mut lines = head.lines();
        let mut text = format!(
            "  {} {}\n",
            self.ink(ink, &format!("[{indicator}]")),
            lines.next().unwrap_or_default()
        );
        for line in lines {
            let _ = writeln!(text, "  {}{line}", " ".repeat(indicator.len() + 3));
        }
        text.push_str(&wrapped(
            card.get("detail").and_then(Value::as_str).unwrap_or_default(),
            self.width,
            "    ",
        ));
        for (at, suggestion) in list(card, "suggestions").enumerate() {
            let recommended = suggestion.get("isRecommended").is_some_and(|r| *r == true);
            let mark = if recommended { " (recommended)" } else { "" };
            let label = self.strong(&word(suggestion, "label"));
            let _ = writeln!(text, "    ({}) {label}{mark}", at + 1);
            for action in list(suggestion, "actions") {
                text.push_str(&self.action(action, &drafted));
            }
        }
        for link in list(card, "links") {
            let _ = writeln!(text, "    link: {} <{}>", word(link, "label"), word(link, "url"));
        }
        let reasons: Vec<_> = list(card, "overrideReasons")
            .map(|r| word(r, "display"))
            .collect();
        if !reasons.is_empty() {
            text.push_str(&wrapped(
                &escaped(&format!("may be set aside: {}", reasons.join("; "))),
                self.width,
                "    ",
            ));
        }
        let source = card.get("source").map(|s| word(s, "label")).unwrap_or_default();
        let _ = writeln!(text, "    source: {source}");
        text
    }

    /// What an action does, and what it changes in the resource that was sent.
    #[must_use]
    pub fn action<'d>(self, action: &Value, drafted: impl Fn(&Value) -> Option<&'d Value>) -> String {
        let nothing = Value::Null;
        let resource = action.get("resource").unwrap_or(&nothing);
        let name = match action.get("resourceId").and_then(Value::as_str) {
            Some(id) => harmless(id),
            None => format!("{}/{}", word(resource, "resourceType"), word(resource, "id")),
        };
        let name = name.trim_end_matches('/');
        let mut text = format!("        {} {name}", word(action, "type"));
        let description = word(action, "description");
        if !description.is_empty() {
            let _ = write!(text, ": {description}");
        }
        text.push('\n');
        if let Some(before) = drafted(resource) {
            let mut changes = Vec::new();
            differences(before, resource, String::new(), &mut changes);
            for change in changes.iter().take(MOST_CHANGES) {
                let _ = writeln!(text, "          {change}");
            }
            if let Some(more) = changes.len().checked_sub(MOST_CHANGES).filter(|m| *m > 0) {
                let _ = writeln!(text, "          and {more} more changes");
            }
        }
        text
    }

    /// A rule that was not kept.
    #[must_use]
    pub fn finding(self, finding: &Finding) -> String {
        let mark = match finding.level {
            Level::Required => self.ink(Ink::Red, "broken"),
            Level::Advice => self.ink(Ink::Yellow, "advice"),
        };
        let place = if finding.place.is_empty() {
            "the answer"
        } else {
            &finding.place
        };
        format!(
            "  {mark} {}: {} ({}: {})\n",
            finding.id,
            finding.rule,
            harmless(place),
            harmless(&finding.what)
        )
    }

    /// The last line: whether all is well.
    #[must_use]
    pub fn verdict(self, well: bool, text: &str) -> String {
        self.ink(if well { Ink::Green } else { Ink::Red }, text)
    }
}

/// Plain text as Markdown that shows it.
fn escaped(text: &str) -> String {
    let escape = |c: char| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c]);
    text.chars().flat_map(escape).collect()
}

/// A text of an answer that is no Markdown.
fn word(value: &Value, key: &str) -> String {
    harmless(value.get(key).and_then(Value::as_str).unwrap_or_default())
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// What is different, leaf by leaf.
fn differences(before: &Value, after: &Value, place: String, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(b), Value::Object(a)) => {
            for (key, was) in b {
                let place = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}.{key}")
                };
                match a.get(key) {
                    Some(is) => differences(was, is, place, found),
                    None => found.push(format!("- {}: {}", harmless(&place), short(was))),
                }
            }
            for (key, is) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
                let place = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}.{key}")
                };
                found.push(format!("+ {}: {}", harmless(&place), short(is)));
            }
        }
        (Value::Array(b), Value::Array(a)) => {
            for (at, was) in b.iter().enumerate() {
                match a.get(at) {
                    Some(is) => differences(was, is, format!("{place}[{at}]"), found),
                    None => found.push(format!("- {}[{at}]: {}", harmless(&place), short(was))),
                }
            }
            for (at, is) in a.iter().enumerate().skip(b.len()) {
                found.push(format!("+ {}[{at}]: {}", harmless(&place), short(is)));
            }
        }
        _ if before != after => found.push(format!(
            "{}: {} → {}",
            harmless(&place),
            short(before),
            short(after)
        )),
        _ => {}
    }
}

fn short(value: &Value) -> String {
    let text = harmless(&value.to_string());
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LOOK: Look = Look {
        colour: false,
        width: 60,
    };

    #[test]
    fn a_card_shows_what_it_says_and_what_its_buttons_change() {
        let drafted = json!({ "resourceType": "ServiceRequest", "id": "o", "status": "draft", "note": [{ "text": "n" }],
            "code": { "coding": [{ "code": "1" }] } });
        let mut changed = drafted.clone();
        changed["code"]["coding"][0]["code"] = json!("2");
        changed.as_object_mut().unwrap().shift_remove("note");
        changed["reasonCode"] = json!([{ "text": "r" }]);
        let card = json!({ "summary": "S", "indicator": "warning", "detail": "**Why:** because\n\n- a",
            "source": { "label": "L" }, "overrideReasons": [{ "display": "R" }, { "display": "T" }],
            "suggestions": [{ "label": "Change", "isRecommended": true,
                "actions": [{ "type": "update", "description": "D", "resource": changed }] }] });
        let expected = "  [warning] S\n    Why: because\n\n    • a\n    (1) Change (recommended)\n        \
             update ServiceRequest/o: D\n          - note: [{\"text\":\"n\"}]\n          \
             code.coding[0].code: \"1\" → \"2\"\n          + reasonCode: [{\"text\":\"r\"}]\n    \
             may be set aside: R; T\n    source: L\n";
        assert_eq!(LOOK.card(&card, |_| Some(&drafted)), expected);
        let colour = Look { colour: true, ..LOOK };
        assert!(
            colour
                .card(&card, |_| None)
                .contains("\u{1b}[33m[warning]\u{1b}[0m")
        );
    }

    /// An answer of somebody else's service must not drive the terminal.
    #[test]
    fn no_text_of_an_answer_reaches_the_terminal_as_a_command() {
        let hostile = "x\u{1b}[2J\u{9b}1m\u{202e}\u{7}";
        let action = json!({ "type": hostile, "description": hostile, "resourceId": hostile,
            "resource": { "id": hostile, hostile: hostile } });
        let card = json!({ "summary": hostile, "indicator": hostile, "detail": hostile, "source": { "label": hostile },
            "overrideReasons": [{ "display": hostile }], "links": [{ "label": hostile, "url": hostile }],
            "suggestions": [{ "label": hostile, "actions": [action] }] });
        let service =
            json!({ "hook": hostile, "id": hostile, "title": hostile, "prefetch": { hostile: hostile } });
        let before = json!({ "a": hostile });
        let text = LOOK.card(&card, |_| Some(&before)) + &LOOK.service(&service);
        assert!(
            !text
                .chars()
                .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{text:?}"
        );
    }
}
