//! What the knowledge recognises in a concept: value sets by code, and the evidence for it.

use super::case::{PartialDate, ResourceRef};
use super::trace::Evidence;
use crate::knowledge::vocabulary::Role;
use crate::knowledge::{Knowledge, Member};
use crate::terminology::Concept;

/// The value sets that the codes of a concept belong to.
#[derive(Debug, Default)]
pub struct Marks<'k>(Vec<&'k Member>);

impl<'k> Marks<'k> {
    /// Looks up every code of the concepts.
    pub fn of<'c>(knowledge: &'k Knowledge, concepts: impl IntoIterator<Item = &'c Concept>) -> Self {
        let codings = concepts.into_iter().flat_map(|c| &c.codings);
        Self(codings.flat_map(|c| knowledge.members(c)).collect())
    }

    /// True when a code has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.find(role).is_some()
    }

    /// True when a code has any of these roles.
    #[must_use]
    pub fn any(&self, roles: &[Role]) -> bool {
        self.0.iter().any(|m| roles.contains(&m.role))
    }

    /// The first code with this role.
    #[must_use]
    pub fn find(&self, role: Role) -> Option<&'k Member> {
        self.0.iter().find(|m| m.role == role).copied()
    }

    /// The first code with any of these roles.
    #[must_use]
    pub fn find_any(&self, roles: &[Role]) -> Option<&'k Member> {
        self.0.iter().find(|m| roles.contains(&m.role)).copied()
    }

    /// Every recognised code.
    pub fn iter(&self) -> impl Iterator<Item = &'k Member> + '_ {
        self.0.iter().copied()
    }

    /// True when no code was recognised.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Evidence by a code, in the knowledge's own words.
#[must_use]
pub fn coded(
    knowledge: &Knowledge,
    resource: &ResourceRef,
    member: &Member,
    date: Option<PartialDate>,
) -> Evidence {
    let entry = &member.entry;
    let systems = knowledge.systems();
    let system = systems
        .keyed(&entry.system)
        .map_or(entry.system.as_str(), |id| systems.name(id));
    Evidence {
        resource: Some(resource.clone()),
        what: format!("{system} {}, {}", entry.code, entry.label),
        quote: None,
        date,
    }
}

/// Evidence by words of the chart or order.
#[must_use]
pub fn worded(resource: &ResourceRef, list: &str, words: &str, date: Option<PartialDate>) -> Evidence {
    Evidence {
        resource: Some(resource.clone()),
        what: format!("phrase list {list}"),
        quote: Some(words.to_owned()),
        date,
    }
}
