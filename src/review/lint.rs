//! Every check of the knowledge that does not depend on profile or day: those of the compile step, and those that
//! need the engine.

use super::{longest, stories};
use crate::knowledge::finding::Finding;
use crate::knowledge::{Knowledge, SourceFiles, compile};

/// The knowledge, once nothing is found against it.
///
/// # Errors
/// Every finding, in file order.
pub fn check(files: &SourceFiles) -> Result<Knowledge, Vec<Finding>> {
    let knowledge = compile::compile(files)?;
    // Stories that cannot be read are reported by `knowledge test`, with their line.
    let (stories, _) = stories(&knowledge, files);
    let mut findings = longest::findings(&knowledge, files, &stories);
    findings.sort();
    if findings.is_empty() {
        Ok(knowledge)
    } else {
        Err(findings)
    }
}
