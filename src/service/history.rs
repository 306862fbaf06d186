//! What was kept, counted: reads the store bit by bit and hands it to [`insight`](crate::insight).

use crate::insight::{Filter, Insight, Listed, Page, Tally};
use crate::store::{Order, Store, StoreFault};

/// Calls read at once.
const AT_ONCE: usize = 1000;

/// Calls that are looked at for one page: where few are what was asked for, the next page goes on.
const LOOKED_AT: usize = 10_000;

/// Counts what a filter lets through, the earliest calls first, and at most so many of them. `progress` is told how many
/// calls were read so far.
///
/// # Errors
/// If the store does not answer.
pub async fn insight(
    store: &Store,
    filter: &Filter,
    most: usize,
    mut progress: impl FnMut(usize),
) -> Result<Insight, StoreFault> {
    let mut tally = Tally::new(filter.clone());
    let (mut from, mut read) = (None, 0_usize);
    let complete = loop {
        let calls = store
            .calls(filter, Order::Earliest, from.as_ref(), AT_ONCE)
            .await?;
        let all = calls.len() < AT_ONCE;
        for call in &calls {
            tally.add(call);
        }
        from = calls.last().map(|call| (call.at, call.id.clone()));
        read = read.saturating_add(calls.len());
        progress(read);
        if all || read >= most {
            break all;
        }
        // Counting is work: others get their turn.
        tokio::task::yield_now().await;
    };
    for code in store.unmapped(filter).await? {
        tally.add_unmapped(&code);
    }
    tally.add_told_of_unknown(store.told_of_unknown(filter).await?);
    Ok(tally.finish(complete))
}

/// Some calls that a filter lets through, the latest first; `before` is [`Page::next`] of the page before.
///
/// # Errors
/// If the store does not answer.
pub async fn page(
    store: &Store,
    filter: &Filter,
    before: Option<&str>,
    size: usize,
) -> Result<Page, StoreFault> {
    let mut from = before.and_then(position);
    let mut listed: Vec<Listed> = Vec::new();
    let mut looked_at = 0_usize;
    loop {
        let calls = store.calls(filter, Order::Latest, from.as_ref(), AT_ONCE).await?;
        for call in &calls {
            from = Some((call.at, call.id.clone()));
            listed.extend(Listed::of(call, filter));
            if listed.len() >= size {
                return Ok(Page {
                    calls: listed,
                    next: from.as_ref().map(written),
                });
            }
        }
        looked_at = looked_at.saturating_add(calls.len());
        let end = calls.len() < AT_ONCE;
        if end || looked_at >= LOOKED_AT {
            return Ok(Page {
                calls: listed,
                next: from.as_ref().filter(|_| !end).map(written),
            });
        }
    }
}

fn written((at, id): &(i64, String)) -> String {
    format!("{at}.{id}")
}

fn position(text: &str) -> Option<(i64, String)> {
    let (at, id) = text.split_once('.')?;
    Some((at.parse().ok()?, id.to_owned()))
}
