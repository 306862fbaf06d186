//! Closes connections that stall: half-sent request heads soon, idle ones later.
//!
//! hyper has one timeout for both, and it must be long for idle connections (proxies keep theirs open for a minute
//! and send a call at any moment) and short for slow heads. So the socket is wrapped: it knows from the service
//! which phase the connection is in. The timer is touched only when a read finds nothing, never on the path of a
//! call that arrives in one piece. Slow *bodies* are timed in `body`.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const CALL: u8 = 2;

/// What a connection is doing; shared between the socket and the service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phase(Arc<AtomicU8>);

impl Phase {
    /// A request head has arrived.
    pub(crate) fn call(&self) {
        self.0.store(CALL, Ordering::Relaxed);
    }

    /// The response is ready.
    pub(crate) fn idle(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }

    fn now(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A socket whose reads fail with `TimedOut` when the client stalls.
pub(crate) struct Stalling<S> {
    stream: S,
    phase: Phase,
    /// The phase at the last look, and since when.
    seen: (u8, Instant),
    head_time: Duration,
    idle_time: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Stalling<S> {
    pub(crate) fn new(stream: S, phase: Phase, head_time: Duration, idle_time: Duration) -> Self {
        let now = Instant::now();
        // A client that connects should have something to say: the first wait is a head's, not an idle one.
        phase.0.store(HEAD, Ordering::Relaxed);
        let alarm = Box::pin(sleep_until(now + head_time));
        Self {
            stream,
            phase,
            seen: (HEAD, now),
            head_time,
            idle_time,
            alarm,
        }
    }

    /// Nothing to read at the moment: is it time to give up?
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let phase = self.phase.now();
        if phase != self.seen.0 {
            self.seen = (phase, Instant::now());
        }
        let patience = match phase {
            HEAD => Some(self.head_time),
            IDLE => Some(self.idle_time),
            _ => None,
        };
        // During a call the alarm is only a reminder to look again.
        let due = patience.map_or_else(|| Instant::now() + self.idle_time, |time| self.seen.1 + time);
        if due < self.alarm.deadline() {
            self.alarm.as_mut().reset(due);
        }
        // An alarm that rings early was set for a phase that has passed since: set it anew.
        while self.alarm.as_mut().poll(cx).is_ready() {
            if patience.is_some() && Instant::now() >= due {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stalling<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(outcome) => {
                if self.phase.now() == IDLE {
                    self.phase.0.store(HEAD, Ordering::Relaxed);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending => self.wait(cx),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stalling<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
