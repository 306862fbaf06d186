//! The made-up hospital as a Bulk Data export on disk.

use crate::courses;
use crate::maker::{Cohort, Made, Truth};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// A folder for one test, empty.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cohort").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes one file per type.
pub fn write(cohort: &Cohort, to: &Path, keep: impl Fn(&Made) -> bool) {
    fs::create_dir_all(to).unwrap();
    for (kind, lines) in cohort.by_type(keep) {
        fs::write(to.join(format!("{kind}.ndjson")), lines.join("\n") + "\n").unwrap();
    }
}

/// What is true of every order: patient and order → truth.
pub type Truths = BTreeMap<(String, String), Truth>;

/// Makes and writes a large hospital, a few patients in memory at a time. Gives the truth and the bytes written.
pub fn write_large(to: &Path, patients: usize, seed: u64, tumours: usize) -> (Truths, u64) {
    fs::create_dir_all(to).unwrap();
    let mut files: BTreeMap<&'static str, BufWriter<File>> = BTreeMap::new();
    let (mut truths, mut bytes) = (Truths::new(), 0);
    for from in (0..patients).step_by(500) {
        let cohort = courses::cohort_of(from..patients.min(from + 500), seed, tumours);
        for (kind, lines) in cohort.by_type(|_| true) {
            let file = files
                .entry(kind)
                .or_insert_with(|| BufWriter::new(File::create(to.join(format!("{kind}.ndjson"))).unwrap()));
            for line in lines {
                bytes += line.len() as u64 + 1;
                writeln!(file, "{line}").unwrap();
            }
        }
        truths.extend(cohort.truth);
    }
    (truths, bytes)
}
