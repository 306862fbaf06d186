//! One diagnosis by itself: what its codes and words say it is. Contradictions are named, doubt is kept apart.

use super::{Kind, NEUROENDOCRINE};
use crate::engine::case::{PartialDate, ResourceRef};
use crate::engine::language::{Assertion, Text};
use crate::engine::marks::{self, Marks};
use crate::engine::trace::Evidence;
use crate::knowledge::vocabulary::{List, Role};
use crate::knowledge::{Knowledge, Member};
use crate::terminology::Concept;

/// A diagnosis before it is classified: codes and words of one resource.
#[derive(Debug)]
pub(crate) struct Diagnosis<'k> {
    pub(in crate::engine) marks: Marks<'k>,
    pub(in crate::engine) text: Text<'k>,
    sites: Text<'k>,
}

impl<'k> Diagnosis<'k> {
    pub(in crate::engine) fn of(
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
    pub(in crate::engine) fn strong_words(&self, child: bool) -> Option<(Assertion, String)> {
        let strong = self.text.says(List::PnetStrong);
        let upper = if child || self.speaks_of_primitive_tumours() {
            None
        } else {
            self.text.says(List::PnetUpperCase)
        };
        [strong, upper].into_iter().flatten().max_by_key(|(a, _)| *a)
    }

    /// Words by which the text takes the tumour back: it denies it, or calls the finding something harmless. Phrases
    /// that are blanked before reading ("not a neuroendocrine tumour") count here too.
    fn denial(&self) -> Option<(List, String)> {
        let raw = self
            .text
            .raw_words_beside(List::PnetDenied, List::PnetDeniedElsewhere);
        let by_label = || {
            let lists = [List::PnetStrong, List::PnetNeedsPancreas];
            // "No metastases from NET" denies the metastases.
            let text = self
                .text
                .without(&[List::MetastasisNegated, List::PnetDeniedElsewhere]);
            let named = lists.into_iter().any(|l| text.not_negated(l).is_some());
            let denied = || lists.into_iter().find_map(|l| Some((l, text.denies(l)?)));
            (!named).then(denied).flatten()
        };
        raw.map(|words| (List::PnetDenied, words)).or_else(by_label)
    }

    /// Upper-case PNET may also mean the primitive tumour of children, brain and bone.
    fn speaks_of_primitive_tumours(&self) -> bool {
        self.text.raw_mentions(List::PnetUpperCaseExcluded) || self.marks.has(Role::PnetUpperCaseExcluded)
    }

    /// The letters that name the primitive tumour here; section 4 calls it no pNET.
    fn primitive_tumour(&self) -> Option<String> {
        let words = self.text.raw_words_of(List::PnetUpperCase);
        words.filter(|_| self.speaks_of_primitive_tumours())
    }

    pub(in crate::engine) fn of_pancreas(&self) -> bool {
        let roles = [
            Role::TopographyPancreas,
            Role::PancreasCorroboration,
            Role::PancreasHistologyUnknown,
            Role::PnetSpecific,
            Role::PnetNec,
        ];
        // The morphology of an insulinoma is of the pancreas, like a code of it.
        let implied = |m: &Member| m.role == Role::MorphPnet && m.entry.implies_pancreas;
        self.marks.any(&roles)
            || self.marks.iter().any(implied)
            || self.site_only().is_some()
            || self.text.not_negated(List::PancreasWord).is_some()
            || self.sites.mentions(List::PancreasWord)
    }

    /// A pancreas code that does not state the histology.
    fn site_only(&self) -> Option<&'k Member> {
        self.marks
            .iter()
            .find(|m| m.role == Role::NotPnetPancreas && m.entry.site_only)
    }

    /// A benign finding of the pancreas, by its code.
    pub(super) fn is_benign_pancreas(&self) -> bool {
        self.marks
            .iter()
            .any(|m| m.role == Role::NotPnetPancreas && m.entry.benign)
    }

    /// A pancreatic cancer of another histology.
    pub(super) fn other_histology(&self) -> Option<&'k Member> {
        self.marks
            .iter()
            .find(|m| m.role == Role::NotPnetPancreas && !m.entry.site_only && !m.entry.benign)
    }
}

/// Classification of one diagnosis: kind, evidence, and whether the words themselves doubt it.
pub(in crate::engine) struct Class {
    pub kind: Kind,
    pub evidence: Evidence,
    pub doubted: bool,
    pub highly_suspected: bool,
    pub coded_pnet: bool,
}

/// Classifies one diagnosis. `None`: it says nothing of a tumour here.
pub(in crate::engine) fn classify(
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
    let other_roles = [
        R::NotPnetPancreas,
        R::PancreasHistologyUnknown,
        R::Ambiguous,
        R::NotPnetOtherNet,
    ];
    let coded_tumour = marks.any(&NEUROENDOCRINE) || marks.any(&other_roles);
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
    // Another tumour of the past says nothing against this one.
    let other_words = text
        .says(List::PnetOther)
        .filter(|(a, _)| !matches!(a, Assertion::Negated | Assertion::Historical))
        .map(|(_, words)| words);
    let secondary = text.not_negated(List::PnetSecondary);

    let specific = marks
        .find_any(&[R::PnetSpecific, R::PnetNec])
        .or_else(|| marks.iter().find(|m| m.entry.implies_pancreas));
    if let Some(member) = specific {
        // A code for one tumour beside the code or words of another is a contradiction, not a diagnosis.
        let contradicted = diagnosis.other_histology().is_some()
            || secondary.is_some()
            || other_words.is_some()
            || diagnosis.denial().is_some();
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
        if !doubted && let Some((list, words)) = diagnosis.denial() {
            return class(Kind::Ambiguous, by_words(list, &words), false, false);
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
        // Another kind of tumour, another organ or a denial beside the pancreas: no diagnosis, whatever the code.
        let contradicted = other_words.is_some() || other_site.is_some() || diagnosis.denial().is_some();
        let kind = match (diagnosis.of_pancreas(), contradicted) {
            (true, true) => Kind::Ambiguous,
            (true, false) => Kind::Pnet,
            // Nothing that another diagnosis could place in the pancreas.
            (false, true) => Kind::Undiagnosed,
            (false, false) => Kind::Siteless,
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
    if let Some(words) = diagnosis.primitive_tumour() {
        return class(Kind::NotPnet, by_words(List::PnetUpperCase, &words), false, false);
    }
    None
}
