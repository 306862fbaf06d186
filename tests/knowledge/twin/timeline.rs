//! §5: what happened, and when.

use super::chart::{
    conditions, current, days_since, has, medication_counts, members, past, procedures, readings, texts,
};
use super::disease::{tumours, words_assert_metastases};
use super::link::{Order, another_cancer};
use super::words::{Mets, Names, Reading, Resection, read};
use apposite::engine::case::{Case, Condition, Medication, ObservedValue, PartialDate, Procedure};
use apposite::knowledge::Knowledge;
use apposite::knowledge::files::{MetastasisSite, Unless};
use apposite::knowledge::vocabulary::{Role, Window};
use jiff::civil::Date;

/// The timeline of one patient, as one order sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    pub new: bool,
    pub resected_by_chart: bool,
    pub resected_by_phrase: bool,
    pub metastatic: bool,
    /// Metastases known later than the resection.
    pub later_metastases: bool,
    pub treated: bool,
    pub ablated: bool,
    pub recurrence: bool,
}

/// The day of the diagnosis, if any source dates it.
fn diagnosed(k: &Knowledge, case: &Case, order: &Order) -> Option<Date> {
    let tumour = super::disease::named(k, case, order, false);
    // One cancer, not two: a neuroendocrine tumour without its site dates the tumour as well, by code or by words. Beside
    // a syndrome the words do not count.
    let siteless = conditions(case).filter(|c| {
        let siteless = [Role::NetSiteless, Role::MorphNet, Role::PnetUsuallyPancreatic];
        let coded = siteless.into_iter().any(|role| has(k, &c.code, role));
        let worded =
            texts(c).iter().any(|w| w.names == Names::Siteless) && !has(k, &c.code, Role::SyndromeHint);
        (coded || worded)
            && super::disease::of_condition(k, case, c, order, false) == super::disease::Finding::Undiagnosed
    });
    let conditions = tumour
        .into_iter()
        .chain(siteless)
        .flat_map(|c| [c.onset, c.recorded]);
    let pathology = case
        .chart
        .observations
        .iter()
        .filter(|o| super::chart::observation_counts(o))
        .filter(|o| names_pnet(k, o.value.as_ref()))
        .map(|o| o.date);
    let dates = conditions.chain(pathology).filter_map(|d| past(case, d));
    dates.map(PartialDate::earliest).min()
}

fn names_pnet(k: &Knowledge, value: Option<&ObservedValue>) -> bool {
    match value {
        Some(ObservedValue::Coded(c)) => {
            super::disease::finding(k, &[c], &readings(c), None, false, false)
                >= super::disease::Finding::SuspectedHigh
        }
        Some(ObservedValue::Text(t)) => {
            super::disease::finding(k, &[], &[read(t)], None, false, false)
                >= super::disease::Finding::SuspectedHigh
        }
        _ => false,
    }
}

/// Was this on or after a day? Undated counts; a partial date counts if any of its days does.
fn since(case: &Case, date: Option<PartialDate>, day: Option<Date>) -> bool {
    match (past(case, date), day) {
        (Some(date), Some(day)) => date.latest() >= day,
        _ => true,
    }
}

fn procedure_words(p: &Procedure) -> Vec<Reading> {
    let code = readings(&p.code).into_iter();
    let reasons = p.reasons.iter().flat_map(readings);
    code.chain(reasons)
        .chain(p.notes.iter().map(|n| read(n)))
        .collect()
}

fn is_resection(k: &Knowledge, p: &Procedure) -> bool {
    let words = procedure_words(p);
    let named = has(k, &p.code, Role::Resection) || words.iter().any(|w| w.resection == Resection::Done);
    named && !words.iter().any(|w| w.resection == Resection::Negated)
}

/// The earliest moment of the resection by the chart: `Some(None)` when undated.
fn resection(k: &Knowledge, case: &Case, from: Option<Date>) -> Option<Option<PartialDate>> {
    let operations: Vec<_> = procedures(case).filter(|p| is_resection(k, p)).collect();
    let counted = operations.iter().filter(|p| since(case, p.performed, from));
    let dates: Vec<_> = counted.map(|p| past(case, p.performed)).collect();
    if let Some(last) = dates.iter().max() {
        return Some(*last);
    }
    let explained = operations
        .iter()
        .any(|p| past(case, p.performed).is_some() && !since(case, p.performed, from));
    for c in conditions(case).filter(|c| has(k, &c.code, Role::Resection)) {
        // Written down long before the tumour: another reason. Else its day is not the day of the operation.
        let date = past(case, c.onset.or(c.recorded));
        if !explained && since(case, date, from) {
            return Some(None);
        }
    }
    None
}

