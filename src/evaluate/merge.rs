//! Parts of a run made on several machines, put together to what one machine would have made, byte for byte.

use super::fault::{EvaluateFault, at};
use super::row::Row;
use super::tables::{self, DECISIONS, SUMMARY, Tables};
use super::{Judge, Summary, state};
use crate::knowledge::Knowledge;
use std::path::{Path, PathBuf};

/// Puts finished parts together: the folders of `--shard 1/n` to `n/n`, in any order.
///
/// # Errors
/// If a part is missing or not of the same run, or a file cannot be read or written.
pub fn merge(knowledge: &Knowledge, folders: &[PathBuf], out: &Path) -> Result<Summary, EvaluateFault> {
    let read = |folder: &PathBuf| state::read::<Summary>(&folder.join(SUMMARY));
    let parts = folders.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut whole = together(knowledge, &parts)?;
    std::fs::create_dir_all(out).map_err(at(out, "cannot be made"))?;
    let place = std::fs::canonicalize(out).map_err(at(out, "cannot be read"))?;
    if folders
        .iter()
        .any(|part| part.canonicalize().is_ok_and(|found| found == place))
    {
        let why = "one of them is the folder of the results too, and would be written over";
        return Err(EvaluateFault::Parts(why.to_owned()));
    }
    for part in parts {
        whole.tally.add(part.tally);
    }
    let mut tables = Tables::create(out)?;
    let mut sources = folders
        .iter()
        .map(|folder| tables::rows(&folder.join(DECISIONS)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut heads = Vec::new();
    for source in &mut sources {
        heads.push(source.next().transpose()?);
    }
    // Rows are in the order of their patients' pseudonyms, and each patient is in one part only.
    loop {
        let first = heads
            .iter()
            .enumerate()
            .filter_map(|(at, head)| Some((at, &head.as_ref()?.1.key)))
            .min_by(|(_, a), (_, b)| a.cmp(b))
            .map(|(at, _)| at);
        let Some(at) = first else { break };
        let (Some(head), Some(source)) = (heads.get_mut(at), sources.get_mut(at)) else {
            break;
        };
        if let Some((line, row)) = head.take() {
            tables.add(&line, &row)?;
        }
        let next: Option<(String, Row)> = source.next().transpose()?;
        *head = next;
    }
    tables.finish()?;
    tables::finish(knowledge, out, &whole)?;
    Ok(whole)
}

/// The frame of the whole, if these are its parts, each once.
fn together(knowledge: &Knowledge, parts: &[Summary]) -> Result<Summary, EvaluateFault> {
    let wrong = |why: &str| Err(EvaluateFault::Parts(why.to_owned()));
    let Some(first) = parts.first() else {
        return wrong("none is given");
    };
    let same = |part: &Summary| {
        part.judge == first.judge && part.identified == first.identified && part.input == first.input
    };
    if !parts.iter().all(same) {
        return wrong("they differ in what was read, in the knowledge, or in `--identified`");
    }
    if first.judge != Judge::of(knowledge) {
        return wrong("they were judged by other knowledge, local codes, or another version of this program");
    }
    let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let mut numbers: Vec<_> = parts.iter().map(|part| part.shard).collect();
    numbers.sort_unstable();
    let expected = (1..=count).map(|number| Some((number, count)));
    if !numbers.iter().copied().eq(expected) {
        return wrong("each part is needed once, from 1/n to n/n");
    }
    Ok(Summary {
        shard: None,
        tally: super::Tally::default(),
        ..first.clone()
    })
}
