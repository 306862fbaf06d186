//! The review pages and the comparison of two sets.

use apposite::knowledge::compile::compile;
use apposite::knowledge::embedded_files;
use apposite::review::diff::Comparison;
use apposite::review::render;

#[test]
fn the_pages_are_the_same_each_time_and_hold_everything() {
    let (knowledge, files) = (crate::knowledge(), embedded_files());
    let pages = render::pages(&knowledge, &files);
    assert_eq!(pages, render::pages(&knowledge, &files));
    let html = &pages[render::HTML];
    for study in knowledge.ratings().map(|(_, study, _)| study) {
        assert!(html.contains(&knowledge.study(study).unwrap().name), "{study}");
    }
    for kind in knowledge.words().cards.keys() {
        assert!(html.contains(&**kind), "{kind}");
    }
    for row in knowledge.table().rows() {
        assert!(html.contains(&*row.rule), "{}", row.rule);
    }
    assert!(html.contains("S-66") && html.contains("Signature"));
    assert!(!html.contains("fails:"), "a vignette is marked as failing");
    for name in pages.keys().filter(|n| n.as_str() != render::HTML) {
        assert!(name.ends_with(".md"), "{name}");
    }
}

/// Nothing is fetched: the file can be read without a network, and tells nobody that it is read.
#[test]
fn the_html_page_stands_alone() {
    let html = &render::pages(&crate::knowledge(), &embedded_files())[render::HTML];
    for outside in ["src=", "<link", "@import", "url(", "<iframe", "<img"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

/// A reader judges the advice from what the page tells of the case, so the page tells all that the engine is given.
#[test]
fn a_story_tells_the_whole_case() {
    let (knowledge, files) = (crate::knowledge(), embedded_files());
    let (stories, _) = apposite::review::stories(&knowledge, &files);
    let html = &render::pages(&knowledge, &files)[render::HTML];
    for story in &stories {
        let row = html
            .split("<tr>")
            .find(|r| r.contains(&format!(">{}</td>", story.id)));
        let row = row.unwrap_or_else(|| panic!("{} has no row", story.id));
        let (chart, orders) = (&story.case.chart, &story.case.orders);
        let told = |label: &str| row.matches(label).count();
        let expected = [
            ("Diagnosis: ", chart.conditions.len()),
            ("Procedure: ", chart.procedures.len()),
            ("Medicine: ", chart.medications.len()),
            ("Allergy: ", chart.allergies.len()),
            ("Imaging done: ", chart.imaging.len()),
            ("Also drafted: ", orders.iter().filter(|o| !o.selected).count()),
            ("Not delivered: ", usize::from(!chart.undelivered.is_empty())),
        ];
        for (label, times) in expected {
            assert!(told(label) >= times, "{}: {label}", story.id);
        }
        for note in orders.iter().flat_map(|o| &o.notes) {
            let first = note.split(['\'', '"', '&', '<', '>', '\n']).next().unwrap();
            assert!(row.contains(first), "{}: {note}", story.id);
        }
        let born = chart.patient.birth_date.map(|d| format!("born {d}"));
        assert!(born.is_none_or(|b| row.contains(&b)), "{}", story.id);
    }
}

/// What a set says is text, whatever signs it holds.
#[test]
fn words_of_a_set_make_no_elements() {
    let mut files = embedded_files();
    let file = files.get_mut("pnet/citations.toml").unwrap();
    *file = file.replacen("says = \"", "says = '<script>alert(1)</script>'\n# \"", 1);
    let pages = render::pages(&compile(&files).unwrap(), &files);
    for (name, page) in pages {
        assert!(!page.contains("<script>alert"), "{name}");
    }
}

#[test]
fn equal_sets_have_nothing_to_compare() {
    let (knowledge, files) = (crate::knowledge(), embedded_files());
    let same = Comparison::of((&knowledge, &files), (&knowledge, &files));
    assert!(same.is_same() && same.tried >= 71, "{same}");
}

#[test]
fn a_changed_rating_names_the_stories_it_changes() {
    let (knowledge, files) = (crate::knowledge(), embedded_files());
    let mut new = files.clone();
    let ratings = new.get_mut("pnet/ratings.csv").unwrap();
    let from = "initial_staging,FDG_PETCT_SBMT,may_be_appropriate";
    assert!(ratings.contains(from));
    *ratings = ratings.replacen(from, "initial_staging,FDG_PETCT_SBMT,usually_appropriate", 1);
    let changed = compile(&new).unwrap();
    let comparison = Comparison::of((&knowledge, &files), (&changed, &new));
    assert!(!comparison.is_same());
    assert!(comparison.changes.len() < comparison.tried);
    let told = comparison.to_string();
    assert!(
        told.contains("rating: may_be_appropriate → usually_appropriate"),
        "{told}"
    );
    assert!(told.contains("no longer card MBA_FDG (info)"), "{told}");
    let back = Comparison::of((&changed, &new), (&knowledge, &files)).to_string();
    assert!(back.contains("new card MBA_FDG (info)"), "{back}");
}

#[test]
fn changed_words_and_lost_stories_are_told() {
    let (knowledge, files) = (crate::knowledge(), embedded_files());
    let mut new = files.clone();
    let cards = new.get_mut("pnet/cards.toml").unwrap();
    *cards = cards.replacen(
        "Most well-differentiated tumours express somatostatin receptors and take",
        "Such tumours take",
        1,
    );
    let gone = new.keys().find(|f| f.ends_with("traps.md")).unwrap().clone();
    new.remove(&gone);
    let changed = compile(&new).unwrap();
    let comparison = Comparison::of((&knowledge, &files), (&changed, &new));
    let told = comparison.to_string();
    assert!(
        told.contains("MBA_FDG: other words in the text")
            && told.contains("    + ")
            && told.contains("    - "),
        "{told}"
    );
    // A story that only the old set holds is still run.
    let whole = Comparison::of((&knowledge, &files), (&knowledge, &files));
    assert_eq!(comparison.tried, whole.tried);
}