/// The dates of known metastases; undated ones are `None`.
fn metastases(k: &Knowledge, case: &Case, order: &Order) -> Vec<Option<PartialDate>> {
    // "dx.met.generic only if no other active primary": one that has spread to the pancreas is another too.
    let elsewhere = current(case).any(|c| has(k, &c.code, Role::NotPnetOtherNet));
    let alone = !another_cancer(k, case) && !adenocarcinoma(k, case) && !elsewhere;
    let mut found = Vec::new();
    // Asserted: a provisional diagnosis does not assert the spread it is staged with.
    let asserted = |c: &&Condition| matches!(c.verification.as_deref(), None | Some("confirmed"));
    let dated = |c: &Condition| {
        [c.onset, c.recorded]
            .into_iter()
            .filter_map(|d| past(case, d))
            .min()
    };
    for c in current(case).filter(asserted) {
        let far = |m: &&apposite::knowledge::Member| {
            m.role == Role::MetGeneric && m.entry.site != Some(MetastasisSite::RegionalOrDistantNode)
        };
        let coded = members(k, &c.code);
        let staged = c.stages.iter().any(|s| has(k, s, Role::StageM1));
        if coded.iter().any(|m| m.role == Role::MetNet)
            || (alone && coded.iter().any(far))
            || has(k, &c.code, Role::StageM1)
            || staged
        {
            found.push(dated(c));
        }
    }
    for c in tumours(k, case, order, false).into_iter().filter(asserted) {
        if words_assert_metastases(&texts(c)) {
            found.push(dated(c));
        }
    }
    for o in case
        .chart
        .observations
        .iter()
        .filter(|o| super::chart::observation_counts(o))
    {
        if let Some(ObservedValue::Coded(c)) = &o.value
            && has(k, &o.code, Role::Stage)
            && has(k, c, Role::StageM1)
        {
            found.push(past(case, o.date));
        }
    }
    // The order's words have no date: they add nothing where the chart dates the metastases.
    if order.says_mets(Mets::Asserted) && found.is_empty() {
        found.push(None);
    }
    found
}

fn drug_treats(k: &Knowledge, case: &Case, m: &Medication, metastatic: bool, from: Option<Date>) -> bool {
    if !since(case, m.start, from) {
        return false;
    }
    let words: Vec<Reading> = readings(&m.code)
        .into_iter()
        .chain(m.reasons.iter().flat_map(readings))
        .collect();
    // The problem list can hold the other indication (section 8: everolimus after kidney transplant).
    let listed = conditions(case).flat_map(|c| readings(&c.code));
    let other_use = words.iter().copied().chain(listed).any(|w| w.not_antitumour);
    members(k, &m.code).iter().any(|found| match found.role {
        Role::Prrt => !found.entry.weak || words.iter().any(|w| w.lutetium),
        Role::Systemic => match found.entry.unless {
            Some(Unless::OtherUse) => !other_use,
            Some(Unless::OtherCancer) => !another_cancer(k, case) && !adenocarcinoma(k, case),
            None => true,
        },
        Role::Ssa => metastatic && exposure(case, m) >= k.window(Window::SsaExposure),
        _ => false,
    })
}

fn adenocarcinoma(k: &Knowledge, case: &Case) -> bool {
    current(case).any(|c| super::disease::is_adenocarcinoma(k, c))
}

/// Days on a somatostatin analogue.
fn exposure(case: &Case, m: &Medication) -> i64 {
    let Some(start) = past(case, m.start) else {
        return 0;
    };
    let end = m.end.map_or(case.today, PartialDate::latest).min(case.today);
    i64::from(end.since(start.earliest()).map_or(0, |s| s.get_days()))
}

fn procedure_treats(k: &Knowledge, case: &Case, p: &Procedure, metastatic: bool, from: Option<Date>) -> bool {
    if !since(case, p.performed, from) {
        return false;
    }
    let words = procedure_words(p);
    members(k, &p.code).iter().any(|m| match m.role {
        Role::LiverDirected => true,
        Role::LiverResection => metastatic || m.entry.label.contains("metastas"),
        Role::Prrt => !m.entry.weak || words.iter().any(|w| w.lutetium),
        _ => false,
    })
}

/// Establishes the timeline.
pub fn of(k: &Knowledge, case: &Case, order: &Order) -> Timeline {
    let day = diagnosed(k, case, order);
    let before = i64::from(k.window(Window::ResectionBeforeDiagnosis) as i32);
    let from = day.and_then(|d| d.checked_sub(jiff::Span::new().days(before)).ok());
    let operation = resection(k, case, from);
    let spread = metastases(k, case, order);
    let metastatic = !spread.is_empty();
    let drugs = case.chart.medications.iter().filter(|m| medication_counts(m));
    let treated_by_chart = drugs.clone().any(|m| drug_treats(k, case, m, metastatic, day))
        || procedures(case).any(|p| procedure_treats(k, case, p, metastatic, day));
    // Later: any dated after the resection; or nothing is dated, so nothing shows that they were there before.
    let dated: Vec<_> = spread.iter().flatten().collect();
    let later = match operation.flatten() {
        Some(operation) => dated.is_empty() || dated.iter().any(|met| met.latest() > operation.latest()),
        None => true,
    };
    Timeline {
        new: day.is_none_or(|d| days_since(case, d) <= k.window(Window::NewDiagnosis)),
        resected_by_chart: operation.is_some(),
        resected_by_phrase: order.says_resection(),
        metastatic,
        later_metastases: metastatic && later,
        treated: treated_by_chart
            || super::disease::tumour_words(k, case, order, false)
                .iter()
                .any(|w| w.treated)
            || order.any(|w| w.treated),
        ablated: procedures(case).any(|p| has(k, &p.code, Role::LocalAblation)),
        recurrence: recurrence(k, case, order),
    }
}

fn recurrence(k: &Knowledge, case: &Case, order: &Order) -> bool {
    let status = |s: &str| matches!(s, "recurrence" | "relapse");
    let chart = super::disease::named(k, case, order, false)
        .iter()
        .any(|c| c.clinical_status.as_deref().is_some_and(status));
    let coded = conditions(case).any(|c| has(k, &c.code, Role::Recurrence))
        || order.concepts.iter().any(|c| has(k, c, Role::Recurrence));
    let told = super::disease::tumour_words(k, case, order, false);
    chart || coded || told.iter().any(|w| w.recurrence) || order.any(|w| w.recurrence)
}
