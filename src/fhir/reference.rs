//! How resources point to each other, and whom they are about.
//!
//! Relative (`Condition/c1`), absolute, versioned, `urn:uuid:`, contained (`#c1`) and bare (`c1`) forms. Nothing is
//! fetched: a reference either resolves within the request or stays unread. An absolute reference to another FHIR
//! server than the record's is never taken for the resource of the record that happens to have the same id.

use super::datatypes::pointer;
use super::node::Node;
use crate::engine::case::Identity;

/// A reference taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// `Condition/c1`, and the address of the server before it; empty when relative.
    Typed(&'a str, &'a str, &'a str),
    /// `c1`.
    Bare(&'a str),
    /// `#c1`: inside the same resource.
    Contained(&'a str),
    /// `urn:uuid:…`: the `fullUrl` of a bundle entry.
    Urn(&'a str),
}

impl<'a> Reference<'a> {
    /// Takes a reference apart; `None` for a blank one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if let Some(id) = text.strip_prefix('#') {
            return Some(Self::Contained(id));
        }
        if text.starts_with("urn:") {
            return Some(Self::Urn(text));
        }
        let text = text
            .split("/_history/")
            .next()
            .unwrap_or(text)
            .trim_end_matches('/');
        let (before, id) = text.rsplit_once('/').unwrap_or(("", text));
        if id.is_empty() {
            return None;
        }
        let (server, kind) = before.rsplit_once('/').unwrap_or(("", before));
        let typed = kind.starts_with(|c: char| c.is_ascii_uppercase());
        Some(if typed {
            // Only an address makes it absolute: `/Condition/c1` and `x/Condition/c1` are relative.
            let server = if server.contains("://") { server } else { "" };
            Self::Typed(kind, id, server)
        } else {
            Self::Bare(id)
        })
    }

    /// The text under which a resource of the record is looked up.
    pub(super) fn local(self) -> String {
        match self {
            Self::Typed(kind, id, _) => format!("{kind}/{id}"),
            Self::Bare(id) | Self::Urn(id) => id.to_owned(),
            Self::Contained(id) => format!("#{id}"),
        }
    }

    /// The text under which a resource with a `fullUrl` is looked up; `None` when [`Self::local`] says as much.
    pub(super) fn absolute(self) -> Option<String> {
        match self {
            Self::Typed(_, _, "") | Self::Bare(_) | Self::Contained(_) => None,
            Self::Typed(kind, id, server) => Some(format!("{server}/{kind}/{id}")),
            Self::Urn(url) => Some(url.to_owned()),
        }
    }

    /// The server an absolute reference names.
    pub(super) fn server(self) -> Option<&'a str> {
        match self {
            Self::Typed(_, _, server) if !server.is_empty() => Some(server),
            _ => None,
        }
    }

    /// True when it leads to another server than the one of the record, as far as that is known.
    pub(super) fn is_foreign(self, server: Option<&str>) -> bool {
        match (self.server(), server) {
            (Some(named), Some(of_record)) => !same_server(named, of_record),
            _ => false,
        }
    }

    /// True when it points to the resource of this kind, id and `fullUrl` on the server of the record. Where that
    /// server is not known, the `fullUrl` tells it.
    pub(super) fn names(
        self,
        kind: &str,
        id: Option<&str>,
        full_url: Option<&str>,
        server: Option<&str>,
    ) -> bool {
        let url = full_url.and_then(Reference::parse);
        let by_url = || url == Some(self);
        let server = server.or_else(|| url?.server());
        match self {
            Self::Typed(of, wanted, _) => {
                of == kind && id.is_some_and(|id| id == wanted) && !self.is_foreign(server) || by_url()
            }
            Self::Bare(wanted) => id.is_some_and(|id| id == wanted),
            Self::Urn(_) => by_url(),
            Self::Contained(_) => false,
        }
    }
}

/// The id at the end of a `fullUrl`.
pub(super) fn id_in(full_url: Option<&str>) -> Option<&str> {
    match Reference::parse(full_url?)? {
        Reference::Typed(_, id, _) => Some(id),
        _ => None,
    }
}

/// Whether two addresses mean one FHIR server: the protocol and the case of the host do not matter.
fn same_server(one: &str, other: &str) -> bool {
    let parts = |address: &str| {
        let address = address.trim().trim_end_matches('/');
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        (host.to_ascii_lowercase(), path.to_owned())
    };
    one == other || parts(one) == parts(other)
}

/// The patient of the call, and how resources may name them.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    /// The bare id from the context.
    pub id: String,
    /// `fullUrl` of the Patient that was sent, when it is that patient.
    pub full_url: Option<String>,
    /// The FHIR server of the record: `fhirServer` of the call, else the first one a `fullUrl` names.
    pub server: Option<String>,
}

impl Subject {
    /// The patient of `context.patientId`, which some clients send as a reference.
    pub(super) fn of_call(patient_id: &str) -> Self {
        let id = match Reference::parse(patient_id) {
            Some(Reference::Typed(_, id, _) | Reference::Bare(id)) => id,
            _ => patient_id,
        };
        Self {
            id: id.to_owned(),
            full_url: None,
            server: None,
        }
    }

