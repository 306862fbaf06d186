//! A FHIR server that says what it is told, and remembers what it was asked.

use crate::support::app::PATIENCE;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a query is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then nothing, while the connection stays open.
    Stall(Vec<u8>),
    /// These bytes, then a reset.
    Reset(Vec<u8>),
    /// These bytes, then this piece for as long as anybody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// The first connection is reset, and the next ones get this.
    Second(Vec<u8>),
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self::of(200, "application/fhir+json", body.to_string().as_bytes())
    }

    pub fn of(status: u16, media: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: {media}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        Self::Bytes([head.as_bytes(), body].concat())
    }
}

/// One request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Path and query below the base.
    pub query: String,
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Asked>,
    connections: usize,
    /// First bytes of connections that are not HTTP.
    other: Vec<Vec<u8>>,
}

pub struct Ehr {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    serving: JoinHandle<()>,
}

impl Drop for Ehr {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Ehr {
    /// Answers these queries (`Condition?patient=1`); any other gets an empty searchset.
    pub async fn start(replies: BTreeMap<String, Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, replies)
    }

    /// The same on a listener that is there already, for replies that name its address.
    pub fn on(listener: TcpListener, replies: BTreeMap<String, Reply>) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        let replies = Arc::new(replies);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                let (seen, replies) = (Arc::clone(&shared), Arc::clone(&replies));
                tokio::spawn(serve(stream, seen, replies));
            }
        });
        Self {
            address,
            seen,
            serving,
        }
    }

    pub fn base(&self) -> String {
        format!("http://{}/fhir", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().asked.clone()
    }

    /// The queries asked, sorted.
    pub fn queries(&self) -> Vec<String> {
        let mut queries: Vec<String> = self.asked().into_iter().map(|asked| asked.query).collect();
        queries.sort();
        queries
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub fn other(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().other.clone()
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>, replies: Arc<BTreeMap<String, Reply>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&piece[..read]),
        }
        if !head.starts_with(b"GET ") {
            seen.lock().unwrap().other.push(head);
            return;
        }
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let query = target.strip_prefix("/fhir/").unwrap_or(target).to_owned();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let asked = Asked {
        query: query.clone(),
        authorization: header("authorization"),
    };
    let before = {
        let mut seen = seen.lock().unwrap();
        let before = seen.asked.iter().filter(|asked| asked.query == query).count();
        seen.asked.push(asked);
        before
    };
    let empty = || Reply::json(&serde_json::json!({ "resourceType": "Bundle", "type": "searchset" }));
    // Whoever asked may be gone by now.
    let _ = match replies.get(&query).cloned().unwrap_or_else(empty) {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await,
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let mut end = [0; 1];
            // Until the other side gives up.
            let _ = tokio::time::timeout(PATIENCE, stream.read(&mut end)).await;
            Ok(())
        }
        Reply::Reset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            stream.set_zero_linger()
        }
        Reply::Endless(bytes, piece) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&piece).await.is_ok() {}
            Ok(())
        }
        Reply::Second(_) if before == 0 => stream.set_zero_linger(),
        Reply::Second(bytes) => stream.write_all(&bytes).await,
    };
}
