//! Our service with a console, in this process.

use apposite::cli::wiring;
use apposite::config::Config;
use apposite::service::{Callers, Entrances, Settings, serve};
use apposite::store::{Place, Store, StoreOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

static NEXT: AtomicUsize = AtomicUsize::new(0);

pub struct House {
    /// The address of the pages.
    pub console: String,
    /// The address for calls.
    pub calls: String,
    folder: PathBuf,
    /// Ends the service with it.
    _runtime: Runtime,
}

impl House {
    /// As `apposite serve` without a configuration, with a store of its own.
    pub fn open() -> Self {
        Self::with("")
    }

    /// With this configuration.
    pub fn with(toml: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("apposite-console-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let config = Config::parse(toml, &folder).unwrap();
        let problems = config.problems();
        assert!(problems.is_empty(), "{problems:?}");
        let runtime = Runtime::new().unwrap();
        let (calls, admin) = runtime.block_on(async {
            let listener = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
            let (calls, admin) = (listener().await, listener().await);
            let addresses = (calls.local_addr().unwrap(), admin.local_addr().unwrap());
            let store = StoreOptions::at(Place::File(folder.join("apposite.db")));
            let decide = wiring::decide_configured(&config).unwrap();
            let bases = [format!("http://{}", addresses.0)];
            let callers = match config.clients.is_empty() {
                true => Callers::anybody(),
                false => Callers::registered(&config.clients, &bases, false).unwrap(),
            };
            let settings = Settings {
                store: Store::open(store).await.unwrap(),
                pages: wiring::console(&config, &decide).unwrap(),
                callers,
                ..Settings::development()
            };
            let entrances = Entrances {
                calls,
                tls: None,
                admin: Some(admin),
            };
            tokio::spawn(async move {
                serve(
                    entrances,
                    Arc::clone(&decide) as _,
                    settings,
                    std::future::pending(),
                )
                .await
            });
            addresses
        });
        Self {
            console: format!("http://{admin}/console"),
            calls: format!("http://{calls}"),
            folder,
            _runtime: runtime,
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
