//! Patient stories beside the knowledge: prose for people, one case and one expectation for the engine.
//!
//! Parsing only; running a story is [`super::outcome`]. A mistake in a story is an error with its file and line.

use super::expect::Expect;
use super::markdown::{Block, Section, sections};
use super::story::{Story, StoryError, UriOf};
use super::{Place, lines_before};
use crate::engine::case::Case;
use serde::de::DeserializeOwned;

/// One patient story with the advice it should get.
#[derive(Debug, Clone)]
pub struct Vignette {
    /// `V-02`
    pub id: String,
    /// The heading without the id.
    pub title: String,
    /// Why the advice is right, for people.
    pub prose: String,
    /// Where the story is written.
    pub place: Place,
    /// What the engine is shown.
    pub case: Case,
    /// What it should say.
    pub expect: Expect,
}

/// A story that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct VignetteError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: VignetteProblem,
}

/// What is wrong with a story.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VignetteProblem {
    /// The heading is not `## ID Title`.
    #[error("the heading `{0}` is not of the form `ID Title`")]
    Heading(String),
    /// The id is taken.
    #[error("`{0}` is used twice")]
    DuplicateId(String),
    /// A block is absent or there are several.
    #[error("`{id}` needs exactly one `toml {block}` block, not {found}")]
    Blocks {
        /// The story.
        id: String,
        /// `case` or `expect`.
        block: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A block is neither case nor expectation.
    #[error("`toml {0}` is no block of a vignette: write `toml case` or `toml expect`")]
    UnknownBlock(String),
    /// A block never ends.
    #[error("this block has no end")]
    Unclosed,
    /// The TOML of a block is not of the right shape.
    #[error("{0}")]
    Toml(String),
    /// The case says something that cannot be.
    #[error(transparent)]
    Story(#[from] StoryError),
    /// The expectation is about an order that the case does not have.
    #[error("no order `{0}` in the case")]
    UnknownOrder(String),
}

/// Reads all stories of one Markdown file.
///
/// # Errors
/// Every mistake of the file, not only the first.
pub fn parse(file: &str, text: &str, uri: UriOf<'_>) -> Result<Vec<Vignette>, Vec<VignetteError>> {
    let mut vignettes: Vec<Vignette> = Vec::new();
    let mut errors = Vec::new();
    for section in sections(text) {
        match vignette(file, &section, uri) {
            Ok(found) if vignettes.iter().any(|v| v.id == found.id) => {
                errors.push(VignetteError {
                    place: found.place,
                    problem: VignetteProblem::DuplicateId(found.id),
                });
            }
            Ok(found) => vignettes.push(found),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(vignettes)
    } else {
        Err(errors)
    }
}

fn vignette(file: &str, section: &Section, uri: UriOf<'_>) -> Result<Vignette, VignetteError> {
    let place = |line| Place {
        file: file.to_owned(),
        line,
    };
    let fail = |line, problem| VignetteError {
        place: place(line),
        problem,
    };
    let (id, title) = section
        .heading
        .split_once(' ')
        .filter(|(id, _)| id.contains('-') && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        .ok_or_else(|| fail(section.line, VignetteProblem::Heading(section.heading.clone())))?;
    if let Some(line) = section.unclosed {
        return Err(fail(line, VignetteProblem::Unclosed));
    }
    if let Some(block) = section
        .blocks
        .iter()
        .find(|b| b.name != "case" && b.name != "expect")
    {
        return Err(fail(
            block.line,
            VignetteProblem::UnknownBlock(block.name.clone()),
        ));
    }
    let only = |name: &'static str| {
        let found: Vec<&Block> = section.blocks.iter().filter(|b| b.name == name).collect();
        match found.as_slice() {
            [block] => Ok(*block),
            _ => Err(fail(
                section.line,
                VignetteProblem::Blocks {
                    id: id.to_owned(),
                    block: name,
                    found: found.len(),
                },
            )),
        }
    };
    let (case_block, expect_block) = (only("case")?, only("expect")?);
    let story: Story = read(file, case_block)?;
    let expect: Expect = read(file, expect_block)?;
    let case = story.case(uri).map_err(|e| fail(case_block.line, e.into()))?;
    let known = |id: &str| {
        case.orders
            .iter()
            .any(|o| o.id.as_ref() == Some(&super::story::order_reference(id)))
    };
    let unknown = expect
        .orders
        .keys()
        .chain(expect.cards.iter().map(|c| &c.order))
        .find(|id| !known(id));
    if let Some(order) = unknown {
        return Err(fail(
            expect_block.line,
            VignetteProblem::UnknownOrder(order.clone()),
        ));
    }
    Ok(Vignette {
        id: id.to_owned(),
        title: title.trim().to_owned(),
        prose: section.prose.clone(),
        place: place(section.line),
        case,
        expect,
    })
}

/// Reads one block; an error points to the line of the file.
fn read<T: DeserializeOwned>(file: &str, block: &Block) -> Result<T, VignetteError> {
    toml::from_str(&block.text).map_err(|e| VignetteError {
        place: Place {
            file: file.to_owned(),
            line: block.line + e.span().map_or(0, |s| lines_before(&block.text, s.start)),
        },
        problem: VignetteProblem::Toml(e.message().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::case::{Comparator, MedicationKind, ObservedValue, ReasonReference};
    use crate::engine::{AppropriatenessCategory, Certainty, Indicator};

    fn uri(key: &str) -> Option<String> {
        ["icd", "img"]
            .contains(&key)
            .then(|| format!("http://example.org/{key}"))
    }

    fn file(case: &str, expect: &str) -> String {
        format!(
            "# T\n\n## X-01 A story\n\nWhy.\n\n```toml case\n{case}\n```\n\n```toml expect\n{expect}\n```\n"
        )
    }

    const EXPECT: &str = "scenario = \"s\"\ncertainty = \"none\"\ncards = []";

    #[test]
    fn a_story_becomes_a_case() {
        let case = r#"today = 2026-06-15
patient = { born = "1968-03", gender = "female", deceased = true }
conditions = [{ codes = ["icd|A1"], text = "words", body_site = "site", recorded = "2026-06-01", clinical = "active" }]
medications = [{ kind = "statement", codes = ["local|m"], start = "2026" }]
observations = [{ codes = ["icd|O"], value = ">60", unit = "u" }, { value = 24 }, { value = "icd|Q" }, { value = "high" }]
orders = [{ id = "o1", selected = true, codes = ["img|1", "img|2"], reason_codes = ["icd|A1"], reason = "why", reason_references = ["c1", "gone"] }]
missing = ["procedures"]"#;
        let found = parse("f.md", &file(case, EXPECT), &uri).unwrap();
        let [story] = found.as_slice() else {
            panic!("one story")
        };
        assert_eq!(
            (story.id.as_str(), story.title.as_str(), story.prose.as_str()),
            ("X-01", "A story", "Why.")
        );
        assert_eq!(story.place.to_string(), "f.md:3");
        let chart = &story.case.chart;
        assert!(chart.patient.deceased && chart.patient.resource.is_some());
        assert_eq!(chart.conditions[0].resource.as_str(), "Condition/c1");
        assert_eq!(
            chart.conditions[0].code.codings[0].system.as_deref(),
            Some("http://example.org/icd")
        );
        assert_eq!(chart.conditions[0].body_sites[0].text.as_deref(), Some("site"));
        assert_eq!(chart.medications[0].kind, MedicationKind::Statement);
        assert_eq!(
            chart.medications[0].code.codings[0].system.as_deref(),
            Some("urn:local")
        );
        assert_eq!(chart.undelivered.len(), 1);
        let values: Vec<_> = chart
            .observations
            .iter()
            .map(|o| o.value.clone().unwrap())
            .collect();
        assert!(matches!(
            values[0],
            ObservedValue::Quantity {
                value: 60.0,
                comparator: Some(Comparator::Above),
                ..
            }
        ));
        assert!(matches!(
            values[1],
            ObservedValue::Quantity {
                value: 24.0,
                comparator: None,
                ..
            }
        ));
        assert!(matches!(values[2], ObservedValue::Coded(_)));
        assert!(matches!(&values[3], ObservedValue::Text(words) if words == "high"));
        let order = &story.case.orders[0];
        assert_eq!(
            (order.status.as_deref(), order.intent.as_deref()),
            (Some("draft"), Some("order"))
        );
        assert_eq!((order.code.codings.len(), order.reasons.len()), (2, 2));
        assert!(matches!(order.reason_references[0], ReasonReference::InChart(_)));
        assert!(matches!(order.reason_references[1], ReasonReference::Unread(_)));
    }

    #[test]
    fn an_expectation_is_read() {
        let expect = r#"scenario = "s"
certainty = "explicit"
pending = "later"
cards = [{ kind = "K", indicator = "warning", order = "o1", must_mention = ["a|b"], suggestions = [] }]
[orders]
o1 = { rating = "unknown" }"#;
        let found = parse(
            "f",
            &file("today = 2026-06-15\norders = [{ id = \"o1\" }]", expect),
            &uri,
        )
        .unwrap();
        let expect = &found[0].expect;
        assert_eq!(expect.certainty, Certainty::Explicit);
        assert_eq!(expect.pending.as_deref(), Some("later"));
        assert_eq!(expect.orders["o1"].study, "");
        assert_eq!(expect.orders["o1"].rating, AppropriatenessCategory::Unknown);
        assert_eq!(expect.cards[0].indicator, Indicator::Warning);
        assert_eq!(expect.cards[0].suggestions.as_deref(), Some(&[] as &[String]));
        assert!(expect.cards[0].must_mention[0].1.is_match(b"XB"));
    }

    #[test]
    fn mistakes_are_found_with_their_line() {
        let error = |text: &str| parse("f", text, &uri).unwrap_err().remove(0).to_string();
        let day = "today = 2026-06-15";
        let check = |case: &str, expect: &str, message: &str| assert_eq!(error(&file(case, expect)), message);
        check(
            &format!("{day}\nconditions = [{{ codes = [\"xxx|1\"] }}]"),
            EXPECT,
            "f:8: `xxx` is no code system of code-systems.toml",
        );
        check(
            &format!("{day}\nconditions = [{{ codes = [\"1\"] }}]"),
            EXPECT,
            "f:8: `1` is no code: write `system|code`",
        );
        check(
            &format!("{day}\npatient = {{ born = \"1.2.68\" }}"),
            EXPECT,
            "f:8: `1.2.68` is no date: write YYYY, YYYY-MM or YYYY-MM-DD",
        );
        check(
            day,
            &format!("{EXPECT}\norders = {{ o9 = {{ rating = \"unknown\" }} }}"),
            "f:12: no order `o9` in the case",
        );
        let unknown_field = error(&file(&format!("{day}\nmissing = []\nconditons = []"), EXPECT));
        assert!(
            unknown_field.starts_with("f:10: unknown field `conditons`"),
            "{unknown_field}"
        );
        let unknown_word = error(&file(day, "scenario = \"s\"\ncertainty = \"sure\"\ncards = []"));
        assert!(
            unknown_word.starts_with("f:13: `sure` is none of explicit, linked"),
            "{unknown_word}"
        );
        assert!(error("## X-01 T\n```toml case\n").starts_with("f:2: this block has no end"));
        assert!(error("## X-01 T\n").contains("exactly one `toml case` block, not 0"));
        assert!(error("## Title only\n").contains("is not of the form"));
        assert!(error("## X-01 T\n```toml cases\n```\n").contains("`toml cases` is no block"));
        let twice = format!("{}{}", file(day, EXPECT), file(day, EXPECT));
        assert!(error(&twice).ends_with("`X-01` is used twice"));
    }

    #[test]
    fn the_vignettes_of_the_knowledge_can_be_read() {
        let files = [
            include_str!("../../cards/pnet/vignettes/initial-staging.md"),
            include_str!("../../cards/pnet/vignettes/timeline-and-other-variants.md"),
            include_str!("../../cards/pnet/vignettes/disease-gate.md"),
            include_str!("../../cards/pnet/vignettes/modifiers.md"),
            include_str!("../../cards/pnet/vignettes/studies-and-composites.md"),
            include_str!("../../cards/pnet/vignettes/traps.md"),
        ];
        let any = |key: &str| Some(format!("http://example.org/{key}"));
        let count: usize = files
            .iter()
            .map(|text| parse("f", text, &any).unwrap().len())
            .sum();
        assert!(count >= 71, "{count}");
    }
}
