//! How resources point to each other, and whom they are about.
//!
//! Relative (`Condition/c1`), absolute, versioned, `urn:uuid:`, contained (`#c1`) and bare (`c1`) forms. Nothing is
//! fetched: a reference either resolves within the request or stays unread.

use super::node::Node;
use crate::engine::case::Identity;

/// A reference taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// `Condition/c1`, whatever stood before or after it.
    Typed(&'a str, &'a str),
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
        let kind = before.rsplit('/').next().unwrap_or(before);
        let typed = kind.starts_with(|c: char| c.is_ascii_uppercase());
        Some(if typed {
            Self::Typed(kind, id)
        } else {
            Self::Bare(id)
        })
    }

    /// The text under which a resource read from the request is looked up.
    pub(super) fn canonical(self) -> String {
        match self {
            Self::Typed(kind, id) => format!("{kind}/{id}"),
            Self::Bare(id) | Self::Urn(id) => id.to_owned(),
            Self::Contained(id) => format!("#{id}"),
        }
    }

    /// True when it points to the resource of this kind, id and `fullUrl`.
    pub(super) fn names(self, kind: &str, id: Option<&str>, full_url: Option<&str>) -> bool {
        let by_url = || full_url.and_then(Reference::parse).is_some_and(|url| url == self);
        match self {
            Self::Typed(of, wanted) => of == kind && id.is_some_and(|id| id == wanted) || by_url(),
            Self::Bare(wanted) => id.is_some_and(|id| id == wanted),
            Self::Urn(_) => by_url(),
            Self::Contained(_) => false,
        }
    }
}

/// The patient of the call, and how resources may name them.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    /// The bare id from the context.
    pub id: String,
    /// `fullUrl` of the Patient that was sent, when it is that patient.
    pub full_url: Option<String>,
}

impl Subject {
    /// The patient of `context.patientId`, which some clients send as a reference.
    pub(super) fn of_call(patient_id: &str) -> Self {
        let id = match Reference::parse(patient_id) {
            Some(Reference::Typed(_, id) | Reference::Bare(id)) => id,
            _ => patient_id,
        };
        Self {
            id: id.to_owned(),
            full_url: None,
        }
    }

    /// Whom a resource names in `subject` or `patient` (SC-21). A reference that cannot be followed names nobody.
    pub(super) fn named_by<'n>(&self, resource: impl Node<'n>) -> Identity {
        let reference = ["subject", "patient"]
            .into_iter()
            .find_map(|member| resource.get(member)?.text_of("reference"))
            .and_then(Reference::parse);
        let agrees = match reference {
            None | Some(Reference::Contained(_)) => return Identity::NotStated,
            Some(Reference::Typed(kind, id)) => kind == "Patient" && id == self.id,
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
    use crate::fhir::node::Json;

    #[test]
    fn references_come_in_many_forms() {
        let cases = [
            ("Condition/c1", Some(Reference::Typed("Condition", "c1"))),
            (
                "https://ehr.example.org/fhir/r4/Condition/c1",
                Some(Reference::Typed("Condition", "c1")),
            ),
            (
                "Condition/c1/_history/2",
                Some(Reference::Typed("Condition", "c1")),
            ),
            (" Condition/c1/ ", Some(Reference::Typed("Condition", "c1"))),
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
    fn a_resource_is_about_the_patient_of_the_call_or_not() {
        let mut subject = Subject::of_call("Patient/p1");
        let check = |subject: &Subject, reference: &str| {
            let text = format!(r#"{{"subject":{{"reference":"{reference}"}}}}"#);
            subject.named_by(&Json::picked(&text, &["subject"]).unwrap())
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
        subject.full_url = Some("urn:uuid:9".into());
        assert_eq!(check(&subject, "urn:uuid:9"), Identity::Agrees);
        assert_eq!(check(&subject, "urn:uuid:8"), Identity::Differs);
    }
}
