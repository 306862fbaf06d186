//! The commands around the knowledge as people start them: exit codes, files written, both forms of a comparison.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn apposite(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apposite"));
    command
        .env_remove("APPOSITE_CARDS")
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder of this test alone, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("apposite-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

const CARDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cards");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/hooks/order-select");

#[test]
fn lint_explains_its_findings_and_refuses_drafts_for_production() {
    let out = apposite(&["knowledge", "lint", "--explain", "k007"]);
    assert!(
        out.status.success() && said(&out).contains("never be reached"),
        "{}",
        said(&out)
    );
    let out = apposite(&["knowledge", "lint", "--explain", "K999"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said(&out).contains("`K999` is no finding") && said(&out).contains("K001"),
        "{}",
        said(&out)
    );
    let production = [
        "knowledge",
        "lint",
        "--profile",
        "production",
        "--as-of",
        "2027-03-01",
    ];
    let out = apposite(&production);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said(&out).contains("error[K019]") && said(&out).contains("cards/pnet/topic.toml:"),
        "{}",
        said(&out)
    );
}

#[test]
fn the_pages_are_written() {
    let folder = Folder::new("render");
    let to = format!("{}/new/folder", folder.path());
    let out = apposite(&["knowledge", "render", "--out", &to, "--cards", CARDS]);
    assert!(out.status.success(), "{}", said(&out));
    let html = fs::read_to_string(format!("{to}/review.html")).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(said(&out).contains("review.html"));
    let out = apposite(&["knowledge", "render", "--out", "Cargo.toml/x"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said(&out).contains("cannot be written") && said(&out).contains("help: "),
        "{}",
        said(&out)
    );
}

#[test]
fn a_comparison_ends_with_0_when_nothing_changes_and_with_1_when_something_does() {
    let same = apposite(&[
        "knowledge",
        "diff",
        CARDS,
        CARDS,
        "--fixtures",
        FIXTURES,
        "--as-of",
        "2026-06-15",
    ]);
    assert!(same.status.success(), "{}", said(&same));
    assert!(said(&same).contains("\n0 of "), "{}", said(&same));

    let folder = Folder::new("diff");
    copy(Path::new(CARDS), &folder.0);
    let ratings = folder.0.join("pnet/ratings.csv");
    let text = fs::read_to_string(&ratings).unwrap();
    let from = "initial_staging,CT_ABD_PEL_WO,usually_not_appropriate";
    assert!(text.contains(from));
    fs::write(
        &ratings,
        text.replacen(from, "initial_staging,CT_ABD_PEL_WO,may_be_appropriate", 1),
    )
    .unwrap();
    let arguments = [
        "knowledge",
        "diff",
        CARDS,
        folder.path(),
        "--fixtures",
        FIXTURES,
        "--as-of",
        "2026-06-15",
    ];
    let out = apposite(&arguments);
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    let text = said(&out);
    assert!(
        text.contains("\nV-02 ") && text.contains("seed-noncontrast-ct.json"),
        "{text}"
    );
    assert!(
        text.contains("rating: usually_not_appropriate → may_be_appropriate"),
        "{text}"
    );

    let out = apposite(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(out.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let changes = json["changes"].as_array().unwrap();
    let change = changes
        .iter()
        .find(|c| c["case"].as_str().unwrap().starts_with("V-02 "))
        .unwrap();
    assert_eq!(change["before"]["orders"][0]["rating"], "usually_not_appropriate");
    assert_eq!(change["after"]["orders"][0]["rating"], "may_be_appropriate");

    let out = apposite(&["knowledge", "diff", CARDS, "no/such/place"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said(&out).contains("`no/such/place`: does not exist"),
        "{}",
        said(&out)
    );
}
