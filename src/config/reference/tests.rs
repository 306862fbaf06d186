//! The list against the types, and the example file.

use super::*;
use crate::config::{Admin, Client, Config, Store, Tls};
use std::collections::BTreeMap;
use std::path::Path;

/// The settings of a configuration by name, as the types write them.
fn written(config: &Config) -> BTreeMap<String, toml::Value> {
    fn walk(prefix: &str, value: &toml::Value, found: &mut BTreeMap<String, toml::Value>) {
        let table = match value {
            toml::Value::Table(table) => Some(table),
            toml::Value::Array(list) => list.first().and_then(toml::Value::as_table),
            _ => None,
        };
        match table {
            Some(table) => table.iter().for_each(|(name, value)| {
                let name = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                walk(&name, value, found);
            }),
            None => {
                found.insert(prefix.to_owned(), value.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk("", &toml::Value::try_from(config).unwrap(), &mut found);
    found
}

fn value(written: &str) -> toml::Value {
    toml::from_str::<toml::Table>(&format!("v = {written}")).unwrap()["v"].clone()
}

#[test]
fn every_setting_is_documented_with_its_real_default() {
    let defaults = Config {
        clients: vec![Client::new("", "")],
        ..Config::default()
    };
    let mut real = written(&defaults);
    for required in ["client.name", "client.issuer"] {
        real.remove(required);
    }
    let documented: BTreeMap<String, toml::Value> = SETTINGS
        .iter()
        .filter_map(|s| Some((s.name.to_owned(), value(s.default?))))
        .collect();
    assert_eq!(documented, real);

    // With everything set, the types write exactly the documented names.
    let whole = Config {
        base_url: Some(String::new()),
        cards: Some("".into()),
        local_codes: Some("".into()),
        tls: Tls {
            certificate: Some("".into()),
            key: Some("".into()),
            client_ca: Some("".into()),
            ..Tls::default()
        },
        admin: Admin {
            listen: Some(([127, 0, 0, 1], 9090).into()),
            operator_token_sha256: Some(String::new()),
            operator_token_file: Some("".into()),
            ..Admin::default()
        },
        store: Store {
            url: Some(String::new()),
            key_file: Some("".into()),
            password_file: Some("".into()),
            ca: Some("".into()),
            ..Store::default()
        },
        clients: vec![Client {
            jwks_url: Some(String::new()),
            jwks_file: Some("".into()),
            authorities: Some("".into()),
            fhir_subject: Some(String::new()),
            local_codes: Some("".into()),
            system_actions: Some(crate::dialect::Place::Off),
            pama_g_code: Some(String::new()),
            ..Client::new("", "")
        }],
        ..Config::default()
    };
    let mut names: Vec<&str> = SETTINGS.iter().map(|s| s.name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        written(&whole).keys().map(String::as_str).collect::<Vec<_>>()
    );
}

#[test]
fn the_example_is_a_configuration_without_problems() {
    let text = example();
    let config = Config::parse(&text, Path::new("")).unwrap();
    assert_eq!(config.problems(), []);
    assert!(text.lines().all(|l| l.chars().count() <= 120), "{text}");
    // What is commented out is well-formed too.
    let all: String = text
        .lines()
        .map(|l| match l.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(n, _)| !n.contains(' ')) => {
                format!("{rest}\n")
            }
            _ => format!("{l}\n"),
        })
        .collect();
    let config = Config::parse(&all, Path::new("")).unwrap();
    assert_eq!(written(&config).len(), SETTINGS.len());
}
