//! `apposite example`: requests to try the service with, built into the program.

use super::{Failure, print};
use crate::console::stories;
use std::process::ExitCode;

/// The example that shows a card.
pub(super) const DEFAULT: &str = stories::FIRST;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Which request: `order-select/seed-noncontrast-ct`
    #[arg(default_value = DEFAULT)]
    name: String,
    /// List the names instead
    #[arg(long)]
    list: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.list {
        print(&names().map(|name| format!("{name}\n")).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    print(named(&arguments.name)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The example of this name.
pub(super) fn named(name: &str) -> Result<&'static str, Failure> {
    stories::text(name).ok_or_else(|| {
        let names = names().collect::<Vec<_>>().join("`, `");
        Failure::new(
            format!("`{name}`: no example has this name"),
            format!("there are `{names}`"),
        )
    })
}

/// The names of all examples, in order.
pub(super) fn names() -> impl Iterator<Item = String> {
    stories::names()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_example_is_built_in() {
        assert!(names().any(|name| name == DEFAULT));
    }
}
