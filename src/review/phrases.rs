//! The shape of `phrases.toml`: what clinicians type, and exactly how it must be read.
//!
//! It leaves out how a text is read: the engine does that, and the caller compares.

use super::{Place, lines_before};
use crate::engine::language::{Finding, Reading as Read};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `phrases.toml`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhrasesFile {
    /// The text as typed → how it must be read.
    pub phrase: BTreeMap<String, Reading>,
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
        assert!(file.phrase.len() >= 52 + 40, "{}", file.phrase.len());
    }
}
