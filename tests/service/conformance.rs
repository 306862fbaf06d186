//! The table of `tests/conformance.md`: every requirement of CDS Hooks 3.0 (R-), every ruling where its text is open
//! (P-) and every security control (SC-), with the tests that show it.
//!
//! The requirements stand in `conformance.toml`; which tests show them is read from the sources. A test bears an id in
//! the comment before it or anywhere within it; the `//!` of a file credits nothing. Whether a test that bears an id
//! really shows it is for people to judge.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "tests/conformance.md";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

/// One requirement, and what the tests alone do not say about it. At most one of the last four is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    level: String,
    who: Who,
    text: String,
    /// Kept otherwise than the text says, and why.
    departs: Option<String>,
    /// Shown, but not all of it.
    partly: Option<String>,
    /// Not there.
    missing: Option<String>,
    /// Nothing that a test of the program could show, and where it is kept.
    kept: Option<String>,
}

/// Whose duty it is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Who {
    /// Ours.
    Service,
    /// The client's; ours is to survive it.
    Client,
    /// Of those who write the specification, or of nobody.
    Nobody,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Table {
    toml::from_str(include_str!("conformance.toml")).unwrap()
}

/// Rust files below `src/` and `tests/`, with their names.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    walk(&root().join("tests"), &mut found);
    // The examples of ids in this file show nothing.
    found.retain(|path| !path.ends_with("service/conformance.rs"));
    found.sort();
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap();
        (name.to_str().unwrap().to_owned(), text)
    };
    found.into_iter().map(named).collect()
}

/// The ids in a text: `R-` and three digits, `P-` or `SC-` and two.
fn ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (prefix, digits) in [("R-", 3), ("P-", 2), ("SC-", 2)] {
        for (at, _) in text.match_indices(prefix) {
            let part_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let rest = &text[at + prefix.len()..];
            let number: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            if !text[..at].ends_with(part_of_word)
                && number.len() == digits
                && number.bytes().all(|b| b.is_ascii_digit())
            {
                found.insert(format!("{prefix}{number}"));
            }
        }
    }
    found
}

/// The tests of a file, each with its text: the comments and attributes before it, and its body.
fn tests_of(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_test = |line: &str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, l)| is_test(l.trim_start())) {
        let before = lines[..at].iter().rev();
        let start = at
            - before
                .take_while(|l| l.trim_start().starts_with(['/', '#']))
                .count();
        let head = at + lines[at..].iter().position(|l| l.contains("fn ")).unwrap();
        let name = lines[head].split("fn ").nth(1).unwrap();
        let name = name.split(['(', '<']).next().unwrap();
        let ends = |l: &&str| indent(l) == indent(line) && l.trim_start().starts_with('}');
        let end = lines[head..]
            .iter()
            .position(ends)
            .map_or(lines.len(), |n| head + n);
        found.push((name.to_owned(), lines[start..end].join("\n")));
    }
    found
}

/// Id → the tests that bear it, as `file`: names.
fn borne() -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut borne: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (file, text) in sources() {
        for (test, text) in tests_of(&text) {
            for id in ids(&text) {
                borne
                    .entry(id)
                    .or_default()
                    .entry(file.clone())
                    .or_default()
                    .push(test.clone());
            }
        }
    }
    borne
}

/// The state of a row, as a word that is counted and a sentence; `None` where the row says too little or too much.
fn state(row: &Row, shown: bool) -> Option<(&'static str, String)> {
    let told = [
        ("departs", &row.departs),
        ("partly", &row.partly),
        ("missing", &row.missing),
        ("kept", &row.kept),
    ];
    let told: Vec<(&str, &String)> = told
        .iter()
        .filter_map(|(key, why)| Some((*key, why.as_ref()?)))
        .collect();
    Some(match (shown, told.as_slice(), row.who) {
        (true, [], _) => ("shown", "shown".to_owned()),
        (true, [("departs", why)], _) => ("shown", format!("shown; departs: {why}")),
        (true, [("partly", why)], _) => ("in part", format!("in part: {why}")),
        (false, [("departs", why)], _) => ("departed from", format!("departed from: {why}")),
        (false, [("missing", why)], _) => ("not yet", format!("not yet: {why}")),
        (false, [("kept", why)], _) => ("kept", format!("kept: {why}")),
        (false, [], Who::Client) => ("the client's", "the client's".to_owned()),
        (false, [], Who::Nobody) => ("nobody's", "nobody's".to_owned()),
        _ => return None,
    })
}

