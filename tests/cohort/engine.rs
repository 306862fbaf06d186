//! A replay judges by the very code that answers calls.

use crate::knowledge;
use apposite::evaluate;
use apposite::knowledge::Knowledge;
use apposite::service::ImagingService;
use std::path::Path;

#[test]
fn a_body_is_judged_as_the_service_judges_it() {
    let service = ImagingService::new(Knowledge::embedded().unwrap()).unwrap();
    let day = "2026-06-15".parse().unwrap();
    let mut compared = 0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hooks");
    for folder in ["order-select", "order-sign"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let body = std::fs::read(entry.unwrap().path()).unwrap();
            let here = evaluate::judge(knowledge(), &body, day);
            let there = service.judge(&body, day);
            match (here, there) {
                (Ok((translated, consultation)), Ok(judged)) => {
                    assert_eq!(translated.case, judged.case);
                    assert_eq!(consultation, judged.consultation);
                    compared += 1;
                }
                (Err(here), Err(there)) => assert_eq!(here, there),
                _ => panic!("one reads it, the other does not"),
            }
        }
    }
    assert!(compared > 5, "{compared}");
}
