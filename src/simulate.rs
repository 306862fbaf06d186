//! An EHR to try a CDS Hooks service with: it signs, serves its keys and a patient's record, calls, and judges answers.
//!
//! It knows CDS Hooks and FHIR, and nothing of this project's service: any other is tried in the same way. Medicine is
//! left out, and so is the terminal: what the user types and reads is the matter of `cli`. It is a tool for trial data
//! and listens on this machine only.

pub mod call;
pub mod client;
pub mod ehr;
pub mod identity;
pub mod plain;
pub mod prefetch;
pub mod record;
pub mod rules;
pub mod show;
