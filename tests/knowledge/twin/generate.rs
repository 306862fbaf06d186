//! Random cases: seeded, deterministic, clinically varied. Most hold a tumour, so that the later rules are reached.

mod chart;
mod orders;

use apposite::engine::case::{Case, Identity, PartialDate, Source};
use apposite::terminology::{Coding, Concept};
use jiff::Span;
use jiff::civil::{Date, date};

/// A small generator of numbers (xorshift64*).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not give neighbouring streams (splitmix64).
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((z ^ (z >> 31)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from((self.next() >> 33) % n as u64).unwrap_or_default()
    }

    /// True this often in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// `icd10cm|C25.4` as a coding.
pub fn coding(code: &str) -> Coding {
    let (system, code) = code.split_once('|').unwrap();
    let uri = match system {
        "icd10cm" => "http://hl7.org/fhir/sid/icd-10-cm",
        "icd10" => "http://hl7.org/fhir/sid/icd-10",
        "sct" => "http://snomed.info/sct",
        "icdo3m" => "http://terminology.hl7.org/CodeSystem/icd-o-3",
        "cpt" => "http://www.ama-assn.org/go/cpt",
        "hcpcs" => "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "loinc" => "http://loinc.org",
        "rxnorm" => "http://www.nlm.nih.gov/research/umls/rxnorm",
        "radlex" => "http://www.radlex.org",
        "local" => "urn:local",
        _ => panic!("a system without a name: {system}"),
    };
    Coding {
        system: Some(uri.into()),
        code: Some(code.into()),
        display: None,
    }
}

/// A concept from codes separated by blanks, and a text.
pub fn concept(codes: &str, text: &str) -> Concept {
    Concept {
        codings: codes.split_whitespace().map(coding).collect(),
        text: Some(text.to_owned()).filter(|t| !t.is_empty()),
    }
}

/// A day so many days before (or after) the order.
pub fn ago(today: Date, days: i64) -> PartialDate {
    PartialDate::Day(today.checked_sub(Span::new().days(days)).unwrap())
}

/// The same, sometimes absent, partial or in the future.
pub fn about(rng: &mut Rng, today: Date, days: i64) -> Option<PartialDate> {
    let day = today.checked_sub(Span::new().days(days)).unwrap();
    match rng.below(20) {
        0 | 1 => None,
        2 => Some(PartialDate::Month(day.year(), day.month())),
        3 => Some(PartialDate::Year(day.year())),
        4 if rng.chance(30) => Some(ago(today, -40)),
        _ => Some(PartialDate::Day(day)),
    }
}

/// The case of one seed.
pub fn case(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let today = rng.of(&[date(2026, 6, 15), date(2026, 6, 15), date(2026, 2, 28)]);
    let mut chart = chart::chart(&mut rng, today);
    let patient = &mut chart.patient;
    patient.identity = if rng.chance(1) {
        Identity::Differs
    } else {
        rng.of(&[Identity::Agrees, Identity::NotStated])
    };
    patient.deceased = rng.chance(1);
    let (year, month, day) = (today.year(), today.month(), today.day());
    patient.birth_date = match rng.below(30) {
        0 => Some(PartialDate::Day(date(year - 18, month, day))),
        1 => Some(PartialDate::Day(date(year - 18, month, day).tomorrow().unwrap())),
        2 => Some(PartialDate::Year(year - 18)),
        3 => Some(PartialDate::Month(year - 18, month)),
        4 => Some(PartialDate::Year(year - 19)),
        5 | 6 => None,
        7 if rng.chance(20) => Some(ago(today, -10)),
        _ => Some(PartialDate::Day(date(1968, 3, 2))),
    };
    for source in Source::ALL {
        if rng.chance(2) {
            chart.undelivered.push(source);
            // What was not delivered is not in the chart.
            match source {
                Source::Patient => chart.patient = Default::default(),
                Source::Conditions => chart.conditions.clear(),
                Source::Procedures => chart.procedures.clear(),
                Source::Medications => chart.medications.clear(),
                Source::Imaging => chart.imaging.clear(),
                Source::Observations => chart.observations.clear(),
                Source::Allergies => chart.allergies.clear(),
            }
        }
    }
    let orders = orders::orders(&mut rng, &chart);
    Case { today, orders, chart }
}
