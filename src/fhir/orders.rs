//! A draft ServiceRequest → [`DraftOrder`].
//!
//! The shapes of FHIR R4 and R5 are read; an order that mixes them is not, as it cannot be told which of its halves is
//! meant. Whether an order is imaging, and what for, is the engine's to say.

use super::datatypes::{concept, concept_of, concepts_of, notes_of, pointer, status_of};
use super::node::Node;
use super::reference::{Reference, Subject};
use crate::engine::case::{DraftOrder, ReasonReference, ResourceRef};
use crate::terminology::Concept;

/// The elements read from an order; `reason` is what R5 has for both kinds of reason.
pub(super) const FIELDS: [&str; 16] = [
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
    "reason",
    "supportingInfo",
    "bodySite",
    "note",
];

/// The release of an order whose type FHIR R4 no longer has.
pub(super) fn older_release(kind: &str, order: Node<'_>) -> Option<&'static str> {
    match kind {
        "DiagnosticOrder" | "MedicationOrder" | "DeviceUseRequest" => Some("DSTU2"),
        "ProcedureRequest" | "ReferralRequest" if order.get("intent").is_some() => Some("STU3"),
        "ProcedureRequest" | "ReferralRequest" => Some("DSTU2"),
        _ => None,
    }
}

/// True when an order has elements that only R4 has beside elements that only R5 has.
pub(super) fn mixes_releases(order: Node<'_>) -> bool {
    let has = |name: &str| order.get(name).is_some();
    let code_has = |name: &str| order.get("code").is_some_and(|code| code.get(name).is_some());
    let r4 = has("reasonCode") || has("reasonReference") || code_has("coding") || code_has("text");
    let r5 = has("reason") || code_has("concept") || code_has("reference");
    r4 && r5
}

/// Where resources of the request are looked up.
pub(super) trait Lookup {
    /// The resource a reference points to, if it was read.
    fn find(&self, reference: &str) -> Option<ResourceRef>;

    /// What that resource says.
    fn concept(&self, resource: &ResourceRef) -> Option<Concept>;
}

/// The reasons of an order that are references.
fn reasons<'n>(order: Node<'n>) -> impl Iterator<Item = Node<'n>> {
    // In R5, a reason without a reference is a concept.
    let r5 = order
        .each("reason")
        .filter(|reason| reason.get("reference").is_some());
    order.each("reasonReference").chain(r5)
}

/// The references of an order that point out of it.
pub(super) fn references<'n>(order: Node<'n>) -> impl Iterator<Item = &'n str> {
    let all = reasons(order).chain(order.each("supportingInfo"));
    let references = all.filter_map(|node| pointer(node).0);
    references.filter(move |reference| contained(order, reference).is_none())
}

/// Reads an order. What is known from the call comes in `draft`, and references are resolved as far as the request has
/// been read. Where a reason was not sent, the words the client shows for it are a reason in words.
pub(super) fn read(node: Node<'_>, draft: DraftOrder, subject: &Subject, lookup: &impl Lookup) -> DraftOrder {
    let mut order = DraftOrder {
        status: status_of(node, "status"),
        intent: status_of(node, "intent"),
        do_not_perform: node.get("doNotPerform").and_then(Node::truth).unwrap_or(false),
        subject: subject.named_by(node),
        categories: concepts_of(node, "category"),
        code: study(node),
        details: node.each("orderDetail").flat_map(details).collect(),
        body_sites: concepts_of(node, "bodySite"),
        reasons: concepts_of(node, "reasonCode"),
        notes: notes_of(node),
        ..draft
    };
    order.reasons.extend(concepts_of(node, "reason"));
    let within = order.id.as_ref().map_or("ServiceRequest", ResourceRef::as_str);
    let mut shown = Vec::new();
    for reason in reasons(node) {
        let (reference, display) = pointer(reason);
        let inside = reference.and_then(|reference| Some((reference, contained(node, reference)?)));
        order.reason_references.push(match inside {
            Some((local, concept)) => {
                ReasonReference::Contained(ResourceRef::new(format!("{within}{local}")), concept)
            }
            None => match reference.and_then(|reference| lookup.find(reference)) {
                Some(found) => ReasonReference::InChart(found),
                None => {
                    shown.extend(display.map(|text| Concept {
                        codings: Vec::new(),
                        text: Some(text.to_owned()),
                    }));
                    ReasonReference::Unread(named(reference, subject.server.as_deref()))
                }
            },
        });
    }
    order.reasons.extend(shown);
    let info = || node.each("supportingInfo").filter_map(|info| pointer(info).0);
    let inside = info().filter_map(|reference| contained(node, reference));
    let beside = info().filter_map(|reference| lookup.concept(&lookup.find(reference)?));
    order.supporting.extend(inside.chain(beside));
    order
}

/// What is ordered. R5 may keep it in a resource inside the order.
fn study(order: Node<'_>) -> Concept {
    let coded = concept_of(order, "code");
    let inside = || contained(order, pointer(order.get("code")?).0?);
    if coded.is_empty() {
        inside().unwrap_or(coded)
    } else {
        coded
    }
}

/// A detail: a concept in R4, parameters in R5.
fn details(detail: Node<'_>) -> impl Iterator<Item = Concept> {
    let words = |parameter: Node<'_>| Concept {
        codings: Vec::new(),
        text: parameter.text_of("valueString").map(str::to_owned),
    };
    let of_parameter = move |parameter| {
        [
            concept_of(parameter, "code"),
            concept_of(parameter, "valueCodeableConcept"),
            words(parameter),
        ]
    };
    let parameters = detail.each("parameter").flat_map(of_parameter);
    let all = std::iter::once(concept(detail)).chain(parameters);
    all.filter(|concept| !concept.is_empty())
}

/// The name of something that was not read; never that of a resource of the record.
fn named(reference: Option<&str>, server: Option<&str>) -> ResourceRef {
    ResourceRef::new(match reference.and_then(Reference::parse) {
        Some(reference) if reference.is_foreign(server) => format!("elsewhere/{}", reference.local()),
        Some(reference) => reference.local(),
        None => "unidentified".to_owned(),
    })
}

/// What a resource inside another one says; `None` when the reference leads elsewhere, nowhere, or to something
/// refuted.
pub(super) fn contained(within: Node<'_>, reference: &str) -> Option<Concept> {
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
