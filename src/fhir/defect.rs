//! What can be wrong with an element, and what is done about it.

/// One repair: where, and what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path from the resource, such as `/code/coding/0/system`.
    pub path: String,
    /// What was wrong.
    pub problem: Defect,
}

/// What was wrong at a place, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the texts below say it")]
pub enum Defect {
    UnknownResource,
    Empty,
    WrongType,
    OutOfRange,
    Wrapped,
    Unwrapped,
    BareWords,
    Spelt,
    TooLong,
    Modified,
    Repeated,
}

impl Defect {
    /// True when what is left cannot be taken for what was sent.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Self::TooLong | Self::Modified | Self::Repeated)
    }

    /// The defect in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::UnknownResource => "not a resource of FHIR R4 or R5; left out",
            Self::Empty => "empty or null; left out",
            Self::WrongType => "has the wrong JSON type; left out",
            Self::OutOfRange => "is outside the range of its type; left out",
            Self::Wrapped => "should be a list; read as a list of one",
            Self::Unwrapped => "should not be a list; its only entry is read",
            Self::BareWords => "is bare words; read as text",
            Self::Spelt => "is a string that spells a value; read as that value",
            Self::TooLong => "is more text than is read of one resource or call; left out",
            Self::Modified => "may change the meaning of the resource, and is not understood",
            Self::Repeated => "is given more than once",
        }
    }
}
