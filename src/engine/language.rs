//! What a text says: which phrases of the lexicon it really asserts (§4 "assertion step", §5, §6).
//!
//! A text is folded to plain ASCII, trap spans are blanked, and every hit is labelled by its surroundings. Words that
//! query ("r/o mets") make a question, not a finding; negated words are no finding at all.

mod assertion;
mod reading;
mod spans;

pub use assertion::{Assertion, Text};
pub use reading::{Dated, Finding, Reading};
