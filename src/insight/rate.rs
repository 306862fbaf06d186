//! A share with how far it can be trusted.

use serde::Serialize;

/// So many standard deviations hold 95 % of a normal distribution.
const Z: f64 = 1.959_963_985;

/// So many out of so many, with the 95 % interval by Wilson: it stays within 0 and 1 and holds for few cases, too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// How many it is true of.
    pub hits: u64,
    /// How many there are.
    pub of: u64,
    /// The share; nothing where there are none.
    pub share: Option<f64>,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Rate {
    /// So many of so many.
    #[must_use]
    pub fn new(hits: u64, of: u64) -> Self {
        let hits = hits.min(of);
        if of == 0 {
            return Self {
                hits,
                of,
                share: None,
                low: 0.0,
                high: 1.0,
            };
        }
        let (n, p) = (float(of), float(hits) / float(of));
        let z2 = Z * Z;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let reach = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Self {
            hits,
            of,
            share: Some(p),
            // Exact at the ends, where rounding would leave a trace.
            low: if hits == 0 { 0.0 } else { (middle - reach).max(0.0) },
            high: if hits == of {
                1.0
            } else {
                (middle + reach).min(1.0)
            },
        }
    }
}

/// Counts stay far below what a float holds exactly.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from the formula of Wilson (1927), worked out apart from this code.
    #[test]
    fn the_interval_is_wilsons() {
        for (hits, of, low, high) in [
            (0, 10, 0.0, 0.277_533),
            (10, 10, 0.722_467, 1.0),
            (5, 10, 0.236_593, 0.763_407),
            (81, 100, 0.722_212, 0.874_852),
            (45, 50, 0.786_398, 0.956_524),
            (46, 50, 0.811_618, 0.968_450),
        ] {
            let rate = Rate::new(hits, of);
            let near = |a: f64, b: f64| (a - b).abs() < 1e-5;
            assert!(
                near(rate.low, low) && near(rate.high, high),
                "{hits}/{of}: {rate:?}"
            );
        }
        let none = Rate::new(0, 0);
        assert_eq!((none.share, none.low, none.high), (None, 0.0, 1.0));
    }
}
