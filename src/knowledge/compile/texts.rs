//! Phrase lists, and the windows and thresholds.

use super::super::files::{LexiconFile, ModifiersFile};
use super::super::finding::Finding;
use super::super::lexicon::Lexicon;
use super::super::literals::MAX_PATTERNS;
use super::super::parts::Parts;
use super::super::vocabulary::{List, Window};
use super::Build;
use std::collections::{BTreeMap, BTreeSet};

impl Build<'_> {
    pub(super) fn lexicon(&mut self) -> Lexicon {
        let mut files = Vec::new();
        for file in self.below("lexicon/") {
            if let Some(read) = self.toml::<LexiconFile>(&file) {
                files.push((file, read));
            }
        }
        let parts = self.parts(&files);
        let mut lexicon = Lexicon::default();
        let mut seen = BTreeSet::new();
        for (file, read) in files {
            for (name, entry) in read.list {
                let Some(list) = List::named(&name) else {
                    self.find(
                        "K003",
                        &file,
                        &name,
                        format!("no rule asks for the list `{name}`"),
                        "use a list that the engine knows",
                    );
                    continue;
                };
                if !seen.insert(list) {
                    self.find(
                        "K004",
                        &file,
                        &name,
                        format!("list `{name}` stands twice"),
                        "merge the lists",
                    );
                }
                let broken = lexicon.add(list, &entry, &parts, |pattern, error| Finding {
                    code: "K005",
                    file: file.clone(),
                    line: self.line_of(&file, pattern),
                    message: format!(
                        "pattern `{pattern}` is not valid: {}",
                        error.lines().last().unwrap_or_default()
                    ),
                    help: "no look-around, no back-references; see the syntax of the Rust regex crate".into(),
                });
                self.findings.extend(broken);
            }
        }
        for list in List::ALL.iter().filter(|l| !seen.contains(l)) {
            let message = format!("no file holds the list `{}`", list.name());
            self.find("K001", "lexicon", "", message, "add it; an empty list is allowed");
        }
        if lexicon.patterns() > MAX_PATTERNS {
            let message = format!(
                "{} phrase patterns, at most {MAX_PATTERNS} can be used",
                lexicon.patterns()
            );
            self.find("K005", "lexicon", "", message, "join patterns that mean the same");
        }
        lexicon.finish();
        lexicon
    }

    /// The parts of all files, by their names.
    fn parts(&mut self, files: &[(String, LexiconFile)]) -> Parts {
        let mut parts = Parts::default();
        for (file, read) in files {
            for (name, part) in &read.part {
                if !parts.add(name, &part.pattern) {
                    self.find(
                        "K004",
                        file,
                        &format!("[part.{name}]"),
                        format!("part `{name}` stands twice"),
                        "merge the parts",
                    );
                }
            }
        }
        parts
    }

    pub(super) fn windows(&mut self) -> BTreeMap<Window, i64> {
        let file = "modifiers.toml";
        let mut windows = BTreeMap::new();
        let Some(read) = self.toml::<ModifiersFile>(file) else {
            return windows;
        };
        for (name, entry) in read.window {
            match Window::named(&name) {
                Some(window) => {
                    windows.insert(window, entry.value);
                }
                None => self.find(
                    "K003",
                    file,
                    &name,
                    format!("no rule asks for the window `{name}`"),
                    "remove it, or mend its name",
                ),
            }
            if entry.source.trim().is_empty() {
                self.find(
                    "K006",
                    file,
                    &name,
                    format!("window `{name}` has no source"),
                    "name the source, or `local policy`",
                );
            }
        }
        for window in Window::ALL
            .iter()
            .filter(|w| !windows.contains_key(w))
            .copied()
            .collect::<Vec<_>>()
        {
            self.find(
                "K001",
                file,
                "",
                format!("window `{}` is missing", window.name()),
                "add it with its source",
            );
        }
        windows
    }
}
