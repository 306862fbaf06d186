//! Who looks at a mutant: the loader, the second transcription, the vignettes, the phrases.

use super::mutants::{Layer, Mutant};
use crate::tables::Tables;
use apposite::answer::Told;
use apposite::engine::{Advice, Decision};
use apposite::knowledge::compile::compile;
use apposite::knowledge::{Knowledge, SourceFiles, embedded_files};
use apposite::review::outcome;
use apposite::review::phrases::{self, PhrasesFile};
use apposite::review::vignette::{self, Vignette};

/// What noticed a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    Loader,
    Table,
    Vignette,
    Phrase,
}

/// Everything that judges, read once from the files as they are.
pub struct Jury {
    files: SourceFiles,
    /// The same without phrases: most of the time of loading goes into them.
    light: SourceFiles,
    tables: Tables,
    stories: Vec<Vignette>,
    phrases: PhrasesFile,
}

impl Jury {
    pub fn new() -> Self {
        let files = embedded_files();
        let k = compile(&files).unwrap();
        let uri = |key: &str| k.systems().keyed(key).map(|id| k.systems().uri(id).to_owned());
        let markdown = files.iter().filter(|(f, _)| f.starts_with("pnet/vignettes/"));
        let stories: Vec<_> = markdown
            .flat_map(|(file, text)| vignette::parse(file, text, &uri).unwrap())
            .collect();
        let file = "pnet/phrases.toml";
        let phrases = phrases::parse(file, &files[file]).unwrap();
        let mut light = files.clone();
        for (_, text) in light.iter_mut().filter(|(f, _)| f.starts_with("lexicon/")) {
            *text = super::mutants::without_phrases(text, |_| false);
        }
        // A loader that wants phrases in every list gets them: slower, and no less true.
        let light = if compile(&light).is_ok() {
            light
        } else {
            files.clone()
        };
        let tables = Tables::read(&k);
        let jury = Self {
            files,
            light,
            tables,
            stories,
            phrases,
        };
        let told = jury.juror().sees(&k);
        assert!(told.is_none(), "without any change: {told:?}");
        jury
    }

    pub fn juror(&self) -> Juror<'_> {
        Juror {
            jury: self,
            order: (0..self.stories.len()).collect(),
        }
    }
}

/// One thread's view: the story that noticed the last mutant is tried first on the next.
pub struct Juror<'j> {
    jury: &'j Jury,
    order: Vec<usize>,
}

impl Juror<'_> {
    /// Who notices the mutant.
    pub fn judge(&mut self, mutant: &Mutant) -> Option<Notice> {
        let jury = self.jury;
        // First the cheap look: what needs no phrases is loaded without them, and a phrase with its own list only.
        let mut files = jury.light.clone();
        let only = match &mutant.layer {
            Layer::Tables => None,
            Layer::List(list) => {
                let name = list.name();
                let alone = super::mutants::without_phrases(&mutant.text, |l| l == name);
                files.insert(mutant.file.clone(), alone);
                Some(*list)
            }
        };
        if only.is_none() {
            files.insert(mutant.file.clone(), mutant.text.clone());
        }
        let Ok(k) = compile(&files) else {
            return Some(Notice::Loader);
        };
        let table = match only {
            Some(list) => !jury.tables.phrases(&k, Some(list)).is_empty(),
            None => {
                let tables = &jury.tables;
                let found = [tables.codes_and_ratings(&k), tables.windows(&k), tables.rows(&k)];
                found.iter().any(|f| !f.is_empty())
            }
        };
        if table {
            return Some(Notice::Table);
        }
        files.clone_from(&jury.files);
        files.insert(mutant.file.clone(), mutant.text.clone());
        match compile(&files) {
            Ok(k) => self.sees(&k),
            Err(_) => Some(Notice::Loader),
        }
    }

    /// Runs everything, until something fails.
    pub fn sees(&mut self, k: &Knowledge) -> Option<Notice> {
        let jury = self.jury;
        let uri = |key: &str| k.systems().keyed(key).map(|id| k.systems().uri(id).to_owned());
        if !jury.phrases.differences(k, &uri).is_empty() {
            return Some(Notice::Phrase);
        }
        let noticed = self.order.iter().position(|at| {
            let story = &jury.stories[*at];
            let words = |decision: &Decision, advice: &Advice| {
                let told = Told::of(k, &story.case, decision, advice);
                format!("{}\n{}", told.summary, told.detail)
            };
            outcome::run(k, story, &words).verdict.is_failure()
        })?;
        let first = self.order.remove(noticed);
        self.order.insert(0, first);
        Some(Notice::Vignette)
    }
}
