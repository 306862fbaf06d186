//! Files → [`Knowledge`], gathering every finding before giving up.
//!
//! Checks that need the engine to run live in `review`.

use super::files::{
    CardsFile, CitationsFile, CodeEntry, CodeSystemsFile, LexiconFile, ModifiersFile, RatingLine,
    ScenariosFile, StudiesFile, SuggestionsFile, TopicFile, ValueSetFile,
};
use super::finding::Finding;
use super::lexicon::Lexicon;
use super::literals::MAX_PATTERNS;
use super::table::{Question, Row, Scenario, ScenarioTable, Suggestions, Words};
use super::vocabulary::{FACTS, List, Role, Window};
use super::{AppropriatenessCategory, Block, Key, Knowledge, Member, Rating, Shape, SourceFiles, Study};
use crate::terminology::{CodeSystems, System};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Compiles a rule set.
///
/// # Errors
/// Every finding, in file order. A set with findings is never used.
pub fn compile(files: &SourceFiles) -> Result<Knowledge, Vec<Finding>> {
    let mut build = Build {
        files,
        findings: Vec::new(),
    };
    let knowledge = build.knowledge();
    // A file that cannot be read makes others look wrong: its own finding is the one to mend first.
    if build.findings.iter().any(|f| f.code == "K002") {
        build
            .findings
            .retain(|f| !matches!(f.code, "K001" | "K003" | "K007" | "K010"));
    }
    build.findings.sort();
    build.findings.dedup();
    match knowledge {
        Some(knowledge) if build.findings.is_empty() => Ok(knowledge),
        _ => Err(build.findings),
    }
}

