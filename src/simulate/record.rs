//! A patient's record as a FHIR server finds it: reads and the searches of prefetch templates.
//!
//! The record comes from the prefetch and the context of a call, so that one file is both the call and the chart behind
//! it. Searches know the parameters that templates may use; a parameter that is unknown finds as if it were not
//! there, as FHIR servers do by default. What it holds is trial data.

use serde_json::{Value, json};

/// Resources of one patient, each once.
#[derive(Debug, Clone, Default)]
pub struct Record {
    resources: Vec<Value>,
}

/// What a query asks for, without the parameters that only shape the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The type of resource.
    pub kind: String,
    /// The id, for a read.
    pub id: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Query {
    /// Reads `Condition?patient=p1` or `Patient/p1`, with or without a slash before it.
    #[must_use]
    pub fn parse(query: &str) -> Option<Self> {
        // Only to read path and parameters as every server does; the host is nobody's.
        let url = reqwest::Url::parse("http://record.invalid/").ok()?;
        let url = url.join(query.trim_start_matches('/')).ok()?;
        let mut path = url.path_segments()?.map(ToOwned::to_owned);
        let kind = path
            .next()
            .filter(|k| !k.is_empty() && k.bytes().all(|b| b.is_ascii_alphabetic()))?;
        let id = path.next().filter(|id| !id.is_empty());
        let parameters = url
            .query_pairs()
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        path.next().is_none().then_some(Self { kind, id, parameters })
    }

    /// The number given for a parameter.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        let given = self.parameters.iter().find(|(k, _)| k == name);
        given.and_then(|(_, v)| v.parse().ok())
    }
}

impl Record {
    /// The record behind a call.
    #[must_use]
    pub fn of(call: &Value) -> Self {
        let mut record = Self::default();
        let prefetched = call.get("prefetch").and_then(Value::as_object);
        for value in prefetched.into_iter().flat_map(|p| p.values()) {
            record.add(value);
        }
        record
    }

    fn add(&mut self, value: &Value) {
        match value.get("resourceType").and_then(Value::as_str) {
            None | Some("OperationOutcome") => {}
            Some("Bundle") => {
                let entries = value.get("entry").and_then(Value::as_array).into_iter().flatten();
                entries
                    .filter_map(|e| e.get("resource"))
                    .for_each(|r| self.add(r));
            }
            Some(kind) => {
                let id = value.get("id");
                let known =
                    |r: &&Value| r.get("resourceType").is_some_and(|k| k == kind) && r.get("id") == id;
                if id.is_some() && !self.resources.iter().any(|r| known(&r)) {
                    self.resources.push(value.clone());
                }
            }
        }
    }

    /// The resource that a read asks for.
    #[must_use]
    pub fn read(&self, query: &Query) -> Option<&Value> {
        let id = query.id.as_deref()?;
        self.of_kind(&query.kind)
            .find(|r| r.get("id").is_some_and(|i| i == id))
    }

    /// The resources that a search finds.
    #[must_use]
    pub fn search(&self, query: &Query) -> Vec<&Value> {
        let fits = |r: &&Value| {
            query
                .parameters
                .iter()
                .all(|(name, wanted)| matches(r, name, wanted))
        };
        self.of_kind(&query.kind).filter(fits).collect()
    }

    /// What a query gets: a resource, a Bundle of everything found, or nothing for a read of what is not there.
    #[must_use]
    pub fn answer(&self, query: &Query) -> Option<Value> {
        if query.id.is_some() {
            return self.read(query).cloned();
        }
        let found = self.search(query);
        Some(bundle(&found, found.len(), None))
    }

    fn of_kind<'r, 'k>(&'r self, kind: &'k str) -> impl Iterator<Item = &'r Value> + use<'r, 'k> {
        let is = move |r: &&Value| r.get("resourceType").is_some_and(|k| k == kind);
        self.resources.iter().filter(is)
    }
}

/// A page of what was found.
#[must_use]
pub fn bundle(page: &[&Value], total: usize, next: Option<String>) -> Value {
    let entries: Vec<Value> = page
        .iter()
        .map(|r| json!({ "resource": r, "search": { "mode": "match" } }))
        .collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": total });
    let Some(members) = bundle.as_object_mut() else {
        return bundle;
    };
    if let Some(next) = next {
        members.insert("link".to_owned(), json!([{ "relation": "next", "url": next }]));
    }
    if !entries.is_empty() {
        members.insert("entry".to_owned(), json!(entries));
    }
    bundle
}

