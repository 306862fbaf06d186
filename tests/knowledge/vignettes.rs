//! Every vignette and phrase beside the knowledge, run through the engine.

use apposite::knowledge::embedded_files;
use apposite::knowledge::files::Modality;
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

/// S-37: every CT or MRI that is offered asks radiology for the three phases, and nothing else does.
#[test]
fn every_offered_ct_or_mri_asks_for_a_multiphase_protocol() {
    let knowledge = crate::knowledge();
    for (study, offer) in &knowledge.suggestions().orders {
        let modality = knowledge.study(study).unwrap().shape.modality;
        let note = offer.protocol_note.as_deref().unwrap_or_default();
        let phases = ["arterial", "portal venous", "delayed"];
        let multiphase = phases.iter().all(|phase| note.contains(phase));
        assert_eq!(
            multiphase,
            matches!(modality, Modality::CT | Modality::MR),
            "{study}"
        );
    }
}
