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
        summary.passed >= 405 && summary.pending.is_empty(),
        "vignettes went missing, or wait for the engine: {summary}"
    );
    assert!(summary.phrases >= 1_150, "phrases went missing");
}

/// False alarms are the first thing to test for: half of the stories or more end without a card.
#[test]
fn half_of_the_stories_are_silent() {
    let (stories, _) = review::stories(&crate::knowledge(), &embedded_files());
    let silent = stories.iter().filter(|s| s.expect.cards.is_empty()).count();
    assert!(silent * 2 >= stories.len(), "{silent} of {}", stories.len());
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

/// A reviewer signs a story by its number, and `knowledge diff` finds it by it.
#[test]
fn a_number_stands_for_one_story_in_all_files() {
    let mut files = embedded_files();
    let (_, errors) = apposite::review::stories(&crate::knowledge(), &files);
    assert!(errors.is_empty(), "{errors:?}");
    let again = files["pnet/vignettes/traps.md"].clone();
    let stories = again.matches("\n## V-").count();
    files.insert("pnet/vignettes/twice.md".to_owned(), again);
    let (_, errors) = apposite::review::stories(&crate::knowledge(), &files);
    assert_eq!(errors.len(), stories, "{errors:?}");
    assert!(
        errors[0].contains("another file has this number too"),
        "{errors:?}"
    );
}
