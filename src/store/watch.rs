//! How the store is doing: numbers for the metrics, and one line in the log when that changes.

use super::fault::StoreFault;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counted by those who write, read by those who watch.
#[derive(Debug, Default)]
pub(super) struct Watch {
    queued: AtomicU64,
    lost: AtomicU64,
    failures: AtomicU64,
    failing: AtomicBool,
    replay_degraded: AtomicBool,
}

/// How the store is doing at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreStanding {
    /// Whether the last attempt to write went well.
    pub writable: bool,
    /// Audit rows that wait to be written.
    pub queued: u64,
    /// Audit rows that found no place, since the start.
    pub lost: u64,
    /// Attempts to write that failed, since the start.
    pub failures: u64,
    /// Whether used tokens are looked up in this process only, although they should be shared.
    pub replay_degraded: bool,
}

impl Watch {
    pub(super) fn queued(&self, rows: u64) {
        self.queued.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn written(&self, rows: usize) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        // A row may be written before whoever handed it in has counted it.
        self.queued.fetch_sub(rows, Ordering::Relaxed);
    }

    pub(super) fn lost(&self, rows: u64) {
        self.lost.fetch_add(rows, Ordering::Relaxed);
    }

    /// How an attempt to write ended.
    pub(super) fn wrote(&self, outcome: Result<(), &StoreFault>) {
        let failing = outcome.is_err();
        let before = self.failing.swap(failing, Ordering::Relaxed);
        match outcome {
            Err(fault) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                if !before {
                    tracing::error!(%fault, "the store cannot be written: feedback is refused, audit rows wait");
                }
            }
            Ok(()) if before => tracing::info!("the store can be written again"),
            Ok(()) => {}
        }
    }

    /// Whether used tokens are shared.
    pub(super) fn sharing(&self, outcome: Result<(), &StoreFault>) {
        let degraded = outcome.is_err();
        let before = self.replay_degraded.swap(degraded, Ordering::Relaxed);
        match outcome {
            Err(fault) if !before => {
                tracing::error!(%fault, "used tokens are remembered by this process only");
            }
            Ok(()) if before => tracing::info!("used tokens are shared again"),
            _ => {}
        }
    }

    pub(super) fn standing(&self) -> StoreStanding {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let queued = read(&self.queued);
        StoreStanding {
            writable: !self.failing.load(Ordering::Relaxed),
            // Below zero for a moment, it is a huge number.
            queued: if queued > u64::MAX / 2 { 0 } else { queued },
            lost: read(&self.lost),
            failures: read(&self.failures),
            replay_degraded: self.replay_degraded.load(Ordering::Relaxed),
        }
    }
}
