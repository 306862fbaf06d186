//! What happened one moment after the other: stacks of counts, or lines.

use super::svg::{Frame, Svg, Tone, escape, float, nothing, number, round_up};
use std::fmt::Write as _;

const TOP: f64 = 16.0;
const BOTTOM: f64 = 156.0;
const HEIGHT: f64 = 178.0;

/// One kind of thing that is drawn over time.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its colour.
    pub tone: Tone,
}

/// The names of what is drawn, with their colours: HTML to stand above the picture.
#[must_use]
pub fn legend(series: &[Series<'_>]) -> String {
    let mut text = String::from(r#"<ul class="plot-legend">"#);
    for Series { name, tone } in series {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" class="{}"/></svg>{}</li>"#,
            tone.class(),
            escape(name)
        );
    }
    text + "</ul>"
}

/// Draws counts one upon the other. Each moment has its name and a count for each series.
#[must_use]
pub fn stacked(frame: Frame<'_>, series: &[Series<'_>], moments: &[(String, Vec<f64>)]) -> String {
    let sums = moments.iter().map(|(_, counts)| counts.iter().sum::<f64>());
    let most = round_up(sums.fold(0.0, f64::max));
    if moments.is_empty() {
        return nothing(frame);
    }
    let mut svg = Svg::new(frame, HEIGHT);
    grid(&mut svg, most, &number);
    let width = 100.0 / float(moments.len());
    for (at, (name, counts)) in moments.iter().enumerate() {
        let told = series
            .iter()
            .zip(counts)
            .fold(name.clone(), |mut told, (s, count)| {
                let _ = write!(told, ", {} {}", s.name, number(*count));
                told
            });
        let mut foot = BOTTOM;
        for (series, count) in series.iter().zip(counts) {
            let height = (count / most).clamp(0.0, 1.0) * (BOTTOM - TOP);
            foot -= height;
            let across = (float(at) * width + width * 0.1, width * 0.8);
            svg.rect(across, (foot, height), series.tone.class(), &told);
        }
    }
    names(&mut svg, moments.iter().map(|(name, _)| name.as_str()));
    svg.finish()
}

/// Draws values as lines; where nothing is known the line is interrupted. `most` is the upper end, `words` writes a value.
#[must_use]
pub fn lines(
    frame: Frame<'_>,
    series: &[Series<'_>],
    moments: &[(String, Vec<Option<f64>>)],
    most: Option<f64>,
    words: &dyn Fn(f64) -> String,
) -> String {
    let known = moments
        .iter()
        .flat_map(|(_, values)| values.iter().copied().flatten());
    let most = most.unwrap_or_else(|| round_up(known.fold(0.0, f64::max)));
    if moments.is_empty() {
        return nothing(frame);
    }
    let mut svg = Svg::new(frame, HEIGHT);
    grid(&mut svg, most, words);
    let width = 100.0 / float(moments.len());
    for (which, series) in series.iter().enumerate() {
        let class = format!("line {}", series.tone.class());
        let mut before = None;
        for (at, (name, values)) in moments.iter().enumerate() {
            let value = values.get(which).copied().flatten().filter(|v| v.is_finite());
            let place = value.map(|value| {
                let up = (value / most).clamp(0.0, 1.0) * (BOTTOM - TOP);
                ((float(at) + 0.5) * width, BOTTOM - up)
            });
            if let (Some(from), Some(to)) = (before, place) {
                svg.line(from, to, &class);
            }
            if let (Some(place), Some(value)) = (place, value) {
                svg.dot(
                    place,
                    series.tone.class(),
                    &format!("{name}, {}: {}", series.name, words(value)),
                );
            }
            before = place;
        }
    }
    names(&mut svg, moments.iter().map(|(name, _)| name.as_str()));
    svg.finish()
}

/// Three lines across, with what they stand for.
fn grid(svg: &mut Svg, most: f64, words: &dyn Fn(f64) -> String) {
    for share in [0.0, 0.5, 1.0] {
        let y = BOTTOM - share * (BOTTOM - TOP);
        svg.line((0.0, y), (100.0, y), "grid");
        if share > 0.0 {
            svg.text((0.0, y - 3.0), "small", &words(share * most));
        }
    }
}

/// The first, the middle and the last name: more would not fit a narrow page.
fn names<'n>(svg: &mut Svg, names: impl ExactSizeIterator<Item = &'n str> + Clone) {
    let count = names.len();
    let y = BOTTOM + 16.0;
    let name = |at: usize| names.clone().nth(at).unwrap_or_default();
    if count == 1 {
        return svg.text((50.0, y), "small middle", name(0));
    }
    svg.text((0.0, y), "small", name(0));
    svg.text((100.0, y), "small end", name(count.saturating_sub(1)));
    if count % 2 == 1 {
        svg.text((50.0, y), "small middle", name(count / 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame<'_> = Frame {
        id: "t",
        title: "Over time",
        description: "More and more.",
    };

    const SERIES: [Series<'_>; 2] = [
        Series {
            name: "shown",
            tone: Tone::First,
        },
        Series {
            name: "<kept back>",
            tone: Tone::Muted,
        },
    ];

    #[test]
    fn stacks_stand_on_each_other() {
        let moments = [
            ("Mon".to_owned(), vec![5.0, 5.0]),
            ("Tue".to_owned(), vec![0.0, 10.0]),
        ];
        let svg = stacked(FRAME, &SERIES, &moments);
        assert!(
            svg.contains(r#"<rect x="5%" y="86" width="40%" height="70" class="tone-1">"#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"<rect x="5%" y="16" width="40%" height="70" class="tone-muted">"#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"<rect x="55%" y="16" width="40%" height="140" class="tone-muted">"#),
            "{svg}"
        );
        assert!(svg.contains("Tue, shown 0, &lt;kept back&gt; 10"));
        assert!(legend(&SERIES).contains("&lt;kept back&gt;"));
    }

    #[test]
    fn a_line_is_interrupted_where_nothing_is_known() {
        let of = |values: [Option<f64>; 4]| values.map(|v| ("d".to_owned(), vec![v])).to_vec();
        let drawn = |values| {
            lines(FRAME, &SERIES, &of(values), Some(1.0), &|v| format!("{v}"))
                .matches("class=\"line")
                .count()
        };
        assert_eq!(drawn([Some(0.1), Some(0.2), Some(0.3), Some(0.4)]), 3);
        assert_eq!(drawn([Some(0.1), None, Some(0.3), Some(0.4)]), 1);
        assert_eq!(drawn([Some(f64::NAN), None, None, Some(0.4)]), 0);
        assert!(lines(FRAME, &SERIES, &[], None, &|v| v.to_string()).contains("nothing to show"));
    }
}
