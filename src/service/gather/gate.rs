//! How much one FHIR server is asked at once, and when it is left alone.
//!
//! A server that failed several calls in a row is not asked for a short while, except by one call that tries whether it
//! is back: waiting for it would only make every card late. Only numbers are kept, nothing of any call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Calls in a row that get nothing before a server is left alone.
const PATIENCE: u32 = 5;

/// The way to one server.
#[derive(Debug)]
pub(super) struct Gate {
    places: Semaphore,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failed: u32,
    /// Not asked before this.
    resting_until: Option<Instant>,
}

impl Gate {
    pub fn new(requests: usize, rest: Duration) -> Self {
        Self {
            places: Semaphore::new(requests.clamp(1, Semaphore::MAX_PERMITS)),
            rest,
            state: Mutex::default(),
        }
    }

    /// Whether a call may ask now. While the server rests, one call at a time may try it.
    pub fn may_ask(&self, now: Instant) -> bool {
        let mut state = self.state();
        if state.failed < PATIENCE {
            return true;
        }
        let over = state.resting_until.is_none_or(|until| now >= until);
        if over {
            state.resting_until = Some(now + self.rest);
        }
        over
    }

    /// What a call came to: whether the server answered at all.
    pub fn told(&self, answered: bool, now: Instant) {
        let mut state = self.state();
        if answered {
            *state = State::default();
        } else {
            state.failed = state.failed.saturating_add(1);
            if state.failed == PATIENCE {
                state.resting_until = Some(now + self.rest);
            }
        }
    }

    /// A place for one request; `None` never happens while the gate exists.
    pub async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers are never half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_keeps_failing_is_left_alone_and_tried_again_one_by_one() {
        let rest = Duration::from_secs(1);
        let gate = Gate::new(1, rest);
        let start = Instant::now();
        for _ in 0..PATIENCE {
            assert!(gate.may_ask(start));
            gate.told(false, start);
        }
        assert!(!gate.may_ask(start));
        assert!(!gate.may_ask(start + rest / 2));
        // One tries; the others wait for what becomes of it.
        assert!(gate.may_ask(start + rest));
        assert!(!gate.may_ask(start + rest));
        gate.told(false, start + rest);
        assert!(!gate.may_ask(start + rest + rest / 2));
        assert!(gate.may_ask(start + rest * 2));
        gate.told(true, start + rest * 2);
        assert!(gate.may_ask(start + rest * 2) && gate.may_ask(start + rest * 2));
    }

    #[test]
    fn failures_count_only_in_a_row() {
        let gate = Gate::new(1, Duration::from_secs(1));
        let now = Instant::now();
        for _ in 0..PATIENCE * 3 {
            gate.told(false, now);
            assert!(gate.may_ask(now));
            gate.told(true, now);
        }
    }
}
