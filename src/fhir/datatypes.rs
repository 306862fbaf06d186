//! FHIR data types → plain values: concepts, codes, dates, notes, quantities.
//!
//! What is missing or makes no sense is left out; that a value is absent, and why, says nothing here. FHIR R5's
//! CodeableReference is read wherever R4 has a concept or a reference. Dates are read in `dates`.

use super::node::Node;
use crate::engine::case::{Comparator, ObservedValue};
use crate::terminology::{Coding, Concept};

fn owned(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
}

/// Systems whose codes say that there is no value, and why.
const ABSENT: [&str; 6] = [
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "http://hl7.org/fhir/data-absent-reason",
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "http://hl7.org/fhir/v3/NullFlavor",
    "2.16.840.1.113883.5.1008",
    "urn:oid:2.16.840.1.113883.5.1008",
];

/// A CodeableConcept, or that of a CodeableReference; codings that say nothing (`coding: [{}]`, P-06) are left out.
/// Bare words are its text.
pub(super) fn concept(node: Node<'_>) -> Concept {
    let node = node.get("concept").unwrap_or(node);
    let codings = node.each("coding").filter_map(coding).collect();
    Concept {
        codings,
        text: owned(node.text_of("text").or_else(|| node.text())),
    }
}

/// A Coding, unless it says nothing.
fn coding(node: Node<'_>) -> Option<Coding> {
    let [system, code, display] = ["system", "code", "display"].map(|name| owned(node.text_of(name)));
    let absent = system.as_deref().is_some_and(|system| {
        let system = system.split('|').next().unwrap_or(system);
        ABSENT.contains(&system)
    });
    (!absent && (code.is_some() || display.is_some())).then_some(Coding {
        system,
        code,
        display,
    })
}

/// A concept in a member; empty when absent.
pub(super) fn concept_of(node: Node<'_>, name: &str) -> Concept {
    node.get(name).map(concept).unwrap_or_default()
}

/// The concepts of a list, or the only one where a list was due; empty ones are left out.
pub(super) fn concepts_of(node: Node<'_>, name: &str) -> Vec<Concept> {
    node.each(name)
        .map(concept)
        .filter(|concept| !concept.is_empty())
        .collect()
}

/// A list of Codings, each a concept of its own.
pub(super) fn codings_of(node: Node<'_>, name: &str) -> Vec<Concept> {
    let concept = |coding| Concept {
        codings: vec![coding],
        text: None,
    };
    node.each(name).filter_map(coding).map(concept).collect()
}

/// A status: a code, or the first code (else the words) of a concept; lower case.
pub(super) fn status_of(node: Node<'_>, name: &str) -> Option<String> {
    let status = node.get(name)?;
    let code = status.each("coding").find_map(|coding| coding.text_of("code"));
    let word = status.text().or(code).or_else(|| status.text_of("text"))?;
    Some(word.trim().to_lowercase())
}

/// A Reference, or that of a CodeableReference: what it points to, and the words shown for it.
pub(super) fn pointer<'n>(node: Node<'n>) -> (Option<&'n str>, Option<&'n str>) {
    let inner = node.get("reference").filter(|inner| inner.text().is_none());
    let node = inner.unwrap_or(node);
    (node.text_of("reference"), node.text_of("display"))
}

/// The texts of Annotations.
pub(super) fn notes_of(node: Node<'_>) -> Vec<String> {
    node.each("note")
        .filter_map(|note| owned(note.text_of("text").or_else(|| note.text())))
        .collect()
}

/// A Quantity with its comparator.
pub(super) fn quantity(node: Node<'_>) -> Option<ObservedValue> {
    let value = node.get("value")?.number()?;
    let comparator = match node.text_of("comparator") {
        None => None,
        Some(sign) => Some(comparator(sign.trim())?),
    };
    let unit = owned(node.text_of("unit").or_else(|| node.text_of("code")));
    Some(ObservedValue::Quantity {
        value,
        comparator,
        unit,
    })
}

fn comparator(sign: &str) -> Option<Comparator> {
    match sign {
        "<" => Some(Comparator::Below),
        "<=" | "≤" => Some(Comparator::AtMost),
        ">=" | "≥" => Some(Comparator::AtLeast),
        ">" => Some(Comparator::Above),
        _ => None,
    }
}

/// Words of a result: `>60` and `58` are numbers, `2 of 10 fields` stays words.
pub(super) fn result_words(text: &str) -> ObservedValue {
    let text = text.trim();
    number_in(text).unwrap_or_else(|| ObservedValue::Text(text.to_owned()))
}

