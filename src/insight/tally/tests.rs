use super::super::row::{Mode, Told};
use super::super::{Listed, csv};
use super::*;

const NOON: i64 = 20_619 * 24 * 3_600_000 + 12 * 3_600_000;

fn decision(study: &str, rating: &str) -> Decision {
    Decision {
        order: "o".to_owned(),
        selected: true,
        study: study.to_owned(),
        scenario: "staging".to_owned(),
        rating: rating.to_owned(),
        rules: vec!["R1".to_owned(), "R3".to_owned()],
        ..Decision::default()
    }
}

fn card(id: &str, kind: &str, told: Option<bool>) -> Card {
    Card {
        id: id.to_owned(),
        decision: Some(0),
        kind: kind.to_owned(),
        offers: vec!["BETTER".to_owned()],
        told: told.map(|accepted| Told {
            accepted,
            reason: if accepted {
                String::new()
            } else {
                "patient-preference".to_owned()
            },
            taken: if accepted {
                vec!["BETTER".to_owned()]
            } else {
                Vec::new()
            },
            ..Told::default()
        }),
        ..Card::default()
    }
}

fn call(at: i64, decision: Decision, cards: Vec<Card>) -> Call {
    Call {
        id: format!("{at}"),
        at,
        micros: 500,
        client: "north".to_owned(),
        outcome: "answered".to_owned(),
        drafts: 2,
        decisions: vec![decision],
        cards,
        ..Call::default()
    }
}

fn counted(filter: Filter, calls: &[Call]) -> Insight {
    let mut tally = Tally::new(filter);
    calls.iter().for_each(|call| tally.add(call));
    tally.finish(true)
}

/// Fifty and more clear overrides make a card one to look at; fewer, or a lower share, do not.
#[test]
fn a_card_is_to_be_looked_at_only_if_its_overrides_are_credible() {
    for (overridden, accepted, looked_at) in [
        (49, 0, false),
        (50, 0, true),
        (46, 4, true),
        (45, 5, false),
        (100, 17, false),
    ] {
        let mut calls = Vec::new();
        for at in 0..overridden + accepted {
            let told = Some(at >= overridden);
            calls.push(call(
                NOON + at,
                decision("CT", "usually_not_appropriate"),
                vec![card(&format!("{at}"), "LOUD", told)],
            ));
        }
        let insight = counted(Filter::default(), &calls);
        assert_eq!(insight.review.len() == 1, looked_at, "{overridden} {accepted}");
    }
}

#[test]
fn a_repeated_card_counts_once_and_silence_has_its_gate() {
    let mut silent = call(NOON + 1, decision("CT", "not_applicable"), Vec::new());
    silent.decisions[0].gate = "R3".to_owned();
    silent.decisions[0].reason = "none".to_owned();
    let mut shadowed = call(
        NOON + 2,
        decision("CT", "usually_not_appropriate"),
        vec![card("b", "K", None)],
    );
    shadowed.cards[0].mode = Mode::Shadow;
    let shown = call(
        NOON,
        decision("CT", "usually_not_appropriate"),
        vec![card("a", "K", Some(true))],
    );
    let insight = counted(Filter::default(), &[shown.clone(), shown, silent, shadowed]);
    let total = &insight.total;
    assert_eq!(
        (total.decisions, total.fired, total.shown, total.shadow),
        (4, 2, 1, 1)
    );
    assert_eq!((total.accepted, total.overridden, total.ignored), (1, 0, 0));
    assert_eq!(total.taken[0].name, "BETTER");
    assert_eq!(
        insight.silent,
        [Silence {
            gate: "R3".to_owned(),
            reason: "none".to_owned(),
            decisions: 1
        }]
    );
    let c = insight.coverage;
    assert_eq!(
        (c.drafts, c.imaging, c.in_scope, c.judged, c.distinct),
        (8, 4, 3, 3, 1)
    );
    assert_eq!(insight.kinds[0].measures.fired, 2);
    assert_eq!(insight.rules.len(), 2);
}

#[test]
fn days_have_no_gaps_and_equal_the_total() {
    let day = 24 * 3_600_000;
    let calls: Vec<Call> = [0, 0, 3]
        .iter()
        .enumerate()
        .map(|(at, days)| {
            call(
                NOON + days * day,
                decision("CT", "x"),
                vec![card(&at.to_string(), "K", None)],
            )
        })
        .collect();
    let insight = counted(Filter::default(), &calls);
    let days: Vec<(&str, u64, u64)> = insight
        .by_day
        .iter()
        .map(|m| (&*m.start, m.calls, m.measures.shown))
        .collect();
    assert_eq!(
        days,
        [
            ("2026-06-15", 2, 2),
            ("2026-06-16", 0, 0),
            ("2026-06-17", 0, 0),
            ("2026-06-18", 1, 1)
        ]
    );
    assert_eq!(insight.by_week.len(), 1);
    assert_eq!(insight.total.ignored, 3);
}

