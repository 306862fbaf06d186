//! A client that says exactly what it is told, for what no proper client would send.

use super::app::PATIENCE;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub struct Raw(TcpStream);

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The same, to a server that may have hung up: whether it has not.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Everything the server says until it closes the connection.
    pub async fn until_closed(&mut self) -> String {
        let mut said = Vec::new();
        // A reset ends a connection as well as a proper close.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut said))
            .await
            .expect("the server closes the connection");
        String::from_utf8_lossy(&said).into_owned()
    }

    /// What the server says up to and including this text.
    pub async fn until(&mut self, text: &str) -> String {
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains(text) {
            let mut piece = [0; 4096];
            let read = timeout(PATIENCE, self.0.read(&mut piece))
                .await
                .expect("the server answers")
                .unwrap();
            assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&said));
            said.extend_from_slice(&piece[..read]);
        }
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// The head of a call, up to the headers that differ.
pub fn head(id: &str, more: &str) -> String {
    format!("POST /cds-services/{id} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{more}\r\n")
}
