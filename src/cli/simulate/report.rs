//! What `simulate` prints: for people, or one JSON object per line for programs; and whether all was well.

use super::{Arguments, is_broken};
use crate::cli::print;
use crate::simulate::client::{Client, Reply};
use crate::simulate::ehr::{Asked, Ehr};
use crate::simulate::plain::harmless;
use crate::simulate::rules::{self, Finding};
use crate::simulate::show::Look;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::IsTerminal as _;

/// Widest line, also in a terminal that has room for more.
const WIDEST: usize = 100;

/// One call with everything that came of it.
pub(super) struct Called<'a> {
    pub(super) name: &'a str,
    pub(super) service: &'a str,
    pub(super) request: &'a Value,
    pub(super) reply: &'a Reply,
    pub(super) answer: &'a Value,
    pub(super) findings: &'a [Finding],
    pub(super) asked: &'a [Asked],
}

/// Prints as it goes, and counts.
pub(super) struct Report {
    json: bool,
    look: Look,
    calls: usize,
    cards: usize,
    broken: usize,
    refused: usize,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let look = Look {
            colour: !plain && std::io::stdout().is_terminal(),
            width: columns.unwrap_or(WIDEST).clamp(40, WIDEST),
        };
        Self {
            json,
            look,
            calls: 0,
            cards: 0,
            broken: 0,
            refused: 0,
        }
    }

    /// Nothing was broken, and every call was answered.
    pub(super) fn is_well(&self) -> bool {
        self.broken == 0 && self.refused == 0 && self.calls > 0
    }

    fn line(&self, value: &Value) -> anyhow::Result<()> {
        print(&format!("{value}\n"))
    }

    pub(super) fn begin(
        &self,
        client: &Client,
        ehr: &Ehr,
        issuer: &str,
        arguments: &Arguments,
        own: Option<&str>,
    ) -> anyhow::Result<()> {
        if self.json {
            return self.line(
                &json!({ "event": "begin", "discovery": client.discovery_url(), "issuer": issuer,
                "keys": ehr.key_set_url(), "fhir": ehr.fhir_base(), "knowledge": own }),
            );
        }
        let mut text = String::new();
        let mut row = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<9} {value}");
        };
        let service = own.map(|knowledge| format!(" (started here, knowledge {knowledge})"));
        row(
            "service",
            &format!("{}{}", client.discovery_url(), service.unwrap_or_default()),
        );
        match arguments.no_auth {
            true => row("tokens", "none"),
            false => {
                row("issuer", issuer);
                row(
                    "keys",
                    &format!("{} (ES384; a token for each call)", ehr.key_set_url()),
                );
            }
        }
        row(
            "FHIR",
            if arguments.no_fhir {
                "none"
            } else {
                ehr.fhir_base()
            },
        );
        print(&text)
    }

    pub(super) fn discovered(
        &mut self,
        reply: &Reply,
        document: &Value,
        findings: &[Finding],
    ) -> anyhow::Result<()> {
        self.broken += usize::from(is_broken(findings));
        if self.json {
            return self.line(
                &json!({ "event": "discovery", "status": reply.status, "millis": millis(reply),
                "services": document.get("services"), "findings": findings }),
            );
        }
        let mut text = format!(
            "\n{} {} in {} ms\n",
            self.look.strong("discovery"),
            reply.status,
            millis(reply)
        );
        for service in document
            .get("services")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            text.push_str(&self.look.service(service));
        }
        self.told(&mut text, findings, rules::discovery::RULES.len());
        print(&text)
    }

    pub(super) fn called(&mut self, called: &Called<'_>) -> anyhow::Result<()> {
        let Called {
            name,
            service,
            request,
            reply,
            answer,
            findings,
            asked,
        } = called;
        let nothing = Vec::new();
        let cards = answer.get("cards").and_then(Value::as_array).unwrap_or(&nothing);
        self.calls += 1;
        self.cards += cards.len();
        self.broken += usize::from(is_broken(findings));
        self.refused += usize::from(reply.status >= 400);
        if self.json {
            return self.line(
                &json!({ "event": "call", "call": name, "service": service, "status": reply.status,
                "millis": millis(reply), "answer": answer, "read": asked, "findings": findings }),
            );
        }
        let count = counted(cards.len(), "card");
        let told = if reply.status == 200 {
            count
        } else {
            refusal(answer)
        };
        let mut text = format!(
            "\n{} → {}: {} in {} ms, {told}\n",
            self.look.strong(name),
            harmless(service),
            reply.status,
            millis(reply)
        );
        for Asked { query, status } in *asked {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  read {} ({status})", harmless(query));
        }
        let drafted = |resource: &Value| drafted(request, resource);
        for card in cards {
            text.push('\n');
            text.push_str(&self.look.card(card, drafted));
        }
        let places = [Some(*answer), answer.get("extension")];
        let actions = places
            .iter()
            .flatten()
            .filter_map(|p| p.get("systemActions")?.as_array())
            .flatten();
        for (at, action) in actions.enumerate() {
            if at == 0 {
                text.push_str("\n    applied by itself:\n");
            }
            text.push_str(&self.look.action(action, drafted));
        }
        text.push('\n');
        self.told(&mut text, findings, rules::all().count());
        print(&text)
    }

    /// What became of a card was told.
    pub(super) fn feedback(&mut self, told: &Value, reply: &Reply) -> anyhow::Result<()> {
        let absent = matches!(reply.status, 404 | 405 | 501);
        let taken = (200..300).contains(&reply.status);
        // A service need not take feedback; one that does must not choke on it.
        self.refused += usize::from(!absent && !taken);
        if self.json {
            return self.line(
                &json!({ "event": "feedback", "sent": told, "status": reply.status,
                "millis": millis(reply), "taken": taken }),
            );
        }
        let outcome = told
            .pointer("/feedback/0/outcome")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let what = match (taken, absent) {
            (true, _) => "taken",
            (_, true) => "this service takes no feedback",
            _ => "refused",
        };
        print(&format!("  feedback: {outcome} → {}, {what}\n", reply.status))
    }

    /// No service listens to the hook of a call.
    pub(super) fn nobody(&mut self, name: &str, hook: &str) -> anyhow::Result<()> {
        self.refused += 1;
        if self.json {
            return self.line(&json!({ "event": "call", "call": name, "status": null, "hook": hook }));
        }
        print(&format!(
            "\n{}: no service for `{}` is listed\n",
            self.look.strong(name),
            harmless(hook)
        ))
    }

    pub(super) fn end(&self) -> anyhow::Result<()> {
        let (calls, cards, broken, refused) = (self.calls, self.cards, self.broken, self.refused);
        let (called, shown) = (counted(calls, "call"), counted(cards, "card"));
        if self.json {
            return self.line(
                &json!({ "event": "end", "calls": calls, "cards": cards, "broken": broken,
                "refused": refused, "well": self.is_well() }),
            );
        }
        let verdict = match (broken, refused) {
            (0, 0) => "all is well".to_owned(),
            _ => format!(
                "{} with a broken rule, {} refused",
                counted(broken, "answer"),
                counted(refused, "call")
            ),
        };
        let verdict = self.look.verdict(self.is_well(), &verdict);
        print(&format!("\n{called}, {shown}: {verdict}\n"))
    }

    fn told(&self, text: &mut String, findings: &[Finding], rules: usize) {
        if findings.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {rules} rules kept");
        }
        for finding in findings {
            text.push_str(&self.look.finding(finding));
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

fn millis(reply: &Reply) -> u64 {
    u64::try_from(reply.took.as_millis()).unwrap_or(u64::MAX)
}

/// Why a call was refused, in the words of its OperationOutcome.
fn refusal(answer: &Value) -> String {
    let issue = answer.pointer("/issue/0");
    let word = |place: &str| {
        issue
            .and_then(|i| i.pointer(place))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let text = format!("refused: {} {}", word("/code"), word("/details/text"));
    harmless(text.trim())
}

/// The draft order that an action is about.
fn drafted<'r>(request: &'r Value, resource: &Value) -> Option<&'r Value> {
    let entries = request.pointer("/context/draftOrders/entry")?.as_array()?;
    let mut orders = entries.iter().filter_map(|e| e.get("resource"));
    orders.find(|o| {
        ["resourceType", "id"]
            .iter()
            .all(|k| o.get(k).is_some() && o.get(k) == resource.get(k))
    })
}
