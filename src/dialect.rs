//! What one EHR's way of speaking CDS Hooks can show and take: data, one small file each in `deploy/dialects/`.
//!
//! Every capability has its value and its source; what nobody could tell is marked as not known and takes the value of
//! the specification. A site may write a file of its own, which names a `base` and states only what differs. An answer
//! is put into a dialect by [`render`]; what the answer offers in the first place is up to `answer`, which asks here.
//! Who speaks which dialect is configuration. Hook names are not here: all clients known send the order hooks as such.

pub mod render;

pub use render::render;

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The dialect of clients of which nothing else is said: CDS Hooks 3.0 as it is written.
pub const GENERIC: &str = "generic-3.0";

/// The dialects compiled in, by name.
const FILES: [(&str, &str); 7] = [
    (GENERIC, include_str!("../deploy/dialects/generic-3.0.toml")),
    ("generic-2.0", include_str!("../deploy/dialects/generic-2.0.toml")),
    ("generic-1.0", include_str!("../deploy/dialects/generic-1.0.toml")),
    ("epic", include_str!("../deploy/dialects/epic.toml")),
    (
        "oracle-health",
        include_str!("../deploy/dialects/oracle-health.toml"),
    ),
    (
        "public-sandbox",
        include_str!("../deploy/dialects/public-sandbox.toml"),
    ),
    (
        "da-vinci-crd",
        include_str!("../deploy/dialects/da-vinci-crd.toml"),
    ),
];

/// A capability with where it is stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated<T> {
    /// What holds.
    pub value: T,
    /// Who says so, or why it was chosen where nobody does.
    pub source: String,
    /// False where no source states it; the value is then that of the specification, or the more careful one.
    #[serde(default = "yes")]
    pub known: bool,
}

const fn yes() -> bool {
    true
}

/// How an EHR speaks CDS Hooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// What it is called for people.
    pub title: String,
    /// Cards may have a `uuid`; without it there is no feedback.
    pub card_uuid: Stated<bool>,
    /// Suggestions may have a `uuid`.
    pub suggestion_uuid: Stated<bool>,
    /// A suggestion may be marked as the recommended one.
    pub is_recommended: Stated<bool>,
    /// How the topic of a card is told.
    pub topic: Stated<Topic>,
    /// Cards may list reasons for not following them.
    pub override_reasons: Stated<bool>,
    /// Cards may have a `detail` in Markdown. (Ours is CommonMark without HTML or tables, P-17, which every flavour shows.)
    pub detail: Stated<bool>,
    /// Cards may have an `extension`.
    pub card_extension: Stated<bool>,
    /// How many suggestions of a card may be taken.
    pub selection_behavior: Stated<Selection>,
    /// How many actions one suggestion may have.
    pub actions_per_suggestion: Stated<Actions>,
    /// How a suggestion puts another study in the place of the one that was drafted.
    pub replacing: Stated<Replacing>,
    /// Suggestions may add an order.
    pub creating: Stated<bool>,
    /// Which words of a suggestion the user sees.
    pub visible_text: Stated<VisibleText>,
    /// Orders handed back need a `reasonCode` list, even an empty one.
    pub reason_code_list: Stated<bool>,
    /// Where ratings are written unless the client's own setting says otherwise.
    pub system_actions: Stated<Place>,
    /// Places from which system actions are read.
    pub system_actions_read: Stated<Vec<Place>>,
    /// Whether orders offered carry the rating they would get.
    pub suggestion_ratings: Stated<SuggestionRatings>,
    /// What is written on an order that no rating is held for.
    pub unrated: Stated<Unrated>,
    /// What is written on an order that is rated "may be appropriate": PAMA has no code for it.
    pub may_be_appropriate: Stated<MayBe>,
    /// How it signs, unless the client's own setting says otherwise.
    pub algorithms: Stated<Vec<String>>,
    /// The longest life of its tokens in seconds, unless the client's own setting says otherwise.
    pub max_lifetime_seconds: Stated<u32>,
    /// What is known of `nbf` in its tokens. (It is always read where it is sent.)
    pub nbf: Stated<Nbf>,
}

