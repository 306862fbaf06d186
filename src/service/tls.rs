//! TLS 1.2 and 1.3 on the listener for calls, and certificates of clients (SC-06).
//!
//! Certificate and key are read from files, and read again when told to: new ones hold for new connections, and ones
//! that cannot be used leave the old ones in place. Whether the client with a certificate is the client of the token
//! is the matter of `auth`.

mod expiry;

use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{NoClientAuth, ParsedCertificate, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// Where certificates and keys are, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate, with those in between.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities whose clients may connect.
    pub client_ca: Option<PathBuf>,
    /// Whether clients without a certificate may not.
    pub client_required: bool,
}

/// Why files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// Not there, or not readable for us.
    #[error("`{}`: cannot be read ({kind})", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// It holds nothing of what it should.
    #[error("`{}`: holds no {what} in PEM", file.display())]
    Pem {
        /// The file.
        file: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// The parts are there and do not fit.
    #[error("certificate and key cannot be used: {0}")]
    Unfit(String),
}

/// What reading the files again came to.
#[derive(Debug)]
pub enum Reloaded {
    /// They are as before.
    Same,
    /// New connections get the new ones.
    New,
    /// They cannot be used; the old ones serve on.
    Kept(TlsFault),
}

/// TLS as configured, kept current.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: TlsFiles,
    handshake_time: Duration,
    current: RwLock<Arc<ServerConfig>>,
    /// The second after which the certificate in use is not valid any more, if that can be read.
    expires: Mutex<Option<i64>>,
    /// What was read last, usable or not, so that a broken file is told of once.
    seen: Mutex<Vec<u8>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// If they cannot be used.
    pub fn load(files: TlsFiles, handshake_time: Duration) -> Result<Self, TlsFault> {
        let contents = Contents::read(&files)?;
        let (current, seen) = (contents.config(&files)?, contents.digest());
        let expires = contents.expires();
        Ok(Self(Arc::new(Inner {
            files,
            handshake_time,
            current: RwLock::new(Arc::new(current)),
            expires: Mutex::new(expires),
            seen: Mutex::new(seen),
        })))
    }

    /// Reads the files again and uses them if they have changed and can be used.
    pub fn reload(&self) -> Reloaded {
        let files = &self.0.files;
        // Held throughout: two reloads at once must not overtake each other.
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = match Contents::read(files) {
            Ok(contents) => contents,
            Err(_) if seen.is_empty() => return Reloaded::Same,
            Err(fault) => {
                seen.clear();
                return Reloaded::Kept(fault);
            }
        };
        let digest = contents.digest();
        if *seen == digest {
            return Reloaded::Same;
        }
        *seen = digest;
        match contents.config(files) {
            Ok(config) => {
                *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                *self.0.expires.lock().unwrap_or_else(PoisonError::into_inner) = contents.expires();
                Reloaded::New
            }
            Err(fault) => Reloaded::Kept(fault),
        }
    }

    /// Reads the files again once a minute, and whenever `told` says so.
    pub async fn keep_current(self, mut told: impl AsyncFnMut()) {
        loop {
            // It does not matter which of the two it was.
            let _ = tokio::time::timeout(LOOK, told()).await;
            let tls = self.clone();
            match tokio::task::spawn_blocking(move || tls.reload()).await {
                Ok(Reloaded::New) => tracing::info!("new certificate in use"),
                Ok(Reloaded::Kept(fault)) => {
                    tracing::warn!(%fault, "the certificate was not replaced, the old one serves on")
                }
                Ok(Reloaded::Same) | Err(_) => {}
            }
        }
    }

    /// The second after which the certificate in use is not valid any more.
    pub(crate) fn expires(&self) -> Option<i64> {
        *self.0.expires.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Agrees with a client, within the time for it. The error is a word for the metrics.
    pub(crate) async fn handshake(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, &'static str> {
        let config = Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner));
        let agreeing = TlsAcceptor::from(config).accept(stream);
        match tokio::time::timeout(self.0.handshake_time, agreeing).await {
            Ok(agreed) => agreed.map_err(|_| "failed"),
            Err(_) => Err("too-slow"),
        }
    }
}

/// The files as read.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, TlsFault> {
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            client_ca: files.client_ca.as_deref().map(read).transpose()?,
        })
    }

    /// Tells contents apart without keeping a second copy of the key.
    fn digest(&self) -> Vec<u8> {
        let mut digest = Sha256::new();
        let parts = [&self.certificate, &self.key];
        for part in parts.into_iter().chain(&self.client_ca) {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        digest.finalize().to_vec()
    }

    /// When our own certificate ends; it stands first.
    fn expires(&self) -> Option<i64> {
        expiry::not_after(&CertificateDer::from_pem_slice(&self.certificate).ok()?)
    }

    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, TlsFault> {
        let unfit = |error: rustls::Error| TlsFault::Unfit(error.to_string());
        let chain = certificates(&self.certificate, &files.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsFault::Pem {
            file: files.key.clone(),
            what: "private key",
        })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = match (&self.client_ca, &files.client_ca) {
            (Some(pem), Some(file)) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(pem, file)? {
                    roots.add(authority).map_err(unfit)?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
                let verifier = if files.client_required {
                    verifier
                } else {
                    verifier.allow_unauthenticated()
                };
                verifier.build().map_err(|e| TlsFault::Unfit(e.to_string()))?
            }
            _ => Arc::new(NoClientAuth),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(unfit)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(unfit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsFault> {
    std::fs::read(file).map_err(|error| TlsFault::Read {
        file: file.to_owned(),
        kind: error.kind(),
    })
}

fn certificates(pem: &[u8], file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let none = || TlsFault::Pem {
        file: file.to_owned(),
        what: "certificate",
    };
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(none)
}

/// The certificate a client has shown, checked against the authorities of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Shown(Arc<CertificateDer<'static>>);

impl Shown {
    /// The client's own certificate, if it has shown one.
    pub(crate) fn on(stream: &TlsStream<TcpStream>) -> Option<Self> {
        let own = stream.get_ref().1.peer_certificates()?.first()?;
        Some(Self(Arc::new(own.clone().into_owned())))
    }

    /// Whether it was issued for one of these names.
    pub(crate) fn is_for(&self, names: &[String]) -> bool {
        let Ok(certificate) = ParsedCertificate::try_from(&*self.0) else {
            return false;
        };
        names.iter().any(|name| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| verify_server_name(&certificate, &name).is_ok())
        })
    }
}