/// What is ordered afterwards: as offered, otherwise, unchanged, or never seen again within a day.
#[test]
fn orders_are_followed_for_a_day() {
    for (later, after, expect) in [
        (Some("BETTER"), 1000, [1, 0, 0, 0]),
        (Some("MR"), 1000, [0, 1, 0, 0]),
        (Some("CT"), 1000, [0, 0, 1, 0]),
        (Some("BETTER"), 25 * 3_600_000, [0, 0, 0, 1]),
        (None, 0, [0, 0, 0, 1]),
    ] {
        let mut first = call(NOON, decision("CT", "x"), vec![card("a", "K", None)]);
        first.cards[0].mode = Mode::Shadow;
        let mut calls = vec![first];
        calls.extend(later.map(|study| call(NOON + after, decision(study, "x"), Vec::new())));
        let after = counted(Filter::default(), &calls).after;
        assert_eq!(after.len(), 1);
        let a = &after[0];
        assert_eq!(
            [a.as_offered, a.otherwise, a.unchanged, a.not_seen],
            expect,
            "{later:?}"
        );
        assert_eq!((a.kind.as_str(), a.mode), ("K", Mode::Shadow));
    }
}

#[test]
fn a_filter_narrows_everything_alike() {
    let mut other = call(NOON + 5, decision("MR", "x"), vec![card("b", "L", None)]);
    other.client = "south".to_owned();
    let calls = [
        call(NOON, decision("CT", "x"), vec![card("a", "K", Some(false))]),
        other,
    ];
    for (query, shown) in [
        ("", 2),
        ("kind=K", 1),
        ("client=south", 1),
        ("study=MR", 1),
        ("scenario=other", 0),
        ("mode=off", 0),
        ("mode=shown", 2),
        ("kind=K&client=south", 0),
        ("from=2026-06-15&to=2026-06-15", 2),
        ("from=2026-06-16", 0),
    ] {
        let filter = Filter::parse(query, jiff::civil::date(2026, 6, 20)).unwrap();
        let insight = counted(filter.clone(), &calls);
        assert_eq!(insight.total.shown, shown, "{query}");
        assert_eq!(insight.calls, shown, "{query}");
        let listed = calls.iter().filter_map(|call| Listed::of(call, &filter));
        assert_eq!(listed.count() as u64, shown, "{query}");
    }
}

/// SC-19: pseudonyms serve to compare, and stand in nothing that is given out.
#[test]
fn nothing_given_out_holds_a_pseudonym() {
    let mut one = call(NOON, decision("CT", "x"), vec![card("card-id", "K", Some(false))]);
    one.decisions[0].order = "order-pseudonym".to_owned();
    let listed = Listed::of(&one, &Filter::default()).unwrap();
    let insight = counted(Filter::default(), &[one]);
    let text = format!(
        "{}{}{}",
        serde_json::to_string(&insight).unwrap(),
        serde_json::to_string(&listed).unwrap(),
        csv(&insight)
    );
    assert!(
        !text.contains("order-pseudonym") && !text.contains("card-id"),
        "{text}"
    );
    assert!(text.contains("patient-preference"));
}

#[test]
fn the_table_has_a_line_for_everything_counted() {
    let mut tally = Tally::new(Filter::default());
    tally.add(&call(
        NOON,
        decision("CT", "x"),
        vec![card("a", "K", Some(false))],
    ));
    tally.add_unmapped(&UnmappedCode {
        day: 20_619,
        client: "north".to_owned(),
        system: "urn:x".to_owned(),
        code: "=C1".to_owned(),
        orders: 3,
    });
    let text = csv(&tally.finish(true));
    for line in [
        "total,,,1,1,1,1,0,0,0,1,0,0.0000,1.0000,",
        "kind,K,,,1,1,1,0,0,0,1,0,",
        "unmapped,urn:x|=C1,north,3,",
        "reason,patient-preference,K,1,",
        "day,2026-06-15,,1,1,",
        "after,K shown,not_seen,1,",
    ] {
        assert!(text.lines().any(|l| l.starts_with(line)), "{line} in\n{text}");
    }
}
