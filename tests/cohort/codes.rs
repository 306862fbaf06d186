//! A site's own codes: listed by the first run, edited by a person, used by the second.

use crate::export::{folder, write};
use crate::measure::{Fared, rows};
use crate::{courses, options, run};
use apposite::evaluate::{self, Quiet};
use apposite::knowledge::Knowledge;

#[test]
fn an_edited_map_explains_what_the_first_run_could_not() {
    let cohort = courses::cohort(300, 5, 60);
    let folder = folder("codes");
    write(&cohort, &folder.join("export"), |_| true);
    let mut first = options(&folder.join("export"), &folder.join("first"));
    first.identified = true;
    let before = run(&first);
    assert!(before.tally.orders["with an unmapped code"] > 0);
    let map = std::fs::read_to_string(first.out.join("unmapped-codes.csv")).unwrap();
    // Nobody has looked at it yet: it maps nothing.
    let none = Knowledge::embedded().unwrap().with_local_codes(&map).unwrap();
    assert_eq!(none.local_codes().map(|l| l.lines), Some(0));
    // A person knows what the two codes without words mean, and agrees with the proposals.
    let mut edited = String::new();
    for line in map.lines() {
        let line = match line.strip_prefix("#urn") {
            Some(rest) if rest.contains("PX-4471") => {
                "urn:oid:1.2.3.4.5.2,Site problems,PX-4471,Pancreatic neuroendocrine tumor,equivalent,icd10cm,C25.4,".to_owned()
            }
            Some(rest) if rest.contains("IMG7001") => continue,
            Some(rest) if rest.contains(",not-related-to,") => format!("#urn{rest}"),
            Some(rest) => format!("urn{rest}"),
            None => line.to_owned(),
        };
        edited += &line;
        edited.push('\n');
    }
    let knowledge = Knowledge::embedded().unwrap().with_local_codes(&edited).unwrap();
    let second = evaluate::Options {
        out: folder.join("second"),
        ..first.clone()
    };
    let after = evaluate::run(&knowledge, &second, &Quiet).unwrap();
    assert!(after.tally.orders["with an unmapped code"] < before.tally.orders["with an unmapped code"]);
    let [before, after] = [&first.out, &second.out].map(|out| Fared::of(&cohort.truth, &rows(out)));
    let missed = |fared: &Fared| fared.kinds.values().map(|k| k[2]).sum::<usize>();
    assert!(
        missed(&after) < missed(&before),
        "{}\n{}",
        before.told(),
        after.told()
    );
    assert_eq!(after.false_cards(), 0, "{}", after.told());
}
