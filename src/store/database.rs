//! Either kind of database behind two questions: commit these statements together, and answer this one.

use super::fault::StoreFault;
use super::place::Place;
use super::postgres::{Access, Server};
use super::schema;
use super::sqlite::File;
use super::statement::{Row, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A database with our tables, or one that will get them once it can be reached.
#[derive(Clone)]
pub(super) struct Database {
    kind: Kind,
    /// What only our key makes; the rows of a store are made with one key.
    proof: Arc<str>,
    prepared: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Kind {
    File(File),
    Server(Server),
}

impl Database {
    /// The database at this place; nothing for nowhere. `durable` is whether a commit is on the disk once it is told.
    pub(super) fn at(
        place: &Place,
        access: &Access<'_>,
        proof: &str,
        durable: bool,
    ) -> Result<Option<Self>, StoreFault> {
        let kind = match place {
            Place::Nowhere => return Ok(None),
            Place::File(file) => Kind::File(File::open(file, durable)?),
            Place::Postgres(url) => Kind::Server(Server::at(url, access, durable)?),
        };
        Ok(Some(Self {
            kind,
            proof: proof.into(),
            prepared: Arc::default(),
        }))
    }

    /// Whether it is a server, which may come and go.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self.kind, Kind::Server(_))
    }

    /// Makes the tables there are not yet, and sees that the rows in them were made with our key.
    pub(super) async fn prepare(&self) -> Result<(), StoreFault> {
        if !self.prepared.load(Ordering::Acquire) {
            schema::migrate(self).await?;
            self.prove().await?;
            self.prepared.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn prove(&self) -> Result<(), StoreFault> {
        let note = "INSERT INTO meta (name, value) VALUES ('key', $1) ON CONFLICT DO NOTHING";
        let note = Statement::new(note, [(&*self.proof).into()]);
        self.commit_unprepared(vec![note]).await?;
        let noted = Statement::plain("SELECT value FROM meta WHERE name = 'key'");
        let rows = self.query_unprepared(noted).await?;
        let theirs = rows.first().and_then(|row| row.first()?.text());
        if theirs == Some(&*self.proof) {
            Ok(())
        } else {
            Err(StoreFault::OtherKey)
        }
    }

    /// All of them or none; on the disk when this returns. How many rows each changed.
    pub(super) async fn commit(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreFault> {
        self.prepare().await?;
        self.commit_unprepared(statements).await
    }

    /// The rows that answer a question.
    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<Row>, StoreFault> {
        self.prepare().await?;
        self.query_unprepared(statement).await
    }

    pub(super) async fn commit_unprepared(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreFault> {
        match &self.kind {
            Kind::File(file) => file.commit(statements).await,
            Kind::Server(server) => server.commit(statements).await,
        }
    }

    pub(super) async fn query_unprepared(&self, statement: Statement) -> Result<Vec<Row>, StoreFault> {
        match &self.kind {
            Kind::File(file) => file.query(statement).await,
            Kind::Server(server) => server.query(statement).await,
        }
    }
}
