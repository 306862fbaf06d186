//! The register of findings: what each code means, why it matters, an example, and what to do.
//!
//! One place for all of it: `knowledge lint --explain`, the page `cards/findings.md` (a test keeps it current) and the
//! tests read from here. It leaves out the checks themselves: most are in [`super::compile`], those that need the
//! engine in `review`, those that depend on profile and day in [`super::lifecycle`].

use std::fmt::Write as _;

/// One kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lint {
    /// `K001` …
    pub code: &'static str,
    /// What is wrong, in a few words.
    pub what: &'static str,
    /// Why it matters to a patient or a reader.
    pub why: &'static str,
    /// How such a defect looks.
    pub example: &'static str,
    /// How to mend it.
    pub remedy: &'static str,
}

/// Every kind of finding, by code.
pub const LINTS: &[Lint] = &[
    Lint {
        code: "K001",
        what: "something that the decision needs is missing",
        why: "The rule set is only valid as a whole: a missing list would be silently empty.",
        example: "`pnet/ratings.csv` has been deleted, or a `[[fact]]` has no words.",
        remedy: "Add it. An empty list is allowed where it is written down.",
    },
    Lint {
        code: "K002",
        what: "a file cannot be read as written",
        why: "A typing error must not change the meaning silently, so unknown fields are refused.",
        example: "`titel = \"…\"` instead of `title = \"…\"`.",
        remedy: "Compare the line with the same file of the built-in set.",
    },
    Lint {
        code: "K003",
        what: "a name is not known",
        why: "A reference to nothing would never fire, and nobody would notice.",
        example: "A row leads to the scenario `initial_stagin`.",
        remedy: "Mend the name, or add the entry it refers to.",
    },
    Lint {
        code: "K004",
        what: "a name or code stands twice",
        why: "Two entries of one name could contradict each other, and only one would count.",
        example: "`CT_ABD_WO` is rated twice for `initial_staging`.",
        remedy: "Remove one of them, or give the second its own name.",
    },
    Lint {
        code: "K005",
        what: "a phrase pattern is not valid",
        why: "It could never match, so the phrase would not be recognised.",
        example: "`\\b(stag(e|ing)\\b` lacks a bracket.",
        remedy: "Mend the expression; no look-around and no back-references.",
    },
    Lint {
        code: "K006",
        what: "a rating or number has no source, or a category that does not exist",
        why: "A rating enters only with its source: a guess would look like the guideline.",
        example: "`initial_staging,CT_ABD_W,usually_appropriate,,unknown,none,…`.",
        remedy: "Name a citation id of `pnet/citations.toml`, or `inferred`, or set the category to `unknown`.",
    },
    Lint {
        code: "K007",
        what: "a row of the scenario table can never be reached",
        why: "Its author meant it to decide some cases, but earlier rows take all of them.",
        example: "A row `when = { person = [\"child\"] }` stands after another one that takes every child.",
        remedy: "Move the row up, narrow the earlier ones, or remove it.",
    },
    Lint {
        code: "K008",
        what: "a card has no words, or words that cannot be filled in",
        why: "A clinician would see a gap, or HTML that some EHRs show as it is.",
        example: "`summary = \"{{ orderd }} …\"`.",
        remedy: "Use the words listed in the message; write plain Markdown.",
    },
    Lint {
        code: "K009",
        what: "two studies have the same description",
        why: "An order for one of them could not be told from an order for the other.",
        example: "Two studies with the same modality, regions and contrast.",
        remedy: "Change one description, or make them one study with the codes of both.",
    },
    Lint {
        code: "K010",
        what: "an offered study can be worse than the order it replaces",
        why: "A suggestion must improve the order; a study that is not rated has not been shown to.",
        example: "`base` lists a study that is not `usually_appropriate` in a scenario that speaks.",
        remedy: "Offer studies that are usually appropriate there, or give the reason where the file asks for one.",
    },
    Lint {
        code: "K011",
        what: "some facts meet no row of the scenario table",
        why: "The table must decide every case; without a row an order has no question at all.",
        example: "The last row asks for `link = [\"linked\"]`, and nothing takes the other orders.",
        remedy: "End the table with a row without `when`.",
    },
    Lint {
        code: "K012",
        what: "a cell is neither rated nor declared unknown",
        why: "Nobody can tell whether the rating was forgotten or looked for and not found.",
        example: "`ratings.csv` has no line for `initial_staging` and a study that orders can name.",
        remedy: "Add a line; `unknown` is an honest answer. A table marked `incomplete` need not be complete.",
    },
    Lint {
        code: "K013",
        what: "the recommended study of a table is not one, or not usually appropriate",
        why: "The guideline lists one study first; two would contradict each other on the card.",
        example: "Two lines of `initial_staging` have `recommended` set to `yes`.",
        remedy: "Keep the mark on the study that the source lists first.",
    },
    Lint {
        code: "K014",
        what: "an address does not begin with https",
        why: "A link on a card or page must not be readable or changeable on its way.",
        example: "`url = \"http://example.org/guide\"`.",
        remedy: "Use the https address, or leave it out.",
    },
    Lint {
        code: "K015",
        what: "one code stands in two roles that contradict each other",
        why: "The same entry of a record would speak for and against the tumour, or for and against treatment.",
        example: "One code is in the list of these tumours and in the list of other tumours.",
        remedy: "Decide by the definition of the code, and remove it from one list.",
    },
    Lint {
        code: "K016",
        what: "a phrase pattern can match nearly any text",
        why: "Two far-apart words would be read as one phrase, and most texts would be a hit.",
        example: "`\\bstaging\\b.*\\bliver\\b`.",
        remedy: "Say how far apart the words may be, and stop at the sentence: `[^.;]{0,30}`.",
    },
    Lint {
        code: "K017",
        what: "a card can become too long",
        why: "CDS Hooks allows fewer than 140 characters in a summary; the rest would be cut off. A long text is not read.",
        example: "A summary of 90 characters beside a study whose name has 60.",
        remedy: "Shorten the words of the card, or the name of the study.",
    },
    Lint {
        code: "K018",
        what: "knowledge is called approved without an approval",
        why: "`active` knowledge speaks to clinicians; somebody must have read it and signed.",
        example: "`status = \"active\"` with one reviewer, without a radiologist, or with an author among the reviewers.",
        remedy: "Fill in two reviewers who are no authors (one a radiologist), the day of approval and the next review; or go back to `draft`.",
    },
    Lint {
        code: "K019",
        what: "knowledge that is not active is meant for production",
        why: "Drafts serve development only: nobody has approved them for patients.",
        example: "`knowledge lint --profile production` with `status = \"draft\"`.",
        remedy: "Let it be reviewed and approved, or use the development profile.",
    },
    Lint {
        code: "K020",
        what: "the review of the knowledge is overdue",
        why: "Criteria change; after the date set by its reviewers nobody answers for it.",
        example: "`review_due = 2027-01-31`, and the service runs in March 2027.",
        remedy: "Review it against the present edition and set the next date.",
    },
];

/// What a finding code means, why it matters and what to do.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code.eq_ignore_ascii_case(code))
}

impl Lint {
    /// The entry as text for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}: {}\n\nWhy: {}\nExample: {}\nWhat to do: {}\n",
            self.code, self.what, self.why, self.example, self.remedy
        )
    }
}

/// The page `cards/findings.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Findings\n\nWhat `apposite knowledge lint` can find, and what to do about it. This page is generated from \
         the program\n(`knowledge lint --explain` prints the same); a test keeps it current.\n",
    );
    for lint in LINTS {
        let _ = write!(
            page,
            "\n## {}: {}\n\n{}\n\n- Example: {}\n- What to do: {}\n",
            lint.code, lint.what, lint.why, lint.example, lint.remedy
        );
    }
    page
}
