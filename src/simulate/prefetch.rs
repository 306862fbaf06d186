//! Filling the prefetch of a call from a record, as an EHR does it from the templates of a service.

use super::record::{Query, Record};
use serde_json::{Map, Value};

/// Which prefetch keys are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Sent {
    /// Every key of the templates, from the record
    #[default]
    All,
    /// Every second key: the service has to ask for the others
    Some,
    /// No key: the service has to ask for everything
    None,
    /// What the file says, whatever the templates ask for
    Written,
}

/// A template with its tokens replaced; `None` where the context does not hold what a token names.
#[must_use]
pub fn resolve(template: &str, context: &Value) -> Option<String> {
    let mut query = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (token, next) = after.split_once("}}")?;
        query.push_str(before);
        query.push_str(&value(token.trim(), context)?);
        rest = next;
    }
    query.push_str(rest);
    Some(query)
}

/// What a token stands for: a context field, by its path, or an id of the user.
fn value(token: &str, context: &Value) -> Option<String> {
    let user = |kind: &str| {
        let user = context.get("userId")?.as_str()?;
        let (found, id) = user.split_once('/')?;
        (found == kind).then(|| id.to_owned())
    };
    match token {
        "userPractitionerId" => user("Practitioner"),
        "userPractitionerRoleId" => user("PractitionerRole"),
        "userPatientId" => user("Patient"),
        "userRelatedPersonId" => user("RelatedPerson"),
        _ => {
            let path = token.strip_prefix("context.")?;
            let found = path.split('.').try_fold(context, |at, key| at.get(key))?;
            match found {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }
        }
    }
}

/// The prefetch for these templates. A key whose template cannot be resolved is left out: declined.
#[must_use]
pub fn fill(
    templates: &Map<String, Value>,
    context: &Value,
    record: &Record,
    sent: Sent,
) -> Map<String, Value> {
    let step = match sent {
        Sent::All => 1,
        Sent::Some => 2,
        Sent::None | Sent::Written => return Map::new(),
    };
    let chosen = templates.iter().step_by(step);
    let filled = chosen.filter_map(|(key, template)| {
        let query = Query::parse(&resolve(template.as_str()?, context)?)?;
        // A read of what is not there was answered: there is none.
        Some((key.clone(), record.answer(&query).unwrap_or(Value::Null)))
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_are_replaced_or_the_key_is_left_out() {
        let context =
            json!({ "patientId": "p", "userId": "Practitioner/u", "deep": { "id": 7 }, "list": [] });
        let table = [
            ("Patient/{{context.patientId}}", Some("Patient/p")),
            ("Patient/{{ context.patientId }}", Some("Patient/p")),
            (
                "X?a={{context.deep.id}}&b={{userPractitionerId}}",
                Some("X?a=7&b=u"),
            ),
            ("X?a=1", Some("X?a=1")),
            ("X?a={{context.missing}}", None),
            ("X?a={{context.list}}", None),
            ("X?a={{userPatientId}}", None),
            ("X?date=gt{{today() - 10 days}}", None),
            ("X?a={{context.patientId", None),
        ];
        for (template, expected) in table {
            assert_eq!(resolve(template, &context).as_deref(), expected, "{template}");
        }
    }

    #[test]
    fn keys_are_filled_left_out_or_null() {
        let record =
            Record::of(&json!({ "prefetch": { "patient": { "resourceType": "Patient", "id": "p" } } }));
        let templates = json!({ "patient": "Patient/{{context.patientId}}", "other": "Patient/q",
            "conditions": "Condition?patient={{context.patientId}}", "odd": "Condition?x={{context.x}}" });
        let context = json!({ "patientId": "p" });
        let filled = |sent| Value::Object(fill(templates.as_object().unwrap(), &context, &record, sent));
        let empty = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
        let patient = json!({ "resourceType": "Patient", "id": "p" });
        assert_eq!(
            filled(Sent::All),
            json!({ "patient": patient, "other": null, "conditions": empty })
        );
        assert_eq!(
            filled(Sent::Some),
            json!({ "patient": patient, "conditions": empty })
        );
        assert_eq!(filled(Sent::None), json!({}));
    }
}
