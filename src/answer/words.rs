//! Filling the words of a card: five fixed parts, plain Markdown without HTML or tables.

use super::plan::{self, Plan, Taking};
use crate::engine::case::{Case, DraftOrder, ResourceRef};
use crate::engine::trace::Evidence;
use crate::engine::{Advice, AppropriatenessCategory, Decision, Key, rating, study};
use crate::knowledge::Knowledge;
use crate::terminology::Coding;
use minijinja::context;
use std::fmt::Write;

/// CDS Hooks: fewer than 140 characters, counted as UTF-16 units (P-16).
pub const MAX_SUMMARY_UNITS: usize = 139;

/// Longest quote of request text on a card.
const MAX_QUOTE: usize = 80;

/// The words of one card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// One sentence.
    pub summary: String,
    /// The five parts.
    pub detail: String,
}

impl Told {
    /// Fills the words for one piece of advice.
    #[must_use]
    pub fn of(knowledge: &Knowledge, case: &Case, decision: &Decision, advice: &Advice) -> Self {
        let table = knowledge.table();
        let scenario = table.scenario(&decision.scenario);
        let ordered = decision
            .study
            .as_deref()
            .and_then(|s| knowledge.study(s))
            .map_or("", |s| s.name.as_str());
        let asked = scenario
            .and_then(|s| s.entry.ask_as.as_deref())
            .and_then(|key| table.scenario(key));
        let if_asked = asked.map_or(decision.rating, |s| {
            rating::rate(knowledge, s, decision.study.as_ref())
        });
        let common = &knowledge.words().common;
        let words = context! {
            ordered,
            source => knowledge.topic().source.label.as_str(),
            scenario => asked.or(scenario).map(|s| s.entry.title.as_str()).unwrap_or_default(),
            purpose => scenario.and_then(|s| s.entry.purpose.as_deref()).unwrap_or_default(),
            certainty => common.certainty.get(decision.certainty.key()),
            rating => category(knowledge, decision.rating),
            rating_if_asked => category(knowledge, if_asked),
            against => told(knowledge, advice.against.iter()),
        };
        let fill = |part: &str| fill(knowledge, &format!("{}.{part}", advice.kind), &words);
        let alternatives = alternatives(knowledge, case, decision, advice);
        let mentioned = mention(knowledge, decision, advice);
        // A modifier that is a card of its own says so in its own words.
        let merged = advice
            .modifiers
            .iter()
            .map(|(kind, _)| kind)
            .filter(|k| **k != advice.kind);
        let modifiers: Vec<String> = merged
            .map(|k| self::fill(knowledge, &format!("modifier.{k}"), &words))
            .filter(|t| !t.is_empty())
            .collect();
        let limits: Vec<String> = advice
            .limits
            .iter()
            .map(|(key, about)| limit(knowledge, key, about))
            .collect();
        let detail = context! {
            ordered,
            ordered_code => ordered_code(knowledge, case, decision),
            why => fill("why"),
            modifiers,
            facts => facts(knowledge, advice),
            guideline => fill("guideline"),
            alternatives,
            mention => mentioned,
            limits,
        };
        Self {
            summary: cut(&fill("summary"), MAX_SUMMARY_UNITS),
            detail: self::fill(knowledge, "detail", &detail),
        }
    }
}

/// The label of a suggestion.
pub(super) fn suggestion_label(knowledge: &Knowledge, study: &Key, adds: bool, surplus: &str) -> String {
    let name = knowledge.study(study).map_or("", |s| s.name.as_str());
    fill(
        knowledge,
        "suggestion_label",
        &context! { study => name, adds, surplus },
    )
}

/// The label of a question to choose.
pub(super) fn question_label(knowledge: &Knowledge, scenario: &Key) -> String {
    let scenario = knowledge.table().scenario(scenario);
    let text = scenario.map_or("", |s| s.entry.title.as_str());
    fill(knowledge, "question_label", &context! { text })
}

/// The words for writing a rating on an order, or for taking ours away.
pub(super) fn rating_description(knowledge: &Knowledge, rated: bool) -> String {
    let template = if rated {
        "rating_description"
    } else {
        "rating_removed_description"
    };
    fill(knowledge, template, &context! {})
}

/// What an action does, by its template name, with the orders that are left over, and whether the order carries on
/// choices that were made for another study.
pub(super) fn described(
    knowledge: &Knowledge,
    template: &str,
    text: &str,
    surplus: &str,
    carried: bool,
) -> String {
    fill(knowledge, template, &context! { text, surplus, carried })
}

/// Orders as a card names them: by our names and codes, never by their own text. Empty where there is none.
pub(super) fn orders(knowledge: &Knowledge, orders: &[&DraftOrder]) -> String {
    let name = |order: &&DraftOrder| {
        let asked = study::identify(knowledge, order);
        let study = asked.as_ref().and_then(|a| a.study(knowledge));
        let name = study.map_or_else(|| called(knowledge, "ServiceRequest"), |s| &s.name);
        code_of(knowledge, order).map_or_else(|| name.to_owned(), |code| format!("{name} ({code})"))
    };
    let names: Vec<String> = orders.iter().map(name).collect();
    names.join(", ")
}

