//! One writer for all: audit rows wait in a queue of limited length, and whoever adds one never waits (promise P3).
//!
//! While the database cannot be written, rows stay in the queue; what finds no place is lost, and counted. Feedback goes
//! through the same writer, behind the rows of the cards it is about, but never stays: it is kept before it is answered,
//! or refused at once (promise P4).

use super::audit::Audit;
use super::codes::Familiar;
use super::database::Database;
use super::fault::StoreFault;
use super::feedback::{self, Feedback, Kept};
use super::statement::Statement;
use super::watch::Watch;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Calls written in one transaction.
const TOGETHER: usize = 128;

/// How long the first row of a transaction waits for others: most of what a row costs is its transaction. Feedback does
/// not wait, and takes the rows before it along.
const LINGER: Duration = Duration::from_millis(50);

/// How long the writer waits after a failure, before it tries to write audit rows again.
const PAUSE: Duration = Duration::from_secs(1);

/// Feedback that waits for the writer at once; more is refused.
const FEEDBACKS: usize = 64;

struct Asked {
    feedback: Feedback,
    answer: oneshot::Sender<Result<Vec<Kept>, StoreFault>>,
}

/// Where rows are handed in.
#[derive(Clone)]
pub(super) struct Queue {
    rows: Sender<Box<Audit>>,
    feedback: Sender<Asked>,
    end: Sender<oneshot::Sender<()>>,
    watch: Arc<Watch>,
}

impl Queue {
    /// Starts the writer.
    pub(super) fn start(database: Database, length: usize, watch: Arc<Watch>) -> Self {
        let (rows, new) = channel(length.max(1));
        let (feedback, asked) = channel(FEEDBACKS);
        let (end, ending) = channel(1);
        let writer = Writer {
            database,
            new,
            asked,
            ending,
            held: VecDeque::new(),
            codes: Familiar::default(),
            due: None,
            pause_until: None,
            watch: Arc::clone(&watch),
        };
        tokio::spawn(writer.run());
        Self {
            rows,
            feedback,
            end,
            watch,
        }
    }

    /// Hands in a row; never waits.
    pub(super) fn add(&self, row: Box<Audit>) {
        match self.rows.try_send(row) {
            Ok(()) => self.watch.queued(1),
            Err(_) => self.watch.lost(1),
        }
    }

    /// Hands in feedback and waits until it is kept.
    pub(super) async fn keep(&self, feedback: Feedback) -> Result<Vec<Kept>, StoreFault> {
        let (answer, kept) = oneshot::channel();
        let busy = || StoreFault::unreachable("too much feedback at once");
        self.feedback
            .try_send(Asked { feedback, answer })
            .map_err(|_| busy())?;
        kept.await.map_err(|_| busy())?
    }

    /// Writes what is in the queue, as far as the database takes it, and ends the writer.
    pub(super) async fn end(&self) {
        let (told, ended) = oneshot::channel();
        if self.end.send(told).await.is_ok() {
            let _ = ended.await;
        }
    }
}

struct Writer {
    database: Database,
    new: Receiver<Box<Audit>>,
    asked: Receiver<Asked>,
    ending: Receiver<oneshot::Sender<()>>,
    /// Rows being written, or to be written again.
    held: VecDeque<Box<Audit>>,
    codes: Familiar,
    /// When the rows that are held are written at the latest.
    due: Option<Instant>,
    pause_until: Option<Instant>,
    watch: Arc<Watch>,
}

impl Writer {
    async fn run(mut self) {
        loop {
            let pausing = self.pause_until;
            let pause = reached(pausing);
            let due = reached(self.due);
            tokio::select! {
                biased;
                Some(asked) = self.asked.recv() => self.feedback(asked).await,
                Some(told) = self.ending.recv() => {
                    let _ = self.write_all().await;
                    let _ = told.send(());
                    return;
                }
                () = pause => {
                    self.pause_until = None;
                    // A failure is counted there, and makes the next pause.
                    let _ = self.write().await;
                }
                () = due, if pausing.is_none() => {
                    let _ = self.write().await;
                }
                // While the database is away, the rows stay where they wait: in the queue.
                Some(row) = self.new.recv(), if pausing.is_none() => {
                    self.hold(row);
                    if self.held.len() < TOGETHER {
                        self.due.get_or_insert_with(|| Instant::now() + LINGER);
                    } else {
                        let _ = self.write().await;
                    }
                }
                else => return,
            }
        }
    }

    async fn feedback(&mut self, asked: Asked) {
        // First what it may be about. If that fails, nobody knows the card, and the feedback would fail, too.
        let outcome = match self.write_all().await {
            Ok(()) => feedback::keep(&self.database, &asked.feedback).await,
            Err(fault) => Err(fault),
        };
        self.watch.wrote(outcome.as_ref().map(|_| ()));
        // Whoever asked may have gone; then it is told again, and is the same.
        let _ = asked.answer.send(outcome);
    }

    /// Writes all rows there are now.
    async fn write_all(&mut self) -> Result<(), StoreFault> {
        loop {
            self.write().await?;
            if self.held.is_empty() {
                match self.new.try_recv() {
                    Ok(row) => self.hold(row),
                    Err(_) => return Ok(()),
                }
            }
        }
    }

    fn hold(&mut self, mut row: Box<Audit>) {
        self.codes.add(&mut row);
        self.held.push_back(row);
    }

    /// Writes the rows that are held, and as many more as go into one transaction.
    async fn write(&mut self) -> Result<(), StoreFault> {
        while self.held.len() < TOGETHER
            && let Ok(row) = self.new.try_recv()
        {
            self.hold(row);
        }
        self.due = None;
        if self.held.is_empty() {
            return Ok(());
        }
        let mut statements: Vec<Statement> = self.held.iter().flat_map(|row| row.statements()).collect();
        statements.extend(self.codes.statements());
        let outcome = self.database.commit(statements).await;
        self.watch.wrote(outcome.as_ref().map(|_| ()));
        match outcome {
            Ok(_) => {
                self.watch.written(self.held.len());
                self.held.clear();
                self.codes.written();
                self.pause_until = None;
                Ok(())
            }
            Err(fault) => {
                self.pause_until = Some(Instant::now() + PAUSE);
                Err(fault)
            }
        }
    }
}

/// Ends at a moment, or never.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
