//! The files of an export, as blocks of whole lines: plain, gzip or zstd, one after the other, never whole in memory.
//!
//! What a line says is read elsewhere; here is only where it came from, so that a damaged one can be named.

use super::fault::{EvaluateFault, at};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read at once.
const BLOCK: usize = 1024 * 1024;

/// The longest line that is read; a longer one is no resource of a record.
pub(super) const MAX_LINE: usize = 16 * 1024 * 1024;

/// How much larger a compressed file is taken to be, for the plan of the work.
const COMPRESSION: u64 = 12;

/// One file of the export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InputFile {
    pub path: PathBuf,
    /// Its name below what the user pointed at: what a report may tell.
    pub name: String,
    pub bytes: u64,
}

impl InputFile {
    /// How large it is once it is unpacked, roughly.
    pub(super) fn unpacked(&self) -> u64 {
        match compression(&self.path) {
            Compression::None => self.bytes,
            Compression::Gzip | Compression::Zstd => self.bytes.saturating_mul(COMPRESSION),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

fn compression(path: &Path) -> Compression {
    match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => Compression::Gzip,
        Some("zst" | "zstd") => Compression::Zstd,
        _ => Compression::None,
    }
}

fn is_ndjson(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let name = ["gz", "zst", "zstd"]
        .iter()
        .find_map(|packed| name.strip_suffix(packed)?.strip_suffix('.'))
        .unwrap_or(name);
    [".ndjson", ".jsonl", ".json"].iter().any(|e| name.ends_with(e))
}

/// Every file meant, in an order that does not depend on the file system. A file named by the user is read whatever it
/// is called.
pub(super) fn files(inputs: &[PathBuf]) -> Result<Vec<InputFile>, EvaluateFault> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<InputFile>) -> Result<(), EvaluateFault> {
        let cannot = "cannot be read";
        for entry in std::fs::read_dir(folder).map_err(at(folder, cannot))? {
            let entry = entry.map_err(at(folder, cannot))?;
            // Hidden files are no part of an export: the state of an unfinished run may be among them.
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            // Links are followed once, as files: a linked folder could lead back to itself.
            if path.is_dir() && !path.is_symlink() {
                walk(root, &path, found)?;
            } else if is_ndjson(&path) {
                let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                add(path, name, found)?;
            }
        }
        Ok(())
    }
    fn add(path: PathBuf, name: String, found: &mut Vec<InputFile>) -> Result<(), EvaluateFault> {
        let bytes = std::fs::metadata(&path)
            .map_err(at(&path, "cannot be read"))?
            .len();
        found.push(InputFile { path, name, bytes });
        Ok(())
    }
    let mut found = Vec::new();
    for input in inputs {
        if input.is_dir() {
            walk(input, input, &mut found)?;
        } else {
            let name = input
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            add(input.clone(), name, &mut found)?;
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Err(EvaluateFault::NoInput);
    }
    Ok(found)
}

/// Whole lines of one file.
pub(super) struct Block {
    /// The file's place in the list.
    pub file: u32,
    /// The number of the first line.
    pub first_line: u64,
    pub bytes: Vec<u8>,
}

/// What comes next from a file.
pub(super) enum Next {
    Lines(Block),
    /// A line longer than any resource, left out.
    TooLong(u64),
    /// The file ends, or is cut off in this line.
    End {
        cut_off: Option<u64>,
    },
}

/// Counts what is read of a file, compressed or not.
struct Counting<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.read
            .fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}

/// A file that is being read.
pub(super) struct Source {
    file: u32,
    from: Box<dyn Read + Send>,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    line: u64,
    /// Inside a line that is too long.
    skipping: bool,
    ended: bool,
}

