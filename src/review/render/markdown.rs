//! Pages as Markdown: plain tables, readable as text.

use super::page::{Block, Cell, Section};
use std::fmt::Write as _;

/// One section as a file.
pub(super) fn page(section: &Section) -> String {
    let mut out = format!("# {}\n", escape(&section.title));
    blocks(&mut out, &section.blocks);
    if section.signed {
        out.push_str("\n---\n\n| Read and agreed | Name and role | Date | Signature |\n|---|---|---|---|\n");
        out.push_str("| first reviewer | | | |\n| second reviewer | | | |\n\nRemarks:\n");
    }
    out
}

fn blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        out.push('\n');
        match block {
            Block::Heading(text) => {
                let _ = writeln!(out, "## {}", escape(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "{}", escape(text));
            }
            Block::Notice(text) => {
                let _ = writeln!(out, "> **{}**", escape(text));
            }
            Block::List(entries) => {
                for entry in entries {
                    let _ = writeln!(out, "- {}", escape(entry));
                }
            }
            Block::Table { head, rows } => {
                let head: Vec<Cell> = head.iter().map(|h| Cell::from(h.as_str())).collect();
                row(out, &head);
                let _ = writeln!(out, "|{}", "---|".repeat(head.len()));
                rows.iter().for_each(|cells| row(out, cells));
            }
            Block::Card {
                warning,
                summary,
                detail,
                buttons,
            } => {
                let loud = if *warning { "warning" } else { "info" };
                let _ = writeln!(out, "> **[{loud}] {}**\n>", escape(summary));
                for line in detail.lines() {
                    let _ = writeln!(out, "> {line}");
                }
                for button in buttons {
                    let _ = writeln!(out, ">\n> [ {} ]", escape(button));
                }
            }
            Block::Folded { title, blocks: inner } => {
                let _ = writeln!(out, "### {}", escape(title));
                self::blocks(out, inner);
            }
        }
    }
}

fn row(out: &mut String, cells: &[Cell]) {
    out.push('|');
    for cell in cells {
        let sign = cell.tone.map(|t| format!("{} ", t.sign())).unwrap_or_default();
        let title = cell.title.as_deref();
        let title = title.map(|t| format!("**{}.** ", escape(t))).unwrap_or_default();
        let _ = write!(
            out,
            " {sign}{title}{} |",
            escape(&cell.text).replace('\n', "<br>")
        );
    }
    out.push('\n');
}

/// Text that means only itself in Markdown.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' => {
                safe.push('\\');
                safe.push(sign);
            }
            _ => safe.push(sign),
        }
    }
    safe
}
