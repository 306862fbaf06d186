//! The closed lists of names by which code and knowledge meet: value-set roles, phrase lists, windows, and the facts
//! of the scenario table with their answers. Code speaks of roles, never of codes; `cards/` fills the roles.

/// Declares an enum whose variants carry the name used in `cards/`.
macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names are the knowledge's own; `cards/` explains each")]
        pub enum $enum { $($variant),* }

        impl $enum {
            /// Every name, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name as written in `cards/`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The variant with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names! {
    /// What a value set is for.
    Role {
        PnetSpecific = "dx.pnet.specific",
        PnetNec = "dx.pnet.nec",
        PnetUsuallyPancreatic = "dx.pnet.usually-pancreatic",
        NetSiteless = "dx.net.siteless",
        PancreasCorroboration = "dx.pancreas-corroboration",
        MorphPnet = "dx.morph.pnet",
        MorphNet = "dx.morph.net",
        TopographyPancreas = "dx.topography.pancreas",
        MetNet = "dx.met.net",
        MetGeneric = "dx.met.generic",
        StageM1 = "dx.stage.m1",
        StageM0 = "dx.stage.m0",
        Recurrence = "dx.recurrence",
        NotPnetPancreas = "dx.notpnet.pancreas",
        PancreasHistologyUnknown = "dx.pancreas.histology-unknown",
        Ambiguous = "dx.ambiguous",
        NotPnetOtherNet = "dx.notpnet.othernet",
        Undiagnosed = "dx.undiagnosed",
        SyndromeHint = "dx.syndrome-hint",
        History = "dx.history",
        HistoryAfterTreatment = "dx.history.after-treatment",
        Malignancy = "dx.malignancy",
        PnetUpperCaseExcluded = "dx.pnet.upper-case-excluded",
        Resection = "tx.resection",
        ResectionAbortedOrBiopsy = "tx.resection.aborted-or-biopsy",
        LiverResection = "tx.liver-resection",
        LiverDirected = "tx.liver-directed",
        LocalAblation = "tx.local-ablation",
        Prrt = "tx.prrt",
        Ssa = "tx.ssa",
        Systemic = "tx.systemic",
        SystemicNotAntitumour = "tx.systemic.not-antitumour",
        MriDevice = "mod.mri-device",
        Claustrophobia = "mod.claustrophobia",
        IodineAllergy = "mod.iodine-allergy",
        GadAllergy = "mod.gad-allergy",
        Renal = "mod.renal",
        RenalAcute = "mod.renal.acute",
        RenalDialysis = "mod.renal.dialysis",
        RenalNotSevere = "mod.renal.not-severe",
        Pregnancy = "mod.pregnancy",
        Bone = "mod.bone",
        GradeHigh = "mod.grade.high",
        GradeLow = "mod.grade.low",
        Egfr = "obs.egfr",
        Creatinine = "obs.creatinine",
        Alp = "obs.alp",
        ChromograninA = "obs.cga",
        Stage = "obs.stage",
        TracerSstr = "img.tracer.sstr",
        TracerFdg = "img.tracer.fdg",
        TracerSstrSpect = "img.tracer.sstr-spect",
        TracerOther = "img.tracer.other",
        OrderImaging = "order.imaging",
    }
}

impl Role {
    /// Whether any rule reads codes with this role; the others are kept for people and for rules to come.
    #[must_use]
    pub fn is_read(self) -> bool {
        !matches!(
            self,
            Self::Creatinine | Self::ChromograninA | Self::RenalNotSevere | Self::GradeLow | Self::StageM0
        )
    }

    /// Whether a code with this role can speak of the tumour: without one, or words for it, the rest of a record
    /// need not be read.
    #[must_use]
    pub fn tells_tumour(self) -> bool {
        matches!(
            self,
            Self::PnetSpecific
                | Self::PnetNec
                | Self::PnetUsuallyPancreatic
                | Self::NetSiteless
                | Self::PancreasCorroboration
                | Self::MorphPnet
                | Self::MorphNet
                | Self::TopographyPancreas
                | Self::MetNet
                | Self::Recurrence
                | Self::NotPnetPancreas
                | Self::PancreasHistologyUnknown
                | Self::Ambiguous
                | Self::NotPnetOtherNet
        )
    }
}

