//! *Insight*: what fired, what clinicians did with it, and what was not seen; filters stand in the address.
//!
//! Counting may take a while: the page is there at once, says how many calls have been counted so far, and then shows
//! what came of it. Nothing here names a person, an order or a call.

mod plots;

use super::page::{filled, page as whole, piece};
use super::{Console, query};
use crate::insight::{Filter, FilterFault, Insight, ListedCard, csv};
use crate::service::history;
use crate::store::Store;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use jiff::tz::TimeZone;
use minijinja::{Value, context};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Calls counted at most; more are said to be left out.
const MOST_CALLS: usize = 500_000;

/// Decisions on one page.
const PAGE: usize = 50;

const HERE: &str = "/console/insight";

/// The filter of an address; what belongs to the page itself is no part of it.
fn filter(sent: Option<&str>) -> Result<Filter, FilterFault> {
    let others = sent
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.starts_with("before="));
    let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    Filter::parse(&others.collect::<Vec<_>>().join("&"), today)
}

/// The page around the counts.
pub(super) async fn page(State(console): State<Arc<Console>>, RawQuery(sent): RawQuery) -> Response {
    let filter = filter(sent.as_deref());
    let fault = filter.as_ref().err().map(ToString::to_string);
    let filter = filter.unwrap_or_default();
    let value = |name: &str| {
        filter
            .pairs()
            .into_iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
            .unwrap_or_default()
    };
    let knowledge = console.service.knowledge();
    let scenarios = knowledge.table().scenarios().iter();
    let scenarios: Vec<Value> = scenarios
        .map(|scenario| context! { key => &*scenario.key, title => scenario.entry.title.as_str() })
        .collect();
    let kinds: Vec<&str> = knowledge.words().cards.keys().map(|kind| &**kind).collect();
    let clients: Vec<String> = console
        .backstage
        .clients()
        .into_iter()
        .map(|client| client.client)
        .collect();
    let content = piece(
        "insight.html",
        context! {
            fault, kinds => filled(kinds), scenarios, clients,
            from => value("from"), to => value("to"), kind => value("kind"), scenario => value("scenario"),
            client => value("client"), mode => value("mode"), study => value("study"),
            days => query::value(sent.as_deref(), "days").unwrap_or_default(),
            query => filter.query(), kept => console.backstage.store().is_some(),
        },
    );
    whole(&console.frame(), HERE, "Insight", "insight.js", content)
}

/// The counts, one line of JSON after the other: how far, and at last what came of it.
pub(super) async fn counted(State(console): State<Arc<Console>>, RawQuery(sent): RawQuery) -> Response {
    let (Some(store), Ok(filter)) = (console.backstage.store().cloned(), filter(sent.as_deref())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (tell, told) = mpsc::channel::<String>(16);
    tokio::spawn(async move {
        let progress = |read: usize| drop(tell.try_send(format!("{}\n", json!({ "read": read }))));
        let line = match history::insight(&store, &filter, MOST_CALLS, progress).await {
            Ok(insight) => match console.drawn(&insight) {
                Ok(html) => json!({ "html": html }),
                Err(_) => json!({ "fault": "the counts cannot be shown; the log says why" }),
            },
            Err(_) => json!({ "fault": "the store does not answer; nothing was counted" }),
        };
        // Whoever has left the page does not hear it.
        let _ = tell.send(format!("{line}\n")).await;
    });
    let lines = stream::unfold(told, |mut told| async move {
        let line = told.recv().await?;
        Some((Ok::<_, Infallible>(Bytes::from(line)), told))
    });
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response()
}

/// The same as a file.
pub(super) async fn export(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    RawQuery(sent): RawQuery,
) -> Response {
    let (Some(store), Ok(filter)) = (console.backstage.store(), filter(sent.as_deref())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let insight = match read(store, &filter).await {
        Ok(insight) => insight,
        Err(refused) => return refused,
    };
    let (kind, text) = match name.as_str() {
        "insight.csv" => ("text/csv; charset=utf-8", csv(&insight)),
        "insight.json" => (
            "application/json",
            serde_json::to_string_pretty(&insight).unwrap_or_default(),
        ),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let save = format!("attachment; filename=\"{name}\"");
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, save),
        ],
        text,
    )
        .into_response()
}

async fn read(store: &Store, filter: &Filter) -> Result<Insight, Response> {
    let read = history::insight(store, filter, MOST_CALLS, drop).await;
    read.map_err(|_| {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer; nothing was counted\n",
        )
            .into_response()
    })
}

