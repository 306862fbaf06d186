//! `apposite explain`: how one request, or a stream of them, is judged.
//!
//! Reading and reporting only; the explanation itself comes from an [`Explain`].

use super::config::{self, Overrides};
use super::{Cards, Failure, LocalCodes, files, lines, print, wiring};
use crate::service::{Refusal, today};
use jiff::civil::Date;
use serde_json::json;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tells how a request is judged.
pub trait Explain {
    /// The explanation of one request, judged as on that day.
    ///
    /// # Errors
    /// The same refusal the service would give.
    fn explain(&self, request: &[u8], as_of: Date, form: Form) -> Result<String, Refusal>;
}

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Form {
    /// For people
    #[default]
    Text,
    /// For programs, indented
    Json,
    /// For programs, on one line
    #[value(skip)]
    JsonLine,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The request, as the EHR posts it; `-` for standard input
    #[arg(default_value = "-")]
    request: PathBuf,
    /// Judge as on this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Read one request per line and answer each on one line of JSON
    #[arg(long, conflicts_with = "format")]
    ndjson: bool,
    /// Judge it as a call of this client of the configuration: with its codes, and answered as it speaks
    #[arg(long, value_name = "NAME", requires = "config")]
    client: Option<String>,
    /// The configuration that registers the client
    #[arg(long, value_name = "FILE", env = "APPOSITE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    cards: Cards,
    #[command(flatten)]
    local_codes: LocalCodes,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    files::check_folder(arguments.cards.folder.as_deref())?;
    let explain = match (&arguments.client, &arguments.config) {
        (Some(client), Some(config)) => {
            let overrides = Overrides {
                cards: arguments.cards.folder.clone(),
                local_codes: arguments.local_codes.file.clone(),
                ..Overrides::default()
            };
            let configured = config::effective(Some(config), &overrides)?;
            config::refuse_problems(Some(config), &configured)?;
            wiring::explain_to(&configured, client)?
        }
        _ => wiring::explain(
            arguments.cards.folder.as_deref(),
            arguments.local_codes.file.as_deref(),
        )?,
    };
    let as_of = arguments.as_of.unwrap_or_else(today);
    if arguments.ndjson {
        return stream(&*explain, &arguments.request, as_of);
    }
    let request = files::read(&arguments.request)?;
    let text = explain
        .explain(&request, as_of, arguments.format)
        .map_err(|refusal| {
            let place = refusal.place().map(|p| format!(" at `{p}`")).unwrap_or_default();
            let what = format!("`{}`{place}: {refusal}", arguments.request.display());
            Failure::new(what, "`apposite example` prints a request that works")
        })?;
    print(&text)?;
    if !text.ends_with('\n') {
        print("\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn stream(explain: &dyn Explain, path: &Path, as_of: Date) -> anyhow::Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let tally = if path == Path::new("-") {
        explain_lines(explain, &mut io::stdin().lock(), &mut out, as_of)
    } else {
        // `/dev/fd/…` and pipes are files too, so they are streamed and not read whole.
        let file = files::open(path)?;
        explain_lines(explain, &mut io::BufReader::new(file), &mut out, as_of)
    };
    let tally = match tally.and_then(|tally| out.flush().map(|()| tally)) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        other => other?,
    };
    if tally.failed > 0 {
        let _ = writeln!(
            io::stderr(),
            "{} of {} requests could not be judged",
            tally.failed,
            tally.read
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// How many requests were read, and how many of them could not be judged.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    read: usize,
    failed: usize,
}

/// One line in, one line out; a bad line costs only itself.
fn explain_lines(
    explain: &dyn Explain,
    from: &mut dyn BufRead,
    to: &mut dyn Write,
    as_of: Date,
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    lines::each(from, |number, line| {
        let outcome = line.and_then(|line| explain.explain(line, as_of, Form::JsonLine));
        tally.read = tally.read.saturating_add(1);
        // An explanation that is not one line would break the stream for every reader: a defect, said as such.
        let outcome = outcome.and_then(|text| {
            let text = text.trim_end();
            if text.contains('\n') {
                Err(Refusal::Failed)
            } else {
                Ok(text.to_owned())
            }
        });
        let text = outcome.unwrap_or_else(|refusal| {
            tally.failed = tally.failed.saturating_add(1);
            complaint(number, &refusal)
        });
        writeln!(to, "{text}")
    })?;
    Ok(tally)
}

/// What stands in the output for a line that could not be judged.
fn complaint(line: usize, refusal: &Refusal) -> String {
    let mut error = json!({ "code": refusal.code(), "message": refusal.to_string() });
    if let (Some(place), Some(error)) = (refusal.place(), error.as_object_mut()) {
        error.insert("place".into(), place.into());
    }
    json!({ "line": line, "error": error }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Limits;

    /// Repeats what it is given, and refuses what is not JSON.
    struct Echo;

    impl Explain for Echo {
        fn explain(&self, request: &[u8], as_of: Date, _: Form) -> Result<String, Refusal> {
            let value: serde_json::Value =
                serde_json::from_slice(request).map_err(|_| Refusal::unreadable("not JSON"))?;
            Ok(json!({ "echo": value, "as_of": as_of.to_string() }).to_string())
        }
    }

    fn run(input: &[u8]) -> (Tally, String) {
        let mut out = Vec::new();
        let day = jiff::civil::date(2026, 6, 15);
        let tally = explain_lines(&Echo, &mut &input[..], &mut out, day).unwrap();
        (tally, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_bad_line_costs_only_itself_and_keeps_its_number() {
        let (tally, out) = run(b"1\n\n{\n  3  \r\n4");
        assert_eq!(tally, Tally { read: 4, failed: 1 });
        let expect = concat!(
            r#"{"echo":1,"as_of":"2026-06-15"}"#,
            "\n",
            r#"{"line":3,"error":{"code":"body-not-readable","message":"not JSON"}}"#,
            "\n",
            r#"{"echo":3,"as_of":"2026-06-15"}"#,
            "\n",
            r#"{"echo":4,"as_of":"2026-06-15"}"#,
            "\n",
        );
        assert_eq!(out, expect);
    }

    #[test]
    fn a_line_over_the_limit_is_refused_and_the_next_one_is_read() {
        let mut input = vec![b' '; Limits::default().body_bytes + 2];
        input.extend_from_slice(b"\n7\n");
        let (tally, out) = run(&input);
        assert_eq!(tally, Tally { read: 2, failed: 1 });
        assert!(
            out.starts_with(r#"{"line":1,"error":{"code":"body-too-large""#),
            "{out}"
        );
        assert!(out.contains(r#"{"echo":7"#), "{out}");
    }
}
