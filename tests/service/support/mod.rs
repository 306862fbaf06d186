//! What the tests share.

pub mod app;
pub mod fake;
pub mod raw;
