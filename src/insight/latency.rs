//! How long calls took: percentiles within 2 %, from counts of ever wider steps instead of every value.

use super::rate::float;
use serde::Serialize;
use std::collections::BTreeMap;

/// Each step ends so much above where it begins.
const STEP: f64 = 1.02;

/// Times that so many of 100 calls did not exceed, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p95: u64,
    pub p99: u64,
    pub max: u64,
}

/// Counts by step.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    steps: BTreeMap<i32, u64>,
    all: u64,
    max: u64,
}

impl Times {
    pub(super) fn add(&mut self, micros: i64) {
        let micros = u64::try_from(micros).unwrap_or_default();
        let count = self.steps.entry(step(micros)).or_default();
        *count = count.saturating_add(1);
        self.all = self.all.saturating_add(1);
        self.max = self.max.max(micros);
    }

    /// The time that so many of 100 did not exceed.
    pub(super) fn percentile(&self, percent: u64) -> u64 {
        let wanted = self.all.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen: u64 = 0;
        for (step, count) in &self.steps {
            seen = seen.saturating_add(*count);
            if seen >= wanted {
                return end(*step).min(self.max);
            }
        }
        self.max
    }

    pub(super) fn latency(&self) -> Latency {
        Latency {
            p50: self.percentile(50),
            p90: self.percentile(90),
            p95: self.percentile(95),
            p99: self.percentile(99),
            max: self.max,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a logarithm of 64 bits is small")]
fn step(micros: u64) -> i32 {
    if micros < 2 {
        return 0;
    }
    (float(micros).ln() / STEP.ln()).ceil() as i32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it was a count of microseconds before"
)]
fn end(step: i32) -> u64 {
    STEP.powi(step).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_within_two_per_cent() {
        let mut times = Times::default();
        assert_eq!(times.latency(), Latency::default());
        for micros in (1..=10_000).rev() {
            times.add(micros);
        }
        let found = times.latency();
        for (found, right) in [
            (found.p50, 5000.0),
            (found.p90, 9000.0),
            (found.p95, 9500.0),
            (found.p99, 9900.0),
        ] {
            assert!((float(found) / right - 1.0).abs() < 0.021, "{found} {right}");
        }
        assert_eq!(found.max, 10_000);
        let mut one = Times::default();
        one.add(-5);
        assert_eq!(one.percentile(50), 0);
    }
}
