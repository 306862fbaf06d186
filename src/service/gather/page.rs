//! Pages of a search, put together into one Bundle as if the EHR had sent it as prefetch.
//!
//! Entries are kept as raw text; what they say is read by `fhir`. A Bundle that is not complete says so by a `next`
//! link, as an EHR would.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A resource as far as paging goes.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "resourceType")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    link: Option<Vec<Link>>,
    #[serde(borrow, default)]
    entry: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    relation: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

/// What came back for one request.
pub(super) enum Page {
    /// A Bundle: its entries, and where it goes on.
    Bundle {
        entries: Vec<Box<RawValue>>,
        next: Option<String>,
    },
    /// A resource by itself: its type and id.
    Alone { kind: String, id: Option<String> },
}

impl Page {
    /// Takes a resource apart; `None` when it is no sound resource.
    pub(super) fn read(text: &str) -> Option<Self> {
        let head: Head<'_> = serde_json::from_str(text).ok()?;
        if head.kind != "Bundle" {
            return Some(Self::Alone {
                kind: head.kind.into_owned(),
                id: head.id.map(Cow::into_owned),
            });
        }
        // A next link without an address still tells that there is more.
        let mut links = head.link.unwrap_or_default().into_iter();
        let next = links.find(|link| link.relation.as_deref() == Some("next"));
        Some(Self::Bundle {
            entries: head
                .entry
                .unwrap_or_default()
                .into_iter()
                .map(ToOwned::to_owned)
                .collect(),
            next: next.map(|link| link.url.unwrap_or_default()),
        })
    }
}

/// A Bundle put together from pages.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(rename = "resourceType")]
    kind: &'static str,
    #[serde(rename = "type")]
    sort: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<[More; 1]>,
    entry: &'a [Box<RawValue>],
}

#[derive(Serialize)]
struct More {
    relation: &'static str,
}

/// One Bundle with all these entries.
pub(super) fn bundle(entries: &[Box<RawValue>], complete: bool) -> Option<Box<RawValue>> {
    let whole = Whole {
        kind: "Bundle",
        sort: "searchset",
        link: (!complete).then_some([More { relation: "next" }]),
        entry: entries,
    };
    serde_json::value::to_raw_value(&whole).ok()
}

/// What stands for an answer that could not be had although the server was asked for it.
pub(super) fn failure() -> Option<Box<RawValue>> {
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient"}]}"#;
    RawValue::from_string(outcome.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_one_bundle_that_tells_whether_it_is_whole() {
        let page = r#"{ "resourceType": "Bundle", "link": [{"relation":"self","url":"a"},{"relation":"next","url":"b"}],
            "entry": [{"resource": {"resourceType":"Condition","n":1.10}}, 7] }"#;
        let Some(Page::Bundle { entries, next }) = Page::read(page) else {
            panic!("a Bundle");
        };
        assert_eq!(next.as_deref(), Some("b"));
        let text = |complete| bundle(&entries, complete).unwrap().get().to_owned();
        let entries_text = r#""entry":[{"resource": {"resourceType":"Condition","n":1.10}},7]}"#;
        assert_eq!(
            text(true),
            format!(r#"{{"resourceType":"Bundle","type":"searchset",{entries_text}"#)
        );
        assert!(text(false).contains(r#""link":[{"relation":"next"}]"#));
        for odd in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"resourceType":7}"#,
            r#"{"resourceType":"Bundle","entry":{}}"#,
        ] {
            assert!(Page::read(odd).is_none(), "{odd}");
        }
        assert!(matches!(
            Page::read(r#"{"resourceType":"Bundle"}"#),
            Some(Page::Bundle { next: None, .. })
        ));
        assert!(failure().is_some());
    }
}