/// Single decisions, the latest first.
pub(super) async fn decisions(State(console): State<Arc<Console>>, RawQuery(sent): RawQuery) -> Response {
    let (Some(store), Ok(filter)) = (console.backstage.store(), filter(sent.as_deref())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let before = query::value(sent.as_deref(), "before");
    let Ok(found) = history::page(store, &filter, before.as_deref(), PAGE).await else {
        let text = "The store does not answer.";
        let content = piece("notice.html", context! { tone => "bad", text });
        return whole(&console.frame(), HERE, "Decisions", "", content);
    };
    let knowledge = console.service.knowledge();
    let named = |key: &str| {
        knowledge
            .study(key)
            .map_or_else(|| key.to_owned(), |study| study.name.clone())
    };
    let calls: Vec<Value> = found.calls.iter().map(|call| {
        let cards = |cards: &[ListedCard]| {
            let cards = cards.iter().map(|card| context! {
                kind => card.kind.as_str(), indicator => card.indicator.as_str(), mode => filled(card.mode),
                told => card.told.as_str(), reason => Some(&card.reason).filter(|r| !r.is_empty()).map(|r| console.word(r)),
                taken => card.taken.iter().map(|key| console.word(key)).collect::<Vec<_>>().join(", "),
            });
            cards.collect::<Vec<Value>>()
        };
        let decisions: Vec<Value> = call.decisions.iter().map(|decision| context! {
            study => named(&decision.study), cards => cards(&decision.cards),
            scenario => console.question(&decision.scenario), rating => console.category(&decision.rating),
            gate => decision.gate.as_str(), reason => console.word(&decision.reason), selected => decision.selected,
            tone => super::trace::tone(&decision.rating),
        }).collect();
        context! {
            time => call.time.as_str(), hook => call.hook.as_str(), client => call.client.as_str(), outcome => call.outcome.as_str(),
            millis => format!("{:.1}", plots::float(u64::try_from(call.micros).unwrap_or_default()) / 1000.0), decisions,
            missing => call.missing.join(", "), knowledge => call.knowledge_version.as_str(),
        }
    }).collect();
    let content = piece(
        "decisions.html",
        context! {
            calls, query => filter.query(), next => found.next, pairs => filled(filter.pairs()),
        },
    );
    whole(&console.frame(), HERE, "Decisions", "", content)
}

impl Console {
    /// A question in words.
    fn question(&self, key: &str) -> String {
        let scenario = self.service.knowledge().table().scenario(key);
        scenario.map_or_else(|| key.to_owned(), |scenario| scenario.entry.title.clone())
    }

    /// A rating in words.
    fn category(&self, key: &str) -> String {
        let words = &self.service.knowledge().words().common.category;
        words.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// Whatever a reason is: a question, a rating, a reason offered, or a word of ours.
    fn word(&self, key: &str) -> String {
        let knowledge = self.service.knowledge();
        let reasons = &knowledge.words().override_reasons;
        let offered = reasons
            .iter()
            .find(|reason| reason.code == key)
            .map(|reason| reason.display.clone());
        let study = || knowledge.study(key).map(|study| study.name.clone());
        offered
            .or_else(study)
            .unwrap_or_else(|| match self.question(key) {
                same if same == key => self.category(key),
                question => question,
            })
    }

    /// The counts as a piece of the page.
    fn drawn(&self, insight: &Insight) -> Result<String, minijinja::Error> {
        let query = insight.filter.query();
        let link = |name: &str, value: &str| narrowed(&insight.filter, name, value);
        let drawings = plots::Drawings::of(insight, &|key| self.word(key));
        let groups = |groups: &[crate::insight::Group], name: &str| {
            let rows = groups.iter().map(|group| {
                let m = &group.measures;
                context! {
                    name => match group.name.as_str() { "" => "(none)".to_owned(), key => self.word(key) },
                    key => group.name.as_str(), link => link(name, &group.name), decisions => m.decisions, shown => m.shown,
                    kept_back => m.shadow.saturating_add(m.off), accepted => m.accepted, overridden => m.overridden,
                    ignored => m.ignored, rate => plots::rate(&m.override_rate),
                }
            });
            rows.collect::<Vec<Value>>()
        };
        let review: Vec<Value> = insight.review.iter().map(|review| context! {
            kind => review.kind.as_str(), rate => plots::rate(&review.overridden), link => link("kind", &review.kind),
            reasons => review.reasons.iter().map(|r| self.word(&r.name)).collect::<Vec<_>>().join(", "),
        }).collect();
        let total = &insight.total;
        piece(
            "counted.html",
            context! {
                complete => insight.complete, calls => insight.calls, seen => filled(&insight.days_seen), review, query,
                decisions => total.decisions, shown => total.shown, fired => total.fired, shadow => total.shadow, off => total.off,
                accepted => total.accepted, overridden => total.overridden, ignored => total.ignored,
                acceptance => plots::rate(&total.acceptance), override_rate => plots::rate(&total.override_rate),
                response => plots::rate(&total.response),
                p50 => plots::millis(insight.latency.p50), p95 => plots::millis(insight.latency.p95), p99 => plots::millis(insight.latency.p99),
                drawings => filled(drawings),
                tables => vec![
                    context! { title => "By card", rows => groups(&insight.kinds, "kind") },
                    context! { title => "By clinical question", rows => groups(&insight.scenarios, "scenario") },
                    context! { title => "By study ordered", rows => groups(&insight.studies, "study") },
                    context! { title => "By client", rows => groups(&insight.clients, "client") },
                    context! { title => "By version of the knowledge", rows => groups(&insight.knowledge_versions, "knowledge") },
                    context! { title => "By version of the service", rows => groups(&insight.service_versions, "version") },
                ],
                unmapped => filled(&insight.unmapped), missing => filled(&insight.missing), outcomes => filled(&insight.outcomes),
                unknown => insight.told_of_unknown,
            },
        )
    }
}

/// The address of the same, but only of this.
fn narrowed(filter: &Filter, name: &str, value: &str) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    let mut url = reqwest::Url::parse("http://localhost/console/insight").ok()?;
    let pairs = filter.pairs().into_iter().filter(|(n, _)| *n != name);
    url.query_pairs_mut().extend_pairs(pairs).append_pair(name, value);
    Some(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
}

/// Style of the plots, which stands with them.
pub(super) async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        crate::plot::STYLE,
    )
        .into_response()
}
