//! A decision that does what its service id says.

use apposite::cds_hooks::{FaultKind, RequestFault};
use apposite::service::{
    About, Answer, Answering, Caller, Decide, FhirAccess, Gathered, Record, Refusal, Release, Service, Tally,
};
use axum::body::Bytes;
use jiff::civil::Date;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard};

/// What nobody may ever see: it stands for patient data in a panic message.
pub const SECRET: &str = "patient-text-that-must-not-leak";

pub const DISCOVERY: &str = r#"{"services":[{"hook":"order-select","id":"silent"}]}"#;

pub struct Fake {
    about: About,
    gate: Gate,
    /// What its self-test says.
    sound: Arc<AtomicBool>,
}

/// Holds calls to `gate` until the test lets them go.
struct Gate {
    entered: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

/// The test's side of the gate.
pub struct Gatekeeper {
    pub entered: Receiver<()>,
    pub open: Sender<()>,
    /// What the self-test says from now on.
    pub sound: Arc<AtomicBool>,
}

impl Fake {
    pub fn new(sound: bool) -> (Self, Gatekeeper) {
        let sound = Arc::new(AtomicBool::new(sound));
        let ids = [
            "silent",
            "echo",
            "gate",
            "never",
            "panic",
            "structure",
            "required",
            "value",
            "not-supported",
            "unavailable",
        ];
        let services = ids
            .map(|id| Service {
                id: id.to_owned(),
                hook: "order-select".to_owned(),
            })
            .to_vec();
        let (enter, entered) = std::sync::mpsc::channel();
        let (open, opened) = std::sync::mpsc::channel();
        let gate = Gate {
            entered: Mutex::new(enter),
            open: Mutex::new(opened),
        };
        let about = About {
            services,
            knowledge: "fake 1.0.0".to_owned(),
            release: Release {
                id: "fake".to_owned(),
                version: "1.0.0".to_owned(),
                digest: "abc".to_owned(),
            },
            reasons: vec![("urn:s".to_owned(), "known".to_owned())],
        };
        (
            Self {
                about,
                gate,
                sound: Arc::clone(&sound),
            },
            Gatekeeper { entered, open, sound },
        )
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl Decide for Fake {
    fn about(&self) -> &About {
        &self.about
    }

    fn discovery(&self) -> Bytes {
        Bytes::from_static(DISCOVERY.as_bytes())
    }

    fn self_test(&self) -> bool {
        self.sound.load(Ordering::Relaxed)
    }

    fn answer<'a>(
        &'a self,
        service_id: &'a str,
        _: &'a Caller,
        body: &'a [u8],
        today: Date,
        _: &'a FhirAccess,
    ) -> Answering<'a> {
        if service_id == "never" {
            return Box::pin(std::future::pending());
        }
        Box::pin(std::future::ready(self.reply(service_id, body, today)))
    }
}

impl Fake {
    fn reply(&self, service_id: &str, body: &[u8], today: Date) -> Result<Answer, Refusal> {
        let unreadable = |kind| {
            let (pointer, message) = ("/context/patientId".to_owned(), "our words".to_owned());
            Err(Refusal::Unreadable(RequestFault {
                kind,
                pointer,
                message,
            }))
        };
        match service_id {
            "structure" => return unreadable(FaultKind::Structure),
            "required" => return unreadable(FaultKind::Required),
            "value" => return unreadable(FaultKind::Value),
            "not-supported" => return unreadable(FaultKind::NotSupported),
            "unavailable" => {
                return Err(Refusal::DataUnavailable {
                    source_key: "conditions",
                });
            }
            "panic" => panic!("{SECRET}"),
            "gate" => {
                locked(&self.gate.entered).send(()).unwrap();
                locked(&self.gate.open).recv().unwrap();
            }
            "echo" => {
                let said = format!(r#"{{"bytes":{},"today":"{today}","cards":[]}}"#, body.len());
                return Ok(Answer {
                    body: said.into_bytes(),
                    cards: 0,
                    tally: Tally::default(),
                    record: Record::default(),
                });
            }
            _ => {}
        }
        Ok(Answer {
            body: br#"{"cards":[]}"#.to_vec(),
            cards: 0,
            tally: Tally {
                hook: Some("order-select"),
                shown: vec![("KIND".to_owned(), "info".to_owned())],
                gathered: Gathered::Answered,
                ..Tally::default()
            },
            record: Record::default(),
        })
    }
}
