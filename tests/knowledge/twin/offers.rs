//! §7 Suggestions: what is offered, in which order.

use super::modifiers::{Allergic, Modifiers};
use apposite::knowledge::Knowledge;

const MR: &str = "MR_ABD_PEL_WWO";
const CT: &str = "CT_ABD_PEL_W";
const SSTR: &str = "SSTR_PETCT_SBMT";
const FDG: &str = "FDG_PETCT_SBMT";

/// The offers beside a card of this kind for this study.
pub fn of(kind: &str, study: &str, drafted: &[String], m: &Modifiers) -> Vec<String> {
    if m.pregnant || matches!(kind, "ASK_SCENARIO" | "DUPLICATE" | "MOD_PREGNANCY") {
        return Vec::new();
    }
    match kind {
        "MOD_HIGH_GRADE" => return vec![FDG.into()],
        "MOD_BONE" => return vec![SSTR.into()],
        _ => {}
    }
    let chest = kind == "CHEST_ONLY"; // Adds the base list as it stands (cards.toml).
    // 1 base list; 2 preference.
    let mut list = vec![MR, CT, SSTR];
    if matches!(kind, "COVERAGE_PELVIS" | "CONTRAST_UNKNOWN") && study.starts_with("CT") {
        list = vec![CT, MR, SSTR];
    }
    if matches!(kind, "TRACER_UNKNOWN" | "MBA_FDG" | "OLD_SSTR_SCAN") {
        list = vec![SSTR, MR, CT];
    }
    if m.high_grade && !chest {
        list.retain(|s| *s != SSTR);
        list.extend([FDG, SSTR]);
    }
    // 3 to the end: CT, then MRI.
    let ct_last = m.iodine > Allergic::No || m.renal;
    let mr_last = m.device || m.mri_last;
    for (last, study) in [(ct_last, CT), (mr_last, MR)] {
        if last {
            list.retain(|s| *s != study);
            list.push(study);
        }
    }
    // 4 out.
    let mr_out = m.mri_contraindicated || m.gadolinium == Allergic::Severe;
    let out = |s: &str| (s == MR && mr_out) || (s == CT && m.iodine == Allergic::Severe);
    list.retain(|s| !out(s) && *s != study);
    list.retain(|s| !drafted.iter().any(|d| d == s));
    list.into_iter().map(str::to_owned).collect()
}

/// The studies the base list is known by, so that a change of the data is noticed.
pub fn base_is_as_read(k: &Knowledge) -> bool {
    let base: Vec<_> = k.suggestions().base.iter().map(|s| &**s).collect();
    base == [MR, CT, SSTR]
}
