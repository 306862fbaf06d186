//! The store that several replicas share: PostgreSQL, over one connection at a time.
//!
//! Whatever goes wrong, and whenever somebody stops waiting, the connection is given up and a new one is made for the
//! next statement: the server then undoes what was not committed. Nothing is tried twice here.

mod tls;

use super::fault::StoreFault;
use super::statement::{Row, Statement, Value};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Error, NoTls, Transaction};

/// How long a statement, and how long connecting may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server, and the connection to it while there is one.
#[derive(Clone)]
pub(super) struct Server {
    config: Arc<Config>,
    tls: Option<tls::Tls>,
    durable: bool,
    held: Arc<Mutex<Option<Client>>>,
}

/// What else a server may need.
#[derive(Debug, Clone, Default)]
pub(super) struct Access<'a> {
    pub password_file: Option<&'a Path>,
    pub authorities: Option<&'a Path>,
}

impl Server {
    /// A server at this address. Nothing is connected yet.
    pub(super) fn at(url: &str, access: &Access<'_>, durable: bool) -> Result<Self, StoreFault> {
        let wrong = |why: &str| StoreFault::Setting {
            setting: "store.url",
            why: why.to_owned(),
        };
        let mut config = Config::from_str(url).map_err(|_| wrong("is no address of a PostgreSQL server"))?;
        if config.get_hosts().is_empty() {
            return Err(wrong("names no host"));
        }
        if let Some(file) = access.password_file {
            let password = std::fs::read_to_string(file).map_err(|_| StoreFault::File {
                file: file.to_owned(),
                why: "cannot be read as text".to_owned(),
            })?;
            config.password(password.trim_end_matches(['\r', '\n']));
        }
        config.application_name("apposite");
        config.connect_timeout(PATIENCE);
        // After a failover the old server may be there and read-only.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let near = config.get_hosts().iter().all(is_near);
        let tls = match access.authorities {
            None if near => None,
            None => {
                return Err(wrong(
                    "is on another machine: say in `store.ca` who signs its certificate",
                ));
            }
            Some(file) => Some(tls::Tls::trusting(file)?),
        };
        config.ssl_mode(if tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        Ok(Self {
            config: Arc::new(config),
            tls,
            durable,
            held: Arc::default(),
        })
    }

    pub(super) async fn commit(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreFault> {
        if let [one] = statements.as_slice() {
            // One statement is a transaction of its own.
            return self
                .with(async |client: &mut Client| {
                    let changed = client.execute_typed(one.sql, &typed(&one.values)).await?;
                    Ok(vec![changed])
                })
                .await;
        }
        self.with(async |client: &mut Client| {
            let transaction = client.transaction().await?;
            let ready = prepared(&transaction, &statements).await?;
            // Sent one behind the other without waiting: over a network that is most of the time.
            let all = statements.iter().map(|s| async {
                match ready.get(s.sql) {
                    Some(ready) => {
                        let values = s.values.iter().map(|value| value as &(dyn ToSql + Sync));
                        transaction.execute_raw(ready, values).await
                    }
                    None => transaction.execute_typed(s.sql, &typed(&s.values)).await,
                }
            });
            let changed = try_join_all(all).await?;
            transaction.commit().await?;
            Ok(changed)
        })
        .await
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<Row>, StoreFault> {
        self.with(async |client: &mut Client| {
            let rows = client
                .query_typed(statement.sql, &typed(&statement.values))
                .await?;
            let value = |row: &tokio_postgres::Row, at: usize| row.try_get::<_, Value>(at);
            rows.iter()
                .map(|row| (0..row.len()).map(|at| value(row, at)).collect())
                .collect()
        })
        .await
    }

    /// Does something with the connection. It is put back only if that went well.
    async fn with<T>(&self, act: impl AsyncFnOnce(&mut Client) -> Result<T, Error>) -> Result<T, StoreFault> {
        let acting = async {
            let mut held = self.held.lock().await;
            let mut client = match held.take().filter(|client| !client.is_closed()) {
                Some(client) => client,
                None => self.connect().await.map_err(|error| fault(&error))?,
            };
            let done = act(&mut client).await.map_err(|error| fault(&error))?;
            *held = Some(client);
            Ok(done)
        };
        tokio::time::timeout(PATIENCE, acting)
            .await
            .unwrap_or_else(|_| Err(StoreFault::unreachable("postgres: no answer in time")))
    }

    async fn connect(&self) -> Result<Client, Error> {
        let client = match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                // How it ends is seen by whoever asks next.
                tokio::spawn(connection);
                client
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(connection);
                client
            }
        };
        let setting = match self.durable {
            // A server that answers before the disk has it must not do so for us.
            true => {
                "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
            }
            false => "SELECT set_config('synchronous_commit', 'off', false)",
        };
        client.batch_execute(setting).await?;
        Ok(client)
    }
}

/// From so many times on, a text is read by the server once and not each time.
const OFTEN: usize = 4;

/// The texts that come often among these statements, read once for this transaction: longer than that nothing is held at
/// the server, since something between us may give the next transaction to another one.
async fn prepared(
    transaction: &Transaction<'_>,
    statements: &[Statement],
) -> Result<HashMap<&'static str, tokio_postgres::Statement>, Error> {
    let mut often: HashMap<&'static str, (usize, &[Value])> = HashMap::new();
    for statement in statements {
        let (count, _) = often.entry(statement.sql).or_insert((0, &statement.values));
        *count = count.saturating_add(1);
    }
    let all = often.into_iter().filter(|(_, (count, _))| *count >= OFTEN);
    let all = all.map(|(sql, (_, values))| async move {
        let types: Vec<Type> = typed(values).into_iter().map(|(_, kind)| kind).collect();
        Ok::<_, Error>((sql, transaction.prepare_typed(sql, &types).await?))
    });
    Ok(try_join_all(all).await?.into_iter().collect())
}

/// Whether nobody can listen in on the way.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

fn typed(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    values
        .iter()
        .map(|value| {
            let kind = match value {
                Value::Text(_) => Type::TEXT,
                Value::Number(_) => Type::INT8,
            };
            (value as &(dyn ToSql + Sync), kind)
        })
        .collect()
}

/// The server's own code for what is wrong; its messages may quote rows.
fn fault(error: &Error) -> StoreFault {
    let Some(code) = error.code() else {
        return StoreFault::unreachable("postgres: no connection");
    };
    let word = format!("postgres {}", code.code());
    // Connection, shutdown, start-up and a server that only reads: another one may be there soon.
    let passing = ["08", "57", "53", "25"]
        .iter()
        .any(|class| code.code().starts_with(class));
    if passing {
        StoreFault::unreachable(word)
    } else {
        StoreFault::refused(word)
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(kind, out),
            Self::Number(number) => number.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TEXT || *kind == Type::INT8
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        if *kind == Type::INT8 {
            return i64::from_sql(kind, raw).map(Self::Number);
        }
        String::from_sql(kind, raw).map(Self::Text)
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Text(String::new()))
    }

    fn accepts(kind: &Type) -> bool {
        <Self as ToSql>::accepts(kind)
    }
}
