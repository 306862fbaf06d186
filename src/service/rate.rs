//! How often somebody may do something: a bucket that fills at a steady rate and holds a burst (SC-16, SC-22).
//!
//! One atomic number per bucket and no lock, so that asking costs nothing worth measuring. What is counted, and what
//! happens at the limit, is up to who asks. Buckets live in this process: replicas count for themselves.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many a second on average, and so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The average that is kept up.
    pub per_second: u32,
    /// The most at once.
    pub burst: u32,
}

impl Rate {
    /// The rate with this average; none at all if it is 0, which means "no limit".
    #[must_use]
    pub fn limit(per_second: u32, burst: u32) -> Option<Self> {
        (per_second > 0).then_some(Self { per_second, burst })
    }
}

/// A bucket of one [`Rate`].
#[derive(Debug)]
pub(crate) struct Bucket {
    start: Instant,
    /// Nanoseconds that one taking costs.
    cost: u64,
    /// Nanoseconds that may be owed.
    credit: u64,
    /// When everything taken so far will have been paid back, in nanoseconds since the start.
    paid: AtomicU64,
}

impl Bucket {
    pub(crate) fn new(rate: Rate) -> Self {
        let cost = 1_000_000_000 / u64::from(rate.per_second.max(1));
        Self {
            start: Instant::now(),
            cost,
            credit: cost.saturating_mul(rate.burst.max(1).into()),
            paid: AtomicU64::new(0),
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long to wait, if the bucket is empty.
    pub(crate) fn take(&self, now: Instant) -> Result<(), Duration> {
        let now = self.nanos(now);
        let mut wait = 0;
        let taken = self
            .paid
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |paid| {
                let after = paid.max(now).saturating_add(self.cost);
                wait = self.beyond(after, now);
                (wait == 0).then_some(after)
            });
        taken.map(|_| ()).map_err(|_| Duration::from_nanos(wait))
    }

    /// Whether one could be taken.
    ///
    /// # Errors
    /// How long to wait, if not.
    pub(crate) fn look(&self, now: Instant) -> Result<(), Duration> {
        let now = self.nanos(now);
        let after = self
            .paid
            .load(Ordering::Relaxed)
            .max(now)
            .saturating_add(self.cost);
        match self.beyond(after, now) {
            0 => Ok(()),
            wait => Err(Duration::from_nanos(wait)),
        }
    }

    /// Gives back one that was taken for nothing.
    pub(crate) fn give_back(&self) {
        let less = |paid: u64| Some(paid.saturating_sub(self.cost));
        // The closure never declines.
        let _ = self.paid.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn beyond(&self, after: u64, now: u64) -> u64 {
        after.saturating_sub(now).saturating_sub(self.credit)
    }

    fn nanos(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// How many addresses are told apart; more than that share buckets, so that no caller can make the table grow.
const PLACES: usize = 4096;

/// Buckets by address, for failed attempts (SC-16).
#[derive(Debug)]
pub(crate) struct ByAddress {
    /// Random keys: nobody can choose whose bucket to share.
    hasher: RandomState,
    buckets: Vec<Bucket>,
}

impl ByAddress {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            hasher: RandomState::new(),
            buckets: (0..PLACES).map(|_| Bucket::new(rate)).collect(),
        }
    }

    /// The bucket of an address. One IPv6 network of a subscriber counts as one address.
    pub(crate) fn of(&self, address: IpAddr) -> Option<&Bucket> {
        let network = match address.to_canonical() {
            IpAddr::V4(v4) => u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits() >> 64 | 1 << 100,
        };
        let hash = usize::try_from(self.hasher.hash_one(network) >> 1).unwrap_or(0);
        self.buckets.get(hash % PLACES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SC-22: the burst at once, then the rate, then the burst again after a rest.
    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = Bucket::new(Rate {
            per_second: 10,
            burst: 3,
        });
        let at = |millis| bucket.start + Duration::from_millis(millis);
        for _ in 0..3 {
            assert_eq!(bucket.take(at(0)), Ok(()));
        }
        assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(100)));
        assert_eq!(bucket.look(at(40)), Err(Duration::from_millis(60)));
        assert_eq!(bucket.look(at(100)), Ok(()));
        assert_eq!(bucket.take(at(100)), Ok(()));
        assert_eq!(bucket.take(at(100)), Err(Duration::from_millis(100)));
        bucket.give_back();
        assert_eq!(bucket.take(at(100)), Ok(()));
        for _ in 0..3 {
            assert_eq!(bucket.take(at(60_000)), Ok(()));
        }
        assert!(bucket.take(at(60_000)).is_err(), "a long rest saves up one burst");
    }

    #[test]
    fn many_at_once_take_no_more_than_there_is() {
        let bucket = Bucket::new(Rate {
            per_second: 1,
            burst: 100,
        });
        let now = bucket.start;
        let taken: usize = std::thread::scope(|scope| {
            let take = || (0..1000).filter(|_| bucket.take(now).is_ok()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(taken, 100);
    }

    /// SC-16: what one address does is not held against another; a subscriber's network is one address.
    #[test]
    fn addresses_have_buckets_of_their_own() {
        let all = ByAddress::new(Rate {
            per_second: 1,
            burst: 1,
        });
        let same = |a: &str, b: &str| {
            let bucket = |address: &str| all.of(address.parse().unwrap()).unwrap();
            std::ptr::eq(bucket(a), bucket(b))
        };
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1"));
        let others = (1..100).filter(|i| !same("192.0.2.1", &format!("198.51.100.{i}")));
        assert!(others.count() > 90, "a few may share a bucket, most do not");
    }

    #[test]
    fn a_rate_of_nothing_is_no_limit() {
        assert_eq!(Rate::limit(0, 5), None);
        assert!(Rate::limit(1, 0).is_some());
    }
}
