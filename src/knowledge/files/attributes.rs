//! `pnet/source-attributes.toml`: what users must be able to see about where the advice comes from.

use serde::Deserialize;

/// One attribute.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeEntry {
    /// What is known; nothing where nobody knows.
    #[serde(default)]
    pub value: Option<String>,
    /// Where that stands, or why nobody knows.
    pub because: String,
}

macro_rules! attributes {
    ($($name:ident: $title:literal,)*) => {
        /// The 13 source attributes of an evidence-based intervention (45 CFR 170.315(b)(11)(iv)(A)); none may be left out.
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "the names are the regulation's")]
        pub struct SourceAttributes {
            $(pub $name: AttributeEntry,)*
        }

        impl SourceAttributes {
            /// The attributes in the order of the regulation, with their titles.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static str, &AttributeEntry)> {
                vec![$(($title, &self.$name),)*]
            }
        }
    };
}

attributes! {
    bibliographic_citation: "Bibliographic citation of the intervention",
    developer: "Developer of the intervention",
    funding_source: "Funding source of the intervention’s technical implementation",
    release_and_revision_dates: "Release and revision dates of the intervention and its source",
    use_of_race: "Use of race",
    use_of_ethnicity: "Use of ethnicity",
    use_of_language: "Use of language",
    use_of_sexual_orientation: "Use of sexual orientation",
    use_of_gender_identity: "Use of gender identity",
    use_of_sex: "Use of sex",
    use_of_date_of_birth: "Use of date of birth",
    use_of_social_determinants_of_health: "Use of social determinants of health",
    use_of_health_status_assessments: "Use of health status assessments",
}
