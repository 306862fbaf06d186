//! Where the commands meet the core: knowledge from a folder or from the binary, and what is built on it.

use super::{DiffForm, Explain, Failure, Form, Report};
use super::{agreements, modes};
use crate::config::Config;
use crate::knowledge::finding::Finding;
use crate::knowledge::lifecycle::{self, Profile};
use crate::knowledge::{Knowledge, SourceFiles, compile, embedded_files};
use crate::review;
use crate::review::diff::{Answered, Comparison};
use crate::service::{Caller, Decide, ImagingService, Refusal};
use anyhow::Context as _;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Largest file that is read as knowledge: far above any real one, so that a wrong folder is told and not swallowed.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The service that answers calls, with the knowledge of this folder or the one built in, and a site's own codes.
///
/// # Errors
/// If the knowledge or the map of codes cannot be read or has defects.
pub fn decide(cards: Option<&Path>, local_codes: Option<&Path>) -> anyhow::Result<Arc<dyn Decide>> {
    Ok(Arc::new(service(cards, local_codes)?))
}

/// The service of a configuration: as [`decide`], keeping to what was agreed with each client.
///
/// # Errors
/// If a file that the configuration names cannot be read or has defects.
pub fn decide_configured(config: &Config) -> anyhow::Result<Arc<dyn Decide>> {
    Ok(Arc::new(service_configured(config)?))
}

fn service_configured(config: &Config) -> anyhow::Result<ImagingService> {
    let files = files(config.cards.as_deref())?;
    let service = service_of(&files, config.local_codes.as_deref())?;
    let modes = modes::of(config, service.knowledge())?;
    let service = service.with_modes(modes);
    Ok(match agreements::read(config, &files)? {
        Some(agreements) => service.with_agreements(agreements),
        None => service,
    })
}

/// Reads what was agreed with each client, to tell what is wrong with it.
///
/// # Errors
/// If a file that the configuration names for a client cannot be read or has defects.
pub(super) fn check_agreements(config: &Config) -> anyhow::Result<()> {
    let files = files(config.cards.as_deref())?;
    modes::of(config, &knowledge(&files)?)?;
    agreements::read(config, &files).map(|_| ())
}

/// What forbids this profile to use the knowledge on this day, ready to print; nothing if it may.
///
/// # Errors
/// If the knowledge cannot be read or has defects.
pub fn forbidden(cards: Option<&Path>, profile: Profile, day: Date) -> anyhow::Result<Option<String>> {
    let files = files(cards)?;
    let findings = lifecycle::check(&knowledge(&files)?, &files, profile, day);
    Ok((!findings.is_empty()).then(|| told(&findings)))
}

/// What tells how a request is judged.
///
/// # Errors
/// If the knowledge or the map of codes cannot be read or has defects.
pub fn explain(cards: Option<&Path>, local_codes: Option<&Path>) -> anyhow::Result<Box<dyn Explain>> {
    Ok(Box::new(service(cards, local_codes)?))
}

/// What tells how a request of this client is judged and answered: with its codes, and as it speaks.
///
/// # Errors
/// If no client has this name, or a file that the configuration names cannot be read or has defects.
pub fn explain_to(config: &Config, client: &str) -> anyhow::Result<Box<dyn Explain>> {
    let Some(registered) = config.clients.iter().find(|c| c.name == client) else {
        let names: Vec<&str> = config.clients.iter().map(|c| c.name.as_str()).collect();
        let what = format!("`{client}`: no client of the configuration has this name");
        let help = match names.as_slice() {
            [] => "the configuration registers no client".to_owned(),
            names => format!("there are: {}", names.join(", ")),
        };
        return Err(Failure::new(what, help).into());
    };
    Ok(Box::new(ExplainTo {
        service: service_configured(config)?,
        caller: Caller::of(registered.clone()),
    }))
}

