//! The parts of the page: each a question, a picture, and the table it was drawn from.

use super::answer::{Answer, float, number, percent, ratio};
use crate::evaluate::codes::{self, Listed};
use crate::evaluate::{Counts, Summary};
use crate::knowledge::Knowledge;
use crate::plot::{self, Bar, Frame, Series, Tone, escape};
use std::cmp::Reverse;
use std::fmt::Write as _;

/// Rows of a table on the page; the files hold all.
const SHOWN: usize = 25;

/// Gates in the order in which they are asked, as the table of scenarios names them.
const GATES: [&str; 4] = ["study", "person", "disease", "link"];

/// Every part, in the order of the page.
pub(super) fn all(knowledge: &Knowledge, summary: &Summary, answer: &Answer) -> Vec<String> {
    let words = Words { knowledge, summary };
    vec![
        words.by_month(),
        "<div class=\"grid\">\n".to_owned(),
        words.counted(
            "kinds",
            "Which cards?",
            "By kind of card. One order may get two.",
            "kind",
            &|key| key.to_owned(),
            Tone::First,
        ),
        words.scenarios(),
        words.counted(
            "ratings",
            "How are the orders rated?",
            "The category held for question and study. Most orders are about other questions, and are not rated.",
            "rating",
            &|key| words.category(key),
            Tone::First,
        ),
        words.counted(
            "studies",
            "On which orders?",
            "The studies ordered where a card would have come.",
            "study spoken",
            &|key| words.study(key),
            Tone::Second,
        ),
        "</div>\n".to_owned(),
        words.funnel(answer),
        words.silence(),
        words.followed(answer),
        words.codes("order-codes", "Codes of orders to map first", &codes::orders(knowledge, &summary.tally)),
        words.codes(
            "diagnosis-codes",
            "Codes of diagnoses to map first",
            &codes::diagnoses(knowledge, &summary.tally),
        ),
        words.quality(),
        words.input(),
    ]
}

struct Words<'k> {
    knowledge: &'k Knowledge,
    summary: &'k Summary,
}

fn section(title: &str, lead: &str, body: &str) -> String {
    format!(
        "<section><h2>{}</h2><p>{}</p>{body}</section>\n",
        escape(title),
        escape(lead)
    )
}

/// Most frequent first.
fn ordered(counts: &Counts) -> Vec<(&str, u64)> {
    let mut all: Vec<_> = counts
        .iter()
        .map(|(word, count)| (word.as_str(), *count))
        .collect();
    all.sort_by_key(|(word, count)| (Reverse(*count), *word));
    all
}

fn table([what, count]: [&str; 2], rows: &[(String, u64)]) -> String {
    if rows.is_empty() {
        return "<p>Nothing to tell.</p>".to_owned();
    }
    let mut text = format!("<div class=\"wide\"><table><tr><th>{what}</th><th class=\"n\">{count}</th></tr>");
    for (word, count) in rows.iter().take(SHOWN) {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<tr><td>{}</td><td class=\"n\">{}</td></tr>",
            escape(word),
            number(*count)
        );
    }
    text.push_str("</table></div>");
    if rows.len() > SHOWN {
        let _ = write!(
            text,
            "<p>and {} more: see the files beside this page.</p>",
            rows.len() - SHOWN
        );
    }
    text
}

