//! Where the keys of a client come from: an address or a file, registered, never named by a token (SC-13, SC-14).
//!
//! One fetch at a time per client, and few: a token with an unknown `kid` leads to one at most every
//! [`Times::pause`]. A set is used for as long as its server says, within bounds; after that the next call starts a
//! fetch in the background and is served from the last good set. Only a set older than [`Times::stale`] beyond its
//! life is dropped. Addresses and keys are the operator's, so they may be logged; tokens never come here.

use super::denial::Denial;
use super::keys::{Key, KeySet};
use reqwest::header::CACHE_CONTROL;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The largest key set that is read.
const MAX_BYTES: usize = 64 << 10;

/// How long fetching a set may take.
const FETCH_TIME: Duration = Duration::from_secs(2);

/// How often and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Between two fetches for one client. A little under a minute, so that a rotated key works within one.
    pub(crate) pause: Duration,
    /// The same, while there is no set at all.
    pub(crate) first_pause: Duration,
    /// The shortest time a set is used without asking again.
    pub(crate) shortest: Duration,
    /// The same, when its server does not say.
    pub(crate) usual: Duration,
    /// The longest time.
    pub(crate) longest: Duration,
    /// How much longer a set serves while its server cannot be reached.
    pub(crate) stale: Duration,
}

impl Times {
    pub(crate) const USUAL: Self = Self {
        pause: Duration::from_secs(50),
        first_pause: Duration::from_secs(5),
        shortest: Duration::from_mins(5),
        usual: Duration::from_mins(15),
        longest: Duration::from_hours(24),
        stale: Duration::from_hours(24),
    };
}

/// Where a set is read from.
pub(crate) enum Place {
    /// An address, with a client that follows no redirects.
    Address(reqwest::Client, reqwest::Url),
    /// A file on this machine.
    File(PathBuf),
}

/// The keys of one client, kept current.
pub(crate) struct KeySource {
    /// The client's name, for the log.
    client: String,
    place: Place,
    times: Times,
    held: RwLock<Option<Held>>,
    /// When the last fetch began.
    tried: Mutex<Option<Instant>>,
    /// Held while fetching.
    fetching: tokio::sync::Mutex<()>,
}

struct Held {
    keys: Arc<KeySet>,
    fresh_until: Instant,
    usable_until: Instant,
}

/// The keys of a client as they are held, for those who run the service: names and times, nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStanding {
    /// The client's name in the configuration.
    pub client: String,
    /// The issuer of its tokens.
    pub issuer: String,
    /// Where the keys are read from.
    pub place: String,
    /// The names of the keys; nothing while none could be read.
    pub keys: Option<Vec<String>>,
    /// How long the set is used without asking again.
    pub fresh: Duration,
    /// How long it may be used if it cannot be read again.
    pub usable: Duration,
}

/// Why a set could not be had; shown to whoever runs the service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("the server cannot be reached or is too slow")]
    Unreachable,
    #[error("the server answered with status {0}")]
    Status(u16),
    #[error("it is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the file cannot be read ({0})")]
    File(std::io::ErrorKind),
    #[error(transparent)]
    Content(#[from] super::keys::NotAKeySet),
}

/// A client for key servers: no redirects, no proxy, little patience. With authorities, it believes no others.
///
/// # Errors
/// If the TLS library finds no certificates of authorities on this machine.
pub(crate) fn http(
    tls: bool,
    authorities: Option<Vec<reqwest::Certificate>>,
) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(FETCH_TIME / 2)
        .timeout(FETCH_TIME)
        .https_only(tls)
        .user_agent(concat!("apposite/", env!("CARGO_PKG_VERSION")));
    // Without TLS no authorities are needed, and a machine without any still works.
    match authorities {
        _ if !tls => builder.tls_certs_only([]),
        Some(authorities) => builder.tls_certs_only(authorities),
        None => builder,
    }
    .build()
}

