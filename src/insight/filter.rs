//! What is asked for, as it stands in an address: `?from=2026-06-01&to=2026-06-30&client=north&kind=…`.

use super::row::{Call, Mode};
use super::time::{DAY, number, written};
use serde::Serialize;
use std::fmt::Write as _;

/// Which calls, decisions and cards are counted. What is empty lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Filter {
    /// The first day (UTC), in days since 1970.
    #[serde(serialize_with = "as_date")]
    pub from: Option<i64>,
    /// The last day.
    #[serde(serialize_with = "as_date")]
    pub to: Option<i64>,
    /// The client's name.
    pub client: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The card kind.
    pub kind: Option<String>,
    /// The clinical question.
    pub scenario: Option<String>,
    /// The study ordered.
    pub study: Option<String>,
    /// The version of the knowledge.
    pub knowledge_version: Option<String>,
    /// The version of this program.
    pub service_version: Option<String>,
    /// Whether cards were shown.
    pub mode: Option<Mode>,
}

fn as_date<S: serde::Serializer>(day: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
    day.map(written).serialize(to)
}

/// Why a filter cannot be used. Its value is not repeated: it may be anybody's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterFault {
    /// Not a date.
    #[error("`{0}` is not a day written like 2026-06-15")]
    Day(&'static str),
    /// Not a number of days.
    #[error("`days` is not a number of days from 1 to 3700")]
    Days,
    /// Not a mode.
    #[error("`mode` is none of shown, shadow, off")]
    Mode,
    /// A name we do not know.
    #[error("there is a filter we do not know; the filters are {}", NAMES.join(", "))]
    Unknown,
    /// Longer than any name.
    #[error("`{0}` is longer than 200 characters")]
    Long(&'static str),
}

/// The names of the filters, as they stand in an address.
const NAMES: [&str; 11] = [
    "from",
    "to",
    "days",
    "client",
    "service",
    "kind",
    "scenario",
    "study",
    "knowledge",
    "version",
    "mode",
];

impl Filter {
    /// Reads the part of an address after `?`. `today` is what `days=30` counts back from. Empty values are left out, so
    /// that a form may send all its fields.
    ///
    /// # Errors
    /// If a name or value is not one of a filter.
    pub fn parse(query: &str, today: jiff::civil::Date) -> Result<Self, FilterFault> {
        let pairs = query.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Self::of(pairs, today)
    }

    /// Reads names and values, as [`Self::parse`].
    ///
    /// # Errors
    /// If a name or value is not one of a filter.
    pub fn of(
        pairs: impl IntoIterator<Item = (String, String)>,
        today: jiff::civil::Date,
    ) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let Some(name) = NAMES.into_iter().find(|known| *known == name) else {
                return Err(FilterFault::Unknown);
            };
            if value.is_empty() {
                continue;
            }
            if value.chars().count() > 200 {
                return Err(FilterFault::Long(name));
            }
            let day = || value.parse().ok().and_then(number).ok_or(FilterFault::Day(name));
            match name {
                "from" => filter.from = Some(day()?),
                "to" => filter.to = Some(day()?),
                "days" => {
                    let days = value.parse().ok().filter(|days| (1..=3700).contains(days));
                    let days: i64 = days.ok_or(FilterFault::Days)?;
                    filter.from = number(today).map(|today| today.saturating_sub(days).saturating_add(1));
                }
                "mode" => filter.mode = Some(Mode::named(&value).ok_or(FilterFault::Mode)?),
                other => {
                    if let Some(place) = filter.word(other) {
                        *place = Some(value);
                    }
                }
            }
        }
        Ok(filter)
    }

    fn word(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "client" => &mut self.client,
            "service" => &mut self.service,
            "kind" => &mut self.kind,
            "scenario" => &mut self.scenario,
            "study" => &mut self.study,
            "knowledge" => &mut self.knowledge_version,
            "version" => &mut self.service_version,
            _ => return None,
        })
    }

    /// Names and values, as they stand in an address.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let words = [
            ("from", self.from.map(written)),
            ("to", self.to.map(written)),
            ("client", self.client.clone()),
            ("service", self.service.clone()),
            ("kind", self.kind.clone()),
            ("scenario", self.scenario.clone()),
            ("study", self.study.clone()),
            ("knowledge", self.knowledge_version.clone()),
            ("version", self.service_version.clone()),
            ("mode", self.mode.map(|mode| mode.key().to_owned())),
        ];
        words
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// The part of an address after `?`; what [`Self::parse`] reads.
    #[must_use]
    pub fn query(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.pairs() {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(name);
            text.push('=');
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    text.push(char::from(byte));
                } else {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
        text
    }

    /// The time from which calls count, in milliseconds since 1970.
    #[must_use]
    pub fn begins(&self) -> i64 {
        self.from.map_or(i64::MIN, |day| day.saturating_mul(DAY))
    }

    /// The time before which calls count, in milliseconds since 1970.
    #[must_use]
    pub fn ends(&self) -> i64 {
        self.to
            .map_or(i64::MAX, |day| day.saturating_add(1).saturating_mul(DAY))
    }

    /// Whether calls like this are counted at all.
    #[must_use]
    pub fn takes(&self, call: &Call) -> bool {
        (self.begins()..self.ends()).contains(&call.at)
            && is(&self.client, &call.client)
            && is(&self.service, &call.service)
            && is(&self.knowledge_version, &call.knowledge_version)
            && is(&self.service_version, &call.service_version)
    }
}

