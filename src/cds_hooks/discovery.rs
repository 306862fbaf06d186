//! What `GET /cds-services` answers: the list of services and what each would like to have prefetched.
//!
//! Which services there are is configuration; here is only their form (R-012 to R-021).

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The discovery answer; `services` may be empty, everything else is left out when it is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Discovery {
    /// The services offered here.
    pub services: Vec<ServiceDescription>,
}

/// One service at one hook.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDescription {
    /// The hook it answers.
    pub hook: String,
    /// A short name for people.
    #[serde(skip_serializing_if = "blank")]
    pub title: Option<String>,
    /// What it does, for people; Markdown that also reads well as plain text.
    pub description: String,
    /// The last part of its address.
    pub id: String,
    /// What to send along.
    #[serde(skip_serializing_if = "PrefetchTemplates::is_empty")]
    pub prefetch: PrefetchTemplates,
    /// What the service needs to work well.
    #[serde(skip_serializing_if = "blank")]
    pub usage_requirements: Option<String>,
    /// Version of the CDS Hooks specification.
    #[serde(skip_serializing_if = "blank")]
    pub version: Option<String>,
    /// Version of the hook.
    #[serde(skip_serializing_if = "blank")]
    pub hook_version: Option<String>,
}

/// Prefetch keys and their templates, in a fixed order (R-051, P-13).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PrefetchTemplates(pub Vec<(String, String)>);

impl PrefetchTemplates {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for PrefetchTemplates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, template) in &self.0 {
            map.serialize_entry(key, template)?;
        }
        map.end()
    }
}

/// An optional text that says nothing is left out (R-006).
pub(super) fn blank(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-007, R-013, P-13.
    #[test]
    fn empty_things_are_left_out_and_order_is_kept() {
        assert_eq!(
            serde_json::to_string(&Discovery { services: Vec::new() }).unwrap(),
            r#"{"services":[]}"#
        );
        let mut service = ServiceDescription {
            hook: "order-sign".into(),
            id: "x".into(),
            description: "D".into(),
            title: Some(String::new()),
            ..ServiceDescription::default()
        };
        let expected = r#"{"hook":"order-sign","description":"D","id":"x"}"#;
        assert_eq!(serde_json::to_string(&service).unwrap(), expected, "R-006");
        service.prefetch = PrefetchTemplates(vec![("z".into(), "1".into()), ("a".into(), "2".into())]);
        service.hook_version = Some("1.0".into());
        let expected = r#""prefetch":{"z":"1","a":"2"},"hookVersion":"1.0""#;
        assert!(
            serde_json::to_string(&service).unwrap().contains(expected),
            "R-051"
        );
    }
}
