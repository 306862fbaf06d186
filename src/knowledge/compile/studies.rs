//! The catalogue of imaging studies.

use super::super::files::StudiesFile;
use super::super::{Shape, Study};
use super::Build;
use crate::terminology::CodeSystems;
use std::collections::BTreeMap;

impl Build<'_> {
    pub(super) fn studies(&mut self, systems: &CodeSystems) -> (Vec<Study>, Vec<BTreeMap<String, usize>>) {
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
}
