//! First step of a run: every line of the export once, on all cores, into parts by patient.

use super::fault::EvaluateFault;
use super::glance::{self, Glance, Wanted, glance};
use super::input::{Block, InputFile, Next, Source};
use super::medicines::Medicines;
use super::pseudonym::{Key, Pseudonym};
use super::spill::{Parts, Writer};
use super::state::State;
use super::tally::{Input, one};
use super::{Options, Phase, Progress};
use crate::knowledge::Knowledge;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The share of the memory for what threads gather before they write it.
const SHARE_OF_BUFFERS: u64 = 4;

/// The export, sorted.
pub(super) struct Sorted {
    pub input: Input,
    pub medicines: Medicines,
}

/// Sorts the export, unless an earlier run has done so.
pub(super) fn export(
    knowledge: &Knowledge,
    options: &Options,
    files: &[InputFile],
    key: &Key,
    state: &mut State,
    progress: &dyn Progress,
) -> Result<Sorted, EvaluateFault> {
    let medicines = state.work.join("medicines.json");
    if let Some(input) = state.input() {
        let input = input.clone();
        return Ok(Sorted {
            input,
            medicines: Medicines::load(&medicines)?,
        });
    }
    progress.begin(Phase::Read, files.iter().map(|f| f.bytes).sum(), 0);
    let threads = options.threads.max(1);
    let share = options.memory / SHARE_OF_BUFFERS;
    let buffers = u64::try_from(threads * state.parts()).unwrap_or(u64::MAX);
    let buffer = usize::try_from((share / buffers.max(1)).clamp(4 * 1024, 256 * 1024)).unwrap_or(4096);
    let parts = Parts::create(&state.work, state.parts(), buffer)?;
    let read = Arc::new(AtomicU64::new(0));
    let queue = Queue {
        files,
        next: AtomicUsize::new(0),
        open: Mutex::new(Vec::new()),
        read: Arc::clone(&read),
        told: AtomicU64::new(0),
    };
    let wanted = glance::wanted();
    let reader = || Reader {
        knowledge,
        key,
        shard: options.shard,
        files,
        wanted: &wanted,
        out: Writer::new(&parts),
        input: Input::default(),
        medicines: Medicines::default(),
        last: None,
    };
    let done: Vec<Result<(Input, Medicines), EvaluateFault>> = std::thread::scope(|scope| {
        let start = |_| scope.spawn(|| reader().work(&queue, progress));
        let threads: Vec<_> = (0..threads).map(start).collect();
        // A thread that panics has found a defect of ours: it must not pass for a finished run.
        threads
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut sorted = Sorted {
        input: Input {
            files: u64::try_from(files.len()).unwrap_or(0),
            ..Input::default()
        },
        medicines: Medicines::default(),
    };
    for thread in done {
        let (input, medicines) = thread?;
        sorted.input.add(input);
        sorted.medicines.merge(medicines);
    }
    sorted.input.settle();
    sorted.medicines.save(&medicines)?;
    state.sorted(sorted.input.clone())?;
    Ok(sorted)
}

/// The files that are being read, shared by all threads: each thread takes a file that no other is reading while there
/// is one.
struct Queue<'f> {
    files: &'f [InputFile],
    next: AtomicUsize,
    open: Mutex<Vec<Arc<Mutex<Source>>>>,
    read: Arc<AtomicU64>,
    told: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue<'_> {
    fn pick(&self) -> Result<Option<Arc<Mutex<Source>>>, EvaluateFault> {
        let mut open = lock(&self.open);
        if let Some(free) = open.iter().find(|source| source.try_lock().is_ok()) {
            return Ok(Some(Arc::clone(free)));
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(file) = self.files.get(number) {
            let source = Arc::new(Mutex::new(Source::open(number, file, &self.read)?));
            open.push(Arc::clone(&source));
            return Ok(Some(source));
        }
        Ok(open.first().map(Arc::clone))
    }

    fn close(&self, ended: &Arc<Mutex<Source>>) {
        lock(&self.open).retain(|source| !Arc::ptr_eq(source, ended));
    }

    fn tell(&self, progress: &dyn Progress) {
        let read = self.read.load(Ordering::Relaxed);
        let told = self.told.swap(read, Ordering::Relaxed);
        progress.advance(read.saturating_sub(told));
    }
}

/// One thread.
struct Reader<'r> {
    knowledge: &'r Knowledge,
    key: &'r Key,
    shard: Option<(u32, u32)>,
    files: &'r [InputFile],
    wanted: &'r [Wanted],
    out: Writer<'r>,
    input: Input,
    medicines: Medicines,
    /// The patient of the line before: exports often keep a patient's lines together.
    last: Option<(String, Pseudonym)>,
}

impl Reader<'_> {
    fn work(
        mut self,
        queue: &Queue<'_>,
        progress: &dyn Progress,
    ) -> Result<(Input, Medicines), EvaluateFault> {
        while let Some(source) = queue.pick()? {
            let (file, next) = {
                let mut source = lock(&source);
                (source.file(), source.next())
            };
            match next {
                Next::Lines(block) => self.block(&block)?,
                Next::TooLong(line) => {
                    self.input.lines += 1;
                    self.damaged(file, line, "is longer than any resource");
                }
                Next::End { cut_off } => {
                    queue.close(&source);
                    if let Some(line) = cut_off {
                        self.damaged(
                            file,
                            line,
                            "the file is damaged from here on and was read no further",
                        );
                    }
                }
            }
            queue.tell(progress);
        }
        self.out.finish()?;
        Ok((self.input, self.medicines))
    }

    fn damaged(&mut self, file: u32, line: u64, why: &str) {
        self.input.damaged += 1;
        let name = usize::try_from(file).ok().and_then(|at| self.files.get(at));
        let name = name.map_or_else(String::new, |file| file.name.clone());
        self.input.damaged_lines.push((name, line, why.to_owned()));
        // Only the first are told: what a thousand more would cost in memory tells nobody anything.
        if self.input.damaged_lines.len() > 10_000 {
            self.input.settle();
        }
    }

    fn block(&mut self, block: &Block) -> Result<(), EvaluateFault> {
        self.input.bytes += u64::try_from(block.bytes.len()).unwrap_or(0);
        let mut from = 0;
        let ends = memchr::memchr_iter(b'\n', &block.bytes).chain([block.bytes.len()]);
        for (number, end) in (block.first_line..).zip(ends) {
            let line = block.bytes.get(from..end).unwrap_or_default().trim_ascii();
            from = end + 1;
            if !line.is_empty() {
                self.line(block.file, number, line)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, file: u32, number: u64, line: &[u8]) -> Result<(), EvaluateFault> {
        self.input.lines += 1;
        match glance(self.wanted, line) {
            Glance::Of(kind, patient) => {
                let name = self.wanted.get(usize::from(kind)).map_or("", |w| w.name);
                one(&mut self.input.types, name);
                let pseudonym = match &self.last {
                    Some((last, pseudonym)) if **last == *patient => *pseudonym,
                    _ => {
                        let pseudonym = self.key.pseudonym("patient", &patient);
                        self.last = Some((patient.into_owned(), pseudonym));
                        pseudonym
                    }
                };
                if self.shard.is_none_or(|(one, of)| pseudonym.shard(of) + 1 == one) {
                    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
                    self.out.add(pseudonym, kind, (file, number), line)?;
                }
            }
            Glance::Medicine(id, code) => {
                one(&mut self.input.types, glance::MEDICATION);
                self.medicines.add(self.knowledge, &id, code);
            }
            Glance::OtherCategory(name) => {
                one(&mut self.input.types, name);
                one(&mut self.input.other_category, name);
            }
            // Whatever stands there in a damaged line must not get into the counts.
            Glance::OtherType(name) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                self.damaged(file, number, "names no type of resource");
            }
            Glance::OtherType(name) => {
                one(&mut self.input.types, &super::row::plain(&name));
                one(&mut self.input.not_read, &super::row::plain(&name));
            }
            Glance::Nobodys(name) => {
                one(&mut self.input.types, name);
                one(&mut self.input.nobodys, name);
            }
            Glance::Damaged(why) => self.damaged(file, number, why),
        }
        Ok(())
    }
}
