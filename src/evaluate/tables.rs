//! What a run leaves in its folder: the decisions as NDJSON and CSV, the counts, the local codes, the report.

use super::fault::{EvaluateFault, at};
use super::row::Row;
use super::state::{self, State};
use super::{Summary, codes, report};
use crate::knowledge::Knowledge;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// The names of the results.
pub(super) const DECISIONS: &str = "decisions.ndjson";
pub(super) const SUMMARY: &str = "summary.json";

/// Both tables while they are written.
pub(super) struct Tables {
    ndjson: (PathBuf, BufWriter<File>),
    csv: (PathBuf, csv::Writer<File>),
}

impl Tables {
    pub(super) fn create(out: &Path) -> Result<Self, EvaluateFault> {
        let make = |name: &str| {
            let path = out.join(name);
            let file = File::create(&path).map_err(at(&path, "cannot be made"))?;
            Ok((path, file))
        };
        let (path, file) = make(DECISIONS)?;
        let ndjson = (path, BufWriter::new(file));
        let (path, file) = make("decisions.csv")?;
        let mut csv = (path, csv::Writer::from_writer(file));
        csv.1.write_record(Row::HEADING).map_err(|e| odd(&csv.0, &e))?;
        Ok(Self { ndjson, csv })
    }

    /// One row, as its line is.
    pub(super) fn add(&mut self, line: &str, row: &Row) -> Result<(), EvaluateFault> {
        let (path, file) = &mut self.ndjson;
        let written = file
            .write_all(line.as_bytes())
            .and_then(|()| file.write_all(b"\n"));
        written.map_err(at(path, "cannot be written"))?;
        let (path, csv) = &mut self.csv;
        csv.write_record(row.fields()).map_err(|e| odd(path, &e))
    }

    pub(super) fn finish(mut self) -> Result<(), EvaluateFault> {
        self.ndjson
            .1
            .flush()
            .map_err(at(&self.ndjson.0, "cannot be written"))?;
        self.csv.1.flush().map_err(at(&self.csv.0, "cannot be written"))
    }
}

fn odd(path: &Path, error: &csv::Error) -> EvaluateFault {
    EvaluateFault::Content {
        path: path.to_owned(),
        what: format!("cannot be written ({error})"),
    }
}

/// The rows of a file, one after the other, with their lines.
pub(super) fn rows(
    path: &Path,
) -> Result<impl Iterator<Item = Result<(String, Row), EvaluateFault>> + use<>, EvaluateFault> {
    let path = path.to_owned();
    let file = File::open(&path).map_err(at(&path, "cannot be read"))?;
    Ok(BufReader::new(file).lines().map(move |line| {
        let line = line.map_err(at(&path, "cannot be read"))?;
        let row = serde_json::from_str(&line).map_err(|error| EvaluateFault::Content {
            path: path.clone(),
            what: format!("holds a line that is no decision ({error})"),
        })?;
        Ok((line, row))
    }))
}

/// Puts the rows of all parts together.
pub(super) fn from_parts(out: &Path, state: &State) -> Result<(), EvaluateFault> {
    let mut tables = Tables::create(out)?;
    for part in 0..state.parts() {
        for row in rows(&state.rows(part))? {
            let (line, row) = row?;
            tables.add(&line, &row)?;
        }
    }
    tables.finish()
}

/// Writes everything that follows from the counts.
pub(super) fn finish(knowledge: &Knowledge, out: &Path, summary: &Summary) -> Result<(), EvaluateFault> {
    state::write(&out.join(SUMMARY), summary)?;
    let map = codes::map(knowledge, &summary.tally);
    state::write_whole(&out.join("unmapped-codes.csv"), map.as_bytes())?;
    let page = report::page(knowledge, summary);
    state::write_whole(&out.join("report.html"), page.as_bytes())
}
