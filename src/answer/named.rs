//! The ids in an answer, and what each of them names, for those who hear of them again.
//!
//! An id depends on nothing but the call and what it names (P-20): whoever has the judgement of a call knows the ids of
//! its cards without reading the answer.

use super::Call;
use crate::engine::{Advice, Consultation, Decision};
use crate::knowledge::Key;
use uuid::Uuid;

/// A card that a judgement leads to, by the ids in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The card's id.
    pub card: String,
    /// The decision it is about, by its place in the judgement.
    pub decision: usize,
    /// Its kind.
    pub kind: String,
    /// How loud it is.
    pub indicator: &'static str,
    /// The id of each choice it may offer, and the study or question behind it. Some may have been left out of the answer.
    pub choices: Vec<(String, String)>,
}

/// The cards that this judgement of this call leads to.
#[must_use]
pub fn named(call: Call<'_>, consultation: &Consultation) -> Vec<Named> {
    let mut all = Vec::new();
    for (at, decision) in consultation.decisions.iter().enumerate() {
        if decision.advice.is_empty() {
            continue;
        }
        let name = instance(call, consultation, at, decision);
        let call = Call {
            hook_instance: &name,
            ..call
        };
        let order = decision.order.as_str();
        for advice in &decision.advice {
            let offers = advice
                .offers
                .iter()
                .map(|study| (offer(call, order, advice, study), study));
            let questions = advice.questions.iter();
            let questions = questions.map(|scenario| (question(call, order, advice, scenario), scenario));
            all.push(Named {
                card: card(call, order, advice),
                decision: at,
                kind: advice.kind.to_string(),
                indicator: advice.indicator.key(),
                choices: offers
                    .chain(questions)
                    .map(|(id, key)| (id, key.to_string()))
                    .collect(),
            });
        }
    }
    all
}

/// The name of the call for one decision: orders without an id of their own still get cards of their own.
pub(super) fn instance(
    call: Call<'_>,
    consultation: &Consultation,
    at: usize,
    decision: &Decision,
) -> String {
    let before = consultation.decisions.iter().take(at);
    let same = before.filter(|d| d.order == decision.order).count();
    if same == 0 {
        call.hook_instance.to_owned()
    } else {
        format!("{}#{same}", call.hook_instance)
    }
}

pub(super) fn card(call: Call<'_>, order: &str, advice: &Advice) -> String {
    id(call, &["card", order, &advice.kind])
}

pub(super) fn offer(call: Call<'_>, order: &str, advice: &Advice, study: &Key) -> String {
    id(call, &["suggestion", order, &advice.kind, study])
}

pub(super) fn question(call: Call<'_>, order: &str, advice: &Advice, scenario: &Key) -> String {
    id(call, &["question", order, &advice.kind, scenario])
}

/// An id that depends on nothing but the call and what it names.
pub(super) fn id(call: Call<'_>, parts: &[&str]) -> String {
    let mut name = format!("{}\u{1f}{}", call.tenant, call.hook_instance.to_ascii_lowercase());
    for part in parts {
        name.push('\u{1f}');
        name.push_str(part);
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}
