//! Knowledge: the validated, immutable rule set and its digest.
//!
//! Files → raw structs ([`files`]) → one compile step ([`compile`]) that reports every finding → [`Knowledge`].
//! A set with a finding is never used. Whatever a clinician can judge by reading a table is here; how evidence is
//! weighed is in `engine`.

pub mod compile;
pub mod files;
pub mod finding;
pub mod lexicon;
pub mod lifecycle;
pub mod lint;
pub mod literals;
pub mod local;
pub mod matcher;
mod parts;
pub mod space;
pub mod table;
pub mod vocabulary;

use crate::terminology::{CodeSystems, Coding, SystemId};
use files::{CodeEntry, EusPurpose, IvContrast, Modality, Region, Tracer};
use lexicon::Lexicon;
use std::collections::BTreeMap;
use std::sync::Arc;
use vocabulary::{Role, Window};

/// A key of the knowledge: `initial_staging`, `CT_ABD_PEL_WO`, `UNA_NONCONTRAST`.
pub type Key = Arc<str>;

/// ACR appropriateness category, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppropriatenessCategory {
    /// ACR 7–9.
    UsuallyAppropriate,
    /// ACR 4–6.
    MayBeAppropriate,
    /// ACR 1–3.
    UsuallyNotAppropriate,
    /// No rating is held for this question and study.
    Unknown,
    /// The order is not about a question that is rated at all.
    NotApplicable,
}

impl AppropriatenessCategory {
    /// The category with this word; `unknown` is none.
    #[must_use]
    pub fn keyed(word: &str) -> Option<Self> {
        [
            Self::UsuallyAppropriate,
            Self::MayBeAppropriate,
            Self::UsuallyNotAppropriate,
        ]
        .into_iter()
        .find(|c| c.key() == word)
    }

    /// The word used in JSON and in `ratings.csv`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::UsuallyAppropriate => "usually_appropriate",
            Self::MayBeAppropriate => "may_be_appropriate",
            Self::UsuallyNotAppropriate => "usually_not_appropriate",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// The files of a rule set: path inside `cards/` and text. Reading them from disk is the shell's business.
pub type SourceFiles = BTreeMap<String, String>;

static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/cards");

/// The files compiled into the binary.
#[must_use]
pub fn embedded_files() -> SourceFiles {
    fn collect(dir: &include_dir::Dir<'_>, files: &mut SourceFiles) {
        for file in dir.files() {
            if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
                files.insert(path.replace('\\', "/"), text.to_owned());
            }
        }
        for sub in dir.dirs() {
            collect(sub, files);
        }
    }
    let mut files = SourceFiles::new();
    collect(&EMBEDDED, &mut files);
    files
}

/// The whole rule set: validated, immutable, identified by its digest.
#[derive(Debug)]
pub struct Knowledge {
    pub(crate) topic: files::TopicFile,
    pub(crate) digest: String,
    pub(crate) systems: CodeSystems,
    /// By system, then by normal form of the code.
    pub(crate) members: Vec<BTreeMap<String, Vec<Member>>>,
    pub(crate) ranges: Vec<Block>,
    pub(crate) studies: Vec<Study>,
    pub(crate) study_codes: Vec<BTreeMap<String, usize>>,
    pub(crate) lexicon: Lexicon,
    pub(crate) windows: BTreeMap<Window, i64>,
    pub(crate) table: table::ScenarioTable,
    pub(crate) ratings: BTreeMap<(Key, Key), Rating>,
    pub(crate) words: table::Words,
    pub(crate) suggestions: table::Suggestions,
    pub(crate) citations: Vec<files::CitationEntry>,
    pub(crate) attributes: Option<files::SourceAttributes>,
    /// The site's own codes, already among the tables above.
    pub(crate) local: Option<local::LocalCodes>,
}

/// A code of a value set.
#[derive(Debug, Clone)]
pub struct Member {
    /// What the value set is for.
    pub role: Role,
    /// The code as the knowledge writes it, with its label and attributes.
    pub entry: CodeEntry,
}

/// A block of codes.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub system: SystemId,
    pub from: String,
    pub to: String,
    pub except: Vec<String>,
    pub member: Member,
}

/// A study of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// `CT_ABD_PEL_WO`
    pub key: Key,
    /// Name to show.
    pub name: String,
    /// What it consists of.
    pub shape: Shape,
    /// False where its region cannot answer an abdominal-tumour question (R1).
    pub answers: bool,
    /// Covers staging by itself (§3.9).
    pub covers_staging: bool,
}

/// What a study consists of: two orders of the same shape are the same study.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// Kind of examination.
    pub modality: Modality,
    /// Parts of the body, sorted.
    pub regions: Vec<Region>,
    /// Intravenous contrast.
    pub contrast: IvContrast,
    /// Tracer class.
    pub tracer: Option<Tracer>,
    /// What an endoscopic ultrasound is for.
    pub purpose: Option<EusPurpose>,
    /// A vessel study.
    pub angiography: bool,
}

/// ACR appropriateness category held for a scenario and study, with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// The category; `None` where no source states one.
    pub category: Option<AppropriatenessCategory>,
    /// Listed first by the guideline.
    pub recommended: bool,
    /// Adult relative radiation level, where a source states it.
    pub rrl: Option<String>,
    /// Our extension of a stated rating; cards say so.
    pub by_extension: bool,
    /// Where the rating stands.
    pub source: String,
    /// How sure.
    pub confidence: String,
    /// Seed facts.
    pub facts: String,
}

