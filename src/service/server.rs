//! Connections: how many, how long, and how we leave.
//!
//! axum's own accept loop has no timeouts and no cap, so this one drives hyper itself. HTTP/1.1 only: EHRs and the
//! proxies in front of services all speak it. How often and how many calls at once are answered is the matter of
//! `door`, once it is known whose they are.

use super::door::Peer;
use super::rate::Rate;
use super::stall::{Phase, Stalling};
use super::tls::{Shown, Tls};
use super::{Decide, Settings, Shell, admin, edge};
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// Connections beyond the cap that are still told to come back later; any further one is closed without a word.
const STANDING_ROOM: usize = 256;

/// The largest request head. A larger one gets hyper's own bare 431.
const HEAD_BYTES: usize = 16 << 10;

/// Sizes, times and counts that a client cannot exceed (SC-22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body that is read.
    pub body_bytes: usize,
    /// How long a request head may take, from its first byte or from connecting.
    pub head_time: Duration,
    /// How long a body may take.
    pub body_time: Duration,
    /// How long a connection may rest between calls; longer than the minute that proxies keep theirs.
    pub idle_time: Duration,
    /// How long a call may wait for its answer once its body is in.
    pub answer_time: Duration,
    /// How long new connections are still taken, while we say that we are not ready, once we are asked to end.
    pub leave_time: Duration,
    /// How long calls in flight may take to finish once we are asked to end.
    pub drain_time: Duration,
    /// Connections served at once.
    pub connections: usize,
    /// Calls being judged or gathering at once.
    pub calls: usize,
    /// Calls of anybody, all together, where no client is registered.
    pub anybody: Option<Rate>,
    /// Attempts without a valid token, for each address (SC-16).
    pub failures: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            head_time: Duration::from_secs(5),
            body_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            answer_time: Duration::from_secs(2),
            leave_time: Duration::ZERO,
            drain_time: Duration::from_secs(10),
            connections: 1024,
            calls: 256,
            anybody: None,
            failures: Rate::limit(10, 100),
        }
    }
}

/// How serving came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call in flight was answered.
    Drained,
    /// Some connections had to be cut: the drain time was over.
    Cut {
        /// How many.
        connections: usize,
    },
}

/// Where the service can be reached.
pub struct Entrances {
    /// For calls.
    pub calls: TcpListener,
    /// What encrypts them; without it they come in the clear.
    pub tls: Option<Tls>,
    /// For those who run the service.
    pub admin: Option<TcpListener>,
}

impl From<TcpListener> for Entrances {
    fn from(calls: TcpListener) -> Self {
        Self {
            calls,
            tls: None,
            admin: None,
        }
    }
}

/// Serves until told to end, then lets the calls in flight finish.
pub async fn serve(
    entrances: impl Into<Entrances>,
    decide: Arc<dyn Decide>,
    settings: Settings,
    end: impl Future<Output = ()>,
) -> Ended {
    let Entrances { calls, tls, admin } = entrances.into();
    let shell = Shell::new(decide, settings, tls.clone(), admin.is_some());
    shell.app.self_test();
    shell.app.settings.callers.warm_up();
    // Ends when this function does, however that happens.
    let mut aside = JoinSet::new();
    aside.spawn(Arc::clone(&shell.app).keep_testing());
    if let Some(store) = shell.app.settings.store.clone() {
        let switches = shell.app.modes.switches.clone();
        // Before the first call: what was switched off before the start is off. A store that does not answer holds up
        // nobody; it is asked again.
        if let Err(fault) = switches.look(&store).await {
            tracing::error!(%fault, "switches are not known yet: nothing is switched off");
        }
        aside.spawn(switches.keep_current(store.clone()));
        aside.spawn(async move {
            store
                .keep_purging(|| jiff::Timestamp::now().as_millisecond())
                .await
        });
    }
    if let Some(admin) = admin {
        aside.spawn(admin::serve(admin, Arc::clone(&shell.app)));
    }
    let limits = shell.app.settings.limits.clone();
    let reception = Reception {
        shell,
        listener: calls,
        tls,
        seats: Arc::new(Semaphore::new(limits.connections)),
        standing: Arc::new(Semaphore::new(STANDING_ROOM)),
        graceful: GracefulShutdown::new(),
    };
    reception.receive_until(end).await;
    reception.shell.app.leaving.store(true, Ordering::Relaxed);
    if !limits.leave_time.is_zero() {
        // Whoever distributes calls needs a moment to see that we are not ready any more.
        reception
            .receive_until(tokio::time::sleep(limits.leave_time))
            .await;
    }
    reception.leave(&limits).await
}

