//! Differences that are reported and not yet mended. Empty is the goal.

use super::verdict::Verdict;
use apposite::engine::case::Case;
use apposite::engine::language::Text;
use apposite::knowledge::Knowledge;
use apposite::knowledge::vocabulary::{List, Role};

/// A difference that is known: why, and how to tell it.
pub struct Known {
    pub why: &'static str,
    pub is: fn(&Knowledge, &Case, &[Verdict]) -> bool,
}

pub const KNOWN: &[Known] = &[Known {
    why: "E35: an order that names the tumour as background only (\"h/o pNET ...\") beside the code of another cancer, in a \
          chart that holds another pancreatic cancer too: the one says that it is about the other cancer, the other that \
          the diagnosis is ambiguous; both are silent",
    is: |k, case, verdicts| {
        let background = case.orders.iter().any(|order| {
            let codings = order.reasons.iter().flat_map(|r| &r.codings);
            let other = codings
                .flat_map(|c| k.members(c))
                .any(|m| m.role == Role::Malignancy);
            let mut words = order.reasons.iter().flat_map(|r| r.words());
            other && words.any(|w| Text::new(k, w).raw_mentions(List::PnetBackground))
        });
        background && verdicts.iter().all(|v| v.cards.is_empty())
    },
}];
