//! What an EHR does when a suggestion is taken: its actions are carried out on the draft orders.

use serde_json::{Value, json};

/// Carries out the actions of one suggestion; what was done, in the words of the actions.
pub(super) fn accept(request: &mut Value, suggestion: &Value) -> Vec<String> {
    let mut done = Vec::new();
    for action in suggestion["actions"].as_array().into_iter().flatten() {
        let resource = &action["resource"];
        let id = action["resourceId"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| reference(resource));
        let Some(entries) = request
            .pointer_mut("/context/draftOrders/entry")
            .and_then(Value::as_array_mut)
        else {
            break;
        };
        let drafted = |entry: &Value| reference(&entry["resource"]) == id;
        match action["type"].as_str() {
            Some("create") => entries.push(json!({ "resource": resource })),
            Some("update") => {
                for entry in entries.iter_mut().filter(|entry| drafted(entry)) {
                    entry["resource"] = resource.clone();
                }
            }
            Some("delete") => entries.retain(|entry| !drafted(entry)),
            _ => continue,
        }
        done.push(action["description"].as_str().unwrap_or_default().to_owned());
        // What was added is what the user is looking at.
        let created = action["type"] == "create";
        if let (true, Some(id), Some(selected)) = (
            created,
            id,
            request
                .pointer_mut("/context/selections")
                .and_then(Value::as_array_mut),
        ) {
            selected.push(json!(id));
        }
    }
    done
}

fn reference(resource: &Value) -> Option<String> {
    Some(format!(
        "{}/{}",
        resource["resourceType"].as_str()?,
        resource["id"].as_str()?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_change_the_draft_orders_they_name() {
        let order =
            |id: &str, text: &str| json!({ "resourceType": "ServiceRequest", "id": id, "text": text });
        let request = json!({ "context": { "selections": ["ServiceRequest/a"], "draftOrders": { "entry": [
            { "resource": order("a", "first") }, { "resource": order("b", "second") } ] } } });
        for (action, expect, selected) in [
            (
                json!({ "type": "update", "resource": order("b", "new") }),
                vec!["first", "new"],
                1,
            ),
            (
                json!({ "type": "create", "resource": order("c", "third") }),
                vec!["first", "second", "third"],
                2,
            ),
            (
                json!({ "type": "delete", "resourceId": "ServiceRequest/a" }),
                vec!["second"],
                1,
            ),
            (
                json!({ "type": "update", "resource": order("z", "none") }),
                vec!["first", "second"],
                1,
            ),
            (json!({ "type": "odd" }), vec!["first", "second"], 1),
        ] {
            let mut changed = request.clone();
            accept(&mut changed, &json!({ "actions": [action] }));
            let entries = changed["context"]["draftOrders"]["entry"].as_array().unwrap();
            let texts: Vec<&str> = entries
                .iter()
                .map(|e| e["resource"]["text"].as_str().unwrap())
                .collect();
            assert_eq!(texts, expect, "{action}");
            assert_eq!(
                changed["context"]["selections"].as_array().unwrap().len(),
                selected,
                "{action}"
            );
        }
    }
}
