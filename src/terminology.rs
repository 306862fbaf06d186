//! Codes and the systems they belong to.
//!
//! A code means nothing without its system: matching is always on system *and* code, never on the code alone.
//! Code systems, their URIs and OIDs are knowledge (`cards/code-systems.toml`), not Rust.

use std::collections::BTreeMap;

/// A code as an order or a record carries it, unverified and as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coding {
    /// The system's URI or OID, as sent.
    pub system: Option<String>,
    /// The code, as sent.
    pub code: Option<String>,
    /// The words the sender shows for it.
    pub display: Option<String>,
}

/// What FHIR calls a CodeableConcept: codes that should mean the same, and words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Concept {
    /// The codes, in the order sent.
    pub codings: Vec<Coding>,
    /// The free text.
    pub text: Option<String>,
}

impl Concept {
    /// True when it carries neither a code nor a word (the public sandbox sends `coding: [{}]`).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words().next().is_none() && self.codings.iter().all(|c| c.code.is_none())
    }

    /// Every piece of text in it: the text first, then each display that is not the very same.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let text = self.text.as_deref();
        let displays = self.codings.iter().filter_map(|c| c.display.as_deref());
        text.into_iter()
            .chain(displays.filter(move |display| Some(*display) != text))
            .filter(|w| !w.trim().is_empty())
    }
}

/// A code system the knowledge knows, by its short key (`icd10cm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemId(pub(crate) u16);

/// How codes of one system are written and recognised.
#[derive(Debug, Clone)]
pub(crate) struct System {
    pub key: String,
    pub name: String,
    pub uri: String,
    /// `C254` means `C25.4`.
    pub dots_optional: bool,
}

/// The code systems of the knowledge and every name senders use for them.
#[derive(Debug, Clone, Default)]
pub struct CodeSystems {
    systems: Vec<System>,
    /// URI, OID or `urn:oid:` name → systems; one URI may serve two axes (ICD-O-3 morphology and topography).
    by_name: BTreeMap<String, Vec<SystemId>>,
    /// URIs that senders extend with an edition (`http://snomed.info/sct/731000124108`).
    by_prefix: Vec<(String, SystemId)>,
}

impl CodeSystems {
    /// Adds a system under its URI and aliases.
    pub(crate) fn add(&mut self, system: System, also: &[String], edition_in_uri: bool) -> SystemId {
        let id = SystemId(u16::try_from(self.systems.len()).unwrap_or(u16::MAX));
        for name in also.iter().chain([&system.uri]) {
            let mut names = vec![name.clone()];
            names.extend(name.strip_prefix("urn:oid:").map(str::to_owned));
            for name in names {
                self.by_name.entry(name).or_default().push(id);
            }
        }
        if edition_in_uri {
            self.by_prefix.push((format!("{}/", system.uri), id));
        }
        self.systems.push(system);
        id
    }

    /// The systems a URI or OID stands for; empty for one the knowledge does not know.
    pub fn named(&self, name: &str) -> impl Iterator<Item = SystemId> {
        let name = name.trim();
        let name = name.split('|').next().unwrap_or(name).trim_end_matches('/');
        let exact = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let prefix = self
            .by_prefix
            .iter()
            .filter(move |(p, _)| name.starts_with(p.as_str()));
        exact.iter().copied().chain(prefix.map(|(_, id)| *id))
    }

    /// The system with this short key.
    #[must_use]
    pub fn keyed(&self, key: &str) -> Option<SystemId> {
        let at = self.systems.iter().position(|s| s.key == key)?;
        u16::try_from(at).ok().map(SystemId)
    }

    fn get(&self, id: SystemId) -> Option<&System> {
        self.systems.get(usize::from(id.0))
    }

    /// The short key of a system, as the knowledge files write it.
    #[must_use]
    pub fn key(&self, id: SystemId) -> &str {
        self.get(id).map_or("", |s| &s.key)
    }

    /// The name of a system for people to read.
    #[must_use]
    pub fn name(&self, id: SystemId) -> &str {
        self.get(id).map_or("", |s| &s.name)
    }

    /// The system's canonical URI, for codes we send.
    #[must_use]
    pub fn uri(&self, id: SystemId) -> &str {
        self.get(id).map_or("", |s| &s.uri)
    }

    /// The form in which a code of this system is stored and compared.
    #[must_use]
    pub fn normal_form(&self, id: SystemId, code: &str) -> String {
        let code = code.trim().to_ascii_uppercase();
        let dots = self.get(id).is_some_and(|s| s.dots_optional);
        if dots { code.replace('.', "") } else { code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn systems() -> CodeSystems {
        let mut all = CodeSystems::default();
        let system = |key: &str, uri: &str, dots_optional| System {
            key: key.into(),
            name: key.into(),
            uri: uri.into(),
            dots_optional,
        };
        all.add(
            system("icd", "http://example.org/icd", true),
            &["urn:oid:1.2.3".into()],
            false,
        );
        all.add(system("sno", "http://example.org/sno", false), &[], true);
        all
    }

    #[test]
    fn a_system_is_found_by_uri_oid_version_and_edition() {
        let all = systems();
        let key = |name: &str| {
            all.named(name)
                .map(|id| all.key(id).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(key("http://example.org/icd"), ["icd"]);
        assert_eq!(key(" http://example.org/icd|2026 "), ["icd"]);
        assert_eq!(key("urn:oid:1.2.3"), ["icd"]);
        assert_eq!(key("1.2.3"), ["icd"]);
        assert_eq!(key("http://example.org/sno/7310001"), ["sno"]);
        assert!(key("http://example.org/snowfall").is_empty());
        assert!(key("").is_empty());
    }

    #[test]
    fn dots_spaces_and_case_do_not_part_equal_codes() {
        let all = systems();
        let icd = all.keyed("icd").unwrap();
        assert_eq!(all.normal_form(icd, " c25.4"), all.normal_form(icd, "C254"));
        let sno = all.keyed("sno").unwrap();
        assert_ne!(all.normal_form(sno, "1.2"), all.normal_form(sno, "12"));
    }
}
