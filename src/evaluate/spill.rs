//! The export sorted by patient, on disk: parts by ranges of the patients' hashes, small enough to be read whole.
//!
//! A record is a fixed head and the line as it was. Nothing is interpreted here.

use super::fault::{EvaluateFault, at};
use super::pseudonym::Pseudonym;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Bytes before each line: hash, type, file, line, length.
const HEAD: usize = 16 + 1 + 4 + 8 + 4;

/// One resource on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub patient: Pseudonym,
    /// Where it came from: this is the order in which resources of a patient are read, however many threads there were.
    pub file: u32,
    pub line: u64,
    /// Its place in the list of types.
    pub kind: u8,
    from: usize,
    to: usize,
}

/// The parts while they are written.
pub(super) struct Parts {
    files: Vec<(PathBuf, Mutex<File>)>,
    /// Bytes a thread gathers for a part before it writes them.
    buffer: usize,
}

/// Where a part lies.
pub(super) fn path_of(work: &Path, part: usize) -> PathBuf {
    work.join(format!("part-{part:05}"))
}

impl Parts {
    pub(super) fn create(work: &Path, count: usize, buffer: usize) -> Result<Self, EvaluateFault> {
        let create = |part| {
            let path = path_of(work, part);
            let file = File::create(&path).map_err(at(&path, "cannot be made"))?;
            Ok((path, Mutex::new(file)))
        };
        let files = (0..count).map(create).collect::<Result<_, EvaluateFault>>()?;
        Ok(Self { files, buffer })
    }

    fn write(&self, part: usize, bytes: &[u8]) -> Result<(), EvaluateFault> {
        let Some((path, file)) = self.files.get(part) else {
            return Ok(());
        };
        // A thread that failed while it wrote ends the whole run, so what it left behind is never read.
        let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(bytes).map_err(at(path, "cannot be written"))
    }
}

/// What one thread has gathered for each part.
pub(super) struct Writer<'p> {
    parts: &'p Parts,
    buffers: Vec<Vec<u8>>,
}

impl<'p> Writer<'p> {
    pub(super) fn new(parts: &'p Parts) -> Self {
        Self {
            parts,
            buffers: parts.files.iter().map(|_| Vec::new()).collect(),
        }
    }

    pub(super) fn add(
        &mut self,
        patient: Pseudonym,
        kind: u8,
        (file, line): (u32, u64),
        text: &[u8],
    ) -> Result<(), EvaluateFault> {
        let part = patient.range(self.buffers.len());
        let Some(buffer) = self.buffers.get_mut(part) else {
            return Ok(());
        };
        buffer.extend_from_slice(&patient.0);
        buffer.push(kind);
        buffer.extend_from_slice(&file.to_le_bytes());
        buffer.extend_from_slice(&line.to_le_bytes());
        // Lines are at most `MAX_LINE` long.
        buffer.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        buffer.extend_from_slice(text);
        if buffer.len() >= self.parts.buffer {
            self.parts.write(part, buffer)?;
            buffer.clear();
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), EvaluateFault> {
        for (part, buffer) in self.buffers.iter().enumerate() {
            self.parts.write(part, buffer)?;
        }
        Ok(())
    }
}

/// One part, read whole and sorted by patient.
pub(super) struct Part {
    bytes: Vec<u8>,
    pub entries: Vec<Entry>,
}

impl Part {
    pub(super) fn read(path: &Path) -> Result<Self, EvaluateFault> {
        let bytes = std::fs::read(path).map_err(at(path, "cannot be read"))?;
        let mut entries = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let entry = entry_at(&bytes, from).ok_or_else(|| EvaluateFault::Content {
                path: path.to_owned(),
                what: "was changed or cut off since it was written".to_owned(),
            })?;
            from = entry.to;
            entries.push(entry);
        }
        entries.sort_unstable();
        Ok(Self { bytes, entries })
    }

    /// The line itself.
    pub(super) fn text(&self, entry: &Entry) -> &str {
        let bytes = self.bytes.get(entry.from..entry.to).unwrap_or_default();
        // It was UTF-8 when it was written.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

fn entry_at(bytes: &[u8], at: usize) -> Option<Entry> {
    let head = bytes.get(at..at.checked_add(HEAD)?)?;
    let (patient, head) = head.split_first_chunk::<16>()?;
    let (kind, head) = head.split_first()?;
    let (file, head) = head.split_first_chunk::<4>()?;
    let (line, head) = head.split_first_chunk::<8>()?;
    let (length, _) = head.split_first_chunk::<4>()?;
    let from = at + HEAD;
    let to = from.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    (to <= bytes.len()).then_some(Entry {
        patient: Pseudonym(*patient),
        file: u32::from_le_bytes(*file),
        line: u64::from_le_bytes(*line),
        kind: *kind,
        from,
        to,
    })
}
