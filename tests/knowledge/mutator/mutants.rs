//! Makes the mutants: one single change of one file of the knowledge each, by its text.

use apposite::knowledge::embedded_files;
use apposite::knowledge::vocabulary::List;

/// What a mutant touches, and so what can be left out of the first look at it.
pub enum Layer {
    Tables,
    List(List),
}

/// One change.
pub struct Mutant {
    pub kind: &'static str,
    /// Tells people what was changed; stands in the list of excuses.
    pub name: String,
    pub file: String,
    /// The file as changed.
    pub text: String,
    pub layer: Layer,
}

/// Every mutant of the embedded files.
pub fn all() -> Vec<Mutant> {
    let mut found = Vec::new();
    for (file, text) in &embedded_files() {
        match file.as_str() {
            "pnet/ratings.csv" => ratings(file, text, &mut found),
            "pnet/scenarios.toml" => rows(file, text, &mut found),
            "modifiers.toml" => windows(file, text, &mut found),
            "studies.toml" => study_codes(file, text, &mut found),
            _ if file.starts_with("value-sets/") => codes(file, text, &mut found),
            _ if file.starts_with("lexicon/") => phrases(file, text, &mut found),
            _ => {}
        }
    }
    found
}

fn mutant(kind: &'static str, name: String, file: &str, text: String) -> Mutant {
    Mutant {
        kind,
        name,
        file: file.into(),
        text,
        layer: Layer::Tables,
    }
}

/// The text cut before every line that opens a table; the pieces joined are the text.
fn blocks(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && line.starts_with('[') {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    starts.windows(2).map(|w| &text[w[0]..w[1]]).collect()
}

fn without(blocks: &[&str], left_out: usize) -> String {
    let kept = blocks.iter().enumerate().filter(|(at, _)| *at != left_out);
    kept.map(|(_, b)| *b).collect()
}

/// The value of `key = "value"` in a block.
fn value<'t>(block: &'t str, key: &str) -> &'t str {
    let line = block
        .lines()
        .find_map(|l| l.strip_prefix(key)?.trim_start().strip_prefix('='));
    let value = line.unwrap_or_default().trim();
    value
        .trim_start_matches('"')
        .split('"')
        .next()
        .unwrap_or_default()
}

fn ratings(file: &str, text: &str, found: &mut Vec<Mutant>) {
    let categories = [
        "usually_appropriate",
        "may_be_appropriate",
        "usually_not_appropriate",
        "unknown",
    ];
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate().skip(1) {
        let cells: Vec<&str> = line.splitn(4, ',').collect();
        let [variant, study, held, rest] = cells.as_slice() else {
            continue;
        };
        for other in categories.iter().filter(|c| *c != held) {
            let changed = format!("{variant},{study},{other},{rest}");
            let mut lines = lines.clone();
            lines[at] = &changed;
            let name = format!("{variant} {study}: {held} becomes {other}");
            found.push(mutant("rating", name, file, lines.concat()));
        }
        let name = format!("{variant} {study}: {held} is dropped");
        found.push(mutant("rating", name, file, without(&lines, at)));
    }
}

fn rows(file: &str, text: &str, found: &mut Vec<Mutant>) {
    let blocks = blocks(text);
    let rows = blocks
        .iter()
        .enumerate()
        .filter(|(_, b)| b.starts_with("[[row]]"));
    for (number, (at, row)) in rows.enumerate() {
        let when = value(row, "because");
        let name = format!("row {} ({}) is dropped: {when}", number + 1, value(row, "rule"));
        found.push(mutant("row", name, file, without(&blocks, at)));
    }
}

fn windows(file: &str, text: &str, found: &mut Vec<Mutant>) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut window = "";
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('[') {
            window = line.trim();
        }
        let number = line.strip_prefix("value = ").map(|n| n.trim().parse::<i64>());
        let Some(Ok(number)) = number else {
            continue;
        };
        for other in [number - 1, number + 1, number * 2] {
            let changed = format!("value = {other}\n");
            let mut lines = lines.clone();
            lines[at] = &changed;
            let name = format!("{window}: {number} becomes {other}");
            found.push(mutant("window", name, file, lines.concat()));
        }
    }
}

