//! Names to addresses, each address judged before a connection is tried (SC-10).
//!
//! The addresses handed to the connector are the ones that were judged: a name cannot lead elsewhere between the check
//! and the connection. If any address of a name is of a kind that its base may not have, none is used.

use super::address::{Class, class};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// The addresses of a name, to be had in time.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Turns names into addresses.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name.
    fn addresses(&self, name: &str) -> Addresses;
}

/// The resolver of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A lookup that yields only addresses of the allowed kinds.
pub(super) struct Checked {
    pub lookup: Arc<dyn Lookup>,
    pub allowed: Vec<Class>,
}

/// A name that leads where nothing may be asked.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no address that may be asked")]
struct Forbidden;

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.addresses(name.as_str());
        let allowed = self.allowed.clone();
        Box::pin(async move {
            let found = found.await?;
            if found.is_empty() || found.iter().any(|address| !allowed.contains(&class(*address))) {
                return Err(Forbidden.into());
            }
            // Port 0 stands for the port of the URL.
            let addresses: Vec<_> = found
                .into_iter()
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
