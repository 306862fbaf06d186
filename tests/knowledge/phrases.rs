//! Every phrase of `phrases.toml` is read as the file says.

use apposite::engine::language::{Finding, Reading as Read, Text};
use apposite::knowledge::embedded_files;
use apposite::review::phrases::{self, Operation, Reading, Standing};

#[test]
fn every_phrase_is_read_as_expected() {
    let knowledge = crate::knowledge();
    let files = embedded_files();
    let file = "pnet/phrases.toml";
    let phrases = phrases::parse(file, &files[file]).unwrap();
    let mut told = Vec::new();
    for (text, expected) in &phrases.phrase {
        let differences = expected.differences(&reading(&Read::of(&Text::new(&knowledge, text))));
        if !differences.is_empty() {
            told.push(format!("{text:?}: {}", differences.join("; ")));
        }
    }
    assert!(
        told.is_empty(),
        "{} of {}\n{}",
        told.len(),
        phrases.phrase.len(),
        told.join("\n")
    );
    assert!(
        phrases.phrase.len() >= 92,
        "phrases went missing: {}",
        phrases.phrase.len()
    );
}

fn reading(read: &Read) -> Reading {
    Reading {
        staging: read.metastatic_staging.is_some(),
        local: read.local.is_some(),
        surveillance: read.surveillance.is_some(),
        observe: read.observation.is_some(),
        response: read.response.is_some(),
        recurrence: read.recurrence.is_some(),
        tissue: read.tissue.is_some(),
        metastasis: match read.metastasis {
            Finding::None | Finding::Planned(_) => Standing::None,
            Finding::Negated(_) => Standing::Negated,
            Finding::Queried(_) => Standing::Queried,
            Finding::Found(_) => Standing::Asserted,
        },
        resection: match read.resection {
            Finding::None | Finding::Queried(_) => Operation::None,
            Finding::Negated(_) => Operation::Negated,
            Finding::Planned(_) => Operation::Planned,
            Finding::Found(_) => Operation::Done,
        },
        follow_up: read.follow_up.is_some(),
        indeterminate: read.indeterminate.is_some(),
        sstr_negative: read.sstr_negative.is_some(),
        therapeutic: read.therapeutic_eus.is_some(),
    }
}
