//! Changes that no test notices, each with the reason why that is so.

/// Name of the mutant, reason.
pub const EXCUSED: &[(&str, &str)] = &[
    (
        "value-sets/mod-pregnancy.toml icd10cm|O09.90 is dropped",
        "the block O09 holds it too",
    ),
    (
        "value-sets/mod-pregnancy.toml icd10cm|O26.90 is dropped",
        "the block O20-O29 holds it too",
    ),
    (
        "value-sets/mod-pregnancy.toml icd10cm|Z34.90 is dropped",
        "the block Z34 holds it too",
    ),
    (
        "value-sets/mod-pregnancy.toml icd10cm|Z3A.20 is dropped",
        "the block Z3A holds it too",
    ),
    (
        "assertion.negation_cues loses \"no evidence of\"",
        "\"no\" negates too; only its reach ends two words earlier",
    ),
    (
        "assertion.query_cues loses \"cannot exclude\"",
        "\"exclude\" asks too, with the same reach",
    ),
];
