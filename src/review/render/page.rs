//! What stands on a page, before it is written as HTML or Markdown.

/// A part of the review that is signed on its own.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// Short name for files and links.
    pub id: &'static str,
    pub title: String,
    pub blocks: Vec<Block>,
    /// Whether somebody signs it.
    pub signed: bool,
}

impl Section {
    pub fn new(id: &'static str, title: &str) -> Self {
        Self {
            id,
            title: title.to_owned(),
            blocks: Vec::new(),
            signed: true,
        }
    }

    pub fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    /// Words that nobody may overlook.
    pub fn notice(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Notice(text.into()));
    }

    pub fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    pub fn list(&mut self, entries: Vec<String>) {
        if !entries.is_empty() {
            self.blocks.push(Block::List(entries));
        }
    }

    pub fn table(&mut self, head: &[&str], rows: Vec<Vec<Cell>>) {
        self.blocks.push(Block::Table {
            head: head.iter().map(|h| (*h).to_owned()).collect(),
            rows,
        });
    }
}

#[derive(Debug, Clone)]
pub(super) enum Block {
    Heading(String),
    Text(String),
    Notice(String),
    List(Vec<String>),
    Table {
        head: Vec<String>,
        rows: Vec<Vec<Cell>>,
    },
    /// A card as the EHR shows it: how loud, one sentence, text in plain Markdown, buttons.
    Card {
        warning: bool,
        summary: String,
        detail: String,
        buttons: Vec<String>,
    },
    /// Long and seldom read: closed on the screen, open on paper.
    Folded {
        title: String,
        blocks: Vec<Block>,
    },
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// What stands above the text and is seen first.
    pub title: Option<String>,
    pub text: String,
    pub tone: Option<Tone>,
}

impl Cell {
    pub fn titled(title: &str, text: String) -> Self {
        Self {
            title: Some(title.to_owned()),
            text,
            tone: None,
        }
    }

    pub fn toned(text: &str, tone: Tone) -> Self {
        Self {
            title: None,
            text: text.to_owned(),
            tone: Some(tone),
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            title: None,
            text: text.into(),
            tone: None,
        }
    }
}

/// Good or bad, told by a sign and a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Middle,
    Bad,
    Unknown,
}

impl Tone {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Middle => "~",
            Self::Bad => "✗",
            Self::Unknown => "?",
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Middle => "middle",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}