/// How the topic of a card is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A Coding as it is.
    Coding,
    /// A Coding whose code has letters and digits only, at most 100.
    Alphanumeric,
    /// Not at all.
    None,
}

/// How many suggestions of a card may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// None or one (P-08).
    AtMostOne,
    /// As many as the user likes.
    Any,
}

/// How many actions one suggestion may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actions {
    /// As many as it takes.
    Several,
    /// One: a study that takes two orders is told in words, since half of it would be another study.
    One,
}

/// How a suggestion puts another study in the place of the one that was drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replacing {
    /// The draft order is updated.
    Update,
    /// An order is added, and the words say which one is then to be removed.
    Create,
}

/// Which words of a suggestion the user sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisibleText {
    /// Its label.
    Label,
    /// The description of its action.
    ActionDescription,
}

/// Where system actions stand in an answer (P-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Nowhere.
    Off,
    /// `systemActions`, as since CDS Hooks 2.0.
    TopLevel,
    /// `extension.systemActions`, as in the Argonaut guide.
    Extension,
    /// In both.
    Both,
}

/// Whether orders offered carry the rating they would get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuggestionRatings {
    /// They do not.
    None,
    /// They do where one is known.
    IfKnown,
    /// They must: what cannot be rated is told in words only.
    Required,
}

/// What is written on an order that no rating is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unrated {
    /// Nothing (PA-05).
    Absent,
    /// That no criteria apply, where it is clear what the order asks for and why.
    NoCriteriaApply,
}

/// What is written on an order that is rated "may be appropriate".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MayBe {
    /// Nothing.
    Absent,
    /// `appropriate`, with the category itself as a second coding (PA-07).
    Appropriate,
}

/// What is known of `nbf` in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nbf {
    /// It is sent, some minutes before `iat`.
    BeforeIat,
    /// It is not sent.
    NotSent,
    /// Nobody says.
    Unknown,
}

/// Why a dialect cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// Not the file it should be; the message shows the place.
    #[error("{0}")]
    Unreadable(String),
    /// It builds on a dialect that does not exist.
    #[error("`base` is `{0}`, which is none of: {names}", names = names().collect::<Vec<_>>().join(", "))]
    Base(String),
}

/// The names of the dialects compiled in.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

