//! Markdown as plain text of a certain width, safe to print: what a clinician would read, without its looks.
//!
//! Enough of Markdown for the details of cards; anything else is shown as it was written. Control characters of an
//! answer never reach the terminal, which would obey them.

/// The text in lines of at most so many characters, each after this indent.
#[must_use]
pub fn wrapped(markdown: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    for line in markdown.lines() {
        let (prefix, rest) = prefix(line);
        let words = plain(rest);
        if words.trim().is_empty() {
            blank = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut blank) {
            out.push('\n');
        }
        let hang = " ".repeat(prefix.chars().count());
        let mut at = format!("{indent}{prefix}");
        let mut is_empty = true;
        for word in words.split_whitespace() {
            let full = at.chars().count() + 1 + word.chars().count() > width;
            if full && !is_empty {
                out.push_str(&at);
                out.push('\n');
                at = format!("{indent}{hang}");
                is_empty = true;
            }
            if !is_empty {
                at.push(' ');
            }
            at.push_str(word);
            is_empty = false;
        }
        out.push_str(&at);
        out.push('\n');
    }
    out
}

/// The sign of a list and what follows; of a heading only what follows.
fn prefix(line: &str) -> (&'static str, &str) {
    let line = line.trim();
    for sign in ["- ", "* ", "+ "] {
        if let Some(rest) = line.strip_prefix(sign) {
            return ("• ", rest);
        }
    }
    let heading = line.trim_start_matches('#');
    match heading.strip_prefix(' ') {
        Some(rest) if heading.len() < line.len() => ("", rest),
        _ => ("", line),
    }
}

/// One line without its signs.
#[must_use]
pub fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation()) => {
                out.extend(after.chars().next());
                after.get(1..).unwrap_or_default()
            }
            '*' | '`' => after,
            '&' => {
                let entity = ENTITIES.iter().find(|(name, _)| after.starts_with(name));
                out.push(entity.map_or('&', |(_, sign)| *sign));
                after
                    .get(entity.map_or(0, |(name, _)| name.len())..)
                    .unwrap_or_default()
            }
            c => {
                out.push(c);
                after
            }
        };
    }
    harmless(&out)
}

/// Text that is no Markdown, on one line and without characters that a terminal obeys.
#[must_use]
pub fn harmless(text: &str) -> String {
    let shown = text.chars().filter(|c| !turns(*c));
    shown.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

const ENTITIES: [(&str, char); 5] = [
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("nbsp;", ' '),
];

/// Characters that turn the direction of writing.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_lines_to_read() {
        let text = "**Why:** a\\.b &lt;c&gt; & d\n\n\n- one two three four\n- `x`\n\n## End";
        assert_eq!(
            wrapped(text, 16, "  "),
            "  Why: a.b <c> &\n  d\n\n  • one two\n    three four\n  • x\n\n  End\n"
        );
        assert_eq!(wrapped("", 10, ""), "");
        assert_eq!(
            wrapped("averyveryverylongword b", 5, ""),
            "averyveryverylongword\nb\n"
        );
    }

    #[test]
    fn a_terminal_is_told_nothing_but_text() {
        for hostile in [
            "a\u{1b}[31mb",
            "a\u{202e}b",
            "a\u{9b}2Jb",
            "a\rb\u{7}",
            "a\u{0}\\\u{1b}b",
        ] {
            let text = wrapped(hostile, 80, "");
            assert!(
                !text.chars().any(|c| turns(c) || (c.is_control() && c != '\n')),
                "{text:?}"
            );
        }
    }
}
