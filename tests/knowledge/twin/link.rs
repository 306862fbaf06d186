//! R4: is this order about the tumour?

use super::chart::{current, has, is_current, members, readings};
use super::words::{Mets, Names, Reading, Resection, read};
use apposite::engine::case::{Case, DraftOrder, ReasonReference};
use apposite::knowledge::vocabulary::Role;
use apposite::knowledge::{Knowledge, Member};
use apposite::terminology::Concept;

/// What an order says.
#[derive(Debug, Clone)]
pub struct Order {
    /// Every text of it.
    pub words: Vec<Reading>,
    /// Its reasons, codes included; references are resolved.
    pub concepts: Vec<Concept>,
    /// Those that may tell where a tumour sits: section 4 asks for "a second active" diagnosis or for the order's words,
    /// and a reference to one that is over is neither.
    pub placing: Vec<Concept>,
    /// The texts of those; notes are none.
    pub placing_words: Vec<Reading>,
    /// It names the tumour itself.
    pub names_pnet: bool,
    /// It names the tumour, a metastasis of it, or a pancreatic mass.
    pub names_tumour: bool,
    pub names_other_cancer: bool,
    /// A coded reason that is about no tumour at all, or one that cannot be looked up.
    pub other_code: bool,
    /// It states anything that is a reason.
    pub states_reason: bool,
}

impl Order {
    pub fn any(&self, test: impl Fn(&Reading) -> bool) -> bool {
        self.words.iter().any(test)
    }

    pub fn says_mets(&self, mets: Mets) -> bool {
        self.any(|w| w.mets == mets)
    }

    pub fn says_resection(&self) -> bool {
        self.any(|w| w.resection == Resection::Done)
    }
}

const PNET: &[Role] = &[
    Role::PnetSpecific,
    Role::PnetNec,
    Role::PnetUsuallyPancreatic,
    Role::MorphPnet,
];
const TUMOUR: &[Role] = &[
    Role::NetSiteless,
    Role::MorphNet,
    Role::MetNet,
    Role::Recurrence,
    Role::PancreasCorroboration,
    Role::PancreasHistologyUnknown,
];

/// Reads an order.
pub fn of(k: &Knowledge, case: &Case, order: &DraftOrder) -> Order {
    let mut concepts = order.reasons.clone();
    let mut placing = order.reasons.clone();
    // Spread that an unconfirmed diagnosis tells of is not asserted by pointing to that diagnosis.
    let mut unasserted = Vec::new();
    let mut unread = false;
    for reference in &order.reason_references {
        match reference {
            ReasonReference::InChart(to) => {
                let found = super::chart::conditions(case).find(|c| &c.resource == to);
                match found {
                    Some(c) => {
                        concepts.push(c.code.clone());
                        if is_current(c) {
                            placing.push(c.code.clone());
                        }
                        if !matches!(c.verification.as_deref(), None | Some("confirmed")) {
                            unasserted.push(concepts.len() - 1);
                        }
                    }
                    None => unread = true,
                }
            }
            ReasonReference::Contained(_, concept) => {
                concepts.push(concept.clone());
                placing.push(concept.clone());
            }
            ReasonReference::Unread(_) => unread = true,
        }
    }
    // Neither a history code nor a syndrome names the tumour of today, whatever the words beside it; upper-case words
    // beside a brain tumour are not ours.
    let naming = |c: &Concept| {
        let past = has(k, c, Role::History) || has(k, c, Role::SyndromeHint);
        let brain = has(k, c, Role::PnetUpperCaseExcluded);
        let unnamed = move |w: Reading| past || (brain && w.upper_case);
        readings(c).into_iter().map(move |w| match unnamed(w) {
            true => Reading {
                names: Names::Nothing,
                pancreas: false,
                ..w
            },
            false => w,
        })
    };
    let placing_words: Vec<Reading> = placing.iter().flat_map(naming).collect();
    let mut words: Vec<Reading> = Vec::new();
    for (at, concept) in concepts.iter().enumerate() {
        let asserted = !unasserted.contains(&at);
        words.extend(naming(concept).map(|w| match w.mets {
            Mets::Asserted if !asserted => Reading {
                mets: Mets::None,
                ..w
            },
            _ => w,
        }));
    }
    words.extend(order.notes.iter().map(|n| read(n)));
    words.extend(order.details.iter().flat_map(readings));
    words.extend(readings(&order.code));
    let roles: Vec<_> = concepts.iter().flat_map(|c| members(k, c)).collect();
    // A past tumour beside another reason does not tie the order to it.
    let names_other_cancer = roles.iter().any(|m| m.role == Role::Malignancy)
        || words.iter().any(|w| w.names == Names::OtherCancer);
    let elsewhere = names_other_cancer || words.iter().any(|w| w.other_reason);
    // "Renal colic in pNET patient": beside an illness the bare words are background, unless something is asked of the
    // tumour or a code names it.
    let asks = words.iter().any(|w| {
        let later = w.surveillance || w.follow_up || w.observe || w.response || w.recurrence;
        w.staging || w.local || w.tissue || later
    });
    let named_by_code = |m: &Member| {
        PNET.contains(&m.role)
            || TUMOUR.contains(&m.role)
            || m.role == Role::PnetNec
            || m.role == Role::Ambiguous
            || (m.role == Role::NotPnetPancreas && m.entry.site_only)
    };
    let bare = words.iter().any(|w| w.illness) && !asks && !roles.iter().any(|m| named_by_code(m));
    let background = |w: &Reading| bare || (w.historical && elsewhere);
    let word = |w: &Reading| matches!(w.names, Names::Pnet | Names::Siteless) && !background(w);
    // Section 4, "no link on the order": a reference to the diagnosis links it, whatever its code says of the site.
    let coded = |role: Role| PNET.contains(&role) || matches!(role, Role::NetSiteless | Role::MorphNet);
    let names_pnet = roles.iter().any(|m| coded(m.role)) || words.iter().any(word);
    let alone = !another_cancer(k, case) && !current(case).any(|c| super::disease::is_adenocarcinoma(k, c));
    let names_tumour = names_pnet
        // A metastasis of unstated primary is the tumour's when there is no other.
        || (alone && roles.iter().any(|m| m.role == Role::MetGeneric))
        || roles.iter().any(|m| {
            TUMOUR.contains(&m.role) || (m.role == Role::NotPnetPancreas && m.entry.site_only)
        })
        || (!bare && words.iter().any(|w| w.names == Names::Mass));
    // A kidney stone by its code beside the tumour by its code: two reasons, and the study may be for the other one.
    let of_a_tumour = |m: &&Member| {
        named_by_code(m)
            || matches!(
                m.role,
                Role::MetGeneric
                    | Role::Malignancy
                    | Role::NotPnetPancreas
                    | Role::NotPnetOtherNet
                    | Role::HistoryAfterTreatment
            )
    };
    let other_code = unread
        || concepts.iter().any(|c| {
            let says_tumour = |w: &Reading| matches!(w.names, Names::Pnet | Names::Siteless | Names::Mass);
            let coded = c.codings.iter().any(|coding| coding.code.is_some());
            coded && !members(k, c).iter().any(of_a_tumour) && !readings(c).iter().any(says_tumour)
        });
    // A note is a reason only when its words are: a note may be about anything.
    let says_why = words.iter().any(|w| {
        let intent =
            w.staging || w.local || w.surveillance || w.follow_up || w.observe || w.response || w.recurrence;
        intent || w.other_reason || w.names != Names::Nothing
    });
    if concepts.iter().any(|c| has(k, c, Role::HistoryAfterTreatment)) {
        // A visit after completed treatment is surveillance by its code.
        words.push(Reading {
            surveillance: true,
            ..Reading::default()
        });
    }
    Order {
        states_reason: !concepts.is_empty() || unread || says_why,
        words,
        concepts,
        placing,
        placing_words,
        names_pnet,
        names_tumour,
        names_other_cancer,
        other_code,
    }
}

