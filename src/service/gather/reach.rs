//! Which caller lets us ask which FHIR servers (P-15, SC-10).
//!
//! Built once at the start, so that connections are kept between calls. Each client has access of its own: what one may
//! name is never reached for another. Nobody is asked for a caller that is not known here.

use super::Settings;
use super::access::{BaseFault, BaseSettings, FhirAccess};
use crate::config::{Client, Fhir};
use crate::service::Caller;
use std::collections::BTreeMap;
use std::time::Duration;

/// The FHIR servers of each caller. The default is nothing for nobody.
#[derive(Debug, Clone, Default)]
pub struct FhirReach {
    anybody: FhirAccess,
    by_issuer: BTreeMap<String, FhirAccess>,
    nothing: FhirAccess,
}

/// The FHIR servers of a client cannot be asked as configured.
#[derive(Debug, thiserror::Error)]
#[error("client `{client}`: `fhir_bases`: {fault}")]
pub struct ReachFault {
    /// The client's name.
    pub client: String,
    /// What is wrong.
    #[source]
    pub fault: BaseFault,
}

impl FhirReach {
    /// What calls lead to when nobody is registered. In tests; as a program the service then asks nobody.
    #[must_use]
    pub fn of_anybody(access: FhirAccess) -> Self {
        Self {
            anybody: access,
            ..Self::default()
        }
    }

    /// What each of these clients lists, as far as usual, and nothing for anybody else.
    ///
    /// # Errors
    /// The first FHIR server that cannot be listed.
    pub fn registered(clients: &[Client]) -> Result<Self, ReachFault> {
        Self::limited(clients, &Fhir::default())
    }

    /// What each of these clients lists, thus far, and nothing for anybody else.
    ///
    /// # Errors
    /// The first FHIR server that cannot be listed.
    pub fn limited(clients: &[Client], limits: &Fhir) -> Result<Self, ReachFault> {
        let access = |client: &Client| match FhirAccess::new(settings(client, limits)) {
            Ok(access) => Ok((client.issuer.clone(), access)),
            Err(fault) => Err(ReachFault {
                client: client.name.clone(),
                fault,
            }),
        };
        Ok(Self {
            by_issuer: clients.iter().map(access).collect::<Result<_, _>>()?,
            ..Self::default()
        })
    }

    /// What this caller lets us ask.
    #[must_use]
    pub fn of(&self, caller: &Caller) -> &FhirAccess {
        match caller.client() {
            None => &self.anybody,
            Some(client) => self.by_issuer.get(&client.issuer).unwrap_or(&self.nothing),
        }
    }
}

fn settings(client: &Client, limits: &Fhir) -> Settings {
    let base = |url: &String| BaseSettings {
        url: url.clone(),
        allow_private: client.fhir_private,
        allow_loopback: client.fhir_loopback,
        authorities: client.authorities.clone(),
    };
    Settings {
        bases: client.fhir_bases.iter().map(base).collect(),
        subject: client.fhir_subject.clone(),
        deadline: Duration::from_millis(limits.deadline_millis.into()),
        pages: limits.pages,
        page_bytes: limits.page_bytes,
        call_bytes: limits.call_bytes,
        requests: limits.requests,
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(base: &str, fhir_private: bool, fhir_loopback: bool) -> Client {
        Client {
            fhir_bases: vec![base.to_owned()],
            fhir_private,
            fhir_loopback,
            ..Client::new("ehr", "https://ehr.example.org")
        }
    }

    /// SC-10: private networks and this machine only where the configuration says so, plain http on this machine only.
    #[test]
    fn a_client_reaches_only_what_its_configuration_says() {
        for (base, private, loopback, ok) in [
            ("https://fhir.example.org/r4", false, false, true),
            ("https://10.1.2.3/fhir", false, false, false),
            ("https://10.1.2.3/fhir", true, false, true),
            ("http://127.0.0.1:8000/fhir", false, false, false),
            ("http://127.0.0.1:8000/fhir", true, false, false),
            ("http://127.0.0.1:8000/fhir", false, true, true),
            ("http://10.1.2.3/fhir", true, true, false),
            ("http://fhir.example.org/r4", true, true, false),
        ] {
            let reach = FhirReach::registered(&[client(base, private, loopback)]);
            assert_eq!(reach.is_ok(), ok, "{base} {private} {loopback}: {reach:?}");
            if let Err(fault) = reach {
                let told = fault.to_string();
                assert!(told.contains("`ehr`") && told.contains(base), "{told}");
            }
        }
    }

    /// Without a configuration it is as far as without the configuration's code.
    #[test]
    fn the_defaults_of_the_file_are_those_of_reading() {
        let client = Client::new("ehr", "https://ehr.example.org");
        assert_eq!(settings(&client, &Fhir::default()), Settings::default());
        let limits = Fhir {
            deadline_millis: 100,
            pages: 2,
            page_bytes: 3,
            call_bytes: 4,
            requests: 5,
        };
        let told = settings(&client, &limits);
        assert_eq!(told.deadline, Duration::from_millis(100));
        assert_eq!(
            (told.pages, told.page_bytes, told.call_bytes, told.requests),
            (2, 3, 4, 5)
        );
    }

    /// Without clients nobody is asked, as ever.
    #[test]
    fn nothing_is_listed_for_a_caller_that_is_not_known() {
        let base = "https://fhir.example.org/r4";
        let reach = FhirReach::registered(&[client(base, false, false)]).unwrap();
        assert!(reach.of(&Caller::default()).server(base).is_none());
        assert!(FhirReach::default().of(&Caller::default()).server(base).is_none());
    }
}
