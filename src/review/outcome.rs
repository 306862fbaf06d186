//! Runs a vignette through the engine and says where the two differ.
//!
//! It leaves out how cards are worded: the caller passes a function that renders one piece of advice as text.

use super::expect::{Expect, ExpectedCard};
use super::story::order_reference;
use super::vignette::Vignette;
use crate::engine::{Advice, Consultation, Decision, consult};
use crate::knowledge::Knowledge;

/// Renders one piece of advice as the text a clinician would read.
pub type WordsOf<'a> = &'a dyn Fn(&Decision, &Advice) -> String;

/// What came of one vignette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Where the engine and the story differ, one sentence each.
    pub differences: Vec<String>,
    /// Whether that is good or bad.
    pub verdict: Verdict,
}

/// How a vignette ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The engine says what the story expects.
    Passed,
    /// It does not.
    Failed,
    /// It does not, and the story says that this is known.
    Pending,
    /// It does, although the story says that it cannot: the mark must go.
    NoLongerPending,
}

impl Verdict {
    /// True when somebody has to act.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::NoLongerPending)
    }
}

/// Runs one vignette.
#[must_use]
pub fn run(knowledge: &Knowledge, vignette: &Vignette, words: WordsOf<'_>) -> Outcome {
    judge(&vignette.expect, &consult(knowledge, &vignette.case), words)
}

/// Compares what was expected with what the engine said.
#[must_use]
pub fn judge(expect: &Expect, consultation: &Consultation, words: WordsOf<'_>) -> Outcome {
    let mut differences = Vec::new();
    let unavailable = consultation.unavailable.map(|source| source.key().to_owned());
    if unavailable != expect.unavailable {
        differences.push(format!(
            "unavailable source: expected {}, got {}",
            or_none(expect.unavailable.as_deref()),
            or_none(unavailable.as_deref())
        ));
    }
    compare_orders(expect, consultation, &mut differences);
    compare_cards(expect, consultation, words, &mut differences);
    let verdict = match (differences.is_empty(), expect.pending.is_some()) {
        (true, false) => Verdict::Passed,
        (false, false) => Verdict::Failed,
        (false, true) => Verdict::Pending,
        (true, true) => Verdict::NoLongerPending,
    };
    Outcome { differences, verdict }
}

fn or_none(word: Option<&str>) -> &str {
    word.unwrap_or("none")
}

/// Question, certainty, study and rating of each order listed; of the first selected one if none is.
fn compare_orders(expect: &Expect, consultation: &Consultation, differences: &mut Vec<String>) {
    let mut differ = |order: &str, what: &str, expected: &str, got: &str| {
        if expected != got {
            differences.push(format!("{order}: {what}: expected {expected}, got {got}"));
        }
    };
    if expect.orders.is_empty() {
        match consultation.decisions.iter().find(|d| d.selected) {
            Some(decision) => {
                let order = decision.order.as_str();
                differ(order, "scenario", &expect.scenario, &decision.scenario);
                differ(
                    order,
                    "certainty",
                    expect.certainty.key(),
                    decision.certainty.key(),
                );
            }
            None => differ("selected order", "decision", "one", "none"),
        }
    }
    for (id, expected) in &expect.orders {
        let reference = order_reference(id);
        let Some(decision) = consultation.decisions.iter().find(|d| d.order == reference) else {
            differ(id, "decision", "one", "none");
            continue;
        };
        let scenario = expected.scenario.as_ref().unwrap_or(&expect.scenario);
        let certainty = expected.certainty.unwrap_or(expect.certainty);
        let study = Some(expected.study.as_str()).filter(|s| !s.is_empty());
        differ(id, "scenario", scenario, &decision.scenario);
        differ(id, "certainty", certainty.key(), decision.certainty.key());
        differ(id, "study", or_none(study), or_none(decision.study.as_deref()));
        differ(id, "rating", expected.rating.key(), decision.rating.key());
    }
}

/// Every expected card must be there, and no other.
fn compare_cards(
    expect: &Expect,
    consultation: &Consultation,
    words: WordsOf<'_>,
    differences: &mut Vec<String>,
) {
    let mut left: Vec<(&Decision, &Advice)> = consultation
        .decisions
        .iter()
        .flat_map(|d| d.advice.iter().map(move |a| (d, a)))
        .collect();
    for expected in &expect.cards {
        let order = order_reference(&expected.order);
        let at = left
            .iter()
            .position(|(d, a)| d.order == order && *a.kind == *expected.kind);
        match at.map(|at| left.remove(at)) {
            Some((decision, advice)) => compare_card(expected, decision, advice, words, differences),
            None => differences.push(format!("{}: no {} card", expected.order, expected.kind)),
        }
    }
    for (decision, advice) in left {
        differences.push(format!("{}: unexpected {} card", decision.order, advice.kind));
    }
}