/// A number with a comparator, then perhaps a unit; or a number alone.
fn number_in(text: &str) -> Option<ObservedValue> {
    let is_sign = |c: char| matches!(c, '<' | '>' | '=' | '≤' | '≥');
    let sign_ends = text.find(|c| !is_sign(c)).unwrap_or(text.len());
    let (sign, rest) = text.split_at_checked(sign_ends)?;
    let comparator = if sign.is_empty() {
        None
    } else {
        Some(comparator(sign)?)
    };
    let rest = rest.trim_start();
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    let (digits, unit) = rest.split_at_checked(rest.find(|c| !is_digit(c)).unwrap_or(rest.len()))?;
    let value = digits.parse::<f64>().ok().filter(|value| value.is_finite())?;
    let unit = unit.trim();
    // A comma, hyphen or slash after the digits makes it another number than the one read (`1,200`, `<15-20`, `>1/2`).
    let readable =
        unit.is_empty() || comparator.is_some() && unit.starts_with(|c: char| c.is_alphabetic() || c == '%');
    let unit = Some(unit.to_owned()).filter(|unit| !unit.is_empty());
    readable.then_some(ObservedValue::Quantity {
        value,
        comparator,
        unit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::kind::Kind;
    use crate::fhir::reading::{Read, read};
    use crate::fhir::schema;

    #[test]
    fn results_written_as_words_are_numbers_when_they_clearly_are() {
        let number = |value, comparator, unit: Option<&str>| ObservedValue::Quantity {
            value,
            comparator,
            unit: unit.map(str::to_owned),
        };
        let cases = [
            (">60", number(60.0, Some(Comparator::Above), None)),
            ("< 15", number(15.0, Some(Comparator::Below), None)),
            (
                ">=90 mL/min/1.73m2",
                number(90.0, Some(Comparator::AtLeast), Some("mL/min/1.73m2")),
            ),
            ("≤3%", number(3.0, Some(Comparator::AtMost), Some("%"))),
            (" 58.5 ", number(58.5, None, None)),
        ];
        for (text, expected) in cases {
            assert_eq!(result_words(text), expected, "{text}");
        }
        for text in [
            "3 cm", "2/10", ">1,200", "<15-20", "G2", "", ">", "=5", "<>5", "1.2.3", "1e5 x", "-4",
        ] {
            assert_eq!(
                result_words(text),
                ObservedValue::Text(text.trim().to_owned()),
                "{text}"
            );
        }
    }

    /// An order with these members.
    fn order(text: &str) -> Read {
        read(text, schema::order()).unwrap()
    }

    #[test]
    fn a_status_is_a_code_however_it_is_wrapped() {
        let check = |text: &str| {
            let condition = read(text, schema::of(Kind::Condition)).unwrap();
            status_of(condition.node(), "clinicalStatus")
        };
        assert_eq!(check(r#"{"clinicalStatus":"Active"}"#).as_deref(), Some("active"));
        assert_eq!(
            check(r#"{"clinicalStatus":{"coding":[{},{"code":"Confirmed"}],"text":"x"}}"#).as_deref(),
            Some("confirmed")
        );
        assert_eq!(
            check(r#"{"clinicalStatus":{"text":"Refuted"}}"#).as_deref(),
            Some("refuted")
        );
        let plain = order(r#"{"status":"Draft"}"#);
        assert_eq!(status_of(plain.node(), "status").as_deref(), Some("draft"));
        for nothing in [
            r#"{}"#,
            r#"{"clinicalStatus":null}"#,
            r#"{"clinicalStatus":[]}"#,
            r#"{"clinicalStatus":{"coding":[{}]}}"#,
            r#"{"clinicalStatus":5}"#,
        ] {
            assert_eq!(check(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn concepts_keep_what_says_something() {
        let text = r#"{"code":{"coding":[{},{"system":"s"},{"code":"1","system":"s"},null],"text":" "},
            "orderDetail":"words","reasonCode":[[]]}"#;
        let read = concept_of(order(text).node(), "code");
        assert_eq!((read.codings.len(), read.text), (1, None));
        assert_eq!(
            concepts_of(order(text).node(), "orderDetail")[0].text.as_deref(),
            Some("words")
        );
        assert!(concepts_of(order(text).node(), "reasonCode").is_empty());
    }

    #[test]
    fn a_code_for_a_missing_value_is_no_value() {
        for system in ABSENT {
            for version in ["", "|4.0.1"] {
                let text = format!(
                    r#"{{"code":{{"coding":[{{"system":"{system}{version}","code":"unknown","display":"Unknown"}}]}}}}"#
                );
                assert!(
                    concept_of(order(&text).node(), "code").is_empty(),
                    "{system}{version}"
                );
            }
        }
    }

    #[test]
    fn a_codeable_reference_is_a_concept_and_a_pointer() {
        let text = r##"{"reason":[{"concept":{"text":"why"}},{"reference":{"reference":"#r","display":"shown"}}],
            "reasonReference":[{"reference":"Condition/c1","display":"told"}]}"##;
        let order = order(text);
        let order = order.node();
        let reasons: Vec<_> = order.each("reason").map(concept).map(|it| it.text).collect();
        assert_eq!(reasons, [Some("why".to_owned()), None]);
        let pointers: Vec<_> = order
            .each("reason")
            .chain(order.each("reasonReference"))
            .map(pointer)
            .collect();
        let expected = [
            (None, None),
            (Some("#r"), Some("shown")),
            (Some("Condition/c1"), Some("told")),
        ];
        assert_eq!(pointers, expected);
    }
}
