//! Before or after the order? Dates of a record are of all precisions, and what cannot be told stays untold.
//!
//! Instants are compared as instants. Where one of the two is only a day, days are compared as they are written; the
//! same day then is a case of its own, and a month or year that contains the day of the order is open.

use crate::engine::case::PartialDate;
use jiff::civil::Date;

/// A moment as the record tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// As it is written, without the time of day.
    pub day: PartialDate,
    /// Milliseconds since 1970, where time and offset are told.
    pub instant: Option<i64>,
}

/// How a moment of the record stands to that of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Not after the order.
    Before,
    /// On the day of the order, at a time that is not told.
    SameDay,
    After,
    /// Cannot be told: a month or a year around the order.
    Open,
}

impl Moment {
    /// Reads a FHIR date, dateTime or instant.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let day = PartialDate::parse(text)?;
        let instant = text
            .contains('T')
            .then(|| text.parse::<jiff::Timestamp>().ok())
            .flatten()
            .map(jiff::Timestamp::as_millisecond);
        Some(Self { day, instant })
    }

    /// The day, if it is told.
    pub(super) fn exact_day(self) -> Option<Date> {
        match self.day {
            PartialDate::Day(day) => Some(day),
            PartialDate::Year(_) | PartialDate::Month(..) => None,
        }
    }

    /// How this stands to the moment of an order, which has a day.
    pub(super) fn to(self, order: Self) -> Order {
        if let (Some(this), Some(order)) = (self.instant, order.instant) {
            return if this <= order {
                Order::Before
            } else {
                Order::After
            };
        }
        let day = order.day.earliest();
        if self.day.latest() < day {
            Order::Before
        } else if self.day.earliest() > day {
            Order::After
        } else if self.exact_day().is_some() {
            Order::SameDay
        } else {
            Order::Open
        }
    }

    /// Milliseconds since 1970, a day without a time taken as its beginning: for sorting, and for the hour of an order.
    pub(super) fn since_epoch(self) -> i64 {
        self.instant.unwrap_or_else(|| {
            let zoned = self.day.earliest().to_zoned(jiff::tz::TimeZone::UTC);
            zoned.map_or(0, |z| z.timestamp().as_millisecond())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_before_after_or_open() {
        let cases = [
            ("2024-05-10T09:00:00Z", "2024-05-10T09:00:00Z", Order::Before),
            ("2024-05-10T09:00:01Z", "2024-05-10T09:00:00Z", Order::After),
            // The same instant in two time zones.
            (
                "2024-05-10T23:00:00-05:00",
                "2024-05-11T05:00:00+01:00",
                Order::Before,
            ),
            (
                "2024-05-10T23:00:01-05:00",
                "2024-05-11T05:00:00+01:00",
                Order::After,
            ),
            ("2024-05-10", "2024-05-10T09:00:00Z", Order::SameDay),
            ("2024-05-10T08:00:00Z", "2024-05-10", Order::SameDay),
            // A time without an offset is a day.
            ("2024-05-10T08:00:00", "2024-05-10T09:00:00Z", Order::SameDay),
            ("2024-05-09", "2024-05-10T09:00:00Z", Order::Before),
            ("2024-05-11", "2024-05-10T09:00:00Z", Order::After),
            ("2024-05", "2024-05-10", Order::Open),
            ("2024-04", "2024-05-10", Order::Before),
            ("2024", "2024-05-10", Order::Open),
            ("2023", "2024-05-10", Order::Before),
            ("2025", "2024-05-10", Order::After),
        ];
        for (this, order, expect) in cases {
            let [this_at, order_at] = [this, order].map(|t| Moment::parse(t).unwrap());
            assert_eq!(this_at.to(order_at), expect, "{this} {order}");
        }
        assert_eq!(Moment::parse("soon"), None);
    }
}
