//! Bars, one below the other, each with its name and number above it; and a funnel of them.

use super::svg::{Frame, Svg, Tone, float, nothing};

/// Height of one bar with its words, in pixels.
const ROW: f64 = 42.0;

/// Letters of a name that are shown; all of it is told under the pointer.
const NAME: usize = 40;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub value: f64,
    /// The number as people read it.
    pub text: String,
    /// How far the number can be trusted: lower and upper end.
    pub range: Option<(f64, f64)>,
    /// Its colour.
    pub tone: Tone,
    /// Where it leads.
    pub link: Option<String>,
}

impl Bar {
    /// A bar with a name, its length and its number in words.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value,
            text: text.into(),
            range: None,
            tone: Tone::First,
            link: None,
        }
    }
}

/// Draws bars; the longest that may be is `most`, or as long as the longest is.
#[must_use]
pub fn bars(frame: Frame<'_>, bars: &[Bar], most: Option<f64>) -> String {
    let ends = bars.iter().flat_map(|b| [b.value, b.range.map_or(0.0, |r| r.1)]);
    let most = most.unwrap_or_else(|| ends.fold(0.0, f64::max));
    if bars.is_empty() {
        return nothing(frame);
    }
    let share = |value: f64| share(value, most);
    let mut svg = Svg::new(frame, float(bars.len()) * ROW);
    for (at, bar) in bars.iter().enumerate() {
        let top = float(at) * ROW;
        begin(&mut svg, bar);
        words(&mut svg, top, bar);
        svg.rect((0.0, 100.0), (top + 20.0, 13.0), "track", "");
        svg.rect(
            (0.0, share(bar.value)),
            (top + 20.0, 13.0),
            bar.tone.class(),
            &told(bar),
        );
        if let Some((low, high)) = bar.range {
            let (low, high, y) = (share(low), share(high), top + 26.5);
            svg.line((low, y), (high, y), "range");
            for end in [low, high] {
                svg.line((end, y - 4.0), (end, y + 4.0), "range");
            }
        }
        end(&mut svg, bar);
    }
    svg.finish()
}

/// Draws steps of a way on which things get fewer: each bar in the middle, as long as its share of the first.
#[must_use]
pub fn funnel(frame: Frame<'_>, steps: &[Bar]) -> String {
    let Some(first) = steps.first() else {
        return nothing(frame);
    };
    let most = steps.iter().map(|s| s.value).fold(first.value, f64::max);
    let mut svg = Svg::new(frame, float(steps.len()) * ROW);
    for (at, step) in steps.iter().enumerate() {
        let (top, width) = (float(at) * ROW, share(step.value, most));
        begin(&mut svg, step);
        words(&mut svg, top, step);
        svg.rect((0.0, 100.0), (top + 20.0, 13.0), "track", "");
        let left = (100.0 - width) / 2.0;
        svg.rect((left, width), (top + 20.0, 13.0), step.tone.class(), &told(step));
        end(&mut svg, step);
    }
    svg.finish()
}

fn begin(svg: &mut Svg, bar: &Bar) {
    bar.link.iter().for_each(|to| svg.link(to));
}

fn end(svg: &mut Svg, bar: &Bar) {
    bar.link.iter().for_each(|_| svg.end_link());
}

fn told(bar: &Bar) -> String {
    format!("{}: {}", bar.name, bar.text)
}

fn words(svg: &mut Svg, top: f64, bar: &Bar) {
    let short: String = bar.name.chars().take(NAME).collect();
    let name = if short.len() < bar.name.len() {
        short + "…"
    } else {
        short
    };
    svg.text((0.0, top + 14.0), "name", &name);
    svg.text((100.0, top + 14.0), "end", &bar.text);
}

/// A value as per cent of the most.
fn share(value: f64, most: f64) -> f64 {
    if most > 0.0 {
        (value / most * 100.0).clamp(0.0, 100.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame<'_> = Frame {
        id: "p",
        title: "Cards <by> kind",
        description: "Most are K.",
    };

    #[test]
    fn a_picture_tells_what_it_shows_and_escapes_every_word() {
        let mut bar = Bar::new("<script>", 3.0, "3 & more");
        bar.range = Some((1.0, 6.0));
        bar.link = Some("?a=\"b".to_owned());
        let svg = bars(FRAME, &[bar], None);
        for part in [
            r#"role="img""#,
            r#"aria-labelledby="p-title p-desc""#,
            r#"<title id="p-title">Cards &lt;by&gt; kind</title>"#,
            r#"<desc id="p-desc">Most are K.</desc>"#,
            r#"width="50%""#,
            r#"x1="16.67%""#,
            r#"<a href="?a=&quot;b">"#,
            "&lt;script&gt;: 3 &amp; more",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains("<script") && !svg.contains("style="));
    }

    #[test]
    fn odd_numbers_make_no_odd_pictures() {
        for value in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0] {
            let svg = bars(FRAME, &[Bar::new("a", value, "?")], Some(1.0));
            assert!(
                !svg.contains("NaN") && !svg.contains("inf") && !svg.contains("tone-1"),
                "{svg}"
            );
        }
        assert!(bars(FRAME, &[], None).contains("nothing to show"));
        assert!(funnel(FRAME, &[]).contains("nothing to show"));
        let long = bars(FRAME, &[Bar::new("x".repeat(90), 1.0, "1")], None);
        assert!(long.contains(&("x".repeat(40) + "…")) && long.contains(&("x".repeat(90) + ": 1")));
    }

    #[test]
    fn a_funnel_stands_in_the_middle() {
        let svg = funnel(FRAME, &[Bar::new("all", 8.0, "8"), Bar::new("some", 2.0, "2")]);
        assert!(svg.contains(r#"x="37.5%" y="62" width="25%""#), "{svg}");
    }
}
