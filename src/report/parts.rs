//! The parts of the page below: pictures, and the same as tables.

use super::html::{Table, count, escape, hundredths, long, named, percent, section, share, time};
use super::ranged;
use crate::insight::{Group, Insight, Moment};
use crate::plot::{self, Bar, Frame, Series, Tone};

/// Lines of a picture; more are in the table.
const BARS: usize = 12;

/// Days that are drawn one by one; more are drawn by week.
const DAYS: usize = 70;

/// From orders to cards to answers.
pub(super) fn way(insight: &Insight) -> String {
    let (c, total) = (insight.coverage, &insight.total);
    let steps = [
        ("Imaging orders asked about", c.imaging),
        ("about a question that is rated", c.in_scope),
        ("with a rating held", c.judged),
        ("Cards fired", total.fired),
        ("shown", total.shown),
        ("of which something was told", total.response.hits),
        ("followed", total.accepted),
    ];
    let bars: Vec<Bar> = steps
        .iter()
        .map(|(name, number)| Bar::new(*name, long(*number), count(*number)))
        .collect();
    let description = format!(
        "Of {} imaging orders {} have a rating; {} cards fired, {} were shown and {} followed.",
        count(c.imaging),
        count(c.judged),
        count(total.fired),
        count(total.shown),
        count(total.accepted)
    );
    let frame = Frame {
        id: "way-plot",
        title: "From orders to cards that were followed",
        description: &description,
    };
    let lead = format!(
        "{description} An order counts each time a hook asks about it; {} different imaging orders were seen.",
        count(c.distinct)
    );
    section("way", "From order to card", &lead, &plot::funnel(frame, &bars))
}

