//! Pieces of a page: escaped words, numbers as people read them, tables that scroll.

pub(super) use crate::plot::escape;
use std::fmt::Write as _;

/// How the page looks, besides its pictures.
pub(super) const STYLE: &str = "\
:root{--page:#fbfbfc;--card:#fff;--text:#1c2430;--soft:#55606e;--edge:#d9dde3;--warn:#8a4b00;--warn-back:#fff4e0}\n\
@media (prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2029;--text:#e6eaf0;--soft:#a3adba;--edge:#333c48;\
--warn:#ffca80;--warn-back:#33270f}}\n\
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}\n\
main{max-width:72rem;margin:0 auto;padding:1rem}h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0}\
h2{font-size:1.15rem;margin:0 0 .25rem}h3{font-size:1rem;margin:1rem 0 .25rem}p{margin:.25rem 0 .75rem}\
header p,.lead{color:var(--soft)}small{color:var(--soft)}\n\
section{background:var(--card);border:1px solid var(--edge);border-radius:.5rem;padding:1rem;margin:1rem 0;min-width:0}\n\
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:0}\
.tiles div{border:1px solid var(--edge);border-radius:.4rem;padding:.6rem .75rem;background:var(--card)}\
.tiles dt{color:var(--soft);font-size:.85rem}.tiles dd{margin:0;font-size:1.5rem;font-weight:600}\
.tiles small{display:block;font-size:.8rem;font-weight:400}\n\
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem}.two>*{min-width:0}\n\
.look{border-left:.3rem solid var(--plot-bad)}.calm{border-left:.3rem solid var(--plot-good)}\
.look ul,.calm ul{margin:.25rem 0;padding-left:1.2rem}.look li{margin:.35rem 0}\n\
.warn{color:var(--warn);background:var(--warn-back);padding:.5rem .75rem;border-radius:.4rem}\n\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}\
caption{text-align:left;color:var(--soft);font-size:.85rem;padding:.25rem 0}\
th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--edge);vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
code{overflow-wrap:anywhere}td:first-child code{white-space:nowrap}td small{white-space:nowrap}.wide{display:inline-block;min-width:16rem}details{margin-top:.5rem}summary{cursor:pointer;color:var(--soft)}\n\
@media print{section{break-inside:avoid}details{display:block}}\n";

/// A part of the page, with a heading and what it is about.
pub(super) fn section(id: &str, title: &str, lead: &str, body: &str) -> String {
    let lead = match lead {
        "" => String::new(),
        lead => format!("<p class=\"lead\">{}</p>", escape(lead)),
    };
    format!(
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{}</h2>{lead}{body}</section>",
        escape(title)
    )
}

/// A count with its thousands apart.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in whole per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", hundredths(share))
}

/// A share in whole hundredths.
pub(super) fn hundredths(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

/// Some of all, in per cent.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay far below what a float holds exactly"
)]
pub(super) fn share(some: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}

/// A count as a length.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay far below what a float holds exactly"
)]
pub(super) fn long(count: u64) -> f64 {
    count as f64
}

/// Microseconds as people read them.
pub(super) fn time(micros: u64) -> String {
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..10_000 => format!("{:.1} ms", long(micros) / 1e3),
        10_000..1_000_000 => format!("{:.0} ms", long(micros) / 1e3),
        _ => format!("{:.1} s", long(micros) / 1e6),
    }
}

/// What has a name, or what it is without one.
pub(super) fn named(name: &str, without: &str) -> String {
    if name.is_empty() {
        without.to_owned()
    } else {
        name.to_owned()
    }
}

/// A table; columns whose name begins with `#` hold numbers.
pub(super) struct Table {
    numbers: Vec<bool>,
    head: String,
    rows: String,
}

impl Table {
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut head = String::new();
        let mut numbers = Vec::new();
        for column in columns {
            let number = column.starts_with('#');
            numbers.push(number);
            // Writing to a string cannot fail.
            let _ = write!(
                head,
                "<th scope=\"col\"{}>{}</th>",
                class(number),
                escape(column.trim_start_matches('#'))
            );
        }
        Self {
            numbers,
            head,
            rows: String::new(),
        }
    }

    /// A row of HTML: words must have been escaped.
    pub(super) fn row(&mut self, cells: &[String]) {
        self.rows.push_str("<tr>");
        for (cell, number) in cells.iter().zip(&self.numbers) {
            let _ = write!(self.rows, "<td{}>{cell}</td>", class(*number));
        }
        self.rows.push_str("</tr>");
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, which scrolls where the page is narrow, also by keyboard.
    pub(super) fn finish(self, caption: &str) -> String {
        let caption = escape(caption);
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\
             <thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
            self.head, self.rows
        )
    }
}

fn class(number: bool) -> &'static str {
    if number { " class=\"n\"" } else { "" }
}
