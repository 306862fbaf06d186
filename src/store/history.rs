//! What was kept, read back: calls in the order of time, some at once, each with its decisions, its cards and what was
//! told of them. Comments and persons are not read.

use super::database::Database;
use super::fault::StoreFault;
use super::statement::{Row, Statement, Value};
use crate::insight::Filter;
use crate::insight::row::{Call, Card, Decision, Mode, Told, UnmappedCode};
use std::collections::HashMap;

/// Which way calls are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The earliest first.
    Earliest,
    /// The latest first.
    Latest,
}

const EARLIEST: &str = "SELECT id, at, micros, service, hook, client, outcome, gathered, missing, orders, \
    knowledge_version, service_version FROM audit_call WHERE at >= $1 AND at < $2 AND (at, id) > ($3, $4) \
    AND ($5 = '' OR client = $5) AND ($6 = '' OR service = $6) AND ($7 = '' OR knowledge_version = $7) \
    AND ($8 = '' OR service_version = $8) ORDER BY at, id LIMIT $9";

const LATEST: &str = "SELECT id, at, micros, service, hook, client, outcome, gathered, missing, orders, \
    knowledge_version, service_version FROM audit_call WHERE at >= $1 AND at < $2 AND (at, id) < ($3, $4) \
    AND ($5 = '' OR client = $5) AND ($6 = '' OR service = $6) AND ($7 = '' OR knowledge_version = $7) \
    AND ($8 = '' OR service_version = $8) ORDER BY at DESC, id DESC LIMIT $9";

const DECISIONS: &str = "SELECT d.call_id, d.place, d.order_pseudonym, d.selected, d.study, d.scenario, d.certainty, \
    d.rating, d.rules, d.gate, d.reason, d.unmapped FROM audit_call c JOIN audit_decision d ON d.call_id = c.id \
    WHERE (c.at, c.id) >= ($1, $2) AND (c.at, c.id) <= ($3, $4) ORDER BY d.call_id, d.place";

const CARDS: &str = "SELECT k.call_id, k.card, k.place, k.kind, k.indicator, k.mode \
    FROM audit_call c JOIN audit_card k ON k.call_id = c.id \
    WHERE (c.at, c.id) >= ($1, $2) AND (c.at, c.id) <= ($3, $4) ORDER BY k.call_id, k.place, k.kind";

const OFFERS: &str = "SELECT s.call_id, s.card, s.suggestion, s.offer \
    FROM audit_call c JOIN audit_suggestion s ON s.call_id = c.id \
    WHERE (c.at, c.id) >= ($1, $2) AND (c.at, c.id) <= ($3, $4) ORDER BY s.call_id, s.place";

const TOLD: &str = "SELECT k.call_id, f.card, f.outcome, f.outcome_at, f.reason \
    FROM audit_call c JOIN audit_card k ON k.call_id = c.id \
    JOIN feedback f ON f.card = k.card AND f.issuer = k.issuer AND f.tenant = k.tenant \
    WHERE (c.at, c.id) >= ($1, $2) AND (c.at, c.id) <= ($3, $4) ORDER BY f.outcome_at, f.outcome DESC";

const TAKEN: &str = "SELECT k.call_id, f.card, f.outcome_at, t.suggestion \
    FROM audit_call c JOIN audit_card k ON k.call_id = c.id \
    JOIN feedback f ON f.card = k.card AND f.issuer = k.issuer AND f.tenant = k.tenant \
    JOIN feedback_suggestion t ON t.feedback_id = f.id \
    WHERE (c.at, c.id) >= ($1, $2) AND (c.at, c.id) <= ($3, $4) ORDER BY t.suggestion";

const CODES: &str = "SELECT day, client, system, code, orders FROM unmapped_code \
    WHERE day >= $1 AND day <= $2 AND ($3 = '' OR client = $3) ORDER BY day, client, system, code";

const UNKNOWN: &str =
    "SELECT COUNT(*) FROM feedback WHERE kind = '' AND at >= $1 AND at < $2 AND ($3 = '' OR client = $3)";

