//! Days and weeks, in UTC: every replica and reader draws the same borders.

use super::group::Measures;
use jiff::civil::Date;
use serde::Serialize;

/// One day in milliseconds.
pub(super) const DAY: i64 = 24 * 3600 * 1000;

/// Days that are drawn at most: more are no picture any more.
const MOST: usize = 3700;

/// What happened in one day or week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moment {
    /// Its first day: `2026-06-01`.
    pub start: String,
    /// Calls.
    pub calls: u64,
    /// What was counted in it.
    pub measures: Measures,
    /// The time that 95 of 100 calls did not exceed, in microseconds.
    pub p95_micros: u64,
}

/// The day of a time in milliseconds since 1970, in days since 1970.
#[must_use]
pub fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY)
}

/// The Monday of the week that holds a day: 1970 began on a Thursday.
pub(super) fn monday(day: i64) -> i64 {
    day.saturating_sub(day.saturating_add(3).rem_euclid(7))
}

/// A day as people write it.
pub(super) fn written(day: i64) -> String {
    date(day).map_or_else(|| day.to_string(), |date| date.to_string())
}

fn date(day: i64) -> Option<Date> {
    Date::new(1970, 1, 1)
        .ok()?
        .checked_add(jiff::Span::new().try_days(day).ok()?)
        .ok()
}

/// The number of a date.
pub(super) fn number(date: Date) -> Option<i64> {
    let days = Date::new(1970, 1, 1).ok()?.until((jiff::Unit::Day, date)).ok()?;
    Some(i64::from(days.get_days()))
}

/// Every start from the first to the last, so that nothing looks closer in time than it was.
pub(super) fn without_gaps(first: i64, last: i64, step: usize) -> impl Iterator<Item = i64> {
    (first..=last).step_by(step).take(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_weeks_begin_where_calendars_say() {
        for (day, name, week) in [
            (0, "1970-01-01", "1969-12-29"),
            (4, "1970-01-05", "1970-01-05"),
            (-1, "1969-12-31", "1969-12-29"),
            (20_619, "2026-06-15", "2026-06-15"),
            (20_625, "2026-06-21", "2026-06-15"),
        ] {
            assert_eq!(written(day), name);
            assert_eq!(written(monday(day)), week);
            assert_eq!(number(name.parse().unwrap()), Some(day));
        }
        assert_eq!(day_of(-1), -1);
    }
}
