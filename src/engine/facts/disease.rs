//! R3, §4: is it a pancreatic neuroendocrine tumour? Every diagnosis is classified by itself; then the strongest wins.

use super::{ChartFacts, ReadCondition};
use crate::engine::case::{Case, Condition, ObservedValue, PartialDate, ResourceRef, Source};
use crate::engine::counts;
use crate::engine::language::{Assertion, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::Knowledge;
use crate::knowledge::vocabulary::{List, Role};
use crate::terminology::Concept;

/// What kind of tumour a diagnosis names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A suspicion without histology, or a syndrome.
    Undiagnosed,
    /// Another tumour, or a neuroendocrine tumour of another organ.
    NotPnet,
    /// Mixed or contradictory: no judgement.
    Ambiguous,
    /// Neuroendocrine, site not said: a pNET only with evidence of the pancreas.
    Siteless,
    /// A pancreatic neuroendocrine tumour.
    Pnet,
}

/// How sure the record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Strength {
    Low,
    Suspected,
    Confirmed,
}

/// Whether the disease is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Course {
    Past,
    Current,
    Recurrent,
}

/// A tumour found in the chart, or named by an order.
#[derive(Debug, Clone)]
pub struct Tumour {
    /// Where it was read.
    pub resource: ResourceRef,
    /// What it is.
    pub kind: Kind,
    /// How sure.
    pub strength: Strength,
    /// Whether it is there now.
    pub course: Course,
    /// Earliest date told.
    pub date: Option<PartialDate>,
    /// What it was read from.
    pub evidence: Evidence,
    /// It speaks of the pancreas, and so locates a siteless tumour.
    pub of_pancreas: bool,
    /// A pancreatic cancer of another histology.
    pub other_pancreatic_cancer: bool,
}

/// A diagnosis before it is classified: codes and words of one resource.
#[derive(Debug)]
pub(crate) struct Diagnosis<'k> {
    pub(in crate::engine) marks: Marks<'k>,
    pub(in crate::engine) text: Text<'k>,
    sites: Text<'k>,
}

impl<'k> Diagnosis<'k> {
    pub(super) fn of(
        knowledge: &'k Knowledge,
        concepts: &[&Concept],
        sites: &[Concept],
        notes: &[String],
    ) -> Self {
        let words = concepts
            .iter()
            .flat_map(|c| c.words())
            .chain(notes.iter().map(String::as_str));
        let text = Text::new(knowledge, &Text::join(words));
        let sites_text = Text::new(knowledge, &Text::join(sites.iter().flat_map(|c| c.words())));
        let marks = Marks::of(knowledge, concepts.iter().copied().chain(sites));
        Self {
            marks,
            text,
            sites: sites_text,
        }
    }

    /// Words that name a pNET by themselves, and how the text speaks of them.
    pub(super) fn strong_words(&self, child: bool) -> Option<(Assertion, String)> {
        let strong = self.text.says(List::PnetStrong);
        // Upper-case PNET may also mean the primitive tumour of children, brain and bone.
        let excluded = child
            || self.text.raw_mentions(List::PnetUpperCaseExcluded)
            || self.marks.has(Role::PnetUpperCaseExcluded);
        let upper = if excluded {
            None
        } else {
            self.text.says(List::PnetUpperCase)
        };
        [strong, upper].into_iter().flatten().max_by_key(|(a, _)| *a)
    }

    fn of_pancreas(&self) -> bool {
        let roles = [
            Role::TopographyPancreas,
            Role::PancreasCorroboration,
            Role::PancreasHistologyUnknown,
            Role::PnetSpecific,
            Role::PnetNec,
        ];
        self.marks.any(&roles)
            || self.site_only().is_some()
            || self.text.not_negated(List::PancreasWord).is_some()
            || self.sites.mentions(List::PancreasWord)
    }

    /// A pancreas code that does not state the histology.
    fn site_only(&self) -> Option<&'k crate::knowledge::Member> {
        self.marks
            .iter()
            .find(|m| m.role == Role::NotPnetPancreas && m.entry.site_only)
    }

    /// A pancreatic cancer of another histology.
    fn other_histology(&self) -> Option<&'k crate::knowledge::Member> {
        self.marks
            .iter()
            .find(|m| m.role == Role::NotPnetPancreas && !m.entry.site_only && !m.entry.benign)
    }
}

