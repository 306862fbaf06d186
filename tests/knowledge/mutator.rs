//! Tests of the tests: every single change of a rating, code, window, phrase or scenario row must make one fail.
//!
//! Each mutant of the embedded files goes through the real loader; one that is refused is noticed. The others are shown
//! to the second transcription (`tables`) and then to every vignette and phrase. Left out: words of cards, attributes of
//! codes, and the order of rows.

mod excused;
mod jury;
mod mutants;

use jury::{Jury, Notice};
use mutants::Mutant;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What came of all mutants: how many were noticed by whom, and the names of those that nobody noticed.
#[derive(Default)]
struct Report {
    noticed: BTreeMap<(&'static str, Notice), usize>,
    survivors: Vec<String>,
}

fn work(jury: &Jury, all: &[Mutant], next: &AtomicUsize) -> Report {
    let mut report = Report::default();
    let mut juror = jury.juror();
    while let Some(mutant) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
        match juror.judge(mutant) {
            Some(notice) => *report.noticed.entry((mutant.kind, notice)).or_default() += 1,
            None => report.survivors.push(mutant.name.clone()),
        }
    }
    report
}

/// One of how many mutants is tried: all, unless `APPOSITE_MUTANTS_EVERY` says otherwise.
fn every() -> usize {
    let asked = std::env::var("APPOSITE_MUTANTS_EVERY").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(1).max(1)
}

/// Survivors are named; each is either noticed by a new vignette, phrase or table line, or excused with a reason. An
/// excuse that is not needed any more fails too.
#[test]
fn every_change_of_the_knowledge_is_noticed() {
    let made = mutants::all();
    assert!(made.len() > 1_300, "only {} mutants were made", made.len());
    let every = every();
    let all: Vec<Mutant> = made.into_iter().step_by(every).collect();
    let jury = Jury::new();
    let next = AtomicUsize::new(0);
    let reports: Vec<Report> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..2)
            .map(|_| threads.spawn(|| work(&jury, &all, &next)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut noticed = BTreeMap::new();
    let mut survivors = Vec::new();
    for report in reports {
        for (key, n) in report.noticed {
            *noticed.entry(key).or_insert(0) += n;
        }
        survivors.extend(report.survivors);
    }
    survivors.sort();
    println!("{} mutants; noticed by: {noticed:#?}", all.len());
    println!("survivors, excused or not:\n{}", survivors.join("\n"));
    let excused = |name: &String| excused::EXCUSED.iter().any(|(e, _)| e == name);
    let unexpected: Vec<_> = survivors.iter().filter(|s| !excused(s)).collect();
    let needless: Vec<_> = excused::EXCUSED
        .iter()
        .filter(|(e, _)| every == 1 || all.iter().any(|m| m.name == *e))
        .filter(|(e, _)| !survivors.iter().any(|s| s == e))
        .collect();
    assert!(
        unexpected.is_empty() && needless.is_empty(),
        "no test notices these changes; add a vignette, a phrase or a line under tests/knowledge/expected, or excuse \
         them in excused.rs:\n{unexpected:#?}\nthese are noticed or gone, so their excuse must go:\n{needless:#?}"
    );
}
