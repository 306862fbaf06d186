//! Everything that is counted: of the lines read, and of the orders judged. Parts add up, in any order, to the same whole.

use super::row::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often each word was met.
pub type Counts = BTreeMap<String, u64>;

/// Damaged lines that are named.
const DAMAGED_NAMED: usize = 200;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Input {
    /// Files.
    pub files: u64,
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Lines that are not blank.
    pub lines: u64,
    /// Lines by type of resource.
    pub types: Counts,
    /// Of them: types that no hook would send along.
    pub not_read: Counts,
    /// Of them: resources of a category that no hook would send along.
    pub other_category: Counts,
    /// Of them: resources that name no patient.
    pub nobodys: Counts,
    /// Lines that cannot be read.
    pub damaged: u64,
    /// The first of them: file, line, why.
    pub damaged_lines: Vec<(String, u64, String)>,
}

impl Input {
    /// Adds what another thread has read.
    pub(super) fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.damaged += other.damaged;
        add(&mut self.types, other.types);
        add(&mut self.not_read, other.not_read);
        add(&mut self.other_category, other.other_category);
        add(&mut self.nobodys, other.nobodys);
        self.damaged_lines.extend(other.damaged_lines);
    }

    /// Brings the damaged lines into their order, the same for any number of threads, and keeps the first.
    pub(super) fn settle(&mut self) {
        self.damaged_lines.sort();
        self.damaged_lines.truncate(DAMAGED_NAMED);
    }
}

/// A local code nobody has explained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unmapped {
    /// How often it was met.
    pub count: u64,
    /// The words beside it.
    pub display: String,
}

/// System and code → how often, and which words.
pub type Codes = BTreeMap<String, BTreeMap<String, Unmapped>>;

/// Orders about which something would have been said, of one day, and what followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct After {
    /// Orders.
    pub flagged: u64,
    /// An offered study was ordered within 30 days, or within 90.
    pub ordered: [u64; 2],
    /// An offered study was done within 30 days, or within 90.
    pub done: [u64; 2],
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Patients with anything that is read.
    pub patients: u64,
    /// Of them, those with an imaging order that was judged.
    pub with_imaging: u64,
    /// Of them, those about one of whose orders something would have been said.
    pub spoken_of: u64,
    /// Orders of all sorts: judged, or why not.
    pub orders: Counts,
    /// Judged orders by a word about them: the first key says which.
    pub by: BTreeMap<String, Counts>,
    /// What was odd about the data.
    pub quality: Counts,
    /// Codes of orders.
    pub order_codes: Codes,
    /// Codes of diagnoses of patients with imaging orders.
    pub diagnosis_codes: Codes,
    /// What followed, by day.
    pub after: BTreeMap<String, After>,
    /// The last day of an order.
    pub last_day: String,
    /// The first one.
    pub first_day: String,
}

impl Tally {
    /// Counts one thing.
    pub(super) fn count(&mut self, what: &str, word: &str) {
        let counts = match self.by.get_mut(what) {
            Some(counts) => counts,
            None => self.by.entry(what.to_owned()).or_default(),
        };
        one(counts, word);
    }

    pub(super) fn order(&mut self, word: &str) {
        one(&mut self.orders, word);
    }

    pub(super) fn odd(&mut self, word: &str) {
        one(&mut self.quality, word);
    }

    /// Counts one judged order.
    pub(super) fn row(&mut self, row: &Row) {
        self.order("judged");
        let month = row.day.get(..7).unwrap_or_default();
        self.count("month", month);
        self.count("outcome", &row.outcome);
        self.count("study", row.study.as_deref().unwrap_or("not told"));
        self.count("scenario", &row.scenario);
        self.count("rating", &row.rating);
        self.count("certainty", &row.certainty);
        self.count("gate", &row.gate);
        if !row.spoke() {
            self.count("because", &format!("{}={}", row.gate, row.because));
        } else {
            self.count("month spoken", month);
            self.count("scenario spoken", &row.scenario);
            self.count("study spoken", row.study.as_deref().unwrap_or("not told"));
            let loud = row.cards.iter().any(|c| c.indicator == "warning");
            if loud {
                self.count("month warned", month);
            }
            self.count("loudest", if loud { "warning" } else { "info" });
        }
        for card in &row.cards {
            self.count("kind", &card.kind);
        }
        for missing in &row.missing {
            self.count("missing", missing);
        }
        if row.open {
            self.odd("orders whose judgement depends on undated entries");
        }
        if !row.unmapped.is_empty() {
            self.order("with an unmapped code");
        }
        if let Some(followed) = row.followed {
            let after = self.after.entry(row.day.clone()).or_default();
            after.flagged += 1;
            for (at, limit) in [30, 90].into_iter().enumerate() {
                let within = |days: Option<i64>| u64::from(days.is_some_and(|d| d <= limit));
                if let (Some(ordered), Some(done)) = (after.ordered.get_mut(at), after.done.get_mut(at)) {
                    *ordered += within(followed.ordered_after);
                    *done += within(followed.done_after);
                }
            }
        }
        self.span(&row.day, &row.day);
    }

    fn span(&mut self, first: &str, last: &str) {
        if self.first_day.is_empty() || !first.is_empty() && *first < *self.first_day {
            first.clone_into(&mut self.first_day);
        }
        if *last > *self.last_day {
            last.clone_into(&mut self.last_day);
        }
    }

    /// Counts a code nobody has explained. Of several words for it, the first in order is kept.
    pub(super) fn code(codes: &mut Codes, system: &str, code: &str, display: &str) {
        let met = codes
            .entry(system.to_owned())
            .or_default()
            .entry(code.to_owned())
            .or_default();
        met.count += 1;
        keep_words(met, display);
    }

    /// Adds another part.
    pub(super) fn add(&mut self, other: Self) {
        self.patients += other.patients;
        self.with_imaging += other.with_imaging;
        self.spoken_of += other.spoken_of;
        add(&mut self.orders, other.orders);
        add(&mut self.quality, other.quality);
        for (what, counts) in other.by {
            add(self.by.entry(what).or_default(), counts);
        }
        for (to, from) in [
            (&mut self.order_codes, other.order_codes),
            (&mut self.diagnosis_codes, other.diagnosis_codes),
        ] {
            for (system, codes) in from {
                let system = to.entry(system).or_default();
                for (code, more) in codes {
                    let met = system.entry(code).or_default();
                    met.count += more.count;
                    keep_words(met, &more.display);
                }
            }
        }
        for (day, more) in other.after {
            let after = self.after.entry(day).or_default();
            after.flagged += more.flagged;
            for (to, from) in after.ordered.iter_mut().zip(more.ordered) {
                *to += from;
            }
            for (to, from) in after.done.iter_mut().zip(more.done) {
                *to += from;
            }
        }
        self.span(&other.first_day, &other.last_day);
    }

    /// How often a word was counted.
    #[must_use]
    pub fn of(&self, what: &str, word: &str) -> u64 {
        self.by.get(what).and_then(|c| c.get(word)).copied().unwrap_or(0)
    }
}

fn keep_words(met: &mut Unmapped, display: &str) {
    if met.display.is_empty() || !display.is_empty() && *display < *met.display {
        display.clone_into(&mut met.display);
    }
}

/// Adds one.
pub(super) fn one(counts: &mut Counts, word: &str) {
    match counts.get_mut(word) {
        Some(count) => *count += 1,
        None => drop(counts.insert(word.to_owned(), 1)),
    }
}

fn add(to: &mut Counts, from: Counts) {
    for (word, count) in from {
        *to.entry(word).or_default() += count;
    }
}
