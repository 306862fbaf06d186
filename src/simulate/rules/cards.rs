//! Rules about cards: their words, source, reasons, links and choices.

use super::{At, Faults, Level, Rule, Seen, is_absolute};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "R-063",
        level: Level::Required,
        asks: "the ids of cards and suggestions are texts, each given once",
        check: |seen, faults| {
            let mut met = BTreeSet::new();
            for at in ids(seen) {
                match at.value.as_str() {
                    Some(id) => faults.unless(met.insert(id), at.place, "given before"),
                    None => faults.add(at.place, "no text"),
                }
            }
        },
    },
    Rule {
        id: "R-063",
        level: Level::Advice,
        asks: "the ids of cards and suggestions are UUIDs in lower case",
        check: |seen, faults| {
            for at in ids(seen) {
                let text = at.value.as_str().unwrap_or_default();
                let plain = uuid::Uuid::parse_str(text).is_ok_and(|id| id.hyphenated().to_string() == text);
                faults.unless(plain, at.place, "no such UUID");
            }
        },
    },
    Rule {
        id: "R-064",
        level: Level::Required,
        asks: "a summary is one sentence of fewer than 140 characters",
        check: |seen, faults| {
            for card in seen.cards() {
                let place = format!("{}/summary", card.place);
                match card.text("summary") {
                    None => faults.add(place, "no text"),
                    Some(text) if text.encode_utf16().count() >= 140 => {
                        faults.add(place, format!("{} characters", text.encode_utf16().count()));
                    }
                    Some(text) => faults.unless(!text.contains(['\n', '\r']), place, "more than one line"),
                }
            }
        },
    },
    Rule {
        id: "R-065",
        level: Level::Required,
        asks: "a detail is a text",
        check: |seen, faults| {
            for detail in seen.cards().iter().filter_map(|c| c.member("detail")) {
                faults.unless(detail.value.is_string(), detail.place, "no text");
            }
        },
    },
    Rule {
        id: "R-065",
        level: Level::Advice,
        asks: "a detail holds no HTML, which clients may show",
        check: |seen, faults| {
            for detail in seen.cards().iter().filter_map(|c| c.member("detail")) {
                let text = detail.value.as_str().unwrap_or_default().replace("\\<", "");
                let tag = text.split('<').skip(1).any(opens_a_tag);
                faults.unless(!tag, detail.place, "a tag");
            }
        },
    },
    Rule {
        id: "SC-01",
        level: Level::Advice,
        asks: "words on cards hold no control characters and none that turn the direction of writing",
        check: |seen, faults| {
            for card in seen.cards() {
                let mut words: Vec<_> = ["summary", "detail"]
                    .iter()
                    .filter_map(|k| card.member(k))
                    .collect();
                words.extend(card.list("suggestions").iter().filter_map(|s| s.member("label")));
                for at in words {
                    let text = at.value.as_str().unwrap_or_default();
                    faults.unless(!text.chars().any(is_odd), at.place, "such a character");
                }
            }
        },
    },
    Rule {
        id: "R-066",
        level: Level::Required,
        asks: "an indicator is info, warning or critical",
        check: |seen, faults| {
            for card in seen.cards() {
                let known = matches!(card.text("indicator"), Some("info" | "warning" | "critical"));
                faults.unless(known, format!("{}/indicator", card.place), "another value");
            }
        },
    },
    Rule {
        id: "R-067",
        level: Level::Required,
        asks: "a source has a label",
        check: |seen, faults| {
            for card in seen.cards() {
                let label = card.member("source").and_then(|s| s.text("label"));
                faults.unless(label.is_some(), format!("{}/source/label", card.place), "no text");
            }
        },
    },
    Rule {
        id: "R-068",
        level: Level::Required,
        asks: "the addresses of a source and of its icon are absolute",
        check: |seen, faults| {
            for source in seen.cards().iter().filter_map(|c| c.member("source")) {
                for at in ["url", "icon"].iter().filter_map(|k| source.member(k)) {
                    faults.unless(
                        at.value.as_str().is_some_and(is_absolute),
                        at.place,
                        "not absolute",
                    );
                }
            }
        },
    },
    Rule {
        id: "R-070",
        level: Level::Required,
        asks: "the topic of a source has a code and a system",
        check: |seen, faults| {
            for source in seen.cards().iter().filter_map(|c| c.member("source")) {
                if let Some(topic) = source.member("topic") {
                    coding(&topic, &["code", "system"], faults);
                }
            }
        },
    },
    Rule {
        id: "R-071",
        level: Level::Required,
        asks: "a card with suggestions says how many of them may be taken",
        check: |seen, faults| {
            for card in seen.cards() {
                let missing =
                    !card.list("suggestions").is_empty() && card.member("selectionBehavior").is_none();
                faults.unless(!missing, format!("{}/selectionBehavior", card.place), "missing");
            }
        },
    },
    Rule {
        id: "R-072",
        level: Level::Required,
        asks: "selectionBehavior is at-most-one or any",
        check: |seen, faults| {
            for at in seen.cards().iter().filter_map(|c| c.member("selectionBehavior")) {
                let known = matches!(at.value.as_str(), Some("at-most-one" | "any"));
                faults.unless(known, at.place, "another value");
            }
        },
    },
    Rule {
        id: "R-073",
        level: Level::Required,
        asks: "isRecommended is true or false, and true once where at most one may be taken",
        check: |seen, faults| {
            for card in seen.cards() {
                let marks: Vec<_> = card
                    .list("suggestions")
                    .iter()
                    .filter_map(|s| s.member("isRecommended"))
                    .collect();
                for mark in &marks {
                    faults.unless(mark.value.is_boolean(), mark.place.clone(), "neither");
                }
                let many = marks.iter().filter(|m| *m.value == true).count() > 1;
                let any = card.text("selectionBehavior") == Some("any");
                faults.unless(
                    !many || any,
                    format!("{}/suggestions", card.place),
                    "more than one",
                );
            }
        },
    },
    Rule {
        id: "R-074",
        level: Level::Required,
        asks: "a suggestion has a label",
        check: |seen, faults| {
            for suggestion in seen.suggestions() {
                let place = format!("{}/label", suggestion.place);
                faults.unless(suggestion.text("label").is_some(), place, "no text");
            }
        },
    },
    Rule {
        id: "R-082",
        level: Level::Required,
        asks: "an override reason has a code, a system and a display",
        check: |seen, faults| {
            for reason in seen.cards().iter().flat_map(|c| c.list("overrideReasons")) {
                coding(&reason, &["code", "system", "display"], faults);
            }
        },
    },
    Rule {
        id: "R-084",
        level: Level::Required,
        asks: "a link has a label, an absolute address, and a type: absolute or smart",
        check: |seen, faults| {
            for link in links(seen) {
                faults.unless(
                    link.text("label").is_some(),
                    format!("{}/label", link.place),
                    "no text",
                );
                let url = link.text("url").is_some_and(is_absolute);
                faults.unless(url, format!("{}/url", link.place), "not absolute");
                let kind = matches!(link.text("type"), Some("absolute" | "smart"));
                faults.unless(kind, format!("{}/type", link.place), "another value");
            }
        },
    },
    Rule {
        id: "R-085",
        level: Level::Required,
        asks: "only a smart link has an appContext",
        check: |seen, faults| {
            for link in links(seen) {
                let stray = link.member("appContext").is_some() && link.text("type") != Some("smart");
                faults.unless(!stray, format!("{}/appContext", link.place), "on another link");
            }
        },
    },
];

fn ids<'s>(seen: &'s Seen<'_>) -> Vec<At<'s>> {
    let holders = seen.cards().into_iter().chain(seen.suggestions());
    holders.filter_map(|h| h.member("uuid")).collect()
}

fn links<'s>(seen: &'s Seen<'_>) -> Vec<At<'s>> {
    seen.cards().iter().flat_map(|c| c.list("links")).collect()
}

fn coding(at: &At<'_>, members: &[&str], faults: &mut Faults) {
    for member in members {
        faults.unless(
            at.text(member).is_some(),
            format!("{}/{member}", at.place),
            "no text",
        );
    }
}

/// What follows a `<` that a reader of HTML takes for the begin of a tag, comment or declaration.
fn opens_a_tag(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

fn is_odd(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && c != '\n')
}
