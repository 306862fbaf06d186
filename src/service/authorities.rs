//! Authorities of an operator's own: whose certificates a client's FHIR and key servers may show.
//!
//! Hospitals sign certificates of their servers themselves. Where a file of authorities is named for a client, its
//! servers are believed with a certificate by one of these only; those installed on this machine do not count then.

use reqwest::Certificate;
use std::path::{Path, PathBuf};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

/// Why a file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`authorities` {}: {why}", file.display())]
pub struct AuthoritiesFault {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The authorities in a PEM file.
///
/// # Errors
/// If it cannot be read, or holds no certificate or one that cannot be used.
pub(super) fn read(file: &Path) -> Result<Vec<Certificate>, AuthoritiesFault> {
    let wrong = |why| AuthoritiesFault {
        file: file.to_owned(),
        why,
    };
    let held = CertificateDer::pem_file_iter(file).map_err(|_| wrong("cannot be read"))?;
    let mut usable = RootCertStore::empty();
    let mut authorities = Vec::new();
    for certificate in held {
        let certificate = certificate.map_err(|_| wrong("is no PEM file of certificates"))?;
        let unfit = || wrong("holds a certificate that cannot be used");
        // The same check that is made when they are used, where nobody could be told of it.
        usable.add(certificate.clone()).map_err(|_| unfit())?;
        authorities.push(Certificate::from_der(&certificate).map_err(|_| unfit())?);
    }
    if authorities.is_empty() {
        return Err(wrong("holds no certificate"));
    }
    Ok(authorities)
}
