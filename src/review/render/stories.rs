//! The vignettes with their marks, and which facts of the source they cover.

use super::chart;
use super::page::{Cell, Section, Tone};
use crate::engine::{Advice, Consultation, Decision, consult};
use crate::knowledge::{Knowledge, SourceFiles};
use crate::review::outcome::Verdict;
use crate::review::vignette::Vignette;
use crate::review::{self, outcome::Outcome};

/// A story that has been run.
pub(super) struct Story {
    pub vignette: Vignette,
    consultation: Consultation,
    outcome: Outcome,
}

/// Every story, run.
pub(super) struct Told {
    pub stories: Vec<Story>,
    pub unreadable: Vec<String>,
}

impl Told {
    pub fn of(knowledge: &Knowledge, files: &SourceFiles) -> Self {
        let (stories, unreadable) = review::stories(knowledge, files);
        let mut stories: Vec<Story> = stories
            .into_iter()
            .map(|vignette| Story {
                consultation: consult(knowledge, &vignette.case),
                outcome: review::run(knowledge, &vignette),
                vignette,
            })
            .collect();
        stories.sort_by_key(|s| (s.vignette.id.len(), s.vignette.id.clone()));
        Self { stories, unreadable }
    }

    /// The first story that leads to a card of this kind.
    pub fn first_card(&self, kind: &str) -> Option<(&Story, &Decision, &Advice)> {
        self.stories.iter().find_map(|story| {
            story.consultation.decisions.iter().find_map(|decision| {
                let advice = decision.advice.iter().find(|a| *a.kind == *kind)?;
                Some((story, decision, advice))
            })
        })
    }

    /// The stories whose prose names a fact.
    fn naming(&self, fact: &str) -> Vec<&str> {
        let names = |prose: &str| {
            let mut words = prose.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            words.any(|word| word == fact)
        };
        let stories = self.stories.iter().filter(|s| names(&s.vignette.prose));
        stories.map(|s| s.vignette.id.as_str()).collect()
    }
}

/// The stories, what they lead to, and whether that is what they expect.
pub(super) fn vignettes(knowledge: &Knowledge, told: &Told) -> Section {
    let mut section = Section::new("vignettes", "Vignettes");
    let passed = told
        .stories
        .iter()
        .filter(|s| s.outcome.verdict == Verdict::Passed)
        .count();
    section.text(format!(
        "Short patient stories with the advice they must lead to. {passed} of {} pass. If you disagree with an advice, say so \
         under remarks: it is the advice that patients' clinicians would see.",
        told.stories.len()
    ));
    section.list(told.unreadable.clone());
    let rows = told.stories.iter().map(|story| {
        let vignette = &story.vignette;
        let mark = match story.outcome.verdict {
            Verdict::Passed => Cell::toned("passes", Tone::Good),
            Verdict::Pending => {
                let reason = vignette.expect.pending.as_deref().unwrap_or_default();
                Cell::toned(&format!("pending: {reason}"), Tone::Middle)
            }
            Verdict::Failed => Cell::toned(
                &format!("fails: {}", story.outcome.differences.join("; ")),
                Tone::Bad,
            ),
            Verdict::NoLongerPending => Cell::toned("passes, but is marked as pending", Tone::Bad),
        };
        vec![
            Cell::from(vignette.id.as_str()),
            Cell::titled(
                &vignette.title,
                format!(
                    "{}\n{}",
                    chart::lines(knowledge, &vignette.case),
                    vignette.prose.replace('\n', " ")
                ),
            ),
            advice(knowledge, story).into(),
            mark,
        ]
    });
    section.table(&["No.", "Story", "What the service does", "Test"], rows.collect());
    section
}

/// What the service does, one line per order that was asked about.
fn advice(knowledge: &Knowledge, story: &Story) -> String {
    if let Some(source) = story.consultation.unavailable {
        return format!("no answer: `{}` was not delivered", source.key());
    }
    let asked = story
        .consultation
        .decisions
        .iter()
        .filter(|d| d.selected || !d.advice.is_empty());
    let lines = asked.map(|decision| {
        let cards: Vec<String> = decision
            .advice
            .iter()
            .map(|a| format!("card {} ({})", a.kind, a.indicator.key()))
            .collect();
        let cards = if cards.is_empty() {
            "no card".to_owned()
        } else {
            cards.join(", ")
        };
        let study = decision.study.as_deref().and_then(|s| knowledge.study(s));
        let study = study.map_or("no study could be read", |s| s.name.as_str());
        let question = knowledge
            .table()
            .scenario(&decision.scenario)
            .map_or("", |s| s.entry.title.as_str());
        let rating = knowledge.words().common.category.get(decision.rating.key());
        let rating = rating.map_or(decision.rating.key(), String::as_str);
        format!("{study}.\nQuestion: {question}; rating: {rating}.\n→ {cards}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The facts of the source, what the service does with each, and which stories show it.
pub(super) fn seed_facts(files: &SourceFiles, told: &Told) -> Section {
    let mut section = Section::new("facts", "Facts of the source");
    let text = files.get("pnet/facts.md").map(String::as_str).unwrap_or_default();
    let mut rows = Vec::new();
    let mut shown = 0;
    for cells in text.lines().filter_map(table_row).filter(|c| is_fact(c)) {
        let id = cells.first().cloned().unwrap_or_default();
        let stories = told.naming(&id);
        shown += usize::from(!stories.is_empty());
        let coverage = if stories.is_empty() {
            Cell::toned("no vignette names it", Tone::Unknown)
        } else {
            Cell::toned(&stories.join(", "), Tone::Good)
        };
        let (said, done) = cells.split_at(cells.len().saturating_sub(1));
        let said = said.get(1..).unwrap_or_default().join(": ");
        rows.push(vec![Cell::from(id), said.into(), done.concat().into(), coverage]);
    }
    section.text(format!(
        "Each fact of the guide in our own words, and what the service does with it. {shown} of {} are named by a vignette.",
        rows.len()
    ));
    section.table(&["No.", "Fact", "What the service does", "Shown by"], rows);
    section
}

/// The cells of a Markdown table row, without its marks.
fn table_row(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(
        inner
            .split('|')
            .map(|c| c.trim().replace(['*', '`'], ""))
            .collect(),
    )
}

/// `S-01`, and so on.
fn is_fact(cells: &[String]) -> bool {
    let id = cells.first().map(String::as_str).unwrap_or_default();
    id.split_once('-').is_some_and(|(letter, number)| {
        letter == "S" && number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty()
    })
}
