//! The shell over real sockets: every test starts its own service on a free port, in this process, around a fake
//! decision; `cli` runs the program itself.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod admin;
mod auth;
mod canary;
mod cli;
mod closure;
mod config;
mod conformance;
mod cors;
mod dialects;
mod door;
mod durable;
mod feedback;
mod fixtures;
mod gather;
mod http;
mod insight;
mod knowledge_tools;
mod lifecycle;
mod limits;
mod modes;
mod rulings;
mod simulate;
mod spec;
mod store;
mod support;
mod tls;
mod untrusted;
