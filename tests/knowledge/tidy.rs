//! House rules that no compiler holds: the dependency rule of `src/lib.rs`, knowledge kept out of Rust, no panics.

use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let read = |p: PathBuf| {
        let text = fs::read_to_string(&p).unwrap();
        (p.strip_prefix(&root).unwrap().to_owned(), text)
    };
    found.into_iter().map(read).collect()
}

/// The code of a file without its test module and its comments.
fn code(path: &Path, text: &str) -> String {
    if path.iter().any(|part| part == "tests" || part == "tests.rs") {
        return String::new();
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What each module may use of ours.
const MAY_USE: &[(&str, &[&str])] = &[
    ("terminology", &[]),
    ("knowledge", &["terminology"]),
    ("engine", &["knowledge", "terminology"]),
    ("cds_hooks", &[]),
    ("dialect", &["cds_hooks"]),
    (
        "answer",
        &["engine", "knowledge", "terminology", "cds_hooks", "dialect"],
    ),
    ("review", &["answer", "engine", "knowledge", "terminology"]),
    ("fhir", &["engine", "knowledge", "terminology", "cds_hooks"]),
    ("config", &["knowledge", "dialect"]),
    (
        "service",
        &[
            "insight",
            "store",
            "config",
            "dialect",
            "fhir",
            "answer",
            "review",
            "engine",
            "knowledge",
            "terminology",
            "cds_hooks",
        ],
    ),
    (
        "console",
        &[
            "service",
            "insight",
            "plot",
            "store",
            "review",
            "knowledge",
            "terminology",
        ],
    ),
    ("simulate", &[]),
    ("insight", &[]),
    ("plot", &[]),
    ("report", &["insight", "plot"]),
    ("store", &["insight"]),
    (
        "evaluate",
        &["fhir", "engine", "knowledge", "terminology", "cds_hooks", "plot"],
    ),
    (
        "cli",
        &[
            "evaluate",
            "insight",
            "report",
            "store",
            "simulate",
            "console",
            "config",
            "dialect",
            "service",
            "fhir",
            "answer",
            "review",
            "engine",
            "knowledge",
            "terminology",
            "cds_hooks",
        ],
    ),
];

#[test]
fn modules_use_only_what_the_dependency_rule_allows() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let first = path.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        let Some((_, allowed)) = MAY_USE.iter().find(|(m, _)| *m == module) else {
            continue;
        };
        for line in code(&path, &text).lines() {
            for used in line.split("crate::").skip(1) {
                let used: String = used
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let ours = MAY_USE.iter().any(|(m, _)| *m == used);
                if ours && used != module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "edges against the rule:\n{}", wrong.join("\n"));
}

#[test]
fn no_code_tumour_or_tracer_is_named_in_rust() {
    // Codes of the knowledge itself, taken from the files, and the words of the field.
    let files = apposite::knowledge::embedded_files();
    let codes: Vec<String> = files
        .iter()
        .filter(|(f, _)| f.starts_with("value-sets/") || *f == "studies.toml")
        .flat_map(|(_, t)| t.lines())
        .filter_map(|l| l.strip_prefix("code = \""))
        .map(|l| l.trim_end_matches('"').to_owned())
        .filter(|c| c.len() >= 4)
        .collect();
    assert!(codes.len() > 400);
    let words = [
        "pancrea",
        "neuroendocrin",
        "dotatate",
        "metastas",
        "gadolin",
        "whipple",
        "octreo",
        "hepat",
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (at, line) in code(&path, &text).lines().enumerate() {
            let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
            for string in strings {
                let lower = string.to_lowercase();
                // Names by which code and knowledge meet are no clinical content.
                let name = apposite::knowledge::vocabulary::List::named(string).is_some()
                    || apposite::knowledge::vocabulary::Role::named(string).is_some()
                    || apposite::knowledge::vocabulary::FACTS
                        .iter()
                        .any(|f| f.name == string);
                let coded = codes.iter().any(|c| c == string);
                let worded = words.iter().any(|w| lower.contains(w));
                if !name && (coded || worded) {
                    wrong.push(format!("{}:{}: {string:?}", path.display(), at + 1));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "clinical content in Rust:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn nothing_on_a_request_path_can_panic_by_choice() {
    let banned = [
        ".unwrap()",
        ".expect(",
        "panic!(",
        "todo!(",
        "unimplemented!(",
        "unreachable!(",
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for line in code(&path, &text).lines() {
            if banned.iter().any(|b| line.contains(b)) {
                wrong.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_xml_reader_of_fhirbolt_is_never_called() {
    // RUSTSEC-2026-0194 and -0195 stand against it; it is linked but must stay unused.
    for (path, text) in sources() {
        assert!(!text.contains("fhirbolt::xml"), "{}", path.display());
    }
}
