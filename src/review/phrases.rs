//! The shape of `phrases.toml`: what clinicians type, and exactly how it must be read.
//!
//! It leaves out how a text is read: the engine does that.

mod beside;

pub use beside::Beside;

use super::story::UriOf;
use super::{Place, lines_before};
use crate::engine::case::DraftOrder;
use crate::engine::language::{Finding, Reading as Read, Text};
use crate::engine::study;
use crate::knowledge::{Key, Knowledge};
use crate::terminology::Concept;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `phrases.toml`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhrasesFile {
    /// The text as typed → how it must be read.
    pub phrase: BTreeMap<String, Reading>,
    /// An order without codes, its name, note and reason parted by ` | ` → the study it asks for.
    #[serde(default)]
    pub study: BTreeMap<String, String>,
    /// The words of a diagnosis without codes → the clinical question of an order without a reason beside it.
    #[serde(default)]
    pub diagnosis: BTreeMap<String, String>,
    /// The reason of an order, beside a confirmed, new, untreated tumour → its clinical question.
    #[serde(default)]
    pub reason: BTreeMap<String, String>,
    /// The reason of an order for a study that is usually not appropriate → how loud the loudest card is.
    #[serde(default)]
    pub loudness: BTreeMap<String, String>,
    /// A line of the record beside the tumour, `condition: …`, `note: …`, `procedure: …` or `result: …` → how loud the
    /// loudest card is on an order that asks for the first staging in plain words.
    #[serde(default)]
    pub record: BTreeMap<String, String>,
    /// What stands beside a diagnosis or a reason that is read.
    #[serde(default)]
    pub beside: Beside,
}

impl PhrasesFile {
    /// How many phrases there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let read = self.phrase.len() + self.study.len() + self.diagnosis.len() + self.reason.len();
        read + self.loudness.len() + self.record.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads every phrase with the engine; what differs, one sentence per phrase.
    ///
    /// `uri` finds a code system by its key.
    #[must_use]
    pub fn differences(&self, knowledge: &Knowledge, uri: UriOf<'_>) -> Vec<String> {
        let tumour = self.beside.tumour(uri);
        let mut found = Vec::new();
        for (text, expected) in &self.phrase {
            let read = Read::of(&Text::new(knowledge, text));
            let differences = expected.differences(&Reading::from(&read));
            if !differences.is_empty() {
                found.push(format!("{text:?}: {}", differences.join("; ")));
            }
        }
        let mut differs = |text: &str, expected: &str, got: &str| {
            if expected != got {
                found.push(format!("{text:?}: should be `{expected}`, not `{got}`"));
            }
        };
        for (text, expected) in &self.study {
            let study = study_of(knowledge, text);
            differs(text, expected, study.as_deref().unwrap_or("none"));
        }
        for (text, expected) in &self.diagnosis {
            let got = self.beside.question(knowledge, worded(text), None);
            differs(text, expected, &got);
        }
        for (text, expected) in &self.reason {
            let got = self.beside.question(knowledge, tumour.clone(), Some(text));
            differs(text, expected, &got);
        }
        for (text, expected) in &self.loudness {
            let got = self.beside.loudest(knowledge, tumour.clone(), text, None);
            differs(text, expected, got);
        }
        for (line, expected) in &self.record {
            let reason = &self.beside.staging;
            let got = self.beside.loudest(knowledge, tumour.clone(), reason, Some(line));
            differs(line, expected, got);
        }
        found
    }
}

fn worded(text: &str) -> Concept {
    Concept {
        codings: Vec::new(),
        text: Some(text.to_owned()),
    }
}

/// The study an order asks for by its words alone.
fn study_of(knowledge: &Knowledge, text: &str) -> Option<Key> {
    let mut parts = text.split(" | ");
    let order = DraftOrder {
        code: worded(parts.next().unwrap_or_default()),
        notes: parts.next().into_iter().map(str::to_owned).collect(),
        reasons: parts.next().into_iter().map(worded).collect(),
        ..DraftOrder::default()
    };
    let asked = study::identify(knowledge, &order)?;
    asked.study(knowledge).map(|s| s.key.clone())
}

/// What a text says. What the file does not write is expected to be false or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reading {
    /// It asks for the stage or for metastases.
    pub staging: bool,
    /// It asks about vessels, ducts or resectability.
    pub local: bool,
    /// It speaks of surveillance or of the time after an operation.
    pub surveillance: bool,
    /// It says that the tumour is watched without treatment.
    pub observe: bool,
    /// It asks how the disease answered a treatment.
    pub response: bool,
    /// It asserts or suspects recurrence.
    pub recurrence: bool,
    /// It wants tissue.
    pub tissue: bool,
    /// What it says of metastases.
    pub metastasis: Standing,
    /// What it says of an operation on the tumour.
    pub resection: Operation,
    /// It says follow-up.
    pub follow_up: bool,
    /// It calls a lesion indeterminate.
    pub indeterminate: bool,
    /// It says that the tumour takes up no somatostatin-receptor tracer.
    pub sstr_negative: bool,
    /// It describes a therapeutic endoscopic ultrasound.
    pub therapeutic: bool,
}

