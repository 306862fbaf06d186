//! Every vignette and phrase beside the knowledge, run through the engine.

use apposite::knowledge::embedded_files;
use apposite::review;

#[test]
fn every_vignette_gets_the_expected_advice_and_every_phrase_is_read_as_expected() {
    let summary = review::run_all(&crate::knowledge(), &embedded_files());
    println!("{summary}");
    assert!(summary.ok(), "{summary}");
    assert!(
        summary.passed + summary.pending.len() >= 198,
        "vignettes went missing"
    );
    assert!(summary.phrases >= 538, "phrases went missing");
}
