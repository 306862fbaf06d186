//! Second step of a run: one part of the sorted export after the other, its patients on all cores.

use super::fault::EvaluateFault;
use super::glance;
use super::pseudonym::Key;
use super::replay::{self, Frame, Learned};
use super::row::Row;
use super::sort::Sorted;
use super::spill::{Entry, Part, path_of};
use super::state::State;
use super::tally::Tally;
use super::{Options, Phase, Progress};
use crate::knowledge::Knowledge;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Patients a thread takes at once.
const AT_ONCE: usize = 16;

/// Judges every part that is not finished yet.
pub(super) fn parts(
    knowledge: &Knowledge,
    options: &Options,
    key: Key,
    sorted: &Sorted,
    state: &State,
    progress: &dyn Progress,
) -> Result<Tally, EvaluateFault> {
    let wanted = glance::wanted();
    let frame = Frame {
        knowledge,
        exported: wanted
            .iter()
            .map(|w| sorted.input.types.contains_key(w.name))
            .collect(),
        wanted,
        medicines: &sorted.medicines,
        key,
        identified: options.identified,
    };
    let size = |part| std::fs::metadata(path_of(&state.work, part)).map_or(0, |m| m.len());
    let sizes: Vec<u64> = (0..state.parts()).map(size).collect();
    progress.begin(Phase::Judge, sizes.iter().sum(), 0);
    let mut total = Tally::default();
    for (part, size) in sizes.into_iter().enumerate() {
        if let Some(tally) = state.finished(part)? {
            total.add(tally);
            continue;
        }
        let read = Part::read(&path_of(&state.work, part))?;
        let (rows, tally) = judged(&frame, options.threads.max(1), &read, progress, size);
        state.finish(part, &rows, &tally)?;
        total.add(tally);
    }
    Ok(total)
}

/// The rows of a part in the order of its patients, and what was counted.
fn judged(
    frame: &Frame<'_>,
    threads: usize,
    part: &Part,
    progress: &dyn Progress,
    size: u64,
) -> (Vec<u8>, Tally) {
    let patients: Vec<&[Entry]> = part.entries.chunk_by(|a, b| a.patient == b.patient).collect();
    let next = AtomicUsize::new(0);
    let share = |done: usize| {
        let count = u64::try_from(patients.len()).unwrap_or(1).max(1);
        let done = u64::try_from(done).unwrap_or(0);
        size.saturating_mul(done) / count
    };
    let work = || {
        let (mut tally, mut learned) = (Tally::default(), Learned::default());
        let mut written: Vec<(usize, Vec<u8>)> = Vec::new();
        loop {
            let from = next.fetch_add(AT_ONCE, Ordering::Relaxed);
            let Some(some) = patients
                .get(from..patients.len().min(from + AT_ONCE))
                .filter(|s| !s.is_empty())
            else {
                return (written, tally);
            };
            let mut lines = Vec::new();
            for entries in some {
                let texts = entries.iter().map(|entry| (entry.kind, part.text(entry)));
                for row in replay::patient(frame, &mut learned, &mut tally, texts) {
                    line(&mut lines, &row);
                }
            }
            written.push((from, lines));
            progress.advance(share(from + some.len()) - share(from));
        }
    };
    let done: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut total = Tally::default();
    let mut pieces = Vec::new();
    for (written, tally) in done {
        total.add(tally);
        pieces.extend(written);
    }
    pieces.sort_by_key(|(from, _)| *from);
    (pieces.into_iter().flat_map(|(_, lines)| lines).collect(), total)
}

fn line(to: &mut Vec<u8>, row: &Row) {
    // A row holds nothing that JSON cannot say, and memory does not fail to be written to.
    let _ = serde_json::to_writer(&mut *to, row);
    to.push(b'\n');
}
