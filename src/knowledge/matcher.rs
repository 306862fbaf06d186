//! One compiled pattern: as little memory as a pattern can take, for there are hundreds.
//!
//! Texts are folded to ASCII first, so patterns need no Unicode tables. A pattern runs only after the first look, on a
//! short text: a backtracker over the bare automaton, with one scratch space for each thread, costs little time there
//! and a fraction of the memory of an engine that keeps several forms of each pattern. It takes each step at most
//! once, so no pattern and no text can make it run for ever.

use regex_automata::Input;
use regex_automata::nfa::thompson::backtrack::{BoundedBacktracker, Cache};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};
use regex_syntax::ParserBuilder;
use std::cell::RefCell;
use std::ops::Range;

thread_local! {
    static SCRATCH: RefCell<Option<Cache>> = const { RefCell::new(None) };
}

/// A pattern that can be looked for.
#[derive(Debug, Clone)]
pub struct Matcher(BoundedBacktracker);

impl Matcher {
    /// Compiles a pattern; it is matched without regard to case.
    ///
    /// # Errors
    /// What is wrong with it, in the words of the pattern library.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let parsed = ParserBuilder::new()
            .case_insensitive(true)
            .unicode(false)
            .utf8(false)
            .build()
            .parse(pattern)
            .map_err(|error| error.to_string())?;
        let config = Config::new()
            .utf8(false)
            .shrink(true)
            .which_captures(WhichCaptures::Implicit);
        Compiler::new()
            .configure(config)
            .build_from_hir(&parsed)
            .and_then(BoundedBacktracker::new_from_nfa)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// True when the pattern occurs in the text.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.find(Input::new(text)).is_some()
    }

    /// The first match.
    pub fn find(&self, input: Input<'_>) -> Option<Range<usize>> {
        let found = SCRATCH.with_borrow_mut(|scratch| {
            let cache = match scratch {
                Some(cache) => {
                    cache.reset(&self.0);
                    cache
                }
                None => scratch.insert(self.0.create_cache()),
            };
            self.0.try_find(cache, input.clone())
        });
        match found {
            Ok(found) => found.map(|m| m.range()),
            // A text too long for the scratch space: slower, and with the same result.
            Err(_) => {
                let slow = PikeVM::new_from_nfa(self.0.get_nfa().clone()).ok()?;
                slow.find(&mut slow.create_cache(), input).map(|m| m.range())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_a_broken_pattern_says_why() {
        let stage = Matcher::new(r"\bstag(e|ing)\b").unwrap();
        assert_eq!(stage.find(Input::new("pNET STAGING")), Some(5..12));
        assert!(!stage.is_match(b"backstage"));
        assert!(Matcher::new("(open").unwrap_err().contains("unclosed"));
    }

    #[test]
    fn a_text_beyond_the_scratch_space_is_searched_all_the_same() {
        let near = Matcher::new("(liver|bone|lung)[^.;]{0,200}metastas[ei]s").unwrap();
        let text = format!("{} liver metastasis", "x".repeat(100_000));
        let mut scratch = near.0.create_cache();
        assert!(near.0.try_find(&mut scratch, text.as_str()).is_err());
        assert_eq!(near.find(Input::new(&text)), Some(100_001..100_017));
    }
}