/// Checks a map of local codes against the knowledge.
///
/// # Errors
/// If the map cannot be read or has defects.
pub fn check_codes(cards: Option<&Path>, map: &Path) -> anyhow::Result<String> {
    let knowledge = knowledge(&files(cards)?)?;
    let knowledge = with_local_codes(knowledge, map)?;
    let lines = knowledge.local_codes().map_or(0, |l| l.lines);
    Ok(format!("`{}`: {lines} local codes, no findings\n", map.display()))
}

/// Reads all knowledge files and reports all defects, also those that matter only to this profile on this day.
///
/// # Errors
/// If the folder cannot be read at all.
pub fn lint(cards: Option<&Path>, profile: Profile, as_of: Date) -> anyhow::Result<Report> {
    let files = files(cards)?;
    let checked = review::lint::check(&files).and_then(|knowledge| {
        let findings = lifecycle::check(&knowledge, &files, profile, as_of);
        if findings.is_empty() {
            Ok(knowledge)
        } else {
            Err(findings)
        }
    });
    Ok(match checked {
        Ok(knowledge) => Report {
            text: format!("{}, {}: no findings", name(&knowledge), knowledge.topic().status),
            ok: true,
        },
        Err(findings) => Report {
            text: told(&findings),
            ok: false,
        },
    })
}

/// The pages that a clinician reads and signs, by file name.
///
/// # Errors
/// If the knowledge cannot be read or has defects.
pub fn render(cards: Option<&Path>) -> anyhow::Result<BTreeMap<String, String>> {
    let files = files(cards)?;
    Ok(review::render::pages(&knowledge(&files)?, &files))
}

/// Which vignettes of two folders, and which requests, get other advice.
///
/// # Errors
/// If one of the sets cannot be read or has defects, or a request file cannot be read.
pub fn diff(
    old: &Path,
    new: &Path,
    fixtures: Option<&Path>,
    as_of: Date,
    form: DiffForm,
) -> anyhow::Result<Report> {
    let (before_files, after_files) = (files(Some(old))?, files(Some(new))?);
    let (before, after) = (knowledge(&before_files)?, knowledge(&after_files)?);
    let mut comparison = Comparison::of((&before, &before_files), (&after, &after_files));
    if let Some(folder) = fixtures {
        let written = "the discovery document cannot be written";
        let before = ImagingService::new(before).context(written)?;
        let after = ImagingService::new(after).context(written)?;
        for (name, request) in super::files::requests(folder)? {
            let answer = |service: &ImagingService| answered(service, &request, as_of);
            comparison.add(name, answer(&before), answer(&after));
        }
    }
    let text = match form {
        DiffForm::Text => comparison.to_string(),
        DiffForm::Json => serde_json::to_string_pretty(&comparison)?,
    };
    Ok(Report {
        text,
        ok: comparison.is_same(),
    })
}

fn answered(service: &ImagingService, request: &[u8], as_of: Date) -> Answered {
    match service.judge(request, as_of) {
        Ok(judged) => Answered::of(service.knowledge(), &judged.case, &judged.consultation),
        Err(fault) => Answered::refused(fault.to_string()),
    }
}

/// Runs the vignettes and phrases of the knowledge.
///
/// # Errors
/// If the knowledge cannot be read or has defects.
pub fn test(cards: Option<&Path>) -> anyhow::Result<Report> {
    let files = files(cards)?;
    let knowledge = knowledge(&files)?;
    let summary = review::run_all(&knowledge, &files);
    Ok(Report {
        text: format!("{}\n{summary}", name(&knowledge)),
        ok: summary.ok(),
    })
}

/// What judges calls.
///
/// # Errors
/// If the knowledge or the map of codes cannot be read or has defects.
pub fn service(cards: Option<&Path>, local_codes: Option<&Path>) -> anyhow::Result<ImagingService> {
    service_of(&files(cards)?, local_codes)
}

fn service_of(files: &SourceFiles, local_codes: Option<&Path>) -> anyhow::Result<ImagingService> {
    let mut knowledge = knowledge(files)?;
    if let Some(map) = local_codes {
        knowledge = with_local_codes(knowledge, map)?;
    }
    ImagingService::new(knowledge).context("the discovery document cannot be written")
}

