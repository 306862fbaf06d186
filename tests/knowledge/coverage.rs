//! Every seed fact is shown by a story, a phrase or a test, or excused with a reason; every trap is met in disguises.

use apposite::knowledge::embedded_files;
use apposite::review::{self, coverage};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The tests of the program: everything in `tests/`, and the test modules of `src/`.
fn tests(dir: &Path, found: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("coverage.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let whole = path.iter().any(|part| part == "tests" || part == "tests.rs");
            let from = if whole { Some(0) } else { text.find("#[cfg(test)]") };
            found.push_str(from.map_or("", |at| &text[at..]));
        }
    }
}

#[test]
fn every_seed_fact_is_shown_or_excused_and_every_trap_met_in_three_disguises() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    tests(&root.join("tests"), &mut text);
    tests(&root.join("src"), &mut text);
    let tested: BTreeSet<String> = coverage::ids('S', &text).into_iter().collect();
    let found = review::run_all(&crate::knowledge(), &embedded_files()).coverage;
    println!("{found}");
    assert_eq!(found.facts.len(), 66);
    assert!(found.traps.len() >= 30, "traps went missing");
    let problems = found.problems(&tested);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