/// What a text says of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Standing {
    #[default]
    None,
    Asserted,
    Queried,
    Negated,
}

/// What a text says of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operation {
    #[default]
    None,
    Done,
    Planned,
    Negated,
}

impl From<&Read> for Reading {
    /// What the engine read, in the words of the file.
    fn from(read: &Read) -> Self {
        Self {
            staging: read.metastatic_staging.is_some(),
            local: read.local.is_some(),
            surveillance: read.surveillance.is_some(),
            observe: read.observation.is_some(),
            response: read.response.is_some(),
            recurrence: read.recurrence.is_some(),
            tissue: read.tissue.is_some(),
            metastasis: match read.metastasis {
                Finding::None | Finding::Planned(_) => Standing::None,
                Finding::Negated(_) => Standing::Negated,
                Finding::Queried(_) => Standing::Queried,
                Finding::Found(_) => Standing::Asserted,
            },
            resection: match read.resection {
                Finding::None | Finding::Queried(_) => Operation::None,
                Finding::Negated(_) => Operation::Negated,
                Finding::Planned(_) => Operation::Planned,
                Finding::Found(_) => Operation::Done,
            },
            follow_up: read.follow_up.is_some(),
            indeterminate: read.indeterminate.is_some(),
            sstr_negative: read.sstr_negative.is_some(),
            therapeutic: read.therapeutic_eus.is_some(),
        }
    }
}

impl Reading {
    /// What differs, one sentence each; empty when the text was read as expected.
    #[must_use]
    pub fn differences(&self, got: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut flag = |name: &str, expected: bool, got: bool| {
            if expected != got {
                found.push(format!("`{name}` should be {expected}"));
            }
        };
        flag("staging", self.staging, got.staging);
        flag("local", self.local, got.local);
        flag("surveillance", self.surveillance, got.surveillance);
        flag("observe", self.observe, got.observe);
        flag("response", self.response, got.response);
        flag("recurrence", self.recurrence, got.recurrence);
        flag("tissue", self.tissue, got.tissue);
        flag("follow_up", self.follow_up, got.follow_up);
        flag("indeterminate", self.indeterminate, got.indeterminate);
        flag("sstr_negative", self.sstr_negative, got.sstr_negative);
        flag("therapeutic", self.therapeutic, got.therapeutic);
        if self.metastasis != got.metastasis {
            found.push(format!(
                "`{}` should be {:?}, not {:?}",
                stringify!(metastasis),
                self.metastasis,
                got.metastasis
            ));
        }
        if self.resection != got.resection {
            found.push(format!(
                "`{}` should be {:?}, not {:?}",
                stringify!(resection),
                self.resection,
                got.resection
            ));
        }
        found
    }
}

/// The file is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct PhrasesError {
    /// Where.
    pub place: Place,
    /// What the TOML reader says.
    pub message: String,
}

/// Reads the text of a phrases file.
///
/// # Errors
/// The first place where the text is not of this shape; a phrase written twice is one.
pub fn parse(file: &str, text: &str) -> Result<PhrasesFile, PhrasesError> {
    toml::from_str(text).map_err(|e| PhrasesError {
        place: Place {
            file: file.to_owned(),
            line: 1 + e.span().map_or(0, |s| lines_before(text, s.start)),
        },
        message: e.message().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_is_false_or_none() {
        let file = parse(
            "f",
            "[phrase]\n\"a\\nb\" = { staging = true, metastasis = \"queried\" }\nc = {}\n",
        )
        .unwrap();
        let read = file.phrase["a\nb"];
        assert!(read.staging && !read.local);
        assert_eq!(
            (read.metastasis, read.resection),
            (Standing::Queried, Operation::None)
        );
        assert_eq!(file.phrase["c"], Reading::default());
    }

    #[test]
    fn differences_name_the_field() {
        let expected = Reading {
            local: true,
            resection: Operation::Done,
            ..Reading::default()
        };
        let found = expected.differences(&Reading::default());
        assert_eq!(
            found,
            ["`local` should be true", "`resection` should be Done, not None"]
        );
        assert!(expected.differences(&expected).is_empty());
    }

    #[test]
    fn an_unknown_word_is_an_error_with_its_line() {
        let error = parse("f.toml", "[phrase]\na = {}\nb = { stageing = true }\n").unwrap_err();
        assert_eq!((error.place.file.as_str(), error.place.line), ("f.toml", 3));
        assert!(parse("f", "[phrase]\na = {}\na = {}\n").is_err());
    }

    #[test]
    fn the_phrases_of_the_knowledge_have_this_shape() {
        let text = include_str!("../../cards/pnet/phrases.toml");
        let file = parse("phrases.toml", text).unwrap();
        assert!(file.len() >= 400, "{}", file.len());
    }
}
