//! Every kind of finding: a set that is broken in one way yields its code, at the right file and line.

use apposite::knowledge::compile::compile;
use apposite::knowledge::finding::Finding;
use apposite::knowledge::lifecycle::{Profile, check};
use apposite::knowledge::{SourceFiles, embedded_files, lint, space};
use apposite::review;
use jiff::civil::date;
use std::collections::BTreeSet;

/// A set with one text exchanged for another; the text must be there.
fn broken(file: &str, from: &str, to: &str) -> SourceFiles {
    let mut files = embedded_files();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} does not hold {from:?}");
    *text = text.replacen(from, to, 1);
    files
}

/// The line that holds a text, counted from 1.
fn line_of(files: &SourceFiles, file: &str, text: &str) -> usize {
    let found = files[file].lines().position(|l| l.contains(text));
    found.unwrap_or_else(|| panic!("{file} does not hold {text:?}")) + 1
}

fn check_place(code: &str, findings: &[Finding], file: &str, line: usize) {
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        findings
            .iter()
            .any(|f| f.code == code && f.file == file && f.line == line),
        "no {code} at {file}:{line}, but\n{}",
        told.join("\n")
    );
}

/// The finding that a change must lead to: code, file, what is exchanged, and a text on the line that is named (of the
/// changed set; empty when the whole file is meant).
struct Case(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const SCENARIOS: &str = "pnet/scenarios.toml";
const RATINGS: &str = "pnet/ratings.csv";
const TOPIC: &str = "pnet/topic.toml";
const CARDS: &str = "pnet/cards.toml";

const COMPILED: &[Case] = &[
    Case(
        "K001",
        SCENARIOS,
        "question = \"Was the tumour removed?\"\nanswers = { none = ",
        "question = \"?\"\nanswers = { nothing = ",
        "name = \"resection\"",
    ),
    Case("K002", TOPIC, "title = \"Imaging", "titel = \"Imaging", "titel"),
    Case(
        "K003",
        SCENARIOS,
        "scenario = \"not_pnet\"",
        "scenario = \"no_pnet\"",
        "\"no_pnet\"",
    ),
    Case(
        "K004",
        RATINGS,
        "initial_staging,MR_PEL_WO,unknown,,unknown,none,unknown,none,,,",
        "initial_staging,CT_PEL_W,unknown,,unknown,none,unknown,none,,,twice",
        "twice",
    ),
    Case(
        "K005",
        "lexicon/traps.toml",
        "'\\b(primitive|",
        "'\\b((primitive|",
        "((primitive",
    ),
    Case(
        "K005",
        "lexicon/doubt.toml",
        "{tumour_named}",
        "{tumor_named}",
        "{tumor_named}",
    ),
    Case(
        "K006",
        RATINGS,
        "usually_appropriate,,unknown,seed,stated,none,,S-21",
        "usually_appropriate,,unknown,none,stated,none,,S-21",
        "S-21",
    ),
    // A second row for what an earlier row takes already.
    Case(
        "K007",
        SCENARIOS,
        "[[row]]\nrule = \"R4\"\nwhen = { link = [\"unclear\"] }",
        "[[row]]\nrule = \"R4x\"\nwhen = { link = [\"other\"], recurrence = [\"yes\"] }",
        "R4x",
    ),
    Case(
        "K008",
        CARDS,
        "summary = \"FDG PET/CT",
        "summary = \"{{ orderd }} FDG PET/CT",
        "[card.MBA_FDG]",
    ),
    Case(
        "K009",
        "studies.toml",
        "key = \"CT_ABD_W\"\nname = \"CT abdomen with IV contrast\"\nmodality = \"CT\"\nregions = [\"abdomen\"]\ncontrast = \"with\"",
        "key = \"CT_ABD_W\"\nname = \"x\"\nmodality = \"CT\"\nregions = [\"abdomen\"]\ncontrast = \"none\"",
        "\"CT_ABD_W\"",
    ),
    Case(
        "K010",
        "pnet/suggestions.toml",
        "base = [\"MR_ABD_PEL_WWO\"",
        "base = [\"CT_ABD_W\"",
        "base = [\"CT_ABD_W\"",
    ),
    Case(
        "K011",
        SCENARIOS,
        "scenario = \"unclear\"\nfits = [\"initial_staging\", \"local_staging\", \"surveillance_after_resection\", \"followup_untreated\", \"followup_after_treatment\", \"suspected_recurrence\"]\nbecause = \"nothing above decides\"",
        "when = { link = [\"linked\"] }\nscenario = \"unclear\"\nfits = [\"initial_staging\", \"local_staging\", \"surveillance_after_resection\", \"followup_untreated\", \"followup_after_treatment\", \"suspected_recurrence\"]\nbecause = \"nothing above decides\"",
        "R6i",
    ),
    Case(
        "K012",
        RATINGS,
        "initial_staging,CEUS,unknown,,unknown,none,unknown,none,,,\n",
        "",
        "initial_staging,MR_ABD_PEL_WWO",
    ),
    Case(
        "K013",
        RATINGS,
        "initial_staging,CT_ABD_PEL_W,usually_appropriate,,",
        "initial_staging,CT_ABD_PEL_W,usually_appropriate,yes,",
        "initial_staging,CT_ABD_PEL_W,",
    ),
    Case(
        "K013",
        RATINGS,
        "usually_appropriate,yes,",
        "may_be_appropriate,yes,",
        "may_be_appropriate,yes,",
    ),
    Case(
        "K014",
        "pnet/citations.toml",
        "https://gighz.com/which-imaging-study",
        "http://gighz.com/which-imaging-study",
        "http://gighz.com/which-imaging-study",
    ),
    Case("K016", "lexicon/traps.toml", "\\b[^.;]*'", "\\b.*'", ".*'"),
    Case(
        "K018",
        TOPIC,
        "status = \"draft\"  #",
        "status = \"active\"  #",
        "status = \"active\"  #",
    ),
];

#[test]
fn every_broken_set_yields_its_finding_at_the_right_place() {
    for Case(code, file, from, to, place) in COMPILED {
        let files = broken(file, from, to);
        let findings = compile(&files).err().unwrap_or_else(|| panic!("no {code}"));
        let mut line = if place.is_empty() {
            0
        } else {
            line_of(&files, file, place)
        };
        // Rows are named by the line of their `[[row]]`, one above the rule.
        if matches!(*code, "K007" | "K011") {
            line -= 1;
        }
        check_place(code, &findings, file, line);
    }
}

#[test]
fn every_part_of_phrases_is_used() {
    let files = embedded_files();
    let lexicon = files.iter().filter(|(file, _)| file.starts_with("lexicon/"));
    let texts: Vec<&str> = lexicon.map(|(_, text)| text.as_str()).collect();
    let lines = texts.iter().flat_map(|t| t.lines());
    let names = lines.filter_map(|l| l.strip_prefix("[part.")?.strip_suffix(']'));
    let names: Vec<&str> = names.collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let used = format!("{{{name}}}");
        let uses = |t: &&str| t.lines().any(|l| l.starts_with("    '") && l.contains(&used));
        assert!(texts.iter().any(uses), "no phrase uses {used}");
    }
}

