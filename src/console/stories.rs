//! The requests built into the program, as stories to try the service with.
//!
//! They were written for one day; a story is told as if it happened today, so that a tumour found a fortnight ago is
//! still one.

use include_dir::{Dir, include_dir};
use jiff::Span;
use jiff::civil::Date;
use serde_json::Value;

static HOOKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/hooks");

/// What each of them shows, in words.
const WORDS: &str = include_str!("../../fixtures/README.md");

/// The day they were written for.
const DAY: Date = jiff::civil::date(2026, 6, 15);

/// The story that shows a card.
pub const FIRST: &str = "order-select/seed-noncontrast-ct";

/// One story, for a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Story {
    /// Its name among the examples.
    pub name: String,
    /// What it shows.
    pub title: String,
}

/// The text of a request by its name, with or without `.json`.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    let wanted = name.trim_end_matches(".json");
    HOOKS.get_file(format!("{wanted}.json"))?.contents_utf8()
}

/// The names of all requests, in order.
pub fn names() -> impl Iterator<Item = String> {
    let files = HOOKS.dirs().flat_map(Dir::files);
    let mut names: Vec<_> = files
        .filter_map(|f| Some(f.path().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort_unstable();
    names.into_iter()
}

/// All stories in the order in which they are described.
#[must_use]
pub fn all() -> Vec<Story> {
    let mut folder = "";
    let mut stories = Vec::new();
    for line in WORDS.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            folder = heading
                .trim_matches('`')
                .strip_prefix("hooks/")
                .unwrap_or_default();
        }
        let mut cells = line
            .strip_prefix('|')
            .into_iter()
            .flat_map(|l| l.split('|'))
            .map(str::trim);
        if let (Some(file), Some(words)) = (cells.next(), cells.next())
            && !folder.is_empty()
            && let Some(file) = file.strip_prefix('`').and_then(|f| f.strip_suffix('`'))
        {
            let name = format!("{folder}{file}");
            if text(&name).is_some() {
                stories.push(Story {
                    title: words.replace(['*', '`'], ""),
                    name,
                });
            }
        }
    }
    stories
}

/// A request as if it were sent on this day.
#[must_use]
pub fn told_on(name: &str, today: Date) -> Option<Value> {
    let mut request: Value = serde_json::from_str(text(name)?).ok()?;
    let later = today.since(DAY).ok()?;
    shift(&mut request, later);
    Some(request)
}

/// Every date later by this much; the time of day stays.
fn shift(value: &mut Value, later: Span) {
    match value {
        Value::String(text) => {
            if let Some(moved) = moved(text, later) {
                *text = moved;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, later)),
        Value::Object(members) => members.values_mut().for_each(|value| shift(value, later)),
        _ => {}
    }
}

fn moved(text: &str, later: Span) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    if !rest.is_empty() && !rest.starts_with('T') {
        return None;
    }
    let date: Date = day.parse().ok()?;
    Some(format!("{}{rest}", date.checked_add(later).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_described_and_the_demonstration_comes_first() {
        let stories = all();
        assert_eq!(stories[0].name, FIRST);
        let mut described: Vec<String> = stories.into_iter().map(|s| s.name).collect();
        described.sort_unstable();
        assert_eq!(described, names().collect::<Vec<_>>());
    }

    #[test]
    fn dates_move_together_and_nothing_else_does() {
        let later = DAY.tomorrow().unwrap().since(DAY).unwrap();
        for (text, expect) in [
            ("2026-06-30", Some("2026-07-01")),
            ("2026-06-30T10:00:00Z", Some("2026-07-01T10:00:00Z")),
            ("2026-06", None),
            ("2026-06-30 found", None),
            ("1-888-555-1212", None),
            ("ümlauts in a text", None),
        ] {
            assert_eq!(moved(text, later).as_deref(), expect, "{text}");
        }
    }
}
