//! One page: going somewhere, looking, clicking and typing as a user does, and what axe has to say.

use crate::browser::{PATIENCE, browser};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

const AXE: &str = include_str!("axe/axe.min.js");

pub struct Page {
    context: String,
    session: String,
}

impl Page {
    /// A new page of a browser that nobody has used before.
    pub fn open(width: u32, dark: bool) -> Self {
        let call = |method: &str, params| browser().call(None, method, params).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let context = text(&call("Target.createBrowserContext", json!({}))["browserContextId"]);
        let target = call(
            "Target.createTarget",
            json!({ "url": "about:blank", "browserContextId": context }),
        );
        let attached = call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let page = Self {
            context,
            session: text(&attached["sessionId"]),
        };
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.shape(width, dark);
        page
    }

    fn call(&self, method: &str, params: Value) -> Value {
        self.try_call(method, params)
            .unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    fn try_call(&self, method: &str, params: Value) -> Result<Value, String> {
        browser().call(Some(&self.session), method, params)
    }

    /// How wide the window is, and whether the reader likes it dark.
    pub fn shape(&self, width: u32, dark: bool) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme }, { "name": "prefers-reduced-motion", "value": "reduce" } ] });
        self.call("Emulation.setEmulatedMedia", media);
    }

    pub fn go(&self, url: &str) {
        let went = self.call("Page.navigate", json!({ "url": url }));
        assert!(went["errorText"].is_null(), "{url}: {went}");
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression, or of what it promises.
    pub fn look(&self, expression: &str) -> Value {
        self.try_look(expression)
            .unwrap_or_else(|why| panic!("{expression}: {why}"))
    }

    fn try_look(&self, expression: &str) -> Result<Value, String> {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.try_call("Runtime.evaluate", asked)?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(details.to_string()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Waits until an expression holds; its value.
    pub fn wait(&self, expression: &str) -> Value {
        let began = Instant::now();
        // The page looks for itself; one that goes elsewhere meanwhile is asked again.
        let millis = PATIENCE.as_millis() / 2;
        let polling = format!(
            "new Promise((ok, no) => {{ const end = Date.now() + {millis}; const look = () => {{ let seen; \
             try {{ seen = ({expression}); }} catch {{}} if (seen) ok(seen); \
             else if (Date.now() > end) no(new Error('waited in vain')); else setTimeout(look, 10); }}; look(); }})"
        );
        loop {
            match self.try_look(&polling) {
                Ok(value) => return value,
                Err(why) if why.contains("waited in vain") || began.elapsed() > PATIENCE => {
                    let path = self.screenshot("failed");
                    panic!("waited in vain for {expression}; see {}", path.display());
                }
                Err(_) => {}
            }
        }
    }

    /// The text of the first element that matches, as it is seen.
    pub fn text(&self, selector: &str) -> String {
        let selector = json!(selector);
        let text = self.wait(&format!(
            "document.querySelector({selector}) && {{ t: document.querySelector({selector}).innerText }}"
        ));
        text["t"].as_str().unwrap().to_owned()
    }

    /// Clicks in the middle of the first element that matches, with the mouse.
    pub fn click(&self, selector: &str) {
        let selector = json!(selector);
        self.wait(&format!("document.querySelector({selector})"));
        let middle = self.look(&format!(
            "(() => {{ const e = document.querySelector({selector}); e.scrollIntoView({{ block: 'center' }}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse =
                json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", mouse);
        }
    }

    /// Presses a key.
    pub fn key(&self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "ArrowDown" => (40, ""),
            "ArrowRight" => (39, ""),
            " " => (32, " "),
            other => panic!("{other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let name = if key == " " { "Space" } else { key };
            let mut pressed =
                json!({ "type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                pressed["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", pressed);
        }
    }

    /// Types words where the focus is.
    pub fn type_words(&self, words: &str) {
        self.call("Input.insertText", json!({ "text": words }));
    }

    /// Moves the focus with the tab key until it is on an element that matches.
    pub fn tab_to(&self, selector: &str) {
        for _ in 0..200 {
            if self.look(&format!("!!document.activeElement?.matches({})", json!(selector))) == true {
                return;
            }
            self.key("Tab");
        }
        panic!("the tab key does not lead to {selector}");
    }

    /// A picture of the whole page, left for people to look at.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let taken = self.call(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true }),
        );
        let bytes = base64(taken["data"].as_str().unwrap());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A page must keep nobody out, fit its window, and say nothing on the console of the browser.
    pub fn inspect(&self, name: &str) {
        let (width, inner) = (
            self.look("document.documentElement.scrollWidth"),
            self.look("innerWidth"),
        );
        assert!(
            width.as_u64() <= inner.as_u64(),
            "{name}: {width} pixels wide in a window of {inner}"
        );
        self.look(&format!("{AXE}; 0"));
        let found = self.look(
            "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => \
             `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ') + ' ' + n.failureSummary).join(' | ')}`))",
        );
        assert_eq!(found, json!([]), "{name}: axe");
        self.quiet(name);
    }

    /// Nothing went wrong in the page: no exception, no error, nothing that the policy for content forbids.
    pub fn quiet(&self, name: &str) {
        let events = browser().events(&self.session);
        let loud = events.iter().filter(|event| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] == "error",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] == "error",
            _ => false,
        });
        let loud: Vec<String> = loud.map(Value::to_string).collect();
        assert!(loud.is_empty(), "{name}: {}", loud.join("\n"));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = browser().call(
            None,
            "Target.disposeBrowserContext",
            json!({ "browserContextId": self.context }),
        );
    }
}

/// Base64 as the browser writes it.
fn base64(text: &str) -> Vec<u8> {
    let value = |sign: u8| match sign {
        b'A'..=b'Z' => u32::from(sign - b'A'),
        b'a'..=b'z' => u32::from(sign - b'a') + 26,
        b'0'..=b'9' => u32::from(sign - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let signs: Vec<u8> = text.bytes().filter(|sign| *sign != b'=').collect();
    let mut bytes = Vec::with_capacity(signs.len());
    for four in signs.chunks(4) {
        let bits = four.iter().fold(0, |bits, sign| bits << 6 | value(*sign)) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
