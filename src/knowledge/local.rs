//! What a site's own codes mean: a table kept outside `cards/`, read beside the knowledge.
//!
//! Each line says that a local code stands for a study of the catalogue or for a code the knowledge knows. A local code
//! then works wherever the other does, its evidence says whose map it came by, and an orderable one is offered back. The
//! map adds codes; it can change none. What the codes of the knowledge mean stays in `cards/`.

use super::files::{CodedOffer, OfferedOrder};
use super::{Knowledge, Member};
use crate::terminology::{System, SystemId};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The word in `target_system` for a study of the catalogue.
const STUDY: &str = "study";

/// A site's code map that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalCodes {
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Lines in use.
    pub lines: usize,
    systems: BTreeSet<SystemId>,
    /// Codes looked at and found to mean nothing here.
    set_aside: BTreeSet<(SystemId, String)>,
}

/// A line of the map that cannot be used: place, problem, remedy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MapFinding {
    /// Line, counted from 1.
    pub line: u64,
    /// `M001` …, see `deploy/local-codes.md`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: &'static str,
}

impl fmt::Display for MapFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            code,
            message,
            help,
        } = self;
        write!(f, "error[{code}]: line {line}: {message}\n  help: {help}")
    }
}

/// One line of the map.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// URI of the local code system, as orders and records carry it.
    system: String,
    /// Its name for people.
    system_name: String,
    code: String,
    display: String,
    /// How the local code relates to the target (FHIR ConceptMap).
    relationship: Relationship,
    #[serde(default)]
    target_system: String,
    #[serde(default)]
    target_code: String,
    /// `yes` when an order with this code can be placed.
    #[serde(default)]
    orderable: String,
}

/// FHIR's `ConceptMapRelationship`, as far as a judgement can rest on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Relationship {
    /// Both mean the same.
    Equivalent,
    /// The local code says more than the target.
    SourceIsNarrowerThanTarget,
    /// Looked at: it means nothing of interest here.
    NotRelatedTo,
}

impl Knowledge {
    /// The same knowledge, with a site's own codes added.
    ///
    /// # Errors
    /// Every line that cannot be used; a map with findings is never used in part.
    pub fn with_local_codes(mut self, map: &str) -> Result<Self, Vec<MapFinding>> {
        let mut adding = Adding {
            knowledge: &mut self,
            findings: Vec::new(),
            systems: BTreeSet::new(),
            set_aside: BTreeSet::new(),
            lines: 0,
            at: 1,
        };
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .from_reader(map.as_bytes());
        let heading = reader.headers().cloned().unwrap_or_default();
        for record in reader.records() {
            let read = record.and_then(|r| {
                adding.at = r.position().map_or(0, csv::Position::line);
                r.deserialize::<Line>(Some(&heading))
            });
            match read {
                Ok(line) => adding.line(&line),
                Err(error) => {
                    adding.at = error.position().map_or(adding.at, csv::Position::line);
                    let help = "the first line names the columns; relationship is equivalent, \
                                source-is-narrower-than-target or not-related-to";
                    adding.find("M001", "cannot be read".to_owned(), help);
                }
            }
            adding.lines += 1;
        }
        let Adding {
            findings,
            systems,
            set_aside,
            lines,
            ..
        } = adding;
        if !findings.is_empty() {
            return Err(findings);
        }
        self.local = Some(LocalCodes {
            digest: super::compile::hexadecimal(&Sha256::digest(map)),
            lines,
            systems,
            set_aside,
        });
        Ok(self)
    }

    /// The site's code map, if one is in use.
    #[must_use]
    pub fn local_codes(&self) -> Option<&LocalCodes> {
        self.local.as_ref()
    }