impl KeySource {
    pub(crate) fn new(client: &str, place: Place, times: Times) -> Arc<Self> {
        Arc::new(Self {
            client: client.to_owned(),
            place,
            times,
            held: RwLock::default(),
            tried: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// The key of this name, after a fetch if need be.
    pub(crate) async fn key(self: &Arc<Self>, kid: &str) -> Result<Arc<Key>, Denial> {
        let now = Instant::now();
        if let Some((keys, fresh)) = self.usable(now)
            && let Some(key) = keys.get(kid)
        {
            if !fresh && self.due(now) {
                tokio::spawn(Arc::clone(self).refresh());
            }
            return Ok(key);
        }
        if self.due(now) || self.fetching.try_lock().is_err() {
            // On its own: a caller that hangs up does not take the fetch of all others with it.
            let _ = tokio::spawn(Arc::clone(self).refresh()).await;
        }
        let (keys, _) = self.usable(Instant::now()).ok_or(Denial::NoKeys)?;
        keys.get(kid).ok_or(Denial::UnknownKey)
    }

    /// What is held, and for how long.
    pub(crate) fn standing(&self, issuer: &str) -> KeyStanding {
        let now = Instant::now();
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref().filter(|held| now < held.usable_until);
        let left =
            |until: Option<Instant>| until.map_or(Duration::ZERO, |u| u.saturating_duration_since(now));
        KeyStanding {
            client: self.client.clone(),
            issuer: issuer.to_owned(),
            place: match &self.place {
                Place::Address(_, url) => url.to_string(),
                Place::File(path) => path.display().to_string(),
            },
            keys: held.map(|held| held.keys.names()),
            fresh: left(held.map(|held| held.fresh_until)),
            usable: left(held.map(|held| held.usable_until)),
        }
    }

    /// Fetches the set, unless somebody just did.
    pub(crate) async fn refresh(self: Arc<Self>) {
        let _alone = self.fetching.lock().await;
        let now = Instant::now();
        if !self.due(now) {
            return;
        }
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        let client = self.client.as_str();
        match self.fetch().await {
            Ok((keys, life)) => {
                tracing::info!(client, keys = keys.len(), "key set read");
                let life = life.clamp(self.times.shortest, self.times.longest);
                let now = Instant::now();
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Held {
                    keys: Arc::new(keys),
                    fresh_until: now + life,
                    usable_until: now + life + self.times.stale,
                });
            }
            Err(error) => {
                let serving = self.usable(now).is_some();
                tracing::warn!(client, %error, last_set_serves = serving, "key set not to be had");
            }
        }
    }

    /// Whether another fetch may begin.
    fn due(&self, now: Instant) -> bool {
        let pause = if self.usable(now).is_some() {
            self.times.pause
        } else {
            self.times.first_pause
        };
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.is_none_or(|tried| now.saturating_duration_since(tried) >= pause)
    }

    /// The set held, and whether its life has not ended.
    fn usable(&self, now: Instant) -> Option<(Arc<KeySet>, bool)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref().filter(|h| now < h.usable_until)?;
        Some((Arc::clone(&held.keys), now < held.fresh_until))
    }

    async fn fetch(&self) -> Result<(KeySet, Duration), Unavailable> {
        match &self.place {
            Place::Address(http, url) => {
                let (bytes, life) = call(http, url.clone()).await?;
                Ok((KeySet::parse(&bytes)?, life.unwrap_or(self.times.usual)))
            }
            Place::File(path) => Ok((file(path.clone()).await?, self.times.shortest)),
        }
    }
}

/// The body at an address, and how long it may be kept.
async fn call(http: &reqwest::Client, url: reqwest::Url) -> Result<(Vec<u8>, Option<Duration>), Unavailable> {
    let unreachable = |_| Unavailable::Unreachable;
    let mut response = http.get(url).send().await.map_err(unreachable)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(Unavailable::Status(response.status().as_u16()));
    }
    let life = response
        .headers()
        .get(CACHE_CONTROL)
        .and_then(|v| max_age(v.to_str().ok()?));
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if bytes.len().saturating_add(piece.len()) > MAX_BYTES {
            return Err(Unavailable::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, life))
}

async fn file(path: PathBuf) -> Result<KeySet, Unavailable> {
    let reading = tokio::task::spawn_blocking(move || read(&path)).await;
    reading.unwrap_or(Err(Unavailable::File(std::io::ErrorKind::Other)))
}

/// The key set in a file.
pub(crate) fn read(path: &Path) -> Result<KeySet, Unavailable> {
    let failed = |error: std::io::Error| Unavailable::File(error.kind());
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() > MAX_BYTES {
        return Err(Unavailable::TooLarge);
    }
    Ok(KeySet::parse(&bytes)?)
}

/// `max-age` of a `Cache-Control` header.
fn max_age(header: &str) -> Option<Duration> {
    let mut parts = header.split(',').map(str::trim);
    let seconds = parts.find_map(|p| p.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
}