/// Classification of one diagnosis: kind, evidence, and whether the words themselves doubt it.
pub(super) struct Class {
    pub kind: Kind,
    pub evidence: Evidence,
    pub doubted: bool,
    pub highly_suspected: bool,
    pub coded_pnet: bool,
}

/// Classifies one diagnosis. `None`: it says nothing of a tumour here.
pub(super) fn classify(
    knowledge: &Knowledge,
    resource: &ResourceRef,
    date: Option<PartialDate>,
    diagnosis: &Diagnosis<'_>,
    child: bool,
) -> Option<Class> {
    use Role as R;
    let marks = &diagnosis.marks;
    let text = &diagnosis.text;
    let by_code = |member| marks::coded(knowledge, resource, member, date);
    let by_words = |list: List, words: &str| marks::worded(resource, list.name(), words, date);
    let highly_suspected = text.mentions(List::PnetSuspectedHigh);
    let class = |kind, evidence, doubted, coded_pnet| {
        Some(Class {
            kind,
            evidence,
            doubted,
            highly_suspected,
            coded_pnet,
        })
    };

    // Only a relative has it, or the patient once had it: R-hist looks at these.
    let tumour_roles = [
        R::PnetSpecific,
        R::PnetNec,
        R::PnetUsuallyPancreatic,
        R::NetSiteless,
        R::MorphPnet,
        R::MorphNet,
        R::NotPnetPancreas,
        R::PancreasHistologyUnknown,
        R::Ambiguous,
        R::NotPnetOtherNet,
    ];
    let coded_tumour = marks.any(&tumour_roles);
    if !coded_tumour && marks.has(R::History) {
        return None;
    }
    if !coded_tumour && let Some(hint) = marks.find(R::SyndromeHint) {
        // A carrier of a syndrome is told about tumours; the words do not make one.
        return class(Kind::Undiagnosed, by_code(hint), false, false);
    }

    let ambiguous = marks.iter().find(|m| m.role == R::Ambiguous || m.entry.ambiguous);
    if let Some(member) = ambiguous {
        return class(Kind::Ambiguous, by_code(member), false, false);
    }
    if let Some(words) = text.not_negated(List::PnetMixed) {
        return class(Kind::Ambiguous, by_words(List::PnetMixed, &words), false, false);
    }

    let strong = diagnosis
        .strong_words(child)
        .filter(|(a, _)| *a != Assertion::Negated);
    let low = text.mentions(List::PnetSuspectedLow);
    let doubted = low
        || strong
            .as_ref()
            .is_some_and(|(a, _)| matches!(a, Assertion::Queried | Assertion::Future));
    let neuroendocrine = text
        .says(List::PnetNeedsPancreas)
        .filter(|(a, _)| *a != Assertion::Negated);
    let doubted_net = low
        || neuroendocrine
            .as_ref()
            .is_some_and(|(a, _)| matches!(a, Assertion::Queried | Assertion::Future));
    let other_words = text.not_negated(List::PnetOther);
    let secondary = text.not_negated(List::PnetSecondary);

    let specific = marks
        .find_any(&[R::PnetSpecific, R::PnetNec])
        .or_else(|| marks.iter().find(|m| m.entry.implies_pancreas));
    if let Some(member) = specific {
        // A code for one tumour beside the code or words of another is a contradiction, not a diagnosis.
        let contradicted = diagnosis.other_histology().is_some()
            || secondary.is_some()
            || (other_words.is_some() && strong.is_none() && neuroendocrine.is_none());
        let kind = if contradicted { Kind::Ambiguous } else { Kind::Pnet };
        // A kind of tumour that usually sits in the pancreas is not a code of the pancreas: provisional, it stays a suspicion.
        let of_pancreas = member.role != R::PnetUsuallyPancreatic;
        return class(kind, by_code(member), doubted, of_pancreas);
    }
    if let Some(words) = secondary {
        return class(Kind::NotPnet, by_words(List::PnetSecondary, &words), false, false);
    }
    if let Some(member) = marks.find(R::NotPnetOtherNet) {
        return class(Kind::NotPnet, by_code(member), false, false);
    }
    if let Some(member) = diagnosis.other_histology() {
        let kind = if strong.is_some() {
            Kind::Ambiguous
        } else {
            Kind::NotPnet
        };
        return class(kind, by_code(member), false, false);
    }
    if let Some((assertion, words)) = &strong {
        if *assertion == Assertion::Historical {
            return None;
        }
        if other_words.is_some() {
            return class(Kind::Ambiguous, by_words(List::PnetOther, words), false, false);
        }
        return class(Kind::Pnet, by_words(List::PnetStrong, words), doubted, false);
    }
    let other_site = text.not_negated(List::PnetOtherSite);
    if let Some(words) = &other_site
        && !diagnosis.of_pancreas()
    {
        return class(Kind::NotPnet, by_words(List::PnetOtherSite, words), false, false);
    }
    let siteless = marks.find_any(&[
        R::PnetUsuallyPancreatic,
        R::NetSiteless,
        R::MorphPnet,
        R::MorphNet,
    ]);
    let historical = neuroendocrine
        .as_ref()
        .is_some_and(|(a, _)| *a == Assertion::Historical);
    if siteless.is_some() || (neuroendocrine.is_some() && !historical) {
        let kind = if diagnosis.of_pancreas() {
            Kind::Pnet
        } else {
            Kind::Siteless
        };
        let evidence = match (siteless, &neuroendocrine) {
            (Some(member), _) => by_code(member),
            (None, Some((_, words))) => by_words(List::PnetNeedsPancreas, words),
            (None, None) => return None,
        };
        return class(kind, evidence, doubted_net, false);
    }
    if let Some(member) = diagnosis
        .site_only()
        .or_else(|| marks.find(R::PancreasHistologyUnknown))
    {
        return class(Kind::NotPnet, by_code(member), false, false);
    }
    if let Some(member) = marks.find_any(&[R::PancreasCorroboration, R::Undiagnosed]) {
        return class(Kind::Undiagnosed, by_code(member), false, false);
    }
    if let Some(words) = other_words.filter(|_| diagnosis.of_pancreas()) {
        return class(Kind::NotPnet, by_words(List::PnetOther, &words), false, false);
    }
    if let Some(words) = text.not_negated(List::PnetPancreaticMass) {
        return class(
            Kind::Undiagnosed,
            by_words(List::PnetPancreaticMass, &words),
            false,
            false,
        );
    }
    None
}

