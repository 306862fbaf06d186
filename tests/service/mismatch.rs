//! What is kept of a call whose patients do not agree (SC-21).

use crate::feedback::instance;
use crate::support::database::Folder;
use crate::support::ward::{CALL, SERVICE, Ward};
use serde_json::{Value, json};

/// SC-21, SC-19: an order for another patient, or a chart of another, gets no card, and its audit row says at which rule
/// it was left: the one about the person, before anything was asked about a disease.
#[tokio::test]
async fn patients_that_differ_leave_a_row_that_says_where_it_ended() {
    let folder = Folder::new();
    let ward = Ward::open(folder.store()).await;
    let other = json!("Patient/pat-59");
    let changes: [fn(&mut Value, Value); 2] = [
        |call, other| call["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] = other,
        |call, _| call["prefetch"]["patient"]["id"] = json!("pat-59"),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut call: Value = serde_json::from_str(CALL).unwrap();
        call["hookInstance"] = json!(instance(at + 1));
        change(&mut call, other.clone());
        let token = ward.token(0, &format!("{}{SERVICE}", ward.base));
        let response = ward.send(SERVICE, &token, call.to_string()).await;
        assert_eq!(response.text().await.unwrap(), r#"{"cards":[]}"#);
    }
    // Feedback waits until the rows before it are written.
    assert_eq!(ward.tell(0, json!([])).await.status(), 200);
    let rows = ward.lines("SELECT rules, scenario FROM audit_decision").await;
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(
            row.contains("R2") && !row.contains("R3") && row.contains("not_applicable"),
            "{row}"
        );
    }
    assert_eq!(ward.lines("SELECT card FROM audit_card").await, [""; 0]);
}
