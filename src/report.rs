//! An [`Insight`] as one page to open in a browser or to send: no file beside it, no script, nothing from elsewhere.
//!
//! What to look at stands at the top, numbers with their pictures below, everything as a table as well. Words and numbers
//! only: what they are of is up to `insight`, how they are drawn to `plot`.

mod first;
mod html;
mod parts;

use crate::insight::Insight;
use crate::plot;
use html::{Table, count, escape, percent, section};

/// The page. `when` says when it was made.
#[must_use]
pub fn html(insight: &Insight, when: &str) -> String {
    let mut main = String::new();
    main.push_str(&header(insight, when));
    if insight.calls == 0 {
        main.push_str(&section(
            "nothing",
            "Nothing yet",
            "No call was kept that fits what was asked for. Is this the store of the service, and the right period?",
            "",
        ));
    } else {
        main.push_str(&first::glance(insight));
        main.push_str(&first::look_at(insight));
        main.push_str(&parts::way(insight));
        main.push_str(&parts::cards(insight));
        main.push_str(&parts::over_time(insight));
        main.push_str(&parts::afterwards(insight));
        main.push_str(&parts::silence(insight));
        main.push_str(&parts::gaps(insight));
        main.push_str(&parts::latency(insight));
        main.push_str(&parts::groups(insight));
        main.push_str(&words());
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Apposite: what fires, and what becomes of it</title><style>{}{}</style></head>\
         <body><main>{main}</main></body></html>\n",
        plot::STYLE,
        html::STYLE
    )
}

fn header(insight: &Insight, when: &str) -> String {
    let period = match &insight.days_seen {
        None => "no calls".to_owned(),
        Some((first, last)) if first == last => format!("calls of {first}"),
        Some((first, last)) => format!("calls from {first} to {last}"),
    };
    let pairs = insight.filter.pairs();
    let asked: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let asked = if asked.is_empty() {
        "everything that is kept".to_owned()
    } else {
        asked.join(", ")
    };
    let part = if insight.complete {
        ""
    } else {
        "<p class=\"warn\">Only the earliest calls were read: there are more than this report reads at once.</p>"
    };
    format!(
        "<header><h1>What fires, and what becomes of it</h1><p>{} · asked for: {} · made {} · days are in UTC</p>{part}</header>",
        escape(&period),
        escape(&asked),
        escape(when)
    )
}

/// What the words mean.
fn words() -> String {
    let mut table = Table::new(&["Word", "Meaning"]);
    for (word, meaning) in [
        (
            "Fired",
            "The judgement led to this card. A repeated call counts once.",
        ),
        (
            "Shown",
            "The card was in the answer. Whether a clinician saw it is up to the EHR.",
        ),
        (
            "Shadow",
            "Judged and kept, not shown: the client or the rule is in shadow mode.",
        ),
        ("Off", "Not shown because the rule is switched off."),
        (
            "Followed",
            "The client told that a suggestion of the card was accepted.",
        ),
        ("Overridden", "The client told that the card was dismissed."),
        (
            "Ignored",
            "Nothing was told of the card: dismissed without a word, or the client sends no feedback.",
        ),
        (
            "Range",
            "Where the true share lies with 95 % confidence (Wilson). A wide range is few cases.",
        ),
        (
            "Look at",
            "A card is listed when, with at least 50 answers, its overridden share is credibly above 80 %.",
        ),
    ] {
        table.row(&[escape(word), escape(meaning)]);
    }
    section(
        "words",
        "Words used here",
        "",
        &table.finish("What the words of this page mean"),
    )
}

/// A share with its range: `42 % (31–54)`.
fn ranged(rate: &crate::insight::Rate) -> String {
    match rate.share {
        None => "–".to_owned(),
        Some(share) => format!(
            "{} <small>({}–{}&nbsp;of {})</small>",
            percent(share),
            html::hundredths(rate.low),
            html::hundredths(rate.high),
            count(rate.of)
        ),
    }
}

#[cfg(test)]
mod tests;