/// Whether a word is the one asked for, if one is.
pub(super) fn is(wanted: &Option<String>, word: &str) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == word)
}

/// `%20` and `+` as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', rest.get(1..).unwrap_or_default()),
            },
            (b'+', after) => (b' ', after),
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: jiff::civil::Date = date(2026, 6, 15);

    #[test]
    fn a_filter_is_read_and_written_as_it_stands_in_an_address() {
        for (query, same) in [
            ("", ""),
            ("from=2026-06-01&to=2026-06-30", "from=2026-06-01&to=2026-06-30"),
            ("days=15&kind=", "from=2026-06-01"),
            (
                "client=north+wing%20%C3%A9&mode=shadow",
                "client=north%20wing%20%C3%A9&mode=shadow",
            ),
            ("client=50%25+%zz%4", "client=50%25%20%25zz%254"),
            (
                "version=0.1.0&knowledge=1.2&study=S&scenario=q&kind=K&service=s",
                "service=s&kind=K&scenario=q&study=S&knowledge=1.2&version=0.1.0",
            ),
        ] {
            let filter = Filter::parse(query, TODAY).unwrap();
            assert_eq!(filter.query(), same, "{query}");
            assert_eq!(Filter::parse(&filter.query(), TODAY), Ok(filter));
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_without_repeating_it() {
        for (query, fault) in [
            ("from=yesterday", FilterFault::Day("from")),
            ("to=2026-02-30", FilterFault::Day("to")),
            ("days=0", FilterFault::Days),
            ("mode=loud", FilterFault::Mode),
            ("patient=x", FilterFault::Unknown),
        ] {
            let found = Filter::parse(query, TODAY).unwrap_err();
            assert_eq!(found, fault);
            assert!(!found.to_string().contains("yesterday") && !found.to_string().contains("patient"));
        }
        let long = format!("client={}", "x".repeat(201));
        assert_eq!(Filter::parse(&long, TODAY), Err(FilterFault::Long("client")));
    }

    #[test]
    fn both_days_count() {
        let filter = Filter::parse("from=1970-01-02&to=1970-01-03", TODAY).unwrap();
        let taken = |at: i64| {
            filter.takes(&Call {
                at,
                ..Call::default()
            })
        };
        assert_eq!(
            [DAY - 1, DAY, 3 * DAY - 1, 3 * DAY].map(taken),
            [false, true, true, false]
        );
    }
}
