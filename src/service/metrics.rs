//! Numbers for whoever watches the service, as Prometheus reads them (SC-28).
//!
//! Kept only where somebody can ask for them, on the admin listener. Every label is one of a few words of ours, of the
//! configuration or of the knowledge, so that no caller can make a series, and nothing about a patient can become one.
//! What is counted is counted once, at the end of an exchange, by atomic numbers.

use super::auth::Denied;
use super::decide::{About, Tally};
use super::refusal::Refusal;
use crate::store::{Scope, StoreStanding};
use prometheus::{
    Encoder as _, Error, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds in seconds: finer than usual at the low end, where most calls are.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The word where there is none of ours.
const UNKNOWN: &str = "unknown";

/// All numbers of one service.
pub(crate) struct Metrics {
    registry: Registry,
    durations: HistogramVec,
    calls: IntCounterVec,
    cards: IntCounterVec,
    fired: IntGaugeVec,
    silent: IntCounterVec,
    missing: IntCounterVec,
    unmapped: IntCounter,
    off: IntGaugeVec,
    refusals: IntCounterVec,
    denials: IntCounterVec,
    gathered: IntCounterVec,
    shed: IntCounterVec,
    feedback: IntCounterVec,
    repeats: IntCounter,
    store: StoreNumbers,
    handshakes: IntCounterVec,
    /// Connections open on the listener for calls.
    pub connections: IntGauge,
    panics: IntCounter,
    ready: IntGauge,
    self_test: IntGauge,
    self_test_time: IntGauge,
    certificate_expires: Option<IntGauge>,
}

/// What is known only when the numbers are asked for.
pub(crate) struct Standing {
    /// Whether calls are welcome.
    pub ready: bool,
    /// Whether the last self-test passed.
    pub tested: bool,
    /// The second after which our certificate is not valid any more.
    pub certificate_expires: Option<i64>,
    /// How the store is doing, if there is one.
    pub store: Option<StoreStanding>,
    /// What is switched off.
    pub off: Vec<(Scope, String)>,
}

/// What is counted of feedback on one card.
pub(crate) struct Told<'a> {
    /// The kind of the card; nothing for a card that was not this client's.
    pub kind: Option<&'a str>,
    /// What became of it.
    pub outcome: &'a str,
    /// Why it was not followed: one of our codes, or a word of ours.
    pub reason: &'a str,
    /// Whether it was told for the first time.
    pub first: bool,
}

/// The store counts for itself; these follow when they are asked for.
struct StoreNumbers {
    writable: IntGauge,
    queued: IntGauge,
    degraded: IntGauge,
    lost: IntCounter,
    failures: IntCounter,
    /// Two who ask at once must not add the same twice.
    adding: Mutex<()>,
}

impl StoreNumbers {
    fn set(&self, standing: StoreStanding) {
        self.writable.set(standing.writable.into());
        self.queued
            .set(i64::try_from(standing.queued).unwrap_or(i64::MAX));
        self.degraded.set(standing.replay_degraded.into());
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        for (counter, now) in [(&self.lost, standing.lost), (&self.failures, standing.failures)] {
            counter.inc_by(now.saturating_sub(counter.get()));
        }
    }
}

