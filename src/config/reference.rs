//! Every setting with its meaning, unit, default and an example: the one list from which the example file is written
//! and against which the types are tested.

mod settings;

pub use settings::SETTINGS;

use std::fmt::Write as _;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name, with its table: `limits.body_bytes`, `client.issuer`.
    pub name: &'static str,
    /// What it does, and its unit.
    pub meaning: &'static str,
    /// Its default, as written in the file; `None` if it has none.
    pub default: Option<&'static str>,
    /// An example, as written in the file; without one, the example file leaves it out.
    pub example: Option<&'static str>,
    /// The variable of the environment and the option of the command line that override it.
    pub overridden: Option<(&'static str, &'static str)>,
}

const fn setting(name: &'static str, default: Option<&'static str>, meaning: &'static str) -> Setting {
    Setting {
        name,
        meaning,
        default,
        example: None,
        overridden: None,
    }
}

impl Setting {
    const fn such_as(self, example: &'static str) -> Self {
        Self {
            example: Some(example),
            ..self
        }
    }

    const fn overridden(self, variable: &'static str, option: &'static str) -> Self {
        Self {
            overridden: Some((variable, option)),
            ..self
        }
    }
}

/// The example file: every setting, explained; those without an example stand there as comments.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# Every setting of Apposite. Lines that begin with `#` show the default, or what a setting looks like.\n\
         # `apposite config check FILE` checks a file, `apposite serve --config FILE` uses it. An unknown setting is\n\
         # refused. Options of the command line go before variables of the environment, those before the file.\n\
         # This file is written by `apposite config example`.\n",
    );
    let mut table = "";
    for setting in SETTINGS {
        let (now, name) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if now != table {
            table = now;
            // Writing to a string cannot fail.
            let _ = match now {
                "client" => write!(
                    text,
                    "\n# One table for each client: an EHR, or one of its installations.\n[[client]]\n"
                ),
                other => write!(text, "\n[{other}]\n"),
            };
        }
        text.push('\n');
        for line in wrapped(&described(setting)) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = match (setting.example, setting.default) {
            (Some(example), _) => writeln!(text, "{name} = {example}"),
            (None, Some(default)) => writeln!(text, "# {name} = {default}"),
            (None, None) => writeln!(text, "# {name} = \"…\""),
        };
    }
    text
}

fn described(setting: &Setting) -> String {
    let mut text = setting.meaning.to_owned();
    match setting.default {
        Some(default) => text.extend([" Default: ", default, "."]),
        None => text.push_str(" No default."),
    }
    if let Some((variable, option)) = setting.overridden {
        text.extend([" Overridden by ", option, " or ", variable, "."]);
    }
    text
}

/// Lines of at most 110 characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let fits = lines
            .last()
            .is_none_or(|l| l.is_empty() || l.len() + 1 + word.len() <= 110);
        if !fits {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