/// Calls that a filter may let through, as far as the database can tell: at most `size`, behind `from` (time and id).
pub(super) async fn calls(
    database: &Database,
    filter: &Filter,
    order: Order,
    from: Option<&(i64, String)>,
    size: usize,
) -> Result<Vec<Call>, StoreFault> {
    let (sql, edge) = match order {
        Order::Earliest => (EARLIEST, i64::MIN),
        Order::Latest => (LATEST, i64::MAX),
    };
    let (at, id) = from.map_or((edge, ""), |(at, id)| (*at, id.as_str()));
    let word = |word: &Option<String>| Value::from(word.as_deref().unwrap_or_default());
    let values = [
        filter.begins().into(),
        filter.ends().into(),
        at.into(),
        id.into(),
        word(&filter.client),
        word(&filter.service),
        word(&filter.knowledge_version),
        word(&filter.service_version),
        size.into(),
    ];
    let rows = database.query(Statement::new(sql, values)).await?;
    let mut calls: Vec<Call> = rows.into_iter().map(call).collect();
    let ends = calls.iter().map(|call| (call.at, call.id.clone()));
    let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else {
        return Ok(calls);
    };
    let within = |sql| {
        let values = [first.0.into(), (&first.1).into(), last.0.into(), (&last.1).into()];
        database.query(Statement::new(sql, values))
    };
    let places: HashMap<String, usize> = calls
        .iter()
        .enumerate()
        .map(|(at, c)| (c.id.clone(), at))
        .collect();
    let mut all = Children {
        calls: &mut calls,
        places,
    };
    for row in within(DECISIONS).await? {
        all.decision(row);
    }
    for row in within(CARDS).await? {
        all.card(row);
    }
    // By call and suggestion: what it offers.
    let mut offers: HashMap<(String, String), String> = HashMap::new();
    for row in within(OFFERS).await? {
        let mut cells = Cells(row.into_iter());
        let (call, card, suggestion, offer) = (cells.text(), cells.text(), cells.text(), cells.text());
        if let Some(card) = all.known(&call, &card) {
            card.offers.push(offer.clone());
        }
        offers.insert((call, suggestion), offer);
    }
    for row in within(TOLD).await? {
        let mut cells = Cells(row.into_iter());
        let (call, card) = (cells.text(), cells.text());
        // What was decided last holds; of one moment, that it was accepted.
        if let Some(card) = all.known(&call, &card) {
            card.told = Some(Told {
                accepted: cells.text() == "accepted",
                at: cells.number(),
                reason: cells.text(),
                taken: Vec::new(),
            });
        }
    }
    for row in within(TAKEN).await? {
        let mut cells = Cells(row.into_iter());
        let (call, card, at, suggestion) = (cells.text(), cells.text(), cells.number(), cells.text());
        let told = all.known(&call, &card).and_then(|card| card.told.as_mut());
        if let Some(told) = told.filter(|told| told.accepted && told.at == at) {
            let offer = offers.get(&(call, suggestion)).cloned();
            told.taken.push(offer.unwrap_or_default());
        }
    }
    Ok(calls)
}

/// Order codes that nobody could explain, by day and client.
pub(super) async fn unmapped(database: &Database, filter: &Filter) -> Result<Vec<UnmappedCode>, StoreFault> {
    let values = [
        filter.from.unwrap_or(i64::MIN).into(),
        filter.to.unwrap_or(i64::MAX).into(),
        filter.client.as_deref().unwrap_or_default().into(),
    ];
    let rows = database.query(Statement::new(CODES, values)).await?;
    let code = |row: Row| {
        let mut cells = Cells(row.into_iter());
        UnmappedCode {
            day: cells.number(),
            client: cells.text(),
            system: cells.text(),
            code: cells.text(),
            orders: cells.count(),
        }
    };
    Ok(rows.into_iter().map(code).collect())
}

/// How much was told of cards that are not known as the teller's.
pub(super) async fn told_of_unknown(database: &Database, filter: &Filter) -> Result<u64, StoreFault> {
    let client = filter.client.as_deref().unwrap_or_default();
    let values = [filter.begins().into(), filter.ends().into(), client.into()];
    let rows = database.query(Statement::new(UNKNOWN, values)).await?;
    Ok(rows
        .into_iter()
        .next()
        .map_or(0, |row| Cells(row.into_iter()).count()))
}

/// The cells of a row, one after the other.
struct Cells(std::vec::IntoIter<Value>);

impl Cells {
    fn text(&mut self) -> String {
        match self.0.next() {
            Some(Value::Text(text)) => text,
            _ => String::new(),
        }
    }

    fn number(&mut self) -> i64 {
        self.0.next().and_then(|v| v.number()).unwrap_or_default()
    }

    fn count(&mut self) -> u64 {
        u64::try_from(self.number()).unwrap_or_default()
    }

    fn words(&mut self) -> Vec<String> {
        self.text().split_whitespace().map(str::to_owned).collect()
    }
}

fn call(row: Row) -> Call {
    let mut cells = Cells(row.into_iter());
    Call {
        id: cells.text(),
        at: cells.number(),
        micros: cells.number(),
        service: cells.text(),
        hook: cells.text(),
        client: cells.text(),
        outcome: cells.text(),
        gathered: cells.text(),
        missing: cells.words(),
        drafts: cells.count(),
        knowledge_version: cells.text(),
        service_version: cells.text(),
        decisions: Vec::new(),
        cards: Vec::new(),
    }
}

/// Calls that get what belongs to them.
struct Children<'a> {
    calls: &'a mut [Call],
    places: HashMap<String, usize>,
}

impl Children<'_> {
    fn of(&mut self, call: &str) -> Option<&mut Call> {
        self.calls.get_mut(*self.places.get(call)?)
    }

    fn known(&mut self, call: &str, card: &str) -> Option<&mut Card> {
        self.of(call)?.cards.iter_mut().find(|c| c.id == card)
    }

    fn decision(&mut self, row: Row) {
        let mut cells = Cells(row.into_iter());
        let (id, _place) = (cells.text(), cells.number());
        let Some(call) = self.of(&id) else { return };
        call.decisions.push(Decision {
            order: cells.text(),
            selected: cells.number() != 0,
            study: cells.text(),
            scenario: cells.text(),
            certainty: cells.text(),
            rating: cells.text(),
            rules: cells.words(),
            gate: cells.text(),
            reason: cells.text(),
            unmapped: cells.count(),
        });
    }

    fn card(&mut self, row: Row) {
        let mut cells = Cells(row.into_iter());
        let id = cells.text();
        let Some(call) = self.of(&id) else { return };
        call.cards.push(Card {
            id: cells.text(),
            decision: usize::try_from(cells.number()).ok(),
            kind: cells.text(),
            indicator: cells.text(),
            mode: Mode::named(&cells.text()).unwrap_or_default(),
            offers: Vec::new(),
            told: None,
        });
    }
}
