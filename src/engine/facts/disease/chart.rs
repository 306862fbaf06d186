//! The tumours of a chart: problem list and pathology, a cured one, and other cancers beside them.

use super::classify::{Class, Diagnosis, classify};
use super::{Course, Kind, Strength, Tumour};
use crate::engine::case::{Case, Condition, ObservedValue, PartialDate, ResourceRef};
use crate::engine::counts;
use crate::engine::facts::{ReadCondition, person};
use crate::engine::language::Assertion;
use crate::engine::marks;
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::{List, Role};

/// True when the patient cannot be an adult by any reading of the birth date.
pub(in crate::engine) fn is_child(knowledge: &Knowledge, case: &Case) -> bool {
    let order = crate::engine::case::DraftOrder::default();
    person::decide(knowledge, case, &order).value == person::Person::Child
}

/// Finds the tumours of the chart, and whether history alone tells of a cured one.
pub(in crate::engine) fn read_chart(
    knowledge: &Knowledge,
    case: &Case,
    conditions: &[ReadCondition<'_>],
) -> (Vec<Tumour>, Option<Evidence>) {
    let child = is_child(knowledge, case);
    let mut tumours: Vec<Tumour> = Vec::new();
    let mut history = None;
    let mut after_cure = None;
    for ReadCondition {
        condition, diagnosis, ..
    } in conditions
    {
        let date = earliest(condition, case);
        if let Some(class) = classify(knowledge, &condition.resource, date, diagnosis, child) {
            tumours.push(Tumour {
                resource: condition.resource.clone(),
                kind: class.kind,
                strength: strength(condition, &class),
                course: course(condition.clinical_status.as_deref()),
                date,
                // What is benign in the pancreas does not tell where a malignant tumour sits.
                of_pancreas: diagnosis.of_pancreas() && !diagnosis.is_benign_pancreas(),
                by_result: false,
                other_pancreatic_cancer: diagnosis.other_histology().is_some()
                    || (class.kind == Kind::NotPnet
                        && diagnosis.text.not_negated(List::PnetOther).is_some()
                        && diagnosis.of_pancreas()),
                evidence: class.evidence,
            });
        }
        // R-hist: history codes never make a tumour; with neuroendocrine words and follow-up they mean a cured one.
        if let Some(member) = diagnosis.marks.find(Role::History).filter(|m| !m.entry.family) {
            let neuroendocrine = [List::PnetStrong, List::PnetNeedsPancreas, List::PnetUpperCase];
            let words = neuroendocrine
                .into_iter()
                .any(|l| diagnosis.text.not_negated(l).is_some());
            history = history.or(words.then(|| marks::coded(knowledge, &condition.resource, member, date)));
        }
        if diagnosis
            .marks
            .any(&[Role::Resection, Role::HistoryAfterTreatment])
        {
            after_cure = Some(());
        }
    }
    for observation in case.chart.observations.iter().filter(|o| counts::observation(o)) {
        let Some(told) = observation.value.as_ref().and_then(ObservedValue::told) else {
            continue;
        };
        let diagnosis = Diagnosis::of(knowledge, &[&told], &[], &observation.notes);
        let date = observation.date.filter(|d| d.earliest() <= case.today);
        if let Some(rival) = rival(&observation.resource, date, &diagnosis) {
            tumours.push(rival);
            continue;
        }
        let Some(class) = classify(knowledge, &observation.resource, date, &diagnosis, child) else {
            continue;
        };
        // A pathology result can make the diagnosis; a result that merely mentions a suspicion cannot.
        if matches!(class.kind, Kind::Pnet | Kind::Siteless | Kind::Ambiguous) && !class.doubted {
            tumours.push(Tumour {
                resource: observation.resource.clone(),
                kind: class.kind,
                strength: Strength::Confirmed,
                course: Course::Current,
                date,
                of_pancreas: diagnosis.of_pancreas(),
                other_pancreatic_cancer: false,
                by_result: true,
                evidence: class.evidence,
            });
        }
    }
    locate(&mut tumours);
    (tumours, history.filter(|_| after_cure.is_some()))
}

/// A result that names another tumour than ours, of the pancreas or of an organ that it does not say: beside a pNET a
/// contradiction.
fn rival(id: &ResourceRef, date: Option<PartialDate>, diagnosis: &Diagnosis<'_>) -> Option<Tumour> {
    let text = &diagnosis.text;
    let neuroendocrine = [List::PnetStrong, List::PnetNeedsPancreas, List::PnetUpperCase];
    let elsewhere = text.mentions(List::OtherMalignancy) || neuroendocrine.iter().any(|l| text.mentions(*l));
    let (Assertion::Asserted, words) = text.says(List::PnetOther).filter(|_| !elsewhere)? else {
        return None;
    };
    Some(Tumour {
        resource: id.clone(),
        kind: Kind::NotPnet,
        strength: Strength::Confirmed,
        course: Course::Current,
        date,
        // It does not place a tumour whose organ is not said.
        of_pancreas: false,
        other_pancreatic_cancer: true,
        by_result: true,
        evidence: marks::worded(id, List::PnetOther.name(), &words, date),
    })
}

/// A siteless tumour becomes a pNET beside a second active pancreas diagnosis.
pub(super) fn locate(tumours: &mut [Tumour]) {
    let located = tumours.iter().any(|t| {
        t.of_pancreas && t.course != Course::Past && t.kind != Kind::Siteless && !t.other_pancreatic_cancer
    });
    if located {
        for tumour in tumours.iter_mut().filter(|t| t.kind == Kind::Siteless) {
            tumour.kind = Kind::Pnet;
        }
    }
}

/// Earliest of onset and recorded date; dates in the future are no dates.
fn earliest(condition: &Condition, case: &Case) -> Option<PartialDate> {
    let dates = [condition.onset, condition.recorded].into_iter().flatten();
    dates
        .filter(|d| d.earliest() <= case.today)
        .min_by_key(|d| d.earliest())
}

/// Whether a diagnosis is there now, by its clinical status.
pub(in crate::engine) fn course(clinical_status: Option<&str>) -> Course {
    match clinical_status {
        Some("recurrence" | "relapse") => Course::Recurrent,
        Some("remission" | "inactive" | "resolved") => Course::Past,
        _ => Course::Current,
    }
}

/// Confirmed, highly suspected, or only considered.
fn strength(condition: &Condition, class: &Class) -> Strength {
    if class.doubted && !class.highly_suspected {
        return Strength::Low;
    }
    match condition.verification.as_deref() {
        None | Some("confirmed") if class.highly_suspected => Strength::Suspected,
        None | Some("confirmed") => Strength::Confirmed,
        Some("provisional") if class.coded_pnet || class.highly_suspected => Strength::Suspected,
        Some(_) => Strength::Low,
    }
}

/// Active primary malignancies other than the tumours found.
pub(in crate::engine) fn other_malignancies(
    knowledge: &Knowledge,
    case: &Case,
    conditions: &[ReadCondition<'_>],
    tumours: &[Tumour],
) -> Vec<Evidence> {
    let mut found = Vec::new();
    for ReadCondition {
        condition, diagnosis, ..
    } in conditions
    {
        if course(condition.clinical_status.as_deref()) == Course::Past {
            continue;
        }
        let tumour = tumours.iter().find(|t| t.resource == condition.resource);
        let same = tumour.is_some_and(|t| match t.kind {
            Kind::Pnet | Kind::Siteless | Kind::Ambiguous | Kind::Undiagnosed => true,
            // One cancer, not two: a pancreas code without histology beside a pNET code.
            Kind::NotPnet => t.of_pancreas && !t.other_pancreatic_cancer,
        });
        if same {
            continue;
        }
        let not_primary = [
            Role::MetNet,
            Role::MetGeneric,
            Role::History,
            Role::SyndromeHint,
            Role::Recurrence,
        ];
        if diagnosis.marks.any(&not_primary) {
            continue;
        }
        let date = earliest(condition, case);
        let cancer = diagnosis
            .marks
            .find_any(&[Role::Malignancy, Role::NotPnetPancreas, Role::NotPnetOtherNet])
            .filter(|member| !member.entry.benign);
        if let Some(member) = cancer {
            found.push(marks::coded(knowledge, &condition.resource, member, date));
            continue;
        }
        // A neuroendocrine tumour of another organ is a cancer of its own beside the pNET.
        let lists = [List::OtherMalignancy, List::PnetOtherSite];
        let told = lists
            .into_iter()
            .find_map(|list| match diagnosis.text.says(list) {
                Some((Assertion::Asserted, words)) => Some((list, words)),
                _ => None,
            });
        if let Some((list, words)) = told.filter(|_| diagnosis.marks.is_empty()) {
            found.push(marks::worded(&condition.resource, list.name(), &words, date));
        }
    }
    found
}
