//! What the CDS Hooks specification asks of an answer, as a list of rules, each with the id that our tests use.
//!
//! Pure: what was asked and what came back go in, findings come out. The rules are those of any service; whether an
//! answer is right for the patient is not asked. [`sandbox`] adds what the page of the public sandbox needs.

mod actions;
mod answer;
mod cards;
pub mod discovery;
pub mod sandbox;
#[cfg(test)]
mod tests;

use serde_json::Value;

/// One call and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The body that was sent.
    pub request: &'a Value,
    /// The status that came back.
    pub status: u16,
    /// The `Content-Type` that came back.
    pub media_type: Option<&'a str>,
    /// The body that came back.
    pub body: &'a [u8],
}

/// How much a rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Good practice: SHOULD in the specification, or a rule of this project.
    Advice,
    /// SHALL in the specification, or a field it requires.
    Required,
}

/// A rule that an answer does not keep.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The id of the rule: `R-064`.
    pub id: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// Where in the answer, as a JSON pointer; empty for the answer as a whole.
    pub place: String,
    /// What is there instead.
    pub what: String,
}

/// One rule.
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// What it asks, in one sentence.
    pub asks: &'static str,
    check: fn(&Seen<'_>, &mut Faults),
}

/// An exchange with its body read.
struct Seen<'a> {
    exchange: Exchange<'a>,
    body: Option<Value>,
}

/// Places and what is wrong there.
#[derive(Default)]
struct Faults(Vec<(String, String)>);

impl Faults {
    fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.0.push((place.into(), what.into()));
    }

    /// Adds a fault where something does not hold.
    fn unless(&mut self, holds: bool, place: impl Into<String>, what: impl Into<String>) {
        if !holds {
            self.add(place, what);
        }
    }
}

/// Every rule for answers to calls.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let lists = [answer::RULES, cards::RULES, actions::RULES];
    lists.into_iter().flatten()
}

/// What an answer does not keep.
#[must_use]
pub fn check(exchange: Exchange<'_>) -> Vec<Finding> {
    findings(exchange, all())
}

fn findings<'r>(exchange: Exchange<'_>, rules: impl Iterator<Item = &'r Rule>) -> Vec<Finding> {
    let seen = Seen {
        exchange,
        body: serde_json::from_slice(exchange.body).ok(),
    };
    let mut found = Vec::new();
    for rule in rules {
        let mut faults = Faults::default();
        (rule.check)(&seen, &mut faults);
        found.extend(faults.0.into_iter().map(|(place, what)| Finding {
            id: rule.id,
            level: rule.level,
            rule: rule.asks,
            place,
            what,
        }));
    }
    found
}

/// A value with its place.
#[derive(Clone)]
struct At<'v> {
    place: String,
    value: &'v Value,
}

impl<'v> At<'v> {
    fn member(&self, key: &str) -> Option<At<'v>> {
        Some(At {
            place: format!("{}/{key}", self.place),
            value: self.value.get(key)?,
        })
    }

    /// The entries of a list; none if it is no list.
    fn entries(self) -> Vec<At<'v>> {
        let entries = self.value.as_array().into_iter().flatten().enumerate();
        let at = |(at, value)| At {
            place: format!("{}/{at}", self.place),
            value,
        };
        entries.map(at).collect()
    }

    fn list(&self, key: &str) -> Vec<At<'v>> {
        self.member(key).map(At::entries).unwrap_or_default()
    }

    /// A text that is there and says something.
    fn text(&self, key: &str) -> Option<&'v str> {
        let text = self.value.get(key)?.as_str()?;
        Some(text).filter(|t| !t.trim().is_empty())
    }
}

impl Seen<'_> {
    fn root(&self) -> At<'_> {
        At {
            place: String::new(),
            value: self.body.as_ref().unwrap_or(&Value::Null),
        }
    }

    fn is_success(&self) -> bool {
        self.exchange.status == 200
    }

    fn cards(&self) -> Vec<At<'_>> {
        self.root().list("cards")
    }

    fn suggestions(&self) -> Vec<At<'_>> {
        self.cards().iter().flat_map(|c| c.list("suggestions")).collect()
    }

    /// The actions of suggestions.
    fn actions(&self) -> Vec<At<'_>> {
        let suggestions = self.suggestions();
        suggestions.iter().flat_map(|s| s.list("actions")).collect()
    }

    /// The system actions, at both places where they may stand.
    fn system_actions(&self) -> Vec<At<'_>> {
        let root = self.root();
        let mut actions = root.list("systemActions");
        if let Some(extension) = root.member("extension") {
            actions.extend(extension.list("systemActions"));
        }
        actions
    }

    /// The draft order that was sent under this type and id.
    fn drafted(&self, resource: &Value) -> Option<&Value> {
        let context = self.exchange.request.get("context")?;
        let entries = context.get("draftOrders")?.get("entry")?.as_array()?;
        let mut orders = entries.iter().filter_map(|e| e.get("resource"));
        orders.find(|o| {
            o.get("resourceType") == resource.get("resourceType") && o.get("id") == resource.get("id")
        })
    }
}

/// Whether this is an address that stands for itself.
fn is_absolute(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|u| u.has_host() && matches!(u.scheme(), "http" | "https"))
}
