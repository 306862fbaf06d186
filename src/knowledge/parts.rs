//! Parts that many phrases share: `{tumour}` in a pattern stands for the part of that name.
//!
//! A name in braces is no regular expression otherwise: repetitions hold numbers. A part may use no other part.

use std::collections::BTreeMap;

/// Every part, by its name.
#[derive(Debug, Default)]
pub(super) struct Parts(BTreeMap<String, String>);

impl Parts {
    /// Adds a part; false if one of this name is there already, which then stays.
    pub fn add(&mut self, name: &str, pattern: &str) -> bool {
        let new = !self.0.contains_key(name);
        self.0
            .entry(name.into())
            .or_insert_with(|| format!("(?:{pattern})"));
        new
    }

    /// A pattern with every part it names written out.
    ///
    /// # Errors
    /// The name for which there is no part.
    pub fn fill(&self, pattern: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, name, after)) = next(rest) {
            let part = self.0.get(name);
            filled.push_str(before);
            filled.push_str(part.ok_or_else(|| format!("there is no part `{name}`"))?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// The first name in braces, what stands before it and what stands behind it.
fn next(pattern: &str) -> Option<(&str, &str, &str)> {
    for (open, _) in pattern.match_indices('{') {
        let (before, braced) = pattern.split_at(open);
        let (name, after) = braced.strip_prefix('{')?.split_once('}')?;
        let named = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if named && !before.ends_with(r"\x") && !before.ends_with(r"\p") {
            return Some((before, name, after));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_written_out_and_nothing_else() {
        let mut parts = Parts::default();
        assert!(parts.add("organ", "liver|lung"));
        assert!(!parts.add("organ", "bone"));
        for (pattern, filled) in [
            ("", Ok("")),
            (r"\bno {organ}s?\b", Ok(r"\bno (?:liver|lung)s?\b")),
            (
                "{organ}[^.;]{0,30}{organ}",
                Ok("(?:liver|lung)[^.;]{0,30}(?:liver|lung)"),
            ),
            (r"a{2,}\{x", Ok(r"a{2,}\{x")),
            ("{organ", Ok("{organ")),
            (r"\p{alpha}\x{e}", Ok(r"\p{alpha}\x{e}")),
            ("{site}", Err("there is no part `site`")),
        ] {
            let wanted = filled.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(parts.fill(pattern), wanted, "{pattern}");
        }
    }
}
