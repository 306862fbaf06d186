//! An [`Insight`] as one table that spreadsheets read: one line for each thing counted. As JSON it is written by serde.

use super::group::{Count, Group, Measures};
use super::{Insight, Moment};

const HEAD: [&str; 18] = [
    "table",
    "name",
    "detail",
    "count",
    "decisions",
    "fired",
    "shown",
    "shadow",
    "off",
    "accepted",
    "overridden",
    "ignored",
    "acceptance",
    "override_rate",
    "override_low",
    "override_high",
    "response",
    "p95_micros",
];

/// The table, with a line of names first.
#[must_use]
pub fn csv(insight: &Insight) -> String {
    let mut lines = Lines(csv::Writer::from_writer(Vec::new()));
    lines.add(HEAD.map(str::to_owned));
    lines.measures(["total", "", "", &insight.calls.to_string()], &insight.total, 0);
    let groups: [(&str, &[Group]); 8] = [
        ("kind", &insight.kinds),
        ("rule", &insight.rules),
        ("scenario", &insight.scenarios),
        ("study", &insight.studies),
        ("client", &insight.clients),
        ("service", &insight.services),
        ("service_version", &insight.service_versions),
        ("knowledge_version", &insight.knowledge_versions),
    ];
    for (table, groups) in groups {
        for group in groups {
            lines.measures([table, &group.name, "", ""], &group.measures, 0);
        }
    }
    for kind in &insight.kinds {
        lines.counts("reason", &kind.name, &kind.measures.reasons);
        lines.counts("taken", &kind.name, &kind.measures.taken);
    }
    for (table, moments) in [("day", &insight.by_day), ("week", &insight.by_week)] {
        for Moment {
            start,
            calls,
            measures,
            p95_micros,
        } in moments
        {
            lines.measures([table, start, "", &calls.to_string()], measures, *p95_micros);
        }
    }
    let c = insight.coverage;
    for (name, count) in [
        ("drafts", c.drafts),
        ("imaging", c.imaging),
        ("in_scope", c.in_scope),
        ("judged", c.judged),
        ("unmapped", c.unmapped),
        ("distinct", c.distinct),
    ] {
        lines.count("coverage", name, "", count);
    }
    for silence in &insight.silent {
        lines.count("silent", &silence.gate, &silence.reason, silence.decisions);
    }
    for code in &insight.unmapped {
        lines.count(
            "unmapped",
            &format!("{}|{}", code.system, code.code),
            &code.client,
            code.orders,
        );
    }
    for (table, counts) in [
        ("outcome", &insight.outcomes),
        ("missing", &insight.missing),
        ("gathered", &insight.gathered),
    ] {
        lines.counts(table, "", counts);
    }
    for after in &insight.after {
        for (what, count) in [
            ("as_offered", after.as_offered),
            ("otherwise", after.otherwise),
            ("unchanged", after.unchanged),
            ("not_seen", after.not_seen),
        ] {
            lines.count(
                "after",
                &format!("{} {}", after.kind, after.mode.key()),
                what,
                count,
            );
        }
    }
    let l = insight.latency;
    for (name, micros) in [
        ("p50", l.p50),
        ("p90", l.p90),
        ("p95", l.p95),
        ("p99", l.p99),
        ("max", l.max),
    ] {
        lines.count("latency_micros", name, "", micros);
    }
    // Writing to memory does not fail, and what was written is UTF-8.
    String::from_utf8(lines.0.into_inner().unwrap_or_default()).unwrap_or_default()
}

struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    fn add(&mut self, cells: [String; 18]) {
        // Writing to memory does not fail.
        let _ = self.0.write_record(cells.map(harmless));
    }

    fn count(&mut self, table: &str, name: &str, detail: &str, count: u64) {
        let mut cells: [String; 18] = Default::default();
        for (cell, text) in cells.iter_mut().zip([table, name, detail, &count.to_string()]) {
            text.clone_into(cell);
        }
        self.add(cells);
    }

    fn counts(&mut self, table: &str, detail: &str, counts: &[Count]) {
        for Count { name, count } in counts {
            self.count(table, name, detail, *count);
        }
    }

    fn measures(&mut self, [table, name, detail, count]: [&str; 4], m: &Measures, p95: u64) {
        let share = |share: Option<f64>| share.map_or_else(String::new, |share| format!("{share:.4}"));
        let told = m.override_rate.of > 0;
        let end = |end: f64| share(told.then_some(end));
        let text = str::to_owned;
        self.add([
            text(table),
            text(name),
            text(detail),
            text(count),
            m.decisions.to_string(),
            m.fired.to_string(),
            m.shown.to_string(),
            m.shadow.to_string(),
            m.off.to_string(),
            m.accepted.to_string(),
            m.overridden.to_string(),
            m.ignored.to_string(),
            share(m.acceptance.share),
            share(m.override_rate.share),
            end(m.override_rate.low),
            end(m.override_rate.high),
            share(m.response.share),
            if p95 > 0 { p95.to_string() } else { String::new() },
        ]);
    }
}

/// A cell that no spreadsheet takes for a formula: names and codes may be anybody's words.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("-2", "'-2"),
            ("@x", "'@x"),
            ("R3", "R3"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell.to_owned()), written);
        }
    }
}
