//! Each capability on a small answer, and the laws on random answers.

use super::super::{Stated, names};
use super::*;
use crate::cds_hooks::response::{Coding, Source};
use proptest::prelude::*;

fn action(kind: ActionKind, resource: Value) -> Action {
    Action {
        kind,
        description: Some("Change this order to B".into()),
        resource,
    }
}

fn order() -> Value {
    json!({ "resourceType": "ServiceRequest", "id": "o", "quantityQuantity": { "value": 1.5 } })
}

/// A card with one suggestion of one update, and one of an update and a new order.
fn card_of(summary: &str) -> Card {
    let suggestion = |label: &str, actions| Suggestion {
        label: label.into(),
        uuid: Some("s".into()),
        is_recommended: label == "A",
        actions,
    };
    let update = || action(ActionKind::Update, order());
    let create = || action(ActionKind::Create, order());
    let coding = |code: &str| Coding {
        code: code.into(),
        system: "s".into(),
        display: Some("d".into()),
    };
    Card {
        uuid: Some("c".into()),
        summary: summary.into(),
        detail: Some("**D**".into()),
        indicator: "warning".into(),
        source: Source {
            label: "L".into(),
            topic: Some(coding("imaging-topic/1")),
            ..Source::default()
        },
        suggestions: vec![
            suggestion("A", vec![update()]),
            suggestion("B", vec![update(), create()]),
        ],
        selection_behavior: Some(SelectionBehavior::AtMostOne),
        override_reasons: vec![coding("r")],
        extension: Some(json!({ "org.example": 1 })),
        ..Card::default()
    }
}

fn answer() -> Response {
    Response {
        cards: vec![card_of("S")],
        system_actions: vec![action(ActionKind::Update, order())],
        ..Response::default()
    }
}

fn rendered(dialect: &str) -> Value {
    let dialect = Dialect::built_in(dialect).unwrap();
    serde_json::to_value(render(answer(), dialect)).unwrap()
}

/// What nobody configured is answered as before, byte for byte.
#[test]
fn the_generic_dialect_changes_nothing() {
    let mut plain = answer();
    plain.system_actions.clear();
    let before = serde_json::to_vec(&plain).unwrap();
    for name in [super::super::GENERIC, "generic-2.0"] {
        let dialect = Dialect::built_in(name).unwrap();
        assert_eq!(
            serde_json::to_vec(&render(plain.clone(), dialect)).unwrap(),
            before,
            "{name}"
        );
    }
}

/// R-063, R-070, R-073, R-082: what CDS Hooks 2.0 added is not sent to a client of 1.0.
#[test]
fn a_client_of_1_0_gets_what_1_0_has() {
    let card = &rendered("generic-1.0")["cards"][0];
    for later in ["uuid", "overrideReasons"] {
        assert!(card.get(later).is_none(), "{later}");
    }
    assert!(card["source"].get("topic").is_none() && card["suggestions"][0].get("isRecommended").is_none());
    assert_eq!(card["suggestions"][0]["uuid"], "s");
    assert_eq!(card["selectionBehavior"], "at-most-one");
}

/// The rules of Epic's tutorial.
#[test]
fn epic_gets_one_action_any_and_the_words_where_it_shows_them() {
    let card = &rendered("epic")["cards"][0];
    assert_eq!(card["selectionBehavior"], "any");
    let suggestions = card["suggestions"].as_array().unwrap();
    assert_eq!(suggestions.len(), 1, "half a study is never offered");
    assert_eq!(suggestions[0]["actions"][0]["description"], "A");
    assert_eq!(card["source"]["topic"]["code"], "imagingtopic1");
    assert_eq!(card["uuid"], "c", "feedback needs it");
}

/// What the page of the public sandbox throws on.
#[test]
fn the_sandbox_gets_lists_of_reasons_and_actions_where_it_reads_them() {
    let answer = rendered("public-sandbox");
    let suggestions = answer["cards"][0]["suggestions"].as_array().unwrap();
    assert_eq!(suggestions.len(), 1, "it leaves out new orders");
    assert_eq!(suggestions[0]["actions"][0]["resource"]["reasonCode"], json!([]));
    assert_eq!(answer["systemActions"], answer["extension"]["systemActions"]);
    assert_eq!(answer["systemActions"][0]["resource"]["reasonCode"], json!([]));
}

