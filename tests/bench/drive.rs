//! A plain client: kept-alive connections, prepared bytes, no parsing beyond what HTTP needs.

use crate::requests::Story;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;

/// As many as a small hospital's EHR might hold open at once.
const CONNECTIONS: usize = 8;

pub struct Connections {
    open: Vec<BufReader<TcpStream>>,
    service: String,
    body: Vec<u8>,
}

impl Connections {
    pub fn open(address: SocketAddr, service: &str, body: &[u8]) -> Self {
        let connect = || {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            BufReader::new(stream)
        };
        Self {
            open: (0..CONNECTIONS).map(|_| connect()).collect(),
            service: service.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Makes this many calls, spread over the connections; each must succeed.
    pub fn run(&mut self, calls: usize) {
        let request = &call(&self.service, &self.body, None);
        self.spread(calls, |_| request);
    }

    /// The same, each call with a token of its own.
    pub fn run_signed(&mut self, tokens: &[String]) {
        let signed = |token: &String| call(&self.service, &self.body, Some(token));
        let requests: Vec<Vec<u8>> = tokens.iter().map(signed).collect();
        self.spread(requests.len(), |at| &requests[at]);
    }

    /// Makes this many calls; the connection at `n` makes every `CONNECTIONS`th, from the `n`th.
    fn spread<'a>(&mut self, calls: usize, request: impl Fn(usize) -> &'a Vec<u8> + Sync) {
        let request = &request;
        thread::scope(|scope| {
            for (at, connection) in self.open.iter_mut().enumerate() {
                let share = calls / CONNECTIONS + usize::from(at < calls % CONNECTIONS);
                scope.spawn(move || {
                    for number in 0..share {
                        let (status, _) = exchange(connection, request(at + number * CONNECTIONS));
                        assert_eq!(status, 200);
                    }
                });
            }
        });
    }
}

fn call(service: &str, body: &[u8], token: Option<&str>) -> Vec<u8> {
    let authorization = token.map_or_else(String::new, |t| format!("Authorization: Bearer {t}\r\n"));
    let head = format!(
        "POST /cds-services/{service} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n{authorization}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn exchange(connection: &mut BufReader<TcpStream>, request: &[u8]) -> (u16, Vec<u8>) {
    connection.get_mut().write_all(request).unwrap();
    let mut line = String::new();
    connection.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut length = 0;
    loop {
        line.clear();
        connection.read_line(&mut line).unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    (status, body)
}

/// The id of the service that listens to this hook.
pub fn service_for(address: SocketAddr, hook: &str) -> Result<String, String> {
    let mut connection = BufReader::new(TcpStream::connect(address).unwrap());
    let (_, body) = exchange(
        &mut connection,
        b"GET /cds-services HTTP/1.1\r\nHost: bench\r\n\r\n",
    );
    let discovery: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
    let services = discovery["services"].as_array().into_iter().flatten();
    let id = services
        .into_iter()
        .find(|s| s["hook"] == hook)
        .and_then(|s| s["id"].as_str());
    id.map(str::to_owned)
        .ok_or_else(|| format!("discovery lists no service for `{hook}`"))
}

/// A fast wrong answer is worth nothing: silence must be silent, and a card must be there.
pub fn check(address: SocketAddr, service: &str, body: &[u8], story: Story) -> Result<(), String> {
    let mut connection = BufReader::new(TcpStream::connect(address).unwrap());
    let (status, answer) = exchange(&mut connection, &call(service, body, None));
    let answer: Value = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
    let cards = answer["cards"].as_array().map(Vec::len);
    let right = match story {
        Story::Silent => cards == Some(0),
        Story::Card => cards.is_some_and(|n| n > 0),
    };
    if status == 200 && right {
        return Ok(());
    }
    Err(format!(
        "`{story:?}` ({} bytes) was answered with status {status} and {cards:?} cards",
        body.len()
    ))
}
