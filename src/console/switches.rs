//! Switching a service, a card or a client off, and on again: kept in the store, with who did it and why.

use super::page::{Frame, page as whole, piece};
use super::{Console, query};
use crate::store::{Scope, Switch};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use minijinja::{Value, context};
use std::sync::Arc;

/// Changes that are shown.
const CHANGES: usize = 20;

/// One switch is set.
pub(super) async fn set(State(console): State<Arc<Console>>, form: String) -> Response {
    let value = |name: &str| {
        query::value(Some(&form), name)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let (what, off) = (value("what"), value("off") == "true");
    let known = console.switchable();
    let asked = what
        .split_once(' ')
        .and_then(|(scope, name)| Some((Scope::named(scope)?, name.to_owned())));
    let asked = asked.filter(|(scope, name)| !off || known.iter().any(|(s, n)| s == scope && n == name));
    let (Some((scope, name)), by, why) = (asked, value("by"), value("why")) else {
        return console.refused("there is no such service, card or client");
    };
    if by.is_empty() || why.is_empty() {
        return console.refused("say who switches, and why");
    }
    let at = Timestamp::now().as_millisecond();
    let switch = Switch {
        scope,
        name,
        off,
        at,
        by,
        why,
    };
    match console.backstage.switch(&switch).await {
        Ok(()) => Redirect::to("/console/health#switches").into_response(),
        Err(_) => console.refused("the store does not answer: nothing is switched"),
    }
}

impl Console {
    /// What can be switched off.
    fn switchable(&self) -> Vec<(Scope, String)> {
        let knowledge = self.service.knowledge();
        let cards = knowledge
            .words()
            .cards
            .keys()
            .map(|kind| (Scope::Rule, kind.to_string()));
        let clients = self
            .backstage
            .clients()
            .into_iter()
            .map(|client| (Scope::Client, client.client));
        let service = (Scope::Service, self.service_id().to_owned());
        [service].into_iter().chain(cards).chain(clients).collect()
    }

    /// What is switched off, what can be, and the last changes; nothing without a store.
    pub(super) async fn switches(&self) -> Option<Value> {
        let store = self.backstage.store()?;
        let (Ok(all), Ok(changes)) = (store.switches().await, store.switch_changes(CHANGES).await) else {
            return Some(context! { failing => true });
        };
        let told = |switch: &Switch| {
            let at = Timestamp::from_millisecond(switch.at).unwrap_or_default();
            context! {
                what => format!("{} {}", switch.scope.key(), switch.name), off => switch.off,
                by => switch.by.as_str(), why => switch.why.as_str(), at => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            }
        };
        let off: Vec<Value> = all.iter().filter(|switch| switch.off).map(told).collect();
        let known = self.switchable();
        let known: Vec<String> = known
            .iter()
            .map(|(scope, name)| format!("{} {name}", scope.key()))
            .collect();
        Some(context! { off, known, changes => changes.iter().map(told).collect::<Vec<_>>() })
    }

    fn refused(&self, why: &str) -> Response {
        let frame: Frame = self.frame();
        let content = piece(
            "notice.html",
            context! { tone => "bad", text => format!("Nothing is switched: {why}.") },
        );
        let mut response = whole(&frame, "/console/health", "Nothing is switched", "", content);
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        response
    }
}
