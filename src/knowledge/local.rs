//! What a site's own codes mean: a table kept outside `cards/`, read beside the knowledge.
//!
//! Each line says that a local code stands for a study of the catalogue or for a code the knowledge knows. A local code
//! then works wherever the other does, its evidence says whose map it came by, and an orderable one is offered back. The
//! map adds codes; it can change none. What the codes of the knowledge mean stays in `cards/`.

use super::files::{CodedOffer, OfferedOrder, Region};
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
    /// Whether nothing but the map's orderable codes is offered.
    orderables_only: bool,
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
    /// The study of which the orderable code orders one part; its other parts have lines of their own.
    #[serde(default)]
    part_of: String,
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
            parts: Vec::new(),
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
        adding.put_parts_together();
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
            orderables_only: false,
        });
        Ok(self)
    }

    /// The same knowledge, offering as a button only what the site's map marks as orderable; the rest is told in words.
    #[must_use]
    pub fn with_orderables_only(mut self) -> Self {
        let Some(local) = &mut self.local else { return self };
        local.orderables_only = true;
        let keys: Vec<String> = local
            .systems
            .iter()
            .map(|id| self.systems.key(*id).to_owned())
            .collect();
        for offer in self.suggestions.orders.values_mut() {
            offer.coded.retain(|coded| keys.contains(&coded.system));
        }
        self
    }

    /// Whether nothing but a site's own orderables is offered as a button.
    #[must_use]
    pub fn offers_orderables_only(&self) -> bool {
        self.local.as_ref().is_some_and(|local| local.orderables_only)
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
    /// Orders that make up a study together.
    parts: Vec<Part>,
    lines: usize,
    /// The line being read.
    at: u64,
}

