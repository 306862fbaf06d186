//! Draft, reviewed, active, retired: who answers for the knowledge, until when, and which profile may use it.
//!
//! Pure: profile and day are arguments. It leaves out starting the service; whoever starts it asks [`check`].

use super::files::{Reviewer, TableEntry, TopicFile, Voice};
use super::finding::{Finding, nth_line};
use super::{Knowledge, SourceFiles};
use jiff::civil::Date;
use serde::Deserialize;
use std::fmt;

/// Where knowledge stands on its way to patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Only some cells of the table are known; nothing is said from it.
    Incomplete,
    /// Written, not reviewed.
    Draft,
    /// Read and signed by two reviewers, not yet approved.
    Reviewed,
    /// Approved for clinical use.
    Active,
    /// No longer used; nothing is said from it.
    Retired,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "incomplete",
            Self::Draft => "draft",
            Self::Reviewed => "reviewed",
            Self::Active => "active",
            Self::Retired => "retired",
        })
    }
}

/// What knowledge is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Trying things out, without patients: drafts serve, and say that they are drafts.
    #[default]
    Development,
    /// Patients: only active knowledge within its review date serves.
    Production,
}

/// Who answers for a topic or a rating table.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Where it stands.
    pub status: Status,
    /// Who wrote it.
    pub authors: &'a [String],
    /// Who reviewed it.
    pub reviewers: &'a [Reviewer],
    /// When it was approved.
    pub approved: Option<Date>,
    /// When it must be reviewed again.
    pub review_due: Option<Date>,
}

impl TopicFile {
    /// Who answers for the topic.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            status: self.status,
            authors: &self.authors,
            reviewers: &self.reviewers,
            approved: self.approved.and_then(day),
            review_due: self.review_due.and_then(day),
        }
    }
}

impl TableEntry {
    /// Who answers for the rating table.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            status: self.status,
            authors: &self.authors,
            reviewers: &self.reviewers,
            approved: self.approved.and_then(day),
            review_due: self.review_due.and_then(day),
        }
    }

    /// Whether scenarios may speak from it: once it is active, or as a draft where somebody allowed that with a reason.
    #[must_use]
    pub fn speaks(&self) -> bool {
        match self.status {
            Status::Active => true,
            Status::Draft | Status::Reviewed => self.speaks_as_draft,
            Status::Incomplete | Status::Retired => false,
        }
    }
}

/// The calendar day of a date in a file.
#[must_use]
pub fn day(written: toml::value::Datetime) -> Option<Date> {
    let date = written.date?;
    let (year, month, day) = (
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    );
    Date::new(year, month, day).ok()
}

impl Standing<'_> {
    /// What an approval lacks; empty for knowledge that does not claim one.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        let mut lacks = Vec::new();
        if !matches!(self.status, Status::Reviewed | Status::Active) {
            return lacks;
        }
        let mut names: Vec<&str> = self.reviewers.iter().map(|r| r.name.trim()).collect();
        names.sort_unstable();
        names.dedup();
        if names.iter().filter(|n| !n.is_empty()).count() < 2 {
            lacks.push("two reviewers");
        }
        if !self
            .reviewers
            .iter()
            .any(|r| r.role.to_lowercase().contains("radiolog"))
        {
            lacks.push("a radiologist among the reviewers");
        }
        if self.authors.is_empty() {
            lacks.push("an author");
        }
        if self.authors.iter().any(|a| names.contains(&a.trim())) {
            lacks.push("reviewers who are no authors");
        }
        if self.status == Status::Active {
            match (self.approved, self.review_due) {
                (Some(approved), Some(due)) if due <= approved => {
                    lacks.push("a next review after the approval")
                }
                (Some(approved), Some(_)) => {
                    if self
                        .reviewers
                        .iter()
                        .any(|r| day(r.date).is_none_or(|d| d > approved))
                    {
                        lacks.push("reviews dated before the approval");
                    }
                }
                (approved, due) => {
                    if approved.is_none() {
                        lacks.push("the day of approval");
                    }
                    if due.is_none() {
                        lacks.push("the day of the next review");
                    }
                }
            }
        }
        lacks
    }
}

const FILE: &str = "pnet/topic.toml";

/// Whether a profile may use this knowledge on this day; empty when it may.
#[must_use]
pub fn check(knowledge: &Knowledge, files: &SourceFiles, profile: Profile, as_of: Date) -> Vec<Finding> {
    if profile == Profile::Development {
        return Vec::new();
    }
    let text = files.get(FILE).map(String::as_str).unwrap_or_default();
    let topic = knowledge.topic();
    let speaking = |table: &TableEntry| {
        let mut scenarios = knowledge.table().scenarios().iter();
        scenarios.any(|s| s.entry.voice == Voice::Rated && s.entry.variants.contains(&table.variant))
    };
    let tables = topic.table.iter().enumerate().filter(|(_, t)| speaking(t));
    let tables = tables.map(|(at, table)| {
        let line = nth_line(text, "[[table]]", at);
        (
            format!("the rating table `{}`", table.variant),
            table.standing(),
            line,
        )
    });
    let whole = (
        format!("the topic `{}`", topic.id),
        topic.standing(),
        nth_line(text, "status", 0),
    );
    let all = [whole].into_iter().chain(tables);
    all.flat_map(|(what, standing, line)| refused(&what, standing, line, as_of))
        .collect()
}

/// Why production refuses one topic or table.
fn refused(what: &str, standing: Standing<'_>, line: usize, as_of: Date) -> Option<Finding> {
    let finding = |code, message, help: &str| Finding {
        code,
        file: FILE.into(),
        line,
        message,
        help: help.into(),
    };
    if standing.status != Status::Active {
        let message = format!("{what} is `{}`, production needs `active`", standing.status);
        let help = "let two people review and approve it, or use the development profile";
        return Some(finding("K019", message, help));
    }
    let due = standing.review_due?;
    (as_of > due).then(|| {
        let message = format!("{what} was due for review on {due}, it is {as_of}");
        finding(
            "K020",
            message,
            "review it against the present edition and set the next date",
        )
    })
}
