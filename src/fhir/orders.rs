//! A draft ServiceRequest → [`DraftOrder`].
//!
//! Written once for the first, light look and for the checked element. Whether an order is imaging, and what for, is
//! the engine's to say.

use super::datatypes::{concept_of, concepts_of, notes_of, status_of};
use super::node::Node;
use super::reference::{Reference, Subject};
use crate::engine::case::{DraftOrder, ReasonReference, ResourceRef};
use crate::terminology::Concept;

/// The elements read from an order.
pub(super) const FIELDS: [&str; 15] = [
    "resourceType",
    "id",
    "contained",
    "status",
    "intent",
    "doNotPerform",
    "category",
    "code",
    "orderDetail",
    "subject",
    "reasonCode",
    "reasonReference",
    "supportingInfo",
    "bodySite",
    "note",
];

/// The same, and those that give away an order of FHIR R5.
pub(super) const FIRST_LOOK: [&str; 16] = [
    "resourceType",
    "id",
    "contained",
    "status",
    "intent",
    "doNotPerform",
    "category",
    "code",
    "orderDetail",
    "subject",
    "reasonCode",
    "reasonReference",
    "supportingInfo",
    "bodySite",
    "note",
    "reason",
];

/// Request types of older FHIR releases.
pub(super) const OLDER: [&str; 5] = [
    "DiagnosticOrder",
    "ProcedureRequest",
    "ReferralRequest",
    "MedicationOrder",
    "DeviceUseRequest",
];

/// True for the shapes FHIR R5 uses (`code.concept`, `reason`).
pub(super) fn is_r5<'n>(order: impl Node<'n>) -> bool {
    order.get("reason").is_some()
        || order
            .get("code")
            .is_some_and(|code| code.get("concept").is_some())
}

/// An order whose references are not resolved yet.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadOrder {
    order: DraftOrder,
    reasons: Vec<Reason>,
    supporting: Vec<String>,
}

#[derive(Debug, Clone)]
enum Reason {
    Contained(ResourceRef, Concept),
    Elsewhere {
        reference: Option<String>,
        display: Option<String>,
    },
}

/// Where resources of the request are looked up.
pub(super) trait Lookup {
    /// The resource a reference points to, if it was read.
    fn find(&self, reference: &str) -> Option<ResourceRef>;

    /// What that resource says.
    fn concept(&self, resource: &ResourceRef) -> Option<Concept>;
}

impl ReadOrder {
    /// Reads an order. `selected` and the id are known from the call.
    pub(super) fn read<'n>(
        node: impl Node<'n>,
        id: Option<ResourceRef>,
        selected: bool,
        subject: &Subject,
    ) -> Self {
        let (mut along, mut supporting) = (Vec::new(), Vec::new());
        for reference in node
            .each("supportingInfo")
            .filter_map(|info| info.text_of("reference"))
        {
            match contained(node, reference) {
                Some(concept) => along.push(concept),
                None => supporting.push(reference.to_owned()),
            }
        }
        let within = id.as_ref().map_or("ServiceRequest", ResourceRef::as_str);
        let reasons = node.each("reasonReference").map(|reason| {
            let reference = reason.text_of("reference").or_else(|| reason.text());
            match reference.and_then(|reference| Some((reference, contained(node, reference)?))) {
                Some((local, concept)) => {
                    Reason::Contained(ResourceRef::new(format!("{within}{local}")), concept)
                }
                None => Reason::Elsewhere {
                    reference: reference.map(str::to_owned),
                    display: reason.text_of("display").map(str::to_owned),
                },
            }
        });
        let reasons = reasons.collect();
        let order = DraftOrder {
            categories: concepts_of(node, "category"),
            id,
            selected,
            status: status_of(node, "status"),
            intent: status_of(node, "intent"),
            do_not_perform: node.get("doNotPerform").and_then(Node::truth).unwrap_or(false),
            subject: subject.named_by(node),
            code: concept_of(node, "code"),
            details: concepts_of(node, "orderDetail"),
            supporting: along,
            body_sites: concepts_of(node, "bodySite"),
            reasons: concepts_of(node, "reasonCode"),
            reason_references: Vec::new(),
            notes: notes_of(node),
        };
        Self {
            order,
            reasons,
            supporting,
        }
    }

    /// An order of which only its place in the call is known.
    pub(super) fn unread(id: Option<ResourceRef>, selected: bool) -> Self {
        Self {
            order: DraftOrder {
                id,
                selected,
                ..DraftOrder::default()
            },
            ..Self::default()
        }
    }

    /// The order's reference.
    pub(super) fn id(&self) -> Option<&ResourceRef> {
        self.order.id.as_ref()
    }

    /// Whether the hook asks about it.
    pub(super) fn is_selected(&self) -> bool {
        self.order.selected
    }

    /// The references that point out of the order.
    pub(super) fn references(&self) -> impl Iterator<Item = &str> {
        let reasons = self.reasons.iter().filter_map(|reason| match reason {
            Reason::Elsewhere { reference, .. } => reference.as_deref(),
            Reason::Contained(..) => None,
        });
        reasons.chain(self.supporting.iter().map(String::as_str))
    }

    /// The order with its references resolved as far as the request goes. Where a reason was not sent, the words the
    /// client shows for it are a reason in words.
    pub(super) fn resolved(&self, lookup: &impl Lookup) -> DraftOrder {
        let mut order = self.order.clone();
        for reason in &self.reasons {
            order.reason_references.push(match reason {
                Reason::Contained(at, concept) => ReasonReference::Contained(at.clone(), concept.clone()),
                Reason::Elsewhere { reference, display } => {
                    match reference.as_deref().and_then(|reference| lookup.find(reference)) {
                        Some(found) => ReasonReference::InChart(found),
                        None => {
                            let words = display.clone().map(|text| Concept {
                                codings: Vec::new(),
                                text: Some(text),
                            });
                            order.reasons.extend(words);
                            ReasonReference::Unread(named(reference.as_deref()))
                        }
                    }
                }
            });
        }
        let supporting = self
            .supporting
            .iter()
            .filter_map(|reference| lookup.find(reference));
        order
            .supporting
            .extend(supporting.filter_map(|found| lookup.concept(&found)));
        order
    }
}

/// The name of something that was not read.
fn named(reference: Option<&str>) -> ResourceRef {
    let canonical = reference.and_then(Reference::parse).map(Reference::canonical);
    ResourceRef::new(canonical.unwrap_or_else(|| "unidentified".to_owned()))
}

/// What a resource inside the order says; `None` when the reference leads elsewhere, nowhere, or to something refuted.
pub(super) fn contained<'n>(within: impl Node<'n>, reference: &str) -> Option<Concept> {
    let Reference::Contained(id) = Reference::parse(reference)? else {
        return None;
    };
    let resource = within
        .each("contained")
        .find(|resource| resource.text_of("id") == Some(id))?;
    let status = |name| status_of(resource, name);
    let void = [status("verificationStatus"), status("status")]
        .into_iter()
        .flatten();
    if void
        .into_iter()
        .any(|status| status == "refuted" || status == "entered-in-error")
    {
        return None;
    }
    Some(concept_of(resource, "code")).filter(|concept| !concept.is_empty())
}
