//! An [`Insight`] as one page.

use crate::insight::Insight;

/// The page.
#[must_use]
pub fn html(_insight: &Insight, _when: &str) -> String {
    String::new()
}
