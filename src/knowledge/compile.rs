//! Files → [`Knowledge`], gathering every finding before giving up.
//!
//! One file per kind of knowledge file; what they share (reading a file, filing a finding) is here. Checks that need
//! the engine to run live in `review`.

mod approval;
mod codes;
mod ratings;
mod scenarios;
mod studies;
mod suggestions;
mod texts;
mod words;

use super::files::TopicFile;
use super::finding::Finding;
use super::{Knowledge, SourceFiles};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The source attributes.
const ATTRIBUTES: &str = "pnet/source-attributes.toml";

/// Compiles a rule set.
///
/// # Errors
/// Every finding, in file order. A set with findings is never used.
pub fn compile(files: &SourceFiles) -> Result<Knowledge, Vec<Finding>> {
    let mut build = Build {
        files,
        findings: Vec::new(),
    };
    let knowledge = build.knowledge();
    // A file that cannot be read makes others look wrong: its own finding is the one to mend first.
    if build.findings.iter().any(|f| f.code == "K002") {
        build
            .findings
            .retain(|f| !matches!(f.code, "K001" | "K003" | "K007" | "K010" | "K011" | "K012"));
    }
    build.findings.sort();
    build.findings.dedup();
    match knowledge {
        Some(knowledge) if build.findings.is_empty() => Ok(knowledge),
        _ => Err(build.findings),
    }
}

/// SHA-256 over path, length and content of every file that carries knowledge, in path order.
fn digest(files: &SourceFiles) -> String {
    let mut hash = Sha256::new();
    for (path, text) in files
        .iter()
        .filter(|(p, _)| p.ends_with(".toml") || p.ends_with(".csv"))
    {
        hash.update(format!("{}\0{}\0", path, text.len()));
        hash.update(text);
    }
    hexadecimal(&hash.finalize())
}

/// Bytes as people compare them.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

struct Build<'a> {
    files: &'a SourceFiles,
    findings: Vec<Finding>,
}

impl Build<'_> {
    /// Files a finding at the first line that holds `near`.
    fn find(&mut self, code: &'static str, file: &str, near: &str, message: String, help: &str) {
        let line = self.line_of(file, near);
        self.findings.push(Finding {
            code,
            file: file.into(),
            line,
            message,
            help: help.into(),
        });
    }

    /// The first line that holds `near`; 0 when none does.
    fn line_of(&self, file: &str, near: &str) -> usize {
        let text = self.files.get(file).map(String::as_str).unwrap_or_default();
        let found = text.lines().position(|l| !near.is_empty() && l.contains(near));
        found.map_or(0, |at| at + 1)
    }

    fn knowledge(&mut self) -> Option<Knowledge> {
        let systems = self.systems();
        let (members, ranges) = self.value_sets(&systems);
        let (studies, study_codes) = self.studies(&systems);
        let lexicon = self.lexicon();
        let windows = self.windows();
        let mut table = self.table();
        let citations = self.citations();
        // A set of before they were asked for states none of them.
        let attributes = match self.files.contains_key(ATTRIBUTES) {
            true => self.toml(ATTRIBUTES),
            false => None,
        };
        let topic: Option<TopicFile> = self.toml("pnet/topic.toml");
        if let Some(topic) = &topic {
            self.voices(&mut table, topic);
            self.approvals(topic, &citations);
        }
        let ratings = self.ratings(&studies, &table, &citations);
        self.cells(topic.as_ref(), &studies, &ratings);
        let words = self.words(&table);
        let suggestions = self.suggestions(&studies, &systems);
        self.offers_improve(&suggestions, &table, &ratings);
        self.contradictions(&members);
        Some(Knowledge {
            topic: topic?,
            digest: digest(self.files),
            systems,
            members,
            ranges,
            studies,
            study_codes,
            lexicon,
            windows,
            table,
            ratings,
            words: words?,
            suggestions,
            citations,
            attributes,
            local: None,
        })
    }

    fn toml<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let Some(text) = self.files.get(path) else {
            self.find(
                "K001",
                path,
                "",
                format!("`{path}` is missing"),
                "add the file, or start from the embedded set",
            );
            return None;
        };
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let before = error.span().map_or(0, |s| {
                    text.get(..s.start).unwrap_or_default().matches('\n').count() + 1
                });
                self.findings.push(Finding {
                    code: "K002",
                    file: path.into(),
                    line: before,
                    message: error.message().replace('\n', " "),
                    help: "see the same file of the embedded set for the form".into(),
                });
                None
            }
        }
    }

    fn below(&self, folder: &str) -> Vec<String> {
        self.files
            .keys()
            .filter(|p| p.starts_with(folder) && p.ends_with(".toml"))
            .cloned()
            .collect()
    }
}
