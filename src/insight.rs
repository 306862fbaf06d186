//! What fires, what clinicians do with it, what was missed: plain counts of kept decisions and feedback.
//!
//! Pure: [`Tally`] takes rows one after the other and gives one [`Insight`], numbers and words only. It reads no database,
//! knows no clock and no card, and what comes out names no person, order or call. `store` reads the rows, `cli` and the
//! admin listener write what comes of them. Left out: pictures (`plot`), pages (`report`).

mod after;
mod export;
mod filter;
mod group;
mod latency;
mod list;
mod rate;
pub mod row;
mod tally;
mod time;

pub use after::After;
pub use export::csv;
pub use filter::{Filter, FilterFault};
pub use group::{Count, Group, Measures};
pub use latency::Latency;
pub use list::{Listed, ListedCard, ListedDecision, Page};
pub use rate::Rate;
pub use row::Mode;
pub use tally::Tally;
pub use time::{Moment, day_of};

use serde::Serialize;

/// Feedback needed before a rate says anything about a card.
pub const ENOUGH: u64 = 50;

/// The share of overridden cards that is too many, if it is credibly above it.
pub const TOO_MANY: f64 = 0.8;

/// All that is told of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Insight {
    /// What was asked for.
    pub filter: Filter,
    /// Whether all rows of the period were read; otherwise only the earliest.
    pub complete: bool,
    /// The first and last day with a call (UTC), if there was one.
    pub days_seen: Option<(String, String)>,
    /// How many calls, by what became of them: `answered`, `switched-off`, or our code of a refusal.
    pub outcomes: Vec<Count>,
    /// Calls.
    pub calls: u64,
    /// Everything together.
    pub total: Measures,
    /// How far we see and judge what is ordered.
    pub coverage: Coverage,
    /// Cards that clinicians credibly do not want: look at these first.
    pub review: Vec<Review>,
    /// By card kind: what an operator calls a rule.
    pub kinds: Vec<Group>,
    /// By step of the procedure that spoke (`R3`).
    pub rules: Vec<Group>,
    /// By clinical question.
    pub scenarios: Vec<Group>,
    /// By study ordered.
    pub studies: Vec<Group>,
    /// By client; an empty name is anybody.
    pub clients: Vec<Group>,
    /// By service called.
    pub services: Vec<Group>,
    /// By version of this program.
    pub service_versions: Vec<Group>,
    /// By version of the knowledge.
    pub knowledge_versions: Vec<Group>,
    /// Day by day (UTC), without gaps.
    pub by_day: Vec<Moment>,
    /// Week by week, from Monday (UTC), without gaps.
    pub by_week: Vec<Moment>,
    /// Selected orders about which nothing was said, by the gate that decided and its reason; the most frequent first.
    pub silent: Vec<Silence>,
    /// Order codes that nobody could explain, the most frequent first.
    pub unmapped: Vec<Unmapped>,
    /// Calls in which data were not delivered, by key of the data.
    pub missing: Vec<Count>,
    /// Calls by what asking the FHIR server came to.
    pub gathered: Vec<Count>,
    /// How long calls took.
    pub latency: Latency,
    /// What was ordered after a card fired, shown or not, by kind.
    pub after: Vec<After>,
    /// Things told of cards that are not known as the teller's.
    pub told_of_unknown: u64,
}

/// From orders to judgements to cards. Selected orders, each as often as it was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Coverage {
    /// Draft orders in the calls, of any kind.
    pub drafts: u64,
    /// Imaging orders among those selected.
    pub imaging: u64,
    /// Of these: about a question that is rated.
    pub in_scope: u64,
    /// Of these: a rating is held.
    pub judged: u64,
    /// Imaging orders with a code that nobody could explain.
    pub unmapped: u64,
    /// Different imaging orders among them, as far as clients keep the names of drafts.
    pub distinct: u64,
}

/// A card to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Review {
    /// Its kind.
    pub kind: String,
    /// How often it was overridden, of all that was told of it.
    pub overridden: Rate,
    /// The reasons given, the most frequent first.
    pub reasons: Vec<Count>,
}

/// Silence of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// The gate: `R3`, `rating`, `§7`.
    pub gate: String,
    /// Its reason: a question, a rating, or what became of a card.
    pub reason: String,
    /// How many selected orders.
    pub decisions: u64,
}

/// A code that nobody could explain. It may be a local one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// Who sent it.
    pub client: String,
    /// Its code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// How many orders carried it.
    pub orders: u64,
}