    /// Takes the server of a `fullUrl` for that of the record, unless it is known already.
    pub(super) fn learn_server(&mut self, full_url: Option<&str>) {
        if self.server.is_none() {
            let server = full_url.and_then(Reference::parse).and_then(Reference::server);
            self.server = server.map(str::to_owned);
        }
    }

    /// Whom a resource names in `subject` or `patient` (SC-21). A reference that cannot be followed names nobody.
    /// The patient with this id on another server is somebody else.
    pub(super) fn named_by(&self, resource: Node<'_>) -> Identity {
        let reference = ["subject", "patient"]
            .into_iter()
            .find_map(|member| pointer(resource.get(member)?).0)
            .and_then(Reference::parse);
        let agrees = match reference {
            None | Some(Reference::Contained(_)) => return Identity::NotStated,
            Some(by @ Reference::Typed(..)) => {
                let (id, url) = (Some(self.id.as_str()), self.full_url.as_deref());
                by.names("Patient", id, url, self.server.as_deref())
            }
            Some(Reference::Bare(id)) => id == self.id,
            Some(Reference::Urn(url)) => match &self.full_url {
                Some(of_patient) => of_patient == url,
                None => return Identity::NotStated,
            },
        };
        if agrees {
            Identity::Agrees
        } else {
            Identity::Differs
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::reading::read;
    use crate::fhir::schema;

    #[test]
    fn references_come_in_many_forms() {
        let server = "https://ehr.example.org/fhir/r4";
        let absolute = format!("{server}/Condition/c1/_history/2");
        let local = Some(Reference::Typed("Condition", "c1", ""));
        let cases = [
            ("Condition/c1", local),
            (&absolute, Some(Reference::Typed("Condition", "c1", server))),
            ("Condition/c1/_history/2", local),
            (" Condition/c1/ ", local),
            ("/Condition/c1", local),
            ("c1", Some(Reference::Bare("c1"))),
            ("#c1", Some(Reference::Contained("c1"))),
            ("urn:uuid:0f", Some(Reference::Urn("urn:uuid:0f"))),
            ("", None),
            ("/", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Reference::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn another_server_has_other_resources() {
        let ours = Some("https://ehr.example.org/fhir");
        let elsewhere = "https://other.example.org/fhir/Condition/c1";
        let cases = [
            ("Condition/c1", ours, None, true),
            ("https://ehr.example.org/fhir/Condition/c1", ours, None, true),
            ("http://EHR.example.org/fhir/Condition/c1", ours, None, true),
            ("https://ehr.example.org/FHIR/Condition/c1", ours, None, false),
            (elsewhere, ours, None, false),
            (elsewhere, None, None, true), // nothing is known of any server
            (
                elsewhere,
                None,
                Some("https://ehr.example.org/fhir/Condition/c1"),
                false,
            ),
            (elsewhere, None, Some(elsewhere), true),
            (elsewhere, ours, Some(elsewhere), true), // a copy, sent along under its own address
        ];
        for (text, server, full_url, expected) in cases {
            let reference = Reference::parse(text).unwrap();
            let names = reference.names("Condition", Some("c1"), full_url, server);
            assert_eq!(names, expected, "{text} {server:?} {full_url:?}");
        }
    }

    #[test]
    fn a_resource_is_about_the_patient_of_the_call_or_not() {
        let mut subject = Subject::of_call("Patient/p1");
        let check = |subject: &Subject, reference: &str| {
            let text = format!(r#"{{"subject":{{"reference":"{reference}"}}}}"#);
            subject.named_by(read(&text, schema::order()).unwrap().node())
        };
        for agreeing in [
            "Patient/p1",
            "https://x.example/fhir/Patient/p1",
            "p1",
            "Patient/p1/_history/3",
        ] {
            assert_eq!(check(&subject, agreeing), Identity::Agrees, "{agreeing}");
        }
        for other in [
            "Patient/p2",
            "p11",
            "Group/p1",
            "https://x.example/fhir/Patient/P1",
        ] {
            assert_eq!(check(&subject, other), Identity::Differs, "{other}");
        }
        for unknown in ["", "#pat", "urn:uuid:9"] {
            assert_eq!(check(&subject, unknown), Identity::NotStated, "{unknown}");
        }
        subject.learn_server(Some("https://ehr.example.org/fhir/Condition/c1"));
        subject.learn_server(Some("https://late.example.org/fhir/Condition/c1"));
        assert_eq!(
            check(&subject, "https://ehr.example.org/fhir/Patient/p1"),
            Identity::Agrees
        );
        let elsewhere = "https://x.example/fhir/Patient/p1";
        assert_eq!(check(&subject, elsewhere), Identity::Differs, "SC-21");
        subject.full_url = Some("urn:uuid:9".into());
        assert_eq!(check(&subject, "urn:uuid:9"), Identity::Agrees);
        assert_eq!(check(&subject, "urn:uuid:8"), Identity::Differs);
    }
}