/// True when the patient cannot be an adult by any reading of the birth date.
pub(super) fn is_child(knowledge: &Knowledge, case: &Case) -> bool {
    let order = crate::engine::case::DraftOrder::default();
    super::person::decide(knowledge, case, &order).value == super::person::Person::Child
}

/// Finds the tumours of the chart, and whether history alone tells of a cured one.
pub(super) fn read_chart(
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
                of_pancreas: diagnosis.of_pancreas(),
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
        let Some(told) = observation.value.as_ref().and_then(told) else {
            continue;
        };
        let diagnosis = Diagnosis::of(knowledge, &[&told], &[], &observation.notes);
        let date = observation.date.filter(|d| d.earliest() <= case.today);
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
                evidence: class.evidence,
            });
        }
    }
    locate(&mut tumours);
    (tumours, history.filter(|_| after_cure.is_some()))
}

/// A siteless tumour becomes a pNET beside a second active pancreas diagnosis.
fn locate(tumours: &mut [Tumour]) {
    let located = tumours.iter().any(|t| {
        t.of_pancreas && t.course != Course::Past && t.kind != Kind::Siteless && !t.other_pancreatic_cancer
    });
    if located {
        for tumour in tumours.iter_mut().filter(|t| t.kind == Kind::Siteless) {
            tumour.kind = Kind::Pnet;
        }
    }
}

fn told(value: &ObservedValue) -> Option<Concept> {
    match value {
        ObservedValue::Coded(concept) => Some(concept.clone()),
        ObservedValue::Text(text) => Some(Concept {
            codings: Vec::new(),
            text: Some(text.clone()),
        }),
        ObservedValue::Quantity { .. } => None,
    }
}

/// Earliest of onset and recorded date; dates in the future are no dates.
fn earliest(condition: &Condition, case: &Case) -> Option<PartialDate> {
    let dates = [condition.onset, condition.recorded].into_iter().flatten();
    dates
        .filter(|d| d.earliest() <= case.today)
        .min_by_key(|d| d.earliest())
}

fn course(clinical_status: Option<&str>) -> Course {
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
pub(super) fn other_malignancies(
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
        let cancer =
            diagnosis
                .marks
                .find_any(&[Role::Malignancy, Role::NotPnetPancreas, Role::NotPnetOtherNet]);
        if let Some(member) = cancer {
            found.push(marks::coded(knowledge, &condition.resource, member, date));
        } else if diagnosis.marks.is_empty()
            && let Some((Assertion::Asserted, words)) = diagnosis.text.says(List::OtherMalignancy)
            && tumour.is_none()
        {
            found.push(marks::worded(
                &condition.resource,
                List::OtherMalignancy.name(),
                &words,
                date,
            ));
        }
    }
    found
}