/// Card by card.
pub(super) fn cards(insight: &Insight) -> String {
    let told = insight.kinds.iter().filter(|k| k.measures.override_rate.of > 0);
    let bars: Vec<Bar> = told
        .take(BARS)
        .map(|kind| {
            let rate = kind.measures.override_rate;
            let review = insight.review.iter().any(|r| r.kind == kind.name);
            let words = format!(
                "{} % of {}",
                hundredths(rate.share.unwrap_or_default()),
                count(rate.of)
            );
            Bar {
                range: Some((rate.low, rate.high)),
                tone: if review { Tone::Bad } else { Tone::First },
                ..Bar::new(kind.name.as_str(), rate.share.unwrap_or_default(), words)
            }
        })
        .collect();
    let frame = Frame {
        id: "cards-plot",
        title: "Overridden share by kind of card",
        description: "For each kind of card the share of answers that dismissed it, with its range; the table has the numbers.",
    };
    let mut table = Table::new(&[
        "Kind",
        "#Fired",
        "#Shown",
        "#Shadow",
        "#Off",
        "#Followed",
        "#Overridden",
        "#Ignored",
        "Overridden share",
        "Why, and what was taken",
    ]);
    for kind in &insight.kinds {
        let m = &kind.measures;
        let words = |all: &[crate::insight::Count], empty: &str| {
            let all = all.iter().take(3);
            all.map(|c| format!("{} {}", escape(&named(&c.name, empty)), count(c.count)))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut why = words(&m.reasons, "no reason");
        if !m.taken.is_empty() {
            why = format!(
                "{why}{}taken: {}",
                if why.is_empty() { "" } else { "; " },
                words(&m.taken, "another suggestion")
            );
        }
        table.row(&[
            format!("<code>{}</code>", escape(&kind.name)),
            count(m.fired),
            count(m.shown),
            count(m.shadow),
            count(m.off),
            count(m.accepted),
            count(m.overridden),
            count(m.ignored),
            ranged(&m.override_rate),
            format!("<span class=\"wide\">{why}</span>"),
        ]);
    }
    let body = if insight.kinds.is_empty() {
        "<p>No card fired.</p>".to_owned()
    } else {
        plot::bars(frame, &bars, Some(1.0)) + &table.finish("Cards by kind")
    };
    section(
        "cards",
        "What clinicians do with the cards",
        "The share of answers that dismissed a card. The thin line is where the true share lies with 95 % confidence.",
        &body,
    )
}

/// Day by day, or week by week.
pub(super) fn over_time(insight: &Insight) -> String {
    let days = insight.by_day.len() <= DAYS;
    let (moments, step) = if days {
        (&insight.by_day, "day")
    } else {
        (&insight.by_week, "week")
    };
    let series = [
        Series {
            name: "followed",
            tone: Tone::Good,
        },
        Series {
            name: "overridden",
            tone: Tone::Bad,
        },
        Series {
            name: "ignored",
            tone: Tone::Muted,
        },
        Series {
            name: "shadow",
            tone: Tone::Third,
        },
        Series {
            name: "off",
            tone: Tone::Fourth,
        },
    ];
    let counts = |m: &Moment| {
        let m = &m.measures;
        [m.accepted, m.overridden, m.ignored, m.shadow, m.off]
            .map(long)
            .to_vec()
    };
    let stacks: Vec<_> = moments.iter().map(|m| (m.start.clone(), counts(m))).collect();
    let most = moments.iter().max_by_key(|m| m.measures.fired);
    let description = most.map_or_else(String::new, |m| {
        format!(
            "Most cards fired in the {step} of {}: {}.",
            m.start,
            count(m.measures.fired)
        )
    });
    let title = format!("Cards by {step}, by what became of them");
    let cards = Frame {
        id: "time-cards",
        title: &title,
        description: &description,
    };
    let overridden = [Series {
        name: "overridden share",
        tone: Tone::Bad,
    }];
    let shares: Vec<_> = moments
        .iter()
        .map(|m| (m.start.clone(), vec![m.measures.override_rate.share]))
        .collect();
    let title = format!("Overridden share by {step}");
    let share = Frame {
        id: "time-share",
        title: &title,
        description: "The share of answers that dismissed a card.",
    };
    let slow = [Series {
        name: "95 of 100 calls within",
        tone: Tone::First,
    }];
    let times: Vec<_> = moments
        .iter()
        .map(|m| {
            (
                m.start.clone(),
                vec![(m.calls > 0).then(|| long(m.p95_micros) / 1e3)],
            )
        })
        .collect();
    let title = format!("Duration of calls by {step}");
    let speed = Frame {
        id: "time-speed",
        title: &title,
        description: "The time that 95 of 100 calls did not exceed.",
    };
    let mut table = Table::new(&[
        "From",
        "#Calls",
        "#Orders",
        "#Fired",
        "#Shown",
        "#Followed",
        "#Overridden",
        "#Ignored",
        "#95 of 100 within",
    ]);
    for m in moments.iter().rev() {
        let n = &m.measures;
        table.row(&[
            escape(&m.start),
            count(m.calls),
            count(n.decisions),
            count(n.fired),
            count(n.shown),
            count(n.accepted),
            count(n.overridden),
            count(n.ignored),
            if m.calls > 0 {
                time(m.p95_micros)
            } else {
                "–".to_owned()
            },
        ]);
    }
    let body = format!(
        "<h3>Cards</h3>{}{}<div class=\"two\"><div><h3>Overridden share</h3>{}</div><div><h3>Duration of calls</h3>{}</div></div>\
         <details><summary>As a table</summary>{}</details>",
        plot::legend(&series),
        plot::stacked(cards, &series, &stacks),
        plot::lines(share, &overridden, &shares, Some(1.0), &percent),
        plot::lines(speed, &slow, &times, None, &|ms| format!("{ms:.1} ms")),
        table.finish("Over time")
    );
    section("time", "Over time", &description, &body)
}

/// What was ordered after a card fired.
pub(super) fn afterwards(insight: &Insight) -> String {
    if insight.after.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        "Kind",
        "Mode",
        "#As offered",
        "#Another study",
        "#Unchanged",
        "#Not seen again",
        "#As offered, of those seen",
    ]);
    for after in &insight.after {
        let seen = after
            .as_offered
            .saturating_add(after.otherwise)
            .saturating_add(after.unchanged);
        table.row(&[
            format!("<code>{}</code>", escape(&after.kind)),
            after.mode.key().to_owned(),
            count(after.as_offered),
            count(after.otherwise),
            count(after.unchanged),
            count(after.not_seen),
            if seen > 0 {
                percent(share(after.as_offered, seen))
            } else {
                "–".to_owned()
            },
        ]);
    }
    section(
        "after",
        "What was ordered afterwards",
        "Orders known again within a day of the first card. For cards in shadow mode this is the only measure: did clinicians \
         come to what the card would have offered by themselves? An order that a suggestion adds anew is not seen here.",
        &table.finish("What was ordered after a card fired"),
    )
}

/// Why nothing was said.
pub(super) fn silence(insight: &Insight) -> String {
    let all: u64 = insight.silent.iter().map(|s| s.decisions).sum();
    let bars: Vec<Bar> = insight
        .silent
        .iter()
        .take(BARS)
        .map(|s| {
            let words = format!("{} ({})", count(s.decisions), percent(share(s.decisions, all)));
            let name = format!("{} {}", named(&s.gate, "not kept"), s.reason);
            Bar {
                tone: Tone::Muted,
                ..Bar::new(name, long(s.decisions), words)
            }
        })
        .collect();
    let frame = Frame {
        id: "silence-plot",
        title: "Why nothing was said",
        description: "Orders without a card by the gate that decided so and its reason, the most frequent first.",
    };
    let lead = format!(
        "{} of the orders asked about got no card. The gate that decided so (R1 study, R2 person, R3 disease, R4 link, R5 and \
         R6 question; rating: nothing to object, or none held), and its reason.",
        count(all)
    );
    section(
        "silence",
        "Why it was silent",
        &lead,
        &plot::bars(frame, &bars, None),
    )
}

