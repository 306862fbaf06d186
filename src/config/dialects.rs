//! Dialects in a configuration: what one sets where a client leaves it out, and what does not go together.
//!
//! A dialect is named, or is a file; files are read where the service is put together (`cli::wiring`), not here.

use super::{Algorithm, Client, Config, Orderables, Profile};
use crate::dialect::{self, Dialect, Place};
use std::path::{Path, PathBuf};

/// The file that a dialect is, unless it is a name.
#[must_use]
pub fn file(dialect: &str) -> Option<PathBuf> {
    let path = Path::new(dialect);
    path.extension()
        .is_some_and(|e| e == "toml")
        .then(|| path.to_owned())
}

/// Lets paths of dialects start at the folder of the configuration, and fills in what the dialects compiled in say of
/// tokens where a client says nothing.
pub(super) fn apply(config: &mut Config, text: &str, folder: &Path) {
    let written: toml::Table = toml::from_str(text).unwrap_or_default();
    let tables = written.get("client").and_then(toml::Value::as_array);
    let tables = tables.map(Vec::as_slice).unwrap_or_default();
    for (client, table) in config.clients.iter_mut().zip(tables) {
        let Some(dialect) = Dialect::built_in(&client.dialect).filter(|_| client.dialect != dialect::GENERIC)
        else {
            continue;
        };
        if table.get("algorithms").is_none() {
            let named = dialect
                .algorithms
                .value
                .iter()
                .filter_map(|name| Algorithm::named(name));
            client.algorithms = named.collect();
        }
        if table.get("max_lifetime_seconds").is_none() {
            client.max_lifetime_seconds = dialect.max_lifetime_seconds.value;
        }
    }
    let dialects = config.clients.iter_mut().map(|c| &mut c.dialect);
    for dialect in dialects.chain([&mut config.dialect]) {
        if let Some(path) = file(dialect).and_then(|p| folder.join(p).to_str().map(str::to_owned)) {
            *dialect = path;
        }
    }
}

/// What is wrong with a dialect as it is named.
pub(super) fn check(name: &str, profile: Profile, found: &mut dyn FnMut(String, &str)) {
    if file(name).is_none() && Dialect::built_in(name).is_none() {
        let known: Vec<&str> = dialect::names().collect();
        let message = format!("`{name}` is none of: {}", known.join(", "));
        found(message, "name one of these, or a file that ends in `.toml`");
    }
    if name == "public-sandbox" && profile == Profile::Production {
        let message = "a page for made-up patients".to_owned();
        found(message, "use it with the development profile only");
    }
}

/// What does not go together in the settings of a client.
pub(super) fn check_client(client: &Client, config: &Config, found: &mut dyn FnMut(&str, String, &str)) {
    check(&client.dialect, config.profile, &mut |message, help| {
        found("dialect", message, help)
    });
    let maps = client.local_codes.is_some() || config.local_codes.is_some();
    if client.orderables == Orderables::Required && !maps {
        let message = "nothing could be offered: there is no map of codes".to_owned();
        found(
            "orderables",
            message,
            "set `local_codes`; see `deploy/local-codes.md`",
        );
    }
    let Some(dialect) = Dialect::built_in(&client.dialect) else {
        return;
    };
    for (setting, message, help) in rating_problems(client, dialect) {
        found(setting, message, help);
    }
}

/// What does not go together in how ratings are to be written on the orders of a client that speaks like this: setting,
/// problem, help.
#[must_use]
pub fn rating_problems(client: &Client, dialect: &Dialect) -> Vec<(&'static str, String, &'static str)> {
    let mut found = Vec::new();
    let place = client.system_actions.unwrap_or(dialect.system_actions.value);
    if !dialect.reads(place) {
        let message = format!(
            "nothing says that a client of `{}` reads them there",
            client.dialect
        );
        let help = "choose another place, or describe this client in a dialect of its own";
        found.push(("system_actions", message, help));
    }
    if let Some(code) = &client.pama_g_code {
        if place == Place::Off {
            let message = "no ratings are written on orders".to_owned();
            found.push(("pama_g_code", message, "set `system_actions`, or leave it out"));
        }
        if code.is_empty() || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message = "not the identifier of a mechanism".to_owned();
            found.push(("pama_g_code", message, "letters and digits, as CMS assigned it"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str =
        "[[client]]\nname = 'ehr'\nissuer = 'i'\njwks_url = 'https://ehr.example.org/jwks'\n";

    fn parse(more: &str) -> Config {
        Config::parse(&format!("{CLIENT}{more}"), Path::new("/etc/apposite")).unwrap()
    }

    #[test]
    fn a_dialect_says_how_tokens_are_signed_unless_the_client_does() {
        let check = |more: &str, algorithms: &[Algorithm], seconds: u32| {
            let client = &parse(more).clients[0];
            assert_eq!(
                (&client.algorithms[..], client.max_lifetime_seconds),
                (algorithms, seconds),
                "{more}"
            );
        };
        check("", &[Algorithm::ES384, Algorithm::RS384], 3600);
        check("dialect = 'epic'", &[Algorithm::RS384], 3600);
        check(
            "dialect = 'epic'\nalgorithms = ['ES384']",
            &[Algorithm::ES384],
            3600,
        );
        let crd = [Algorithm::RS256, Algorithm::RS384, Algorithm::ES384];
        check("dialect = 'da-vinci-crd'", &crd, 86_400);
        check("dialect = 'da-vinci-crd'\nmax_lifetime_seconds = 60", &crd, 60);
    }

    /// Every name of an algorithm in a dialect is one that tokens can be checked by.
    #[test]
    fn dialects_name_algorithms_that_exist() {
        for name in dialect::names() {
            let dialect = Dialect::built_in(name).unwrap();
            assert!(
                dialect
                    .algorithms
                    .value
                    .iter()
                    .all(|a| Algorithm::named(a).is_some()),
                "{name}"
            );
        }
    }

    #[test]
    fn paths_start_where_the_file_is() {
        let config = parse("dialect = 'own.toml'\nlocal_codes = 'codes.csv'");
        let client = &config.clients[0];
        assert_eq!(client.dialect, "/etc/apposite/own.toml");
        assert_eq!(
            client.local_codes.as_deref(),
            Some(Path::new("/etc/apposite/codes.csv"))
        );
        assert_eq!(config.problems(), []);
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let check = |more: &str, word: &str| {
            let said: Vec<String> = parse(more).problems().iter().map(ToString::to_string).collect();
            assert_eq!(said.len(), 1, "{more}: {said:?}");
            assert!(said[0].contains(word), "{more}: {said:?}");
        };
        check("dialect = 'epik'", "public-sandbox");
        check("orderables = 'required'", "no map of codes");
        check(
            "dialect = 'epic'\nsystem_actions = 'extension'",
            "reads them there",
        );
        check(
            "dialect = 'oracle-health'\nsystem_actions = 'top-level'",
            "reads them there",
        );
        check("pama_g_code = 'G1000'", "no ratings");
        check(
            "system_actions = 'both'\npama_g_code = 'G 1'",
            "letters and digits",
        );
        let fine =
            "system_actions = 'both'\npama_g_code = 'G1000'\norderables = 'required'\nlocal_codes = 'c.csv'";
        assert_eq!(parse(fine).problems(), []);
    }
}
