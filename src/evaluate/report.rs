//! x
use super::Summary; use crate::knowledge::Knowledge;
pub(super) fn page(_: &Knowledge, _: &Summary) -> String { String::new() }
