//! The corpus in a real browser: no script runs, nothing is fetched, no element appears.

use super::{answered, corpus, html, shown};
use apposite::answer::escape;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

/// Reports, in the page itself, what came of it.
const REPORT: &str = r#"<script>
addEventListener('load', () => setTimeout(() => {
  const ours = new Set(['P', 'STRONG', 'UL', 'LI']);
  const all = [...document.querySelectorAll('#cards *')];
  document.title = JSON.stringify({
    pwned: Boolean(window.__pwned),
    cards: document.querySelectorAll('#cards > section').length,
    foreign: all.filter(e => !ours.has(e.tagName) && e.tagName !== 'SECTION').length,
    attributes: all.reduce((n, e) => n + e.attributes.length, 0),
    fetched: performance.getEntriesByType('resource').length,
    links: document.links.length,
    scripts: document.scripts.length,
  });
}, 300));
</script>"#;

/// Opens a page of these texts; `None` where there is no browser.
fn opened(name: &str, texts: impl Iterator<Item = String>) -> Option<Value> {
    let mut page = format!("<!DOCTYPE html><meta charset=utf-8>{REPORT}<div id=cards>");
    for text in texts {
        let _ = write!(page, "<section>{}</section>", html(&text));
    }
    page.push_str("</div>");
    let folder = std::env::temp_dir().join(format!("apposite-browser-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("cards.html");
    std::fs::write(&file, page).unwrap();
    let run = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        // Whatever is fetched goes nowhere, and is counted all the same.
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--disable-background-networking",
        ])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output();
    let dom = run
        .ok()
        .filter(|r| r.status.success())
        .map(|r| String::from_utf8(r.stdout).unwrap());
    // Left behind, it harms nobody.
    let _ = std::fs::remove_dir_all(&folder);
    let title = dom?
        .split_once("<title>")?
        .1
        .split_once("</title>")?
        .0
        .replace("&quot;", "\"");
    serde_json::from_str(&title).ok()
}

#[test]
#[ignore = "needs chromium: apt-get install chromium, then run with --ignored"]
fn the_corpus_is_inert_in_a_browser() {
    let quoted = |text: &String| format!("**Why:** order “{}”.\n\n- {}", escape(text), escape(text));
    let mut texts: Vec<String> = corpus().iter().map(quoted).collect();
    let cards = answered();
    texts.extend(cards.iter().map(|(_, card)| shown(card).join("\n\n")));
    let seen = opened("escaped", texts.iter().cloned()).expect("chromium runs and opens the page");
    println!("{} texts, {} of them cards: {seen}", texts.len(), cards.len());
    assert_eq!(seen["cards"], texts.len(), "{seen}");
    for nothing in ["pwned", "foreign", "attributes", "fetched", "links"] {
        assert!(seen[nothing] == 0 || seen[nothing] == false, "{nothing}: {seen}");
    }
    assert_eq!(seen["scripts"], 1, "{seen}");
    // Without the escaping the page is taken over: each of the measures can fail.
    let open = [
        "<img src=x onerror=window.__pwned=1>",
        "![a](http://evil.example/x.png)",
        "www.evil.example",
    ];
    let seen =
        opened("open", open.map(ToOwned::to_owned).into_iter()).expect("chromium opens the other page");
    println!("not escaped: {seen}");
    for something in ["pwned", "foreign", "attributes", "fetched", "links"] {
        assert!(
            seen[something] != 0 && seen[something] != false,
            "{something}: {seen}"
        );
    }
}
