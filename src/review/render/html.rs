//! Pages as one HTML file: nothing is fetched, every text is escaped, colours follow the reader's screen, prints well.

use super::page::{Block, Cell, Section};
use std::fmt::Write as _;

pub(super) const STYLE: &str = include_str!("style.css");

/// On paper everything that is folded on the screen is open.
const PRINT: &str =
    "addEventListener('beforeprint',()=>document.querySelectorAll('details').forEach(d=>{d.open=true}))";

/// A mark of so many characters stays on one line.
const SHORT: usize = 26;

/// So does a number or an id.
const NUMBER: usize = 7;

/// The whole document.
pub(super) fn document(title: &str, status: &str, sections: &[Section]) -> String {
    let title = escape(title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p class=\"status\">{}</p>\n",
        escape(status)
    );
    out.push_str("<nav aria-label=\"Contents\">\n<ol>\n");
    for section in sections {
        let _ = writeln!(
            out,
            "<li><a href=\"#{}\">{}</a></li>",
            section.id,
            escape(&section.title)
        );
    }
    out.push_str("</ol>\n</nav>\n");
    for (number, section) in (1..).zip(sections) {
        let _ = writeln!(
            out,
            "<h2 id=\"{}\">{number}. {}</h2>",
            section.id,
            escape(&section.title)
        );
        blocks(&mut out, &section.blocks);
        if section.signed {
            sign(&mut out, &section.title);
        }
    }
    let _ = writeln!(out, "<script>{PRINT}</script>\n</body>\n</html>");
    out
}

/// A document of one section, with its style elsewhere.
pub(super) fn linked(title: &str, status: &str, style: &str, section: &Section) -> String {
    let (title, status, style) = (escape(title), escape(status), escape(style));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"{style}\">\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p class=\"status\">{status}</p>\n"
    );
    blocks(&mut out, &section.blocks);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// One section without its heading and its signatures.
pub(super) fn part(section: &Section) -> String {
    let mut out = String::new();
    blocks(&mut out, &section.blocks);
    // On a page of its own its title is the first heading, and these are the second.
    out.replace("<h3>", "<h2>").replace("</h3>", "</h2>")
}

fn sign(out: &mut String, title: &str) {
    let _ = writeln!(
        out,
        "<div class=\"sign\"><p>Read and agreed: {}</p>\n<table><thead><tr><th></th><th>Name and role</th><th>Date</th>\
         <th>Signature</th><th>Remarks</th></tr></thead>\n<tbody><tr><td>First reviewer</td><td></td><td></td><td></td>\
         <td></td></tr>\n<tr><td>Second reviewer</td><td></td><td></td><td></td><td></td></tr></tbody></table></div>",
        escape(title)
    );
}

fn blocks(out: &mut String, content: &[Block]) {
    for block in content {
        match block {
            Block::Heading(text) => {
                let _ = writeln!(out, "<h3>{}</h3>", escape(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "<p>{}</p>", escape(text));
            }
            Block::Notice(text) => {
                let _ = writeln!(out, "<p class=\"draft\">{}</p>", escape(text));
            }
            Block::List(entries) => list(out, entries.iter().map(|e| escape(e))),
            Block::Table { head, rows } => table(out, head, rows),
            Block::Card {
                warning,
                summary,
                detail,
                buttons,
            } => {
                let (class, loud) = if *warning {
                    ("card warning", "▲ Warning")
                } else {
                    ("card", "● Information")
                };
                let _ = writeln!(
                    out,
                    "<div class=\"{class}\"><div class=\"loud\">{loud}</div><p class=\"summary\">{}</p>",
                    escape(summary)
                );
                detail_of(out, detail);
                for button in buttons {
                    let _ = writeln!(out, "<span class=\"button\">{}</span>", escape(button));
                }
                out.push_str("</div>\n");
            }
            Block::Folded { title, blocks: inner } => {
                let _ = writeln!(out, "<details><summary>{}</summary>", escape(title));
                self::blocks(out, inner);
                out.push_str("</details>\n");
            }
        }
    }
}

fn list(out: &mut String, entries: impl Iterator<Item = String>) {
    out.push_str("<ul>\n");
    for entry in entries {
        let _ = writeln!(out, "<li>{entry}</li>");
    }
    out.push_str("</ul>\n");
}

fn table(out: &mut String, head: &[String], rows: &[Vec<Cell>]) {
    out.push_str("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
    for cell in head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(cell));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (number, Cell { title, text, tone }) in row.iter().enumerate() {
            // On a narrow screen a row becomes a block, and each cell says its own heading.
            let label = head.get(number).map(|h| escape(h)).unwrap_or_default();
            let text = escape(text).replace('\n', "<br>");
            let text = match title {
                Some(title) => format!("<strong>{}</strong><br>{text}", escape(title)),
                None => text,
            };
            let _ = match tone {
                Some(tone) => {
                    let short = if text.chars().count() <= SHORT {
                        " short"
                    } else {
                        ""
                    };
                    write!(
                        out,
                        "<td data-label=\"{label}\" class=\"{}{short}\">{} {text}</td>",
                        tone.class(),
                        tone.sign()
                    )
                }
                None if text.chars().count() <= NUMBER => {
                    write!(out, "<td data-label=\"{label}\" class=\"short\">{text}</td>")
                }
                None => write!(out, "<td data-label=\"{label}\">{text}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

/// The text of a card: paragraphs, `**bold**` and `- ` lists, all that cards use; backslashes only escape.
fn detail_of(out: &mut String, detail: &str) {
    for paragraph in detail.split("\n\n") {
        let (points, lines): (Vec<&str>, Vec<&str>) = paragraph.lines().partition(|l| l.starts_with("- "));
        let words = lines.join(" ");
        if !words.trim().is_empty() {
            let _ = writeln!(out, "<p>{}</p>", bold(&words));
        }
        if !points.is_empty() {
            list(out, points.iter().map(|p| bold(p.trim_start_matches("- "))));
        }
    }
}

/// `**words**` in bold; an escaped sign is itself.
fn bold(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split("**").enumerate() {
        let mut plain = String::new();
        let mut signs = part.chars().peekable();
        while let Some(sign) = signs.next() {
            match sign {
                '\\' if signs.peek().is_some_and(char::is_ascii_punctuation) => plain.extend(signs.next()),
                sign => plain.push(sign),
            }
        }
        // Cards carry `&lt;` for signs of the request; they are text here too.
        let safe = escape(
            &plain
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&"),
        );
        if number % 2 == 1 {
            let _ = write!(out, "<strong>{safe}</strong>");
        } else {
            out.push_str(&safe);
        }
    }
    out
}

/// Text that means only itself in HTML, also inside attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(sign),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_stays_text() {
        // Even an unbalanced mark or an escaped sign makes no element.
        assert_eq!(
            bold(r"**Why:** a \*b\* &lt;i&gt; <b>"),
            "<strong>Why:</strong> a *b* &lt;i&gt; &lt;b&gt;"
        );
        assert_eq!(escape("\"'<&>"), "&quot;&#39;&lt;&amp;&gt;");
    }
}
