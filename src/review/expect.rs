//! The `toml expect` block of a vignette: what the engine should say. Comparing is [`super::outcome`].

use crate::engine::{AppropriatenessCategory, Certainty, Indicator};
use crate::knowledge::matcher::Matcher;
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeMap;

/// `toml expect`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The clinical question of every order listed, unless the order says otherwise.
    pub scenario: String,
    /// How sure the question is, likewise.
    #[serde(deserialize_with = "certainty")]
    pub certainty: Certainty,
    /// Order id → study and rating.
    #[serde(default)]
    pub orders: BTreeMap<String, ExpectedOrder>,
    /// The complete list of cards, in any order.
    pub cards: Vec<ExpectedCard>,
    /// The source without which no answer is possible, when that is the point of the story.
    #[serde(default)]
    pub unavailable: Option<String>,
    /// Why the engine does not meet this story yet.
    #[serde(default)]
    pub pending: Option<String>,
}

/// What is expected of one order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedOrder {
    /// The study; absent or empty when nothing names one.
    #[serde(default)]
    pub study: String,
    /// The rating held for the question and the study.
    #[serde(deserialize_with = "rating")]
    pub rating: AppropriatenessCategory,
    /// The question of this order, where it differs from the story's.
    #[serde(default)]
    pub scenario: Option<String>,
    /// The certainty of this order, where it differs from the story's.
    #[serde(default, deserialize_with = "some_certainty")]
    pub certainty: Option<Certainty>,
}

/// One card that is expected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCard {
    /// `UNA_NONCONTRAST`
    pub kind: String,
    /// How loud.
    #[serde(deserialize_with = "indicator")]
    pub indicator: Indicator,
    /// The order it is about, by its id in the story.
    pub order: String,
    /// The exact list of studies offered, best first.
    #[serde(default)]
    pub suggestions: Option<Vec<String>>,
    /// The exact list of questions to choose from, in order.
    #[serde(default)]
    pub questions: Option<Vec<String>>,
    /// The study offered first.
    #[serde(default)]
    pub first_suggestion: Option<String>,
    /// Studies that must not be offered.
    #[serde(default)]
    pub must_not_suggest: Vec<String>,
    /// Case-insensitive patterns that the words of the card must meet.
    #[serde(default, deserialize_with = "patterns")]
    pub must_mention: Vec<(String, Matcher)>,
}

/// Finds the value whose JSON word was written.
fn keyed<'de, D, T, const N: usize>(
    from: D,
    all: [T; N],
    key: impl Fn(&T) -> &'static str,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    let word = String::deserialize(from)?;
    let known: Vec<&str> = all.iter().map(&key).collect();
    let message = format!("`{word}` is none of {}", known.join(", "));
    all.into_iter()
        .find(|value| key(value) == word)
        .ok_or_else(|| de::Error::custom(message))
}

fn certainty<'de, D: Deserializer<'de>>(from: D) -> Result<Certainty, D::Error> {
    let all = [
        Certainty::Explicit,
        Certainty::Linked,
        Certainty::Presumed,
        Certainty::None,
    ];
    keyed(from, all, |c| c.key())
}

fn some_certainty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Certainty>, D::Error> {
    certainty(from).map(Some)
}

fn rating<'de, D: Deserializer<'de>>(from: D) -> Result<AppropriatenessCategory, D::Error> {
    use AppropriatenessCategory as Category;
    let all = [
        Category::UsuallyAppropriate,
        Category::MayBeAppropriate,
        Category::UsuallyNotAppropriate,
        Category::Unknown,
        Category::NotApplicable,
    ];
    keyed(from, all, |c| c.key())
}

fn indicator<'de, D: Deserializer<'de>>(from: D) -> Result<Indicator, D::Error> {
    keyed(from, [Indicator::Info, Indicator::Warning], |i| i.key())
}

fn patterns<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, Matcher)>, D::Error> {
    let written = Vec::<String>::deserialize(from)?;
    let compiled = written
        .into_iter()
        .map(|pattern| Matcher::new(&pattern).map(|regex| (pattern, regex)));
    compiled.collect::<Result<_, _>>().map_err(de::Error::custom)
}
