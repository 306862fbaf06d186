//! Logs: JSON lines on standard error, and nothing of any request in them.
//!
//! At `info` (the default) only starting, ending, defects and refusals of ours are logged; `APPOSITE_LOG=debug`
//! adds one line per exchange. Fields are statuses, codes, counts and the request id, never bodies or paths.

use tracing_subscriber::EnvFilter;

/// Starts logging, and keeps the words of panics out of it.
pub fn start() {
    let filter = EnvFilter::try_from_env("APPOSITE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second start (in tests) keeps the first one's settings.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .try_init();
    keep_panics_quiet();
}

/// A panic message may quote the value it stumbled over, hence patient data: only its place is logged (SC-23).
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
        tracing::error!(place, "a defect: the code panicked");
    }));
}
