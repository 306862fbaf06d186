//! R2: is this the right patient, alive and adult?

use super::Fact;
use crate::engine::case::{Case, DraftOrder, Identity, Source};
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::Window;
use jiff::civil::Date;

/// The answers of the fact `person`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the scenario table")]
pub enum Person {
    Adult,
    AgeUnknown,
    Child,
    Deceased,
    SomeoneElse,
}

impl Person {
    /// The word of the scenario table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Adult => "adult",
            Self::AgeUnknown => "age_unknown",
            Self::Child => "child",
            Self::Deceased => "deceased",
            Self::SomeoneElse => "someone_else",
        }
    }
}

/// Decides for one order. A patient or order that names somebody else ends everything (SC-21).
#[must_use]
pub fn decide(knowledge: &Knowledge, case: &Case, order: &DraftOrder) -> Fact<Person> {
    let patient = &case.chart.patient;
    let told = |what: &str, date| Evidence {
        resource: patient.resource.clone(),
        what: what.into(),
        quote: None,
        date,
    };
    if patient.identity == Identity::Differs || order.subject == Identity::Differs {
        return Fact::bare(Person::SomeoneElse);
    }
    if patient.deceased {
        return Fact::with(Person::Deceased, told("deceased", None));
    }
    let unseen = case.chart.undelivered.contains(&Source::Patient);
    let born = patient
        .birth_date
        .filter(|b| !unseen && b.earliest() <= case.today);
    let Some(born) = born else {
        return Fact::bare(Person::AgeUnknown);
    };
    let adult_from = knowledge.window(Window::AdultAge);
    // A date without its day may mean any day: the youngest age it allows decides.
    let person = if years(born.latest(), case.today) >= adult_from {
        Person::Adult
    } else {
        Person::Child
    };
    Fact::with(person, told("birth date", Some(born)))
}

/// Completed years; a birthday counts on its day.
fn years(born: Date, today: Date) -> i64 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    i64::from(today.year()) - i64::from(born.year()) - i64::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_completed_on_the_birthday() {
        let date = |y, m, d| Date::new(y, m, d).unwrap();
        assert_eq!(years(date(2008, 6, 15), date(2026, 6, 15)), 18);
        assert_eq!(years(date(2008, 6, 16), date(2026, 6, 15)), 17);
        assert_eq!(years(date(2008, 2, 29), date(2026, 2, 28)), 17);
        assert_eq!(years(date(2008, 2, 29), date(2026, 3, 1)), 18);
    }
}