impl Source {
    pub(super) fn open(
        number: usize,
        file: &InputFile,
        read: &Arc<AtomicU64>,
    ) -> Result<Self, EvaluateFault> {
        let opened = File::open(&file.path).map_err(at(&file.path, "cannot be opened"))?;
        let counted = Counting {
            inner: opened,
            read: Arc::clone(read),
        };
        let from: Box<dyn Read + Send> = match compression(&file.path) {
            Compression::None => Box::new(counted),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::new(counted))),
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::new(counted).map_err(at(&file.path, "cannot be unpacked"))?,
            ),
        };
        Ok(Self {
            file: u32::try_from(number).unwrap_or(u32::MAX),
            from,
            rest: Vec::new(),
            line: 1,
            skipping: false,
            ended: false,
        })
    }

    /// The file's place in the list.
    pub(super) fn file(&self) -> u32 {
        self.file
    }

    /// The next whole lines.
    pub(super) fn next(&mut self) -> Next {
        if self.ended {
            return Next::End { cut_off: None };
        }
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            let before = bytes.len();
            bytes.reserve(BLOCK);
            let more = u64::try_from(BLOCK).unwrap_or(u64::MAX);
            let read = (&mut self.from).take(more).read_to_end(&mut bytes);
            let fresh = bytes.get(before..).unwrap_or_default();
            let end = memchr::memrchr(b'\n', fresh).map(|at| before + at + 1);
            match (read, end) {
                (Err(_), end) => {
                    // A damaged archive ends here; what was unpacked before stands.
                    self.ended = true;
                    bytes.truncate(end.unwrap_or(0));
                    self.rest.clear();
                    let block = self.block(bytes);
                    return match block {
                        Some(block) => {
                            self.ended = false;
                            self.from = Box::new(Broken);
                            Next::Lines(block)
                        }
                        None => Next::End {
                            cut_off: Some(self.line),
                        },
                    };
                }
                (Ok(0), _) => {
                    self.ended = true;
                    return match self.block(bytes) {
                        Some(block) => Next::Lines(block),
                        None => Next::End { cut_off: None },
                    };
                }
                (Ok(_), Some(end)) => {
                    self.rest = bytes.split_off(end);
                    if let Some(block) = self.block(bytes) {
                        return Next::Lines(block);
                    }
                    bytes = std::mem::take(&mut self.rest);
                }
                (Ok(_), None) if bytes.len() > MAX_LINE && !self.skipping => {
                    bytes.clear();
                    self.skipping = true;
                    return Next::TooLong(self.line);
                }
                (Ok(_), None) if self.skipping => bytes.clear(),
                (Ok(_), None) => {}
            }
        }
    }

    /// Lines to hand over; the tail of a line that was too long is dropped.
    fn block(&mut self, mut bytes: Vec<u8>) -> Option<Block> {
        if std::mem::take(&mut self.skipping) {
            let end = memchr::memchr(b'\n', &bytes)?;
            bytes.drain(..=end);
            self.line += 1;
        }
        if bytes.is_empty() {
            return None;
        }
        let first_line = self.line;
        let lines = memchr::memchr_iter(b'\n', &bytes).count();
        self.line += u64::try_from(lines).unwrap_or(0);
        Some(Block {
            file: self.file,
            first_line,
            bytes,
        })
    }
}

/// What is left of a damaged archive.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(from: impl Read + Send + 'static) -> (Vec<(u64, String)>, Vec<u64>, Option<u64>) {
        let mut source = Source {
            file: 0,
            from: Box::new(from),
            rest: Vec::new(),
            line: 1,
            skipping: false,
            ended: false,
        };
        let (mut lines, mut long) = (Vec::new(), Vec::new());
        loop {
            match source.next() {
                Next::Lines(block) => {
                    let text = String::from_utf8(block.bytes).unwrap();
                    lines.extend((block.first_line..).zip(text.lines().map(str::to_owned)));
                }
                Next::TooLong(line) => long.push(line),
                Next::End { cut_off } => return (lines, long, cut_off),
            }
        }
    }

    #[test]
    fn lines_keep_their_numbers_and_an_endless_one_costs_only_itself() {
        let long = "x".repeat(MAX_LINE + BLOCK + 7);
        let text = format!("a\n\nb\n{long}\nc\nd");
        let (lines, long, cut) = lines_of(io::Cursor::new(text));
        let expect = [(1, "a"), (2, ""), (3, "b"), (5, "c"), (6, "d")];
        assert_eq!(lines, expect.map(|(n, t)| (n, t.to_owned())));
        assert_eq!((long, cut), (vec![4], None));
    }

    #[test]
    fn what_was_unpacked_before_an_archive_breaks_is_read() {
        let (lines, _, cut) = lines_of(io::Cursor::new("a\nb\nhalf").chain(Broken));
        assert_eq!(lines.len(), 2);
        assert_eq!(cut, Some(3));
    }
}
