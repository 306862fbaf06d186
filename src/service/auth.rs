//! Who calls: a signed token of a registered client, or nobody (R-102 – R-118, SC-11 – SC-16).
//!
//! `Callers::identify` runs before a byte of the body is read. Whatever is wrong, the caller sees the same 401; the
//! cause is for the log. Clients, their keys and audiences are registered in the configuration; nothing in a token
//! chooses where keys come from. Which tokens were used is remembered in this process, and in the store where replicas
//! share it.

mod denial;
mod keys;
mod replay;
mod source;
#[cfg(test)]
mod tests;
mod token;

pub use denial::Denial;
pub use source::KeyStanding;

use super::authorities::{self, AuthoritiesFault};
use super::rate::{Bucket, Rate};
use super::redacted::Redacted;
use super::refusal::Refusal;
use super::tls::Shown;
use crate::config::{Client, Replay};
use crate::store::{SharedUse, Store};
use axum::http::{HeaderMap, header};
use replay::{Seen, Use};
use source::{KeySource, Place, Times};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use token::{Token, Verified};

/// Who may call.
#[derive(Clone, Default)]
pub struct Callers {
    register: Option<Arc<Register>>,
    /// Where replicas share the tokens used.
    shared: Option<Store>,
}

struct Register {
    /// The service as clients address it: one or several spellings, without a slash at the end.
    bases: Vec<String>,
    discovery_needs_token: bool,
    by_issuer: BTreeMap<String, Registered>,
}

struct Registered {
    client: Arc<Client>,
    keys: Arc<KeySource>,
    seen: Seen,
    /// How often it may call.
    bucket: Option<Bucket>,
}

/// Who called.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    client: Option<Arc<Client>>,
    tenant: Option<String>,
}

/// Why nobody could be identified, and at whose door, if a registered issuer was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The cause, for the log.
    pub cause: Denial,
    /// The name of the client in the configuration.
    pub client: Option<String>,
}

/// The keys of a client cannot be looked after.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not an address.
    #[error("client `{client}`: `jwks_url` is not an address")]
    Address {
        /// The client's name.
        client: String,
    },
    /// The file with the keys is missing, or is no key set.
    #[error("client `{client}`: `jwks_file` {}: {why}", file.display())]
    File {
        /// The client's name.
        client: String,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file with the authorities of its servers cannot be used.
    #[error("client `{client}`: {fault}")]
    Authorities {
        /// The client's name.
        client: String,
        /// What is wrong with it.
        fault: AuthoritiesFault,
    },
    /// The TLS library found no authorities to trust.
    #[error("client `{client}`: no certificates of authorities are installed on this machine")]
    Tls {
        /// The client's name.
        client: String,
    },
}

impl Callers {
    /// Anybody may call; the development profile without clients.
    #[must_use]
    pub fn anybody() -> Self {
        Self::default()
    }

    /// Whether anybody may call.
    pub(crate) fn are_anybody(&self) -> bool {
        self.register.is_none()
    }

    /// Only these clients may call. `bases` are the addresses of the service as clients see it.
    ///
    /// # Errors
    /// If the keys of a client cannot be looked after on this machine.
    pub fn registered(
        clients: &[Client],
        bases: &[String],
        discovery_needs_token: bool,
    ) -> Result<Self, SetupError> {
        Self::registered_asking(clients, bases, discovery_needs_token, Times::USUAL.pause)
    }

    /// The same, with another time between two fetches of the keys of one client: shorter, a rotated key works sooner,
    /// and tokens with unknown keys cause more fetches.
    ///
    /// # Errors
    /// If the keys of a client cannot be looked after on this machine.
    pub fn registered_asking(
        clients: &[Client],
        bases: &[String],
        discovery_needs_token: bool,
        pause: Duration,
    ) -> Result<Self, SetupError> {
        let times = Times {
            pause,
            ..Times::USUAL
        };
        let with = |client: &Client| Ok((client.issuer.clone(), Registered::new(client, times)?));
        let by_issuer = clients.iter().map(with).collect::<Result<_, _>>()?;
        let bases = bases.iter().map(|b| b.trim_end_matches('/').to_owned());
        Ok(Self {
            register: Some(Arc::new(Register {
                bases: bases.collect(),
                discovery_needs_token,
                by_issuer,
            })),
            shared: None,
        })
    }

