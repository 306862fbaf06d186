//! Sources and approvals: who says so, and who has signed it.

use super::super::files::{CitationEntry, CitationsFile, TopicFile};
use super::super::finding::{Finding, nth_line};
use super::super::lifecycle::Standing;
use super::Build;
use std::collections::BTreeSet;

const TOPIC: &str = "pnet/topic.toml";
const CITATIONS: &str = "pnet/citations.toml";

impl Build<'_> {
    /// The sources; each id once, each address secure.
    pub(super) fn citations(&mut self) -> Vec<CitationEntry> {
        let Some(read) = self.toml::<CitationsFile>(CITATIONS) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        for entry in &read.citation {
            if !seen.insert(entry.id.clone()) {
                let message = format!("citation `{}` stands twice", entry.id);
                self.find(
                    "K004",
                    CITATIONS,
                    &format!("\"{}\"", entry.id),
                    message,
                    "remove one",
                );
            }
            if let Some(url) = entry.url.as_deref().filter(|u| !is_secure(u)) {
                let message = format!("the address of citation `{}` does not begin with https", entry.id);
                self.find(
                    "K014",
                    CITATIONS,
                    url,
                    message,
                    "use the https address, or leave it out",
                );
            }
        }
        read.citation
    }

    /// Every table names a source that exists, and whatever claims an approval has one.
    pub(super) fn approvals(&mut self, topic: &TopicFile, citations: &[CitationEntry]) {
        let text = self.files.get(TOPIC).map(String::as_str).unwrap_or_default();
        let mut seen = BTreeSet::new();
        self.approved("the topic", topic.standing(), nth_line(text, "status", 0));
        for (at, table) in topic.table.iter().enumerate() {
            let line = nth_line(text, "[[table]]", at);
            self.approved(
                &format!("the rating table `{}`", table.variant),
                table.standing(),
                line,
            );
            if !seen.insert(&table.variant) {
                let message = format!("the rating table `{}` stands twice", table.variant);
                self.at("K004", TOPIC, line, message, "remove one");
            }
            if !citations.iter().any(|c| c.id == table.source) {
                let message = format!("`{}` is no citation", table.source);
                self.at("K003", TOPIC, line, message, "add it to pnet/citations.toml");
            }
        }
    }

    fn approved(&mut self, what: &str, standing: Standing<'_>, line: usize) {
        let lacks = standing.lacks();
        if !lacks.is_empty() {
            let message = format!("{what} is `{}` but lacks {}", standing.status, lacks.join(", "));
            self.at(
                "K018",
                TOPIC,
                line,
                message,
                "fill it in, or set the status back to `draft`",
            );
        }
    }

    /// Files a finding at a line.
    pub(super) fn at(&mut self, code: &'static str, file: &str, line: usize, message: String, help: &str) {
        self.findings.push(Finding {
            code,
            file: file.into(),
            line,
            message,
            help: help.into(),
        });
    }
}

/// An address that nobody can read or change on its way.
fn is_secure(url: &str) -> bool {
    url.strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}
