//! The words of the cards, filled in with a story that leads to them, and what is offered.

use super::page::{Block, Cell, Section};
use super::stories::Told;
use crate::answer;
use crate::engine::Indicator;
use crate::knowledge::Knowledge;
use crate::knowledge::files::Offers;

/// Every kind of card, as a clinician would see it.
pub(super) fn words(knowledge: &Knowledge, told: &Told) -> Section {
    let mut section = Section::new("cards", "Cards");
    section.text(
        "Each kind is shown once, as the first vignette that leads to it fills it in. Kinds stand in the order in which \
         they win over each other.",
    );
    let mut kinds: Vec<_> = knowledge.words().cards.iter().collect();
    kinds.sort_by_key(|(kind, words)| (words.precedence, (*kind).clone()));
    for (kind, words) in kinds {
        section.heading(kind.to_string());
        let offers = match words.offers {
            Offers::Nothing => "Offers no change of the order",
            Offers::Replace => "Offers studies in place of the order",
            Offers::Add => "Offers a study beside the order",
        };
        let scenarios: Vec<&str> = words
            .only_for
            .iter()
            .filter_map(|key| Some(knowledge.table().scenario(key)?.entry.title.as_str()))
            .collect();
        let scope = if scenarios.is_empty() {
            "every question that speaks".to_owned()
        } else {
            scenarios.join("; ")
        };
        let Some((story, decision, advice)) = told.first_card(kind) else {
            section.text(format!(
                "{offers}. Holds for: {scope}. No vignette leads to this card: it has not been shown to work."
            ));
            continue;
        };
        section.text(format!(
            "{offers}. Holds for: {scope}. Example: {} {}.",
            story.vignette.id, story.vignette.title
        ));
        let words = answer::Told::of(knowledge, &story.vignette.case, decision, advice);
        let buttons = advice.offers.iter().map(|key| {
            let name = knowledge.study(key).map_or("", |s| s.name.as_str());
            if advice.adds {
                format!("Add {name}")
            } else {
                format!("Change to {name}")
            }
        });
        section.blocks.push(Block::Card {
            warning: advice.indicator == Indicator::Warning,
            summary: words.summary,
            detail: words.detail,
            buttons: buttons.collect(),
        });
    }
    section.heading("Reasons a clinician can give for keeping the order");
    let reasons = knowledge.words().override_reasons.iter();
    section.list(reasons.map(|r| format!("{} ({})", r.display, r.code)).collect());
    section
}

/// What is offered instead of an order, and how it is ordered.
pub(super) fn offers(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("offers", "Studies offered instead");
    section.text(
        "Offered in this order, unless the chart speaks against one. Only what is usually appropriate for the question is \
         offered.",
    );
    let offers = knowledge.suggestions();
    let name = |key: &str| knowledge.study(key).map_or("", |s| s.name.as_str()).to_owned();
    let rows = (1..).zip(&offers.base).map(|(number, key): (usize, _)| {
        vec![
            Cell::from(number.to_string()),
            name(key).into(),
            because(knowledge, key).into(),
            coded(knowledge, key).into(),
        ]
    });
    section.table(&["#", "Study", "Because", "Ordered as"], rows.collect());
    let told: Vec<String> = offers.mention.iter().map(|k| name(k)).collect();
    section.text(format!(
        "Told in words only, never as a button: {}.",
        told.join("; ")
    ));
    if let Some(key) = &offers.high_grade {
        section.text(format!(
            "In high-grade disease also {}: {} Ordered as: {}.",
            name(key),
            offers.high_grade_because,
            coded(knowledge, key)
        ));
    }
    section
}

fn because(knowledge: &Knowledge, key: &str) -> String {
    let order = knowledge.suggestions().orders.get(key);
    order.map_or_else(String::new, |o| match &o.protocol_note {
        Some(note) => format!("{}\n{note}", o.because),
        None => o.because.clone(),
    })
}

/// The orders a suggestion puts into the basket, by code system.
fn coded(knowledge: &Knowledge, key: &str) -> String {
    let systems = knowledge.systems();
    let orders = knowledge.suggestions().orders.get(key);
    let coded = orders.iter().flat_map(|o| &o.coded).map(|coded| {
        let system = systems.keyed(&coded.system).map_or("", |id| systems.name(id));
        let orders = coded.orders.iter().map(|order| {
            let codes = order
                .codes
                .iter()
                .map(|c| c.split('|').next_back().unwrap_or_default());
            format!("{} {}", codes.collect::<Vec<_>>().join(" + "), order.text)
        });
        format!("{system}: {}", orders.collect::<Vec<_>>().join("; "))
    });
    coded.collect::<Vec<_>>().join("\n")
}
