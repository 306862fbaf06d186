//! What the tests share.

pub mod app;
pub mod certs;
pub mod fake;
pub mod idp;
pub mod raw;
pub mod signer;