#[test]
fn a_missing_file_is_found() {
    let mut files = embedded_files();
    files.remove(RATINGS);
    check_place("K001", &compile(&files).unwrap_err(), RATINGS, 0);
}

#[test]
fn a_code_for_and_against_the_tumour_is_found() {
    let mut files = embedded_files();
    let code = "\n[[code]]\nsystem = \"icd10cm\"\ncode = \"C25.4\"\nlabel = \"x\"\nconfidence = \"memory\"\n";
    let file = "value-sets/dx-notpnet-pancreas.toml";
    files.get_mut(file).unwrap().push_str(code);
    let line = line_of(&files, file, "\"C25.4\"");
    check_place("K015", &compile(&files).unwrap_err(), file, line);
}

#[test]
fn cards_that_can_become_too_long_are_found() {
    // P-16: the name of the study counts, and a study the card cannot be about does not.
    let files = broken(
        CARDS,
        "liver metastases can be missed\"\nwhy",
        "small metastases of the liver, the nodes and the bones can be missed\"\nwhy",
    );
    let line = line_of(&files, CARDS, "[card.UNA_NONCONTRAST]");
    check_place("K017", &review::lint::check(&files).unwrap_err(), CARDS, line);
    let long = "It is long. ".repeat(500);
    let files = broken(
        CARDS,
        "why = \"Most well-diff",
        &format!("why = \"{long}Most well-diff"),
    );
    let line = line_of(&files, CARDS, "[card.MBA_FDG]");
    check_place("K017", &review::lint::check(&files).unwrap_err(), CARDS, line);
}

