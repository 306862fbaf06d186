//! Phrase lists, compiled. What a hit means in its sentence is decided by `engine::language`, not here.

use super::finding::Finding;
use super::literals::{FirstLook, Possible};
use super::vocabulary::List;
use regex::bytes::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Every phrase list of the knowledge.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Each pattern with its number.
    lists: BTreeMap<List, Vec<(usize, Regex)>>,
    first_look: FirstLook,
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
    List::ResectionName,
    List::Prrt,
    List::LiverDirected,
    List::Systemic,
    List::Ssa,
    List::ExternalBeam,
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
        self.tried(list, possible).any(|r| r.is_match(text.as_bytes()))
    }

    /// Every place where a possible phrase of the list occurs, in reading order; places may overlap.
    #[must_use]
    pub fn hits(&self, list: List, text: &str, possible: &Possible) -> Vec<Range<usize>> {
        let found = self
            .tried(list, possible)
            .flat_map(|r| r.find_iter(text.as_bytes()).map(|m| m.range()));
        let mut hits: Vec<_> = found.filter(|r| !r.is_empty()).collect();
        hits.sort_by_key(|r| (r.start, r.end));
        hits
    }

    fn tried(&self, list: List, possible: &Possible) -> impl Iterator<Item = &Regex> {
        let patterns = self.lists.get(&list).map(Vec::as_slice).unwrap_or_default();
        patterns
            .iter()
            .filter(|(number, _)| possible.has(*number))
            .map(|(_, regex)| regex)
    }

    /// True when skimmed words are worth reading in full.
    #[must_use]
    pub fn of_interest(&self, interest: Interest, text: &str) -> bool {
        let lists = match interest {
            Interest::Tumour => TUMOUR,
            Interest::Record => RECORD,
        };
        let possible = self.possible(text);
        lists.iter().any(|list| self.any(*list, text, &possible))
    }

    /// The patterns that could match in a text: all others need not be tried.
    #[must_use]
    pub fn possible(&self, text: &str) -> Possible {
        self.first_look.possible(text)
    }

    /// Builds the first look once all lists are there.
    pub(super) fn finish(&mut self) {
        let patterns = self
            .lists
            .values()
            .flatten()
            .map(|(number, regex)| (*number, regex.as_str()));
        self.first_look = FirstLook::build(patterns);
    }

    /// Compiles one list; a pattern that does not compile becomes a finding.
    pub(super) fn add(
        &mut self,
        list: List,
        patterns: &[String],
        words: &[String],
        finding: impl Fn(&str, String) -> Finding,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let words = words.iter().map(|w| (w, whole_word(w)));
        for (written, pattern) in patterns.iter().map(|p| (p, p.clone())).chain(words) {
            match compile(&pattern) {
                Ok(regex) => {
                    let number = self.lists.values().map(Vec::len).sum();
                    self.lists.entry(list).or_default().push((number, regex));
                }
                Err(error) => findings.push(finding(written, error.to_string())),
            }
        }
        self.lists.entry(list).or_default();
        findings
    }
}

/// Texts are folded to ASCII first, so patterns need no Unicode tables and stay small and fast.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .unicode(false)
        .build()
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
    let spaced = regex::escape(word).replace(' ', r"\s+");
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
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) && !text.contains("  ");
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
        let no = compile(&whole_word("no")).unwrap();
        assert!(no.is_match(b"No mets"));
        assert!(!no.is_match(b"known mets"));
        assert!(compile(&whole_word("?")).unwrap().is_match(b"mets?"));
        assert!(
            compile(&whole_word("no evidence of"))
                .unwrap()
                .is_match(b"no  evidence of")
        );
    }
}