/// SHA-256 over path, length and content of every file that carries knowledge, in path order.
fn digest(files: &SourceFiles) -> String {
    let mut hash = Sha256::new();
    for (path, text) in files
        .iter()
        .filter(|(p, _)| p.ends_with(".toml") || p.ends_with(".csv"))
    {
        hash.update(format!("{}\0{}\0", path, text.len()));
        hash.update(text);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

struct Build<'a> {
    files: &'a SourceFiles,
    findings: Vec<Finding>,
}

impl Build<'_> {
    fn find(&mut self, code: &'static str, file: &str, near: &str, message: String, help: &str) {
        let line = self.line_of(file, near);
        self.findings.push(Finding {
            code,
            file: file.into(),
            line,
            message,
            help: help.into(),
        });
    }

    /// The first line that holds `near`; 0 when none does.
    fn line_of(&self, file: &str, near: &str) -> usize {
        let text = self.files.get(file).map(String::as_str).unwrap_or_default();
        let found = text.lines().position(|l| !near.is_empty() && l.contains(near));
        found.map_or(0, |at| at + 1)
    }

    fn knowledge(&mut self) -> Option<Knowledge> {
        let systems = self.systems();
        let (members, ranges) = self.value_sets(&systems);
        let (studies, study_codes) = self.studies(&systems);
        let lexicon = self.lexicon();
        let windows = self.windows();
        let table = self.table();
        let ratings = self.ratings(&studies, &table);
        let words = self.words();
        let suggestions = self.suggestions(&studies, &systems);
        self.offers_improve(&suggestions, &table, &ratings);
        let _: Option<CitationsFile> = self.toml("pnet/citations.toml");
        let topic: Option<TopicFile> = self.toml("pnet/topic.toml");
        Some(Knowledge {
            topic: topic?,
            digest: digest(self.files),
            systems,
            members,
            ranges,
            studies,
            study_codes,
            lexicon,
            windows,
            table,
            ratings,
            words: words?,
            suggestions,
        })
    }

    fn toml<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let Some(text) = self.files.get(path) else {
            self.find(
                "K001",
                path,
                "",
                format!("`{path}` is missing"),
                "add the file, or start from the embedded set",
            );
            return None;
        };
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let before = error.span().map_or(0, |s| {
                    text.get(..s.start).unwrap_or_default().matches('\n').count() + 1
                });
                self.findings.push(Finding {
                    code: "K002",
                    file: path.into(),
                    line: before,
                    message: error.message().replace('\n', " "),
                    help: "see the same file of the embedded set for the form".into(),
                });
                None
            }
        }
    }

    fn below(&self, folder: &str) -> Vec<String> {
        self.files
            .keys()
            .filter(|p| p.starts_with(folder) && p.ends_with(".toml"))
            .cloned()
            .collect()
    }

    fn systems(&mut self) -> CodeSystems {
        let mut systems = CodeSystems::default();
        let file = "code-systems.toml";
        let Some(read) = self.toml::<CodeSystemsFile>(file) else {
            return systems;
        };
        for entry in read.system {
            if systems.keyed(&entry.key).is_some() {
                self.find(
                    "K004",
                    file,
                    &entry.key,
                    format!("system `{}` stands twice", entry.key),
                    "remove one",
                );
                continue;
            }
            let system = System {
                key: entry.key,
                name: entry.name,
                uri: entry.uri,
                dots_optional: entry.dots_optional,
            };
            systems.add(system, &entry.also, entry.edition_in_uri);
        }
        systems
    }

    fn value_sets(&mut self, systems: &CodeSystems) -> (Vec<BTreeMap<String, Vec<Member>>>, Vec<Block>) {
        let mut members: Vec<BTreeMap<String, Vec<Member>>> = Vec::new();
        let mut ranges = Vec::new();
        let mut seen = BTreeSet::new();
        for file in self.below("value-sets/") {
            let Some(set) = self.toml::<ValueSetFile>(&file) else {
                continue;
            };
            let Some(role) = Role::named(&set.role) else {
                self.find(
                    "K003",
                    &file,
                    "role",
                    format!("no rule asks for the role `{}`", set.role),
                    "use a role that the engine knows",
                );
                continue;
            };
            if !seen.insert(role) {
                self.find(
                    "K004",
                    &file,
                    "role",
                    format!("role `{}` stands in two files", set.role),
                    "merge the files",
                );
            }
            let mut codes = BTreeSet::new();
            for entry in set.code {
                let Some(system) = systems.keyed(&entry.system) else {
                    self.unknown_system(&file, &entry.system);
                    continue;
                };
                let code = systems.normal_form(system, &entry.code);
                if !codes.insert((system, code.clone())) {
                    self.find(
                        "K004",
                        &file,
                        &entry.code,
                        format!("code `{}` stands twice", entry.code),
                        "remove one line",
                    );
                }
                let at = usize::from(system.0);
                if members.len() <= at {
                    members.resize_with(at + 1, BTreeMap::new);
                }
                if let Some(of_system) = members.get_mut(at) {
                    of_system.entry(code).or_default().push(Member { role, entry });
                }
            }
            for range in set.range {
                let Some(system) = systems.keyed(&range.system) else {
                    self.unknown_system(&file, &range.system);
                    continue;
                };
                let normal = |code: &String| systems.normal_form(system, code);
                let entry = CodeEntry::block(&range);
                ranges.push(Block {
                    system,
                    from: normal(&range.from),
                    to: normal(&range.to),
                    except: range.except.iter().map(normal).collect(),
                    member: Member { role, entry },
                });
            }
        }
        for role in Role::ALL.iter().filter(|r| !seen.contains(r)) {
            let message = format!("no value set has the role `{}`", role.name());
            self.find(
                "K001",
                "value-sets",
                "",
                message,
                "add a file for it; an empty list is allowed",
            );
        }
        (members, ranges)
    }

    fn unknown_system(&mut self, file: &str, system: &str) {
        let message = format!("code system `{system}` is not known");
        self.find(
            "K003",
            file,
            &format!("\"{system}\""),
            message,
            "add it to code-systems.toml",
        );
    }

    fn studies(&mut self, systems: &CodeSystems) -> (Vec<Study>, Vec<BTreeMap<String, usize>>) {
        let file = "studies.toml";
        let mut studies: Vec<Study> = Vec::new();
        let mut codes: Vec<BTreeMap<String, usize>> = Vec::new();
        let Some(read) = self.toml::<StudiesFile>(file) else {
            return (studies, codes);
        };
        for entry in read.study {
            let near = format!("\"{}\"", entry.key);
            let mut regions = entry.regions;
            regions.sort();
            let shape = Shape {
                modality: entry.modality,
                regions,
                contrast: entry.contrast,
                tracer: entry.tracer,
                purpose: entry.purpose,
                angiography: entry.angiography,
            };
            if let Some(twin) = studies.iter().find(|s| s.shape == shape).map(|s| s.key.clone()) {
                let message = format!("`{}` has the same description as `{twin}`", entry.key);
                self.find("K009", file, &near, message, "change one, or make them one study");
            }
            if studies.iter().any(|s| *s.key == *entry.key) {
                self.find(
                    "K004",
                    file,
                    &near,
                    format!("study `{}` stands twice", entry.key),
                    "remove one",
                );
            }
            let at = studies.len();
            for code in entry.code {
                let Some(system) = systems.keyed(&code.system) else {
                    self.unknown_system(file, &code.system);
                    continue;
                };
                let slot = usize::from(system.0);
                if codes.len() <= slot {
                    codes.resize_with(slot + 1, BTreeMap::new);
                }
                let normal = systems.normal_form(system, &code.code);
                let twice = codes.get_mut(slot).and_then(|c| c.insert(normal, at)).is_some();
                if twice {
                    let message = format!("code `{}` names two studies", code.code);
                    self.find(
                        "K004",
                        file,
                        &code.code,
                        message,
                        "a code may name one study only",
                    );
                }
            }
            studies.push(Study {
                key: entry.key.into(),
                name: entry.name,
                shape,
                answers: entry.answers,
                covers_staging: entry.covers_staging,
            });
        }
        (studies, codes)
    }

    fn lexicon(&mut self) -> Lexicon {
        let mut lexicon = Lexicon::default();
        let mut seen = BTreeSet::new();
        for file in self.below("lexicon/") {
            let Some(read) = self.toml::<LexiconFile>(&file) else {
                continue;
            };
            for (name, entry) in read.list {
                let Some(list) = List::named(&name) else {
                    self.find(
                        "K003",
                        &file,
                        &name,
                        format!("no rule asks for the list `{name}`"),
                        "use a list that the engine knows",
                    );
                    continue;
                };
                if !seen.insert(list) {
                    self.find(
                        "K004",
                        &file,
                        &name,
                        format!("list `{name}` stands twice"),
                        "merge the lists",
                    );
                }
                let broken = lexicon.add(list, &entry.patterns, &entry.words, |pattern, error| Finding {
                    code: "K005",
                    file: file.clone(),
                    line: self.line_of(&file, pattern),
                    message: format!(
                        "pattern `{pattern}` is not valid: {}",
                        error.lines().last().unwrap_or_default()
                    ),
                    help: "no look-around, no back-references; see the syntax of the Rust regex crate".into(),
                });
                self.findings.extend(broken);
            }
        }
        for list in List::ALL.iter().filter(|l| !seen.contains(l)) {
            let message = format!("no file holds the list `{}`", list.name());
            self.find("K001", "lexicon", "", message, "add it; an empty list is allowed");
        }
        if lexicon.patterns() > MAX_PATTERNS {
            let message = format!(
                "{} phrase patterns, at most {MAX_PATTERNS} can be used",
                lexicon.patterns()
            );
            self.find("K005", "lexicon", "", message, "join patterns that mean the same");
        }
        lexicon.finish();
        lexicon
    }

    fn windows(&mut self) -> BTreeMap<Window, i64> {
        let file = "modifiers.toml";
        let mut windows = BTreeMap::new();
        let Some(read) = self.toml::<ModifiersFile>(file) else {
            return windows;
        };
        for (name, entry) in read.window {
            match Window::named(&name) {
                Some(window) => {
                    windows.insert(window, entry.value);
                }
                None => self.find(
                    "K003",
                    file,
                    &name,
                    format!("no rule asks for the window `{name}`"),
                    "remove it, or mend its name",
                ),
            }
            if entry.source.trim().is_empty() {
                self.find(
                    "K006",
                    file,
                    &name,
                    format!("window `{name}` has no source"),
                    "name the source, or `local policy`",
                );
            }
        }
        for window in Window::ALL
            .iter()
            .filter(|w| !windows.contains_key(w))
            .copied()
            .collect::<Vec<_>>()
        {
            self.find(
                "K001",
                file,
                "",
                format!("window `{}` is missing", window.name()),
                "add it with its source",
            );
        }
        windows
    }

    fn table(&mut self) -> ScenarioTable {
        let file = "pnet/scenarios.toml";
        let Some(read) = self.toml::<ScenariosFile>(file) else {
            return ScenarioTable::default();
        };
        for fact in FACTS {
            let Some(entry) = read.fact.iter().find(|f| f.name == fact.name) else {
                self.find(
                    "K001",
                    file,
                    "[[fact]]",
                    format!("fact `{}` has no words", fact.name),
                    "add a [[fact]] for it",
                );
                continue;
            };
            for answer in fact.answers.iter().filter(|a| !entry.answers.contains_key(**a)) {
                let message = format!("answer `{answer}` of fact `{}` has no words", fact.name);
                self.find("K001", file, fact.name, message, "add it under answers");
            }
        }
        let scenarios: Vec<Scenario> = read
            .scenario
            .into_iter()
            .map(|entry| Scenario {
                key: entry.key.as_str().into(),
                entry,
            })
            .collect();
        let mut rows: Vec<Row> = Vec::new();
        for entry in read.row {
            let Some(scenario) = scenarios.iter().find(|s| *s.key == *entry.scenario) else {
                let message = format!(
                    "row `{}` leads to the unknown scenario `{}`",
                    entry.rule, entry.scenario
                );
                self.find(
                    "K003",
                    file,
                    &entry.scenario,
                    message,
                    "add a [[scenario]], or mend the name",
                );
                continue;
            };
            let mut when = Vec::new();
            for (fact, answers) in &entry.when {
                let known = FACTS.iter().enumerate().find(|(_, f)| f.name == fact);
                let mut set = 0u16;
                for answer in answers {
                    match known.and_then(|(_, f)| f.answers.iter().position(|a| a == answer)) {
                        Some(bit) => set |= 1 << bit,
                        None => {
                            let message = format!(
                                "row `{}` asks for `{fact} = {answer}`, which does not exist",
                                entry.rule
                            );
                            self.find("K003", file, answer, message, "see the list of facts and answers");
                        }
                    }
                }
                when.extend(known.map(|(at, _)| (at, set)));
            }
            let asks = scenario.entry.voice == super::files::Voice::Ask;
            if asks == entry.fits.is_empty() {
                let message = format!(
                    "row `{}` ({}) must name under `fits` the scenarios the evidence fits, if and only if it asks",
                    entry.rule, scenario.key
                );
                self.find("K007", file, &entry.because, message, "add or remove `fits`");
            }
            let named = entry.fits.iter();
            let fits = named
                .filter_map(|key| self.known_scenario(file, &scenarios, key))
                .collect();
            rows.push(Row {
                rule: entry.rule.into(),
                scenario: scenario.key.clone(),
                fits,
                because: entry.because,
                when,
            });
        }
        let stated = read.question.into_iter();
        let questions = stated
            .filter_map(|q| {
                Some(Question {
                    scenario: self.known_scenario(file, &scenarios, &q.scenario)?,
                    reason: q.reason.trim().to_owned(),
                })
            })
            .collect();
        // The last row must take whatever is left, or some facts would meet no row.
        if rows.last().is_none_or(|r| !r.when.is_empty()) {
            self.find(
                "K007",
                file,
                "[[row]]",
                "the last row has a condition".into(),
                "end the table with a row without `when`",
            );
        }
        for (at, row) in rows.iter().enumerate() {
            let covered = rows.iter().take(at).find(|earlier| earlier.includes(row));
            if let Some(earlier) = covered {
                let message = format!(
                    "row `{}` ({}) is never reached: `{}` stands before it",
                    row.rule, row.scenario, earlier.rule
                );
                self.findings.push(Finding {
                    code: "K007",
                    file: file.into(),
                    line: 0,
                    message,
                    help: "reorder or remove it".into(),
                });
            }
        }
        ScenarioTable {
            facts: read.fact,
            scenarios,
            questions,
            rows,
        }
    }

    /// The scenario with this key, or a finding.
    fn known_scenario(&mut self, file: &str, scenarios: &[Scenario], key: &str) -> Option<Key> {
        let known = scenarios.iter().find(|s| *s.key == *key).map(|s| s.key.clone());
        if known.is_none() {
            let message = format!("the scenario `{key}` does not exist");
            self.find("K003", file, key, message, "add a [[scenario]], or mend the name");
        }
        known
    }

    fn ratings(&mut self, studies: &[Study], table: &ScenarioTable) -> BTreeMap<(Key, Key), Rating> {
        let file = "pnet/ratings.csv";
        let mut ratings = BTreeMap::new();
        let Some(text) = self.files.get(file) else {
            self.find("K001", file, "", format!("`{file}` is missing"), "add the file");
            return ratings;
        };
        let known: BTreeSet<&str> = table
            .scenarios()
            .iter()
            .flat_map(|s| s.entry.variants.iter().map(String::as_str))
            .collect();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for (at, line) in reader.deserialize::<RatingLine>().enumerate() {
            let mut found = |code, message: String, help: &str| {
                self.findings.push(Finding {
                    code,
                    file: file.into(),
                    line: at + 2,
                    message,
                    help: help.into(),
                });
            };
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    found("K002", error.to_string(), "see the heading line for the columns");
                    continue;
                }
            };
            if !studies.iter().any(|s| *s.key == *line.study) {
                found(
                    "K003",
                    format!("study `{}` is not in the catalogue", line.study),
                    "add it to studies.toml",
                );
            }
            if !known.contains(line.scenario.as_str()) {
                found(
                    "K003",
                    format!("no scenario uses the rating table `{}`", line.scenario),
                    "name it under `variants` in scenarios.toml",
                );
            }
            let category = AppropriatenessCategory::keyed(&line.category);
            if category.is_none() && line.category != "unknown" {
                found(
                    "K006",
                    format!("category `{}` does not exist", line.category),
                    "use an ACR category, or `unknown`",
                );
            }
            if category.is_some() && matches!(line.rating_source.as_str(), "" | "none") {
                found(
                    "K006",
                    format!("the rating of `{}` has no source", line.study),
                    "name the source, or set `unknown`",
                );
            }
            let key: (Key, Key) = (line.scenario.as_str().into(), line.study.as_str().into());
            if ratings.contains_key(&key) {
                let message = format!("study `{}` is rated twice for `{}`", line.study, line.scenario);
                found("K004", message, "remove one line");
            }
            let stated = |text: String| Some(text).filter(|t| !t.is_empty() && t != "unknown");
            let rating = Rating {
                category,
                recommended: line.recommended == "yes",
                rrl: stated(line.rrl),
                by_extension: line.by_extension == "yes",
                source: line.rating_source,
                confidence: line.confidence,
                facts: line.facts,
            };
            ratings.insert(key, rating);
        }
        ratings
    }

    fn words(&mut self) -> Option<Words> {
        let file = "pnet/cards.toml";
        let read: CardsFile = self.toml(file)?;
        let mut templates = minijinja::Environment::new();
        templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let common = &read.common;
        let mut texts = vec![
            ("detail".to_owned(), common.detail.clone()),
            ("suggestion_label".to_owned(), common.suggestion_label.clone()),
            ("update_description".to_owned(), common.update_description.clone()),
            ("create_description".to_owned(), common.create_description.clone()),
            ("question_label".to_owned(), common.question_label.clone()),
            (
                "question_description".to_owned(),
                common.question_description.clone(),
            ),
        ];
        texts.extend(
            common
                .limits
                .iter()
                .map(|(k, t)| (format!("limits.{k}"), t.clone())),
        );
        texts.extend(
            common
                .modifier
                .iter()
                .map(|(k, t)| (format!("modifier.{k}"), t.clone())),
        );
        for (kind, words) in &read.card {
            texts.push((format!("{kind}.summary"), words.summary.clone()));
            texts.push((format!("{kind}.why"), words.why.clone()));
            texts.push((format!("{kind}.guideline"), words.guideline.clone()));
        }
        for (name, text) in texts {
            if let Err(error) = templates.add_template_owned(name.clone(), text.trim().to_owned()) {
                let message = format!("the words of `{name}` cannot be read: {error}");
                self.find(
                    "K008",
                    file,
                    name.split('.').next().unwrap_or_default(),
                    message,
                    "see the other cards for the form",
                );
            }
        }
        self.check_words(file, &templates);
        let needed = ["explicit", "linked", "presumed", "none"];
        for key in needed.iter().filter(|k| !read.common.certainty.contains_key(**k)) {
            self.find(
                "K008",
                file,
                "certainty",
                format!("certainty `{key}` has no words"),
                "add it",
            );
        }
        Some(Words {
            common: read.common,
            cards: read.card.into_iter().map(|(k, w)| (Key::from(k), w)).collect(),
            override_reasons: read.override_reason,
            templates,
        })
    }

    /// A template may ask only for what is filled in, and says nothing in HTML (P-17).
    fn check_words(&mut self, file: &str, templates: &minijinja::Environment<'_>) {
        const CARD: &[&str] = &[
            "ordered",
            "source",
            "scenario",
            "certainty",
            "rating",
            "rating_if_asked",
        ];
        const DETAIL: &[&str] = &[
            "ordered",
            "ordered_code",
            "why",
            "modifiers",
            "facts",
            "guideline",
            "alternatives",
            "mention",
            "limits",
        ];
        for (name, template) in templates.templates() {
            let known: &[&str] = match name.split('.').next().unwrap_or_default() {
                "detail" => DETAIL,
                "suggestion_label" => &["study", "adds", "surplus"],
                "update_description" | "create_description" => &["text", "surplus"],
                "question_label" | "question_description" => &["text"],
                "limits" => &["sources"],
                _ => CARD,
            };
            let near = name.split('.').next().unwrap_or_default();
            let mut unknown: Vec<_> = template.undeclared_variables(false).into_iter().collect();
            unknown.retain(|word| !known.contains(&word.as_str()));
            unknown.sort();
            for word in unknown {
                let message = format!("the words of `{name}` ask for `{word}`, which is not filled in");
                self.find(
                    "K008",
                    file,
                    near,
                    message,
                    &format!("use one of: {}", known.join(", ")),
                );
            }
            if template.source().contains('<') {
                self.find(
                    "K008",
                    file,
                    near,
                    format!("the words of `{name}` hold HTML"),
                    "use plain Markdown",
                );
            }
        }
    }

    fn suggestions(&mut self, studies: &[Study], systems: &CodeSystems) -> Suggestions {
        let file = "pnet/suggestions.toml";
        let Some(read) = self.toml::<SuggestionsFile>(file) else {
            return Suggestions::default();
        };
        let offered = read.base.iter().chain(&read.mention).chain([&read.high_grade]);
        for key in offered.chain(read.order.iter().map(|o| &o.study)) {
            if !studies.iter().any(|s| *s.key == **key) {
                self.find(
                    "K003",
                    file,
                    key,
                    format!("study `{key}` is not in the catalogue"),
                    "add it to studies.toml",
                );
            }
        }
        for key in read.base.iter().chain([&read.high_grade]) {
            if !read.order.iter().any(|o| o.study == *key) {
                let message = format!("`{key}` is offered, but nothing says how it is ordered");
                self.find("K001", file, key, message, "add an [[order]] for it");
            }
        }
        let coded = read.order.iter().flat_map(|o| &o.coded);
        let named: Vec<String> = coded
            .flat_map(|c| {
                [c.system.clone()]
                    .into_iter()
                    .chain(c.orders.iter().flat_map(|o| &o.codes).map(|c| system_of(c)))
            })
            .chain(read.fallback_systems.iter().cloned())
            .collect();
        for system in named.iter().filter(|s| systems.keyed(s).is_none()) {
            self.unknown_system(file, system);
        }
        let keys = |names: Vec<String>| names.into_iter().map(Key::from).collect();
        Suggestions {
            base: keys(read.base),
            mention: keys(read.mention),
            high_grade: Some(read.high_grade.into()),
            fallback_systems: read.fallback_systems,
            replaces_note: read.replaces_note,
            orders: read
                .order
                .into_iter()
                .map(|o| (Key::from(o.study.as_str()), o))
                .collect(),
        }
    }

    /// What is offered must be usually appropriate wherever a rating could lead to a card; the study added for
    /// high-grade disease may be appropriate.
    fn offers_improve(
        &mut self,
        offers: &Suggestions,
        table: &ScenarioTable,
        ratings: &BTreeMap<(Key, Key), Rating>,
    ) {
        let rated = table
            .scenarios()
            .iter()
            .filter(|s| s.entry.voice == super::files::Voice::Rated);
        let variants: Vec<String> = rated.flat_map(|s| s.entry.variants.clone()).collect();
        for variant in variants {
            for study in offers.base.iter().chain(&offers.mention) {
                let category = ratings
                    .get(&(Key::from(variant.as_str()), study.clone()))
                    .and_then(|r| r.category);
                if category != Some(AppropriatenessCategory::UsuallyAppropriate) {
                    let message = format!(
                        "`{study}` is offered for `{variant}` but not rated usually appropriate there"
                    );
                    self.find(
                        "K010",
                        "pnet/suggestions.toml",
                        study,
                        message,
                        "offer only usually appropriate studies",
                    );
                }
            }
        }
    }
}

fn system_of(code: &str) -> String {
    code.split('|').next().unwrap_or_default().to_owned()
}

impl Row {
    /// True when every case this row takes is taken by `self` already.
    fn includes(&self, later: &Self) -> bool {
        self.when.iter().all(|(fact, set)| {
            let full = FACTS.get(*fact).map_or(0, |f| (1u16 << f.answers.len()) - 1);
            let other = later
                .when
                .iter()
                .find(|(f, _)| f == fact)
                .map_or(full, |(_, s)| *s);
            other & !set == 0
        })
    }
}

impl CodeEntry {
    /// The entry that stands for a whole block.
    fn block(range: &super::files::RangeEntry) -> Self {
        Self {
            system: range.system.clone(),
            code: format!("{}-{}", range.from, range.to),
            label: range.label.clone(),
            confidence: range.confidence,
            sources: range.sources.clone(),
            ..Self::default()
        }
    }
}
