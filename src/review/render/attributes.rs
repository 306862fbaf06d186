//! Where the advice comes from, as users must be able to see it: the 13 source attributes.

use super::html;
use super::page::{Cell, Section, Tone};
use crate::knowledge::Knowledge;
use crate::knowledge::lifecycle::Status;

/// The attributes; each unknown is said to be unknown.
pub(super) fn attributes(knowledge: &Knowledge) -> Section {
    let mut section = Section::new("attributes", "Source attributes");
    section.text(
        "What users of an evidence-based decision support intervention must be able to see (United States, 45 CFR \
         170.315(b)(11)(iv)(A)). The service shows them to anybody at /sources/ and its id.",
    );
    let Some(attributes) = knowledge.source_attributes() else {
        section.notice("This knowledge states none: all 13 attributes are unknown.");
        return section;
    };
    let row =
        |(number, (title, attribute)): (usize, (&'static str, &crate::knowledge::files::AttributeEntry))| {
            let value = match &attribute.value {
                Some(value) => Cell::from(value.as_str()),
                None => Cell::toned("unknown", Tone::Unknown),
            };
            vec![
                number.to_string().into(),
                title.into(),
                value,
                attribute.because.as_str().into(),
            ]
        };
    let rows = (1..).zip(attributes.all()).map(row).collect();
    section.table(&["#", "Attribute", "What is known", "Where that stands"], rows);
    section
}

/// A page of its own for anybody; `style` is the address of `style.css`.
pub(super) fn page(knowledge: &Knowledge, style: &str) -> String {
    let topic = knowledge.topic();
    let mut section = attributes(knowledge);
    if topic.status != Status::Active {
        section.blocks.insert(
            0,
            super::page::Block::Notice(format!("State: {}. Not for clinical use.", topic.status)),
        );
    }
    let status = format!(
        "{} {}, sha256 {}",
        knowledge.id(),
        knowledge.version(),
        knowledge.digest()
    );
    let title = format!("{}: where the advice comes from", topic.service.title);
    html::linked(&title, &status, style, &section)
}
