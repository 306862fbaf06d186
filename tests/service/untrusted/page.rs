//! Markdown as the most permissive client renders it, and what on the page is not the template's.

use markdown::{CompileOptions, Constructs, Options, ParseOptions, to_html_with_options};

/// Elements of our templates; none has an attribute.
const OURS: [&str; 4] = ["p", "strong", "ul", "li"];

/// With GitHub's additions, raw HTML, and every protocol.
pub fn html(text: &str) -> String {
    let options = Options {
        parse: ParseOptions {
            constructs: Constructs {
                html_flow: true,
                html_text: true,
                ..Constructs::gfm()
            },
            ..ParseOptions::gfm()
        },
        compile: CompileOptions {
            allow_dangerous_html: true,
            allow_dangerous_protocol: true,
            gfm_tagfilter: false,
            ..CompileOptions::gfm()
        },
    };
    to_html_with_options(text, &options).unwrap()
}

/// What is on the page that our templates do not put there.
pub fn faults(text: &str) -> Vec<String> {
    let page = html(text);
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = page.as_str();
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let Some((tag, next)) = after.split_once('>') else {
            found.push(format!("an open tag: {after}"));
            break;
        };
        if !OURS.contains(&tag.trim_start_matches('/')) {
            found.push(format!("<{tag}>"));
        }
        plain.push(' ');
        rest = next;
    }
    plain.push_str(rest);
    found.extend(linked(&plain).map(|what| format!("{what}, which some renderers turn into a link")));
    found.extend(text.chars().filter(|c| is_odd(*c)).map(|c| format!("{c:?}")));
    let marks = text.chars().collect::<Vec<_>>();
    if marks.windows(3).any(|w| {
        w.iter()
            .all(|c| matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{20d0}'..='\u{20ff}'))
    }) {
        found.push("a pile of marks".to_owned());
    }
    found
}

/// remark-gfm and cmark-gfm look for addresses in the text that is left once escapes and entities are resolved: tried
/// with react-markdown 10 and remark-gfm 4, which the public sandbox is made with.
fn linked(html: &str) -> impl Iterator<Item = &'static str> {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    let text = entities
        .iter()
        .fold(html.to_lowercase(), |t, (name, sign)| t.replace(name, sign));
    let chars: Vec<char> = text.chars().collect();
    let word = |c: &char| c.is_alphanumeric() || "-_.+".contains(*c);
    let address = chars
        .windows(3)
        .any(|w| word(&w[0]) && w[1] == '@' && word(&w[2]));
    let found = [
        ("an address of a page", text.contains("://")),
        ("an address without a protocol", text.contains("www.")),
        ("an address of a person", address),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(what, _)| what)
}

fn is_odd(c: char) -> bool {
    let unseen = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{ffff}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    unseen || (c.is_control() && c != '\n')
}