    /// True for a code that only the site can explain and no map explains: one of a system that is not among the
    /// knowledge's own.
    #[must_use]
    pub fn is_unmapped(&self, system: &str, code: &str) -> bool {
        let local = |id: &SystemId| self.local.as_ref().is_some_and(|l| l.systems.contains(id));
        let mut known = self.systems.named(system).peekable();
        known.peek().is_none()
            || known.all(|id| local(&id) && !self.knows(system, code) && !self.is_set_aside(id, code))
    }

    fn is_set_aside(&self, id: SystemId, code: &str) -> bool {
        let code = self.systems.normal_form(id, code);
        self.local
            .as_ref()
            .is_some_and(|l| l.set_aside.contains(&(id, code)))
    }
}

/// The state of reading a map.
struct Adding<'k> {
    knowledge: &'k mut Knowledge,
    findings: Vec<MapFinding>,
    systems: BTreeSet<SystemId>,
    set_aside: BTreeSet<(SystemId, String)>,
    lines: usize,
    /// The line being read.
    at: u64,
}

impl Adding<'_> {
    fn find(&mut self, code: &'static str, message: String, help: &'static str) {
        self.findings.push(MapFinding {
            line: self.at,
            code,
            message,
            help,
        });
    }

    fn line(&mut self, line: &Line) {
        if [&line.system, &line.code, &line.display, &line.system_name]
            .iter()
            .any(|f| f.is_empty())
        {
            let help = "a code means nothing without its system, and nobody can check it without its words";
            return self.find(
                "M002",
                "system, system_name, code and display must be filled".into(),
                help,
            );
        }
        if self.knowledge.knows(&line.system, &line.code) && !self.is_ours(&line.system) {
            let help = "a map adds codes; the meaning of a standard code is changed in `cards/` only";
            return self.find("M003", "the knowledge knows this code itself".into(), help);
        }
        let id = self.system(line);
        let code = self.knowledge.systems.normal_form(id, &line.code);
        match (line.relationship, line.target_system.as_str()) {
            (Relationship::NotRelatedTo, "") => {
                self.set_aside.insert((id, code));
            }
            (Relationship::NotRelatedTo, _) => {
                let help = "leave target_system and target_code empty, or state how the two relate";
                self.find("M004", "a code that is not related has no target".into(), help);
            }
            (relationship, STUDY) => self.study(id, code, line, &line.target_code, relationship),
            (relationship, target) => {
                let systems = &self.knowledge.systems;
                let Some(uri) = systems.keyed(target).map(|t| systems.uri(t).to_owned()) else {
                    let help = "use a key of `cards/code-systems.toml`, or `study`";
                    return self.find("M004", format!("target system `{target}` is not known"), help);
                };
                let coding = crate::terminology::Coding {
                    system: Some(uri.clone()),
                    code: Some(line.target_code.clone()),
                    display: None,
                };
                if let Some(study) = self.knowledge.study_coded(&coding).map(|s| s.key.clone()) {
                    return self.study(id, code, line, &study, relationship);
                }
                self.finding(id, code, line, &uri);
            }
        }
    }

    fn is_ours(&self, system: &str) -> bool {
        self.knowledge
            .systems
            .named(system)
            .any(|id| self.systems.contains(&id))
    }

    /// The system of a line; a new one is added to those the knowledge knows.
    fn system(&mut self, line: &Line) -> SystemId {
        let known = self.knowledge.systems.named(&line.system).next();
        if let Some(id) = known {
            return id;
        }
        let system = System {
            key: line.system.clone(),
            name: line.system_name.clone(),
            uri: line.system.clone(),
            dots_optional: false,
        };
        let id = self.knowledge.systems.add(system, &[], false);
        self.systems.insert(id);
        id
    }

    /// A local order code.
    fn study(&mut self, id: SystemId, code: String, line: &Line, key: &str, relationship: Relationship) {
        let Some(at) = self.knowledge.studies.iter().position(|s| *s.key == *key) else {
            let help = "`cards/studies.toml` lists the studies";
            return self.find("M004", format!("study `{key}` is not in the catalogue"), help);
        };
        if relationship != Relationship::Equivalent {
            let help = "an order is judged by exactly what it asks for: map only codes that are equivalent";
            return self.find("M005", "a study needs an equivalent code".into(), help);
        }
        let slot = usize::from(id.0);
        if self.knowledge.study_codes.len() <= slot {
            self.knowledge.study_codes.resize_with(slot + 1, BTreeMap::new);
        }
        let codes = self.knowledge.study_codes.get_mut(slot);
        if codes
            .and_then(|c| c.insert(code, at))
            .is_some_and(|before| before != at)
        {
            let help = "a code may name one study only";
            return self.find("M006", format!("`{}` names two studies", line.code), help);
        }
        match line.orderable.as_str() {
            "" | "no" => {}
            "yes" => self.offer(id, line, key),
            _ => self.find("M005", "orderable is yes, no or empty".into(), "write yes or no"),
        }
    }

    /// The site's own order for a study that may be offered.
    fn offer(&mut self, id: SystemId, line: &Line, key: &str) {
        let system = self.knowledge.systems.key(id).to_owned();
        let Some(offer) = self.knowledge.suggestions.orders.get_mut(key) else {
            return;
        };
        if offer.coded.iter().any(|c| c.system == system) {
            let help = "mark as orderable the one code that a suggestion shall use";
            return self.find("M006", format!("two orderable codes for study `{key}`"), help);
        }
        offer.coded.push(CodedOffer {
            orders: vec![OfferedOrder {
                codes: vec![format!("{system}|{}", line.code)],
                text: line.display.clone(),
            }],
            system,
        });
    }

    /// A local code for a diagnosis, procedure, drug or the like.
    fn finding(&mut self, id: SystemId, code: String, line: &Line, target_uri: &str) {
        let targets: Vec<Member> = self
            .knowledge
            .members_of(target_uri, &line.target_code)
            .into_iter()
            .cloned()
            .collect();
        if targets.is_empty() {
            let help = "only codes that a rule reads can be targets: see `cards/value-sets` and `cards/studies.toml`";
            let message = format!("no rule reads {} `{}`", line.target_system, line.target_code);
            return self.find("M004", message, help);
        }
        if !line.orderable.is_empty() && line.orderable != "no" {
            return self.find(
                "M005",
                "only studies can be orderable".into(),
                "leave orderable empty",
            );
        }
        let system = self.knowledge.systems.key(id).to_owned();
        let slot = usize::from(id.0);
        if self.knowledge.members.len() <= slot {
            self.knowledge.members.resize_with(slot + 1, BTreeMap::new);
        }
        let Some(members) = self.knowledge.members.get_mut(slot) else {
            return;
        };
        let entries = members.entry(code).or_default();
        for mut target in targets {
            let entry = &mut target.entry;
            // The evidence names the code that stands in the record, and by whose word it means what it means.
            entry.label = format!(
                "{} (by the site's map to {} {})",
                entry.label, line.target_system, line.target_code
            );
            entry.system.clone_from(&system);
            entry.code.clone_from(&line.code);
            entries.push(target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminology::Coding;

    const HEAD: &str = "system,system_name,code,display,relationship,target_system,target_code,orderable\n";

    fn with(lines: &str) -> Result<Knowledge, Vec<MapFinding>> {
        Knowledge::embedded()
            .unwrap()
            .with_local_codes(&format!("{HEAD}{lines}"))
    }

    fn coding(system: &str, code: &str) -> Coding {
        Coding {
            system: Some(system.into()),
            code: Some(code.into()),
            display: None,
        }
    }

    #[test]
    fn a_local_code_means_what_the_map_says() {
        let site = "urn:example:orders";
        let knowledge = with(
            "urn:example:orders,Site orders,IMG77,CT ABD WO,equivalent,study,CT_ABD_WO,\n\
             urn:example:orders,Site orders,IMG78,CT AP W,equivalent,study,CT_ABD_PEL_W,yes\n\
             urn:example:dx,Site problems,NET-P,pNET,equivalent,icd10cm,C25.4,\n\
             urn:example:orders,Site orders,IMG99,Knee,not-related-to,,,\n",
        )
        .unwrap();
        let study = |code| {
            knowledge
                .study_coded(&coding(site, code))
                .map(|s| s.key.to_string())
        };
        assert_eq!(study("IMG77").as_deref(), Some("CT_ABD_WO"));
        assert_eq!(study("img77 ").as_deref(), Some("CT_ABD_WO"));
        let standard = knowledge.members_of("http://hl7.org/fhir/sid/icd-10-cm", "C25.4");
        let local = knowledge.members_of("urn:example:dx", "NET-P");
        let roles = |m: &[&Member]| m.iter().map(|m| m.role).collect::<Vec<_>>();
        assert_eq!(roles(&local), roles(&standard));
        assert!(
            local
                .iter()
                .all(|m| m.entry.code == "NET-P" && m.entry.label.contains("icd10cm C25.4"))
        );
        let offered = knowledge.suggestions().orders.get("CT_ABD_PEL_W").unwrap();
        assert!(offered.coded.iter().any(|c| c.system == site));
        assert_eq!(knowledge.local_codes().unwrap().lines, 4);

        assert!(!knowledge.is_unmapped(site, "IMG77"));
        assert!(!knowledge.is_unmapped(site, "IMG99"), "looked at and set aside");
        assert!(knowledge.is_unmapped(site, "IMG12"));
        assert!(knowledge.is_unmapped("urn:example:elsewhere", "1"));
        assert!(
            !knowledge.is_unmapped("http://www.ama-assn.org/go/cpt", "73721"),
            "a standard code"
        );
    }

    #[test]
    fn a_line_that_cannot_be_used_is_told_with_its_place() {
        let check = |line: &str, code: &str| {
            let good = "urn:example:orders,Site,IMG1,CT,equivalent,study,CT_ABD_WO,yes\n";
            let findings = with(&format!("{good}{line}\n")).unwrap_err();
            let found: Vec<_> = findings.iter().map(|f| (f.line, f.code)).collect();
            assert_eq!(found, [(3, code)], "{line}");
        };
        check("a,b,c,d,perhaps,study,CT_ABD_WO,", "M001");
        check("a,b,c", "M001");
        check(",Site,X,CT,equivalent,study,CT_ABD_WO,", "M002");
        check("urn:x,Site,X,,equivalent,study,CT_ABD_WO,", "M002");
        check(
            "http://www.ama-assn.org/go/cpt,CPT,74150,CT,equivalent,study,CT_ABD_W,",
            "M003",
        );
        check("urn:x,Site,X,CT,equivalent,study,CT_NOSE,", "M004");
        check("urn:x,Site,X,CT,equivalent,nowhere,1,", "M004");
        check("urn:x,Site,X,CT,equivalent,icd10cm,Z99.9,", "M004");
        check("urn:x,Site,X,CT,not-related-to,study,CT_ABD_WO,", "M004");
        check(
            "urn:x,Site,X,CT,source-is-narrower-than-target,study,CT_ABD_WO,",
            "M005",
        );
        check("urn:x,Site,X,pNET,equivalent,icd10cm,C25.4,yes", "M005");
        check("urn:x,Site,X,CT,equivalent,study,CT_ABD_WO,maybe", "M005");
        check(
            "urn:example:orders,Site,IMG1,CT,equivalent,study,CT_ABD_W,",
            "M006",
        );
    }

    #[test]
    fn one_orderable_code_stands_for_a_study() {
        let two = "urn:x,Site,A,CT,equivalent,study,CT_ABD_PEL_W,yes\nurn:x,Site,B,CT,equivalent,study,CT_ABD_PEL_W,yes\n";
        let findings = with(two).unwrap_err();
        assert_eq!(findings.first().map(|f| (f.line, f.code)), Some((3, "M006")));
    }
}