names! {
    /// A list of phrases.
    List {
        Traps = "traps",
        PnetStrong = "pnet.strong",
        PnetNeedsPancreas = "pnet.needs_pancreas",
        PnetUpperCase = "pnet.upper_case",
        PnetUpperCaseExcluded = "pnet.upper_case_excluded",
        PnetOther = "pnet.other",
        PnetOtherSite = "pnet.other_site",
        PnetPancreaticMass = "pnet.pancreatic_mass",
        PnetUnspecifiedCancer = "pnet.unspecified_cancer",
        PnetBackground = "pnet.background",
        PnetDenied = "pnet.denied",
        PnetDeniedElsewhere = "pnet.denied_elsewhere",
        PnetSecondary = "pnet.secondary_in_pancreas",
        PnetSuspectedLow = "pnet.suspected_low",
        PnetSuspectedHigh = "pnet.suspected_high",
        PnetMixed = "pnet.mixed",
        PancreasWord = "pnet.pancreas_word",
        OtherMalignancy = "malignancy.other",
        LocalSpan = "intent.local_span",
        RestageSpan = "intent.restage_span",
        MetastaticStaging = "intent.metastatic_staging",
        InitialStaging = "intent.initial_staging",
        Local = "intent.local",
        LocalByEus = "intent.local_by_eus",
        Surveillance = "intent.surveillance",
        Dated = "intent.dated",
        PlainWords = "intent.plain_words",
        OrderHints = "doubt.order",
        OrderSuspicion = "doubt.suspicion",
        EarlierStaging = "doubt.earlier_staging",
        RecordHints = "doubt.record",
        NegativeResult = "doubt.negative_result",
        RecordMedicines = "doubt.medicines",
        FollowUp = "intent.follow_up",
        Indeterminate = "intent.indeterminate",
        RepeatReason = "intent.repeat_reason",
        SstrNegative = "intent.sstr_negative",
        TherapeuticEus = "intent.therapeutic_eus",
        ActiveSurveillance = "intent.active_surveillance",
        TreatmentResponse = "intent.treatment_response",
        Recurrence = "intent.recurrence",
        TissueDoneSpan = "intent.tissue_done_span",
        Tissue = "intent.tissue",
        Screening = "intent.screening",
        ResectionWord = "intent.resection_word",
        StagingDenied = "intent.staging_denied",
        OtherIndication = "other_indication",
        OtherIllness = "other_indication.illness",
        ResectionName = "treatment.resection_name",
        ResectionDone = "treatment.resection_done",
        ResectionPlanned = "treatment.resection_planned",
        ResectionNegated = "treatment.resection_negated",
        ResectionSpecimen = "treatment.resection_specimen",
        TreatmentDone = "treatment.done",
        Prrt = "treatment.prrt",
        LiverDirected = "treatment.liver_directed",
        Systemic = "treatment.systemic",
        Ssa = "treatment.ssa",
        ExternalBeam = "treatment.external_beam",
        LocalAblationWords = "treatment.local_ablation",
        NotAntitumour = "treatment.not_antitumour",
        Lutetium = "lutetium.word",
        MetastasisAsserted = "metastasis.asserted",
        MetastasisQueried = "metastasis.queried",
        MetastasisNegated = "metastasis.negated",
        MetastasisWord = "metastasis.word",
        ContrastLeftOpen = "contrast.left_open",
        ContrastNone = "contrast.none",
        ContrastBoth = "contrast.both",
        ContrastWith = "contrast.with",
        ContrastOralOnly = "contrast.oral_only",
        InstructionsReplaced = "study.instructions_replaced",
        TracerSstr = "tracer.sstr",
        TracerFdg = "tracer.fdg",
        TracerScintigraphy = "tracer.scintigraphy",
        TracerOther = "tracer.other",
        TracerTherapy = "tracer.therapy_not_imaging",
        GradeHigh = "grade.high",
        GradeWell = "grade.well",
        MriContraindicated = "mri.contraindicated",
        MriTolerance = "mri.tolerance",
        MriUnavailable = "mri.unavailable",
        MriCleared = "mri.cleared",
        MriDevice = "mri.device",
        AllergyIodinated = "allergy.iodinated",
        AllergyGadolinium = "allergy.gadolinium",
        AllergySevere = "allergy.severe",
        OrderIodineAllergy = "order.iodine_allergy",
        OrderGadoliniumAllergy = "order.gadolinium_allergy",
        OrderRenal = "order.renal",
        OrderOtherMass = "order.other_mass",
        Pregnant = "pregnancy.current",
        BonePain = "bone.pain",
        ModalityCt = "modality.ct",
        ModalityMr = "modality.mr",
        ModalityPet = "modality.pet",
        ModalityPetCt = "modality.petct",
        ModalityPetMr = "modality.petmr",
        ModalityEus = "modality.eus",
        ModalityCeus = "modality.ceus",
        ModalityUs = "modality.us",
        ModalityNm = "modality.nm",
        ModalityBoneScan = "modality.bone_scan",
        ModalityMrcp = "modality.mrcp",
        ModalityCta = "modality.cta",
        RegionAbdomen = "region.abdomen",
        RegionPelvis = "region.pelvis",
        RegionChest = "region.chest",
        RegionAbdomenPelvis = "region.abdomen_pelvis",
        RegionCap = "region.cap",
        RegionLiver = "region.liver",
        RegionPancreas = "region.pancreas",
        RegionWholeBody = "region.whole_body",
        RegionSkullBaseToMidThigh = "region.skull_base_to_mid_thigh",
        RegionLimited = "region.limited",
        RegionElsewhere = "region.elsewhere",
        StudyGuidance = "study.guidance",
        StudyPrior = "study.prior",
        EusOesophagusOnly = "eus.oesophagus_only",
        EusSampling = "eus.sampling",
        CueNegation = "assertion.negation_cues",
        CueNegationAfter = "assertion.negation_after",
        CueQuery = "assertion.query_cues",
        CueQueryAfter = "assertion.query_after",
        CueFuture = "assertion.future_cues",
        CueHistorical = "assertion.historical_cues",
        Terminators = "assertion.terminators",
    }
}