/// One order of a study that takes several at this site.
struct Part {
    line: u64,
    system: String,
    whole: String,
    regions: Vec<Region>,
    order: OfferedOrder,
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
            "" | "no" if line.part_of.is_empty() => {}
            "" | "no" => {
                let help = "mark the parts of a study as orderable, or leave part_of empty";
                self.find("M005", "a part must be orderable".into(), help);
            }
            "yes" if !line.part_of.is_empty() => self.part(id, line, key),
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
            orders: vec![ordered(&system, line)],
            system,
        });
    }

    /// One of several orders that make up a study at this site.
    fn part(&mut self, id: SystemId, line: &Line, key: &str) {
        let (part, whole) = (self.knowledge.study(key), self.knowledge.study(&line.part_of));
        let Some((part, whole)) = part.zip(whole) else {
            let help = "`cards/studies.toml` lists the studies";
            return self.find(
                "M004",
                format!("study `{}` is not in the catalogue", line.part_of),
                help,
            );
        };
        let (part, whole) = (&part.shape, &whole.shape);
        let same =
            (part.modality, part.contrast, part.tracer) == (whole.modality, whole.contrast, whole.tracer);
        let within = !part.regions.is_empty() && part.regions.iter().all(|r| whole.regions.contains(r));
        let regions = part.regions.clone();
        if !same || !within || regions == whole.regions {
            let help = "a part is the same examination of fewer regions";
            let message = format!("study `{key}` is no part of `{}`", line.part_of);
            return self.find("M005", message, help);
        }
        let system = self.knowledge.systems.key(id).to_owned();
        self.parts.push(Part {
            line: self.at,
            order: ordered(&system, line),
            system,
            whole: line.part_of.clone(),
            regions,
        });
    }

    /// The studies that are ordered in parts, once all lines are read.
    fn put_parts_together(&mut self) {
        let mut wholes: BTreeMap<(String, String), Vec<Part>> = BTreeMap::new();
        for part in std::mem::take(&mut self.parts) {
            wholes
                .entry((part.whole.clone(), part.system.clone()))
                .or_default()
                .push(part);
        }
        for ((whole, system), parts) in wholes {
            self.at = parts.last().map_or(self.at, |p| p.line);
            let mut regions: Vec<Region> = parts.iter().flat_map(|p| p.regions.clone()).collect();
            regions.sort_unstable();
            if self
                .knowledge
                .study(&whole)
                .is_none_or(|s| s.shape.regions != regions)
            {
                let help = "each region of the study needs exactly one part";
                self.find("M005", format!("the parts of `{whole}` do not make it up"), help);
                continue;
            }
            let Some(offer) = self.knowledge.suggestions.orders.get_mut(&*whole) else {
                continue;
            };
            if offer.coded.iter().any(|c| c.system == system) {
                let help = "order the study by one code, or by its parts";
                self.find("M006", format!("two ways to order study `{whole}`"), help);
                continue;
            }
            offer.coded.push(CodedOffer {
                orders: parts.into_iter().map(|p| p.order).collect(),
                system,
            });
        }
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

/// The order that a line places.
fn ordered(system: &str, line: &Line) -> OfferedOrder {
    OfferedOrder {
        codes: vec![format!("{system}|{}", line.code)],
        text: line.display.clone(),
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

    const PARTS: &str =
        "system,system_name,code,display,relationship,target_system,target_code,orderable,part_of\n";

    /// A study may be one orderable at one site, and two at another.
    #[test]
    fn a_study_may_be_ordered_in_parts() {
        let read = |lines: &str| {
            Knowledge::embedded()
                .unwrap()
                .with_local_codes(&format!("{PARTS}{lines}"))
        };
        let abdomen = "urn:x,Site,A,MRI ABD,equivalent,study,MR_ABD_WWO,yes,MR_ABD_PEL_WWO\n";
        let pelvis = "urn:x,Site,P,MRI PEL,equivalent,study,MR_PEL_WWO,yes,MR_ABD_PEL_WWO\n";
        let knowledge = read(&format!("{abdomen}{pelvis}"))
            .unwrap()
            .with_orderables_only();
        let coded = |study: &str| &knowledge.suggestions().orders.get(study).unwrap().coded;
        let [one] = &coded("MR_ABD_PEL_WWO")[..] else {
            panic!("the site's own only")
        };
        let codes: Vec<&str> = one.orders.iter().map(|o| o.codes[0].as_str()).collect();
        assert_eq!(codes, ["urn:x|A", "urn:x|P"]);
        assert!(
            coded("CT_ABD_PEL_W").is_empty(),
            "not in the catalogue: words only"
        );

        let check = |lines: &str, code: &str, word: &str| {
            let findings = read(lines).unwrap_err();
            let said = findings.iter().map(ToString::to_string).collect::<String>();
            assert!(said.contains(code) && said.contains(word), "{lines}: {said}");
        };
        check(abdomen, "M005", "do not make it up");
        check(
            &format!("{abdomen}{abdomen}{pelvis}"),
            "M005",
            "do not make it up",
        );
        check(&abdomen.replace("yes", "no"), "M005", "must be orderable");
        check(
            &abdomen.replace("MR_ABD_PEL_WWO", "CT_ABD_PEL_W"),
            "M005",
            "no part",
        );
        check(&abdomen.replace("MR_ABD_PEL_WWO", "MR_NOSE"), "M004", "MR_NOSE");
        let whole = "urn:x,Site,W,MRI,equivalent,study,MR_ABD_PEL_WWO,yes,\n";
        check(&format!("{whole}{abdomen}{pelvis}"), "M006", "two ways");
    }

    #[test]
    fn one_orderable_code_stands_for_a_study() {
        let two = "urn:x,Site,A,CT,equivalent,study,CT_ABD_PEL_W,yes\nurn:x,Site,B,CT,equivalent,study,CT_ABD_PEL_W,yes\n";
        let findings = with(two).unwrap_err();
        assert_eq!(findings.first().map(|f| (f.line, f.code)), Some((3, "M006")));
    }
}
