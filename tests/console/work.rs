//! The whole loop, by mouse and by keyboard: story, card, choice, silence, feedback, and the counts of it.

use crate::house::House;
use crate::page::Page;

const IDLE: &str = "document.getElementById('try').getAttribute('aria-busy') === 'false'";

fn cards(page: &Page, count: usize) {
    page.wait(&format!(
        "document.getElementById('try').dataset.cards === '{count}' && {IDLE}"
    ));
}

/// Waits until so many things were told of cards, and looks at what became of the last.
fn told(page: &Page, count: usize) {
    page.wait(&format!(
        "document.getElementById('told-count').textContent === '{count}'"
    ));
    page.click("#tab-told");
    assert!(page.text("#told li").contains("kept"));
}

#[test]
fn a_card_is_accepted_the_new_order_is_silent_and_insight_knows() {
    let house = House::open();
    let page = Page::open(1280, false);
    page.go(&house.console);
    cards(&page, 1);
    assert!(page.text("#said").starts_with("One card."));
    assert!(page.text(".card h3").contains("usually not appropriate"));
    let before = page.text(".study");

    page.click("[data-accept='0']");
    cards(&page, 0);
    let after = page.text(".study");
    assert!(after != before && after.contains("MR"), "{after}");
    assert!(page.text("#cards").contains("No card."));
    assert!(page.text("#done").contains("Done: Change this order"));
    told(&page, 1);

    // And one that is kept, with a reason.
    page.look(
        "(() => { const s = document.getElementById('story'); s.value = 'order-select/fdg-pet'; \
               s.dispatchEvent(new Event('change')); })()",
    );
    cards(&page, 1);
    page.click("[data-override]");
    page.click("#reasons label:nth-child(2)");
    page.click("#override button.main");
    told(&page, 2);
    assert!(page.text(".card").contains("The order stays as it is"));
    page.screenshot("loop-told");
    page.quiet("loop");

    page.go(&format!("{}/insight", house.console));
    assert_eq!(page.text("#n-calls"), "3");
    assert_eq!(
        (
            page.text("#n-shown"),
            page.text("#n-accepted"),
            page.text("#n-overridden")
        ),
        ("2".into(), "1".into(), "1".into())
    );
    for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
        page.shape(width, dark);
        let name = format!("insight-{width}-{}", if dark { "dark" } else { "light" });
        page.screenshot(&name);
        page.inspect(&name);
    }
    page.shape(1280, false);
    page.click("a.strong");
    page.wait("document.title.startsWith('Decisions') && document.querySelectorAll('tbody tr').length >= 3");
    let rows = page.text("tbody");
    assert!(
        rows.contains("accepted") && rows.contains("overridden") && rows.contains("silent at"),
        "{rows}"
    );
    for (width, dark) in [(1280, false), (400, true)] {
        page.shape(width, dark);
        let name = format!("decisions-{width}");
        page.screenshot(&name);
        page.inspect(&name);
    }
    page.go(&format!("{}/health", house.console));
    assert!(page.text("#now").contains("ago"));
    page.quiet("health");
}

#[test]
fn the_order_can_be_changed_by_keyboard_alone() {
    let house = House::open();
    let page = Page::open(1280, false);
    page.go(&format!("{}?story=blank", house.console));
    cards(&page, 0);
    assert!(page.text(".study").contains("No study chosen yet"));

    page.tab_to("#find-problem");
    page.type_words("717919005");
    page.wait("document.querySelector('#found-problem [aria-selected=true]')");
    page.key("Enter");
    page.wait("document.querySelectorAll('.problems li').length === 1");
    page.wait(IDLE);

    page.tab_to("#find-study-0");
    page.type_words("74176");
    page.wait("document.querySelector('#found-study-0 [aria-selected=true]')");
    page.key("ArrowDown");
    page.key("Enter");
    page.wait("document.querySelector('.study').innerText.includes('without IV contrast')");
    cards(&page, 1);

    page.tab_to("#reason-0");
    page.type_words("Staging of a newly found pNET");
    page.tab_to("#fire-sign");
    page.wait("document.querySelector('.card.warning')");
    page.wait(IDLE);
    page.tab_to("#fire-sign");
    page.key(" ");
    page.wait("document.querySelector('.sign').innerText.includes('order-sign')");
    cards(&page, 1);

    // Out of the question and back to where one was.
    page.tab_to("[data-override]");
    page.key("Enter");
    page.wait("document.getElementById('override').open");
    page.key("Escape");
    page.wait(
        "!document.getElementById('override').open && document.activeElement.matches('[data-override]')",
    );

    page.tab_to("#tab-trace");
    page.key("ArrowRight");
    page.wait("!document.getElementById('pane-sent').hidden");
    assert!(page.text("#sent").contains("\"hook\": \"order-sign\""));
    page.quiet("keyboard");
}

