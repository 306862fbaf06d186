//! The knowledge as pages that a clinician reads and signs: Markdown, and one HTML file without anything from outside.
//!
//! Pure and deterministic: files in, files out. What stands on the pages is in one file per subject, how it is written in
//! `html` and `markdown`; both read the same `page` model. It leaves out writing files, and any judgement of its
//! own: marks at the vignettes come from running them.

mod attributes;
mod cards;
mod chart;
mod codes;
mod html;
mod markdown;
mod page;
mod questions;
mod stories;
mod trust;

use crate::knowledge::{AppropriatenessCategory, Knowledge, SourceFiles};
use page::{Cell, Section, Tone};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The name of the single HTML file.
pub const HTML: &str = "review.html";

/// One part of the review, as a piece of HTML for a page of somebody else.
#[derive(Debug, Clone)]
pub struct Part {
    /// Short name for links.
    pub id: &'static str,
    /// Title for people.
    pub title: String,
    /// Its content, escaped; the classes are those of `style.css`.
    pub html: String,
}

/// The style of pages that link to one.
pub const STYLE: &str = html::STYLE;

/// The source attributes as a page for anybody; `style` is the address of [`STYLE`].
#[must_use]
pub fn sources_page(knowledge: &Knowledge, style: &str) -> String {
    attributes::page(knowledge, style)
}

/// The parts, in order.
#[must_use]
pub fn parts(knowledge: &Knowledge, files: &SourceFiles) -> Vec<Part> {
    let part = |section: Section| Part {
        id: section.id,
        html: html::part(&section),
        title: section.title,
    };
    sections(knowledge, files).into_iter().map(part).collect()
}

/// The pages, by file name.
#[must_use]
pub fn pages(knowledge: &Knowledge, files: &SourceFiles) -> BTreeMap<String, String> {
    let sections = sections(knowledge, files);
    let title = format!("{} – review", knowledge.topic().title);
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut index = format!("# {title}\n\n");
    for (number, section) in (1..).zip(&sections) {
        let name = format!("{number:02}-{}.md", section.id);
        index.push_str(&format!(
            "{number}. [{}]({name})\n",
            markdown::escape(&section.title)
        ));
        pages.insert(name, markdown::page(section));
    }
    pages.insert("README.md".into(), index);
    let status = format!(
        "{} {} · {} · sha256 {:.12}…",
        knowledge.id(),
        knowledge.version(),
        knowledge.topic().status,
        knowledge.digest()
    );
    pages.insert(HTML.into(), html::document(&title, &status, &sections));
    pages
}

fn sections(knowledge: &Knowledge, files: &SourceFiles) -> Vec<Section> {
    let told = stories::Told::of(knowledge, files);
    vec![
        trust::about(knowledge),
        trust::open_questions(knowledge, files, &told),
        questions::scenarios(knowledge),
        questions::rows(knowledge),
        questions::ratings(knowledge),
        cards::words(knowledge, &told),
        cards::offers(knowledge),
        stories::vignettes(knowledge, &told),
        stories::seed_facts(files, &told),
        codes::numbers(files),
        codes::value_sets(knowledge, files),
        codes::phrases(files),
        trust::sources(knowledge),
        attributes::attributes(knowledge),
    ]
}

/// A file of the knowledge in its own shape; the compile step has read it before, so a gap here is an empty table.
fn read<T: DeserializeOwned>(files: &SourceFiles, name: &str) -> Option<T> {
    toml::from_str(files.get(name)?).ok()
}

/// A category with its colour and its sign, so that neither is needed alone.
fn category(knowledge: &Knowledge, category: Option<AppropriatenessCategory>) -> Cell {
    let (tone, category) = match category {
        Some(AppropriatenessCategory::UsuallyAppropriate) => (Tone::Good, "usually_appropriate"),
        Some(AppropriatenessCategory::MayBeAppropriate) => (Tone::Middle, "may_be_appropriate"),
        Some(AppropriatenessCategory::UsuallyNotAppropriate) => (Tone::Bad, "usually_not_appropriate"),
        Some(AppropriatenessCategory::Unknown | AppropriatenessCategory::NotApplicable) | None => {
            (Tone::Unknown, "unknown")
        }
    };
    let words = knowledge.words().common.category.get(category);
    Cell::toned(words.map_or(category, String::as_str), tone)
}
