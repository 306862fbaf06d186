//! How deeply a body may nest, checked before any parser sees it.
//!
//! Two looks. The first counts brackets over whole chunks and ignores strings, which the compiler turns into vector
//! instructions; ordinary requests never get further. Only when that count looks suspicious does the second, exact
//! look decide. The first look can be misled on purpose, by brackets inside strings that balance each other: such a
//! body then meets the parsers, which skip iteratively or stop at their own recursion limit (128). It cannot be
//! misled into refusing a shallow body.

use super::request::RequestFault;

/// The deepest nesting of objects and arrays a body may have. FHIR resources stay below 20.
pub const MAX_DEPTH: usize = 64;

/// Bytes per step of the first look; counts within a chunk fit a byte.
const CHUNK: usize = 128;

/// Refuses a body that nests deeper than [`MAX_DEPTH`]; to be asked before [`super::HookRequest::parse`].
///
/// # Errors
/// `Structure` for the body as a whole.
pub fn check(body: &[u8]) -> Result<(), RequestFault> {
    if too_deep(body) {
        Err(RequestFault::structure("is nested too deeply"))
    } else {
        Ok(())
    }
}

/// Says whether a JSON text nests deeper than [`MAX_DEPTH`].
#[must_use]
pub fn too_deep(body: &[u8]) -> bool {
    suspicious(body) && deeper_than(body, MAX_DEPTH)
}

/// A chunk-wise upper bound of the depth, blind to strings; also true when brackets do not add up.
fn suspicious(body: &[u8]) -> bool {
    let limit = i64::try_from(MAX_DEPTH).unwrap_or(i64::MAX);
    let mut depth = 0_i64;
    let (chunks, rest) = body.as_chunks::<CHUNK>();
    for chunk in chunks {
        let (opened, closed) = brackets(chunk);
        if depth + i64::from(opened) > limit {
            return true;
        }
        depth += i64::from(opened) - i64::from(closed);
        if depth < 0 {
            return true;
        }
    }
    let (opened, closed) = brackets(rest);
    depth + i64::from(opened) > limit || depth + i64::from(opened) != i64::from(closed)
}

/// How many brackets of either kind open and close in at most [`CHUNK`] bytes.
#[inline]
fn brackets(bytes: &[u8]) -> (u8, u8) {
    let (mut opened, mut closed) = (0_u8, 0_u8);
    for byte in bytes {
        // `[` and `{` differ in one bit only, and so do `]` and `}`.
        let folded = byte | 0x20;
        opened = opened.wrapping_add(u8::from(folded == b'{'));
        closed = closed.wrapping_add(u8::from(folded == b'}'));
    }
    (opened, closed)
}

/// The exact look: brackets outside strings.
fn deeper_than(body: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
    }

    /// SC-22.
    #[test]
    fn the_limit_is_exact() {
        assert!(!too_deep(nested(MAX_DEPTH).as_bytes()));
        assert!(too_deep(nested(MAX_DEPTH + 1).as_bytes()));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(65), "}".repeat(65));
        assert!(too_deep(objects.as_bytes()));
        let unclosed = "[".repeat(1_000_000);
        assert!(too_deep(unclosed.as_bytes()));
        let late = format!("[{},{}]", vec!["{}"; 4000].join(","), nested(200));
        assert!(too_deep(late.as_bytes()));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        for text in [
            "[".repeat(5000),
            "]".repeat(5000),
            r#"\"["#.repeat(2000),
            r"\\".repeat(2000),
        ] {
            assert!(!too_deep(
                format!(r#"{{"note":"{text}","more":[1,2]}}"#).as_bytes()
            ));
        }
        assert!(too_deep(format!(r#"["]]]]",{}]"#, nested(70)).as_bytes()));
        assert!(!too_deep(b""));
        assert!(check(b"{}").is_ok());
        let fault = check(nested(70).as_bytes()).unwrap_err();
        assert_eq!(fault.message, "the request body is nested too deeply");
        assert!(!too_deep(b"]]]]"));
    }
}