impl Dialect {
    /// The dialect of this name, if it is compiled in.
    #[must_use]
    pub fn built_in(name: &str) -> Option<&'static Self> {
        static ALL: LazyLock<Vec<(&str, Dialect)>> = LazyLock::new(|| {
            // A test reads every file, so that none is ever missing here.
            let read = FILES
                .iter()
                .filter_map(|(name, text)| Some((*name, Dialect::parse(text).ok()?)));
            read.collect()
        });
        ALL.iter().find(|(n, _)| *n == name).map(|(_, dialect)| dialect)
    }

    /// Reads a dialect. A `base` names the one compiled in that it differs from.
    ///
    /// # Errors
    /// If the file is no TOML, states something unknown, or leaves out what its base does not state.
    pub fn parse(text: &str) -> Result<Self, DialectError> {
        let unreadable = |error: toml::de::Error| DialectError::Unreadable(error.to_string());
        let mut stated: toml::Table = toml::from_str(text).map_err(unreadable)?;
        if let Some(base) = stated.remove("base") {
            let base = base.as_str().unwrap_or_default();
            let (_, text) = FILES
                .iter()
                .find(|(name, _)| *name == base)
                .ok_or(DialectError::Base(base.to_owned()))?;
            let mut whole: toml::Table = toml::from_str(text).map_err(unreadable)?;
            // Those compiled in that have a base themselves are read first.
            if whole.contains_key("base") {
                whole = toml::Table::try_from(Self::parse(text)?)
                    .map_err(|e| DialectError::Unreadable(e.to_string()))?;
            }
            whole.extend(stated);
            stated = whole;
        }
        stated.try_into().map_err(unreadable)
    }

    /// The same dialect with the place where system actions are written, if a client's setting names one.
    #[must_use]
    pub fn with_system_actions(mut self, place: Option<Place>) -> Self {
        self.system_actions.value = place.unwrap_or(self.system_actions.value);
        self
    }

    /// Whether system actions at this place are read.
    #[must_use]
    pub fn reads(&self, place: Place) -> bool {
        let read = &self.system_actions_read.value;
        match place {
            Place::Off => true,
            Place::Both => !read.is_empty(),
            Place::TopLevel | Place::Extension => read.contains(&place),
        }
    }

    /// Every capability by name, for people.
    #[must_use]
    pub fn told(&self) -> Vec<(String, Stated<toml::Value>)> {
        let table = toml::Table::try_from(self).unwrap_or_default();
        let told = table.into_iter().filter_map(|(name, stated)| {
            let stated: Stated<toml::Value> = stated.try_into().ok()?;
            Some((name, stated))
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_compiled_in_is_sound_and_says_where_it_has_it_from() {
        for (name, text) in FILES {
            let dialect = Dialect::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(Dialect::built_in(name), Some(&dialect));
            for (capability, stated) in dialect.told() {
                assert!(stated.known || stated.source.len() > 10, "{name}: {capability}");
                assert!(stated.source.len() >= 4, "{name}: {capability} has no source");
            }
            assert!(dialect.told().len() > 20, "{name}");
            // R-009 and P-08 to P-10: nothing is written on orders unless somebody agreed to it.
            let sandbox = name == "public-sandbox";
            assert_eq!(dialect.system_actions.value == Place::Off, !sandbox, "{name}");
            let careful = (Unrated::Absent, MayBe::Absent);
            let rated = (dialect.unrated.value, dialect.may_be_appropriate.value);
            assert_eq!(rated == careful, !sandbox, "{name}");
        }
    }

    /// Of an EHR that nobody described, everything is marked as not known; of the specification nothing is.
    #[test]
    fn what_is_not_known_is_marked() {
        let unknown = |name| {
            let told = Dialect::built_in(name).unwrap().told();
            told.iter().filter(|(_, stated)| !stated.known).count()
        };
        assert_eq!(unknown(GENERIC), 0);
        assert!(unknown("oracle-health") > 15);
        assert!(unknown("epic") >= 1);
    }

    #[test]
    fn a_site_states_only_what_differs() {
        let own = "base = 'epic'\ntitle = 'Ours'\noverride_reasons = { value = false, source = 'not mapped here yet' }";
        let own = Dialect::parse(own).unwrap();
        let epic = Dialect::built_in("epic").unwrap();
        assert!(!own.override_reasons.value && epic.override_reasons.value);
        assert_eq!(own.replacing, epic.replacing);
        let twice = Dialect::parse("base = 'generic-1.0'\ntitle = 'Old'").unwrap();
        assert!(!twice.card_uuid.value, "a base may have a base");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let check = |text: &str, word: &str| {
            let said = Dialect::parse(text).unwrap_err().to_string();
            assert!(said.contains(word), "{text}: {said}");
        };
        check("title = 'x'", "card_uuid");
        check("base = 'epik'", "public-sandbox");
        check("base = 'epic'\nfancy = 1", "fancy");
        check("base = 'epic'\ndetail = { value = true }", "source");
        check("base = 'epic'\ndetail = { value = 'html', source = 's' }", "bool");
    }

    #[test]
    fn places_that_nobody_reads_are_told() {
        let epic = Dialect::built_in("epic").unwrap();
        assert!(epic.reads(Place::TopLevel) && !epic.reads(Place::Extension));
        let oracle = Dialect::built_in("oracle-health").unwrap();
        assert!(!oracle.reads(Place::TopLevel) && oracle.reads(Place::Off));
        let sandbox = Dialect::built_in("public-sandbox").unwrap();
        assert!(sandbox.reads(Place::Both));
    }
}
