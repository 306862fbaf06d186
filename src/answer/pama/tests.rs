//! What is written on an order, and what is never touched.

use super::*;
use crate::dialect::Dialect;
use proptest::prelude::*;

const CALL: Call<'_> = Call {
    tenant: "t",
    hook_instance: "h",
};

fn terms(dialect: &'static str, g_code: Option<&'static str>) -> Terms<'static> {
    let dialect = Dialect::built_in(dialect).unwrap();
    Terms { dialect, g_code }
}

fn order(extension: &Value) -> Map<String, Value> {
    // Parsed from text: the decimal keeps its digits.
    let text = format!(
        r#"{{"resourceType":"ServiceRequest","id":"o","code":{{"text":"T"}},"quantityQuantity":{{"value":1.50}},"x":null,"extension":{extension}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const GOOD: Rated = Rated {
    code: "appropriate",
    category: AppropriatenessCategory::UsuallyAppropriate,
};
const BAD: Rated = Rated {
    code: "not-appropriate",
    category: AppropriatenessCategory::UsuallyNotAppropriate,
};

fn urls(order: &Map<String, Value>) -> Vec<&str> {
    order["extension"].as_array().unwrap().iter().map(url).collect()
}

/// P-07, PA-06: replaced where it stood, everything else as it was, decimals to the digit.
#[test]
fn a_rating_replaces_our_earlier_one_and_nothing_else() {
    let terms = terms("generic-3.0", Some("G1000"));
    let mut first = order(&json!([{ "url": "urn:a" }]));
    assert!(mark(&mut first, terms, CALL, Some(BAD)));
    assert_eq!(urls(&first), ["urn:a", RATING, CONSULTED, CONSULT_ID]);
    let told = serde_json::to_string(&first).unwrap();
    assert!(
        told.contains(r#""value":1.50"#) && told.contains(r#""x":null"#),
        "{told}"
    );
    first["extension"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "url": "urn:b" }));
    let mut second = first.clone();
    assert!(mark(&mut second, terms, CALL, Some(GOOD)));
    assert_eq!(urls(&second), ["urn:a", RATING, CONSULTED, CONSULT_ID, "urn:b"]);
    assert_eq!(
        second["extension"][1]["valueCodeableConcept"]["coding"][0]["code"],
        "appropriate"
    );
    assert_eq!(
        second["extension"][3], first["extension"][3],
        "PA-10: same order, same id"
    );
    let mut none = second;
    assert!(mark(&mut none, terms, CALL, None));
    assert_eq!(urls(&none), ["urn:a", "urn:b"]);
}

/// The identifier of a qualified mechanism comes from the operator or not at all.
#[test]
fn no_mechanism_is_claimed_that_nobody_named() {
    let mut plain = order(&json!([]));
    assert!(mark(&mut plain, terms("public-sandbox", None), CALL, Some(GOOD)));
    assert_eq!(urls(&plain), [RATING, CONSULT_ID]);
}

#[test]
fn the_rating_of_another_mechanism_is_left_alone() {
    let foreign = json!([
        { "url": RATING, "valueCodeableConcept": { "coding": [{ "system": CODES, "code": "appropriate" }] } },
        { "url": CONSULTED, "valueString": "G9999" },
        { "url": format!("{CRITERIA}\t"), "valueUri": "urn:x" },
    ]);
    for odd in [foreign.clone(), json!("text"), json!({ "url": RATING })] {
        let mut kept = order(&odd);
        assert!(!mark(
            &mut kept,
            terms("generic-3.0", Some("G1000")),
            CALL,
            Some(BAD)
        ));
        assert_eq!(kept, order(&odd));
    }
    let mut copy = order(&foreign);
    unmark_copy(&mut copy);
    assert!(
        !copy.contains_key("extension"),
        "a consultation about one order is not about its copy"
    );
}

/// PA-10: another study, reason or patient is another consultation.
#[test]
fn the_consultation_is_another_one_when_the_order_asks_something_else() {
    let plain = order(&json!([]));
    let before = consult_id(&plain, CALL);
    let later = Call {
        hook_instance: "another",
        ..CALL
    };
    assert_eq!(consult_id(&plain, later), before);
    for member in ["id", "subject", "code", "reasonCode"] {
        let mut other = plain.clone();
        other.insert(member.to_owned(), json!("changed"));
        assert_ne!(consult_id(&other, CALL), before, "{member}");
    }
}

/// PA-04, PA-05: what is written for each category; nothing is guessed.
#[test]
fn each_category_has_its_code_or_none() {
    use AppropriatenessCategory as Category;
    let check = |dialect, expected: [Option<&str>; 5]| {
        let all = [
            Category::UsuallyAppropriate,
            Category::MayBeAppropriate,
            Category::UsuallyNotAppropriate,
            Category::Unknown,
            Category::NotApplicable,
        ];
        assert_eq!(
            all.map(|c| terms(dialect, None).rated(c).map(|r| r.code)),
            expected,
            "{dialect}"
        );
    };
    let (yes, no) = (Some("appropriate"), Some("not-appropriate"));
    check("generic-3.0", [yes, None, no, None, None]);
    check("epic", [yes, None, no, None, None]);
    check("public-sandbox", [yes, yes, no, None, Some("no-criteria-apply")]);
}

proptest! {
    /// Firing again changes nothing, whatever else is on the order and however often (P-07).
    #[test]
    fn a_rating_is_never_there_twice(
        others in prop::collection::vec("[a-c]{1,2}", 0..5),
        ours_at in 0..5usize,
        before in any::<bool>(),
        good in any::<bool>(),
        named in any::<bool>(),
    ) {
        let terms = terms("public-sandbox", named.then_some("G1000"));
        let mut entries: Vec<Value> = others.iter().map(|o| json!({ "url": format!("urn:{o}") })).collect();
        let kept = entries.clone();
        if before {
            let mut earlier = order(&json!([]));
            mark(&mut earlier, terms, CALL, Some(BAD));
            let at = ours_at.min(entries.len());
            entries.splice(at..at, earlier["extension"].as_array().unwrap().clone());
        }
        let rated = Some(if good { GOOD } else { BAD });
        let mut once = order(&json!(entries));
        prop_assert!(mark(&mut once, terms, CALL, rated));
        let mut twice = once.clone();
        prop_assert!(mark(&mut twice, terms, CALL, rated));
        prop_assert_eq!(&twice, &once);
        let all = once["extension"].as_array().unwrap();
        prop_assert_eq!(all.iter().filter(|e| url(e) == RATING).count(), 1);
        let left: Vec<Value> = all.iter().filter(|e| !is_pama(e)).cloned().collect();
        prop_assert_eq!(left, kept);
    }
}
