//! `pnet/scenarios.toml` and `pnet/ratings.csv`: the questions and their ratings.

use serde::Deserialize;
use std::collections::BTreeMap;

/// `pnet/scenarios.toml`: the scenario table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenariosFile {
    /// The facts the table asks about, with words for people.
    pub fact: Vec<FactEntry>,
    /// The scenarios.
    pub scenario: Vec<ScenarioEntry>,
    /// The questions a clinician can answer an uncertain order with, by one click.
    pub question: Vec<QuestionEntry>,
    /// The rows, first match wins.
    pub row: Vec<RowEntry>,
}

/// A question as it is written on an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionEntry {
    /// The scenario it states.
    pub scenario: String,
    /// The reason written on the order; an order that gives it word for word is believed.
    pub reason: String,
}

/// Words for one fact.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactEntry {
    /// Name.
    pub name: String,
    /// Rule that establishes it.
    pub rule: String,
    /// The question in words.
    pub question: String,
    /// Answer → words.
    pub answers: BTreeMap<String, String>,
}

/// Whether a scenario may lead to cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// Its ratings may lead to cards.
    Rated,
    /// It may at most ask which question is meant.
    Ask,
    /// It never speaks.
    Silent,
}

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioEntry {
    /// Key.
    pub key: String,
    /// Name on cards.
    pub title: String,
    /// Rating tables that apply; several must agree.
    #[serde(default)]
    pub variants: Vec<String>,
    /// May it speak? `rated` takes effect once its rating tables may be spoken from (`topic.toml`).
    pub voice: Voice,
    /// It is an ACR variant (or might be one): a rating is held or unknown. Otherwise ratings do not apply.
    #[serde(default)]
    pub classified: bool,
    /// Where it is not rated: the scenario whose ratings decide whether asking is worth it.
    #[serde(default)]
    pub ask_as: Option<String>,
    /// What the study is for, as a summary says it: `to stage`.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Line under "Not known" that names what the scenario takes for granted: a key of `common.limits` in `cards.toml`.
    #[serde(default)]
    pub assumes: Option<String>,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
}

/// One row of the scenario table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowEntry {
    /// Rule id.
    pub rule: String,
    /// Fact → answers that satisfy the row; all must hold.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// The scenario it decides.
    pub scenario: String,
    /// Where only the clinician can tell: the scenarios the evidence fits.
    #[serde(default)]
    pub fits: Vec<String>,
    /// Why, in words.
    pub because: String,
}

/// `pnet/ratings.csv`: one line per scenario and study.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingLine {
    /// Rating table.
    pub scenario: String,
    /// Study key.
    pub study: String,
    /// Category, or `unknown`.
    pub category: String,
    /// `yes` for the study listed first.
    pub recommended: String,
    /// Adult relative radiation level, or `unknown`.
    pub rrl: String,
    /// Where the rating stands.
    pub rating_source: String,
    /// How sure.
    pub confidence: String,
    /// Where the radiation level stands.
    pub rrl_source: String,
    /// `yes`: our extension of a stated rating; cards must say so.
    pub by_extension: String,
    /// Seed facts.
    pub facts: String,
    /// Remarks.
    pub note: String,
}
