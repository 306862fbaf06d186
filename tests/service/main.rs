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
mod authorities;
mod canary;
mod cli;
mod closure;
mod config;
mod conformance;
mod cors;
mod crowd;
mod dialects;
mod discovery;
mod door;
mod durable;
mod feedback;
mod fixtures;
mod gather;
mod http;
mod insight;
mod keys;
mod knowledge_tools;
mod lifecycle;
mod limits;
mod matrix;
mod mismatch;
mod modes;
mod rulings;
mod sandbox;
mod simulate;
mod spec;
mod store;
mod supply;
mod support;
mod tls;
mod untrusted;
