//! A store as a hospital has it after three months, the same for the same seed: what fires, what is told of it, and some
//! things that are not as they should be.

use apposite::insight::Mode;
use apposite::store::{Audit, AuditedCard, AuditedDecision, Feedback, Owner, Store, Told};

/// The day after the last.
pub const END: i64 = 20_620 * 24 * 3_600_000;

const DAYS: i64 = 90;

/// Kind, indicator, share of all cards, how often it is followed, how often overridden, in per cent; the rest is ignored.
const KINDS: [(&str, &str, u64, u64, u64); 6] = [
    ("UNA_NONCONTRAST", "warning", 40, 55, 25),
    ("MBA_FDG", "info", 20, 30, 40),
    ("CHEST_ONLY", "info", 14, 2, 78),
    ("ASK_SCENARIO", "info", 12, 45, 20),
    ("UNA_EUS", "warning", 8, 10, 30),
    ("MOD_IODINE", "info", 6, 0, 0),
];

const SILENT: [(&str, &str, &str, &str, u64); 6] = [
    ("R3", "none", "none", "not_applicable", 55),
    ("R1", "not_applicable", "not_applicable", "not_applicable", 15),
    ("R4", "other_indication", "other_indication", "not_applicable", 10),
    (
        "rating",
        "usually_appropriate",
        "initial_staging",
        "usually_appropriate",
        12,
    ),
    ("rating", "unknown", "surveillance_after_resection", "unknown", 6),
    ("R2", "paediatric", "paediatric", "not_applicable", 2),
];

const STUDIES: [&str; 5] = [
    "CT_ABD_PEL_WO",
    "CT_ABD_PEL_W",
    "MR_ABD_PEL_WWO",
    "FDG_PETCT_SBMT",
    "CT_CHEST_WO",
];

const REASONS: [&str; 4] = ["patient-contraindication", "patient-preference", "other", ""];

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// One of some, by their weights.
    fn of<T: Copy>(&mut self, all: &[T], weight: impl Fn(&T) -> u64) -> T {
        let mut rest = self.below(all.iter().map(&weight).sum());
        for one in all {
            if rest < weight(one) {
                return *one;
            }
            rest -= weight(one);
        }
        all[0]
    }
}

