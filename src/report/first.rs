//! What somebody in a hurry reads: some numbers, and what to look at.

use super::html::{count, escape, named, percent, section, share, time};
use crate::insight::{Insight, Mode};

/// From this share of calls on, missing data are worth a look.
const MISSING: f64 = 0.2;

/// From this share of calls on, refusals are worth a look.
const REFUSED: f64 = 0.01;

/// Shown cards of which something should have been told by then.
const ENOUGH: u64 = 50;

/// Numbers first.
pub(super) fn glance(insight: &Insight) -> String {
    let (total, c) = (&insight.total, &insight.coverage);
    let rate = |rate: &crate::insight::Rate| rate.share.map_or("–".to_owned(), percent);
    let kept_back = total.shadow.saturating_add(total.off);
    let tiles = [
        (
            "Calls",
            count(insight.calls),
            format!("95 of 100 within {}", time(insight.latency.p95)),
        ),
        (
            "Imaging orders",
            count(c.imaging),
            format!("{} with a rating held", percent(share(c.judged, c.imaging))),
        ),
        (
            "Cards shown",
            count(total.shown),
            format!("{} kept back", count(kept_back)),
        ),
        (
            "Followed",
            rate(&total.acceptance),
            format!(
                "{} of {} answers",
                count(total.accepted),
                count(total.acceptance.of)
            ),
        ),
        (
            "Overridden",
            rate(&total.override_rate),
            format!(
                "{} of {} answers",
                count(total.overridden),
                count(total.override_rate.of)
            ),
        ),
        (
            "Feedback given",
            rate(&total.response),
            format!("{} shown cards without feedback", count(total.ignored)),
        ),
    ];
    let tiles = tiles.map(|(name, number, more)| {
        format!(
            "<div><dt>{name}</dt><dd>{number}<small>{}</small></dd></div>",
            escape(&more)
        )
    });
    format!("<dl class=\"tiles\">{}</dl>", tiles.concat())
}

/// What is not as it should be, the worst first.
pub(super) fn look_at(insight: &Insight) -> String {
    let mut found: Vec<String> = Vec::new();
    for review in &insight.review {
        let why = review.reasons.first().map_or_else(String::new, |reason| {
            format!("; most often “{}”", escape(&named(&reason.name, "no reason")))
        });
        found.push(format!(
            "<strong>Review <code>{}</code></strong>: overridden {} of {} times, {}{why}. Clinicians do not want this card as it is.",
            escape(&review.kind),
            count(review.overridden.hits),
            count(review.overridden.of),
            super::ranged(&review.overridden)
        ));
    }
    let answered = insight
        .outcomes
        .iter()
        .filter(|o| ["answered", "switched-off"].contains(&&*o.name));
    let refused = insight.calls.saturating_sub(answered.map(|o| o.count).sum());
    if share(refused, insight.calls) >= REFUSED {
        let reasons = insight
            .outcomes
            .iter()
            .filter(|o| !["answered", "switched-off"].contains(&&*o.name));
        let reasons: Vec<String> = reasons
            .take(3)
            .map(|o| format!("<code>{}</code> {}", escape(&o.name), count(o.count)))
            .collect();
        found.push(format!(
            "<strong>Calls refused</strong>: {} of {} ({}).",
            count(refused),
            count(insight.calls),
            reasons.join(", ")
        ));
    }
    for off in insight.outcomes.iter().filter(|o| o.name == "switched-off") {
        found.push(format!(
            "<strong>Switched off</strong>: {} calls were not judged.",
            count(off.count)
        ));
    }
    if let Some(code) = insight.unmapped.first() {
        found.push(format!(
            "<strong>Codes nobody could explain</strong>: {} different ones, most often <code>{}</code> ({} orders). Add them \
             to the map of local codes.",
            insight.unmapped.len(),
            escape(&code.code),
            count(code.orders)
        ));
    }
    for missing in insight
        .missing
        .iter()
        .filter(|m| share(m.count, insight.calls) >= MISSING)
    {
        found.push(format!(
            "<strong>Data not delivered</strong>: <code>{}</code> in {} of calls; cards are quieter without it.",
            escape(&missing.name),
            percent(share(missing.count, insight.calls))
        ));
    }
    if insight.total.shown >= ENOUGH && insight.total.response.of > 0 && insight.total.response.hits == 0 {
        found.push(
            "<strong>No feedback</strong>: nothing was told of any card. Does the EHR send feedback?"
                .to_owned(),
        );
    }
    if insight.told_of_unknown > 0 {
        found.push(format!(
            "<strong>Feedback on unknown cards</strong>: {}. Told by another client than the card was shown to, or long after.",
            count(insight.told_of_unknown)
        ));
    }
    for after in insight.after.iter().filter(|a| a.mode == Mode::Shadow) {
        let seen = after
            .as_offered
            .saturating_add(after.otherwise)
            .saturating_add(after.unchanged);
        if seen >= ENOUGH {
            found.push(format!(
                "<strong>Shadow mode of <code>{}</code></strong>: of {} orders seen again, {} became what it would have \
                 offered, {} stayed as they were.",
                escape(&after.kind),
                count(seen),
                count(after.as_offered),
                count(after.unchanged)
            ));
        }
    }
    if found.is_empty() {
        let calm = section("look", "What to look at", "", "<p>Nothing stands out.</p>");
        return calm.replacen("<section", "<section class=\"calm\"", 1);
    }
    let list: String = found.iter().map(|line| format!("<li>{line}</li>")).collect();
    let look = section("look", "What to look at", "", &format!("<ul>{list}</ul>"));
    look.replacen("<section", "<section class=\"look\"", 1)
}
