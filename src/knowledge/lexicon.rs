//! Phrase lists, compiled. What a hit means in its sentence is decided by `engine::language`, not here.

use super::files::PhraseEntry;
use super::finding::Finding;
use super::literals::{FirstLook, Possible, Required, Start};
use super::matcher::Matcher;
use super::parts::Parts;
use super::vocabulary::List;
use regex_automata::{Anchored, Input};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::borrow::Cow;
use std::ops::Range;

/// Every phrase list of the knowledge.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Every pattern, those of one list side by side.
    patterns: Vec<Pattern>,
    /// What each of them requires, until the first look is built.
    required: Vec<Required>,
    /// For each list the places of its patterns.
    lists: Vec<Range<usize>>,
    first_look: FirstLook,
    /// The same for the lists of each interest alone: most of what is skimmed is never read.
    tumour: FirstLook,
    record: FirstLook,
}

/// One phrase.
#[derive(Debug)]
struct Pattern {
    regex: Matcher,
    start: Start,
    /// The most bytes a match can have.
    longest: usize,
}

impl Pattern {
    fn is_match(&self, text: &[u8]) -> bool {
        self.find(text, 0).is_some()
    }

    /// The first match that begins at a place or after it. Only places where a match can begin are tried: patterns run
    /// without lookup tables, and most of a text begins no match.
    fn find(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        let start = &self.start;
        if start.is_anywhere() {
            let input = Input::new(text).span(from..text.len());
            return self.regex.find(input);
        }
        let mut at = start.next(text, from)?;
        loop {
            // What a search costs grows with the length of what it is given.
            let end = text.len().min(at.saturating_add(self.longest));
            let input = Input::new(text).span(at..end).anchored(Anchored::Yes);
            let found = self.regex.find(input);
            if found.is_some() {
                return found;
            }
            at = start.next(text, at + 1)?;
        }
    }

    /// Every match, none over another.
    fn find_all<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = Range<usize>> + 't {
        let mut from = Some(0);
        std::iter::from_fn(move || {
            let found = self.find(text, from?);
            // An empty match must not be found again at the same place.
            from = found.as_ref().map(|f| f.end.max(f.start + 1));
            found
        })
    }
}

/// Words worth stopping for while skimming a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Words that can name the tumour or ask for its stage.
    Tumour,
    /// Words that any rule can use in a record.
    Record,
}

const TUMOUR: &[List] = &[
    List::PnetStrong,
    List::PnetNeedsPancreas,
    List::PnetUpperCase,
    List::PnetMixed,
    List::MetastaticStaging,
];

const RECORD: &[List] = &[
    List::PnetStrong,
    List::PnetNeedsPancreas,
    List::PnetUpperCase,
    List::PnetMixed,
    List::PnetPancreaticMass,
    List::PnetOther,
    List::PancreasWord,
    List::OtherMalignancy,
    List::RecordHints,
    List::NegativeResult,
    List::RecordMedicines,
    List::ResectionName,
    List::Prrt,
    List::LiverDirected,
    List::Systemic,
    List::Ssa,
    List::ExternalBeam,
    List::LocalAblationWords,
    List::NotAntitumour,
    List::Lutetium,
    List::MetastasisWord,
    List::GradeHigh,
    List::MriContraindicated,
    List::MriTolerance,
    List::MriDevice,
    List::AllergyIodinated,
    List::AllergyGadolinium,
    List::BonePain,
    List::ModalityCt,
    List::ModalityMr,
    List::ModalityPet,
    List::ModalityPetCt,
    List::ModalityPetMr,
    List::ModalityNm,
];

impl Lexicon {
    /// True when any of the possible phrases of the list occurs in the text.
    #[must_use]
    pub fn any(&self, list: List, text: &str, possible: &Possible) -> bool {
        self.tried(list, possible).any(|p| p.is_match(text.as_bytes()))
    }

    /// Every place where a possible phrase of the list occurs, in reading order; places may overlap.
    #[must_use]
    pub fn hits(&self, list: List, text: &str, possible: &Possible) -> Vec<Range<usize>> {
        let found = self
            .tried(list, possible)
            .flat_map(|p| p.find_all(text.as_bytes()));
        let mut hits: Vec<_> = found.filter(|r| !r.is_empty()).collect();
        hits.sort_by_key(|r| (r.start, r.end));
        hits
    }