impl Metrics {
    /// The numbers of a service that serves this.
    ///
    /// # Errors
    /// If a name is not one that Prometheus takes: a defect of ours.
    pub(crate) fn new(about: &About, encrypted: bool) -> Result<Self, Error> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok::<_, Error>(counters)
        };
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, Error>(gauge)
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            let gauges = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauges.clone()))?;
            Ok::<_, Error>(gauges)
        };
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "http_server_request_duration_seconds",
                "Time from request head to response head.",
            )
            .buckets(BUCKETS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(durations.clone()))?;
        let panics = IntCounter::new("cds_panics_total", "Exchanges that ended in a defect of ours.")?;
        registry.register(Box::new(panics.clone()))?;
        let info = |name: &str, help: &str, labels: &[(&str, &str)]| {
            let names: Vec<&str> = labels.iter().map(|l| l.0).collect();
            let values: Vec<&str> = labels.iter().map(|l| l.1).collect();
            let gauge = IntGaugeVec::new(Opts::new(name, help), &names)?;
            gauge.get_metric_with_label_values(&values)?.set(1);
            registry.register(Box::new(gauge))
        };
        info(
            "cds_knowledge_info",
            "The knowledge in use.",
            &[
                ("id", &about.release.id),
                ("version", &about.release.version),
                ("sha256", &about.release.digest),
            ],
        )?;
        let version = env!("CARGO_PKG_VERSION");
        info("cds_build_info", "The program.", &[("version", version)])?;
        Ok(Self {
            durations,
            calls: counters(
                "cds_calls_total",
                "Calls to a service, by what became of them.",
                &["service", "hook", "client", "status"],
            )?,
            cards: counters(
                "cds_cards_total",
                "Cards that fired, shown or kept back.",
                &["kind", "indicator", "mode"],
            )?,
            fired: gauges(
                "cds_rule_last_fired_timestamp_seconds",
                "When a card of this kind fired last, shown or kept back.",
                &["kind"],
            )?,
            silent: counters(
                "cds_silent_total",
                "Orders about which nothing was said, by the gate that decided so.",
                &["gate", "reason"],
            )?,
            missing: counters(
                "cds_data_missing_total",
                "Calls in which data were not delivered.",
                &["key"],
            )?,
            unmapped: counter(
                "cds_unmapped_codes_total",
                "Codes of orders that nobody could explain.",
            )?,
            off: gauges(
                "cds_switched_off",
                "What is switched off at this moment.",
                &["scope", "name"],
            )?,
            refusals: counters(
                "cds_refusals_total",
                "Exchanges that ended in a refusal.",
                &["reason"],
            )?,
            denials: counters(
                "cds_auth_failures_total",
                "Callers not let in; the client is the one they claimed to be.",
                &["reason", "client"],
            )?,
            gathered: counters(
                "cds_gather_total",
                "Calls by what asking the FHIR server came to.",
                &["outcome"],
            )?,
            shed: counters("cds_shed_total", "What was turned away unanswered.", &["reason"])?,
            handshakes: counters(
                "cds_tls_handshakes_total",
                "TLS handshakes, by outcome.",
                &["outcome"],
            )?,
            connections: gauge("cds_connections", "Connections open.")?,
            ready: gauge("cds_ready", "Whether calls are welcome.")?,
            self_test: gauge(
                "cds_selftest_success",
                "Whether the example built in got its card when it was last tried.",
            )?,
            self_test_time: gauge(
                "cds_selftest_timestamp_seconds",
                "When the example built in was last tried.",
            )?,
            certificate_expires: match encrypted {
                true => Some(gauge(
                    "cds_tls_certificate_expiry_timestamp_seconds",
                    "When the certificate in use ends; 0 where that cannot be read.",
                )?),
                false => None,
            },
            feedback: counters(
                "cds_feedback_total",
                "Cards of which clients have told what became of them, each once.",
                &["kind", "outcome", "reason"],
            )?,
            repeats: counter(
                "cds_feedback_repeats_total",
                "Feedback that had been told before.",
            )?,
            store: StoreNumbers {
                writable: gauge(
                    "cds_store_writable",
                    "Whether the last attempt to write to the store went well.",
                )?,
                queued: gauge("cds_audit_queued", "Audit rows that wait to be written.")?,
                degraded: gauge(
                    "cds_replay_store_degraded",
                    "Whether used tokens are looked up in this process only, although replicas should share them.",
                )?,
                lost: counter(
                    "cds_audit_lost_total",
                    "Audit rows that found no place in the queue.",
                )?,
                failures: counter(
                    "cds_store_write_failures_total",
                    "Attempts to write to the store that failed.",
                )?,
                adding: Mutex::default(),
            },
            panics,
            registry,
        })
    }

    /// One exchange, whatever its route.
    pub(crate) fn exchange(&self, route: &str, took: Duration, refusal: Option<&Refusal>, busy: bool) {
        self.durations
            .with_label_values(&[route])
            .observe(took.as_secs_f64());
        let Some(refusal) = refusal else { return };
        self.refusals.with_label_values(&[refusal.code()]).inc();
        match refusal {
            Refusal::Unauthenticated(Denied { cause, client }) => {
                let client = client.as_deref().unwrap_or(UNKNOWN);
                self.denials.with_label_values(&[cause.code(), client]).inc();
            }
            Refusal::TooBusy => self.shed(if busy { "connections" } else { "calls" }),
            Refusal::TooMany { .. } => self.shed("rate"),
            Refusal::TooLate => self.shed("late"),
            _ => {}
        }
    }

    /// Something was turned away.
    pub(crate) fn shed(&self, reason: &str) {
        self.shed.with_label_values(&[reason]).inc();
    }

    /// One call; the service is one that is served, the client one that is registered.
    pub(crate) fn call(
        &self,
        service: Option<&str>,
        client: Option<&str>,
        outcome: Result<&Tally, &Refusal>,
    ) {
        let status = match outcome {
            Ok(_) => "2xx",
            Err(refusal) if refusal.is_ours() => "5xx",
            Err(_) => "4xx",
        };
        let hook = outcome.ok().and_then(|tally| tally.hook);
        let or = |word: Option<&'_ str>| word.map_or_else(|| UNKNOWN.to_owned(), str::to_owned);
        self.calls
            .with_label_values(&[&*or(service), &*or(hook), &*or(client), status])
            .inc();
        if let Ok(tally) = outcome {
            self.gathered.with_label_values(&[tally.gathered.key()]).inc();
            let shown = tally
                .shown
                .iter()
                .map(|(kind, how)| (kind, how.as_str(), "shown"));
            let kept_back = tally
                .kept_back
                .iter()
                .map(|(kind, how, mode)| (kind, *how, *mode));
            for (kind, indicator, mode) in shown.chain(kept_back) {
                self.cards
                    .with_label_values(&[kind.as_str(), indicator, mode])
                    .inc();
                let now = jiff::Timestamp::now().as_second();
                self.fired.with_label_values(&[kind]).set(now);
            }
            for (gate, reason) in &tally.silent {
                self.silent.with_label_values(&[gate, reason]).inc();
            }
            for key in &tally.missing {
                self.missing.with_label_values(&[key]).inc();
            }
            self.unmapped
                .inc_by(u64::try_from(tally.unmapped).unwrap_or_default());
        }
    }

    /// Feedback on one card was kept.
    pub(crate) fn feedback(&self, told: &Told<'_>) {
        if !told.first {
            return self.repeats.inc();
        }
        let kind = told.kind.unwrap_or(UNKNOWN);
        self.feedback
            .with_label_values(&[kind, told.outcome, told.reason])
            .inc();
    }

    /// A panic was caught.
    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    /// The example built in was tried.
    pub(crate) fn tested(&self, second: i64) {
        self.self_test_time.set(second);
    }

    /// How a TLS handshake ended.
    pub(crate) fn handshake(&self, outcome: &str) {
        self.handshakes.with_label_values(&[outcome]).inc();
    }

    /// All of it, in the text format of Prometheus.
    pub(crate) fn text(&self, standing: &Standing) -> Vec<u8> {
        self.ready.set(standing.ready.into());
        self.self_test.set(standing.tested.into());
        if let Some(gauge) = &self.certificate_expires {
            gauge.set(standing.certificate_expires.unwrap_or_default());
        }
        if let Some(standing) = standing.store {
            self.store.set(standing);
        }
        self.off.reset();
        for (scope, name) in &standing.off {
            self.off.with_label_values(&[scope.key(), name.as_str()]).set(1);
        }
        let mut text = Vec::new();
        // Writing to memory does not fail, and what has not been counted yet is not among what is gathered.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }
}
