//! The texts of the generated cases, each with the reading a clinician would give it. Most stand in
//! `cards/pnet/phrases.toml`; so the twin needs no text engine, and the engine's reading is tested against a table.

/// What a text says about metastases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mets {
    #[default]
    None,
    Asserted,
    Queried,
    Negated,
}

/// What a text says about a resection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resection {
    #[default]
    None,
    Done,
    Planned,
    Negated,
}

/// What tumour a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    #[default]
    Nothing,
    /// A pancreatic neuroendocrine tumour.
    Pnet,
    /// A neuroendocrine tumour, organ not said.
    Siteless,
    /// A mass of the pancreas.
    Mass,
    /// A neuroendocrine tumour of another organ.
    OtherNet,
    /// A mixed neoplasm.
    Mixed,
    /// An adenocarcinoma of the pancreas.
    Adenocarcinoma,
    /// A cancer of another organ.
    OtherCancer,
}

/// How sure a text is of the tumour it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sure {
    #[default]
    Plain,
    High,
    Low,
}

/// Imaging tracer a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracerWord {
    Sstr,
    Fdg,
    Spect,
    Other,
}

/// Contrast a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContrastWord {
    None,
    With,
}

/// Everything a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    pub staging: bool,
    pub initial: bool,
    pub local: bool,
    pub surveillance: bool,
    pub follow_up: bool,
    pub observe: bool,
    pub response: bool,
    pub recurrence: bool,
    pub tissue: bool,
    pub indeterminate: bool,
    pub repeat: bool,
    pub sstr_negative: bool,
    pub therapeutic: bool,
    pub screening: bool,
    pub mets: Mets,
    pub resection: Resection,
    /// The order says that the tumour was treated.
    pub treated: bool,
    pub names: Names,
    pub sure: Sure,
    /// The pancreas is named.
    pub pancreas: bool,
    /// The pancreas is named only within an abbreviation.
    pub abbreviated: bool,
    /// A reason that is not the tumour.
    pub other_reason: bool,
    /// The other reason is an illness of its own, no symptom of the tumour.
    pub illness: bool,
    /// It is a remark on how to do the study, not a reason for it.
    pub remark: bool,
    pub contrast: Option<ContrastWord>,
    pub tracer: Option<TracerWord>,
    pub high_grade: bool,
    pub mri_contraindicated: bool,
    pub mri_last: bool,
    pub mri_cleared: bool,
    pub bone_pain: bool,
    pub lutetium: bool,
    pub not_antitumour: bool,
    /// Upper-case PNET: not pancreatic beside a brain tumour.
    pub upper_case: bool,
    /// The tumour is named as a past one.
    pub historical: bool,
    /// It says no more than the tumour, its symptoms, how it was found, and the question: nothing that could make the
    /// order one about something else.
    pub plain: bool,
}

const N: Reading = Reading {
    staging: false,
    initial: false,
    local: false,
    surveillance: false,
    follow_up: false,
    observe: false,
    response: false,
    recurrence: false,
    tissue: false,
    indeterminate: false,
    repeat: false,
    sstr_negative: false,
    therapeutic: false,
    screening: false,
    mets: Mets::None,
    resection: Resection::None,
    treated: false,
    names: Names::Nothing,
    sure: Sure::Plain,
    pancreas: false,
    abbreviated: false,
    other_reason: false,
    illness: false,
    remark: false,
    contrast: None,
    tracer: None,
    high_grade: false,
    mri_contraindicated: false,
    mri_last: false,
    mri_cleared: false,
    bone_pain: false,
    lutetium: false,
    not_antitumour: false,
    upper_case: false,
    historical: false,
    plain: false,
};
/// Names a pancreatic neuroendocrine tumour.
const P: Reading = Reading {
    names: Names::Pnet,
    pancreas: true,
    ..N
};
const S: Reading = Reading { staging: true, ..N };
const SP: Reading = Reading { staging: true, ..P };

