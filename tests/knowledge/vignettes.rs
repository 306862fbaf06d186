//! Every vignette beside the knowledge, run through the engine.

use apposite::answer::Told;
use apposite::engine::{Advice, Decision};
use apposite::knowledge::embedded_files;
use apposite::review::outcome::{self, Verdict};
use apposite::review::vignette;

#[test]
fn every_vignette_gets_the_expected_advice() {
    let knowledge = crate::knowledge();
    let uri = |key: &str| {
        knowledge
            .systems()
            .keyed(key)
            .map(|id| knowledge.systems().uri(id).to_owned())
    };
    let mut told = Vec::new();
    let mut passed = 0;
    let mut pending = 0;
    for (file, text) in embedded_files()
        .iter()
        .filter(|(f, _)| f.starts_with("pnet/vignettes/"))
    {
        let stories = vignette::parse(file, text, &uri).unwrap_or_else(|e| panic!("{e:?}"));
        for story in stories {
            let words = |decision: &Decision, advice: &Advice| {
                let told = Told::of(&knowledge, &story.case, decision, advice);
                format!("{}\n{}", told.summary, told.detail)
            };
            let outcome = outcome::run(&knowledge, &story, &words);
            match outcome.verdict {
                Verdict::Passed => passed += 1,
                Verdict::Pending => pending += 1,
                Verdict::Failed | Verdict::NoLongerPending => {
                    told.push(format!(
                        "{} {}\n    {}",
                        story.id,
                        story.title,
                        outcome.differences.join("\n    ")
                    ));
                }
            }
        }
    }
    println!("{passed} vignettes passed, {pending} pending");
    assert!(
        told.is_empty(),
        "{} of {} failed\n{}",
        told.len(),
        told.len() + passed + pending,
        told.join("\n")
    );
    assert!(passed >= 71, "vignettes went missing: {passed}");
}
