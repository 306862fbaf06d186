//! The answer in two sentences, and the figures it rests on.

use crate::evaluate::Summary;
use jiff::civil::Date;

/// What the top of the page says.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Judged orders, and those about which something would have been said.
    pub judged: u64,
    pub spoken: u64,
    pub warned: u64,
    /// Of the judged: the study could be told; a code that nothing explains; data missing.
    pub told: u64,
    pub unmapped: u64,
    pub open: u64,
    /// Orders and patients.
    pub patients: u64,
    pub spoken_of: u64,
    months: f64,
    /// Flagged at least 30 or 90 days before the last order, and what followed.
    pub followed: [Followed; 2],
}

/// What followed flagged orders within so many days.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Followed {
    pub flagged: u64,
    pub ordered: u64,
    pub done: u64,
}

impl Answer {
    pub(super) fn of(summary: &Summary) -> Self {
        let tally = &summary.tally;
        let count = |word: &str| tally.orders.get(word).copied().unwrap_or(0);
        let judged = count("judged");
        let day = |text: &str| text.parse::<Date>().ok();
        let span = day(&tally.first_day).zip(day(&tally.last_day));
        let days = span.map_or(0, |(first, last)| (last - first).get_days() + 1);
        let mut answer = Self {
            judged,
            spoken: tally.of("outcome", "card"),
            warned: tally.of("loudest", "warning"),
            told: judged.saturating_sub(tally.of("study", "not told")),
            unmapped: count("with an unmapped code"),
            open: tally
                .quality
                .get("orders whose judgement depends on undated entries")
                .copied()
                .unwrap_or(0),
            patients: tally.with_imaging,
            spoken_of: tally.spoken_of,
            months: (f64::from(days) / 30.44).max(1.0),
            followed: Default::default(),
        };
        for (text, after) in &tally.after {
            // What was ordered in the last days has had no time to be followed by anything.
            let Some(age) = day(text)
                .zip(day(&tally.last_day))
                .map(|(d, last)| (last - d).get_days())
            else {
                continue;
            };
            let limits = [30, 90].into_iter().zip(after.ordered).zip(after.done);
            for (followed, ((limit, ordered), done)) in answer.followed.iter_mut().zip(limits) {
                if age >= limit {
                    followed.flagged += after.flagged;
                    followed.ordered += ordered;
                    followed.done += done;
                }
            }
        }
        answer
    }

    /// Two sentences. Numbers only: nothing to escape.
    pub(super) fn sentences(&self) -> String {
        if self.judged == 0 {
            return "This export holds no imaging order that can be judged, so nothing can be said. The tables below tell \
                    what was read and what was left out."
                .to_owned();
        }
        let first = if self.spoken == 0 {
            format!(
                "It would have stayed silent on all {} imaging orders of {}.",
                number(self.judged),
                self.time()
            )
        } else {
            format!(
                "It would have spoken on <strong>{} of {} imaging orders</strong> in {} ({} in a thousand, about {} a \
                 month): {} as a warning, {} as information.",
                number(self.spoken),
                number(self.judged),
                self.time(),
                one(1000.0 * ratio(self.spoken, self.judged)),
                one(float(self.spoken) / self.months),
                number(self.warned),
                number(self.spoken.saturating_sub(self.warned)),
            )
        };
        let [_, ninety] = self.followed;
        let after = if ninety.flagged == 0 {
            String::new()
        } else {
            format!(
                "; of the orders it would have flagged with an alternative, {} were followed by such a study within 90 days \
                 anyway",
                percent(ninety.ordered.max(ninety.done), ninety.flagged)
            )
        };
        let unmapped = if self.unmapped == 0 {
            "no order carries a code that nothing explains".to_owned()
        } else {
            format!(
                "{} carry a local code that nothing explains yet",
                percent(self.unmapped, self.judged)
            )
        };
        format!(
            "{first} It could tell which study was meant on {} of the orders, and {unmapped}{after}.",
            percent(self.told, self.judged)
        )
    }

    fn time(&self) -> String {
        if self.months < 24.0 {
            format!("{} months", one(self.months))
        } else {
            format!("{} years", one(self.months / 12.0))
        }
    }

    /// The figures as tiles.
    pub(super) fn figures(&self) -> String {
        let tile = |number: String, words: &str| format!("<li><b>{number}</b><span>{words}</span></li>");
        let tiles = [
            tile(number(self.judged), "imaging orders judged"),
            tile(number(self.patients), "patients with imaging"),
            tile(number(self.spoken), "orders with a card"),
            tile(number(self.warned), "with a warning"),
            tile(number(self.spoken_of), "patients concerned"),
            tile(percent(self.told, self.judged), "study could be told"),
            tile(percent(self.unmapped, self.judged), "with an unmapped code"),
            tile(number(self.open), "hang on undated entries"),
        ];
        format!("<ul class=\"figures\">{}</ul>\n", tiles.concat())
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of orders are far below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

pub(super) fn ratio(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { float(part) / float(of) }
}

/// A number with its thousands set apart.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn one(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

pub(super) fn percent(part: u64, of: u64) -> String {
    let share = 100.0 * ratio(part, of);
    if part > 0 && share < 0.1 {
        "under 0.1 %".to_owned()
    } else if (10.0..99.95).contains(&share) || part == 0 || part == of {
        format!("{share:.0} %").replace("100 %", if part == of { "100 %" } else { "over 99 %" })
    } else {
        format!("{share:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(number(12), "12");
        let cases = [
            (0, 10, "0 %"),
            (1, 3, "33 %"),
            (1, 20, "5.0 %"),
            (1, 100_000, "under 0.1 %"),
            (9, 9, "100 %"),
        ];
        for (part, of, text) in cases {
            assert_eq!(percent(part, of), text);
        }
    }

    #[test]
    fn an_empty_export_is_no_promise() {
        let text = Answer::of(&Summary::default()).sentences();
        assert!(text.contains("nothing can be said"), "{text}");
    }
}