/// Fills one template. A template that asks for something unknown is a lint finding; here it leaves a gap, not a panic.
fn fill(knowledge: &Knowledge, template: &str, words: &minijinja::Value) -> String {
    let templates = &knowledge.words().templates;
    templates
        .get_template(template)
        .and_then(|t| t.render(words))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// What cards call a resource of this type.
fn called<'k>(knowledge: &'k Knowledge, kind: &str) -> &'k str {
    let words = knowledge.words().common.resource.get(kind);
    words.map_or("", String::as_str)
}

fn category(knowledge: &Knowledge, category: AppropriatenessCategory) -> &str {
    knowledge
        .words()
        .common
        .category
        .get(category.key())
        .map_or("", String::as_str)
}

/// The codes by which the orders name the study.
fn ordered_code(knowledge: &Knowledge, case: &Case, decision: &Decision) -> Option<String> {
    let mut orders = plan::parts(case, decision);
    if orders.is_empty() {
        orders.extend(
            case.orders
                .iter()
                .find(|o| o.id.as_ref() == Some(&decision.order)),
        );
    }
    let codes: Vec<String> = orders.iter().filter_map(|o| code_of(knowledge, o)).collect();
    Some(codes.join(" + ")).filter(|c| !c.is_empty())
}

/// The code by which an order names its study: the first one the catalogue knows, shown with its system.
fn code_of(knowledge: &Knowledge, order: &DraftOrder) -> Option<String> {
    let known = |c: &&Coding| knowledge.study_coded(c).is_some();
    let coding = order.code.codings.iter().find(known)?;
    let system = knowledge.systems().named(coding.system.as_deref()?).next()?;
    // The code was found in the catalogue, so it is ours to show.
    Some(format!(
        "{} {}",
        knowledge.systems().name(system),
        coding.code.as_deref()?.trim()
    ))
}

/// The facts read, by the resource they come from, with their date; request text is escaped and cut.
fn facts(knowledge: &Knowledge, advice: &Advice) -> String {
    let modifiers = advice.modifiers.iter().map(|(_, e)| e);
    told(knowledge, advice.because.iter().chain(modifiers))
}

/// Evidence by the resource it comes from.
fn told<'e>(knowledge: &Knowledge, evidence: impl Iterator<Item = &'e Evidence>) -> String {
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for evidence in evidence {
        let kind = evidence.resource.as_ref().map_or("", kind_of);
        let name = called(knowledge, kind);
        let fact = fact(evidence);
        match told.iter_mut().find(|(n, _)| *n == name) {
            Some((_, facts)) if facts.contains(&fact) => {}
            Some((_, facts)) => facts.push(fact),
            None => told.push((name, vec![fact])),
        }
    }
    let parts = told
        .into_iter()
        .map(|(name, facts)| format!("{name} {}", facts.join(", ")).trim().to_owned());
    parts.collect::<Vec<_>>().join("; ")
}

fn fact(evidence: &Evidence) -> String {
    let mut text = match &evidence.quote {
        Some(quote) => format!("“{}”", escape(quote)),
        None => evidence.what.clone(),
    };
    if let Some(date) = evidence.date {
        let _ = write!(text, " ({date})");
    }
    text
}

/// `Condition` of `Condition/c1`: the type is shown, the id is not.
fn kind_of(resource: &ResourceRef) -> &str {
    let name = resource.as_str().split('/').next().unwrap_or_default();
    let plain = name.bytes().all(|b| b.is_ascii_alphabetic());
    if plain { name } else { "" }
}

/// The offers with their ratings, as data for the template.
fn alternatives(
    knowledge: &Knowledge,
    case: &Case,
    decision: &Decision,
    advice: &Advice,
) -> Vec<minijinja::Value> {
    let rated = scenario_rated(knowledge, decision);
    let offers = advice.offers.iter().filter_map(|key| {
        let study = knowledge.study(key)?;
        let held = rated.and_then(|s| rating::held(knowledge, s, Some(key)));
        let offer = knowledge.suggestions().orders.get(key);
        let because = offer.map_or("", |o| o.because.as_str());
        // Only a study drafted as several orders can leave one over.
        let offer = offer.filter(|_| !decision.parts.is_empty());
        let taking = if advice.adds { Taking::Adds } else { Taking::Replaces };
        let plan = offer.and_then(|o| Plan::of(knowledge, case, decision, o, taking));
        let surplus = plan.map_or_else(String::new, |p| orders(knowledge, &p.surplus));
        let rating = held.and_then(|r| r.category).map_or_else(
            || category(knowledge, AppropriatenessCategory::Unknown),
            |c| category(knowledge, c),
        );
        Some(context! { name => study.name.as_str(), rating, rrl => held.and_then(|r| r.rrl.clone()), because, surplus })
    });
    offers.collect()
}

