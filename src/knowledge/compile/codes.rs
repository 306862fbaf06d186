//! Code systems and value sets.

use super::super::files::{CodeEntry, CodeSystemsFile, RangeEntry, ValueSetFile};
use super::super::vocabulary::Role;
use super::super::{Block, Member};
use super::Build;
use crate::terminology::{CodeSystems, System};
use std::collections::{BTreeMap, BTreeSet};

impl Build<'_> {
    pub(super) fn systems(&mut self) -> CodeSystems {
        let mut systems = CodeSystems::default();
        let file = "code-systems.toml";
        let Some(read) = self.toml::<CodeSystemsFile>(file) else {
            return systems;
        };
        for entry in read.system {
            if systems.keyed(&entry.key).is_some() {
                self.find(
                    "K004",
                    file,
                    &entry.key,
                    format!("system `{}` stands twice", entry.key),
                    "remove one",
                );
                continue;
            }
            let system = System {
                key: entry.key,
                name: entry.name,
                uri: entry.uri,
                dots_optional: entry.dots_optional,
            };
            systems.add(system, &entry.also, entry.edition_in_uri);
        }
        systems
    }

    pub(super) fn value_sets(
        &mut self,
        systems: &CodeSystems,
    ) -> (Vec<BTreeMap<String, Vec<Member>>>, Vec<Block>) {
        let mut members: Vec<BTreeMap<String, Vec<Member>>> = Vec::new();
        let mut ranges = Vec::new();
        let mut seen = BTreeSet::new();
        for file in self.below("value-sets/") {
            let Some(set) = self.toml::<ValueSetFile>(&file) else {
                continue;
            };
            let Some(role) = Role::named(&set.role) else {
                self.find(
                    "K003",
                    &file,
                    "role",
                    format!("no rule asks for the role `{}`", set.role),
                    "use a role that the engine knows",
                );
                continue;
            };
            if !seen.insert(role) {
                self.find(
                    "K004",
                    &file,
                    "role",
                    format!("role `{}` stands in two files", set.role),
                    "merge the files",
                );
            }
            let mut codes = BTreeSet::new();
            for entry in set.code {
                let Some(system) = systems.keyed(&entry.system) else {
                    self.unknown_system(&file, &entry.system);
                    continue;
                };
                let code = systems.normal_form(system, &entry.code);
                if !codes.insert((system, code.clone())) {
                    self.find(
                        "K004",
                        &file,
                        &entry.code,
                        format!("code `{}` stands twice", entry.code),
                        "remove one line",
                    );
                }
                let at = usize::from(system.0);
                if members.len() <= at {
                    members.resize_with(at + 1, BTreeMap::new);
                }
                if let Some(of_system) = members.get_mut(at) {
                    of_system.entry(code).or_default().push(Member { role, entry });
                }
            }
            for range in set.range {
                let Some(system) = systems.keyed(&range.system) else {
                    self.unknown_system(&file, &range.system);
                    continue;
                };
                let normal = |code: &String| systems.normal_form(system, code);
                let entry = CodeEntry::block(&range);
                ranges.push(Block {
                    system,
                    from: normal(&range.from),
                    to: normal(&range.to),
                    except: range.except.iter().map(normal).collect(),
                    member: Member { role, entry },
                });
            }
        }
        for role in Role::ALL.iter().filter(|r| !seen.contains(r)) {
            let message = format!("no value set has the role `{}`", role.name());
            self.find(
                "K001",
                "value-sets",
                "",
                message,
                "add a file for it; an empty list is allowed",
            );
        }
        (members, ranges)
    }

    pub(super) fn unknown_system(&mut self, file: &str, system: &str) {
        let message = format!("code system `{system}` is not known");
        self.find(
            "K003",
            file,
            &format!("\"{system}\""),
            message,
            "add it to code-systems.toml",
        );
    }
}

/// Roles that cannot both be true of one code.
const CONTRADICTORY: &[(Role, Role)] = &[
    (Role::PnetSpecific, Role::NotPnetPancreas),
    (Role::PnetSpecific, Role::NotPnetOtherNet),
    (Role::PnetSpecific, Role::Undiagnosed),
    (Role::PnetSpecific, Role::Ambiguous),
    (Role::PnetSpecific, Role::History),
    (Role::PnetNec, Role::NotPnetPancreas),
    (Role::PnetNec, Role::NotPnetOtherNet),
    (Role::PnetUsuallyPancreatic, Role::NotPnetOtherNet),
    (Role::NetSiteless, Role::NotPnetOtherNet),
    (Role::StageM1, Role::StageM0),
    (Role::MetNet, Role::StageM0),
    (Role::Resection, Role::ResectionAbortedOrBiopsy),
    (Role::Systemic, Role::SystemicNotAntitumour),
    (Role::Renal, Role::RenalNotSevere),
    (Role::GradeHigh, Role::GradeLow),
    (Role::IodineAllergy, Role::GadAllergy),
    (Role::TracerSstr, Role::TracerFdg),
    (Role::TracerSstr, Role::TracerOther),
    (Role::TracerSstr, Role::Prrt),
    (Role::TracerFdg, Role::TracerOther),
];

impl Build<'_> {
    /// No code may speak for and against the same thing.
    pub(super) fn contradictions(&mut self, members: &[BTreeMap<String, Vec<Member>>]) {
        for listed in members.iter().flat_map(BTreeMap::values) {
            let has = |role: Role| listed.iter().find(|m| m.role == role);
            for (one, other) in CONTRADICTORY {
                let (Some(first), Some(_)) = (has(*one), has(*other)) else {
                    continue;
                };
                let file = self.file_of(*other);
                let message = format!(
                    "code `{}` is in `{}` and in `{}`, which contradict each other",
                    first.entry.code,
                    one.name(),
                    other.name()
                );
                let near = format!("\"{}\"", first.entry.code);
                self.find("K015", &file, &near, message, "remove it from one of the two");
            }
        }
    }

    /// The value-set file with this role.
    fn file_of(&self, role: Role) -> String {
        let line = format!("role = \"{}\"", role.name());
        let files = self.files.iter().filter(|(f, _)| f.starts_with("value-sets/"));
        let mut holding = files.filter(|(_, text)| text.lines().any(|l| l.trim() == line));
        holding.next().map(|(file, _)| file.clone()).unwrap_or_default()
    }
}

impl CodeEntry {
    /// The entry that stands for a whole block.
    fn block(range: &RangeEntry) -> Self {
        Self {
            system: range.system.clone(),
            code: format!("{}-{}", range.from, range.to),
            label: range.label.clone(),
            confidence: range.confidence,
            sources: range.sources.clone(),
            ..Self::default()
        }
    }
}
