//! Apposite: CDS Hooks decision support for imaging orders.
//!
//! One call, twelve steps. The shell does IO, the core is pure:
//!
//! | step | module | what happens |
//! |---|---|---|
//! | 1 accept, 2 identify, 12 record | [`service`] | limits, routes, who calls, what is kept |
//! | 3 read | [`cds_hooks`] | body → `HookRequest` |
//! | 4 gather, 5 translate | [`fhir`] | FHIR JSON → [`engine::case::Case`] |
//! | 6–10 | [`engine::consult`] | study (R1), person (R2), disease (R3), link (R4), timeline and intent (R5, R6), rating, advice (§7) |
//! | 11 answer | [`answer`] | advice → cards |
//!
//! Clinical knowledge is data (`cards/`), loaded and checked by [`knowledge`]; [`review`] lets the knowledge check
//! itself with the engine.
//!
//! Dependency rule (held by `tests/knowledge/tidy.rs`): `terminology` ← `knowledge` ← `engine` ← `answer` ←
//! `review`; `cds_hooks`, `insight` and `plot` use nothing of ours, `dialect` only the first, `report` the other two; only `fhir`, `service`, `config`, `console`, `simulate` (which uses nothing of ours), `evaluate` and `cli` belong to the shell, may do IO or name fhirbolt, and they
//! exist only with the `service` feature. `cargo test --no-default-features` builds the core alone.

pub mod answer;
pub mod cds_hooks;
pub mod dialect;
pub mod engine;
pub mod insight;
pub mod knowledge;
pub mod plot;
pub mod report;
pub mod review;
pub mod terminology;

#[cfg(feature = "service")]
pub mod cli;
#[cfg(feature = "service")]
pub mod config;
#[cfg(feature = "service")]
pub mod console;
#[cfg(feature = "service")]
pub mod evaluate;
#[cfg(feature = "service")]
pub mod fhir;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod simulate;
#[cfg(feature = "service")]
pub mod store;
