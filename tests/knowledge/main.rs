//! Core-only tests: the knowledge as it is shipped, and the engine over it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod coverage;
mod laws;
mod lifecycle;
mod lint;
mod mutator;
mod pages;
mod tables;
mod tidy;
mod twin;
mod vignettes;

use apposite::knowledge::Knowledge;

/// The embedded rule set; its findings, if there are any, are the test's message.
fn knowledge() -> Knowledge {
    Knowledge::embedded().unwrap_or_else(|findings| {
        let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
        panic!("{} findings\n\n{}", findings.len(), told.join("\n\n"));
    })
}

#[test]
fn the_embedded_knowledge_has_no_findings() {
    assert!(!knowledge().digest().is_empty());
}
