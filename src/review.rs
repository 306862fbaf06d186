//! Knowledge that checks itself with the engine: patient stories and phrases, read from the text beside the knowledge.
//!
//! Pure: file names and texts come in, findings go out. It leaves out reading files, rendering pages and the words
//! of cards, which the caller passes in.

pub mod coverage;
pub mod diff;
pub mod expect;
pub mod lint;
pub mod longest;
pub mod markdown;
pub mod outcome;
pub mod phrases;
pub mod render;
pub mod story;
pub mod vignette;

use crate::answer::Told;
use crate::engine::{Advice, Decision};
use crate::knowledge::{Knowledge, SourceFiles};
use coverage::Coverage;
use outcome::{Outcome, Verdict};
use std::fmt;
use vignette::Vignette;

/// A line of a file, for people to find.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// How many line ends stand before byte `at`.
pub(crate) fn lines_before(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count()
}

/// What came of running everything that stands beside the knowledge.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Vignettes that got the expected advice.
    pub passed: usize,
    /// Vignettes that are known to need more than there is, each with its reason.
    pub pending: Vec<String>,
    /// Phrases that were read as expected.
    pub phrases: usize,
    /// What went wrong, one entry per vignette or phrase.
    pub failures: Vec<String>,
    /// What the vignettes and phrases cover.
    pub coverage: Coverage,
}

impl Summary {
    /// True when nothing went wrong.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}\n")?;
        }
        for pending in &self.pending {
            writeln!(f, "pending: {pending}")?;
        }
        let failed = self.failures.len();
        write!(
            f,
            "{} vignettes and {} phrases passed, {failed} failed, {} pending\n{}",
            self.passed,
            self.phrases,
            self.pending.len(),
            self.coverage
        )
    }
}

/// Every patient story beside the knowledge, and what cannot be read.
#[must_use]
pub fn stories(knowledge: &Knowledge, files: &SourceFiles) -> (Vec<Vignette>, Vec<String>) {
    let systems = knowledge.systems();
    let uri = |key: &str| systems.keyed(key).map(|id| systems.uri(id).to_owned());
    let (mut found, mut errors) = (Vec::<Vignette>::new(), Vec::new());
    for (file, text) in files.iter().filter(|(f, _)| f.starts_with("pnet/vignettes/")) {
        match vignette::parse(file, text, &uri) {
            Ok(stories) => {
                // Within a file the parser finds them; a number that stands for two stories cannot be signed.
                let twice = |s: &&Vignette| found.iter().any(|f| f.id == s.id);
                let again = stories.iter().filter(twice);
                errors.extend(
                    again.map(|s| format!("{} at {}: another file has this number too", s.id, s.place)),
                );
                found.extend(stories);
            }
            Err(wrong) => errors.extend(wrong.iter().map(ToString::to_string)),
        }
    }
    (found, errors)
}

/// Runs one story and compares what the engine says with what it expects.
#[must_use]
pub fn run(knowledge: &Knowledge, story: &Vignette) -> Outcome {
    let words = |decision: &Decision, advice: &Advice| {
        let told = Told::of(knowledge, &story.case, decision, advice);
        format!("{}\n{}", told.summary, told.detail)
    };
    outcome::run(knowledge, story, &words)
}

/// Runs every vignette and every phrase of a rule set through the engine.
#[must_use]
pub fn run_all(knowledge: &Knowledge, files: &SourceFiles) -> Summary {
    let mut summary = Summary::default();
    let uri = |key: &str| {
        knowledge
            .systems()
            .keyed(key)
            .map(|id| knowledge.systems().uri(id).to_owned())
    };
    let (stories, errors) = stories(knowledge, files);
    stories.iter().for_each(|story| summary.add(knowledge, story));
    summary.failures.extend(errors);
    let file = "pnet/phrases.toml";
    match phrases::parse(file, files.get(file).map(String::as_str).unwrap_or_default()) {
        Ok(expected) => {
            let failed = expected.differences(knowledge, &uri);
            summary.phrases = expected.len() - failed.len();
            let told = failed.into_iter().map(|f| format!("{file}: {f}"));
            summary.failures.extend(told);
        }
        Err(error) => summary.failures.push(error.to_string()),
    }
    summary.coverage = Coverage::of(knowledge, files, &stories);
    summary
}

impl Summary {
    fn add(&mut self, knowledge: &Knowledge, story: &Vignette) {
        let outcome = run(knowledge, story);
        let name = format!("{} {} ({})", story.id, story.title, story.place);
        match outcome.verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Pending => {
                let reason = story.expect.pending.as_deref().unwrap_or_default();
                self.pending.push(format!("{name}: {reason}"));
            }
            Verdict::NoLongerPending => self
                .failures
                .push(format!("{name}\n    passes: remove its `pending` mark")),
            Verdict::Failed => self
                .failures
                .push(format!("{name}\n    {}", outcome.differences.join("\n    "))),
        }
    }
}
