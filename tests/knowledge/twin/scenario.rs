//! §2 and §6: gates and scenario, first match wins.

use super::disease::Disease;
use super::link::{Link, Order};
use super::timeline::Timeline;
use apposite::engine::AppropriatenessCategory;
use apposite::knowledge::Knowledge;

/// §6. The gates R1 to R3 come first, in `verdict`.
pub fn judge(disease: Disease, link: Link, order: &Order, t: &Timeline) -> &'static str {
    match disease {
        Disease::None => return "none",
        Disease::NotPnet => return "not_pnet",
        Disease::Undiagnosed => return "undiagnosed",
        Disease::Ambiguous => return "ambiguous",
        Disease::Cured => return "surveillance_after_resection",
        Disease::Inactive if t.resected_by_chart || t.resected_by_phrase => {
            return "surveillance_after_resection";
        }
        Disease::Inactive => return "unclear",
        Disease::Suspected | Disease::Confirmed => {}
    }
    match link {
        Link::Other => return "other_indication",
        Link::Unclear => return "unclear",
        _ => {}
    }
    let says = |test: fn(&super::words::Reading) -> bool| order.any(test);
    let staging = says(|w| w.staging);
    let later_care = says(|w| w.surveillance || w.follow_up || w.response);
    let resected = t.resected_by_chart || t.resected_by_phrase;
    if t.recurrence {
        return "suspected_recurrence"; // R6a
    }
    if says(|w| w.initial) && (t.resected_by_chart || t.treated) {
        return "unclear"; // clash
    }
    if t.treated || (says(|w| w.response) && t.metastatic) {
        return "followup_after_treatment"; // R6b
    }
    if resected && !t.later_metastases {
        return "surveillance_after_resection"; // R6c
    }
    if resected || t.ablated {
        return "unclear"; // R6d
    }
    // R6e needs an asserted resection, which R6c and R6d already took.
    if says(|w| w.observe) || (!t.new && says(|w| w.follow_up)) {
        return "followup_untreated"; // R6f
    }
    if says(|w| w.local) && !staging {
        return "local_staging"; // R6g
    }
    if link == Link::Care {
        return "other_indication"; // R4: a reason that does not name the tumour
    }
    if staging {
        return "initial_staging"; // R6h
    }
    let tied = matches!(link, Link::Linked | Link::Presumed);
    if tied && t.new && (!later_care || says(|w| w.indeterminate)) {
        return "initial_staging"; // R6h
    }
    "unclear" // R6i
}

/// The rating held for a scenario and study.
pub fn rating(k: &Knowledge, scenario: &str, study: Option<&str>) -> AppropriatenessCategory {
    let variants: &[&str] = match scenario {
        "initial_staging" => &["initial_staging"],
        "local_staging" => &["local_staging"],
        "surveillance_after_resection" => &["surveillance_after_resection"],
        "followup_untreated" => &["followup_untreated"],
        "followup_after_treatment" => &[
            "followup_after_treatment.liver_dominant",
            "followup_after_treatment.non_liver_dominant",
        ],
        "unclear" | "suspected_recurrence" => &[],
        _ => return AppropriatenessCategory::NotApplicable,
    };
    let held: Vec<_> = variants
        .iter()
        .map(|v| study.and_then(|s| k.rating(v, s)).and_then(|r| r.category))
        .collect();
    match held.first() {
        Some(Some(first)) if held.iter().all(|h| h == &Some(*first)) => *first,
        _ => AppropriatenessCategory::Unknown,
    }
}