/// What we do not understand or do not get.
pub(super) fn gaps(insight: &Insight) -> String {
    let mut codes = Table::new(&["Client", "System", "Code", "#Orders"]);
    for code in insight.unmapped.iter().take(50) {
        codes.row(&[
            escape(&named(&code.client, "anybody")),
            format!("<code>{}</code>", escape(&named(&code.system, "none"))),
            format!("<code>{}</code>", escape(&code.code)),
            count(code.orders),
        ]);
    }
    let codes = if codes.is_empty() {
        "<p>None.</p>".to_owned()
    } else {
        codes.finish("Order codes that nobody could explain")
    };
    let missing: Vec<Bar> = insight
        .missing
        .iter()
        .take(BARS)
        .map(|m| {
            let words = format!("{} ({})", count(m.count), percent(share(m.count, insight.calls)));
            Bar {
                tone: Tone::Second,
                ..Bar::new(m.name.as_str(), share(m.count, insight.calls), words)
            }
        })
        .collect();
    let frame = Frame {
        id: "missing-plot",
        title: "Data not delivered",
        description: "The share of calls in which data of each kind were not delivered.",
    };
    let missing = if missing.is_empty() {
        "<p>Everything was delivered.</p>".to_owned()
    } else {
        plot::bars(frame, &missing, Some(1.0))
    };
    let body = format!(
        "<div class=\"two\"><div><h3>Codes nobody could explain</h3>{codes}</div><div><h3>Data not delivered</h3>{missing}</div></div>"
    );
    let c = insight.coverage;
    let lead = format!(
        "{} of {} imaging orders carried a code that nobody could explain. A code is listed once it came with three patients.",
        count(c.unmapped),
        count(c.imaging)
    );
    section("gaps", "What is not understood or not delivered", &lead, &body)
}

/// How long calls took, and how they ended.
pub(super) fn latency(insight: &Insight) -> String {
    let l = insight.latency;
    let mut times = Table::new(&["Of 100 calls", "#within"]);
    for (name, micros) in [
        ("50", l.p50),
        ("90", l.p90),
        ("95", l.p95),
        ("99", l.p99),
        ("all", l.max),
    ] {
        times.row(&[name.to_owned(), time(micros)]);
    }
    let mut ends = Table::new(&["Calls that ended so", "#Number"]);
    for outcome in &insight.outcomes {
        ends.row(&[
            format!("<code>{}</code>", escape(&outcome.name)),
            count(outcome.count),
        ]);
    }
    let mut asked = Table::new(&["Asking the FHIR server", "#Calls"]);
    for gathered in &insight.gathered {
        asked.row(&[
            format!("<code>{}</code>", escape(&gathered.name)),
            count(gathered.count),
        ]);
    }
    let body = format!(
        "<div class=\"two\"><div>{}</div><div>{}{}</div></div>",
        times.finish("Duration"),
        ends.finish("How calls ended"),
        asked.finish("What asking the FHIR server for missing data came to")
    );
    section("calls", "Calls", "", &body)
}

/// The same numbers by everything else that can be told apart.
pub(super) fn groups(insight: &Insight) -> String {
    let tables: [(&str, &[Group], &str); 7] = [
        ("By clinical question", &insight.scenarios, "none"),
        ("By study ordered", &insight.studies, "no imaging study named"),
        ("By client", &insight.clients, "anybody"),
        ("By service", &insight.services, "none"),
        ("By version of the knowledge", &insight.knowledge_versions, "none"),
        ("By version of the program", &insight.service_versions, "none"),
        ("By rule that spoke", &insight.rules, "none"),
    ];
    let mut body = String::new();
    for (title, groups, without) in tables {
        let mut table = Table::new(&[
            "Name",
            "#Orders",
            "#Fired",
            "#Shown",
            "#Followed",
            "#Overridden",
            "#Ignored",
            "Overridden share",
        ]);
        for group in groups {
            let m = &group.measures;
            table.row(&[
                format!("<code>{}</code>", escape(&named(&group.name, without))),
                count(m.decisions),
                count(m.fired),
                count(m.shown),
                count(m.accepted),
                count(m.overridden),
                count(m.ignored),
                ranged(&m.override_rate),
            ]);
        }
        if !table.is_empty() {
            body.push_str(&format!("<h3>{title}</h3>{}", table.finish(title)));
        }
    }
    section(
        "groups",
        "The same by question, study, client and version",
        "",
        &body,
    )
}