impl Words<'_> {
    fn counts(&self, what: &str) -> Counts {
        self.summary.tally.by.get(what).cloned().unwrap_or_default()
    }

    fn scenario(&self, key: &str) -> String {
        let found = self.knowledge.table().scenario(key);
        found.map_or_else(|| key.to_owned(), |s| s.entry.title.clone())
    }

    fn study(&self, key: &str) -> String {
        let found = self.knowledge.study(key);
        found.map_or_else(|| key.to_owned(), |s| s.name.clone())
    }

    fn category(&self, key: &str) -> String {
        let words = &self.knowledge.words().common.category;
        words.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// A question of the table and one of its answers.
    fn answered(&self, gate: &str, answer: &str) -> String {
        match (gate, self.knowledge.table().fact(gate)) {
            (_, Some(fact)) => {
                let words = fact.answers.get(answer).map_or(answer, String::as_str);
                format!("{} – {words}", fact.question)
            }
            ("rating", None) => format!("the study is rated: {}", self.category(answer)),
            ("unavailable", None) => format!("the service would have refused: no {answer} in the export"),
            ("unreadable", None) => "the order cannot be read".to_owned(),
            ("covered" | "shared" | "over_limit" | "dropped" | "merged" | "card", None) => {
                format!("said with another order of the session ({answer})")
            }
            ("scenario", None) => self.scenario(answer),
            _ => format!("{gate}: {answer}"),
        }
    }

    fn by_month(&self) -> String {
        let (all, spoken, warned) = (
            self.counts("month"),
            self.counts("month spoken"),
            self.counts("month warned"),
        );
        let of = |counts: &Counts, month: &str| counts.get(month).copied().unwrap_or(0);
        let series = [
            Series {
                name: "warning",
                tone: Tone::Bad,
            },
            Series {
                name: "information",
                tone: Tone::First,
            },
        ];
        // Each month of the span, also those without an order.
        let months: Vec<(String, Vec<f64>)> = months(&all)
            .into_iter()
            .map(|month| {
                let warned = of(&warned, &month);
                let told = of(&spoken, &month).saturating_sub(warned);
                (month, vec![float(warned), float(told)])
            })
            .collect();
        let frame = Frame {
            id: "by-month",
            title: "Orders with a card, by month",
            description: "Orders on which the service would have spoken, per month, warnings and information",
        };
        let rows: Vec<(String, u64)> = all
            .iter()
            .map(|(month, count)| (format!("{month}: {} with a card, of", of(&spoken, month)), *count))
            .collect();
        let body = format!(
            "{}{}<details><summary>Numbers</summary>{}</details>",
            plot::legend(&series),
            plot::stacked(frame, &series, &months),
            table(["Month", "Imaging orders"], &rows)
        );
        section(
            "How often would it have spoken?",
            "Orders with a card, by month of the order.",
            &body,
        )
    }

    fn counted(
        &self,
        id: &str,
        title: &str,
        lead: &str,
        what: &str,
        name: &dyn Fn(&str) -> String,
        tone: Tone,
    ) -> String {
        let counts = self.counts(what);
        let all: u64 = counts.values().sum();
        let bars: Vec<Bar> = ordered(&counts)
            .into_iter()
            .take(12)
            .map(|(key, count)| Bar {
                tone,
                ..Bar::new(
                    name(key),
                    float(count),
                    format!("{} ({})", number(count), percent(count, all)),
                )
            })
            .collect();
        let frame = Frame {
            id,
            title,
            description: lead,
        };
        section(title, lead, &plot::bars(frame, &bars, None))
    }

    fn scenarios(&self) -> String {
        self.counted(
            "scenarios",
            "What do the orders ask?",
            "The clinical question, as the evidence of the time fits.",
            "scenario",
            &|key| self.scenario(key),
            Tone::Third,
        )
    }

    /// How many orders were left after each question.
    fn funnel(&self, answer: &Answer) -> String {
        let gates = self.counts("gate");
        let at = |gate: &str| gates.get(gate).copied().unwrap_or(0);
        let mut left = answer.judged;
        let bar = |name: &str, count: u64| {
            let share = percent(count, answer.judged);
            Bar::new(name, float(count), format!("{} ({share})", number(count)))
        };
        let mut bars = vec![bar("All imaging orders", left)];
        left = left.saturating_sub(at("unreadable"));
        for (gate, words) in GATES.into_iter().zip([
            "… of a study that can answer",
            "… for a living adult, the right one",
            "… with the tumour on record",
            "… about the tumour",
        ]) {
            left = left.saturating_sub(at(gate));
            bars.push(bar(words, left));
        }
        let rated = answer.spoken + at("rating") + at("unavailable");
        bars.push(bar("… with a question that is rated", rated.min(left)));
        bars.push(Bar {
            tone: Tone::Bad,
            ..bar("… with something to say", answer.spoken)
        });
        let frame = Frame {
            id: "funnel",
            title: "Why silent: orders left after each question",
            description: "From all imaging orders to those with a card",
        };
        let lead =
            "Silence is the usual answer. Each bar is what is left once the question before it is asked.";
        section("Why is it silent so often?", lead, &plot::funnel(frame, &bars))
    }

    fn silence(&self) -> String {
        let because = self.counts("because");
        let rows: Vec<(String, u64)> = ordered(&because)
            .into_iter()
            .map(|(key, count)| {
                let (gate, answer) = key.split_once('=').unwrap_or((key, ""));
                (self.answered(gate, answer), count)
            })
            .collect();
        let missing: Vec<(String, u64)> = ordered(&self.counts("missing"))
            .into_iter()
            .map(|(key, count)| (key.to_owned(), count))
            .collect();
        let missing = if missing.is_empty() {
            String::new()
        } else {
            format!(
                "<details open><summary>Not in the export, which makes cards quieter</summary>{}</details>",
                table(["Part of the record", "Orders"], &missing)
            )
        };
        section(
            "Where the judgement of silent orders stopped",
            "The last question that was asked, and its answer.",
            &format!("{}{missing}", table(["Question and answer", "Orders"], &rows)),
        )
    }

    fn followed(&self, answer: &Answer) -> String {
        let mut bars = Vec::new();
        for (days, followed) in [30, 90].into_iter().zip(answer.followed) {
            for (words, count) in [("ordered", followed.ordered), ("done", followed.done)] {
                bars.push(Bar::new(
                    format!("alternative {words} within {days} days"),
                    100.0 * ratio(count, followed.flagged),
                    format!(
                        "{} of {} ({})",
                        number(count),
                        number(followed.flagged),
                        percent(count, followed.flagged)
                    ),
                ));
            }
        }
        let frame = Frame {
            id: "followed",
            title: "What followed the flagged orders",
            description: "Share of flagged orders after which a study that the card offers was ordered or done",
        };
        section(
            "What happened after the orders it would have flagged?",
            "Whether a study that the card would have offered was ordered, or is on record as done, anyway. Orders too close \
             to the end of the export are not counted.",
            &plot::bars(frame, &bars, Some(100.0)),
        )
    }

    fn codes(&self, id: &str, title: &str, codes: &[Listed<'_>]) -> String {
        if codes.is_empty() {
            return section(title, "None: every code met is known.", "");
        }
        let bars: Vec<Bar> = codes
            .iter()
            .take(10)
            .map(|l| {
                let name = format!("{} {}", l.code, l.met.display);
                Bar::new(name, float(l.met.count), number(l.met.count))
            })
            .collect();
        let frame = Frame {
            id,
            title,
            description: "The most frequent codes that nothing explains",
        };
        let mut text = plot::bars(frame, &bars, None);
        text.push_str("<details><summary>With what their words suggest</summary><div class=\"wide\"><table><tr><th>System</th><th>Code</th><th>Words</th><th>By its words</th><th class=\"n\">Seen</th></tr>");
        for listed in codes.iter().take(SHOWN) {
            let proposal = listed.proposal.as_ref();
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
                escape(listed.system),
                escape(listed.code),
                escape(&listed.met.display),
                escape(proposal.map_or("nothing that is known", |p| &p.name)),
                number(listed.met.count)
            );
        }
        text.push_str("</table></div></details>");
        let lead = "Proposals rest on words alone and are not applied: unmapped-codes.csv holds all codes, to be checked, \
                    edited and given to the next run with --local-codes.";
        section(title, lead, &text)
    }

    fn quality(&self) -> String {
        let tally = &self.summary.tally;
        let mut rows: Vec<(String, u64)> = Vec::new();
        let skipped = ["judged", "imaging", "not imaging", "with an unmapped code"];
        for (word, count) in &tally.orders {
            if !skipped.contains(&word.as_str()) {
                rows.push((format!("orders not judged: {word}"), *count));
            }
        }
        rows.extend(tally.quality.iter().map(|(word, count)| (word.clone(), *count)));
        rows.sort_by_key(|(word, count)| (Reverse(*count), word.clone()));
        section(
            "Quality of the data",
            "Entries are counted once per session of orders they were looked at for.",
            &table(["What", "Times"], &rows),
        )
    }

    fn input(&self) -> String {
        let input = &self.summary.input;
        let rows: Vec<(String, u64)> = ordered(&input.types)
            .into_iter()
            .map(|(name, count)| {
                let note = |counts: &Counts, words: &str| {
                    let count = counts.get(name).copied().unwrap_or(0);
                    if count == 0 {
                        String::new()
                    } else {
                        format!("; {} {words}", number(count))
                    }
                };
                let notes = [
                    note(&input.not_read, "not read: no hook would send them"),
                    note(&input.other_category, "of other categories, not read"),
                    note(&input.nobodys, "that name no patient"),
                ];
                (format!("{name}{}", notes.concat()), count)
            })
            .collect();
        let mut body = table(["Type of resource", "Lines"], &rows);
        if !input.damaged_lines.is_empty() {
            body.push_str("<details><summary>Damaged lines</summary><div class=\"wide\"><table><tr><th>File</th><th class=\"n\">Line</th><th>Why</th></tr>");
            for (file, line, why) in input.damaged_lines.iter().take(SHOWN) {
                // Writing to a string cannot fail.
                let _ = write!(
                    body,
                    "<tr><td>{}</td><td class=\"n\">{line}</td><td>{}</td></tr>",
                    escape(file),
                    escape(why)
                );
            }
            body.push_str("</table></div></details>");
        }
        let lead = format!(
            "{} lines of {} files, {} damaged. The lines of a folder of an export are read by type; damaged ones are left out.",
            number(input.lines),
            number(input.files),
            number(input.damaged)
        );
        section("What was read", &lead, &body)
    }
}

/// Every month from the first to the last.
fn months(counts: &Counts) -> Vec<String> {
    let parse = |month: &String| -> Option<(i32, i32)> {
        let (year, month) = month.split_once('-')?;
        Some((year.parse().ok()?, month.parse().ok()?))
    };
    let ends = counts
        .keys()
        .next()
        .and_then(parse)
        .zip(counts.keys().next_back().and_then(parse));
    let Some(((year, month), (last_year, last_month))) = ends else {
        return Vec::new();
    };
    let (from, to) = (year * 12 + month - 1, last_year * 12 + last_month - 1);
    // A wrong year must not fill the page with empty months.
    let from = from.max(to - 359);
    (from..=to)
        .map(|at| format!("{:04}-{:02}", at / 12, at % 12 + 1))
        .collect()
}
