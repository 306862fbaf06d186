//! When a certificate ends, for those who watch the service: nothing else of it is looked at, and nothing is decided by it.
//!
//! The TLS library keeps this to itself, and a reader for one date is smaller than a library for whole certificates.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The second after which this certificate (DER) is not valid any more; `None` where that cannot be read.
pub(super) fn not_after(certificate: &[u8]) -> Option<i64> {
    let ((_, certificate), _) = tagged(SEQUENCE, certificate)?;
    let ((_, mut rest), _) = tagged(SEQUENCE, certificate)?;
    if let Some((_, after)) = tagged(VERSION, rest) {
        rest = after;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.1;
    }
    let ((_, validity), _) = tagged(SEQUENCE, rest)?;
    let ((kind, time), _) = element(element(validity)?.1)?;
    let time = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let time = match kind {
        // Two digits of the year, from 1950 to 2049.
        UTC_TIME => format!("{}{time}", if time < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => time.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", &time).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// A tag and what is under it.
type Element<'d> = (u8, &'d [u8]);

/// The first element, if it has this tag, and what is behind it.
fn tagged(tag: u8, bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    element(bytes).filter(|((found, _), _)| *found == tag)
}

/// The first element of DER, and what is behind it.
fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(*length & 0x7f))?;
        if digits.len() > 3 {
            return None;
        }
        (
            digits.iter().fold(0, |n, digit| n << 8 | usize::from(*digit)),
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(((*tag, content), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate as far as it is read, with this end.
    fn ending(tag: u8, time: &str) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x82], &length[..], content].concat()
        };
        let begin = wrap(UTC_TIME, b"200101000000Z");
        let validity = wrap(SEQUENCE, &[begin, wrap(tag, time.as_bytes())].concat());
        let fields = [
            wrap(VERSION, &[2, 1, 2]),
            wrap(2, &[7]),
            wrap(SEQUENCE, &[]),
            wrap(SEQUENCE, &[0; 200]),
            validity,
        ];
        wrap(SEQUENCE, &wrap(SEQUENCE, &fields.concat()))
    }

    #[test]
    fn the_end_is_read_in_both_forms_and_never_guessed() {
        for (tag, time, expected) in [
            (UTC_TIME, "261124033303Z", Some(1_795_491_183)),
            (UTC_TIME, "700101000000Z", Some(0)),
            (GENERALIZED_TIME, "20500101000000Z", Some(2_524_608_000)),
            (UTC_TIME, "261324033303Z", None),
            (UTC_TIME, "261124033303", None),
            (UTC_TIME, "", None),
            (0x0c, "261124033303Z", None),
        ] {
            let certificate = ending(tag, time);
            assert_eq!(not_after(&certificate), expected, "{time}");
            for end in 0..certificate.len() {
                // Cut anywhere, it is none, and no panic.
                assert_eq!(not_after(&certificate[..end]), None);
            }
        }
    }
}
