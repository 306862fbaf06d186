//! Filling a rating table and approving it is all it takes to make a scenario speak; without approval it stays silent.

use crate::lint::APPROVAL;
use apposite::engine::consult;
use apposite::knowledge::compile::compile;
use apposite::knowledge::files::Voice;
use apposite::knowledge::{Knowledge, SourceFiles, embedded_files};
use apposite::review::vignette::{self, Vignette};

const TOPIC: &str = "pnet/topic.toml";
const TABLE: &str = "followup_untreated";

/// An order that follows a long-known, untreated tumour with the wrong study.
const STORY: &str = r#"## X-01 A follow-up without contrast

Rule R6f: old, untreated, followed.

```toml case
today = 2026-06-15
patient = { born = "1968-03-02", gender = "female" }
conditions = [{ id = "c1", codes = ["icd10cm|C25.4"], clinical = "active", verification = "confirmed", recorded = "2022-06-01" }]
orders = [{ id = "o1", selected = true, codes = ["cpt|74176"], reason_codes = ["icd10cm|C25.4"], reason = "follow-up of pancreatic NET, untreated" }]
```

```toml expect
scenario = "followup_untreated"
certainty = "none"
cards = []
```
"#;

fn story(knowledge: &Knowledge) -> Vignette {
    let systems = knowledge.systems();
    let uri = |key: &str| systems.keyed(key).map(|id| systems.uri(id).to_owned());
    vignette::parse("x.md", STORY, &uri).unwrap().remove(0)
}

/// The shipped set with every cell of the table filled in, for this test only: the cells of initial staging under its
/// name. These are no ratings of that variant.
fn filled() -> SourceFiles {
    let mut files = embedded_files();
    let ratings = files.get_mut("pnet/ratings.csv").unwrap();
    let kept: Vec<&str> = ratings.lines().filter(|l| !l.starts_with(TABLE)).collect();
    let cells = kept.iter().filter(|l| l.starts_with("initial_staging,"));
    let cells: Vec<String> = cells.map(|l| l.replacen("initial_staging", TABLE, 1)).collect();
    *ratings = format!("{}\n{}\n", kept.join("\n"), cells.join("\n"));
    files
}

/// Sets the state of the table.
fn with_status(mut files: SourceFiles, status: &str) -> SourceFiles {
    let topic = files.get_mut(TOPIC).unwrap();
    let from = format!("variant = \"{TABLE}\"\nstatus = \"incomplete\"\n");
    assert!(topic.contains(&from));
    *topic = topic.replacen(&from, &format!("variant = \"{TABLE}\"\n{status}"), 1);
    files
}

/// The kinds and indicators of the cards, and what they say.
fn cards(knowledge: &Knowledge) -> Vec<(String, &'static str, String)> {
    let story = story(knowledge);
    let decision = consult(knowledge, &story.case).decisions.remove(0);
    assert_eq!(&*decision.scenario, TABLE);
    let told = decision.advice.iter().map(|advice| {
        let told = apposite::answer::Told::of(knowledge, &story.case, &decision, advice);
        (
            advice.kind.to_string(),
            advice.indicator.key(),
            format!("{}\n{}", told.summary, told.detail),
        )
    });
    told.collect()
}

#[test]
fn a_filled_and_approved_table_makes_its_scenario_speak() {
    let knowledge = compile(&with_status(
        filled(),
        &format!("status = \"active\"\n{APPROVAL}"),
    ))
    .unwrap();
    let cards = cards(&knowledge);
    let [(kind, indicator, words)] = cards.as_slice() else {
        panic!("one card: {cards:?}")
    };
    assert_eq!((kind.as_str(), *indicator), ("UNA_NONCONTRAST", "warning"));
    // The words are those of the follow-up, not of staging.
    assert!(
        words.contains("usually not appropriate to follow up a pancreatic NET"),
        "{words}"
    );
    assert!(words.contains("follow-up of untreated disease"), "{words}");
    assert!(
        !words.contains("to stage") && !words.contains("initial staging"),
        "{words}"
    );
    let decision = consult(&knowledge, &story(&knowledge).case).decisions.remove(0);
    let offers: Vec<&str> = decision.advice[0].offers.iter().map(|o| &**o).collect();
    assert_eq!(offers, ["MR_ABD_PEL_WWO", "CT_ABD_PEL_W", "SSTR_PETCT_SBMT"]);
}

#[test]
fn without_an_approval_the_scenario_stays_silent() {
    let sets = [
        ("as shipped", embedded_files()),
        ("filled, not marked", filled()),
        ("filled, draft", with_status(filled(), "status = \"draft\"\n")),
        (
            "filled and approved, then retired",
            with_status(filled(), &format!("status = \"retired\"\n{APPROVAL}")),
        ),
    ];
    for (name, files) in sets {
        let knowledge = compile(&files).unwrap();
        assert_eq!(knowledge.table().voice(TABLE), Voice::Silent, "{name}");
        assert_eq!(cards(&knowledge), [], "{name}");
    }
    // Called active by nobody: such a set is never used.
    let findings = compile(&with_status(filled(), "status = \"active\"\n")).unwrap_err();
    assert!(findings.iter().all(|f| f.code == "K018"), "{findings:?}");
    // Approved but not filled in: neither.
    let files = with_status(embedded_files(), &format!("status = \"active\"\n{APPROVAL}"));
    let findings = compile(&files).unwrap_err();
    assert!(findings.iter().any(|f| f.code == "K012"), "{findings:?}");
}

/// What is offered must be usually appropriate for the question that is asked, not for another one.
#[test]
fn only_what_its_own_table_rates_best_is_offered() {
    let mut files = with_status(filled(), &format!("status = \"active\"\n{APPROVAL}"));
    let ratings = files.get_mut("pnet/ratings.csv").unwrap();
    let from = format!("{TABLE},SSTR_PETCT_SBMT,usually_appropriate");
    assert!(ratings.contains(&from));
    *ratings = ratings.replacen(
        &from,
        &format!("{TABLE},SSTR_PETCT_SBMT,usually_not_appropriate"),
        1,
    );
    let knowledge = compile(&files).unwrap();
    let decision = consult(&knowledge, &story(&knowledge).case).decisions.remove(0);
    let offers: Vec<&str> = decision.advice[0].offers.iter().map(|o| &**o).collect();
    assert_eq!(offers, ["MR_ABD_PEL_WWO", "CT_ABD_PEL_W"]);
}

/// A table that several variants share speaks only when all of them do.
#[test]
fn one_approved_variant_of_two_is_not_enough() {
    let mut files = embedded_files();
    let variant = "followup_after_treatment.liver_dominant";
    let ratings = files.get_mut("pnet/ratings.csv").unwrap();
    let kept: Vec<&str> = ratings.lines().filter(|l| !l.starts_with(variant)).collect();
    let cells = kept.iter().filter(|l| l.starts_with("initial_staging,"));
    let cells: Vec<String> = cells.map(|l| l.replacen("initial_staging", variant, 1)).collect();
    *ratings = format!("{}\n{}\n", kept.join("\n"), cells.join("\n"));
    let topic = files.get_mut(TOPIC).unwrap();
    let from = format!("variant = \"{variant}\"\nstatus = \"incomplete\"\n");
    assert!(topic.contains(&from));
    *topic = topic.replacen(
        &from,
        &format!("variant = \"{variant}\"\nstatus = \"active\"\n{APPROVAL}"),
        1,
    );
    let knowledge = compile(&files).unwrap();
    assert_eq!(knowledge.table().voice("followup_after_treatment"), Voice::Silent);
}
