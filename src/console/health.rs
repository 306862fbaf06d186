//! *Health*: whether the service judges, when it last did, and how what it needs is doing.

use super::Console;
use super::page::{html, page as whole, piece};
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Value, context};
use std::sync::Arc;
use std::time::Duration;

/// The page; it asks for [`now`] from time to time.
pub(super) async fn page(State(console): State<Arc<Console>>) -> Response {
    let switches = console.switches().await;
    let content = console.now().and_then(|now| {
        piece(
            "health.html",
            context! { now => Value::from_safe_string(now), switches },
        )
    });
    whole(
        &console.frame(),
        "/console/health",
        "Health",
        "health.js",
        content,
    )
}

/// How it is at this moment.
pub(super) async fn now(State(console): State<Arc<Console>>) -> Response {
    html(console.now())
}

impl Console {
    fn now(&self) -> Result<String, minijinja::Error> {
        let standing = self.backstage.standing();
        let knowledge = self.service.knowledge();
        let second = Timestamp::now().as_second();
        let at = |moment: Option<i64>| moment.map(|moment| Moment::of(moment, second).value());
        let store = standing.store.map(|store| {
            context! {
                writable => store.writable, queued => store.queued, lost => store.lost,
                failures => store.failures, alone => store.replay_degraded,
            }
        });
        let clients: Vec<Value> = self.backstage.clients().into_iter().map(|client| {
            context! {
                name => client.client, issuer => client.issuer, place => client.place, keys => client.keys,
                fresh => span(client.fresh), usable => span(client.usable),
            }
        }).collect();
        let local = knowledge
            .local_codes()
            .map(|local| context! { lines => local.lines, digest => local.digest.clone() });
        piece(
            "now.html",
            context! {
                word => standing.word, ready => standing.ready, tested => standing.tested,
                tested_at => at(standing.tested_at), started_at => at(Some(standing.started_at)),
                called_at => at(standing.called_at), fired_at => at(standing.fired_at),
                certificate => standing.certificate_expires.map(|second| Moment::of(second, second).value()),
                store, clients, local, anybody => !self.backstage.calls_need_tokens(),
                knowledge => format!("{} {}", knowledge.id(), knowledge.version()),
                digest => knowledge.digest(), status => knowledge.topic().status.to_string(),
                checked_at => Moment::of(second, second).value(),
            },
        )
    }
}

/// A moment for people: the time, and how long ago.
struct Moment {
    exact: String,
    shown: String,
    ago: String,
}

impl Moment {
    fn of(second: i64, now: i64) -> Self {
        let moment = Timestamp::from_second(second).unwrap_or_default();
        let ago = u64::try_from(now.saturating_sub(second)).unwrap_or_default();
        Self {
            exact: moment.to_string(),
            shown: moment
                .to_zoned(TimeZone::system())
                .strftime("%-d %b %Y, %H:%M:%S")
                .to_string(),
            ago: format!("{} ago", span(Duration::from_secs(ago))),
        }
    }

    fn value(self) -> Value {
        context! { exact => self.exact, shown => self.shown, ago => self.ago }
    }
}

/// A span of time in its largest unit.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_their_largest_unit() {
        for (seconds, expect) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), expect);
        }
        assert_eq!(Moment::of(100, 90).ago, "0 s ago");
    }
}