#[test]
fn the_shipped_set_passes_every_check_and_every_kind_of_card_was_measured() {
    let files = embedded_files();
    let knowledge = review::lint::check(&files).unwrap_or_else(|findings| {
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"));
    });
    let (stories, wrong) = review::stories(&knowledge, &files);
    assert!(wrong.is_empty());
    let measured = review::longest::of_every_kind(&knowledge, &stories);
    let missing: Vec<_> = knowledge
        .words()
        .cards
        .keys()
        .filter(|k| !measured.contains_key(*k))
        .collect();
    assert!(missing.is_empty(), "no story leads to {missing:?}");
    for (kind, longest) in measured {
        println!(
            "{kind}: {} {}",
            longest.summary.0.encode_utf16().count(),
            longest.detail.encode_utf16().count()
        );
    }
}

/// Knowledge that somebody has approved, by names that stand for people in tests only.
pub(crate) const APPROVAL: &str = "authors = [\"Author A\"]\nreviewers = [{ name = \"Reviewer B\", role = \"radiologist\", \
     date = 2027-01-10 }, { name = \"Reviewer C\", role = \"oncologist\", date = 2027-01-11 }]\napproved = 2027-01-31\n\
     review_due = 2028-01-31\n";

/// The shipped set with its topic and the table of initial staging approved.
fn approved() -> SourceFiles {
    let mut files = embedded_files();
    let topic = files.get_mut(TOPIC).unwrap();
    *topic = topic.replacen(
        "status = \"draft\"  # draft, reviewed, active or retired\nauthors = []\n",
        &format!("status = \"active\"\n{APPROVAL}"),
        1,
    );
    let at = topic.find("reviewers = []").unwrap();
    topic.replace_range(at..at + "reviewers = []".len(), "");
    *topic = topic.replacen(
        "status = \"draft\"\nspeaks_as_draft = true\n",
        &format!("status = \"active\"\n{APPROVAL}"),
        1,
    );
    files
}

#[test]
fn production_refuses_drafts_and_knowledge_past_its_review() {
    let day = date(2027, 3, 1);
    let files = embedded_files();
    let knowledge = crate::knowledge();
    assert_eq!(check(&knowledge, &files, Profile::Development, day), []);
    let findings = check(&knowledge, &files, Profile::Production, day);
    assert_eq!(
        findings.len(),
        2,
        "the topic, and the one table that speaks: {findings:?}"
    );
    check_place(
        "K019",
        &findings,
        TOPIC,
        line_of(&files, TOPIC, "status = \"draft\"  #"),
    );
    check_place(
        "K019",
        &findings,
        TOPIC,
        line_of(&files, TOPIC, "variant = \"initial_staging\"") - 1,
    );

    let files = approved();
    let knowledge = compile(&files).unwrap();
    assert_eq!(check(&knowledge, &files, Profile::Production, day), []);
    assert_eq!(
        check(&knowledge, &files, Profile::Production, date(2028, 1, 31)),
        [],
        "the last day counts"
    );
    let late = check(&knowledge, &files, Profile::Production, date(2028, 2, 1));
    check_place(
        "K020",
        &late,
        TOPIC,
        line_of(&files, TOPIC, "status = \"active\""),
    );
    check_place(
        "K020",
        &late,
        TOPIC,
        line_of(&files, TOPIC, "variant = \"initial_staging\"") - 1,
    );
}