fn study_codes(file: &str, text: &str, found: &mut Vec<Mutant>) {
    let blocks = blocks(text);
    let is_study = |b: &str| b.starts_with("[[study]]");
    let mut study = "";
    for (at, block) in blocks.iter().enumerate() {
        if is_study(block) {
            study = value(block, "key");
        }
        if !block.starts_with("[[study.code]]") {
            continue;
        }
        let code = format!("{}|{}", value(block, "system"), value(block, "code"));
        let name = format!("{study} {code} is dropped");
        found.push(mutant("study code", name, file, without(&blocks, at)));
        // To the next study of the catalogue; from the last one to the first.
        let others = blocks
            .iter()
            .enumerate()
            .filter(|(other, b)| is_study(b) && *other != at);
        let next = others.clone().find(|(other, _)| *other > at);
        let first = others.clone().next();
        if let Some((to, _)) = next.or(first) {
            let mut moved = blocks.clone();
            moved.insert(to + 1, block);
            let text = without(&moved, if to < at { at + 1 } else { at });
            let to = value(blocks[to], "key");
            found.push(mutant(
                "study code",
                format!("{study} {code} moves to {to}"),
                file,
                text,
            ));
        }
    }
}

fn codes(file: &str, text: &str, found: &mut Vec<Mutant>) {
    let blocks = blocks(text);
    for (at, block) in blocks.iter().enumerate() {
        let what = if block.starts_with("[[code]]") {
            value(block, "code").to_owned()
        } else if block.starts_with("[[range]]") {
            format!("{}-{}", value(block, "from"), value(block, "to"))
        } else {
            continue;
        };
        let name = format!("{file} {}|{what} is dropped", value(block, "system"));
        found.push(mutant("code", name, file, without(&blocks, at)));
    }
}

/// The name in `[list."name"]`.
fn list_name(block: &str) -> Option<&str> {
    block.strip_prefix("[list.\"")?.split('"').next()
}

fn phrases(file: &str, text: &str, found: &mut Vec<Mutant>) {
    let blocks = blocks(text);
    for (at, block) in blocks.iter().enumerate() {
        let Some(list) = list_name(block) else { continue };
        let layer = || Layer::List(List::named(list).unwrap());
        let mut with = |kind, name, changed: &str| {
            let mut blocks = blocks.clone();
            blocks[at] = changed;
            let mut mutant = mutant(kind, name, file, blocks.concat());
            mutant.layer = layer();
            found.push(mutant);
        };
        let emptied = without_phrases(block, |_| false);
        with("list", format!("{list} is emptied"), &emptied);
        for phrase in written(block) {
            let (before, after) = (&block[..phrase.start], &block[phrase.end..]);
            let after = after.strip_prefix(',').unwrap_or(after);
            let name = format!("{list} loses {}", &block[phrase]);
            with("phrase", name, &format!("{before}{after}"));
        }
    }
}

/// Where the phrases of a list stand, quotes included.
fn written(block: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut inside = false;
    for line in block.split_inclusive('\n') {
        let mut rest = line;
        if let Some(tail) = ["patterns", "words"].iter().find_map(|k| line.strip_prefix(k)) {
            inside = true;
            rest = tail.trim_start_matches([' ', '=', '[']);
        }
        while inside {
            rest = rest.trim_start_matches([' ', ',']);
            let start = at + line.len() - rest.len();
            let quote = ["'''", "'", "\""].into_iter().find(|q| rest.starts_with(q));
            let Some(quote) = quote else {
                inside = !rest.starts_with(']');
                break;
            };
            let body = &rest[quote.len()..];
            let end = 2 * quote.len() + body.find(quote).unwrap();
            found.push(start..start + end);
            rest = &rest[end..];
        }
        at += line.len();
    }
    found
}

/// A file of phrases with every list empty but those wanted.
pub fn without_phrases(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let empty = |block: &&str| list_name(block).is_some_and(|name| !wanted(name));
    let rewritten = blocks(text).into_iter().map(|block| {
        if !empty(&block) {
            return block.to_owned();
        }
        let mut kept = String::new();
        let mut phrases = false;
        for line in block.split_inclusive('\n') {
            phrases |= line.starts_with("patterns") || line.starts_with("words");
            if !phrases {
                kept.push_str(line);
            }
            if line.trim_end().ends_with(']') && (line.starts_with(']') || line.contains("= [")) {
                phrases = false;
            }
        }
        kept
    });
    rewritten.collect()
}
