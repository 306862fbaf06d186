//! Our own service beside the simulated EHR, which it knows as its one registered client; and the file of a key.

use super::{Arguments, Reader};
use crate::cli::{Failure, files, serve, wiring};
use crate::config::{Client, Config};
use crate::service::{self, Decide as _};
use crate::simulate::ehr::Ehr;
use anyhow::Context as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tokio::net::TcpListener;

/// Starts the service on a free port; gives its address and the name of its knowledge. It ends with the program.
pub(super) async fn start(
    arguments: &Arguments,
    ehr: &Ehr,
    issuer: &str,
) -> anyhow::Result<(String, String)> {
    files::check_folder(arguments.cards.folder.as_deref())?;
    let dialect = match arguments.reader {
        Reader::Spec => crate::dialect::GENERIC,
        Reader::Sandbox => "public-sandbox",
    };
    let client = Client {
        jwks_url: Some(ehr.key_set_url()),
        jwks_plain_http: true,
        fhir_bases: vec![ehr.fhir_base().to_owned()],
        fhir_loopback: true,
        dialect: dialect.to_owned(),
        ..Client::new("simulated-ehr", issuer)
    };
    let config = Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        cards: arguments.cards.folder.clone(),
        dialect: dialect.to_owned(),
        // Without tokens nobody can be told from anybody else.
        clients: if arguments.no_auth {
            Vec::new()
        } else {
            vec![client]
        },
        ..Config::default()
    };
    let decide = wiring::decide_configured(&config)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .context("no free port on this machine")?;
    let address = listener.local_addr().context("cannot tell the address in use")?;
    let settings = serve::settings(&config, address)?;
    let knowledge = decide.about().knowledge.clone();
    tokio::spawn(service::serve(listener, decide, settings, std::future::pending()));
    Ok((format!("http://{address}"), knowledge))
}

/// Writes a private key that only this user may read; never over another file.
pub(super) fn keep_secret(file: &Path, pem: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(file);
    opened
        .and_then(|mut f| f.write_all(pem.as_bytes()))
        .map_err(|error| {
            let what = format!("`{}`: cannot be written ({})", file.display(), error.kind());
            Failure::new(what, "name a file in a folder that this user may write to")
        })
}