/// The knowledge with the codes of a map added.
pub(super) fn with_local_codes(knowledge: Knowledge, map: &Path) -> anyhow::Result<Knowledge> {
    let text = super::files::read(map)?;
    let what = |problem: &str| format!("`{}`: {problem}", map.display());
    let text = String::from_utf8(text)
        .map_err(|_| Failure::new(what("is not UTF-8 text"), "save it as CSV in UTF-8"))?;
    knowledge.with_local_codes(&text).map_err(|findings| {
        let told = findings.iter().map(|f| format!("{f}\n")).collect::<String>();
        let problem = format!("the map has {} findings\n\n{told}", findings.len());
        Failure::new(what(&problem), "`deploy/local-codes.md` describes the columns").into()
    })
}

fn name(knowledge: &Knowledge) -> String {
    format!(
        "knowledge {} {} (sha256 {:.12}…)",
        knowledge.id(),
        knowledge.version(),
        knowledge.digest()
    )
}

pub(super) fn knowledge(files: &SourceFiles) -> anyhow::Result<Knowledge> {
    compile::compile(files).map_err(|findings| {
        let help = "`apposite knowledge lint` shows the findings again; a set with findings is never used";
        Failure::new(
            format!(
                "the knowledge has {} findings\n\n{}",
                findings.len(),
                told(&findings)
            ),
            help,
        )
        .into()
    })
}

fn told(findings: &[Finding]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let _ = writeln!(text, "{finding}");
        text
    })
}

/// The files of a folder, or those compiled in.
fn files(cards: Option<&Path>) -> anyhow::Result<SourceFiles> {
    let Some(folder) = cards else {
        return Ok(embedded_files());
    };
    let mut files = SourceFiles::new();
    collect(folder, folder, &mut files)?;
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut SourceFiles) -> anyhow::Result<()> {
    let read = |path: &Path| format!("`{}`: cannot be read", path.display());
    for entry in fs::read_dir(folder).with_context(|| read(folder))? {
        let path = entry.with_context(|| read(folder))?.path();
        let known = path
            .extension()
            .is_some_and(|e| e == "toml" || e == "csv" || e == "md");
        // Links are followed once, as files: a linked folder could lead back to itself.
        if path.is_dir() && !path.is_symlink() {
            collect(root, &path, files)?;
        } else if known {
            let size = fs::metadata(&path).with_context(|| read(&path))?.len();
            if size > MAX_FILE_BYTES {
                return Err(Failure::new(
                    format!("`{}`: too large for a knowledge file", path.display()),
                    "is this the right folder?",
                )
                .into());
            }
            let text = fs::read_to_string(&path).with_context(|| read(&path))?;
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .components()
                .map(|c| c.as_os_str().to_string_lossy());
            files.insert(name.collect::<Vec<_>>().join("/"), text);
        }
    }
    Ok(())
}

/// Explains to one client.
struct ExplainTo {
    service: ImagingService,
    caller: Caller,
}

impl Explain for ExplainTo {
    fn explain(&self, request: &[u8], as_of: Date, form: Form) -> Result<String, Refusal> {
        explained(&self.service, &self.caller, request, as_of, form)
    }
}

impl Explain for ImagingService {
    fn explain(&self, request: &[u8], as_of: Date, form: Form) -> Result<String, Refusal> {
        explained(self, &Caller::default(), request, as_of, form)
    }
}

fn explained(
    service: &ImagingService,
    caller: &Caller,
    request: &[u8],
    as_of: Date,
    form: Form,
) -> Result<String, Refusal> {
    let written = match form {
        Form::Text => return Ok(service.explain_text(caller, request, as_of)?),
        Form::Json => serde_json::to_string_pretty(&service.explain_json(caller, request, as_of)?),
        Form::JsonLine => serde_json::to_string(&service.explain_json(caller, request, as_of)?),
    };
    written.map_err(|_| Refusal::Failed)
}
