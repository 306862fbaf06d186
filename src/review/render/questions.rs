//! The clinical questions, the rows that tell them apart, and the rating matrix.

use super::page::{Block, Cell, Section};
use crate::knowledge::files::Voice;
use crate::knowledge::table::Row;
use crate::knowledge::vocabulary::FACTS;
use crate::knowledge::{Knowledge, Rating, Study};

/// The questions, and which of them the service speaks about.
pub(super) fn scenarios(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("questions", "Clinical questions");
    section.text(
        "Every imaging order is sorted into one of these questions. Only a question that speaks can lead to a card; all \
         others are silent.",
    );
    let rows = knowledge.table().scenarios().iter().map(|scenario| {
        let entry = &scenario.entry;
        let speaks = match entry.voice {
            Voice::Rated => "speaks: its ratings can lead to cards",
            Voice::Ask => "at most asks which question is meant",
            Voice::Silent if !entry.variants.is_empty() => "silent: its rating table is not approved",
            Voice::Silent => "silent",
        };
        vec![
            Cell::from(entry.title.as_str()),
            speaks.into(),
            variants(knowledge, &entry.variants).into(),
            entry.note.clone().unwrap_or_default().into(),
        ]
    });
    section.table(
        &["Question", "What the service does", "Rating tables", "Remarks"],
        rows.collect(),
    );
    section.heading("The facts that decide");
    let rows = FACTS.iter().filter_map(|fact| {
        let entry = knowledge.table().fact(fact.name)?;
        let answers = fact.answers.iter().filter_map(|a| entry.answers.get(*a).cloned());
        Some(vec![
            Cell::from(entry.question.as_str()),
            answers.collect::<Vec<_>>().join("; ").into(),
            entry.rule.as_str().into(),
        ])
    });
    section.table(&["Fact", "Possible answers", "Rule"], rows.collect());
    section
}

/// The rating tables in words, with their state.
fn variants(knowledge: &Knowledge, keys: &[String]) -> String {
    let tables = keys
        .iter()
        .filter_map(|key| knowledge.topic().table.iter().find(|t| t.variant == *key));
    tables
        .map(|t| format!("{} ({})", t.title, t.status))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The scenario table in words: the first row that holds decides.
pub(super) fn rows(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("table", "How the question is found");
    section.text(
        "The rows are tried from the top; the first one that holds decides. Every combination of facts meets a row, and \
         every row is met by some combination (checked by the program).",
    );
    let table = knowledge.table();
    let rows = (1..).zip(table.rows()).map(|(number, row): (usize, &Row)| {
        let when: Vec<String> = row
            .when
            .iter()
            .filter_map(|part| condition(knowledge, part))
            .collect();
        let scenario = table
            .scenario(&row.scenario)
            .map_or("", |s| s.entry.title.as_str());
        vec![
            Cell::from(number.to_string()),
            if when.is_empty() {
                "in every other case".into()
            } else {
                when.join(",\nand ").into()
            },
            scenario.into(),
            row.because.as_str().into(),
            row.rule.to_string().into(),
        ]
    });
    section.table(
        &["#", "When", "the question is", "because", "Rule"],
        rows.collect(),
    );
    section
}

fn condition(knowledge: &Knowledge, (fact, set): &(usize, u16)) -> Option<String> {
    let name = FACTS.get(*fact)?;
    let words = knowledge.table().fact(name.name)?;
    let answers = name
        .answers
        .iter()
        .enumerate()
        .filter(|(bit, _)| set & (1 << bit) != 0);
    let answers: Vec<&str> = answers
        .filter_map(|(_, a)| words.answers.get(*a).map(String::as_str))
        .collect();
    Some(format!("“{}” {}", words.question, answers.join(" or ")))
}

/// Question × study, with where each rating stands and how sure it is.
pub(super) fn ratings(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("ratings", "Ratings");
    section.text(
        "A rating is written only where a source states it. ✓ usually appropriate, ~ may be appropriate, ✗ usually not \
         appropriate, ? no source states it. “By extension” marks our own extension of a stated rating. The last part of \
         this page lists the sources by their ids.",
    );
    for table in &knowledge.topic().table {
        section.heading(format!("For {} ({})", table.title, table.status));
        section.text(table.because.clone());
        let cells: Vec<(&Study, &Rating)> = knowledge
            .studies()
            .iter()
            .filter_map(|study| Some((study, knowledge.rating(&table.variant, &study.key)?)))
            .collect();
        let mut rated: Vec<_> = cells.iter().filter(|(_, r)| r.category.is_some()).collect();
        rated.sort_by_key(|(study, r)| (r.category, !r.recommended, r.by_extension, study.name.clone()));
        if !rated.is_empty() {
            let rows = rated.iter().map(|(study, rating)| row(knowledge, study, rating));
            let head = [
                "Study",
                "Rating",
                "Radiation (adult)",
                "Source",
                "How sure",
                "Facts",
                "Remarks",
            ];
            section.table(&head, rows.collect());
        }
        let unknown: Vec<&str> = cells
            .iter()
            .filter(|(_, r)| r.category.is_none())
            .map(|(study, _)| study.name.as_str())
            .collect();
        if !unknown.is_empty() {
            let title = format!("? No rating held: {} studies, declared unknown", unknown.len());
            let list = Block::List(unknown.iter().map(|n| (*n).to_owned()).collect());
            section.blocks.push(Block::Folded {
                title,
                blocks: vec![list],
            });
        }
        if rated.is_empty() && unknown.is_empty() {
            section.text("No cell is filled in.");
        }
    }
    section
}

fn row(knowledge: &Knowledge, study: &Study, rating: &Rating) -> Vec<Cell> {
    let mut remarks = Vec::new();
    if rating.recommended {
        remarks.push("listed first by the source");
    }
    if rating.by_extension {
        remarks.push("by extension");
    }
    vec![
        study.name.as_str().into(),
        super::category(knowledge, rating.category),
        rating.rrl.as_deref().unwrap_or("not known").into(),
        rating.source.as_str().into(),
        rating.confidence.as_str().into(),
        rating.facts.as_str().into(),
        remarks.join(", ").into(),
    ]
}