/// How the order is tied to the tumour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Explicit,
    Linked,
    Presumed,
    /// Cancer care, the tumour not named.
    Care,
    Other,
    Unclear,
}

/// The order speaks of later care or treatment, of another cancer, or (where it only names the tumour, or asks for the
/// stage of something it does not name) says more than that, be it in words or by another code.
pub fn is_doubtful(order: &DraftOrder, says: &Order, link: Link) -> bool {
    if says.any(|w| w.surveillance || w.follow_up || w.response || w.treated || w.lutetium) {
        return true;
    }
    if says.names_other_cancer {
        return true;
    }
    let open = link == Link::Linked || (link == Link::Explicit && !says.names_tumour);
    let reasons: Vec<Reading> = if order.reasons.is_empty() && order.reason_references.is_empty() {
        order.notes.iter().map(|n| read(n)).collect()
    } else {
        order.reasons.iter().flat_map(readings).collect()
    };
    open && (says.other_code || reasons.iter().any(|w| !w.plain))
}

/// Is another primary malignancy active?
pub fn another_cancer(k: &Knowledge, case: &Case) -> bool {
    current(case).any(|c| {
        let words = readings(&c.code);
        // A neuroendocrine tumour of another organ is a primary of its own.
        let other_net = members(k, &c.code).is_empty() && words.iter().any(|w| w.names == Names::OtherNet);
        other_net || has(k, &c.code, Role::Malignancy) || words.iter().any(|w| w.names == Names::OtherCancer)
    })
}

/// R4 for one order.
pub fn judge(k: &Knowledge, case: &Case, order: &Order) -> Link {
    let only = !another_cancer(k, case) && !current(case).any(|c| super::disease::is_adenocarcinoma(k, c));
    let staging = order.any(|w| w.staging || w.local);
    let care = order.any(|w| w.surveillance || w.follow_up || w.observe || w.response || w.recurrence);
    if order.names_tumour {
        return if staging { Link::Explicit } else { Link::Linked };
    }
    if order.names_other_cancer {
        return Link::Other;
    }
    if !order.states_reason {
        return if only { Link::Presumed } else { Link::Unclear };
    }
    if staging {
        return if only { Link::Explicit } else { Link::Unclear };
    }
    // A code that is not about the tumour is another reason.
    let coded = order
        .concepts
        .iter()
        .any(|c| !c.codings.is_empty() && !has(k, c, Role::HistoryAfterTreatment));
    if care && !coded && !order.any(|w| w.other_reason) {
        return match (only, order.concepts.is_empty()) {
            (true, _) => Link::Care,
            // A stated reason that is not the tumour's; a mere note leaves it open.
            (false, false) => Link::Other,
            (false, true) => Link::Unclear,
        };
    }
    Link::Other
}
