//! The words of the cards and their templates.

use super::super::Key;
use super::super::files::CardsFile;
use super::super::table::{ScenarioTable, Words};
use super::Build;

impl Build<'_> {
    pub(super) fn words(&mut self, table: &ScenarioTable) -> Option<Words> {
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
            ("rating_description".to_owned(), common.rating_description.clone()),
            (
                "rating_removed_description".to_owned(),
                common.rating_removed_description.clone(),
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
        for (kind, words) in &read.card {
            for scenario in words.only_for.iter().filter(|s| table.scenario(s).is_none()) {
                let message = format!("card `{kind}` is only for `{scenario}`, which is no scenario");
                self.find("K003", file, &format!("\"{scenario}\""), message, "mend the name");
            }
        }
        self.scenario_words(table, &read);
        Some(Words {
            common: read.common,
            cards: read.card.into_iter().map(|(k, w)| (Key::from(k), w)).collect(),
            override_reasons: read.override_reason,
            templates,
        })
    }

    /// A scenario with rating tables can come to speak: what its cards say of it must be there.
    fn scenario_words(&mut self, table: &ScenarioTable, read: &CardsFile) {
        let file = "pnet/scenarios.toml";
        for scenario in table.scenarios().iter().filter(|s| !s.entry.variants.is_empty()) {
            let near = format!("\"{}\"", scenario.key);
            if scenario.entry.purpose.is_none() {
                let message = format!("scenario `{}` has no `purpose`", scenario.key);
                self.find(
                    "K008",
                    file,
                    &near,
                    message,
                    "say what a study is for, such as `to stage`",
                );
            }
            let assumes = scenario.entry.assumes.as_deref().unwrap_or_default();
            if !read.common.limits.contains_key(assumes) {
                let message = format!(
                    "scenario `{}` assumes `{assumes}`, which has no words",
                    scenario.key
                );
                self.find(
                    "K008",
                    file,
                    &near,
                    message,
                    "name a line of `common.limits` in cards.toml",
                );
            }
        }
    }

    /// A template may ask only for what is filled in, and says nothing in HTML (P-17).
    fn check_words(&mut self, file: &str, templates: &minijinja::Environment<'_>) {
        const CARD: &[&str] = &[
            "ordered",
            "source",
            "scenario",
            "purpose",
            "certainty",
            "rating",
            "rating_if_asked",
            "against",
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
                "update_description" | "create_description" => &["text", "surplus", "carried"],
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
}