#[test]
fn a_reason_that_is_no_list_becomes_one_and_r5_orders_stay() {
    let sandbox = Dialect::built_in("public-sandbox").unwrap();
    let check = |order: Value, expected: Value| {
        let mut action = action(ActionKind::Update, order);
        reasons(&mut action, sandbox);
        assert_eq!(action.resource, expected);
    };
    let one = json!({ "text": "T" });
    check(
        json!({ "resourceType": "ServiceRequest", "reasonCode": one }),
        json!({ "resourceType": "ServiceRequest", "reasonCode": [one] }),
    );
    let r5 = json!({ "resourceType": "ServiceRequest", "reason": [] });
    check(r5.clone(), r5);
    let drug = json!({ "resourceType": "MedicationRequest" });
    check(drug.clone(), drug);
}

/// P-10, R-005: each place, and never an empty list.
#[test]
fn system_actions_stand_where_they_are_read() {
    let at = |place, actions: &[Action]| {
        let dialect = Dialect::built_in("generic-3.0")
            .unwrap()
            .clone()
            .with_system_actions(Some(place));
        let response = Response {
            system_actions: actions.to_vec(),
            ..Response::default()
        };
        serde_json::to_value(render(response, &dialect)).unwrap()
    };
    let one = [action(ActionKind::Update, order())];
    let listed = json!(one);
    assert_eq!(at(Place::Off, &one), json!({ "cards": [] }));
    assert_eq!(
        at(Place::TopLevel, &one),
        json!({ "cards": [], "systemActions": listed })
    );
    assert_eq!(
        at(Place::Extension, &one),
        json!({ "cards": [], "extension": { "systemActions": listed } })
    );
    let both = json!({ "cards": [], "systemActions": listed, "extension": { "systemActions": listed } });
    assert_eq!(at(Place::Both, &one), both);
    for place in [Place::Off, Place::TopLevel, Place::Extension, Place::Both] {
        assert_eq!(at(place, &[]), json!({ "cards": [] }));
    }
}

/// Any dialect at all: a built-in one with every switch turned at random.
fn dialects() -> impl Strategy<Value = Dialect> {
    let names: Vec<&str> = names().collect();
    let switches = prop::collection::vec(any::<bool>(), 9);
    let place = prop::sample::select(vec![Place::Off, Place::TopLevel, Place::Extension, Place::Both]);
    (prop::sample::select(names), switches, place).prop_map(|(name, on, place)| {
        let mut dialect = Dialect::built_in(name)
            .unwrap()
            .clone()
            .with_system_actions(Some(place));
        let switches: [&mut Stated<bool>; 8] = [
            &mut dialect.card_uuid,
            &mut dialect.suggestion_uuid,
            &mut dialect.is_recommended,
            &mut dialect.override_reasons,
            &mut dialect.detail,
            &mut dialect.card_extension,
            &mut dialect.creating,
            &mut dialect.reason_code_list,
        ];
        for (switch, on) in switches.into_iter().zip(&on) {
            switch.value = *on;
        }
        if on[8] {
            dialect.topic.value = Topic::Alphanumeric;
            dialect.visible_text.value = VisibleText::ActionDescription;
        }
        dialect
    })
}

fn answers() -> impl Strategy<Value = Response> {
    let cards = prop::collection::vec(("[a-zA-Z äß.]{1,40}", any::<bool>(), 0..3usize), 0..4);
    (cards, 0..3usize).prop_map(|(cards, actions)| Response {
        cards: cards
            .into_iter()
            .map(|(summary, warning, suggestions)| {
                let mut card = card_of(&summary);
                card.indicator = if warning { "warning" } else { "info" }.into();
                card.suggestions.truncate(suggestions);
                card.selection_behavior = (suggestions > 0).then_some(SelectionBehavior::AtMostOne);
                card
            })
            .collect(),
        system_actions: vec![action(ActionKind::Update, order()); actions],
        ..Response::default()
    })
}

proptest! {
    /// No dialect loses a card or changes what it says first: indicator, summary, source.
    #[test]
    fn no_warning_is_lost(response in answers(), dialect in dialects()) {
        let said = |r: &Response| -> Vec<(String, String, String)> {
            r.cards.iter().map(|c| (c.indicator.clone(), c.summary.clone(), c.source.label.clone())).collect()
        };
        let before = said(&response);
        let after = render(response, &dialect);
        prop_assert_eq!(said(&after), before);
        for card in &after.cards {
            // R-071: the two come together.
            prop_assert_eq!(card.selection_behavior.is_some(), !card.suggestions.is_empty());
            for suggestion in &card.suggestions {
                // R-078, and nothing is offered in part.
                prop_assert!(suggestion.actions.iter().all(|a| a.description.is_some()));
                prop_assert!([1, 2].contains(&suggestion.actions.len()));
            }
        }
    }

    /// What is put into a dialect twice is as if once.
    #[test]
    fn twice_is_once(response in answers(), dialect in dialects()) {
        let once = render(response, &dialect);
        prop_assert_eq!(render(once.clone(), &dialect), once);
    }
}