    /// The same callers; which tokens they have used is looked up in this store too, if it is set to be shared.
    #[must_use]
    pub fn sharing(self, store: Option<&Store>) -> Self {
        let shared = store.cloned();
        Self { shared, ..self }
    }

    /// Starts reading the keys of all clients, so that the first call does not wait for them.
    pub(crate) fn warm_up(&self) {
        for registered in self.register.iter().flat_map(|r| r.by_issuer.values()) {
            tokio::spawn(Arc::clone(&registered.keys).refresh());
        }
    }

    /// Each client with the names of its keys, for those who run the service.
    pub(crate) fn standing(&self) -> Vec<KeyStanding> {
        let all = self.register.iter().flat_map(|r| r.by_issuer.values());
        all.map(|registered| registered.keys.standing(&registered.client.issuer))
            .collect()
    }

    /// Who asks for the discovery document. Anybody may, unless configured otherwise.
    pub(crate) async fn identify_reader(
        &self,
        headers: &HeaderMap,
        path: &str,
        now: i64,
        shown: Option<&Shown>,
    ) -> Result<Caller, Refusal> {
        match &self.register {
            Some(register) if register.discovery_needs_token => {
                self.identify(headers, path, now, shown).await
            }
            _ => Ok(Caller::default()),
        }
    }

    /// Who makes the call that arrived at this path, at this second.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`], [`Refusal::TooMany`] when it calls too often, or [`Refusal::TooBusy`] when the token is good but its use cannot be remembered.
    pub(crate) async fn identify(
        &self,
        headers: &HeaderMap,
        path: &str,
        now: i64,
        shown: Option<&Shown>,
    ) -> Result<Caller, Refusal> {
        let Some(register) = &self.register else {
            return Ok(Caller::default());
        };
        let denied = |cause| Denied { cause, client: None };
        let token = bearer(headers).map_err(denied)?;
        let token = Token::read(token.reveal()).map_err(denied)?;
        let registered = register
            .by_issuer
            .get(token.issuer())
            .ok_or(denied(Denial::Issuer))?;
        let audiences: Vec<String> = register
            .bases
            .iter()
            .flat_map(|base| paths(path).map(move |path| format!("{base}{path}")))
            .collect();
        let admitting = registered.admit(token, &audiences, now, shown, self.shared.as_ref());
        admitting.await
    }
}

impl Registered {
    fn new(client: &Client, times: Times) -> Result<Self, SetupError> {
        let name = || client.name.clone();
        let place = match (&client.jwks_url, &client.jwks_file) {
            (Some(url), _) => {
                let url = reqwest::Url::parse(url).map_err(|_| SetupError::Address { client: name() })?;
                let tls = url.scheme() == "https";
                let file = client.authorities.as_deref().filter(|_| tls);
                let authorities = file.map(authorities::read).transpose();
                let authorities = authorities.map_err(|fault| SetupError::Authorities {
                    client: name(),
                    fault,
                })?;
                let http = source::http(tls, authorities).map_err(|_| SetupError::Tls { client: name() })?;
                Place::Address(http, url)
            }
            (None, Some(file)) => {
                // It is read again later; what is wrong with it is better told now.
                source::read(file).map_err(|error| SetupError::File {
                    client: name(),
                    file: file.clone(),
                    why: error.to_string(),
                })?;
                Place::File(file.clone())
            }
            (None, None) => return Err(SetupError::Address { client: name() }),
        };
        Ok(Self {
            keys: KeySource::new(&client.name, place, times),
            seen: Seen::new(client.seen_tokens),
            bucket: Rate::limit(client.rate_per_second, client.burst).map(Bucket::new),
            client: Arc::new(client.clone()),
        })
    }

