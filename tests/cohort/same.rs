//! The same bytes, whatever the way: threads, memory, compression, shards, and runs that were ended and started again.

use crate::export::{folder, write};
use crate::{courses, knowledge, options, run};
use apposite::evaluate::{self, Options, Phase, Progress};
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const RESULTS: [&str; 5] = [
    "decisions.ndjson",
    "decisions.csv",
    "summary.json",
    "unmapped-codes.csv",
    "report.html",
];

fn same(a: &Path, b: &Path) {
    for name in RESULTS {
        let [a, b] = [a, b].map(|folder| fs::read(folder.join(name)).unwrap());
        assert!(!a.is_empty() && a == b, "{name} differs");
    }
}

fn export(name: &str) -> std::path::PathBuf {
    let folder = folder(name);
    let cohort = courses::cohort(120, 3, 30);
    write(&cohort, &folder.join("export"), |_| true);
    // Damaged lines in the midst of good ones.
    let file = folder.join("export/Condition.ndjson");
    let mut lines: Vec<String> = fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    lines.insert(3, "{\"resourceType\":\"Condition\",\"sub".to_owned());
    lines.insert(9, "nothing".to_owned());
    fs::write(&file, lines.join("\n")).unwrap();
    folder
}

#[test]
fn threads_and_memory_change_nothing() {
    let folder = export("same-threads");
    let one = Options {
        threads: 1,
        ..options(&folder.join("export"), &folder.join("one"))
    };
    let summary = run(&one);
    let damaged: Vec<_> = summary
        .input
        .damaged_lines
        .iter()
        .map(|(f, l, _)| (f.as_str(), *l))
        .collect();
    assert_eq!(damaged, [("Condition.ndjson", 4), ("Condition.ndjson", 10)]);
    let many = Options {
        threads: 5,
        memory: 1,
        ..options(&folder.join("export"), &folder.join("many"))
    };
    run(&many);
    same(&one.out, &many.out);
    // No name of a patient or an order is in what leaves the house.
    for name in RESULTS {
        let text = fs::read_to_string(many.out.join(name)).unwrap();
        assert!(!text.contains("pat-") && !text.contains("r-1-"), "{name}");
    }
}

#[test]
fn packed_or_not_one_file_or_many() {
    let folder = export("same-packed");
    let plain = options(&folder.join("export"), &folder.join("plain"));
    let expected = run(&plain);
    let packed = folder.join("packed");
    fs::create_dir_all(&packed).unwrap();
    for (at, entry) in fs::read_dir(folder.join("export")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let text = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if at % 2 == 0 {
            let file = fs::File::create(packed.join(name + ".gz")).unwrap();
            let mut to = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            to.write_all(&text).unwrap();
            to.finish().unwrap();
        } else {
            fs::write(packed.join(name + ".zst"), zstd::encode_all(&*text, 1).unwrap()).unwrap();
        }
    }
    let got = run(&options(&packed, &folder.join("out")));
    assert_eq!(got.tally, expected.tally);
    // All types in one file, and under no name that tells anything.
    let mut all = Vec::new();
    for entry in fs::read_dir(folder.join("export")).unwrap() {
        all.extend(fs::read(entry.unwrap().path()).unwrap());
        all.push(b'\n');
    }
    fs::write(folder.join("mixed"), all).unwrap();
    let got = run(&options(&folder.join("mixed"), &folder.join("out-mixed")));
    assert_eq!(got.tally, expected.tally);
}

#[test]
fn shards_put_together_are_the_whole() {
    let folder = export("same-shards");
    let whole = options(&folder.join("export"), &folder.join("whole"));
    run(&whole);
    let part = |number: u32| {
        let out = folder.join(format!("part-{number}"));
        run(&Options {
            shard: Some((number, 3)),
            ..options(&folder.join("export"), &out)
        });
        out
    };
    let parts = [part(2), part(3), part(1)];
    let merged = folder.join("merged");
    evaluate::merge(knowledge(), &parts, &merged).unwrap();
    same(&whole.out, &merged);
    // A part that is lacking, or there twice, is told.
    let [a, b, _] = parts.clone();
    assert!(evaluate::merge(knowledge(), &[a.clone(), b.clone()], &folder.join("x")).is_err());
    assert!(evaluate::merge(knowledge(), &[a.clone(), b, a], &folder.join("x")).is_err());
}

/// Ends the run after some patients were judged.
#[derive(Default)]
struct Ended(AtomicU64);

impl Progress for Ended {
    fn begin(&self, phase: Phase, _: u64, _: u64) {
        self.0.store(u64::from(phase == Phase::Judge), Ordering::Relaxed);
    }
    fn advance(&self, _: u64) {
        let at = self.0.load(Ordering::Relaxed);
        if at > 0 {
            self.0.store(at + 1, Ordering::Relaxed);
            assert!(at < 6, "the power fails");
        }
    }
}

/// Notes what is left to do.
#[derive(Default)]
struct Left([AtomicU64; 2]);

impl Progress for Left {
    fn begin(&self, phase: Phase, size: u64, _: u64) {
        self.0[usize::from(phase == Phase::Judge)].store(size, Ordering::Relaxed);
    }
    fn advance(&self, _: u64) {}
}

#[test]
fn a_run_that_was_ended_goes_on_where_it_was() {
    let folder = export("same-resumed");
    let options = |out: &str| Options {
        memory: 1 << 20,
        threads: 1,
        ..options(&folder.join("export"), &folder.join(out))
    };
    let whole = options("whole");
    let left = Left::default();
    evaluate::run(knowledge(), &whole, &left).unwrap();
    let [read, judge] = left.0.map(|n| n.into_inner());
    assert!(read > 0 && judge > 0);
    let resumed = options("resumed");
    let ended = catch_unwind(AssertUnwindSafe(|| {
        evaluate::run(knowledge(), &resumed, &Ended::default())
    }));
    assert!(ended.is_err());
    assert!(resumed.out.join(".work").exists() && !resumed.out.join("report.html").exists());
    // Other options are another run.
    let other = Options {
        identified: true,
        ..resumed.clone()
    };
    assert!(evaluate::run(knowledge(), &other, &Left::default()).is_err());
    let left = Left::default();
    evaluate::run(knowledge(), &resumed, &left).unwrap();
    let [read_again, judged_again] = left.0.map(|n| n.into_inner());
    assert_eq!(read_again, 0, "the export was read again");
    assert!(judged_again < judge, "finished parts were judged again");
    same(&whole.out, &resumed.out);
    assert!(!resumed.out.join(".work").exists());
}
