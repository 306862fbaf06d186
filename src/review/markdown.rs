//! The Markdown of a vignette file: `## ID Title`, prose, fenced TOML blocks.
//!
//! Only what vignettes need; everything that is neither a story heading nor one of its blocks is prose.

/// A section that begins with `## `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading without its marks.
    pub heading: String,
    /// The line of the heading, counted from 1.
    pub line: usize,
    /// Everything outside the blocks, trimmed.
    pub prose: String,
    /// The blocks marked `toml` and a name, in order.
    pub blocks: Vec<Block>,
    /// The line of a block that never ends.
    pub unclosed: Option<usize>,
}

/// A fenced block: "```toml case".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The word after `toml`.
    pub name: String,
    /// The line of its first content line, counted from 1.
    pub line: usize,
    /// What stands between the fences.
    pub text: String,
}

/// Cuts a Markdown text into its `## ` sections; what stands before the first one is an introduction and left out.
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Option<Open> = None;
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(mut block) = open.take() {
            if content.trim_end() == "```" {
                close(block, sections.last_mut());
            } else {
                block.text.push_str(content);
                block.text.push('\n');
                open = Some(block);
            }
        } else if let Some(info) = content.strip_prefix("```") {
            open = Some(Open {
                info: info.trim().to_owned(),
                line,
                text: String::new(),
            });
        } else if let Some(heading) = content.strip_prefix("## ") {
            sections.push(Section {
                heading: heading.trim().to_owned(),
                line,
                prose: String::new(),
                blocks: Vec::new(),
                unclosed: None,
            });
        } else if let Some(section) = sections.last_mut() {
            section.prose.push_str(content);
            section.prose.push('\n');
        }
    }
    if let (Some(block), Some(section)) = (open, sections.last_mut()) {
        section.unclosed = Some(block.line);
    }
    for section in &mut sections {
        section.prose = section.prose.trim().to_owned();
    }
    sections
}

/// A block whose end has not been seen yet.
struct Open {
    info: String,
    line: usize,
    text: String,
}

/// Files a finished block under its section; blocks of another language are prose.
fn close(block: Open, section: Option<&mut Section>) {
    let Some(section) = section else { return };
    let mut words = block.info.split_whitespace();
    match (words.next(), words.next()) {
        (Some("toml"), Some(name)) => {
            section.blocks.push(Block {
                name: name.to_owned(),
                line: block.line + 1,
                text: block.text,
            });
        }
        _ => section.prose.push_str(&block.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keep_prose_and_blocks_apart() {
        let text = "# Top\nintro\n## A-1 One\nsome\nprose\n```toml case\na = 1\n```\nmore\n## A-2\n```text\nshown\n```\n";
        let found = sections(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].heading.as_str(), found[0].line), ("A-1 One", 3));
        assert_eq!(found[0].prose, "some\nprose\nmore");
        assert_eq!(
            found[0].blocks,
            [Block {
                name: "case".into(),
                line: 7,
                text: "a = 1\n".into()
            }]
        );
        assert_eq!(found[1].prose, "shown");
        assert!(found[1].blocks.is_empty());
    }

    #[test]
    fn a_heading_inside_a_block_is_no_heading_and_an_open_block_is_seen() {
        let found = sections("## A-1 One\n```toml case\n## not a heading\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].unclosed, Some(2));
    }
}