/// Fills a store with so many calls.
pub async fn fill(store: &Store, seed: u64, calls: u64) {
    let mut dice = Dice(seed);
    let owner = |name: &str| Owner {
        client: name.to_owned(),
        issuer: format!("https://{name}.example.org"),
        tenant: String::new(),
    };
    let mut told = Vec::new();
    for number in 0..calls {
        let client = dice
            .of(&[("north", 5), ("south", 3), ("east (shadow)", 2)], |c| c.1)
            .0;
        let shadow = client.contains("shadow");
        let span = u64::try_from(DAYS * 24 * 3600).unwrap();
        // More on later days: the service is being taken up.
        let second = dice.below(span).max(dice.below(span));
        let at = END - DAYS * 24 * 3_600_000 + i64::try_from(second).unwrap() * 1000;
        let micros =
            i64::try_from(400 + dice.below(900) + if dice.below(20) == 0 { 180_000 } else { 0 }).unwrap();
        let mut row = Audit {
            id: format!("{at:012x}-{seed:016x}-{number:x}"),
            at,
            micros,
            service: "pnet-imaging".to_owned(),
            hook: ["order-select", "order-sign"][usize::try_from(dice.below(2)).unwrap()].to_owned(),
            hook_instance: format!("00000000-0000-4000-8000-{number:012}"),
            owner: owner(client),
            user: format!("user-{}", dice.below(40)),
            patient: format!("patient-{}", dice.below(900)),
            outcome: "answered".to_owned(),
            gathered: dice
                .of(&[("not-needed", 17), ("answered", 2), ("nothing", 1)], |g| g.1)
                .0
                .to_owned(),
            orders: usize::try_from(1 + dice.below(3)).unwrap(),
            knowledge: [
                "pnet".to_owned(),
                if at < END - 30 * 86_400_000 {
                    "0.1.0"
                } else {
                    "0.2.0"
                }
                .to_owned(),
                "abc".to_owned(),
            ],
            service_version: "0.1.0".to_owned(),
            ..Audit::default()
        };
        if dice.below(100) < 2 {
            row.outcome =
                ["data-unavailable", "answer-too-late"][usize::try_from(dice.below(2)).unwrap()].to_owned();
            store.audit(row);
            continue;
        }
        if dice.below(100) < 28 {
            row.missing.push("observations".to_owned());
        }
        if dice.below(100) < 6 {
            row.missing.push("allergies".to_owned());
        }
        let order = format!("order-{number}");
        let mut decision = AuditedDecision {
            order: order.clone(),
            selected: true,
            rules: ["R1", "R2", "R3", "R4"].map(str::to_owned).to_vec(),
            ..AuditedDecision::default()
        };
        if dice.below(100) < 7 {
            decision.unmapped = 1;
            let code = ["RADCT0815", "IMG1138", "=XCT77"][usize::try_from(dice.below(3)).unwrap()];
            row.codes
                .push(("urn:oid:1.2.276.0.76.99".to_owned(), code.to_owned()));
        }
        if dice.below(100) < 72 {
            let (gate, reason, scenario, rating, _) = dice.of(&SILENT, |s| s.4);
            decision.study = STUDIES[usize::try_from(dice.below(5)).unwrap()].to_owned();
            (decision.gate, decision.reason) = (gate.to_owned(), reason.to_owned());
            (decision.scenario, decision.rating) = (scenario.to_owned(), rating.to_owned());
            row.decisions.push(decision);
            store.audit(row);
            continue;
        }
        let (kind, indicator, _, followed, overridden) = dice.of(&KINDS, |k| k.2);
        decision.study = STUDIES[usize::try_from(dice.below(2) * 3).unwrap()].to_owned();
        decision.scenario = "initial_staging".to_owned();
        decision.certainty = "linked".to_owned();
        decision.rating = "usually_not_appropriate".to_owned();
        let id = |what: u64| format!("0000000{what}-0000-4000-8000-{number:012}");
        let offers = ["MR_ABD_PEL_WWO", "CT_ABD_PEL_W"];
        let suggestions = [0, 1].map(|at: usize| (id(1 + at as u64), offers[at].to_owned()));
        row.cards.push(AuditedCard {
            card: id(9),
            decision: Some(0),
            kind: kind.to_owned(),
            indicator: indicator.to_owned(),
            mode: if shadow { Mode::Shadow } else { Mode::Shown },
            suggestions: if kind == "MOD_IODINE" {
                Vec::new()
            } else {
                suggestions.to_vec()
            },
        });
        let fate = dice.below(100);
        // What was ordered in the end.
        let later = match dice.below(10) {
            0..4 if fate < followed || shadow => Some(offers[0].to_owned()),
            4..6 => Some("US_ABD".to_owned()),
            6..8 => Some(decision.study.clone()),
            _ => None,
        };
        row.decisions.push(decision.clone());
        if let Some(study) = later {
            let again = Audit {
                id: format!("{:012x}-{seed:016x}-{number:x}s", at + 60_000),
                at: at + 60_000,
                hook: "order-sign".to_owned(),
                cards: Vec::new(),
                decisions: vec![AuditedDecision {
                    study,
                    gate: "rating".to_owned(),
                    reason: "usually_appropriate".to_owned(),
                    rating: "usually_appropriate".to_owned(),
                    ..decision
                }],
                codes: Vec::new(),
                ..row.clone()
            };
            store.audit(again);
        }
        store.audit(row);
        if !shadow && fate < followed + overridden {
            let accepted = fate < followed;
            told.push((
                client,
                Told {
                    id: format!("told-{number}"),
                    card: id(9),
                    outcome: if accepted { "accepted" } else { "overridden" },
                    outcome_at: at + 5000,
                    suggestions: if accepted {
                        vec![id(1 + dice.below(2))]
                    } else {
                        Vec::new()
                    },
                    reason: if accepted {
                        ""
                    } else {
                        REASONS[usize::try_from(dice.below(4)).unwrap()]
                    }
                    .to_owned(),
                    comment: None,
                },
            ));
        }
        if number % 500 == 0 {
            flush(store).await;
        }
    }
    flush(store).await;
    for client in ["north", "south"] {
        let items = told
            .iter()
            .filter(|(whose, _)| *whose == client)
            .map(|(_, told)| told.clone());
        let items: Vec<Told> = items.collect();
        for items in items.chunks(100) {
            let feedback = Feedback {
                at: END,
                service: "pnet-imaging".to_owned(),
                owner: owner(client),
                items: items.to_vec(),
            };
            store.feedback(feedback).await.unwrap();
        }
    }
}

/// Waits until every row is written: feedback goes behind them.
async fn flush(store: &Store) {
    store.feedback(Feedback::default()).await.unwrap();
}