fn compare_card(
    expected: &ExpectedCard,
    decision: &Decision,
    advice: &Advice,
    words: WordsOf<'_>,
    differences: &mut Vec<String>,
) {
    let card = format!("{} on {}", expected.kind, expected.order);
    if advice.indicator != expected.indicator {
        let (wanted, got) = (expected.indicator.key(), advice.indicator.key());
        differences.push(format!("{card}: indicator: expected {wanted}, got {got}"));
    }
    let offers: Vec<&str> = advice.offers.iter().map(|o| &**o).collect();
    if let Some(suggestions) = &expected.suggestions
        && *suggestions != offers
    {
        let (wanted, got) = (suggestions.join(", "), offers.join(", "));
        differences.push(format!("{card}: suggestions: expected [{wanted}], got [{got}]"));
    }
    let asked: Vec<&str> = advice.questions.iter().map(|q| &**q).collect();
    if let Some(questions) = &expected.questions
        && *questions != asked
    {
        let (wanted, got) = (questions.join(", "), asked.join(", "));
        differences.push(format!("{card}: questions: expected [{wanted}], got [{got}]"));
    }
    if let Some(first) = &expected.first_suggestion
        && offers.first() != Some(&first.as_str())
    {
        let got = or_none(offers.first().copied());
        differences.push(format!("{card}: first suggestion: expected {first}, got {got}"));
    }
    for banned in expected
        .must_not_suggest
        .iter()
        .filter(|b| offers.contains(&b.as_str()))
    {
        differences.push(format!("{card}: must not suggest {banned}"));
    }
    if !expected.must_mention.is_empty() {
        let text = words(decision, advice);
        for (pattern, _) in expected
            .must_mention
            .iter()
            .filter(|(_, regex)| !regex.is_match(text.as_bytes()))
        {
            differences.push(format!("{card}: does not mention `{pattern}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{AppropriatenessCategory, Certainty, Indicator};

    fn expect(text: &str) -> Expect {
        toml::from_str(text).unwrap()
    }

    fn consultation() -> Consultation {
        let advice = Advice {
            kind: "K".into(),
            indicator: Indicator::Info,
            offers: vec!["A".into(), "B".into()],
            mentions: Vec::new(),
            adds: false,
            questions: Vec::new(),
            modifiers: Vec::new(),
            limits: Vec::new(),
            because: Vec::new(),
            against: Vec::new(),
        };
        let decision = Decision {
            order: order_reference("o1"),
            selected: true,
            parts: Vec::new(),
            study: Some("S".into()),
            unmapped: Vec::new(),
            scenario: "q".into(),
            candidates: vec!["q".into()],
            certainty: Certainty::Linked,
            rating: AppropriatenessCategory::Unknown,
            advice: vec![advice],
            trace: Vec::new(),
        };
        Consultation {
            decisions: vec![decision],
            unavailable: None,
        }
    }

    const HEAD: &str = "scenario = \"q\"\ncertainty = \"linked\"\n";
    const ORDER: &str = "[orders]\no1 = { study = \"S\", rating = \"unknown\" }\n";

    fn outcome(cards: &str, rest: &str) -> Outcome {
        let text = format!("{HEAD}cards = [{cards}]\n{rest}{ORDER}");
        judge(&expect(&text), &consultation(), &|_, _| "the Words".to_owned())
    }

    #[test]
    fn what_agrees_passes() {
        let card = "{ kind = \"K\", indicator = \"info\", order = \"o1\", suggestions = [\"A\", \"B\"], \
                    first_suggestion = \"A\", must_not_suggest = [\"C\"], must_mention = [\"words|x\"] }";
        assert_eq!(
            outcome(card, ""),
            Outcome {
                differences: Vec::new(),
                verdict: Verdict::Passed
            }
        );
    }

    #[test]
    fn each_difference_is_named() {
        let check = |card: &str, expected: &[&str]| {
            let found = outcome(card, "");
            assert_eq!(found.differences, expected, "{card}");
            assert!(found.verdict.is_failure());
        };
        let with = |field: &str| format!("{{ kind = \"K\", indicator = \"info\", order = \"o1\", {field} }}");
        check("", &["ServiceRequest/o1: unexpected K card"]);
        check(
            "{ kind = \"L\", indicator = \"info\", order = \"o1\" }",
            &["o1: no L card", "ServiceRequest/o1: unexpected K card"],
        );
        check(
            "{ kind = \"K\", indicator = \"warning\", order = \"o1\" }",
            &["K on o1: indicator: expected warning, got info"],
        );
        check(
            &with("suggestions = [\"A\"]"),
            &["K on o1: suggestions: expected [A], got [A, B]"],
        );
        check(
            &with("first_suggestion = \"B\""),
            &["K on o1: first suggestion: expected B, got A"],
        );
        check(
            &with("questions = [\"p\"]"),
            &["K on o1: questions: expected [p], got []"],
        );
        check(
            &with("must_not_suggest = [\"B\"]"),
            &["K on o1: must not suggest B"],
        );
        check(
            &with("must_mention = [\"kidney\"]"),
            &["K on o1: does not mention `kidney`"],
        );
    }

    #[test]
    fn study_rating_and_question_are_compared_per_order() {
        let text = "scenario = \"p\"\ncertainty = \"explicit\"\ncards = []\n[orders]\n\
                    o1 = { rating = \"not_applicable\" }\no2 = { rating = \"unknown\" }\n";
        let mut consultation = consultation();
        consultation.decisions[0].advice.clear();
        let found = judge(&expect(text), &consultation, &|_, _| String::new()).differences;
        assert_eq!(
            found,
            [
                "o1: scenario: expected p, got q",
                "o1: certainty: expected explicit, got linked",
                "o1: study: expected none, got S",
                "o1: rating: expected not_applicable, got unknown",
                "o2: decision: expected one, got none",
            ]
        );
    }

    #[test]
    fn a_pending_story_that_passes_fails() {
        let good = "{ kind = \"K\", indicator = \"info\", order = \"o1\" }";
        assert_eq!(
            outcome(good, "pending = \"later\"\n").verdict,
            Verdict::NoLongerPending
        );
        assert_eq!(outcome("", "pending = \"later\"\n").verdict, Verdict::Pending);
        assert!(Verdict::NoLongerPending.is_failure() && !Verdict::Pending.is_failure());
    }
}