/// Where connections arrive.
struct Reception {
    shell: Shell,
    listener: TcpListener,
    tls: Option<Tls>,
    seats: Arc<Semaphore>,
    standing: Arc<Semaphore>,
    graceful: GracefulShutdown,
}

/// What a connection takes along.
struct Arrival {
    shell: Shell,
    tls: Option<Tls>,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
    busy: bool,
}

impl Reception {
    async fn receive_until(&self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut end => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => self.receive(stream, address),
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to come back instead of spinning.
                    tracing::warn!(kind = ?error.kind(), "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// A seat, standing room, or the way out.
    fn receive(&self, stream: TcpStream, address: SocketAddr) {
        let (place, busy) = match Arc::clone(&self.seats).try_acquire_owned() {
            Ok(seat) => (seat, false),
            Err(_) => match Arc::clone(&self.standing).try_acquire_owned() {
                Ok(place) => (place, true),
                Err(_) => {
                    let metrics = self.shell.app.metrics.as_ref();
                    metrics.inspect(|metrics| metrics.shed("closed"));
                    return;
                }
            },
        };
        let peer = Peer {
            address: address.ip(),
            certificate: None,
        };
        let arrival = Arrival {
            shell: self.shell.clone(),
            tls: self.tls.clone(),
            watcher: self.graceful.watcher(),
            place,
            busy,
        };
        tokio::spawn(connection(arrival, stream, peer));
    }

    async fn leave(self, limits: &Limits) -> Ended {
        drop(self.listener);
        let places = limits.connections.saturating_add(STANDING_ROOM);
        match tokio::time::timeout(limits.drain_time, self.graceful.shutdown()).await {
            Ok(()) => Ended::Drained,
            Err(_) => {
                let free = self
                    .seats
                    .available_permits()
                    .saturating_add(self.standing.available_permits());
                Ended::Cut {
                    connections: places.saturating_sub(free),
                }
            }
        }
    }
}

/// One connection, to its end.
async fn connection(reception: Arrival, stream: TcpStream, mut peer: Peer) {
    let Arrival {
        shell,
        tls,
        watcher,
        place,
        busy,
    } = reception;
    // Without it a response may wait for the client's next acknowledgement. Failing to set it harms nobody.
    let _ = stream.set_nodelay(true);
    let metrics = shell.app.metrics.as_ref();
    metrics.inspect(|metrics| metrics.connections.inc());
    match tls {
        None => speak(&shell, stream, &peer, watcher, busy).await,
        Some(tls) => match tls.handshake(stream).await {
            Ok(stream) => {
                metrics.inspect(|metrics| metrics.handshake("agreed"));
                peer.certificate = Shown::on(&stream);
                speak(&shell, stream, &peer, watcher, busy).await;
            }
            // Scanners and old clients are everyday life, too: counted, not logged.
            Err(cause) => {
                metrics.inspect(|metrics| metrics.handshake(cause));
            }
        },
    }
    metrics.inspect(|metrics| metrics.connections.dec());
    drop(place);
}

/// A connection that speaks HTTP as we do on every listener: `Stalling` keeps time, since hyper's own clock would run a timer
/// for every call. `phase` is told by the service what it is doing.
pub(super) fn http<S, H>(
    stream: S,
    phase: &Phase,
    limits: &Limits,
    keep_alive: bool,
    service: H,
) -> http1::Connection<TokioIo<Stalling<S>>, H>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: HttpService<Incoming, ResBody = Body>,
    H::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = Stalling::new(stream, phase.clone(), limits.head_time, limits.idle_time);
    http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES)
        .keep_alive(keep_alive)
        .serve_connection(TokioIo::new(stream), service)
}

/// HTTP over a connection, in the clear or not.
async fn speak<S>(shell: &Shell, stream: S, peer: &Peer, watcher: Watcher, busy: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let phase = Phase::default();
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        phase.call();
        request.extensions_mut().insert(peer.clone());
        let phase = &phase;
        async move {
            let response = edge::exchange(shell, request.map(Body::new), busy).await;
            phase.idle();
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http(stream, &phase, &shell.app.settings.limits, !busy, service);
    // How a connection ends is the client's business: resets and stalls are everyday life, not events.
    let _ = watcher.watch(connection).await;
}
