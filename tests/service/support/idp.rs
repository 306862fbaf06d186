//! A key server that answers as it is told and counts how often it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[derive(Clone)]
pub struct KeyServer {
    pub url: String,
    answer: Arc<Mutex<Reply>>,
    calls: Arc<AtomicUsize>,
}

/// What it answers.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    /// Whole header lines, each with its end.
    pub headers: String,
    pub body: Vec<u8>,
    pub delay: Duration,
}

impl KeyServer {
    /// Serves these public keys.
    pub async fn start(keys: &[serde_json::Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let server = Self {
            url,
            answer: Arc::new(Mutex::new(Reply::keys(keys))),
            calls: Arc::default(),
        };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    own.calls.fetch_add(1, Ordering::SeqCst);
                    let reply = own.answer.lock().unwrap().clone();
                    tokio::time::sleep(reply.delay).await;
                    let head = format!(
                        "HTTP/1.1 {} X\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n",
                        reply.status,
                        reply.headers,
                        reply.body.len()
                    );
                    // Whoever has seen enough hangs up.
                    let _ = stream.write_all(head.as_bytes()).await;
                    let _ = stream.write_all(&reply.body).await;
                });
            }
        });
        server
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// From now on.
    pub fn replies(&self, reply: Reply) {
        *self.answer.lock().unwrap() = reply;
    }
}

impl Reply {
    pub fn keys(keys: &[serde_json::Value]) -> Self {
        Self::of(200, serde_json::json!({ "keys": keys }).to_string())
    }

    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: String::new(),
            body: body.into(),
            delay: Duration::ZERO,
        }
    }
}