    fn tried<'l>(&'l self, list: List, possible: &'l Possible) -> impl Iterator<Item = &'l Pattern> {
        let places = self.lists.get(list as usize).cloned().unwrap_or_default();
        possible
            .numbers_in(places)
            .filter_map(|number| self.patterns.get(number))
    }

    /// True when skimmed words are worth reading in full.
    #[must_use]
    pub fn of_interest(&self, interest: Interest, text: &str) -> bool {
        let look = match interest {
            Interest::Tumour => &self.tumour,
            Interest::Record => &self.record,
        };
        let possible = look.possible(text);
        possible
            .numbers()
            .filter_map(|n| self.patterns.get(n))
            .any(|p| p.is_match(text.as_bytes()))
    }

    /// The patterns that could match in a text: all others need not be tried.
    #[must_use]
    pub fn possible(&self, text: &str) -> Possible {
        self.first_look.possible(text)
    }

    /// How many patterns there are.
    pub(super) fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Builds the first look once all lists are there.
    pub(super) fn finish(&mut self) {
        let required = std::mem::take(&mut self.required);
        let asked = |lists: &[List]| {
            let places = lists.iter().filter_map(|l| self.lists.get(*l as usize).cloned());
            FirstLook::build(places.flatten().filter_map(|at| Some((at, required.get(at)?))))
        };
        let (tumour, record) = (asked(TUMOUR), asked(RECORD));
        self.first_look = FirstLook::build(required.iter().enumerate());
        self.tumour = tumour;
        self.record = record;
    }

    /// Compiles one list; a pattern that does not compile becomes a finding.
    pub(super) fn add(
        &mut self,
        list: List,
        entry: &PhraseEntry,
        parts: &Parts,
        finding: impl Fn(&str, String) -> Finding,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let first = self.patterns.len();
        let words = entry.words.iter().map(|w| (w, Ok(whole_word(w))));
        let patterns = entry.patterns.iter().map(|p| (p, parts.fill(p)));
        for (written, pattern) in patterns.chain(words) {
            let pattern = match pattern {
                Ok(pattern) => pattern,
                Err(error) => {
                    findings.push(finding(written, error));
                    continue;
                }
            };
            match Matcher::new(&pattern) {
                Ok(regex) if regex.is_match(b"") => {
                    findings.push(finding(
                        written,
                        "it matches nothing at all, and so everywhere".into(),
                    ));
                }
                Ok(_) if spans_anything(&pattern) => findings.push(Finding {
                    code: "K016",
                    help: "say how far apart the words may be, and stop at the sentence: `[^.;]{0,30}`"
                        .into(),
                    ..finding(written, "a part without an end matches nearly any text".into())
                }),
                Ok(regex) => {
                    let required = Required::by(&pattern);
                    self.patterns.push(Pattern {
                        regex,
                        start: required.start.clone(),
                        longest: required.longest.unwrap_or(usize::MAX),
                    });
                    self.required.push(required);
                }
                Err(error) => findings.push(finding(written, error)),
            }
        }
        self.lists.resize(List::ALL.len(), 0..0);
        if let Some(places) = self.lists.get_mut(list as usize) {
            *places = first..self.patterns.len();
        }
        findings
    }
}

/// True when a part of the pattern runs on without an end over nearly any sign, such as `.*`.
///
/// A part that stops at the end of the sentence (`[^.;]*`) is long but has an end.
fn spans_anything(pattern: &str) -> bool {
    fn endless(hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Repetition(part) => {
                (part.max.is_none() && crosses_sentences(&part.sub)) || endless(&part.sub)
            }
            HirKind::Capture(part) => endless(&part.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(endless),
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
        }
    }
    let parser = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern);
    parser.is_ok_and(|hir| endless(&hir))
}

/// True for a class of signs that holds letters, spaces and the full stop: only `.` and its like.
fn crosses_sentences(hir: &Hir) -> bool {
    let holds = |sign: u8| match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => class
            .ranges()
            .iter()
            .any(|r| (r.start()..=r.end()).contains(&sign)),
        HirKind::Class(Class::Unicode(class)) => {
            let sign = char::from(sign);
            class
                .ranges()
                .iter()
                .any(|r| (r.start()..=r.end()).contains(&sign))
        }
        _ => false,
    };
    match hir.kind() {
        HirKind::Capture(part) => crosses_sentences(&part.sub),
        _ => [b'a', b'z', b' ', b'.'].into_iter().all(holds),
    }
}

