//! The `context` of the two order hooks: who, about whom, and the unsigned orders.
//!
//! The orders stay raw FHIR text. Other hooks, and fields other hooks define, are not here.

use super::member::{self, Kind, Members, Text};
use super::request::{RequestFault, Slot};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The hooks this crate can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// An order was picked and is still being detailed.
    OrderSelect,
    /// Orders are about to be signed.
    OrderSign,
}

impl Hook {
    /// The name the specification uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderSelect => "order-select",
            Self::OrderSign => "order-sign",
        }
    }

    /// The hook with this name; names are compared exactly.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::OrderSelect, Self::OrderSign]
            .into_iter()
            .find(|hook| hook.name() == name)
    }
}

/// What the clinician is doing.
#[derive(Clone)]
pub struct Context<'a> {
    /// The user, as `Practitioner/123`.
    pub user_id: Cow<'a, str>,
    /// The patient, as a bare FHIR id.
    pub patient_id: Cow<'a, str>,
    /// The encounter, as a bare FHIR id.
    pub encounter_id: Option<Cow<'a, str>>,
    /// order-select: the orders asked about, as `ServiceRequest/1` or bare `1`. Empty for order-sign.
    pub selections: Vec<Cow<'a, str>>,
    /// All unsigned orders of the session: a FHIR Bundle as sent.
    pub draft_orders: &'a RawValue,
}

/// The members of `context` as found, before they are judged.
#[derive(Default)]
pub(super) struct RawContext<'a> {
    user_id: Slot<'a>,
    patient_id: Slot<'a>,
    encounter_id: Slot<'a>,
    selections: Slot<'a>,
    draft_orders: Slot<'a>,
    pub(super) repeated: Option<&'static str>,
}

impl<'a> Members<'a> for RawContext<'a> {
    fn member<A: MapAccess<'a>>(&mut self, name: &Text<'a>, map: &mut A) -> Result<(), A::Error> {
        let (slot, pointer) = match name.0.as_ref() {
            "userId" => (&mut self.user_id, "/context/userId"),
            "patientId" => (&mut self.patient_id, "/context/patientId"),
            "encounterId" => (&mut self.encounter_id, "/context/encounterId"),
            "selections" => (&mut self.selections, "/context/selections"),
            "draftOrders" => (&mut self.draft_orders, "/context/draftOrders"),
            _ => return map.next_value::<IgnoredAny>().map(drop),
        };
        if slot.fill(map.next_value()?) {
            self.repeated = Some(pointer);
        }
        Ok(())
    }
}

impl<'a> RawContext<'a> {
    /// Judges the members by the rules of `hook`.
    pub(super) fn check(self, hook: Hook) -> Result<Context<'a>, RequestFault> {
        let user_id = self.user_id.required_text("/context/userId")?;
        let patient_id = self.patient_id.required_text("/context/patientId")?;
        let encounter_id = self.encounter_id.optional_text("/context/encounterId")?;
        let draft_orders = self.draft_orders.required("/context/draftOrders")?;
        if !matches!(member::kind(draft_orders), Kind::Object) {
            return Err(RequestFault::value(
                "/context/draftOrders",
                "must be a FHIR Bundle",
            ));
        }
        let selections = match hook {
            Hook::OrderSelect => selections(self.selections.required("/context/selections")?)?,
            Hook::OrderSign => Vec::new(),
        };
        Ok(Context {
            user_id,
            patient_id,
            encounter_id,
            selections,
            draft_orders,
        })
    }
}

fn selections(raw: &RawValue) -> Result<Vec<Cow<'_, str>>, RequestFault> {
    let place = "/context/selections";
    let fault = || RequestFault::value(place, "must be an array of references to draft orders");
    if !matches!(member::kind(raw), Kind::List) {
        return Err(fault());
    }
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| fault())?;
    let fault_at = |at| RequestFault::value(format!("{place}/{at}"), "must be a string");
    let texts = items.into_iter().enumerate();
    texts
        .map(|(at, item)| member::text(item).ok_or_else(|| fault_at(at)))
        .collect()
}
