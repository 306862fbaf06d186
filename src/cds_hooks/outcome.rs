//! The OperationOutcome that goes with every answer that is not 2xx (R-091).
//!
//! It names the place and the kind of trouble; it never repeats a word of the request.

use super::discovery::blank;
use super::request::RequestFault;
use super::response::Coding;
use serde::Serialize;

/// One or more issues, as FHIR writes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationOutcome {
    resource_type: &'static str,
    issue: Vec<Issue>,
}

impl OperationOutcome {
    /// An outcome with one issue, which is all this service ever has to say.
    #[must_use]
    pub fn new(issue: Issue) -> Self {
        Self {
            resource_type: "OperationOutcome",
            issue: vec![issue],
        }
    }
}

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// FHIR issue type code: `structure`, `required`, `processing` …
    pub code: &'static str,
    /// What happened, for people and as our own code.
    #[serde(skip_serializing_if = "Details::is_empty")]
    pub details: Details,
    /// More for the integrator, such as a request id.
    #[serde(skip_serializing_if = "blank")]
    pub diagnostics: Option<String>,
    /// Where, as a FHIRPath or JSON pointer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expression: Vec<String>,
}

impl Issue {
    /// An error of this FHIR issue type with words for people.
    #[must_use]
    pub fn error(code: &'static str, text: impl Into<String>) -> Self {
        let details = Details {
            coding: Vec::new(),
            text: Some(text.into()),
        };
        Self {
            severity: Severity::Error,
            code,
            details,
            diagnostics: None,
            expression: Vec::new(),
        }
    }
}

impl From<&RequestFault> for Issue {
    fn from(fault: &RequestFault) -> Self {
        let mut issue = Self::error(fault.kind.issue_code(), fault.message.clone());
        issue
            .expression
            .extend(Some(fault.pointer.clone()).filter(|pointer| !pointer.is_empty()));
        issue
    }
}

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The call could not be answered.
    Error,
    /// It could, with less.
    Warning,
}

/// What happened: our own code and words.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Details {
    /// Our own code for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coding: Vec<Coding>,
    /// The words.
    #[serde(skip_serializing_if = "blank")]
    pub text: Option<String>,
}

impl Details {
    fn is_empty(&self) -> bool {
        self.coding.is_empty() && blank(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cds_hooks::HookRequest;
    use serde_json::json;

    #[test]
    fn a_fault_becomes_an_outcome_that_names_the_place() {
        let body = br#"{"hook":"order-sign","hookInstance":"6f0d7f0e-54a5-4f0b-9c4e-2a3f1f6f8b21","context":{"userId":"u"}}"#;
        let fault = HookRequest::parse(body).unwrap_err();
        let expected = json!({"resourceType": "OperationOutcome", "issue": [{
            "severity": "error", "code": "required",
            "details": {"text": "/context/patientId is required"}, "expression": ["/context/patientId"]
        }]});
        let outcome = OperationOutcome::new(Issue::from(&fault));
        assert_eq!(serde_json::to_value(outcome).unwrap(), expected, "R-091, P-02");
    }
}
