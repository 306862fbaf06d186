//! Numbers, value sets and phrase lists, with how well each is known.

use super::page::{Block, Cell, Section, Tone};
use super::read;
use crate::knowledge::files::{Confidence, LexiconFile, ModifiersFile, ValueSetFile};
use crate::knowledge::{Knowledge, SourceFiles};

/// Windows and thresholds.
pub(super) fn numbers(files: &SourceFiles) -> Section {
    let mut section = Section::new("numbers", "Windows and thresholds");
    let windows = read::<ModifiersFile>(files, "modifiers.toml")
        .map(|f| f.window)
        .unwrap_or_default();
    let rows = windows.values().map(|window| {
        vec![
            Cell::from(format!("{} {}", window.value, window.unit)),
            window.meaning.as_str().into(),
            window.source.as_str().into(),
        ]
    });
    section.table(&["Number", "What it decides", "Source"], rows.collect());
    section
}

/// How sure a code is, in words and with a sign.
pub(super) fn sure(confidence: Confidence) -> Cell {
    match confidence {
        Confidence::Verified => Cell::toned("verified", Tone::Good),
        Confidence::Secondary => Cell::toned("secondary", Tone::Middle),
        Confidence::MappingOnly => Cell::toned("mapping-only", Tone::Middle),
        Confidence::Memory => Cell::toned("memory: check", Tone::Bad),
    }
}

/// Every list of codes.
pub(super) fn value_sets(knowledge: &Knowledge, files: &SourceFiles) -> Section {
    let mut section = Section::new("codes", "Lists of codes");
    section.text(
        "One list for each thing the decision asks of a record. ✓ verified: seen with its meaning in a public source; \
         ~ secondary or mapping-only: seen on third-party pages; ✗ memory: must be checked before clinical use.",
    );
    let systems = knowledge.systems();
    let name = |key: &str| systems.keyed(key).map_or(key, |id| systems.name(id)).to_owned();
    for file in files.keys().filter(|f| f.starts_with("value-sets/")) {
        let Some(set) = read::<ValueSetFile>(files, file) else {
            continue;
        };
        let codes = set.code.iter().map(|c| {
            vec![
                Cell::from(name(&c.system)),
                c.code.as_str().into(),
                c.label.as_str().into(),
                sure(c.confidence),
                c.sources.join("; ").into(),
            ]
        });
        let ranges = set.range.iter().map(|r| {
            let except = if r.except.is_empty() {
                String::new()
            } else {
                format!(", but not {}", r.except.join(", "))
            };
            vec![
                Cell::from(name(&r.system)),
                format!("{} to {}{except}", r.from, r.to).into(),
                r.label.as_str().into(),
                sure(r.confidence),
                r.sources.join("; ").into(),
            ]
        });
        let rows: Vec<Vec<Cell>> = codes.chain(ranges).collect();
        let mut blocks = vec![Block::Text(set.purpose.clone())];
        blocks.extend(set.note.clone().map(Block::Text));
        let entries = if rows.len() == 1 { "entry" } else { "entries" };
        let title = format!("{} ({} {entries})", set.title, rows.len());
        let head = [
            "Code system",
            "Code",
            "Meaning (our words)",
            "How sure",
            "Seen in",
        ];
        blocks.push(Block::Table {
            head: head.map(str::to_owned).to_vec(),
            rows,
        });
        section.blocks.push(Block::Folded { title, blocks });
    }
    section
}

/// The phrase lists, summarised.
pub(super) fn phrases(files: &SourceFiles) -> Section {
    let mut section = Section::new("phrases", "Words and phrases");
    section.text("What a hit in free text means. The phrases themselves are in `lexicon/`; how they must be read is tested by `phrases.toml`.");
    for file in files.keys().filter(|f| f.starts_with("lexicon/")) {
        let Some(list) = read::<LexiconFile>(files, file) else {
            continue;
        };
        section.heading(list.topic);
        let rows = list.list.iter().map(|(name, entry)| {
            vec![
                Cell::from(name.as_str()),
                entry.means.as_str().into(),
                (entry.patterns.len() + entry.words.len()).to_string().into(),
                entry.source.clone().unwrap_or_default().into(),
            ]
        });
        section.table(&["List", "What a hit means", "Phrases", "Source"], rows.collect());
        let parts = list
            .part
            .iter()
            .map(|(name, part)| vec![Cell::from(name.as_str()), part.means.as_str().into()]);
        let parts: Vec<_> = parts.collect();
        if !parts.is_empty() {
            section.table(&["Part shared by phrases", "What it stands for"], parts);
        }
    }
    section
}
