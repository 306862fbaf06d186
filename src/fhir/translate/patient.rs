//! Stage 1: whose call it is.

use super::Call;
use crate::cds_hooks::HookRequest;
use crate::engine::case::{Identity, ResourceRef, Source};
use crate::fhir::kind::Kind;
use crate::fhir::node::Node;
use crate::fhir::reading::{Read, read};
use crate::fhir::reference::id_in;
use crate::fhir::survey::{Wanted, survey};
use crate::fhir::{Interest, chart, schema};

impl<'a, I: Interest> Call<'a, '_, I> {
    /// A token for another patient than the one of the context: whose data these are cannot be told (SC-21).
    pub(super) fn compare_authorization(&mut self, request: &HookRequest<'a>) {
        #[derive(serde::Deserialize)]
        struct Granted<'t> {
            #[serde(borrow, default)]
            patient: Option<std::borrow::Cow<'t, str>>,
        }
        let granted = request
            .fhir_authorization
            .map(|a| serde_json::from_str::<Granted<'_>>(a.expose().get()));
        if let Some(Ok(Granted {
            patient: Some(patient),
        })) = granted
            && patient != request.context.patient_id
        {
            self.chart.patient.identity = Identity::Differs;
        }
    }

    /// Demographics: the Patient itself, or the one of the call in a Bundle.
    pub(super) fn read_patient(&mut self) {
        let Some(answer) = self
            .answers
            .iter_mut()
            .find(|answer| answer.source == Source::Patient)
        else {
            return;
        };
        let Some(raw) = answer.raw else { return };
        let schema = schema::of(Kind::Patient);
        let direct = read(raw.get(), schema).ok();
        let is_patient = |read: &Read| read.node().text_of("resourceType") == Some(Kind::Patient.name());
        if let Some(read) = direct.filter(is_patient) {
            self.take_patient(read.node(), None);
            return;
        }
        let seen = answer
            .survey
            .insert(survey(raw, self.interest, Wanted::default()));
        let patients = seen
            .found
            .iter()
            .filter(|found| found.kind == Kind::Patient && found.at.is_some());
        let patients = patients.filter_map(|found| Some((read(found.text, schema).ok()?, &found.full_url)));
        // Of several patients the one of the call is meant; the others are somebody else's business.
        let other = |read: &Read| read.node().text_of("id") != Some(self.subject.id.as_str());
        if let Some((read, full_url)) = patients.min_by_key(|(read, _)| other(read)) {
            let full_url = full_url.as_deref().map(str::to_owned);
            self.take_patient(read.node(), full_url.as_deref());
        }
    }

    fn take_patient(&mut self, node: Node<'_>, full_url: Option<&str>) {
        let id = node.text_of("id").or_else(|| id_in(full_url));
        let name = id.map_or_else(|| "Patient".to_owned(), |id| format!("Patient/{id}"));
        let identity = match id {
            None => Identity::NotStated,
            Some(id) if id == self.subject.id => Identity::Agrees,
            Some(_) => Identity::Differs,
        };
        self.subject.learn_server(full_url);
        if identity == Identity::Agrees {
            self.subject.full_url = full_url.map(str::to_owned);
        }
        self.chart.patient = chart::patient(node, ResourceRef::new(name));
        self.chart.patient.identity = identity;
    }
}
