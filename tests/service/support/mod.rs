//! What the tests share.

pub mod app;
pub mod certs;
pub mod database;
pub mod demo;
pub mod fake;
pub mod idp;
pub mod raw;
pub mod signer;
pub mod ward;
