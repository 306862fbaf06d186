//! The small cohort of every day, measured.

use crate::export::{folder, write};
use crate::measure::{Fared, rows};
use crate::{courses, options, run};

#[test]
fn judgements_agree_with_the_stories_they_were_made_from() {
    let cohort = courses::cohort(400, 20260615, 40);
    let folder = folder("truth");
    write(&cohort, &folder.join("export"), |_| true);
    let mut options = options(&folder.join("export"), &folder.join("out"));
    options.identified = true;
    let summary = run(&options);
    let fared = Fared::of(&cohort.truth, &rows(&options.out));
    println!("{}", fared.told());
    assert!(summary.tally.of("outcome", "unreadable") == 0);
    assert_eq!(fared.false_cards(), 0, "{}", fared.told());
    assert_eq!(
        fared.plain[0],
        fared.plain[1],
        "a card is missed for no reason\n{}",
        fared.told()
    );
    assert!(fared.plain[0] > 50, "too few orders to tell anything");
    // Of all that is imaging, nothing is passed over that calls for a card.
    assert_eq!(fared.unjudged[0], 0, "{}", fared.told());
}
