//! What a browser sends in an address or a form, as pairs.

use reqwest::Url;

/// The first value of this name.
pub(super) fn value(text: Option<&str>, name: &str) -> Option<String> {
    // An address of no importance: only its query is read.
    let mut url = Url::parse("http://localhost/").ok()?;
    url.set_query(text);
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_browsers_write_them() {
        for (text, expect) in [
            (None, None),
            (Some(""), None),
            (Some("q=a+b%26c"), Some("a b&c")),
            (Some("r=1&q=%C3%A9&q=2"), Some("é")),
        ] {
            assert_eq!(value(text, "q").as_deref(), expect, "{text:?}");
        }
    }
}
