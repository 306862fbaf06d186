//! What all pictures share: frame, words, numbers.

use std::fmt::Write as _;

/// What a picture is called and what it shows.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Names the picture on its page: letters, digits and `-`, each once.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What it shows, for those who do not see it: the main thing in one sentence.
    pub description: &'a str,
}

/// A colour by its use; which one it is depends on light and dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tone {
    First,
    Second,
    Third,
    Fourth,
    Good,
    Bad,
    Muted,
}

impl Tone {
    /// Its class in [`super::STYLE`].
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::First => "tone-1",
            Self::Second => "tone-2",
            Self::Third => "tone-3",
            Self::Fourth => "tone-4",
            Self::Good => "tone-good",
            Self::Bad => "tone-bad",
            Self::Muted => "tone-muted",
        }
    }
}

/// Words as they may stand in HTML, SVG and attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Other controls may not stand in a page at all.
            c if c.is_control() && c != '\n' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// A picture under way.
pub(super) struct Svg(String);

impl Svg {
    pub(super) fn new(frame: Frame<'_>, height: f64) -> Self {
        let (id, height) = (escape(frame.id), number(height));
        let mut text = format!(
            r#"<svg class="plot" role="img" xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}" aria-labelledby="{id}-title {id}-desc">"#
        );
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"<title id="{id}-title">{}</title><desc id="{id}-desc">{}</desc>"#,
            escape(frame.title),
            escape(frame.description)
        );
        Self(text)
    }

    /// A rectangle from left to right in per cent, with what it tells under the pointer.
    pub(super) fn rect(&mut self, (x, width): (f64, f64), (y, height): (f64, f64), class: &str, told: &str) {
        if width <= 0.0 || height <= 0.0 {
            return;
        }
        let _ = write!(
            self.0,
            r#"<rect x="{}%" y="{}" width="{}%" height="{}" class="{class}">"#,
            number(x),
            number(y),
            number(width),
            number(height)
        );
        if !told.is_empty() {
            let _ = write!(self.0, "<title>{}</title>", escape(told));
        }
        self.0.push_str("</rect>");
    }

    /// A line; `x` in per cent.
    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let _ = write!(
            self.0,
            r#"<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="{class}"/>"#,
            number(x1),
            number(y1),
            number(x2),
            number(y2)
        );
    }

    /// A dot; `x` in per cent.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), class: &str, told: &str) {
        let _ = write!(
            self.0,
            r#"<circle cx="{}%" cy="{}" r="2.5" class="{class}"><title>{}</title></circle>"#,
            number(x),
            number(y),
            escape(told)
        );
    }

    /// Words; `x` in per cent.
    pub(super) fn text(&mut self, (x, y): (f64, f64), class: &str, words: &str) {
        let (x, y) = (number(x), number(y));
        let _ = write!(
            self.0,
            r#"<text x="{x}%" y="{y}" class="{class}">{}</text>"#,
            escape(words)
        );
    }

    /// What is drawn until `end` leads somewhere.
    pub(super) fn link(&mut self, to: &str) {
        let _ = write!(self.0, r#"<a href="{}">"#, escape(to));
    }

    pub(super) fn end_link(&mut self) {
        self.0.push_str("</a>");
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }
}

/// Where there is nothing to draw.
pub(super) fn nothing(frame: Frame<'_>) -> String {
    format!(
        r#"<p class="plot-empty">{}: nothing to show yet.</p>"#,
        escape(frame.title)
    )
}

/// A number as SVG takes it: short, and never one that is none.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// The next round number at or above a value: 1, 2 or 5 with zeros.
pub(super) fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps
        .into_iter()
        .find(|step| *step >= value * 0.999_999)
        .unwrap_or(value)
}

/// A count of things as a share of the picture.
#[expect(clippy::cast_precision_loss, reason = "things drawn are few")]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_safe() {
        for (value, text) in [
            (0.0, "0"),
            (-0.001, "0"),
            (12.5, "12.5"),
            (1.0 / 3.0, "0.33"),
            (100.0, "100"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
        ] {
            assert_eq!(number(value), text);
        }
        for (value, up) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (3.0, 5.0),
            (11.0, 20.0),
            (0.3, 0.5),
            (100.0, 100.0),
        ] {
            assert!((round_up(value) - up).abs() < 1e-9, "{value}");
        }
        assert_eq!(escape("<a b='\"'>&\u{7}"), "&lt;a b=&#39;&quot;&#39;&gt;&amp; ");
    }
}