/// Studies told in words only, with their ratings.
fn mention(knowledge: &Knowledge, decision: &Decision, advice: &Advice) -> Option<String> {
    let rated = scenario_rated(knowledge, decision)?;
    let names = advice.mentions.iter().filter_map(|key| {
        let held = rating::held(knowledge, rated, Some(key))?;
        Some(format!(
            "{}: {}",
            knowledge.study(key)?.name,
            category(knowledge, held.category?)
        ))
    });
    Some(names.collect::<Vec<_>>().join(", ")).filter(|n| !n.is_empty())
}

/// The scenario whose ratings the card shows: none where the question is not known.
fn scenario_rated<'k>(
    knowledge: &'k Knowledge,
    decision: &Decision,
) -> Option<&'k crate::knowledge::table::Scenario> {
    knowledge
        .table()
        .scenario(&decision.scenario)
        .filter(|s| !s.entry.variants.is_empty())
}

/// One line under "Not known".
fn limit(knowledge: &Knowledge, key: &Key, about: &[Key]) -> String {
    let common = &knowledge.words().common;
    let name = |key: &Key| {
        let source = common.source.get(&**key).cloned();
        source
            .or_else(|| knowledge.study(key).map(|s| s.name.clone()))
            .unwrap_or_else(|| key.to_string())
    };
    let sources: Vec<String> = about.iter().map(name).collect();
    fill(
        knowledge,
        &format!("limits.{key}"),
        &context! { sources => sources.join(", ") },
    )
}

/// Request text made harmless for a card: Markdown and HTML signs escaped, control, invisible and bidirectional signs
/// removed, addresses broken up, one line, cut (SC-01).
///
/// Escaping alone does not keep an address from becoming a link: widespread renderers of GitHub's Markdown look for
/// addresses in the text that is left once escapes are resolved.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut space = false;
    let mut marks = 0;
    for (count, c) in text.trim().chars().enumerate() {
        if count == MAX_QUOTE {
            safe.push('…');
            break;
        }
        if c.is_whitespace() || c.is_control() {
            space = true;
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if is_unseen(c) || marks > MAX_MARKS {
            continue;
        }
        if std::mem::take(&mut space) && !safe.is_empty() {
            safe.push(' ');
        }
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str(" (at) "),
            '/' if safe.ends_with(':') => safe.push_str(" /"),
            '.' if ends_with_www(&safe) => safe.push(' '),
            c if c.is_ascii_punctuation() && !matches!(c, ',' | ';' | '/' | '?' | '%' | '\'' | '"') => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Most marks on one letter: Vietnamese needs two; a pile of them covers the lines around it.
const MAX_MARKS: usize = 2;

/// Combining marks of the blocks that are nothing but such marks.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Signs that are not seen, or change how their neighbours are seen: direction, joiners, fillers, selectors, tags.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn ends_with_www(text: &str) -> bool {
    let mut end = text.bytes().rev();
    (0..3).all(|_| end.next().is_some_and(|b| b.eq_ignore_ascii_case(&b'w')))
}

/// Cuts at a character so that the text has at most so many UTF-16 units.
fn cut(text: &str, units: usize) -> String {
    if text.encode_utf16().count() <= units {
        return text.to_owned();
    }
    let mut left = units.saturating_sub(1);
    let mut short = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.len_utf16()) else {
            break;
        };
        left = rest;
        short.push(c);
    }
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SC-01, P-17.
    #[test]
    fn request_text_is_harmless_on_a_card() {
        // SC-01
        assert_eq!(
            escape("<img src=x onerror=alert(1)>"),
            r"&lt;img src\=x onerror\=alert\(1\)&gt;"
        );
        assert_eq!(escape("[a](javascript:x)"), r"\[a\]\(javascript\:x\)");
        assert_eq!(escape("a\u{202e}b\nc\t d"), "ab c d");
        assert_eq!(escape("r/o mets?"), "r/o mets?");
        assert_eq!(escape("http\u{200b}://a.example"), r"http\: //a\.example");
        assert_eq!(escape("see WWW.a.example"), r"see WWW a\.example");
        assert_eq!(escape("a@b.example"), r"a (at) b\.example");
        assert_eq!(escape("a\u{300}\u{301}\u{302}\u{303}b"), "a\u{300}\u{301}b");
        assert_eq!(escape("a\u{ad}\u{61c}\u{e0041}\u{fe0f}b"), "ab");
        assert_eq!(escape(&"x".repeat(300)).chars().count(), MAX_QUOTE + 1);
    }

    /// R-064, P-16.
    #[test]
    fn a_summary_is_cut_by_utf16_units() {
        // P-16
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("a😀b", 3), "a…");
    }
}
