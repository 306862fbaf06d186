//! When something happened: dates, the start of periods, ages and words.
//!
//! An age becomes the year in which the patient had it, words become a date only if they hold exactly one and do not
//! set it off (`before 2019`). What was told and cannot be read as a date is [`When::Untold`], for a note.

use super::node::Node;
use crate::engine::case::PartialDate;

/// A date, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    At(PartialDate),
    /// Something is said that holds no date.
    Untold,
    /// Nothing is said.
    Silent,
}

impl When {
    /// The date, if it can be told.
    pub(super) fn date(self) -> Option<PartialDate> {
        match self {
            Self::At(date) => Some(date),
            Self::Untold | Self::Silent => None,
        }
    }
}

/// The first member that holds a date: a date, a dateTime, or the start of a Period.
pub(super) fn date_of(node: Node<'_>, names: &[&str]) -> Option<PartialDate> {
    names.iter().find_map(|name| {
        let value = node.get(name)?;
        PartialDate::parse(value.text().or_else(|| value.text_of("start"))?)
    })
}

/// The end of a Period.
pub(super) fn end_of(node: Node<'_>, name: &str) -> Option<PartialDate> {
    PartialDate::parse(node.get(name)?.text_of("end")?)
}

/// The same as [`date_of`], and ages, ranges of ages and words too. `birth` is the patient's date of birth.
pub(super) fn when(node: Node<'_>, names: &[&str], birth: Option<PartialDate>) -> When {
    let mut told = false;
    for name in names {
        let Some(value) = node.get(name) else { continue };
        told = true;
        let date = match value.text() {
            Some(text) if name.ends_with("String") => in_words(text),
            Some(text) => PartialDate::parse(text),
            _ if name.ends_with("Age") => birth.and_then(|birth| at_age(value, birth)),
            _ if name.ends_with("Range") => birth.and_then(|birth| at_ages(value, birth)),
            _ => value.text_of("start").and_then(PartialDate::parse),
        };
        if let Some(date) = date {
            return When::At(date);
        }
    }
    if told { When::Untold } else { When::Silent }
}

/// Words that set a date off: it is not when the thing happened.
const SET_OFF: [&str; 6] = ["before", "after", "prior", "until", "not", "no"];

/// The only date or year in words.
fn in_words(text: &str) -> Option<PartialDate> {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '-');
    if words.clone().any(|word| SET_OFF.contains(&word)) {
        return None;
    }
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let only = words.find(|word| is_number(word))?;
    if words.any(is_number) {
        return None; // Two numbers: a span of years, or a date in another order (`06/01/2019`).
    }
    plausible(PartialDate::parse(only)?)
}

/// A date of our time: `1200` is a dose.
fn plausible(date: PartialDate) -> Option<PartialDate> {
    Some(date).filter(|date| (1900..2100).contains(&date.earliest().year()))
}

/// The year in which the patient had this age.
fn at_age(age: Node<'_>, birth: PartialDate) -> Option<PartialDate> {
    let value = age.get("value")?.number()?;
    if age.get("comparator").is_some() {
        return None;
    }
    let unit = age.text_of("code").or_else(|| age.text_of("unit"))?;
    let years = match unit.trim().to_lowercase().as_str() {
        "a" | "y" | "yr" | "yrs" | "year" | "years" => value,
        "mo" | "month" | "months" => value / 12.0,
        "wk" | "week" | "weeks" => value / 52.18,
        "d" | "day" | "days" => value / 365.25,
        _ => return None,
    };
    if !(0.0..150.0).contains(&years) {
        return None;
    }
    let born = birth.earliest();
    // Whole years count from the year of birth; parts of a year from the birthday.
    let from_new_year = match unit.trim().to_lowercase().starts_with(['a', 'y']) {
        true => 0.0,
        false => f64::from(born.day_of_year()) / 366.0,
    };
    #[allow(clippy::cast_possible_truncation, reason = "below 152 by the check above")]
    let years = (years + from_new_year).floor() as i16;
    born.year().checked_add(years).map(PartialDate::Year)
}

/// The year of a range of ages, when both its ends fall into one.
fn at_ages(range: Node<'_>, birth: PartialDate) -> Option<PartialDate> {
    let [low, high] = ["low", "high"].map(|end| at_age(range.get(end)?, birth));
    Some(low?).filter(|low| Some(*low) == high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::kind::Kind;
    use crate::fhir::reading::read;
    use crate::fhir::schema;

    const NAMES: [&str; 5] = [
        "onsetDateTime",
        "onsetPeriod",
        "onsetAge",
        "onsetRange",
        "onsetString",
    ];

    fn onset(text: &str, birth: &str) -> When {
        let read = read(text, schema::of(Kind::Condition)).unwrap();
        when(read.node(), &NAMES, PartialDate::parse(birth))
    }

    #[test]
    fn an_onset_of_every_type_is_read() {
        let cases = [
            (r#"{"onsetDateTime":"2019-04-01"}"#, "2019-04-01"),
            (r#"{"onsetPeriod":{"start":"2019-04","end":"2020"}}"#, "2019-04"),
            (r#"{"onsetAge":{"value":50,"code":"a"}}"#, "2018"),
            (r#"{"onsetAge":{"value":"50","unit":"years"}}"#, "2018"),
            (r#"{"onsetAge":{"value":606,"unit":"months"}}"#, "2018"),
            (
                r#"{"onsetRange":{"low":{"value":50,"unit":"a"},"high":{"value":50,"unit":"a"}}}"#,
                "2018",
            ),
            (r#"{"onsetString":"2019-04"}"#, "2019-04"),
            (r#"{"onsetString":"since spring of 2019"}"#, "2019"),
            (r#"{"onsetString":"about 2019-04, by chance"}"#, "2019-04"),
            (r#"{"onsetDateTime":"unknown","onsetString":"2019"}"#, "2019"),
        ];
        for (text, date) in cases {
            assert_eq!(onset(text, "1968-03").date(), PartialDate::parse(date), "{text}");
        }
        assert_eq!(
            onset(r#"{"onsetAge":{"value":3,"unit":"wk"}}"#, "2025-12-20"),
            When::At(PartialDate::Year(2026))
        );
    }

    #[test]
    fn what_holds_no_date_is_untold() {
        for text in [
            r#"{"onsetString":"in childhood"}"#,
            r#"{"onsetString":"before 2019"}"#,
            r#"{"onsetString":"2019 or 2020"}"#,
            r#"{"onsetString":"2019-2021"}"#,
            r#"{"onsetString":"06/01/2019"}"#,
            r#"{"onsetString":"after 1200 mg"}"#,
            r#"{"onsetAge":{"value":50}}"#,
            r#"{"onsetAge":{"value":50,"unit":"a","comparator":"<"}}"#,
            r#"{"onsetAge":{"value":5000,"unit":"a"}}"#,
            r#"{"onsetRange":{"low":{"value":40,"unit":"a"},"high":{"value":50,"unit":"a"}}}"#,
            r#"{"onsetRange":{"low":{"value":40,"unit":"a"}}}"#,
            r#"{"onsetPeriod":{"end":"2020"}}"#,
        ] {
            assert_eq!(onset(text, "1968-03"), When::Untold, "{text}");
        }
        assert_eq!(onset(r#"{"onsetAge":{"value":50,"unit":"a"}}"#, ""), When::Untold);
        assert_eq!(onset(r#"{"onsetString":null}"#, "1968"), When::Silent);
    }
}