#[test]
fn age_and_problems_change_the_answer() {
    let house = House::open();
    let page = Page::open(1280, false);
    page.go(&house.console);
    cards(&page, 1);
    page.look("(() => { const a = document.getElementById('age'); a.value = '12'; a.dispatchEvent(new Event('change', { bubbles: true })); })()");
    cards(&page, 0);
    assert!(page.text("#pane-trace").contains("under 18"));
    page.look("(() => { const a = document.getElementById('age'); a.value = '50'; a.dispatchEvent(new Event('change', { bubbles: true })); })()");
    cards(&page, 1);
    page.click("[data-remove='0']");
    page.wait("document.querySelectorAll('.problems li').length === 1");
    page.wait(IDLE);
    page.quiet("edits");
}

/// Where callers must sign, requests are judged beside the door, and the page says so.
#[test]
fn with_registered_clients_it_is_judged_beside_the_door() {
    let house = House::with(
        "[[client]]\nname = 'ehr'\nissuer = 'https://ehr.example.org'\njwks_url = 'https://ehr.example.org/jwks'",
    );
    let page = Page::open(1280, false);
    page.go(&house.console);
    cards(&page, 1);
    assert!(page.text("main").contains("judged beside the door"));
    page.click("[data-accept='0']");
    cards(&page, 0);
    page.click("#tab-told");
    assert!(page.text("#told li").contains("not sent: callers must sign"));
    page.go(&format!("{}/health", house.console));
    assert!(page.text("#now").contains("https://ehr.example.org/jwks"));
    page.screenshot("health-clients");
    page.inspect("health with clients");
}

#[test]
fn long_tables_are_narrowed_by_words() {
    let house = House::open();
    let page = Page::open(1280, false);
    page.go(&format!("{}/knowledge/codes", house.console));
    page.click("#filter-words");
    page.type_words("717919005");
    page.wait("document.getElementById('filter-count').innerText.startsWith('1 of ') || document.getElementById('filter-count').innerText.startsWith('2 of ')");
    page.quiet("filter");
}

/// What is switched off is judged and not shown, from now on; and shown again once it is switched on.
#[test]
fn a_card_is_switched_off_and_on_again() {
    let house = House::open();
    let page = Page::open(1280, false);
    let set = |form: &str| {
        page.click(&format!("{form} [name=by]"));
        page.type_words("somebody");
        page.click(&format!("{form} [name=why]"));
        page.type_words("a try");
        page.click(&format!("{form} button"));
    };
    page.go(&format!("{}/health", house.console));
    assert!(page.text("#switches").contains("Nothing is switched off"));
    page.click("#switches summary");
    page.look("document.querySelector('[name=what]').value = 'rule UNA_NONCONTRAST'");
    set("details .switch");
    page.wait("document.querySelector('#switches .bad')");
    assert!(
        page.text("#switches .bad")
            .contains("rule UNA_NONCONTRAST is switched off")
    );
    page.screenshot("switches");
    page.inspect("switches");
    page.go(&house.console);
    page.wait("document.getElementById('try').dataset.cards === '0'");
    page.go(&format!("{}/health", house.console));
    set("#switches form.bad");
    page.wait("document.getElementById('switches').innerText.includes('Nothing is switched off')");
    page.go(&house.console);
    page.wait("document.getElementById('try').dataset.cards === '1'");
    page.quiet("switches");
}
