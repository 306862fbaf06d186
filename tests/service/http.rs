//! Statuses, methods, media types and headers (P-02, P-19, R-023, R-024, R-091).

use crate::support::app::{App, issue};
use crate::support::fake::DISCOVERY;
use crate::support::raw::{Raw, head};

/// R-011, R-023.
#[tokio::test]
async fn discovery_is_the_document_as_it_was_written() {
    let app = App::start().await;
    let response = app.request("GET", "/cds-services").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), DISCOVERY);
}

#[tokio::test]
async fn a_call_is_answered_with_the_body_and_the_day_it_was_given() {
    let app = App::start().await;
    let response = app.call("echo").body(r#"{"hook":"x"}"#).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(
        response.text().await.unwrap(),
        r#"{"bytes":12,"today":"2026-06-15","cards":[]}"#
    );
}

/// R-001, R-024, R-090, R-091, P-02.
#[tokio::test]
async fn every_refusal_of_a_call_has_its_status_and_issue() {
    let app = App::start().await;
    let place = Some("/context/patientId");
    for (id, status, code, expression) in [
        ("structure", 400, "structure", place),
        ("required", 400, "required", place),
        ("value", 400, "value", place),
        ("not-supported", 400, "not-supported", place),
        ("unavailable", 412, "processing", Some("/prefetch/conditions")),
        ("nobody", 404, "not-found", None),
        ("panic", 500, "exception", None),
    ] {
        let response = app.call(id).send().await.unwrap();
        assert_eq!(response.status(), status, "{id}");
        let issue = issue(response).await;
        assert_eq!(issue["code"], code, "{id}");
        assert_eq!(issue["expression"][0].as_str(), expression, "{id}");
    }
}

#[tokio::test]
async fn unknown_addresses_are_not_found_and_not_repeated() {
    let app = App::start().await;
    for path in [
        "/nothing",
        "/cds-services/",
        "/cds-services/silent/more",
        "/cds-services/%00",
        "//",
        "/health",
    ] {
        for method in ["GET", "POST"] {
            let response = app.request(method, path).send().await.unwrap();
            let expect = if method == "GET" && path == "/cds-services/%00" {
                405
            } else {
                404
            };
            assert_eq!(response.status(), expect, "{method} {path}");
            issue(response).await;
        }
    }
}

/// R-023, R-024, P-02.
#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let app = App::start().await;
    for (method, path, allow) in [
        ("POST", "/cds-services", "GET, HEAD, OPTIONS"),
        ("DELETE", "/", "GET, HEAD, OPTIONS"),
        ("PUT", "/health/live", "GET, HEAD, OPTIONS"),
        ("GET", "/cds-services/silent", "POST, OPTIONS"),
        ("HEAD", "/cds-services/silent", "POST, OPTIONS"),
        ("BREW", "/cds-services/silent", "POST, OPTIONS"),
    ] {
        let response = app.request(method, path).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        assert_eq!(
            response.headers().get_all("allow").iter().count(),
            1,
            "{method} {path}"
        );
        assert_eq!(response.headers()["allow"], allow, "{method} {path}");
        if method != "HEAD" {
            assert_eq!(issue(response).await["code"], "not-supported", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let app = App::start().await;
    for path in ["/", "/cds-services", "/health/live", "/health/ready"] {
        let get = app.request("GET", path).send().await.unwrap();
        let response = app.request("HEAD", path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        for header in ["content-type", "content-length"] {
            assert_eq!(
                response.headers().get(header),
                get.headers().get(header),
                "{path} {header}"
            );
        }
        assert_eq!(response.text().await.unwrap(), "", "{path}");
        assert_ne!(get.text().await.unwrap(), "", "{path}");
    }
}

#[tokio::test]
async fn options_lists_the_methods() {
    let app = App::start().await;
    for (path, allow) in [
        ("/cds-services", "GET, HEAD, OPTIONS"),
        ("/cds-services/silent", "POST, OPTIONS"),
    ] {
        let response = app.request("OPTIONS", path).send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        assert_eq!(response.headers()["allow"], allow, "{path}");
    }
}

/// P-19: only JSON, so that no web page can call without a preflight.
#[tokio::test]
async fn only_json_media_types_are_read() {
    let app = App::start().await;
    for good in [
        "application/json",
        "application/fhir+json",
        "Application/JSON ; charset=UTF-8; x=y",
    ] {
        let request = app
            .request("POST", "/cds-services/silent")
            .header("content-type", good)
            .body("{}");
        assert_eq!(request.send().await.unwrap().status(), 200, "{good}");
    }
    for bad in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "json",
        "",
    ] {
        let request = app
            .request("POST", "/cds-services/silent")
            .header("content-type", bad)
            .body("{}");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 415, "{bad}");
        assert_eq!(issue(response).await["code"], "not-supported");
    }
    let response = app
        .request("POST", "/cds-services/silent")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 415, "no media type at all");
    let response = app
        .call("silent")
        .header("content-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 415, "compressed");
}

/// P-19: the media type of an OperationOutcome.
#[tokio::test]
async fn an_outcome_comes_as_fhir_unless_only_plain_json_is_accepted() {
    let app = App::start().await;
    for (accept, expect) in [
        (None, "application/fhir+json"),
        (Some("*/*"), "application/fhir+json"),
        (Some("application/json"), "application/json"),
        (
            Some("application/json, application/fhir+json"),
            "application/fhir+json",
        ),
        (Some("application/fhir+json"), "application/fhir+json"),
        (Some("text/html"), "application/fhir+json"),
    ] {
        let mut request = app.call("required");
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], expect, "{accept:?}");
    }
}

#[tokio::test]
async fn a_plain_request_id_comes_back_and_any_other_is_replaced() {
    let app = App::start().await;
    let id_of = async |sent: &str| {
        let response = app
            .call("silent")
            .header("x-request-id", sent)
            .send()
            .await
            .unwrap();
        response.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id_of("ehr-7.a_B").await, "ehr-7.a_B");
    assert_ne!(id_of("<script>").await, "<script>");
    let long = "x".repeat(65);
    assert_ne!(id_of(&long).await, long);
}

/// P6, SC-22, SC-23, SC-27: a panic costs one request a 500; the connection and the process go on.
#[tokio::test]
async fn a_panic_costs_one_request() {
    let app = App::start().await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(head("panic", "Content-Length: 2\r\n") + "{}").await;
    assert!(raw.until("}]}").await.starts_with("HTTP/1.1 500 "));
    raw.send(head("silent", "Content-Length: 2\r\nConnection: close\r\n") + "{}")
        .await;
    assert!(raw.until_closed().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_person_with_a_browser_is_shown_the_way() {
    let app = App::start().await;
    let text = app
        .request("GET", "/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("/cds-services"), "{text}");
}

#[tokio::test]
async fn health_is_json() {
    let app = App::start().await;
    for (path, expect) in [
        ("/health/live", r#"{"status":"live"}"#),
        ("/health/ready", r#"{"status":"ready"}"#),
    ] {
        let response = app.request("GET", path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.text().await.unwrap(), expect);
    }
}
