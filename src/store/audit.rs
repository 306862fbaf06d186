//! What is kept of a call (SC-19): when, whose, what was decided by which rules, which cards, how long it took.
//!
//! Persons and orders appear as pseudonyms; nothing else of the request is here.

use super::statement::{Statement, Value};
use crate::insight::Mode;

/// One call that was let in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    /// Names this row and no other.
    pub id: String,
    /// When it arrived, in milliseconds since 1970.
    pub at: i64,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The service that was called.
    pub service: String,
    /// The hook.
    pub hook: String,
    /// `hookInstance`, a random number of the client.
    pub hook_instance: String,
    /// Who called.
    pub owner: Owner,
    /// The pseudonym of the user.
    pub user: String,
    /// The pseudonym of the patient.
    pub patient: String,
    /// `answered`, or our code of the refusal.
    pub outcome: String,
    /// What asking the FHIR server came to.
    pub gathered: String,
    /// Prefetch keys that were not delivered.
    pub missing: Vec<String>,
    /// Draft orders in the call.
    pub orders: usize,
    /// The knowledge: id, version, digest.
    pub knowledge: [String; 3],
    /// The version of this program.
    pub service_version: String,
    /// What was decided about each order.
    pub decisions: Vec<AuditedDecision>,
    /// The cards that fired, shown or not.
    pub cards: Vec<AuditedCard>,
    /// Codes of orders that nobody could explain: system and code. Counted apart from this row, and not all of them.
    pub codes: Vec<(String, String)>,
}

/// Whose a row is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// The client's name in the configuration; empty for anybody.
    pub client: String,
    /// Its issuer.
    pub issuer: String,
    /// The organisation it spoke for.
    pub tenant: String,
}

/// What was decided about one order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditedDecision {
    /// The pseudonym of the order.
    pub order: String,
    /// Whether the hook asked about it.
    pub selected: bool,
    /// The study it asks for.
    pub study: String,
    /// The clinical question.
    pub scenario: String,
    /// How sure we are of the question.
    pub certainty: String,
    /// The rating held.
    pub rating: String,
    /// The rules that spoke.
    pub rules: Vec<String>,
    /// The step that decided it: rule, fact and answer.
    pub last_step: String,
    /// Where nothing is said about it: the gate that decided so.
    pub gate: String,
    /// Where nothing is said about it: why.
    pub reason: String,
    /// How many codes of it nobody could explain.
    pub unmapped: usize,
}

/// One card in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditedCard {
    /// Its id.
    pub card: String,
    /// The decision it is about, by its place.
    pub decision: Option<usize>,
    /// Its kind.
    pub kind: String,
    /// How loud it was.
    pub indicator: String,
    /// Whether it was shown.
    pub mode: Mode,
    /// The id of each suggestion, and the study or question behind it.
    pub suggestions: Vec<(String, String)>,
}

const CALL: &str = "INSERT INTO audit_call (id, at, micros, service, hook, hook_instance, client, issuer, tenant, \
    user_pseudonym, patient_pseudonym, outcome, gathered, missing, orders, knowledge, knowledge_version, \
    knowledge_digest, service_version) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
    ON CONFLICT DO NOTHING";

const DECISION: &str = "INSERT INTO audit_decision (call_id, place, order_pseudonym, selected, study, scenario, certainty, \
    rating, rules, last_step, gate, reason, unmapped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
    ON CONFLICT DO NOTHING";

const CARD: &str = "INSERT INTO audit_card (card, call_id, place, at, issuer, tenant, kind, indicator, mode) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";

const SUGGESTION: &str = "INSERT INTO audit_suggestion (suggestion, card, call_id, place, offer) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

impl Audit {
    /// The statements that keep it.
    pub(super) fn statements(&self) -> Vec<Statement> {
        let Owner {
            client,
            issuer,
            tenant,
        } = &self.owner;
        let [knowledge, version, digest] = &self.knowledge;
        let call = [
            (&self.id).into(),
            self.at.into(),
            self.micros.into(),
            (&self.service).into(),
            (&self.hook).into(),
            (&self.hook_instance).into(),
            client.into(),
            issuer.into(),
            tenant.into(),
            (&self.user).into(),
            (&self.patient).into(),
            (&self.outcome).into(),
            (&self.gathered).into(),
            self.missing.join(" ").into(),
            self.orders.into(),
            knowledge.into(),
            version.into(),
            digest.into(),
            (&self.service_version).into(),
        ];
        let mut all = vec![Statement::new(CALL, call)];
        all.extend(
            self.decisions
                .iter()
                .enumerate()
                .map(|(at, d)| d.statement(&self.id, at)),
        );
        for card in &self.cards {
            let place = card.decision.map_or(Value::Number(-1), Value::from);
            let values = [
                (&card.card).into(),
                (&self.id).into(),
                place,
                self.at.into(),
                issuer.into(),
                tenant.into(),
                (&card.kind).into(),
                (&card.indicator).into(),
                card.mode.key().into(),
            ];
            all.push(Statement::new(CARD, values));
            for (at, (suggestion, offer)) in card.suggestions.iter().enumerate() {
                let card = &card.card;
                let values = [
                    suggestion.into(),
                    card.into(),
                    (&self.id).into(),
                    at.into(),
                    offer.into(),
                ];
                all.push(Statement::new(SUGGESTION, values));
            }
        }
        all
    }
}

impl AuditedDecision {
    fn statement(&self, call: &str, at: usize) -> Statement {
        let values = [
            call.into(),
            at.into(),
            (&self.order).into(),
            self.selected.into(),
            (&self.study).into(),
            (&self.scenario).into(),
            (&self.certainty).into(),
            (&self.rating).into(),
            self.rules.join(" ").into(),
            (&self.last_step).into(),
            (&self.gate).into(),
            (&self.reason).into(),
            self.unmapped.into(),
        ];
        Statement::new(DECISION, values)
    }
}
