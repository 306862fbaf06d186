//! Judgements against the truth: which cards came that ought not to, and which were missed, and why.

use crate::export::Truths;
use apposite::evaluate::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

pub fn rows(out: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(out.join("decisions.ndjson")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// How the judgements fared.
#[derive(Debug, Default)]
pub struct Fared {
    /// By kind of card: came and right, came and wrong, missed.
    pub kinds: BTreeMap<String, [usize; 3]>,
    /// Orders about which silence is right, and those that stayed silent.
    pub silent: [usize; 2],
    /// Orders that ought to get a card and have nothing in the way, and those that got it.
    pub plain: [usize; 2],
    /// False cards: kind and story → how many, and an order.
    pub falsely: BTreeMap<(String, &'static str), (usize, String)>,
    /// Missed cards: kind, what was in the way, where the judgement stopped → how many, and an order.
    pub missed: BTreeMap<(String, String, String), (usize, String)>,
    /// Orders that no row is about: those that ought to get a card, and others.
    pub unjudged: [usize; 2],
}

impl Fared {
    /// Of a run with `--identified`.
    pub fn of(truths: &Truths, rows: &[Row]) -> Self {
        let mut fared = Self::default();
        let mut met = BTreeSet::new();
        for row in rows {
            let name = (row.patient.clone().unwrap_or_default(), row.order.clone());
            let Some(truth) = truths.get(&name) else { continue };
            met.insert(name.clone());
            let said: Vec<&str> = row.cards.iter().map(|c| c.kind.as_str()).collect();
            let right = |kind: &str| truth.card == Some(kind);
            for kind in said.iter().filter(|kind| !right(kind)) {
                // A card beside the right one, or instead of it on an order that calls for one, is told apart below.
                let came = fared.kinds.entry((*kind).to_owned()).or_default();
                came[1] += 1;
                let story = truth.card.map_or(truth.story, |_| "another card is called for");
                let example = fared.falsely.entry(((*kind).to_owned(), story)).or_default();
                example.0 += 1;
                example.1 = format!("{} {}", name.0, name.1);
            }
            match truth.card {
                None => {
                    fared.silent[0] += 1;
                    fared.silent[1] += usize::from(said.is_empty());
                }
                Some(kind) => {
                    let came = said.contains(&kind);
                    let counts = fared.kinds.entry(kind.to_owned()).or_default();
                    counts[if came { 0 } else { 2 }] += 1;
                    if truth.hurdle.is_none() {
                        fared.plain[0] += 1;
                        fared.plain[1] += usize::from(came);
                    }
                    if !came {
                        let why = truth.hurdle.unwrap_or("nothing in the way").to_owned();
                        let stopped = format!("{}={} ({})", row.gate, row.because, said.join(" "));
                        let example = fared.missed.entry((kind.to_owned(), why, stopped)).or_default();
                        example.0 += 1;
                        example.1 = format!("{} {}", name.0, name.1);
                    }
                }
            }
        }
        for truth in truths
            .iter()
            .filter(|(name, _)| !met.contains(name))
            .map(|(_, truth)| truth)
        {
            fared.unjudged[usize::from(truth.card.is_none())] += 1;
        }
        fared
    }

    pub fn false_cards(&self) -> usize {
        self.falsely
            .iter()
            .filter(|((_, story), _)| *story != "another card is called for")
            .map(|(_, (count, _))| count)
            .sum()
    }

    pub fn told(&self) -> String {
        let mut text = String::new();
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        let sum = |at: usize| self.kinds.values().map(|k| k[at]).sum::<usize>();
        let (right, missed) = (sum(0), sum(2));
        let _ = writeln!(
            text,
            "sensitivity {:.1} % ({right} of {}); without anything in the way {:.1} % ({} of {})",
            share(right, right + missed),
            right + missed,
            share(self.plain[1], self.plain[0]),
            self.plain[1],
            self.plain[0]
        );
        let _ = writeln!(
            text,
            "specificity {:.2} % ({} of {} orders about which silence is right); {} false cards, {:.2} in a thousand orders",
            share(self.silent[1], self.silent[0]),
            self.silent[1],
            self.silent[0],
            self.false_cards(),
            10.0 * share(self.false_cards(), self.silent[0])
        );
        let _ = writeln!(
            text,
            "orders not judged: {} that call for a card, {} others",
            self.unjudged[0], self.unjudged[1]
        );
        for (kind, [right, wrong, missed]) in &self.kinds {
            let _ = writeln!(
                text,
                "  {kind:<18} right {right:>6}  wrong {wrong:>5}  missed {missed:>5}  missed-card rate {:.1} %  false-card rate {:.1} %",
                share(*missed, right + missed),
                share(*wrong, right + wrong)
            );
        }
        for ((kind, story), (count, example)) in &self.falsely {
            let _ = writeln!(
                text,
                "  false  {kind:<18} {count:>5}  {story} (such as {example})"
            );
        }
        for ((kind, why, stopped), (count, example)) in &self.missed {
            let _ = writeln!(
                text,
                "  missed {kind:<18} {count:>5}  {why}; stopped at {stopped} (such as {example})"
            );
        }
        text
    }
}
