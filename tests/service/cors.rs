//! What browsers are told (P-18, R-119, SC-17).

use crate::support::app::App;
use reqwest::Response;

const SANDBOX: &str = "https://sandbox.cds-hooks.org";
const STRANGER: &str = "https://evil.example";

async fn preflight(app: &App, path: &str, method: &str, headers: &str, origin: &str) -> Response {
    let request = app.request("OPTIONS", path).header("origin", origin);
    let request = request.header("access-control-request-method", method);
    request
        .header("access-control-request-headers", headers)
        .send()
        .await
        .unwrap()
}

fn allowed_origin(response: &Response) -> Option<&str> {
    response
        .headers()
        .get("access-control-allow-origin")
        .map(|v| v.to_str().unwrap())
}

fn varies_on_origin(response: &Response) -> bool {
    response
        .headers()
        .get_all("vary")
        .iter()
        .any(|v| v.to_str().unwrap().eq_ignore_ascii_case("origin"))
}

/// R-119, P-18, SC-17: the public sandbox asks before every call, discovery too, and gives up on anything but a 2xx.
#[tokio::test]
async fn every_address_answers_the_preflights_of_the_public_sandbox() {
    let app = App::start().await;
    for origin in [SANDBOX, "http://127.0.0.1:9400", "http://localhost:8080"] {
        for (path, method, headers) in [
            ("/cds-services", "GET", "authorization"),
            ("/cds-services/silent", "POST", "authorization,content-type"),
            (
                "/cds-services/silent/feedback",
                "POST",
                "authorization,content-type",
            ),
            ("/health/ready", "GET", "authorization"),
        ] {
            let response = preflight(&app, path, method, headers, origin).await;
            assert_eq!(response.status(), 204, "{path}");
            assert_eq!(allowed_origin(&response), Some(origin), "{path}");
            assert_eq!(
                response.headers()["access-control-allow-methods"],
                "GET, POST, OPTIONS"
            );
            assert_eq!(
                response.headers()["access-control-allow-headers"],
                "Authorization, Content-Type"
            );
            assert!(varies_on_origin(&response));
            assert!(
                !response
                    .headers()
                    .contains_key("access-control-allow-credentials")
            );
        }
    }
}

/// P-18.
#[tokio::test]
async fn answers_and_refusals_name_an_allowed_origin() {
    let app = App::start().await;
    for (method, path, status) in [
        ("GET", "/cds-services", 200),
        ("GET", "/nothing", 404),
        ("POST", "/", 405),
    ] {
        let response = app
            .request(method, path)
            .header("origin", SANDBOX)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(allowed_origin(&response), Some(SANDBOX), "{path}");
        assert!(varies_on_origin(&response));
    }
    for id in ["silent", "panic", "unavailable"] {
        let response = app.call(id).header("origin", SANDBOX).send().await.unwrap();
        assert_eq!(allowed_origin(&response), Some(SANDBOX), "{id}");
    }
}

/// P-18, SC-17.
#[tokio::test]
async fn strangers_get_no_header_whatever_they_ask() {
    let app = App::start().await;
    for origin in [STRANGER, "null", "http://localhost.evil.example"] {
        let response = preflight(&app, "/cds-services/silent", "POST", "content-type", origin).await;
        assert_eq!(allowed_origin(&response), None, "{origin}");
        let response = app.call("silent").header("origin", origin).send().await.unwrap();
        assert_eq!(
            response.status(),
            200,
            "{origin}: not a browser's business to refuse"
        );
        assert_eq!(allowed_origin(&response), None, "{origin}");
        assert!(varies_on_origin(&response));
    }
}

/// SC-17.
#[tokio::test]
async fn without_an_origin_the_answer_still_varies_on_it() {
    let app = App::start().await;
    let response = app.request("GET", "/cds-services").send().await.unwrap();
    assert_eq!(allowed_origin(&response), None);
    assert!(varies_on_origin(&response));
}
