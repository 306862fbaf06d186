//! The pictures of a period.

use crate::insight::{Count, Group, Insight, Rate};
use crate::plot::{self, Bar, Frame, Series, Tone};
use minijinja::Value;
use serde::Serialize;

/// Bars in one picture.
const MOST: usize = 12;

/// More days than this are drawn as weeks.
const DAYS: usize = 45;

/// Ready to stand on the page.
#[derive(Debug, Serialize)]
pub(super) struct Drawings {
    time: Value,
    legend: Value,
    coverage: Value,
    overrides: Value,
    reasons: Value,
    taken: Value,
    silent: Value,
    latency: Value,
}

impl Drawings {
    /// The pictures; `word` puts a key into words. Links stand in the tables below them, where every reader finds them.
    pub(super) fn of(insight: &Insight, word: &dyn Fn(&str) -> String) -> Self {
        let safe = Value::from_safe_string;
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
                name: "nothing told",
                tone: Tone::Muted,
            },
        ];
        let daily = insight.by_day.len() <= DAYS;
        let moments = if daily { &insight.by_day } else { &insight.by_week };
        let told: Vec<(String, Vec<f64>)> = moments
            .iter()
            .map(|m| {
                (
                    m.start.clone(),
                    vec![
                        float(m.measures.accepted),
                        float(m.measures.overridden),
                        float(m.measures.ignored),
                    ],
                )
            })
            .collect();
        let unit = if daily {
            "Cards shown, day by day"
        } else {
            "Cards shown, week by week"
        };
        let description = format!(
            "{} cards were shown; {} were followed, {} overridden.",
            insight.total.shown, insight.total.accepted, insight.total.overridden
        );
        let time = plot::stacked(
            Frame {
                id: "plot-time",
                title: unit,
                description: &description,
            },
            &series,
            &told,
        );
        let slow: Vec<(String, Vec<Option<f64>>)> = moments
            .iter()
            .map(|m| (m.start.clone(), vec![(m.calls > 0).then(|| float(m.p95_micros))]))
            .collect();
        let p95 = [Series {
            name: "slowest of 20 calls",
            tone: Tone::First,
        }];
        let description = format!("95 of 100 calls took at most {}.", millis(insight.latency.p95));
        let words = |micros: f64| format!("{:.1} ms", micros / 1000.0);
        let latency = plot::lines(
            Frame {
                id: "plot-latency",
                title: "Time to answer: 95 of 100 calls took less",
                description: &description,
            },
            &p95,
            &slow,
            None,
            &words,
        );
        Self {
            time: safe(time),
            legend: safe(plot::legend(&series)),
            latency: safe(latency),
            coverage: safe(coverage(insight)),
            overrides: safe(overrides(&insight.kinds)),
            reasons: safe(counts(
                "reasons",
                "Why cards were overridden",
                &insight.total.reasons,
                word,
                Tone::Bad,
            )),
            taken: safe(counts(
                "taken",
                "Which offers were taken",
                &insight.total.taken,
                word,
                Tone::Good,
            )),
            silent: safe(silent(insight, word)),
        }
    }
}

fn coverage(insight: &Insight) -> String {
    let c = insight.coverage;
    let bar = |name: &str, value: u64| Bar::new(name, float(value), value.to_string());
    let description = format!(
        "Of {} imaging orders, {} were judged by a rating.",
        c.imaging, c.judged
    );
    plot::funnel(
        Frame {
            id: "plot-coverage",
            title: "From orders to judgements",
            description: &description,
        },
        &[
            bar("imaging orders", c.imaging),
            bar("about a question that is rated", c.in_scope),
            bar("with a rating", c.judged),
        ],
    )
}

fn overrides(kinds: &[Group]) -> String {
    let told = kinds
        .iter()
        .filter(|kind| kind.measures.override_rate.of > 0)
        .take(MOST);
    let bars: Vec<Bar> = told
        .map(|kind| {
            let rate = &kind.measures.override_rate;
            Bar {
                range: Some((rate.low, rate.high)),
                tone: Tone::Bad,
                ..Bar::new(
                    kind.name.clone(),
                    rate.share.unwrap_or_default(),
                    self::rate(rate),
                )
            }
        })
        .collect();
    let description =
        "The share of cards that were overridden, of those of which something was told, with its range.";
    plot::bars(
        Frame {
            id: "plot-overrides",
            title: "Overridden, by card",
            description,
        },
        &bars,
        Some(1.0),
    )
}

fn counts(id: &str, title: &str, counts: &[Count], word: &dyn Fn(&str) -> String, tone: Tone) -> String {
    let name = |key: &str| {
        if key.is_empty() {
            "no reason given".to_owned()
        } else {
            word(key)
        }
    };
    let bars: Vec<Bar> = counts
        .iter()
        .take(MOST)
        .map(|count| Bar {
            tone,
            ..Bar::new(name(&count.name), float(count.count), count.count.to_string())
        })
        .collect();
    plot::bars(
        Frame {
            id: &format!("plot-{id}"),
            title,
            description: title,
        },
        &bars,
        None,
    )
}

fn silent(insight: &Insight, word: &dyn Fn(&str) -> String) -> String {
    let bars: Vec<Bar> = insight
        .silent
        .iter()
        .take(MOST)
        .map(|silence| {
            let name = format!("{} · {}", silence.gate, word(&silence.reason));
            Bar {
                tone: Tone::Muted,
                ..Bar::new(name, float(silence.decisions), silence.decisions.to_string())
            }
        })
        .collect();
    let description =
        "Selected orders about which nothing was said, by the step that decided and its reason.";
    plot::bars(
        Frame {
            id: "plot-silent",
            title: "Why nothing was said",
            description,
        },
        &bars,
        None,
    )
}

/// A share with its range, in words.
pub(super) fn rate(rate: &Rate) -> String {
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    match rate.share {
        None => "–".to_owned(),
        Some(share) => format!(
            "{} % ({}–{} %), {} of {}",
            percent(share),
            percent(rate.low),
            percent(rate.high),
            rate.hits,
            rate.of
        ),
    }
}

/// Microseconds for people.
pub(super) fn millis(micros: u64) -> String {
    format!("{:.1} ms", float(micros) / 1000.0)
}

/// Counts are far below where this would lose anything.
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
