//! What authentication costs: the same calls with and without signed tokens, the keys being known.
//!
//! Checking an ES384 signature is mathematics that nobody can save; it is measured by itself and taken off. What is
//! left (reading the token, looking its key up, remembering that it was used) is the service's own.

use crate::children::{Child, own_cpu_micros};
use crate::drive::{self, Connections};
use crate::signer::Signer;
use crate::{BARS, Bar, median, requests};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a signed call may cost, in calls without a signature, once the check of the signature is taken off.
const MOST: f64 = 1.10;

const ISSUER: &str = "https://bench.example.org";

/// Signatures checked to know what one costs.
const CHECKS: usize = 500;

/// A folder with the configuration and the keys of one client.
struct Registered {
    folder: PathBuf,
    signer: Signer,
}

impl Registered {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("apposite-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let signer = Signer::p384("bench");
        let keys = json!({ "keys": [signer.jwk()] });
        std::fs::write(folder.join("keys.json"), keys.to_string()).unwrap();
        // As a real client, but for the limit of its rate: that is not what is measured.
        let text = format!(
            "[[client]]\nname = 'bench'\nissuer = '{ISSUER}'\njwks_file = 'keys.json'\naudiences = ['bench']\n\
             rate_per_second = 0\nseen_tokens = 1000000\n"
        );
        std::fs::write(folder.join("apposite.toml"), text).unwrap();
        Self { folder, signer }
    }

    /// Fresh tokens: each passes once.
    fn tokens(&self, number: usize) -> Vec<String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let header = self.signer.header("ES384").to_string();
        let now = jiff::Timestamp::now().as_second();
        let token = |_| {
            let jti = NEXT.fetch_add(1, Ordering::Relaxed);
            let claims = json!({ "iss": ISSUER, "aud": "bench", "exp": now + 3000, "iat": now,
                "jti": format!("6afb29e8-0245-403c-ba74-{jti:012}") });
            self.signer.sign("ES384", &header, &claims.to_string())
        };
        (0..number).map(token).collect()
    }

    /// CPU time of one check of a signature, in microseconds.
    fn check(&self) -> f64 {
        let jwk: Value = self.signer.jwk();
        let part = |name: &str| {
            BASE64_URL_SAFE_NO_PAD
                .decode(jwk[name].as_str().unwrap())
                .unwrap()
        };
        let point = [vec![4], part("x"), part("y")].concat();
        let token = self.tokens(1).remove(0);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let before = own_cpu_micros();
        for _ in 0..CHECKS {
            // The service keeps keys as bytes, too, so that reading one is part of it.
            let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &point);
            key.verify(message.as_bytes(), &signature).unwrap();
        }
        (own_cpu_micros() - before) / CHECKS as f64
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // Left behind, it harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Whether authentication costs no more than it may. `share`: the part of the calls of a round that is made.
pub fn measure(rounds: usize, share: usize) -> Result<bool, String> {
    let registered = Registered::new();
    let open = Child::apposite();
    let closed = Child::configured(&registered.folder.join("apposite.toml"));
    let service = drive::service_for(open.address, "order-select")?;
    println!("{rounds} rounds; CPU time per call, medians\n");
    println!(
        "{:<14} {:>12} {:>12} {:>12} {:>9} {:>7} {:>6}",
        "call", "open", "signed", "signature", "in all", "ratio", "bar"
    );
    let mut kept = true;
    for Bar {
        story, size, calls, ..
    } in &BARS
    {
        let calls = &(calls / share);
        let body = requests::body(*story, *size);
        // Signing takes its time, and a connection without a call is not kept open for long.
        let tokens = registered.tokens(*calls);
        let mut to_open = Connections::open(open.address, &service, &body);
        to_open.run(*calls);
        let mut to_closed = Connections::open(closed.address, &service, &body);
        to_closed.run_signed(&tokens);
        let mut found = Vec::new();
        for _ in 0..rounds {
            let tokens = registered.tokens(*calls);
            let before = open.cpu_micros();
            to_open.run(*calls);
            let plain = (open.cpu_micros() - before) / *calls as f64;
            let before = closed.cpu_micros();
            to_closed.run_signed(&tokens);
            let signed = (closed.cpu_micros() - before) / *calls as f64;
            found.push((plain, signed, registered.check()));
        }
        let of = |what: &dyn Fn(&(f64, f64, f64)) -> f64| median(found.iter().map(what));
        let ratio = of(&|(plain, signed, check)| (signed - check) / plain);
        let ok = ratio <= MOST;
        kept &= ok;
        println!(
            "{:<14} {:>9.1} µs {:>9.1} µs {:>9.1} µs {:>9.2} {ratio:>7.2} {MOST:>6.2} {}",
            format!("{story:?} {size:?}").to_lowercase(),
            of(&|f| f.0),
            of(&|f| f.1),
            of(&|f| f.2),
            of(&|(plain, signed, _)| signed / plain),
            if ok { "kept" } else { "MISSED" },
        );
    }
    Ok(kept)
}
