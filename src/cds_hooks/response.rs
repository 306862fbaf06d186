//! What a service answers to a call: cards with suggestions, and system actions.
//!
//! Only the form, and the rule that nothing empty is sent except `cards: []` (R-005 to R-007). Lengths, Markdown and
//! what to say are the business of `answer`.

use super::discovery::blank;
use serde::Serialize;
use serde_json::Value;

/// The answer to a call; no cards is the answer "nothing to say" (R-062).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// What to show.
    pub cards: Vec<Card>,
    /// What the client may apply by itself, where that was agreed (R-087).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system_actions: Vec<Action>,
    /// Agreed additions, such as the older place of system actions (P-10).
    #[serde(skip_serializing_if = "hollow")]
    pub extension: Option<Value>,
}

/// One piece of guidance.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Names the card in feedback.
    #[serde(skip_serializing_if = "blank")]
    pub uuid: Option<String>,
    /// One sentence of fewer than 140 characters.
    pub summary: String,
    /// More, as Markdown.
    #[serde(skip_serializing_if = "blank")]
    pub detail: Option<String>,
    /// How loud: `info` or `warning` (`critical` exists and is not used here).
    pub indicator: String,
    /// Where the guidance comes from.
    pub source: Source,
    /// Choices offered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// How many choices may be taken; give it exactly when there are suggestions (R-071).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_behavior: Option<SelectionBehavior>,
    /// Reasons a user may give for not following the card.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub override_reasons: Vec<Coding>,
    /// Further reading.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Agreed additions under a reverse-DNS key (R-032).
    #[serde(skip_serializing_if = "hollow")]
    pub extension: Option<Value>,
}

/// How many suggestions of a card may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionBehavior {
    /// None or one (P-08: always this one, but for clients that know only the other).
    AtMostOne,
    /// As many as the user likes.
    Any,
}

/// The primary source of the guidance on a card.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Source {
    /// Its name.
    pub label: String,
    /// Where to read about it.
    #[serde(skip_serializing_if = "blank")]
    pub url: Option<String>,
    /// A small picture.
    #[serde(skip_serializing_if = "blank")]
    pub icon: Option<String>,
    /// What the card is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Coding>,
}

/// A coded value.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Coding {
    /// The code.
    pub code: String,
    /// Its system.
    pub system: String,
    /// Words for it; required for override reasons (R-082).
    #[serde(skip_serializing_if = "blank")]
    pub display: Option<String>,
}

/// One choice offered; all its actions are taken together.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// The words on the button.
    pub label: String,
    /// Names the suggestion in feedback.
    #[serde(skip_serializing_if = "blank")]
    pub uuid: Option<String>,
    /// The choice we would take.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_recommended: bool,
    /// What it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

/// A change to a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// What is done.
    #[serde(rename = "type")]
    pub kind: ActionKind,
    /// The words for it; required in suggestions (R-078).
    #[serde(skip_serializing_if = "blank")]
    pub description: Option<String>,
    /// The whole resource (R-079, R-080).
    #[serde(skip_serializing_if = "Value::is_null")]
    pub resource: Value,
}

/// What an action does. (Deleting exists and is not used here, P-09.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// Make a new resource.
    Create,
    /// Replace a resource.
    Update,
}

/// A link on a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    /// The words.
    pub label: String,
    /// The address.
    pub url: String,
    /// Page or SMART app.
    #[serde(rename = "type")]
    pub kind: LinkKind,
}

/// The kind of a link. (SMART app launches exist and are not used here.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// A page to read.
    Absolute,
}

/// An extension that holds nothing is left out.
fn hollow(extension: &Option<Value>) -> bool {
    match extension {
        None | Some(Value::Null) => true,
        Some(Value::Object(members)) => members.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// R-061.
    #[test]
    fn nothing_to_say_is_exactly_an_empty_list_of_cards() {
        assert_eq!(
            serde_json::to_string(&Response::default()).unwrap(),
            r#"{"cards":[]}"#,
            "R-007, R-062"
        );
        let response = Response {
            extension: Some(json!({})),
            ..Response::default()
        };
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"cards":[]}"#,
            "R-005"
        );
    }

    #[test]
    fn a_bare_card_holds_nothing_empty() {
        let card = Card {
            summary: "S".into(),
            detail: Some(" ".into()),
            indicator: "info".into(),
            source: Source {
                label: "L".into(),
                ..Source::default()
            },
            ..Card::default()
        };
        let expected = json!({"summary": "S", "indicator": "info", "source": {"label": "L"}});
        assert_eq!(serde_json::to_value(&card).unwrap(), expected, "R-005, R-006");
    }

    #[test]
    fn a_suggestion_is_written_as_the_specification_has_it() {
        let action = Action {
            kind: ActionKind::Update,
            description: Some("D".into()),
            resource: json!({"resourceType": "ServiceRequest"}),
        };
        let card = Card {
            suggestions: vec![Suggestion {
                label: "L".into(),
                is_recommended: true,
                actions: vec![action],
                ..Suggestion::default()
            }],
            selection_behavior: Some(SelectionBehavior::AtMostOne),
            links: vec![Link {
                label: "G".into(),
                url: "https://example.org".into(),
                kind: LinkKind::Absolute,
            }],
            ..Card::default()
        };
        let json = serde_json::to_value(&card).unwrap();
        assert_eq!(json["selectionBehavior"], "at-most-one", "P-08");
        assert_eq!(json["suggestions"][0]["isRecommended"], true);
        assert_eq!(json["suggestions"][0]["actions"][0]["type"], "update");
        assert_eq!(json["links"][0]["type"], "absolute");
    }
}
