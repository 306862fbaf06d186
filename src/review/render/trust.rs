//! Who says so, who has signed it, what is still open, and the sources.

use super::page::{Cell, Section, Tone};
use super::stories::Told;
use super::{codes, read};
use crate::knowledge::files::{Confidence, StudiesFile, ValueSetFile};
use crate::knowledge::lifecycle::{Standing, Status};
use crate::knowledge::{Knowledge, SourceFiles};

/// What this is, and where it stands.
pub(super) fn about(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("about", "What this is and where it stands");
    let topic = knowledge.topic();
    section.text(format!(
        "This page shows everything clinical that the service “{}” believes. Please read each part, note what you disagree \
         with, and sign it. Nothing clinical is written in the program; what you change here changes the advice.",
        topic.service.title
    ));
    if topic.status != Status::Active {
        section.notice(format!("State: {}. Not for clinical use.", topic.status));
    }
    let source = &topic.source;
    let seen = if source.primary_text_seen {
        Cell::toned("yes", Tone::Good)
    } else {
        Cell::toned("no, only a summary of it", Tone::Bad)
    };
    let row = |name: &str, cell: Cell| vec![Cell::from(name), cell];
    section.table(
        &["About", "What is known"],
        vec![
            row("Rule set", format!("{} {}", topic.id, topic.version).into()),
            row(
                "Guideline",
                format!("{}, {}", source.publisher, source.series).into(),
            ),
            row(
                "Its title, year, DOI",
                format!("{}, {}, {}", source.title, source.year, source.doi).into(),
            ),
            row("The guideline itself was read", seen),
            row("Named on cards as", source.label.as_str().into()),
            row("Licence", source.licence.as_str().into()),
        ],
    );
    section.heading("Approval");
    let mut rows = vec![standing("The whole topic", topic.standing(), "")];
    rows.extend(topic.table.iter().map(|table| {
        let name = format!("Ratings for {}", table.title);
        standing(&name, table.standing(), &table.because)
    }));
    let head = [
        "Part",
        "State",
        "Authors",
        "Reviewers",
        "Approved",
        "Next review",
        "Because",
    ];
    section.table(&head, rows);
    section
}

fn standing(name: &str, standing: Standing<'_>, because: &str) -> Vec<Cell> {
    let tone = match standing.status {
        Status::Active => Tone::Good,
        Status::Draft | Status::Reviewed => Tone::Middle,
        Status::Incomplete | Status::Retired => Tone::Unknown,
    };
    let day = |day: Option<jiff::civil::Date>| Cell::from(day.map_or("–".to_owned(), |d| d.to_string()));
    let names = |names: Vec<String>| {
        Cell::from(if names.is_empty() {
            "nobody yet".to_owned()
        } else {
            names.join("\n")
        })
    };
    let reviewers = standing
        .reviewers
        .iter()
        .map(|r| format!("{}, {}, {}", r.name, r.role, r.date));
    vec![
        name.into(),
        Cell::toned(&standing.status.to_string(), tone),
        names(standing.authors.to_vec()),
        names(reviewers.collect()),
        day(standing.approved),
        day(standing.review_due),
        because.into(),
    ]
}

/// What must be answered before patients are involved.
pub(super) fn open_questions(knowledge: &Knowledge, files: &SourceFiles, told: &Told) -> Section {
    let mut section = Section::new("open", "Open questions");
    section.heading("Must happen before clinical use");
    let guide = files.get("README.md").map(String::as_str).unwrap_or_default();
    let before_use = numbered(guide, "## Must happen before clinical use");
    section.list(before_use.iter().flat_map(|e| apart(e)).collect());
    section.heading("Tables that are not filled in");
    let tables = knowledge
        .topic()
        .table
        .iter()
        .filter(|t| t.status == Status::Incomplete);
    section.list(tables.map(|t| format!("{}: {}", t.title, t.because)).collect());
    section.heading("Codes from memory, to be checked");
    section.list(from_memory(knowledge, files));
    let never = knowledge
        .words()
        .cards
        .keys()
        .filter(|kind| told.first_card(kind).is_none());
    let never: Vec<String> = never
        .map(|kind| format!("{kind}: no vignette leads to this card"))
        .collect();
    if !never.is_empty() {
        section.heading("Cards that no story shows");
        section.list(never);
    }
    section
}

/// The entries of a numbered list below a heading; lines that are indented belong to the entry above.
fn numbered(text: &str, heading: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let below = text.lines().skip_while(|l| l.trim() != heading).skip(1);
    for line in below.take_while(|l| !l.starts_with("## ")) {
        let entry = line
            .split_once(". ")
            .filter(|(number, _)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
        match (entry, entries.last_mut()) {
            (Some((_, words)), _) => entries.push(words.replace('`', "")),
            (None, Some(last)) if !line.trim().is_empty() => {
                last.push(' ');
                last.push_str(&line.trim().replace('`', ""));
            }
            _ => {}
        }
    }
    entries
}

/// Several questions in one entry, each to be answered on its own: "a clinician signs: this; that".
fn apart(entry: &str) -> Vec<String> {
    match entry.split_once(": ") {
        Some((who, what)) if what.contains("; ") => {
            let each = what.trim_end_matches('.').split("; ");
            each.map(|question| format!("{who}: {question}.")).collect()
        }
        _ => vec![entry.to_owned()],
    }
}

/// Codes whose meaning nobody has looked up yet.
fn from_memory(knowledge: &Knowledge, files: &SourceFiles) -> Vec<String> {
    let systems = knowledge.systems();
    let name = |key: &str| systems.keyed(key).map_or(key, |id| systems.name(id)).to_owned();
    let sets = files.keys().filter(|f| f.starts_with("value-sets/"));
    let sets = sets.filter_map(|f| read::<ValueSetFile>(files, f));
    let studies = read::<StudiesFile>(files, "studies.toml")
        .map(|f| f.study)
        .unwrap_or_default();
    let listed = sets.map(|s| (s.title, s.code));
    let all = listed.chain(studies.into_iter().map(|s| (s.name, s.code)));
    all.flat_map(|(title, codes)| {
        let unsure = codes.into_iter().filter(|c| c.confidence == Confidence::Memory);
        unsure
            .map(|c| format!("{} {}: {} (in: {title})", name(&c.system), c.code, c.label))
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The sources, with how well each was seen.
pub(super) fn sources(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("sources", "Sources");
    let rows = knowledge.citations().iter().map(|citation| {
        let confidence = match citation.confidence.as_str() {
            "verified" => codes::sure(Confidence::Verified),
            "secondary" => codes::sure(Confidence::Secondary),
            _ => codes::sure(Confidence::Memory),
        };
        let title = match &citation.url {
            Some(url) => format!("{}\n{url}", citation.title),
            None => citation.title.clone(),
        };
        vec![
            Cell::from(citation.id.as_str()),
            title.into(),
            citation.says.as_str().into(),
            confidence,
            citation.note.clone().unwrap_or_default().into(),
        ]
    });
    section.table(
        &["Id", "Source", "Cited for", "How sure", "Remarks"],
        rows.collect(),
    );
    section
}