type Row = (&'static str, Reading);

/// Why an order is given.
pub const REASONS: &[Row] = &[
    (
        "Initial staging of pNET",
        Reading {
            plain: true,
            initial: true,
            ..SP
        },
    ),
    ("Staging of newly diagnosed pNET", Reading { initial: true, ..SP }),
    (
        "Whipple's triad, baseline staging",
        Reading {
            plain: true,
            initial: true,
            ..S
        },
    ),
    ("staging", Reading { plain: true, ..S }),
    ("s/p EUS-FNA, staging", Reading { plain: true, ..S }),
    (
        "r/o mets",
        Reading {
            plain: true,
            mets: Mets::Queried,
            ..S
        },
    ),
    (
        "Evaluate for liver metastases",
        Reading {
            plain: true,
            mets: Mets::Queried,
            ..S
        },
    ),
    ("new panNET, extent of disease", SP),
    ("MRI to stage pancreatic NET", Reading { plain: true, ..SP }),
    ("bx-proven pNET; staging", Reading { plain: true, ..SP }),
    (
        "PNET, staging",
        Reading {
            plain: true,
            upper_case: true,
            ..SP
        },
    ),
    (
        "staging + resectability, pNET head",
        Reading { local: true, ..SP },
    ),
    (
        "No evidence of metastatic disease on CT. Assess resectability.",
        Reading {
            local: true,
            mets: Mets::Negated,
            ..N
        },
    ),
    (
        "pNET, no mets, SMV involvement?",
        Reading {
            local: true,
            mets: Mets::Negated,
            ..P
        },
    ),
    (
        "Local staging before surgery",
        Reading {
            local: true,
            resection: Resection::Planned,
            ..N
        },
    ),
    (
        "Known liver metastases, restaging on everolimus",
        Reading {
            response: true,
            mets: Mets::Asserted,
            treated: true,
            ..N
        },
    ),
    (
        "Response assessment after PRRT",
        Reading {
            response: true,
            treated: true,
            ..N
        },
    ),
    (
        "s/p TACE, eval response",
        Reading {
            surveillance: true,
            response: true,
            treated: true,
            ..N
        },
    ),
    (
        "s/p Whipple 2021, NED, annual follow-up",
        Reading {
            surveillance: true,
            resection: Resection::Done,
            follow_up: true,
            ..N
        },
    ),
    (
        "status post distal pancreatectomy, surveillance",
        Reading {
            surveillance: true,
            resection: Resection::Done,
            ..N
        },
    ),
    (
        "h/o pNET s/p Whipple 2019, routine f/u",
        Reading {
            historical: true,
            surveillance: true,
            resection: Resection::Done,
            follow_up: true,
            ..P
        },
    ),
    (
        "had enucleation 3 years ago",
        Reading {
            resection: Resection::Done,
            ..N
        },
    ),
    (
        "Planned Whipple next month, staging",
        Reading {
            resection: Resection::Planned,
            ..S
        },
    ),
    (
        "not a surgical candidate, staging",
        Reading {
            plain: true,
            resection: Resection::Planned,
            ..S
        },
    ),
    (
        "No prior pancreatectomy. Staging.",
        Reading {
            plain: true,
            resection: Resection::Negated,
            ..S
        },
    ),
    ("Positive Whipple triad, insulinoma", Reading { plain: true, ..P }),
    ("pNET", Reading { plain: true, ..P }),
    (
        "pNET and abdominal pain",
        Reading {
            plain: true,
            other_reason: true,
            ..P
        },
    ),
    (
        "carcinoid",
        Reading {
            plain: true,
            names: Names::Siteless,
            ..N
        },
    ),
    (
        "pancreatic mass",
        Reading {
            plain: true,
            names: Names::Mass,
            pancreas: true,
            ..N
        },
    ),
    (
        "FNA of pancreatic mass",
        Reading {
            plain: true,
            tissue: true,
            names: Names::Mass,
            pancreas: true,
            ..N
        },
    ),
    (
        "EUS biopsy to obtain Ki-67, r/o mets",
        Reading {
            tissue: true,
            mets: Mets::Queried,
            ..S
        },
    ),
    (
        "Active surveillance of 12 mm pNET",
        Reading {
            surveillance: true,
            observe: true,
            ..P
        },
    ),
    (
        "watchful waiting small NET",
        Reading {
            observe: true,
            names: Names::Siteless,
            ..N
        },
    ),
    ("small pNET, observation", Reading { observe: true, ..P }),
    (
        "Rising chromogranin A, possible recurrence",
        Reading {
            recurrence: true,
            ..N
        },
    ),
    (
        "CgA rising, ?recurrence",
        Reading {
            recurrence: true,
            ..N
        },
    ),
    (
        "no recurrence, routine follow-up",
        Reading {
            surveillance: true,
            follow_up: true,
            ..N
        },
    ),
    (
        "surveillance",
        Reading {
            surveillance: true,
            ..N
        },
    ),
    ("restaging", Reading { response: true, ..N }),
    ("restaging of pNET", Reading { response: true, ..P }),
    (
        "pNET, 3 month follow-up",
        Reading {
            surveillance: true,
            follow_up: true,
            ..P
        },
    ),
    ("f/u of pancreatic NET", Reading { follow_up: true, ..P }),
    (
        "follow-up of pNET, evaluate for liver metastases",
        Reading {
            mets: Mets::Queried,
            follow_up: true,
            ..SP
        },
    ),
    (
        "pNET, indeterminate liver lesion, follow-up",
        Reading {
            follow_up: true,
            indeterminate: true,
            repeat: true,
            ..P
        },
    ),
    ("pNET staging, repeat requested", Reading { repeat: true, ..SP }),
    (
        "metastatic pNET stage IV, baseline before therapy",
        Reading {
            mets: Mets::Asserted,
            ..P
        },
    ),
    (
        "Biopsy-proven liver mets from pNET, full staging",
        Reading {
            mets: Mets::Asserted,
            ..SP
        },
    ),
    (
        "pT2N1M1 pNET",
        Reading {
            mets: Mets::Asserted,
            ..P
        },
    ),
    (
        "pNET staging, DOTATATE PET negative",
        Reading {
            sstr_negative: true,
            ..SP
        },
    ),
    (
        "poorly differentiated pNET, staging",
        Reading {
            high_grade: true,
            ..SP
        },
    ),
    (
        "bone pain, staging of pNET",
        Reading {
            bone_pain: true,
            ..SP
        },
    ),
    (
        "fiducial placement",
        Reading {
            therapeutic: true,
            ..N
        },
    ),
    ("MEN1 screening", Reading { screening: true, ..N }),
    (
        "L flank pain, r/o stone",
        Reading {
            other_reason: true,
            illness: true,
            ..N
        },
    ),
    (
        "trauma",
        Reading {
            other_reason: true,
            illness: true,
            ..N
        },
    ),
    (
        "FHx pancreatic NET with mets; patient has abdominal pain",
        Reading {
            plain: true,
            other_reason: true,
            ..N
        },
    ),
    (
        "breast cancer",
        Reading {
            names: Names::OtherCancer,
            ..N
        },
    ),
    (
        "staging breast cancer",
        Reading {
            staging: true,
            names: Names::OtherCancer,
            ..N
        },
    ),
];

/// Remarks on how the study is to be done.
pub const REMARKS: &[Row] = &[
    ("please call with results", Reading { remark: true, ..N }),
    (
        "no IV contrast",
        Reading {
            contrast: Some(ContrastWord::None),
            remark: true,
            ..N
        },
    ),
    (
        "with IV contrast",
        Reading {
            contrast: Some(ContrastWord::With),
            remark: true,
            ..N
        },
    ),
    ("shellfish allergy", Reading { remark: true, ..N }),
    (
        "MRI contraindicated",
        Reading {
            mri_contraindicated: true,
            remark: true,
            ..N
        },
    ),
    (
        "claustrophobic, cannot tolerate MRI",
        Reading {
            mri_last: true,
            remark: true,
            ..N
        },
    ),
    (
        "MRI not available",
        Reading {
            mri_last: true,
            remark: true,
            ..N
        },
    ),
];

/// Remarks that name a tracer.
pub const TRACERS: &[Row] = &[
    (
        "Ga-68 DOTATATE",
        Reading {
            tracer: Some(TracerWord::Sstr),
            remark: true,
            ..N
        },
    ),
    (
        "Cu-64 DOTATATE",
        Reading {
            tracer: Some(TracerWord::Sstr),
            remark: true,
            ..N
        },
    ),
    (
        "F-18 FDG",
        Reading {
            tracer: Some(TracerWord::Fdg),
            remark: true,
            ..N
        },
    ),
    (
        "Ga-68 PSMA",
        Reading {
            tracer: Some(TracerWord::Other),
            remark: true,
            ..N
        },
    ),
    (
        "octreotide scan",
        Reading {
            tracer: Some(TracerWord::Spect),
            remark: true,
            ..N
        },
    ),
    (
        "Lu-177 dotatate",
        Reading {
            lutetium: true,
            remark: true,
            ..N
        },
    ),
];

/// Texts of diagnoses, procedures, medicines and results.
pub const CHART: &[Row] = &[
    ("Well-differentiated neuroendocrine tumor of pancreatic tail", P),
    (
        "Pancreatic neuroendocrine carcinoma, poorly differentiated, Ki-67 70%",
        Reading {
            high_grade: true,
            ..P
        },
    ),
    (
        "Pancreatic NET, liver lesions non-avid on DOTATATE",
        Reading {
            sstr_negative: true,
            ..P
        },
    ),
    (
        "pNET, highly suspected neuroendocrine tumor",
        Reading {
            sure: Sure::High,
            abbreviated: true,
            ..P
        },
    ),
    (
        "Pancreatic tail mass, possible neuroendocrine tumor",
        Reading { sure: Sure::Low, ..P },
    ),
    (
        "Pancreatic NET with known liver metastases",
        Reading {
            mets: Mets::Asserted,
            ..P
        },
    ),
    (
        "Pancreatic NET, no liver metastases",
        Reading {
            mets: Mets::Negated,
            ..P
        },
    ),
    (
        "PNET",
        Reading {
            upper_case: true,
            abbreviated: true,
            ..P
        },
    ),
    (
        "Malignant neuroendocrine tumor",
        Reading {
            names: Names::Siteless,
            ..N
        },
    ),
    (
        "Mass of pancreas",
        Reading {
            names: Names::Mass,
            pancreas: true,
            ..N
        },
    ),
    ("Tail of pancreas", Reading { pancreas: true, ..N }),
    (
        "Lung carcinoid",
        Reading {
            names: Names::OtherNet,
            ..N
        },
    ),
    (
        "Mixed neuroendocrine-non-neuroendocrine neoplasm of pancreas",
        Reading {
            names: Names::Mixed,
            pancreas: true,
            ..N
        },
    ),
    (
        "Adenocarcinoma of pancreas body",
        Reading {
            names: Names::Adenocarcinoma,
            pancreas: true,
            ..N
        },
    ),
    ("Family history of pancreatic neuroendocrine tumor", N),
    ("History of pancreatic neuroendocrine tumor", P),
    (
        "Breast cancer",
        Reading {
            not_antitumour: true,
            names: Names::OtherCancer,
            ..N
        },
    ),
    (
        "Pacemaker, MRI contraindicated",
        Reading {
            mri_contraindicated: true,
            ..N
        },
    ),
    (
        "Pacemaker, MR-conditional",
        Reading {
            mri_cleared: true,
            ..N
        },
    ),
    (
        "Whipple procedure",
        Reading {
            resection: Resection::Done,
            ..N
        },
    ),
    (
        "Whipple aborted",
        Reading {
            resection: Resection::Negated,
            ..N
        },
    ),
    ("therapy with Lu-177 dotatate", Reading { lutetium: true, ..N }),
    (
        "kidney transplant",
        Reading {
            not_antitumour: true,
            ..N
        },
    ),
    (
        "breast cancer treatment",
        Reading {
            not_antitumour: true,
            ..N
        },
    ),
];

/// The reading of a text; every text of a generated case has one.
pub fn read(text: &str) -> Reading {
    let all = REASONS.iter().chain(REMARKS).chain(TRACERS).chain(CHART);
    all.clone()
        .find(|(t, _)| *t == text)
        .map(|(_, r)| *r)
        .unwrap_or_else(|| panic!("a text without a reading: {text}"))
}
