//! The twin: the decision procedure written a second time, naively, from the clinical text and the knowledge data,
//! to find where the engine reads them otherwise. Left out: the text engine (texts have tabulated readings),
//! traces and words of cards.

mod cards;
mod chart;
mod compare;
mod disease;
pub mod generate;
mod known;
mod link;
mod minimise;
mod modifiers;
mod offers;
mod scenario;
mod study;
mod tally;
mod timeline;
mod verdict;
mod words;

pub use minimise::tell as told;