    /// Everything that is asked once it is known who is said to call.
    async fn admit(
        &self,
        token: Token<'_>,
        audiences: &[String],
        now: i64,
        shown: Option<&Shown>,
        shared: Option<&Store>,
    ) -> Result<Caller, Refusal> {
        let client = &self.client;
        let denied = |cause| Denied {
            cause,
            client: Some(client.name.clone()),
        };
        let names = &client.certificate_names;
        if !names.is_empty() && !shown.is_some_and(|shown| shown.is_for(names)) {
            return Err(denied(Denial::Certificate).into());
        }
        token.suits(client).map_err(denied)?;
        let key = self.keys.key(token.key_id()).await.map_err(denied)?;
        let verified = token.verify(client, &key, audiences, now).map_err(denied)?;
        // Before its use is noted: whoever calls too often may try again with the same token, and does not fill the memory.
        if let Some(bucket) = &self.bucket {
            bucket.take(Instant::now()).map_err(Refusal::too_many)?;
        }
        let used = match client.replay {
            Replay::Strict => match self.seen.note(&verified.jti, verified.until, now) {
                Use::First => among_replicas(shared, client, &verified).await,
                known => known,
            },
            Replay::Test => Use::First,
        };
        match used {
            Use::First => Ok(Caller {
                client: Some(Arc::clone(client)),
                tenant: verified.tenant,
            }),
            Use::Again => {
                // Whoever has caught a token cannot use up what the client may do.
                self.bucket.as_ref().inspect(|bucket| bucket.give_back());
                Err(denied(Denial::Replayed).into())
            }
            Use::Full => Err(Refusal::TooBusy),
        }
    }
}

impl Caller {
    /// A call of this client, where nobody has to prove it: nothing is called, something is explained.
    #[must_use]
    pub fn of(client: Client) -> Self {
        Self {
            client: Some(Arc::new(client)),
            tenant: None,
        }
    }

    /// What is registered for the client; nothing when anybody may call.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.as_deref()
    }

    /// The organisation at the client, if it serves several.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Client and organisation as one name, from which the ids of cards derive (P-20); empty for anybody.
    #[must_use]
    pub fn key(&self) -> String {
        match (&self.client, &self.tenant) {
            (Some(client), Some(tenant)) => format!("{}\n{tenant}", client.issuer),
            (Some(client), None) => client.issuer.clone(),
            (None, _) => String::new(),
        }
    }
}

/// What the replicas together know of a token that is new here; nothing, where they do not share or cannot be asked.
async fn among_replicas(shared: Option<&Store>, client: &Client, verified: &Verified) -> Use {
    let Some(store) = shared else {
        return Use::First;
    };
    // A digest: what is in a token is none of the store's business.
    let name = replay::digest(&verified.jti);
    match store.note_token(&client.issuer, &name, verified.until).await {
        Some(SharedUse::Again) => Use::Again,
        Some(SharedUse::First | SharedUse::Unknown) | None => Use::First,
    }
}

/// The paths a token may be made out to, for a call that arrived at this one: feedback is also part of its service
/// (P-04).
fn paths(path: &str) -> impl Iterator<Item = &str> {
    let service = path
        .strip_suffix("/feedback")
        .filter(|service| service.starts_with("/cds-services/"));
    [Some(path), service].into_iter().flatten()
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<Redacted<&str>, Denial> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let value = all.next().ok_or(Denial::NoToken)?;
    if all.next().is_some() {
        return Err(Denial::NotBearer);
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|v| v.split_once(' '))
        .ok_or(Denial::NotBearer)?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Denial::NotBearer);
    }
    Ok(Redacted::new(token.trim_start_matches(' ')))
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Unauthenticated(denied)
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.register {
            Some(register) => write!(f, "Callers({} clients)", register.by_issuer.len()),
            None => f.write_str("Callers(anybody)"),
        }
    }
}
