//! Core-only tests: the knowledge as it is shipped, and the engine over it.

#[test]
fn the_embedded_knowledge_has_no_findings() {
    if let Err(findings) = apposite::knowledge::Knowledge::embedded() {
        for finding in &findings {
            println!("{finding}\n");
        }
        panic!("{} findings", findings.len());
    }
}
