//! The shape of each file in `cards/`, exactly as written. No meaning is attached here: see `compile`.
//!
//! Unknown fields are refused everywhere, so that a typing error is a finding and not a silent change of meaning.

mod attributes;
mod cards;
mod codes;
mod scenarios;
mod studies;
mod texts;
mod topic;

pub use attributes::{AttributeEntry, SourceAttributes};
pub use cards::{
    CardWords, CardsFile, CodedOffer, CommonWords, OfferEntry, OfferedOrder, Offers, OverrideReason,
    SuggestionsFile,
};
pub use codes::{
    CodeEntry, CodeSystemEntry, CodeSystemsFile, Confidence, Differentiation, MetastasisSite, RangeEntry,
    Unless, ValueSetFile,
};
pub use scenarios::{FactEntry, RatingLine, RowEntry, ScenarioEntry, ScenariosFile, Voice};
pub use studies::{EusPurpose, IvContrast, Modality, Region, StudiesFile, StudyEntry, Tracer};
pub use texts::{LexiconFile, ModifiersFile, PartEntry, PhraseEntry, WindowEntry};
pub use topic::{
    CitationEntry, CitationsFile, Reviewer, ServiceWords, TableEntry, TopicCoding, TopicFile, TopicSource,
};