impl Knowledge {
    /// The rule set compiled into the binary.
    ///
    /// # Errors
    /// Every finding, if the embedded set has any (a test keeps it from happening).
    pub fn embedded() -> Result<Self, Vec<finding::Finding>> {
        compile::compile(&embedded_files())
    }

    /// Id of the rule set.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.topic.id
    }

    /// `edition.minor.patch`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.topic.version
    }

    /// SHA-256 over all files, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Identity and lifecycle.
    #[must_use]
    pub fn topic(&self) -> &files::TopicFile {
        &self.topic
    }

    /// The code systems.
    #[must_use]
    pub fn systems(&self) -> &CodeSystems {
        &self.systems
    }

    /// The phrase lists.
    #[must_use]
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// A window or threshold.
    #[must_use]
    pub fn window(&self, window: Window) -> i64 {
        self.windows.get(&window).copied().unwrap_or_default()
    }

    /// The value sets a code belongs to.
    #[must_use]
    pub fn members(&self, coding: &Coding) -> Vec<&Member> {
        match (&coding.system, &coding.code) {
            (Some(system), Some(code)) => self.members_of(system, code),
            _ => Vec::new(),
        }
    }

    /// The value sets a system and code belong to.
    #[must_use]
    pub fn members_of(&self, system: &str, code: &str) -> Vec<&Member> {
        let mut found = Vec::new();
        for id in self.systems.named(system) {
            let code = self.systems.normal_form(id, code);
            let listed = self.members.get(usize::from(id.0)).and_then(|m| m.get(&code));
            found.extend(listed.into_iter().flatten());
            found.extend(
                self.ranges
                    .iter()
                    .filter(|b| b.system == id && b.holds(&code))
                    .map(|b| &b.member),
            );
        }
        found
    }

    /// True when a value set that some rule reads, or the catalogue, holds this code.
    #[must_use]
    pub fn knows(&self, system: &str, code: &str) -> bool {
        self.systems.named(system).any(|id| {
            let code = self.systems.normal_form(id, code);
            let slot = usize::from(id.0);
            let listed = self.members.get(slot).and_then(|m| m.get(&code));
            listed.is_some_and(|m| m.iter().any(|m| m.role.is_read()))
                || self.study_codes.get(slot).is_some_and(|m| m.contains_key(&code))
                || self.ranges.iter().any(|b| b.system == id && b.holds(&code))
        })
    }

    /// The study a code of the catalogue names.
    #[must_use]
    pub fn study_coded(&self, coding: &Coding) -> Option<&Study> {
        let (system, code) = (coding.system.as_deref()?, coding.code.as_deref()?);
        self.systems.named(system).find_map(|id| {
            let code = self.systems.normal_form(id, code);
            let at = self.study_codes.get(usize::from(id.0))?.get(&code)?;
            self.studies.get(*at)
        })
    }

    /// A code that names this study, with the URI of its system.
    #[must_use]
    pub fn code_of(&self, study: &str) -> Option<(&str, &str)> {
        let at = self.studies.iter().position(|s| &*s.key == study)?;
        let slots = (0..).map(SystemId).zip(&self.study_codes);
        slots.into_iter().find_map(|(id, codes)| {
            let code = codes.iter().find(|(_, study)| **study == at)?.0;
            Some((self.systems.uri(id), code.as_str()))
        })
    }

    /// The study with this key.
    #[must_use]
    pub fn study(&self, key: &str) -> Option<&Study> {
        self.studies.iter().find(|s| &*s.key == key)
    }

    /// The study of this shape.
    #[must_use]
    pub fn study_shaped(&self, shape: &Shape) -> Option<&Study> {
        self.studies.iter().find(|s| &s.shape == shape)
    }

    /// Every study of the catalogue.
    #[must_use]
    pub fn studies(&self) -> &[Study] {
        &self.studies
    }

    /// The scenario table.
    #[must_use]
    pub fn table(&self) -> &table::ScenarioTable {
        &self.table
    }

    /// The rating held for one rating table and study.
    #[must_use]
    pub fn rating(&self, variant: &str, study: &str) -> Option<&Rating> {
        self.ratings.get(&(variant.into(), study.into()))
    }

    /// Every rating held, by rating table and study.
    pub fn ratings(&self) -> impl Iterator<Item = (&Key, &Key, &Rating)> {
        self.ratings
            .iter()
            .map(|((variant, study), rating)| (variant, study, rating))
    }

    /// The sources.
    #[must_use]
    pub fn citations(&self) -> &[files::CitationEntry] {
        &self.citations
    }

    /// What users must be able to see about where the advice comes from; nothing where the set does not state it.
    #[must_use]
    pub fn source_attributes(&self) -> Option<&files::SourceAttributes> {
        self.attributes.as_ref()
    }

    /// Words of the cards.
    #[must_use]
    pub fn words(&self) -> &table::Words {
        &self.words
    }

    /// What is offered instead.
    #[must_use]
    pub fn suggestions(&self) -> &table::Suggestions {
        &self.suggestions
    }
}

impl Block {
    fn holds(&self, code: &str) -> bool {
        let within = code >= self.from.as_str() && (code <= self.to.as_str() || code.starts_with(&self.to));
        within && !self.except.iter().any(|e| code.starts_with(e))
    }
}
