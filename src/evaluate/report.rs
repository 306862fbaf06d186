//! The report: one page for somebody in a hurry, with the answer to "what happens if we switch it on?" at the top.
//!
//! Self-contained: no script, nothing fetched, light and dark. Numbers come from the counts alone, words from the
//! knowledge; words of the export (codes, file names) are escaped.

mod answer;
mod sections;

use super::Summary;
use crate::knowledge::Knowledge;
use crate::plot::{self, escape};

const STYLE: &str = include_str!("report/style.css");

/// The page.
pub(super) fn page(knowledge: &Knowledge, summary: &Summary) -> String {
    let answer = answer::Answer::of(summary);
    let mut page = String::with_capacity(64 * 1024);
    page.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    page.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n<title>Before go-live: what would have happened</title>\n<style>\n");
    page.push_str(plot::STYLE);
    page.push_str(STYLE);
    page.push_str("</style></head><body><main>\n");
    page.push_str("<header><p class=\"over\">Before go-live: your own history, replayed</p>\n");
    page.push_str("<h1>What happens if we switch it on?</h1>\n");
    page.push_str(&format!("<p class=\"answer\">{}</p>\n", answer.sentences()));
    page.push_str(&answer.figures());
    page.push_str("</header>\n");
    for section in sections::all(knowledge, summary, &answer) {
        page.push_str(&section);
    }
    page.push_str(&footer(summary));
    page.push_str("</main></body></html>\n");
    page
}

fn footer(summary: &Summary) -> String {
    let judge = &summary.judge;
    let local = judge.local_codes.as_deref().map_or_else(
        || "no map of local codes".to_owned(),
        |digest| format!("a map of local codes (sha256 {digest:.12}…)"),
    );
    let part = summary.shard.map_or_else(String::new, |(one, of)| {
        format!(" <strong>This is part {one} of {of} only.</strong>")
    });
    format!(
        "<footer><p>Judged by knowledge {} {} (sha256 {:.12}…) with {local}, apposite {}.{part} Each order was judged on what \
         was on record at its time. Statuses carry no dates in FHIR and are as they are today; what was entered without a \
         date counts as unknown. Decision support for professionals; a replay shows what would have been said, not what \
         would have changed.</p></footer>\n",
        escape(&judge.id),
        escape(&judge.version),
        escape(&judge.digest),
        escape(&judge.software),
    )
}