#[test]
fn an_approval_that_lacks_something_is_none() {
    let spoil = |from: &str, to: &str| {
        let mut files = approved();
        let topic = files.get_mut(TOPIC).unwrap();
        assert!(topic.contains(from), "{from}");
        *topic = topic.replacen(from, to, 1);
        let findings = compile(&files).unwrap_err();
        let only = findings.iter().map(|f| f.code).collect::<BTreeSet<_>>();
        assert_eq!(only, BTreeSet::from(["K018"]), "{from} → {to}: {findings:?}");
    };
    spoil("name = \"Reviewer B\"", "name = \"Reviewer C\"");
    spoil("name = \"Reviewer B\"", "name = \"Author A\"");
    spoil("role = \"radiologist\"", "role = \"surgeon\"");
    spoil("[\"Author A\"]", "[]");
    spoil("approved = 2027-01-31\n", "");
    spoil("review_due = 2028-01-31", "review_due = 2027-01-31");
    spoil("date = 2027-01-11", "date = 2027-02-01");
}

/// The walk over boxes against the table itself, on many single combinations.
#[test]
fn the_walk_over_the_whole_space_agrees_with_the_table() {
    let knowledge = crate::knowledge();
    let rows = knowledge.table().rows();
    let walk = space::walk(rows);
    assert_eq!(walk.left, 0);
    assert_eq!(walk.taken.iter().sum::<u64>(), space::combinations());
    let mut tried = vec![0_u64; rows.len()];
    // A step without a common factor with the counts of answers visits all of them.
    let step = 7_919;
    let mut number = 0;
    for _ in 0..200_000 {
        let answers = space::combination(number);
        let row = knowledge.table().decide(&answers).unwrap();
        let at = rows.iter().position(|r| std::ptr::eq(r, row)).unwrap();
        tried[at] += 1;
        number = (number + step) % space::combinations();
    }
    for ((row, taken), tried) in rows.iter().zip(&walk.taken).zip(&tried) {
        assert!(*taken > 0 && (*tried == 0 || *taken >= *tried), "{}", row.rule);
        // Shares agree within what sampling allows.
        let share = *taken as f64 / space::combinations() as f64;
        let seen = *tried as f64 / 200_000.0;
        assert!(
            (share - seen).abs() < 0.01,
            "{}: {share} of all, {seen} of those tried",
            row.rule
        );
    }
}

/// R6e is reached by orders that speak of surveillance and a resection while nothing tells that one was done.
#[test]
fn the_row_that_believes_the_order_is_reached() {
    let knowledge = crate::knowledge();
    let walk = space::walk(knowledge.table().rows());
    let rows = knowledge.table().rows().iter().zip(&walk.taken);
    let (_, taken) = rows.into_iter().find(|(r, _)| &*r.rule == "R6e").unwrap();
    assert!(*taken > 0);
}

#[test]
fn every_finding_is_documented_tested_and_on_the_page() {
    let codes: Vec<&str> = lint::LINTS.iter().map(|l| l.code).collect();
    let numbered: Vec<String> = (1..=codes.len()).map(|n| format!("K{n:03}")).collect();
    assert_eq!(codes, numbered, "codes are never reused or left out");
    for lint in lint::LINTS {
        for words in [lint.what, lint.why, lint.example, lint.remedy] {
            assert!(!words.trim().is_empty(), "{}", lint.code);
        }
        assert_eq!(lint::explain(&lint.code.to_lowercase()), Some(lint));
    }
    let here = include_str!("lint.rs");
    for code in &codes {
        assert!(here.contains(&format!("\"{code}\"")), "{code} has no test");
    }
    let page = include_str!("../../cards/findings.md");
    assert_eq!(
        page,
        lint::page(),
        "cards/findings.md is not current: {}",
        "run the ignored test `write_the_page`"
    );
}

#[test]
#[ignore = "writes cards/findings.md"]
fn write_the_page() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/cards/findings.md");
    std::fs::write(path, lint::page()).unwrap();
}
