//! One text with its traps blanked, and the label of each phrase found in it.

use super::spans::{Ends, Spans};
use crate::knowledge::Knowledge;
use crate::knowledge::lexicon::{Lexicon, fold};
use crate::knowledge::literals::Possible;
use crate::knowledge::vocabulary::{List, Window};
use std::cell::OnceCell;
use std::ops::Range;

/// How many signs the reach of a cue may have, whatever the number of words: a word in a hostile text has no end.
const REACH: usize = 400;

/// How a text speaks of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assertion {
    /// "no mets"
    Negated,
    /// "history of …"
    Historical,
    /// "planned …"
    Future,
    /// "r/o mets", "possible …"
    Queried,
    /// "liver mets"
    Asserted,
}

/// A text made ready for reading.
#[derive(Debug)]
pub struct Text<'k> {
    lexicon: &'k Lexicon,
    /// Folded, traps not yet blanked: for rules that ask for the raw text.
    raw: String,
    /// Folded, traps blanked.
    clean: String,
    /// The patterns that could match here.
    possible: Possible,
    /// What ends a sentence or a part of it, found when a label is first asked for.
    ends: OnceCell<Ends>,
    before: usize,
    after: usize,
}

/// A phrase found, where, and how the text speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub span: Range<usize>,
    pub assertion: Assertion,
}

impl<'k> Text<'k> {
    /// Folds a text and blanks its traps. Pieces of one resource are joined with [`Text::join`] first.
    #[must_use]
    pub fn new(knowledge: &'k Knowledge, text: &str) -> Self {
        let lexicon = knowledge.lexicon();
        let raw = fold(text).into_owned();
        let possible = lexicon.possible(&raw);
        let clean = blank(&raw, &lexicon.hits(List::Traps, &raw, &possible));
        let words = |w| usize::try_from(knowledge.window(w)).unwrap_or_default();
        Self {
            lexicon,
            raw,
            clean,
            possible,
            ends: OnceCell::new(),
            before: words(Window::NegationLeading),
            after: words(Window::NegationTrailing),
        }
    }

