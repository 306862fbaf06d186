//! Which prefetch key brings which part of the record: one table for discovery and for reading.
//!
//! The templates use only what every version of the specification allows: a read of the patient, and
//! searches by patient with at most one further token. None filters on status, since resolved problems and finished
//! treatments matter here.
//!
//! FHIR R4 searches one resource type at a time, so that medications and imaging come under several keys. The *main*
//! key of a source decides whether the source was delivered; the others add to it. An EHR that declines an additional
//! key has still told what its main list of medicines holds, and P2 must not turn every such EHR away; but an
//! additional answer that is an error or has unread pages shows that there is more than was read.
//!
//! Two restrictions keep data to the necessary minimum: laboratory observations only, radiology reports only.
//! Earlier orders for imaging are read when a client sends them; they are not asked for, as no plain token selects them.

use crate::engine::case::Source;

/// One prefetch key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefetchKey {
    /// The key.
    pub key: &'static str,
    /// The template to publish; `None` for a key that is understood and not asked for.
    pub template: Option<&'static str>,
    /// What it brings.
    pub source: Source,
    /// Whether this key decides if the source was delivered.
    pub main: bool,
}

impl PrefetchKey {
    /// The query its template stands for: `Condition?patient=p1`. `None` when it is not asked for, or when the id is
    /// no FHIR id and could change the meaning of the query.
    #[must_use]
    pub fn query(&self, patient_id: &str) -> Option<String> {
        let letters = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        let sound = (1..=64).contains(&patient_id.len())
            && patient_id.bytes().all(letters)
            && patient_id.bytes().any(|b| b != b'.');
        let template = self.template.filter(|_| sound)?;
        Some(template.replace("{{context.patientId}}", patient_id))
    }
}

const fn main(key: &'static str, source: Source, template: &'static str) -> PrefetchKey {
    PrefetchKey {
        key,
        template: Some(template),
        source,
        main: true,
    }
}

const fn more(key: &'static str, source: Source, template: Option<&'static str>) -> PrefetchKey {
    PrefetchKey {
        key,
        template,
        source,
        main: false,
    }
}

/// Every key, in the order in which discovery lists them.
pub const KEYS: [PrefetchKey; 12] = [
    main("patient", Source::Patient, "Patient/{{context.patientId}}"),
    main(
        "conditions",
        Source::Conditions,
        "Condition?patient={{context.patientId}}",
    ),
    main(
        "procedures",
        Source::Procedures,
        "Procedure?patient={{context.patientId}}",
    ),
    main(
        "medications",
        Source::Medications,
        "MedicationRequest?patient={{context.patientId}}",
    ),
    more(
        "medicationStatements",
        Source::Medications,
        Some("MedicationStatement?patient={{context.patientId}}"),
    ),
    more(
        "medicationAdministrations",
        Source::Medications,
        Some("MedicationAdministration?patient={{context.patientId}}"),
    ),
    more("medicationDispenses", Source::Medications, None),
    main(
        "observations",
        Source::Observations,
        "Observation?patient={{context.patientId}}&category=laboratory",
    ),
    main(
        "allergies",
        Source::Allergies,
        "AllergyIntolerance?patient={{context.patientId}}",
    ),
    main(
        "imaging",
        Source::Imaging,
        "ImagingStudy?patient={{context.patientId}}",
    ),
    more(
        "imagingReports",
        Source::Imaging,
        Some("DiagnosticReport?patient={{context.patientId}}&category=RAD"),
    ),
    more("imagingOrders", Source::Imaging, None),
];

/// What a key sent by a client brings; `None` for a key that is not ours.
///
/// Observations may come under several keys that begin with `observations`, each as good as the main one.
#[must_use]
pub fn source_of(key: &str) -> Option<(Source, bool)> {
    let known = KEYS
        .iter()
        .find(|known| known.key == key)
        .map(|known| (known.source, known.main));
    known.or_else(|| {
        key.starts_with("observations")
            .then_some((Source::Observations, true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    ///
    #[test]
    fn each_source_has_exactly_one_main_key_of_its_own_name() {
        for source in Source::ALL {
            let mains: Vec<_> = KEYS
                .iter()
                .filter(|key| key.main && key.source == source)
                .collect();
            assert_eq!(
                mains.iter().map(|key| key.key).collect::<Vec<_>>(),
                [source.key()]
            );
            assert!(mains.iter().all(|key| key.template.is_some()), "{source:?}");
        }
        assert_eq!(
            source_of("observationsKidney"),
            Some((Source::Observations, true))
        );
        assert_eq!(source_of("user"), None);
    }

    #[test]
    fn a_template_becomes_a_query_only_with_a_sound_patient_id() {
        let queries = |id: &str| KEYS.iter().filter_map(|key| key.query(id)).collect::<Vec<_>>();
        assert!(queries("p-1.A_b").contains(&"Condition?patient=p-1.A_b".to_owned()));
        assert!(queries("1").iter().all(|query| !query.contains('{')));
        let long = "1".repeat(65);
        for odd in [
            "",
            ".",
            "..",
            "1/2",
            "1&_count=9",
            "1?x",
            "1#",
            "%31",
            "1 2",
            "é",
            "1,2",
            &long,
        ] {
            assert!(queries(odd).is_empty(), "{odd}");
        }
    }

    ///
    #[test]
    fn templates_are_legal_in_every_version_of_the_specification() {
        for template in KEYS.iter().filter_map(|key| key.template) {
            assert_eq!(template.matches("{{").count(), 1, "R-046 {template}");
            assert!(template.contains("{{context.patientId}}"), "R-048 {template}");
            assert!(
                template.matches('=').count() <= 2 && !template.contains(','),
                "R-049 {template}"
            );
            assert!(
                !template.contains("_include") && !template.contains(':'),
                "R-049 {template}"
            );
        }
    }
}