names! {
    /// A window or threshold.
    Window {
        AdultAge = "adult_age",
        NewDiagnosis = "new_diagnosis",
        RecentStaging = "recent_staging",
        RecentLabs = "recent_labs",
        ResectionBeforeDiagnosis = "resection_before_diagnosis",
        SsaExposure = "ssa_exposure",
        EgfrSevere = "egfr_severe",
        EgfrMention = "egfr_mention",
        PregnancyCurrent = "pregnancy_current",
        NegationLeading = "negation_leading",
        NegationTrailing = "negation_trailing",
        CardsPerOrder = "cards_per_order",
        CardsPerResponse = "cards_per_response",
    }
}

/// A fact the scenario table may ask about, with every answer it can have.
#[derive(Debug, Clone, Copy)]
pub struct FactName {
    /// Name in `scenarios.toml`.
    pub name: &'static str,
    /// Its answers.
    pub answers: &'static [&'static str],
}

const YES_NO: &[&str] = &["no", "yes"];

/// The closed list of facts, in the order in which they are established.
pub const FACTS: &[FactName] = &[
    FactName {
        name: "study",
        answers: &["answers", "outside"],
    },
    FactName {
        name: "person",
        answers: &["adult", "age_unknown", "child", "deceased", "someone_else"],
    },
    FactName {
        name: "disease",
        answers: &[
            "none",
            "not_pnet",
            "undiagnosed",
            "ambiguous",
            "cured",
            "inactive",
            "suspected",
            "confirmed",
        ],
    },
    FactName {
        name: "link",
        answers: &["explicit", "linked", "presumed", "care", "other", "unclear"],
    },
    FactName {
        name: "diagnosis",
        answers: &["new", "old"],
    },
    FactName {
        name: "recurrence",
        answers: YES_NO,
    },
    FactName {
        name: "treated",
        answers: YES_NO,
    },
    FactName {
        name: "metastatic",
        answers: &["none", "before_resection", "present"],
    },
    FactName {
        name: "resection",
        answers: &["none", "chart", "phrase"],
    },
    FactName {
        name: "primary_ablated",
        answers: YES_NO,
    },
    FactName {
        name: "says_initial_staging",
        answers: YES_NO,
    },
    FactName {
        name: "says_metastatic_staging",
        answers: YES_NO,
    },
    FactName {
        name: "says_local",
        answers: YES_NO,
    },
    FactName {
        name: "says_surveillance",
        answers: YES_NO,
    },
    FactName {
        name: "says_follow_up",
        answers: YES_NO,
    },
    FactName {
        name: "says_observation",
        answers: YES_NO,
    },
    FactName {
        name: "says_response",
        answers: YES_NO,
    },
    FactName {
        name: "says_indeterminate",
        answers: YES_NO,
    },
    FactName {
        name: "says_resection",
        answers: YES_NO,
    },
    FactName {
        name: "says_screening",
        answers: YES_NO,
    },
];