/// The answer of the fact `disease` for one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the scenario table")]
pub enum Disease {
    None,
    NotPnet,
    Undiagnosed,
    Ambiguous,
    Cured,
    Inactive,
    Suspected,
    Confirmed,
}

impl Disease {
    /// The word of the scenario table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NotPnet => "not_pnet",
            Self::Undiagnosed => "undiagnosed",
            Self::Ambiguous => "ambiguous",
            Self::Cured => "cured",
            Self::Inactive => "inactive",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

/// The strongest diagnosis, for one order: its own reasons count too.
#[must_use]
pub fn decide(
    case: &Case,
    chart: &ChartFacts<'_>,
    names: &super::link::Names,
    resected: impl FnOnce() -> bool,
) -> (super::Fact<Disease>, Option<Tumour>) {
    use super::Fact;
    let refuted = refuted(case, names);
    let mut tumours = chart.tumours.clone();
    let placed = names.tumour.as_ref().is_some_and(|t| t.of_pancreas);
    for siteless in tumours.iter_mut().filter(|t| placed && t.kind == Kind::Siteless) {
        siteless.kind = Kind::Pnet;
    }
    if let Some(tumour) = &names.tumour {
        // What the order itself names counts where the chart has none.
        if !tumours.iter().any(|t| t.kind == Kind::Pnet) {
            tumours.push(tumour.clone());
        }
        locate(&mut tumours);
    }
    let best = tumours
        .iter()
        .filter(|t| t.kind == Kind::Pnet)
        .max_by_key(|t| {
            (
                t.course != Course::Past,
                t.strength,
                t.course,
                t.evidence.quote.is_none(),
            )
        })
        .cloned();
    let other = |kind| tumours.iter().find(|t| t.kind == kind);
    if let Some(mixed) = other(Kind::Ambiguous) {
        return (Fact::with(Disease::Ambiguous, mixed.evidence.clone()), None);
    }
    let Some(best) = best else {
        if let Some(cured) = &chart.cured {
            return (Fact::with(Disease::Cured, cured.clone()), None);
        }
        let unsited = other(Kind::NotPnet).map(|t| (Disease::NotPnet, t));
        let open = [Kind::Siteless, Kind::Undiagnosed]
            .into_iter()
            .find_map(other)
            .map(|t| (Disease::Undiagnosed, t));
        return match unsited.or(open) {
            Some((answer, tumour)) => (Fact::with(answer, tumour.evidence.clone()), None),
            None => (Fact::bare(Disease::None), None),
        };
    };
    if let Some(evidence) = refuted.filter(|_| !chart.tumours.iter().any(|t| t.resource == best.resource)) {
        return (Fact::with(Disease::Ambiguous, evidence), None);
    }
    let rival = tumours
        .iter()
        .find(|t| t.other_pancreatic_cancer && t.course != Course::Past);
    if let Some(rival) = rival.filter(|_| !names.pnet) {
        let evidence = vec![best.evidence.clone(), rival.evidence.clone()];
        return (
            Fact {
                value: Disease::Ambiguous,
                evidence,
            },
            None,
        );
    }
    let answer = match (best.course, best.strength) {
        (_, Strength::Low) => Disease::Undiagnosed,
        (Course::Past, _) if resected() => Disease::Cured,
        (Course::Past, _) => Disease::Inactive,
        (_, Strength::Suspected) => Disease::Suspected,
        (_, Strength::Confirmed) => Disease::Confirmed,
    };
    (Fact::with(answer, best.evidence.clone()), Some(best))
}

/// The order names a tumour that the chart refutes: a contradiction.
fn refuted(case: &Case, names: &super::link::Names) -> Option<Evidence> {
    names.tumour.as_ref()?;
    let refuted = case
        .chart
        .conditions
        .iter()
        .find(|c| c.verification.as_deref() == Some("refuted") && names.same_code(c))?;
    Some(Evidence {
        resource: Some(refuted.resource.clone()),
        what: "refuted".into(),
        quote: None,
        date: None,
    })
}

/// True when the source that holds diagnoses was not delivered.
#[must_use]
pub fn unseen(case: &Case) -> bool {
    case.chart.undelivered.contains(&Source::Conditions)
}
