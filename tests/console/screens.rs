//! Every screen, wide and narrow, light and dark: it keeps nobody out, fits, and says nothing odd.

use crate::house::House;
use crate::page::Page;

const SHAPES: [(u32, bool); 4] = [(1280, false), (1280, true), (400, false), (400, true)];

/// Opens a page in every shape; `ready` holds once it is complete.
fn in_every_shape(name: &str, url: &str, ready: &str, meanwhile: impl Fn(&Page)) {
    in_shapes(&SHAPES, name, url, ready, meanwhile);
}

fn in_shapes(shapes: &[(u32, bool)], name: &str, url: &str, ready: &str, meanwhile: impl Fn(&Page)) {
    let page = Page::open(1280, false);
    page.go(url);
    page.wait(ready);
    meanwhile(&page);
    for (width, dark) in shapes {
        page.shape(*width, *dark);
        let name = format!("{name}-{width}-{}", if *dark { "dark" } else { "light" });
        page.screenshot(&name);
        page.inspect(&name);
    }
}

const A_CARD: &str = "document.querySelector('[data-card]') && document.getElementById('try').getAttribute('aria-busy') === 'false'";

#[test]
fn the_order_screen() {
    let house = House::open();
    in_every_shape("try", &house.console, A_CARD, |_| {});
}

#[test]
fn the_order_screen_while_something_is_searched() {
    let house = House::open();
    in_every_shape("try-search", &house.console, A_CARD, |page| {
        page.click("[data-of=study] input");
        page.type_words("mri pelvis");
        page.wait("document.querySelectorAll('#found-study-0 [role=option]').length > 3");
    });
}

#[test]
fn the_order_screen_while_a_reason_is_asked_for() {
    let house = House::open();
    in_every_shape("try-override", &house.console, A_CARD, |page| {
        page.click("[data-override]");
        page.wait("document.getElementById('override').open");
    });
}

#[test]
fn the_order_screen_of_a_silent_answer_and_of_a_refusal() {
    let house = House::open();
    for (name, story, words) in [
        ("try-silent", "order-select/contrast-ct", "in silence"),
        ("try-refused", "order-select/conditions-refused", "412"),
    ] {
        let ready = format!("document.getElementById('cards').innerText.includes('{words}')");
        in_every_shape(name, &format!("{}?story={story}", house.console), &ready, |_| {});
    }
}

#[test]
fn the_knowledge() {
    let house = House::open();
    for (part, shapes) in [
        ("ratings", &SHAPES[..]),
        ("cards", &SHAPES[..]),
        // All pages are made alike: of the others, one look each is enough.
        ("about", &SHAPES[..1]),
        ("questions", &SHAPES[1..2]),
        ("attributes", &SHAPES[2..3]),
        ("codes", &SHAPES[3..]),
    ] {
        let url = format!("{}/knowledge/{part}", house.console);
        let ready = "document.querySelector('#content *')";
        in_shapes(shapes, &format!("knowledge-{part}"), &url, ready, |_| {});
    }
}

#[test]
fn the_health() {
    let house = House::open();
    in_every_shape(
        "health",
        &format!("{}/health", house.console),
        "document.querySelector('.tile')",
        |_| {},
    );
}

#[test]
fn the_public_page_of_sources() {
    let house = House::open();
    let url = format!("{}/sources/pnet-imaging", house.calls);
    in_every_shape(
        "sources",
        &url,
        "document.querySelectorAll('tbody tr').length === 13",
        |_| {},
    );
}

#[test]
fn the_door() {
    let digest = "b".repeat(64);
    let house = House::with(&format!("[admin]\noperator_token_sha256 = '{digest}'"));
    in_every_shape(
        "login",
        &house.console,
        "document.getElementById('token')",
        |_| {},
    );
}