/// Whether a resource is what a parameter asks for; several values are alternatives.
fn matches(resource: &Value, name: &str, wanted: &str) -> bool {
    wanted.split(',').any(|wanted| match name {
        "_id" => resource.get("id").is_some_and(|id| id == wanted),
        "patient" | "subject" => {
            let named = ["subject", "patient"].iter().filter_map(|m| resource.get(m));
            let mut references = named.filter_map(|s| s.get("reference")?.as_str());
            let id = wanted.strip_prefix("Patient/").unwrap_or(wanted);
            references.any(|r| r.rsplit('/').next() == Some(id))
        }
        "category" | "code" | "clinical-status" => {
            let member = if name == "clinical-status" {
                "clinicalStatus"
            } else {
                name
            };
            resource
                .get(member)
                .is_some_and(|concept| has_token(concept, wanted))
        }
        "status" => resource.get("status").is_some_and(|s| s == wanted),
        _ => true,
    })
}

/// Whether a concept, or one of several, has a coding `code` or `system|code`.
fn has_token(concept: &Value, wanted: &str) -> bool {
    if let Some(several) = concept.as_array() {
        return several.iter().any(|one| has_token(one, wanted));
    }
    let (system, code) = wanted
        .split_once('|')
        .map_or((None, wanted), |(s, c)| (Some(s), c));
    let codings = concept
        .get("coding")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut fitting = codings.filter(|c| system.is_none_or(|s| c.get("system").is_some_and(|is| is == s)));
    fitting.any(|c| c.get("code").is_some_and(|is| is == code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let condition = |id: &str, patient: &str, status: &str| {
            json!({ "resourceType": "Condition", "id": id, "subject": { "reference": patient },
                "clinicalStatus": { "coding": [{ "system": "urn:s", "code": status }] } })
        };
        Record::of(&json!({ "prefetch": {
            "patient": { "resourceType": "Patient", "id": "p" },
            "conditions": { "resourceType": "Bundle", "entry": [
                { "resource": condition("a", "Patient/p", "active") },
                { "resource": condition("b", "https://e.org/fhir/Patient/p", "resolved") },
                { "resource": condition("c", "Patient/q", "active") },
                { "resource": { "resourceType": "OperationOutcome" } },
            ] },
            "again": condition("a", "Patient/p", "active"),
            "observations": { "resourceType": "OperationOutcome" },
            "none": null,
        } }))
    }

    #[test]
    fn queries_find_what_a_fhir_server_would() {
        let table = [
            ("Patient/p", "p"),
            ("Patient/q", "-"),
            ("/Condition?patient=p", "a b"),
            ("Condition?subject=Patient/p", "a b"),
            ("Condition?patient=p&clinical-status=active", "a"),
            ("Condition?patient=p&clinical-status=urn:s%7Cresolved", "b"),
            ("Condition?patient=p&clinical-status=urn:t%7Cresolved", ""),
            ("Condition?patient=p&clinical-status=active,resolved", "a b"),
            ("Condition?_id=c", "c"),
            ("Condition?patient=nobody", ""),
            ("Condition?patient=p&_sort=-date&unknown=1", "a b"),
            ("Observation?patient=p", ""),
        ];
        for (query, expected) in table {
            let found = record().answer(&Query::parse(query).unwrap());
            let id = |r: &Value| r["id"].as_str().unwrap().to_owned();
            let found = match found {
                None => "-".to_owned(),
                Some(bundle) if bundle["resourceType"] == "Bundle" => {
                    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
                    entries
                        .iter()
                        .map(|e| id(&e["resource"]))
                        .collect::<Vec<_>>()
                        .join(" ")
                }
                Some(one) => id(&one),
            };
            assert_eq!(found, expected, "{query}");
        }
        for wrong in ["", "?patient=p", "Patient/p/_history", "../x y", "Patient1/p"] {
            assert_eq!(Query::parse(wrong), None, "{wrong}");
        }
    }
}
