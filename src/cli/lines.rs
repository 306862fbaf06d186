//! Requests line by line: a bad line costs only itself, an endless one no memory.

use crate::service::{Limits, Refusal};
use std::io::{self, BufRead, Read as _};

/// Hands over each line that is not blank, with its number; one that is too long as the refusal it gets.
pub(super) fn each(
    from: &mut dyn BufRead,
    mut visit: impl FnMut(usize, Result<&[u8], Refusal>) -> io::Result<()>,
) -> io::Result<()> {
    let limit = Limits::default().body_bytes;
    // One byte more than allowed, so that a line of exactly the limit is told from a longer one.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        if from.take(most).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let whole = line.last() == Some(&b'\n');
        if !whole && line.len() > limit {
            from.skip_until(b'\n')?;
            visit(number, Err(Refusal::TooLarge))?;
        } else if !line.trim_ascii().is_empty() {
            visit(number, Ok(line.trim_ascii()))?;
        }
    }
    Ok(())
}
