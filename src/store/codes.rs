//! Order codes that nobody could explain, counted by day and client, apart from the calls they came with (SC-19).
//!
//! A code of an order is a word of a catalogue, but nothing keeps a client from writing something else there. So only what
//! looks like a code is counted, and only once it came with several patients: what belongs to one person alone never
//! reaches the store.

use super::audit::Audit;
use super::statement::Statement;
use crate::insight::day_of;
use std::collections::{BTreeMap, HashMap};

/// Patients with whom a code must have come.
const PATIENTS: usize = 3;

/// Codes that are remembered while they are not known to be a catalogue's.
const REMEMBERED: usize = 10_000;

/// The longest code and the longest name of a code system that are counted.
const LONGEST: (usize, usize) = (20, 120);

const COUNT: &str = "INSERT INTO unmapped_code (day, client, system, code, orders) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (day, client, system, code) DO UPDATE SET orders = unmapped_code.orders + excluded.orders";

/// By client, system and code.
type Name = (String, String, String);

/// What is remembered of codes between calls: pseudonyms of those they came with, until there are enough; and what is to
/// be written.
#[derive(Debug, Default)]
pub(super) struct Familiar {
    seen: HashMap<Name, Patients>,
    /// By day, in an order that keeps replicas from waiting for each other.
    counts: BTreeMap<(i64, Name), usize>,
}

#[derive(Debug)]
enum Patients {
    Few { pseudonyms: Vec<String>, orders: usize },
    Enough,
}

impl Familiar {
    /// Counts the codes of a call, each call once.
    pub(super) fn add(&mut self, row: &mut Audit) {
        for (system, code) in std::mem::take(&mut row.codes) {
            if !looks_like_a_code(&system, &code) {
                continue;
            }
            let name = (row.owner.client.clone(), system, code);
            let orders = self.orders(name.clone(), &row.patient);
            if orders > 0 {
                let count = self.counts.entry((day_of(row.at), name)).or_default();
                *count = count.saturating_add(orders);
            }
        }
    }

    /// The statements that write what was counted.
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement> {
        self.counts.iter().map(|((day, (client, system, code)), orders)| {
            let values = [
                (*day).into(),
                client.into(),
                system.into(),
                code.into(),
                (*orders).into(),
            ];
            Statement::new(COUNT, values)
        })
    }

    /// They were written.
    pub(super) fn written(&mut self) {
        self.counts.clear();
    }

    /// How many orders there are to count, now that the code came with this patient.
    fn orders(&mut self, name: Name, patient: &str) -> usize {
        if self.seen.len() >= REMEMBERED && !self.seen.contains_key(&name) {
            self.seen.clear();
        }
        let so_far = self.seen.entry(name).or_insert(Patients::Few {
            pseudonyms: Vec::new(),
            orders: 0,
        });
        let Patients::Few { pseudonyms, orders } = so_far else {
            return 1;
        };
        *orders = orders.saturating_add(1);
        if !pseudonyms.iter().any(|known| known == patient) {
            pseudonyms.push(patient.to_owned());
        }
        if pseudonyms.len() < PATIENTS {
            return 0;
        }
        let all = *orders;
        *so_far = Patients::Enough;
        all
    }
}

fn looks_like_a_code(system: &str, code: &str) -> bool {
    let plain = |text: &str, most: usize, also: &[u8]| {
        text.len() <= most
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
    };
    !code.is_empty() && plain(code, LONGEST.0, b"-._:") && plain(system, LONGEST.1, b"-._:/#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(familiar: &mut Familiar, patient: &str, code: &str) -> Vec<Statement> {
        let mut row = Audit {
            patient: patient.to_owned(),
            codes: vec![("urn:oid:1.2.3".to_owned(), code.to_owned())],
            ..Audit::default()
        };
        familiar.add(&mut row);
        let statements = familiar.statements().collect();
        familiar.written();
        statements
    }

    /// SC-19: what one or two patients have alone is never written.
    #[test]
    fn a_code_is_counted_once_it_came_with_three_patients() {
        let mut familiar = Familiar::default();
        for patient in ["a", "a", "b", "a"] {
            assert_eq!(counted(&mut familiar, patient, "CT77"), []);
        }
        let first = counted(&mut familiar, "c", "CT77");
        assert_eq!(
            first[0].values.last().and_then(super::super::Value::number),
            Some(5)
        );
        let next = counted(&mut familiar, "a", "CT77");
        assert_eq!(
            next[0].values.last().and_then(super::super::Value::number),
            Some(1)
        );
    }

    #[test]
    fn only_what_looks_like_a_code_is_counted() {
        for (code, is) in [
            ("CT77", true),
            ("IMG-12.3", true),
            ("", false),
            ("Maria Meier", false),
            ("Größe", false),
            ("123456789012345678901", false),
        ] {
            assert_eq!(looks_like_a_code("urn:x", code), is, "{code}");
        }
        assert!(!looks_like_a_code("http://x y", "A1") && looks_like_a_code("", "A1"));
    }

    #[test]
    fn what_is_remembered_is_limited() {
        let mut familiar = Familiar::default();
        for number in 0..3 * REMEMBERED {
            assert_eq!(counted(&mut familiar, "a", &format!("C{number}")), []);
        }
        assert!(familiar.seen.len() <= REMEMBERED);
    }
}
