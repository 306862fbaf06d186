//! `apposite example`: requests to try the service with, built into the program.

use super::{Failure, print};
use include_dir::{Dir, include_dir};
use std::process::ExitCode;

static HOOKS: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/hooks");

/// The example that shows a card.
pub(super) const DEFAULT: &str = "order-select/seed-noncontrast-ct";

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
    let wanted = name.trim_end_matches(".json");
    let file = HOOKS.get_file(format!("{wanted}.json"));
    file.and_then(|f| f.contents_utf8()).ok_or_else(|| {
        let names = names().collect::<Vec<_>>().join("`, `");
        Failure::new(
            format!("`{name}`: no example has this name"),
            format!("there are `{names}`"),
        )
    })
}

/// The names of all examples, in order.
pub(super) fn names() -> impl Iterator<Item = String> {
    let files = HOOKS.dirs().flat_map(Dir::files);
    let mut names: Vec<_> = files
        .filter_map(|f| Some(f.path().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort_unstable();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_example_is_built_in() {
        assert!(names().any(|name| name == DEFAULT));
    }
}
