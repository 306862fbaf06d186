//! Values that never print (SC-07): tokens pass through the shell in this wrapper, so that no log line, error or
//! `{:?}` can repeat them by accident. It does not erase memory.

use std::fmt;

/// A value that can be used, but not printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Redacted<T>(T);

impl<T> Redacted<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub(crate) fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_used_and_not_printed() {
        let token = Redacted::new("canary-4711");
        assert_eq!(*token.reveal(), "canary-4711");
        assert_eq!(
            format!("{token:?} {:?}", Some(&token)),
            "(redacted) Some((redacted))"
        );
    }
}
