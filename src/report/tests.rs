use super::*;
use crate::insight::row::{Call, Card, Decision, Told, UnmappedCode};
use crate::insight::{Filter, Tally};

fn insight(calls: u32) -> Insight {
    let mut tally = Tally::new(Filter::default());
    for at in 0..calls {
        tally.add(&Call {
            at: i64::from(at) * 3_600_000,
            client: "<north>".to_owned(),
            outcome: "answered".to_owned(),
            missing: vec!["conditions".to_owned()],
            decisions: vec![Decision {
                selected: true,
                study: "CT".to_owned(),
                rating: "usually_not_appropriate".to_owned(),
                ..Decision::default()
            }],
            cards: vec![Card {
                id: at.to_string(),
                decision: Some(0),
                kind: "LOUD".to_owned(),
                told: Some(Told {
                    reason: "patient-preference".to_owned(),
                    ..Told::default()
                }),
                ..Card::default()
            }],
            ..Call::default()
        });
    }
    tally.add_unmapped(&UnmappedCode {
        code: "<b>".to_owned(),
        orders: 7,
        ..UnmappedCode::default()
    });
    tally.finish(true)
}

#[test]
fn what_to_look_at_stands_before_everything_else() {
    let page = html(&insight(60), "2026-06-15");
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words} in {page}"));
    assert!(at("Review <code>LOUD</code>") < at("From order to card"));
    assert!(at("60 of 60 times") < at("From order to card"));
    assert!(at("Codes nobody could explain") < at("From order to card"));
    assert!(at("Data not delivered") < at("From order to card"));
    let calm = html(&insight(3), "2026-06-15");
    assert!(!calm.contains("Review <code>"));
}

#[test]
fn the_page_stands_alone_and_escapes_every_word() {
    let page = html(&insight(60), "<when>");
    for bad in [
        "<north>", "<b>", "<when>", "<script", "src=", "@import", "url(", "style=\"", "NaN",
    ] {
        assert!(!page.contains(bad), "{bad}");
    }
    // The only addresses are names of XML.
    assert_eq!(
        page.matches("http").count(),
        page.matches("http://www.w3.org/2000/svg").count() + 1
    );
    assert!(page.contains("&lt;north&gt;") && page.contains("lang=\"en\""));
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), different.len(), "each id once: {ids:?}");
}

#[test]
fn without_calls_the_page_says_so() {
    let page = html(&Tally::new(Filter::default()).finish(true), "now");
    assert!(page.contains("Nothing yet") && page.contains("everything that is kept"));
}

#[test]
fn numbers_read_as_people_write_them() {
    for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(count(number), text);
    }
    for (micros, text) in [
        (420, "420 µs"),
        (1500, "1.5 ms"),
        (42_000, "42 ms"),
        (2_500_000, "2.5 s"),
    ] {
        assert_eq!(html::time(micros), text);
    }
}
