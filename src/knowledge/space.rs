//! The whole space of facts against the rows of the scenario table: who takes which combinations, and is any left over?
//!
//! Exact, and without listing the combinations one by one: what is left after each row is kept as a set of boxes (for
//! each fact the answers still open). It leaves out which combinations occur in real records.

use super::table::{Answers, Row};
use super::vocabulary::FACTS;

/// For each fact, the answers it may have, as a bit set.
type Box = [u16; FACTS.len()];

/// What came of walking the whole space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// For each row, how many combinations it decides; a row with none is never reached.
    pub taken: Vec<u64>,
    /// How many combinations meet no row.
    pub left: u64,
    /// One of those, as fact and answer.
    pub example: Vec<(&'static str, &'static str)>,
}

/// How many combinations of answers there are.
#[must_use]
pub fn combinations() -> u64 {
    size(&everything())
}

/// Walks the rows over every combination of answers; the first row that holds takes it.
#[must_use]
pub fn walk(rows: &[Row]) -> Walk {
    let mut left = vec![everything()];
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let mut count = 0_u64;
        let mut rest = Vec::new();
        for open in left {
            count = count.saturating_add(split(row, open, &mut rest));
        }
        taken.push(count);
        left = rest;
    }
    Walk {
        taken,
        left: left.iter().map(size).sum(),
        example: left.first().map(one_of).unwrap_or_default(),
    }
}

/// Cuts what the row takes out of a box; gives its size, and adds what is left as boxes that do not overlap.
fn split(row: &Row, open: Box, rest: &mut Vec<Box>) -> u64 {
    let mut inner = open;
    let mut outside = Vec::new();
    for (fact, set) in &row.when {
        let Some(answers) = inner.get_mut(*fact) else {
            continue;
        };
        let others = *answers & !set;
        *answers &= set;
        if others != 0 {
            let mut part = inner;
            if let Some(answers) = part.get_mut(*fact) {
                *answers = others;
            }
            outside.push(part);
        }
    }
    let size = size(&inner);
    if size == 0 {
        rest.push(open);
    } else {
        rest.append(&mut outside);
    }
    size
}

fn everything() -> Box {
    let mut all = [0; FACTS.len()];
    for (answers, fact) in all.iter_mut().zip(FACTS) {
        *answers = (1 << fact.answers.len()) - 1;
    }
    all
}

fn size(open: &Box) -> u64 {
    open.iter()
        .map(|answers| u64::from(answers.count_ones()))
        .product()
}

/// The first combination of a box.
fn one_of(open: &Box) -> Vec<(&'static str, &'static str)> {
    let first = |(answers, fact): (&u16, &super::vocabulary::FactName)| {
        let at = usize::try_from(answers.trailing_zeros()).ok()?;
        Some((fact.name, *fact.answers.get(at)?))
    };
    open.iter().zip(FACTS).filter_map(first).collect()
}

/// The combination with this number, `0..combinations()`: for tests that try many of them one by one.
#[must_use]
pub fn combination(number: u64) -> Answers {
    let mut rest = number;
    let mut answers = Answers::default();
    for fact in FACTS {
        let many = fact.answers.len() as u64;
        let at = usize::try_from(rest % many).unwrap_or_default();
        rest /= many;
        answers.set(fact.name, fact.answers.get(at).copied().unwrap_or_default());
    }
    answers
}