fn page(table: &Table) -> String {
    let borne = borne();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows = String::new();
    for row in &table.row {
        let tests = borne.get(&row.id);
        let (word, state) = state(row, tests.is_some()).unwrap_or_else(|| panic!("{}: see `gaps`", row.id));
        *counts.entry(word).or_default() += 1;
        let who = match row.who {
            Who::Service => "service",
            Who::Client => "client",
            Who::Nobody => "–",
        };
        let tests = tests.into_iter().flatten().map(|(file, names)| {
            let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
            format!("{file}: {}", names.join(", "))
        });
        let tests = tests.collect::<Vec<_>>().join("; ");
        let Row { id, level, text, .. } = row;
        let _ = writeln!(rows, "| {id} | {level} | {who} | {text} | {state} | {tests} |");
    }
    let total = table.row.len();
    let counted: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    format!(
        "# Conformance\n\n\
         CDS Hooks 3.0 as far as it touches a service (R-), rulings where its text is open (P-), and security controls (SC-).\n\
         Written by `cargo test --test service -- --ignored write_the_conformance_table` from `tests/service/conformance.toml`\n\
         and from the ids that tests bear; a test fails when it is not current.\n\n\
         {total} rows: {}.\n\n\
         *shown*: by the tests named. *in part*: the sentence says what is not shown. *kept*: nothing a test could show;\n\
         the sentence says where. *the client's*, *nobody's*: nothing to do for a service.\n\n\
         | Id | Level | Whose | Requirement | State | Tests |\n|---|---|---|---|---|---|\n{rows}",
        counted.join(", ")
    )
}

#[test]
fn ids_and_tests_are_found() {
    let text = "//! R-001\n\n/// R-002, P-03 to P-05.\n#[test]\nfn one() {\n    // SC-06, curve P-256, PA-07, XR-008, R-0091\n}\n\
                fn no_test() {\n    // R-010\n}\n    /// R-011\n    #[tokio::test(flavor = \"x\")]\n    async fn two() {}\n";
    let found = tests_of(text);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
    let of = |at: usize| ids(&found[at].1).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(of(0), "P-03 P-05 R-002 SC-06");
    assert_eq!(of(1), "R-011");
}

/// Each id of the specification digest is there once, in order.
#[test]
fn the_table_has_every_row_once() {
    let numbered = |prefix: &'static str, last: usize, digits: usize| {
        (1..=last).map(move |n| format!("{prefix}{n:0digits$}"))
    };
    let expected = numbered("R-", 127, 3)
        .chain(numbered("P-", 21, 2))
        .chain(numbered("SC-", 28, 2));
    let got: Vec<String> = table().row.into_iter().map(|row| row.id).collect();
    assert_eq!(got, expected.collect::<Vec<_>>());
}

#[test]
fn every_row_has_a_test_or_a_reason_and_every_id_exists() {
    let (table, borne) = (table(), borne());
    let gaps: Vec<&str> = table
        .row
        .iter()
        .filter(|row| state(row, borne.contains_key(&row.id)).is_none())
        .map(|row| row.id.as_str())
        .collect();
    assert_eq!(
        gaps, [""; 0],
        "each needs a test that bears its id, or a reason; and not both a test and `missing` or `kept`"
    );
    let known: BTreeSet<&str> = table.row.iter().map(|row| row.id.as_str()).collect();
    for (file, text) in sources() {
        let unknown: Vec<String> = ids(&text)
            .into_iter()
            .filter(|id| !known.contains(id.as_str()))
            .collect();
        assert_eq!(unknown, [""; 0], "{file} names ids that do not exist");
    }
}

#[test]
fn the_conformance_table_is_current() {
    let written = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    assert!(
        written == page(&table()),
        "{PAGE} is not current: run the ignored test `write_the_conformance_table`"
    );
}

#[test]
#[ignore = "writes tests/conformance.md"]
fn write_the_conformance_table() {
    fs::write(root().join(PAGE), page(&table())).unwrap();
}