/// A cue word as a pattern that matches it whole: `no` is not in `known`.
fn whole_word(word: &str) -> String {
    let word = word.trim();
    let edge = |c: Option<char>| {
        if c.is_some_and(|c| c.is_ascii_alphanumeric()) {
            r"\b"
        } else {
            ""
        }
    };
    let spaced = regex_syntax::escape(word).replace(' ', r"\s+");
    format!(
        "{}{}{}",
        edge(word.chars().next()),
        spaced,
        edge(word.chars().last())
    )
}

/// The text as patterns read it: ASCII only, typographic signs in their plain form, one space for any white space;
/// a blank line or a new heading or bullet ends the sentence.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let plain = bytes.iter().all(|b| (0x20..0x7f).contains(b)) && !bytes.windows(2).any(|two| two == b"  ");
    if plain {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let line = line.trim();
        let starts_anew = line.is_empty() || line.starts_with(['-', '*', '•']) || is_heading(line);
        if !folded.is_empty() {
            let closed = folded.trim_end().ends_with(['.', ';', '?', '!', ':']);
            folded.push_str(match (starts_anew && !closed, folded.ends_with(' ')) {
                (true, _) => ". ",
                (false, true) => "",
                (false, false) => " ",
            });
        }
        let mut space = false;
        for c in line.chars() {
            let plain = plain_form(c);
            if plain == ' ' {
                space = true;
            } else {
                if space && !folded.ends_with(' ') {
                    folded.push(' ');
                }
                space = false;
                folded.push(plain);
            }
        }
    }
    Cow::Owned(folded)
}

/// `Clinical indication: …`: one to four words before a colon.
fn is_heading(line: &str) -> bool {
    line.split_once(':').is_some_and(|(head, _)| {
        head.len() <= 40
            && head.split_whitespace().count() <= 4
            && head.chars().all(|c| c.is_alphabetic() || c == ' ')
    })
}

fn plain_form(c: char) -> char {
    match c {
        ' '..='~' => c,
        '’' | '‘' | '´' | 'ʼ' => '\'',
        '“' | '”' | '„' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '…' => '.',
        '•' | '·' | '●' => '-',
        'á' | 'à' | 'â' | 'ä' | 'å' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_plain_text_and_evens_out_the_rest() {
        let check = |text: &str, expect: &str| assert_eq!(fold(text), expect, "{text:?}");
        check("r/o mets", "r/o mets");
        check("a  b\tc", "a b c");
        check("evaluate for liver\nmetastases", "evaluate for liver metastases");
        check("pNET\n\nno mets", "pNET. no mets");
        check("staging\nHistory: none", "staging. History: none");
        check("Whipple’s triad – insulinoma", "Whipple's triad - insulinoma");
        check("naïve", "naive");
        check("a\u{202e}b", "a b");
    }

    #[test]
    fn cue_words_match_whole() {
        let no = Matcher::new(&whole_word("no")).unwrap();
        assert!(no.is_match(b"No mets"));
        assert!(!no.is_match(b"known mets"));
        assert!(Matcher::new(&whole_word("?")).unwrap().is_match(b"mets?"));
        assert!(
            Matcher::new(&whole_word("no evidence of"))
                .unwrap()
                .is_match(b"no  evidence of")
        );
    }

    #[test]
    fn the_shortcuts_find_what_a_plain_search_finds() {
        let knowledge = crate::knowledge::Knowledge::embedded().unwrap();
        let lexicon = knowledge.lexicon();
        let mut found = 0;
        for line in include_str!("../../cards/pnet/phrases.toml").lines() {
            let text = fold(line);
            let possible = lexicon.possible(&text);
            for (number, pattern) in lexicon.patterns.iter().enumerate() {
                let mut from = Some(0);
                let plain: Vec<_> = std::iter::from_fn(|| {
                    let found = pattern.regex.find(Input::new(&*text).span(from?..text.len()));
                    from = found.as_ref().map(|f| f.end);
                    found
                })
                .collect();
                let quick: Vec<_> = pattern.find_all(text.as_bytes()).collect();
                assert_eq!(quick, plain, "pattern {number} in {text:?}");
                assert!(
                    plain.is_empty() || possible.has(number),
                    "pattern {number} in {text:?}"
                );
                found += plain.len();
            }
        }
        assert!(found > 100, "only {found} phrases found: the texts prove nothing");
    }
}