    /// Joins pieces of text so that no phrase runs across two of them.
    pub fn join<'t>(pieces: impl IntoIterator<Item = &'t str>) -> String {
        let mut joined = String::new();
        for piece in pieces.into_iter().map(str::trim).filter(|p| !p.is_empty()) {
            if !joined.is_empty() {
                joined.push_str(if joined.ends_with(['.', ';', '!']) {
                    " "
                } else {
                    ". "
                });
            }
            joined.push_str(piece);
        }
        joined
    }

    /// True when there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clean.trim().is_empty()
    }

    /// True when a letter is left: more than numbers and the signs between words.
    #[must_use]
    pub fn holds_words(&self) -> bool {
        self.clean.bytes().any(|b| b.is_ascii_alphabetic())
    }

    /// True when a question mark is left.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.clean.contains('?')
    }

    /// The folded text before traps were blanked.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The words at a span, for evidence.
    #[must_use]
    pub fn quote(&self, span: &Range<usize>) -> String {
        let word = |b: &u8| b.is_ascii_alphanumeric();
        let bytes = self.clean.as_bytes();
        let head = bytes.get(..span.start).unwrap_or_default();
        let tail = bytes.get(span.end..).unwrap_or_default();
        let inside = bytes.get(span.clone()).unwrap_or_default();
        let before = if inside.first().is_some_and(word) {
            head.iter().rev().take_while(|b| word(b)).count()
        } else {
            0
        };
        let after = if inside.last().is_some_and(word) {
            tail.iter().take_while(|b| word(b)).count()
        } else {
            0
        };
        self.clean
            .get(span.start - before..span.end + after)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    /// The same text with the phrases of some lists blanked out as well.
    #[must_use]
    pub fn without(&self, lists: &[List]) -> Self {
        let mut clean = self.clean.clone();
        for list in lists {
            let hits = self.lexicon.hits(*list, &clean, &self.possible);
            clean = blank(&clean, &hits);
        }
        Self {
            lexicon: self.lexicon,
            raw: self.raw.clone(),
            clean,
            possible: self.possible,
            ends: OnceCell::new(),
            before: self.before,
            after: self.after,
        }
    }

    /// Spans of a list, whatever the text says of them.
    pub(super) fn spans(&self, list: List) -> Vec<Range<usize>> {
        self.lexicon.hits(list, &self.clean, &self.possible)
    }

    /// True when a phrase of the list occurs, whatever the text says of it.
    #[must_use]
    pub fn mentions(&self, list: List) -> bool {
        self.lexicon.any(list, &self.clean, &self.possible)
    }

    /// True when a phrase of the list occurs in the raw text.
    #[must_use]
    pub fn raw_mentions(&self, list: List) -> bool {
        self.lexicon.any(list, &self.raw, &self.possible)
    }

    /// Every phrase of the list with its label.
    pub(super) fn labelled(&self, list: List) -> Vec<Hit> {
        self.heard(list).collect()
    }

    /// The same, one after the other: a label costs more than a place.
    fn heard(&self, list: List) -> impl Iterator<Item = Hit> {
        self.spans(list).into_iter().filter_map(move |span| {
            let assertion = match list {
                List::PnetStrong => self.label_across(&span)?,
                _ => self.label(&span),
            };
            Some(Hit { span, assertion })
        })
    }

    /// The label of a phrase that may run from the organ to the tumour: "Pancreas, FNA: no neuroendocrine tumor" denies
    /// the tumour between the two, and "pancreatic insufficiency after appendiceal NET" names another organ there. So
    /// the text is asked again at each word for the tumour inside the phrase; where all of them are of another organ,
    /// the phrase is none.
    fn label_across(&self, span: &Range<usize>) -> Option<Assertion> {
        let whole = self.label(span);
        let part = self.clean.get(span.clone()).unwrap_or_default();
        let within = |list: List| self.lexicon.hits(list, part, &self.possible);
        let tumours = within(List::PnetNeedsPancreas);
        let here = |at: &Range<usize>| span.start + at.start..span.start + at.end;
        if tumours.is_empty() {
            // An abbreviation that the other list does not hold stands at the end: "Pancreas: no NEC".
            let last = part.rfind(' ').map_or(0, |space| space + 1)..part.len();
            return Some(whole.min(self.label(&here(&last))));
        }
        let elsewhere = within(List::PnetOtherSite);
        let another = |t: &Range<usize>| elsewhere.iter().any(|o| o.start <= t.start && t.end <= o.end);
        let ours = tumours.iter().filter(|t| !another(t));
        let inside = ours.map(|t| self.label(&here(t))).max()?;
        Some(whole.min(inside))
    }

    /// The words of a list that the text denies.
    #[must_use]
    pub fn denies(&self, list: List) -> Option<String> {
        let mut hits = self.heard(list);
        hits.find(|h| h.assertion == Assertion::Negated)
            .map(|h| self.quote(&h.span))
    }

    /// The strongest way in which the text speaks of a list, with the words.
    #[must_use]
    pub fn says(&self, list: List) -> Option<(Assertion, String)> {
        let hits = self.labelled(list);
        let best = hits
            .iter()
            .max_by_key(|h| (h.assertion, std::cmp::Reverse(h.span.start)))?;
        Some((best.assertion, self.quote(&best.span)))
    }

    /// The first words of a list, whatever the text says of them: for texts that describe and do not argue.
    #[must_use]
    pub fn words_of(&self, list: List) -> Option<String> {
        self.spans(list).first().map(|span| self.quote(span))
    }

    /// The first words of a list in the raw text.
    #[must_use]
    pub fn raw_words_of(&self, list: List) -> Option<String> {
        let span = self
            .lexicon
            .hits(list, &self.raw, &self.possible)
            .into_iter()
            .next()?;
        self.raw.get(span).map(|words| words.trim().to_owned())
    }

    /// The first words of a list in the raw text that share no sign with the words of another list.
    #[must_use]
    pub fn raw_words_beside(&self, list: List, but: List) -> Option<String> {
        let hits = |list| self.lexicon.hits(list, &self.raw, &self.possible);
        let but = Spans::new(hits(but));
        let span = hits(list).into_iter().find(|span| !but.overlap(span))?;
        self.raw.get(span).map(|words| words.trim().to_owned())
    }

    /// The words of a list that the text does not negate.
    #[must_use]
    pub fn not_negated(&self, list: List) -> Option<String> {
        let mut hits = self.heard(list);
        hits.find(|h| h.assertion != Assertion::Negated)
            .map(|h| self.quote(&h.span))
    }

    /// The label of one span, by the cues before and after it inside its sentence part.
    pub(super) fn label(&self, span: &Range<usize>) -> Assertion {
        let before = self.words_before(span.start);
        let after = self.words_after(span.end);
        let any = |list: List, part: &str| self.lexicon.any(list, part, &self.possible);
        let cue = |list: List| any(list, before);
        if cue(List::CueNegation) || any(List::CueNegationAfter, after) {
            return Assertion::Negated;
        }
        if cue(List::CueQuery) || any(List::CueQueryAfter, after) {
            return Assertion::Queried;
        }
        if cue(List::CueFuture) {
            return Assertion::Future;
        }
        if cue(List::CueHistorical) {
            return Assertion::Historical;
        }
        Assertion::Asserted
    }

    fn ends(&self) -> &Ends {
        self.ends.get_or_init(|| {
            let hits = |list| self.lexicon.hits(list, &self.clean, &self.possible);
            // The "for" of "negative for" belongs to the cue: it does not end its reach.
            let lists = [List::CueNegation, List::CueQuery, List::CueFuture];
            let cues = Spans::new(lists.into_iter().flat_map(hits).collect());
            let mut ends = hits(List::Terminators);
            ends.retain(|end| !cues.any_holds_the_end_of(end));
            let asks = |end: &Range<usize>| self.clean.get(end.clone()).is_some_and(|t| t.contains('?'));
            Ends::new(&ends, asks)
        })
    }

    /// Up to `before` words in front of a place, back to the nearest terminator.
    fn words_before(&self, start: usize) -> &str {
        let cut = self.ends().before(start).max(start.saturating_sub(REACH));
        let part = self.clean.get(cut..start).unwrap_or_default();
        let last = words(part.rsplit(' '), self.before).last();
        let from = last.map_or(part.len(), |word| word.as_ptr() as usize - part.as_ptr() as usize);
        part.get(from..).unwrap_or_default()
    }

    /// Up to `after` words behind a place, up to the nearest terminator; a question mark ends a sentence and asks.
    fn words_after(&self, end: usize) -> &str {
        let cut = self.ends().after(end).unwrap_or(self.clean.len());
        let part = self.clean.get(end..cut.min(end + REACH)).unwrap_or_default();
        // The first word that is too far away ends it.
        let next = words(part.split(' '), self.after + 1).nth(self.after);
        let to = next.map_or(part.len(), |word| word.as_ptr() as usize - part.as_ptr() as usize);
        part.get(..to).unwrap_or_default()
    }
}

/// The first words among pieces of a text; a word is a run without white space.
fn words<'t>(pieces: impl Iterator<Item = &'t str>, most: usize) -> impl Iterator<Item = &'t str> {
    pieces.filter(|word| !word.is_empty()).take(most)
}

/// Replaces spans by spaces, keeping every place where it was.
fn blank(text: &str, spans: &[Range<usize>]) -> String {
    if spans.is_empty() {
        return text.to_owned();
    }
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        if let Some(part) = bytes.get_mut(span.clone()) {
            part.fill(b' ');
        }
    }
    // Folded text is ASCII, so blanking bytes keeps it valid.
    String::from_utf8(bytes).unwrap_or_default()
}
