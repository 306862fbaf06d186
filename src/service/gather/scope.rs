//! What an access token lets us ask, by the SMART scopes granted with it (R-057).
//!
//! Both generations are read: `patient/Condition.read` and `patient/Condition.rs`, with `*` for any type, and the
//! finer `patient/Condition.rs?category=…`. Scopes that are no resource scopes (`launch`, `openid`) grant nothing here.

/// How much of what is asked for a grant covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Nothing: it is not asked for.
    Nothing,
    /// Some of it: what comes back is true and not complete.
    Part,
    /// All of it.
    Whole,
}

/// The resource scopes of one grant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Vec<Scope>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    /// A resource type, or `*`.
    kind: String,
    read: bool,
    search: bool,
    /// The search parameters it is limited to.
    only: Vec<String>,
}

impl Scopes {
    /// Reads the `scope` of a grant; what is no resource scope is passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().filter_map(Scope::parse).collect())
    }

    /// How much of a query such as `Condition?patient=1` or `Patient/1` is granted.
    #[must_use]
    pub fn extent(&self, query: &str) -> Extent {
        let (path, parameters) = query.split_once('?').unwrap_or((query, ""));
        let kind = path.split('/').next().unwrap_or(path);
        let is_read = path.contains('/');
        let of = |scope: &Scope| {
            let grants = if is_read { scope.read } else { scope.search };
            if !grants || (scope.kind != "*" && scope.kind != kind) {
                Extent::Nothing
            } else if is_read
                || scope
                    .only
                    .iter()
                    .all(|p| parameters.split('&').any(|ours| ours == p))
            {
                Extent::Whole
            } else {
                // Whether several partial scopes add up to everything cannot be told.
                Extent::Part
            }
        };
        self.0.iter().map(of).max().unwrap_or(Extent::Nothing)
    }
}

impl Scope {
    fn parse(text: &str) -> Option<Self> {
        let (context, rest) = text.split_once('/')?;
        if !["patient", "user", "system"].contains(&context) {
            return None;
        }
        let (target, only) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, permission) = target.split_once('.')?;
        if kind != "*" && (kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphabetic())) {
            return None;
        }
        let (read, search) = match permission {
            "read" | "*" => (true, true),
            letters if is_in_order(letters) => (letters.contains('r'), letters.contains('s')),
            _ => return None,
        };
        let only = only.split('&').filter(|p| !p.is_empty()).map(str::to_owned);
        Some(Self {
            kind: kind.to_owned(),
            read,
            search,
            only: only.collect(),
        })
    }
}

/// Some of the letters `cruds`, in that order.
fn is_in_order(letters: &str) -> bool {
    let mut rest = "cruds".chars();
    !letters.is_empty() && letters.chars().all(|letter| rest.any(|r| r == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-057: both generations of SMART scopes.
    #[test]
    fn scopes_of_both_generations_are_understood() {
        use Extent::{Nothing, Part, Whole};
        let conditions = "Condition?patient=p1";
        let results = "Observation?patient=p1&category=laboratory";
        let table = [
            ("patient/Condition.read", conditions, Whole),
            ("patient/*.read", conditions, Whole),
            ("patient/*.*", conditions, Whole),
            ("user/Condition.read", conditions, Whole),
            ("system/*.rs", conditions, Whole),
            ("patient/Condition.rs", conditions, Whole),
            ("patient/Condition.s", conditions, Whole),
            ("patient/Condition.cruds", conditions, Whole),
            ("launch openid patient/Condition.rs fhirUser", conditions, Whole),
            ("", conditions, Nothing),
            ("launch/patient openid", conditions, Nothing),
            ("patient/Condition.r", conditions, Nothing),
            ("patient/Condition.write", conditions, Nothing),
            ("patient/Condition.cud", conditions, Nothing),
            ("patient/Condition.sr", conditions, Nothing),
            ("patient/Condition.", conditions, Nothing),
            ("patient/Condition", conditions, Nothing),
            ("patient/condition.read", conditions, Nothing),
            ("patient/Procedure.read", conditions, Nothing),
            ("other/Condition.read", conditions, Nothing),
            ("Condition.read", conditions, Nothing),
            ("patient/Patient.r", "Patient/p1", Whole),
            ("patient/Patient.read", "Patient/p1", Whole),
            ("patient/Patient.s", "Patient/p1", Nothing),
            (
                "patient/Condition.rs?category=problem-list-item",
                conditions,
                Part,
            ),
            (
                "patient/Condition.rs?category=a patient/Condition.rs?category=b",
                conditions,
                Part,
            ),
            (
                "patient/Condition.rs?category=a patient/Condition.rs",
                conditions,
                Whole,
            ),
            ("patient/Observation.rs?category=laboratory", results, Whole),
            (
                "patient/Observation.rs?category=laboratory&status=final",
                results,
                Part,
            ),
            ("patient/Observation.rs?category=vital-signs", results, Part),
        ];
        for (scopes, query, expected) in table {
            assert_eq!(
                Scopes::parse(scopes).extent(query),
                expected,
                "{scopes} for {query}"
            );
        }
    }
}
