//! The console as people use it: our service in this process, and a Chromium without a window that opens its pages.
//!
//! Every page is looked at wide and narrow, light and dark, and by axe; screenshots are left in `target/tmp/console`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod browser;
mod door;
mod house;
mod page;
mod screens;
mod work;
