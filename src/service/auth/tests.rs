//! Tokens good and bad, one line each (SC-11 – SC-13, R-103 – R-113, RFC 8725), at a fixed time.

#[path = "../../../tests/service/support/signer.rs"]
mod signer;
mod sources;

use super::denial::Denial;
use super::keys::KeySet;
use super::token::{Token, Verified};
use crate::config::{Algorithm, Client};
use aws_lc_rs::hmac;
use proptest::prelude::*;
use serde_json::{Value, json};
use signer::{Signer, base64url};
use std::sync::LazyLock;

const NOW: i64 = 1_780_000_000;
const ISSUER: &str = "https://ehr.example.org";
const OTHER: &str = "https://other.example.org";
const SERVICE: &str = "https://cds.example.org/cds-services/imaging";
const JWKS: &str = "https://ehr.example.org/jwks";

/// An EHR with keys of all kinds, another client, and a stranger.
struct World {
    ec: Signer,
    rsa: Signer,
    p256: Signer,
    ed: Signer,
    other: Signer,
    stranger: Signer,
    clients: Vec<(Client, KeySet)>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let ec = Signer::p384("ec+/=");
    let rsa = Signer::rsa("rsa");
    let p256 = Signer::p256("p256");
    let ed = Signer::ed("ed");
    // Both clients name a key alike: a name means nothing outside its own set.
    let other = Signer::p384("ec+/=");
    let set = |keys: Vec<Value>| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    let ours = set(vec![ec.jwk(), rsa.jwk(), p256.jwk(), ed.jwk()]);
    let theirs = set(vec![other.jwk()]);
    let ehr = Client {
        jwks_url: Some(JWKS.to_owned()),
        audiences: vec!["urn:by-hand".to_owned()],
        ..Client::new("ehr", ISSUER)
    };
    let group = Client {
        tenants: vec!["north".to_owned(), "south".to_owned()],
        ..Client::new("other", OTHER)
    };
    World {
        stranger: Signer::p384("ec+/="),
        clients: vec![(ehr, ours), (group, theirs)],
        ec,
        rsa,
        p256,
        ed,
        other,
    }
});

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": SERVICE, "exp": NOW + 300, "iat": NOW, "jti": "one" })
}

/// The steps of [`super::Registered::admit`], in their order, without fetching and remembering.
fn judged(token: &str, clients: &[(Client, KeySet)], now: i64) -> Result<Verified, Denial> {
    let token = Token::read(token)?;
    let (client, keys) = clients
        .iter()
        .find(|(c, _)| c.issuer == token.issuer())
        .ok_or(Denial::Issuer)?;
    token.suits(client)?;
    let key = keys.get(token.key_id()).ok_or(Denial::UnknownKey)?;
    token.verify(client, &key, &[SERVICE.to_owned()], now)
}

fn expect(what: &str, token: &str, expected: Result<(), Denial>) {
    assert_eq!(judged(token, &WORLD.clients, NOW).map(|_| ()), expected, "{what}");
}

fn signed(header: &Value, claims: &Value) -> String {
    WORLD.ec.sign("ES384", &header.to_string(), &claims.to_string())
}

/// An honest token with other claims; `null` takes one out, so a real null is written as the string "NULL".
fn with_claims(changes: Value) -> String {
    signed(&WORLD.ec.header("ES384"), &changed(claims(), changes))
}

fn with_header(changes: Value) -> String {
    signed(&changed(WORLD.ec.header("ES384"), changes), &claims())
}

fn changed(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let members = base.as_object_mut().unwrap();
        match value {
            Value::Null => {
                members.shift_remove(name);
            }
            Value::String(s) if s == "NULL" => {
                members.insert(name.clone(), Value::Null);
            }
            other => {
                members.insert(name.clone(), other.clone());
            }
        }
    }
    base
}

/// SC-11, R-104, R-106, R-107, R-109, R-113.
#[test]
fn honest_tokens_pass() {
    let w = &*WORLD;
    expect("ES384", &with_claims(json!({})), Ok(()));
    let rs384 = w
        .rsa
        .sign("RS384", &w.rsa.header("RS384").to_string(), &claims().to_string());
    expect("RS384", &rs384, Ok(()));
    for (what, changes) in [
        ("audience in a list", json!({ "aud": ["x", SERVICE] })),
        ("audience with a slash", json!({ "aud": format!("{SERVICE}/") })),
        ("audience agreed by hand", json!({ "aud": "urn:by-hand" })),
        ("a subject", json!({ "sub": "someone", "scope": [1, {}] })),
        ("nbf five minutes ago", json!({ "nbf": NOW - 300 })),
        (
            "fractions of seconds",
            json!({ "exp": NOW as f64 + 300.5, "iat": NOW as f64 - 0.25 }),
        ),
        (
            "expired, within 20 s",
            json!({ "exp": NOW - 20, "iat": NOW - 300 }),
        ),
        ("issued 20 s ahead", json!({ "iat": NOW + 20, "nbf": NOW + 20 })),
        ("an hour", json!({ "exp": NOW + 3600 })),
        (
            "fifteen minutes, nbf before iat",
            json!({ "exp": NOW + 900, "nbf": NOW - 300 }),
        ),
    ] {
        expect(what, &with_claims(changes), Ok(()));
    }
    for (what, changes) in [
        ("its own jku", json!({ "jku": JWKS })),
        ("typ in lower case", json!({ "typ": "jwt" })),
        ("unknown members", json!({ "x5t": "abc", "cty": "x" })),
        (
            "an embedded key is ignored",
            json!({ "jwk": w.stranger.jwk(), "x5u": "https://evil.example", "x5c": ["x"] }),
        ),
    ] {
        expect(what, &with_header(changes), Ok(()));
    }
    let group = changed(claims(), json!({ "iss": OTHER, "tenant": "north" }));
    let group = w
        .other
        .sign("ES384", &w.other.header("ES384").to_string(), &group.to_string());
    expect("a listed tenant", &group, Ok(()));
    assert!(judged(&group, &w.clients, NOW).is_ok_and(|v| v.tenant.as_deref() == Some("north")));
}

/// R-113: algorithms beyond the two recommended ones pass only where configured (SC-12).
#[test]
fn other_algorithms_pass_by_configuration_only() {
    let w = &*WORLD;
    for (signer, alg, name) in [
        (&w.p256, Algorithm::ES256, "ES256"),
        (&w.rsa, Algorithm::RS256, "RS256"),
        (&w.rsa, Algorithm::RS512, "RS512"),
        (&w.rsa, Algorithm::PS256, "PS256"),
        (&w.rsa, Algorithm::PS384, "PS384"),
        (&w.rsa, Algorithm::PS512, "PS512"),
        (&w.ed, Algorithm::EdDSA, "EdDSA"),
    ] {
        let token = signer.sign(name, &signer.header(name).to_string(), &claims().to_string());
        expect(name, &token, Err(Denial::AlgorithmNotAllowed));
        let keys = json!({ "keys": [signer.jwk()] }).to_string();
        let client = Client {
            algorithms: vec![alg],
            ..Client::new("ehr", ISSUER)
        };
        let only = [(client, KeySet::parse(keys.as_bytes()).unwrap())];
        assert!(judged(&token, &only, NOW).is_ok(), "{name}");
    }
}

/// SC-11, R-104, R-111, R-112, SC-12, SC-13.
#[test]
fn headers_that_do_not_pass() {
    for (what, changes, denial) in [
        ("no typ", json!({ "typ": null }), Denial::Header),
        ("typ null", json!({ "typ": "NULL" }), Denial::Header),
        ("typ of another token", json!({ "typ": "at+jwt" }), Denial::Type),
        ("typ a number", json!({ "typ": 1 }), Denial::Header),
        ("no kid", json!({ "kid": null }), Denial::Header),
        ("kid empty", json!({ "kid": "" }), Denial::Header),
        ("kid a list", json!({ "kid": ["ec+/="] }), Denial::Header),
        ("kid unknown", json!({ "kid": "nobody" }), Denial::UnknownKey),
        (
            "kid a path",
            json!({ "kid": "../../etc/passwd" }),
            Denial::UnknownKey,
        ),
        ("kid in other case", json!({ "kid": "EC+/=" }), Denial::UnknownKey),
        ("kid too long", json!({ "kid": "k".repeat(1025) }), Denial::Header),
        ("no alg", json!({ "alg": null }), Denial::Header),
        ("none", json!({ "alg": "none" }), Denial::Algorithm),
        ("None", json!({ "alg": "None" }), Denial::Algorithm),
        ("NONE", json!({ "alg": "NONE" }), Denial::Algorithm),
        ("nOnE", json!({ "alg": "nOnE" }), Denial::Algorithm),
        ("HS256", json!({ "alg": "HS256" }), Denial::Algorithm),
        ("HS384", json!({ "alg": "HS384" }), Denial::Algorithm),
        ("HS512", json!({ "alg": "HS512" }), Denial::Algorithm),
        ("es384", json!({ "alg": "es384" }), Denial::Algorithm),
        ("ES512", json!({ "alg": "ES512" }), Denial::Algorithm),
        ("empty alg", json!({ "alg": "" }), Denial::Algorithm),
        ("alg a list", json!({ "alg": ["ES384"] }), Denial::Header),
        (
            "allowed alg, other kind of key",
            json!({ "alg": "RS384" }),
            Denial::KeyKind,
        ),
        (
            "known alg, not allowed",
            json!({ "alg": "ES256" }),
            Denial::AlgorithmNotAllowed,
        ),
        ("crit", json!({ "crit": ["exp"] }), Denial::Critical),
        ("crit empty", json!({ "crit": [] }), Denial::Critical),
        ("crit null", json!({ "crit": "NULL" }), Denial::Critical),
        ("b64", json!({ "b64": false, "crit": ["b64"] }), Denial::Critical),
        ("b64 alone", json!({ "b64": true }), Denial::Critical),
        (
            "foreign jku",
            json!({ "jku": "https://evil.example/jwks" }),
            Denial::KeyAddress,
        ),
        (
            "jku with a slash more",
            json!({ "jku": format!("{JWKS}/") }),
            Denial::KeyAddress,
        ),
        (
            "jku in other case",
            json!({ "jku": JWKS.to_uppercase() }),
            Denial::KeyAddress,
        ),
        ("jku null", json!({ "jku": "NULL" }), Denial::Header),
        ("jku a list", json!({ "jku": [JWKS] }), Denial::Header),
    ] {
        expect(what, &with_header(changes), Err(denial));
    }
}

/// R-105, R-106, R-107, R-108, R-109, P-04: claims missing, of the wrong JSON type, or wrong; a string `exp` is not an
/// absent one (CVE-2026-25537).
#[test]
fn claims_that_do_not_pass() {
    for name in ["iss", "aud", "exp", "iat", "jti"] {
        expect(name, &with_claims(json!({ name: null })), Err(Denial::Claims));
    }
    for name in ["iss", "aud", "exp", "iat", "jti", "nbf", "tenant"] {
        for wrong in [
            json!("NULL"),
            json!(true),
            json!({}),
            json!([{}]),
            json!({ "a": 1 }),
        ] {
            let what = format!("{name} {wrong}");
            expect(&what, &with_claims(json!({ name: wrong })), Err(Denial::Claims));
        }
    }
    for name in ["exp", "iat", "nbf"] {
        let far = format!("{}", NOW + 100);
        for wrong in [json!(far), json!([NOW + 100]), json!(-1), json!(1e300), json!("")] {
            let what = format!("{name} {wrong}");
            expect(&what, &with_claims(json!({ name: wrong })), Err(Denial::Claims));
        }
    }
    for name in ["iss", "jti", "tenant"] {
        expect(name, &with_claims(json!({ name: 7 })), Err(Denial::Claims));
        expect(name, &with_claims(json!({ name: ["x"] })), Err(Denial::Claims));
    }
    for (what, changes, denial) in [
        ("jti empty", json!({ "jti": "" }), Denial::Claims),
        ("jti too long", json!({ "jti": "j".repeat(1025) }), Denial::Claims),
        ("iss empty", json!({ "iss": "" }), Denial::Claims),
        (
            "iss unknown",
            json!({ "iss": "https://evil.example" }),
            Denial::Issuer,
        ),
        (
            "iss with a slash",
            json!({ "iss": format!("{ISSUER}/") }),
            Denial::Issuer,
        ),
        (
            "iss of another client",
            json!({ "iss": OTHER }),
            Denial::Signature,
        ),
        ("aud a number", json!({ "aud": 7 }), Denial::Claims),
        ("aud a mixed list", json!({ "aud": [SERVICE, 7] }), Denial::Claims),
        ("aud an empty list", json!({ "aud": [] }), Denial::Audience),
        ("aud empty", json!({ "aud": "" }), Denial::Audience),
        (
            "aud of another service",
            json!({ "aud": format!("{SERVICE}-2") }),
            Denial::Audience,
        ),
        (
            "aud of discovery",
            json!({ "aud": "https://cds.example.org/cds-services" }),
            Denial::Audience,
        ),
        (
            "aud of feedback",
            json!({ "aud": format!("{SERVICE}/feedback") }),
            Denial::Audience,
        ),
        (
            "aud over http",
            json!({ "aud": SERVICE.replace("https", "http") }),
            Denial::Audience,
        ),
        (
            "aud with two slashes",
            json!({ "aud": format!("{SERVICE}//") }),
            Denial::Audience,
        ),
        (
            "aud of another host",
            json!({ "aud": SERVICE.replace("cds.", "evil.") }),
            Denial::Audience,
        ),
        (
            "expired",
            json!({ "exp": NOW - 300, "iat": NOW - 600 }),
            Denial::Expired,
        ),
        (
            "expired at the leeway",
            json!({ "exp": NOW - 60, "iat": NOW - 600 }),
            Denial::Expired,
        ),
        ("exp zero", json!({ "exp": 0 }), Denial::Expired),
        (
            "issued five minutes ahead",
            json!({ "iat": NOW + 300, "exp": NOW + 600 }),
            Denial::NotYet,
        ),
        (
            "issued beyond the leeway",
            json!({ "iat": NOW + 61, "exp": NOW + 300 }),
            Denial::NotYet,
        ),
        (
            "nbf five minutes ahead",
            json!({ "nbf": NOW + 300, "exp": NOW + 600 }),
            Denial::NotYet,
        ),
        ("lives a day", json!({ "exp": NOW + 86_400 }), Denial::Lifetime),
        (
            "lives a second too long",
            json!({ "exp": NOW + 3601 }),
            Denial::Lifetime,
        ),
        (
            "lives no time",
            json!({ "exp": NOW, "iat": NOW }),
            Denial::Lifetime,
        ),
        (
            "ends before it begins",
            json!({ "exp": NOW, "iat": NOW + 10 }),
            Denial::Lifetime,
        ),
        ("issued in 1970", json!({ "iat": 0 }), Denial::Lifetime),
        (
            "a tenant nobody registered",
            json!({ "tenant": "north" }),
            Denial::Tenant,
        ),
        ("an empty tenant", json!({ "tenant": "" }), Denial::Tenant),
    ] {
        expect(what, &with_claims(changes), Err(denial));
    }
    let w = &*WORLD;
    for (what, changes) in [
        ("no tenant", json!({ "iss": OTHER })),
        ("a tenant not listed", json!({ "iss": OTHER, "tenant": "east" })),
        (
            "a tenant in other case",
            json!({ "iss": OTHER, "tenant": "North" }),
        ),
    ] {
        let claims = changed(claims(), changes).to_string();
        let token = w
            .other
            .sign("ES384", &w.other.header("ES384").to_string(), &claims);
        expect(what, &token, Err(Denial::Tenant));
    }
}

/// R-107: each limit of time is decided to the second.
#[test]
fn times_are_decided_to_the_second() {
    let token = with_claims(json!({ "iat": NOW, "nbf": NOW + 10, "exp": NOW + 300 }));
    for (now, expected) in [
        (NOW - 51, Err(Denial::NotYet)),
        (NOW - 50, Ok(NOW + 360)),
        (NOW + 359, Ok(NOW + 360)),
        (NOW + 360, Err(Denial::Expired)),
        (i64::MIN, Err(Denial::NotYet)),
        (i64::MAX, Err(Denial::Expired)),
    ] {
        assert_eq!(
            judged(&token, &WORLD.clients, now).map(|v| v.until),
            expected,
            "{now}"
        );
    }
}

/// SC-11: A longer life passes where configured.
#[test]
fn a_day_passes_where_it_is_configured() {
    let keys = KeySet::parse(json!({ "keys": [WORLD.ec.jwk()] }).to_string().as_bytes()).unwrap();
    let client = Client {
        max_lifetime_seconds: 86_400,
        ..Client::new("ehr", ISSUER)
    };
    let token = with_claims(json!({ "exp": NOW + 86_400 }));
    assert!(judged(&token, &[(client, keys)], NOW).is_ok());
}

/// R-110, R-111, R-112, R-113.
#[test]
fn forged_tokens_do_not_pass() {
    let w = &*WORLD;
    let (header, body) = (w.ec.header("ES384").to_string(), claims().to_string());
    let by = |signer: &Signer, header: &Value| signer.sign("ES384", &header.to_string(), &body);
    expect(
        "a stranger",
        &by(&w.stranger, &w.ec.header("ES384")),
        Err(Denial::Signature),
    );
    expect(
        "another client",
        &by(&w.other, &w.ec.header("ES384")),
        Err(Denial::Signature),
    );
    let embedded = changed(w.ec.header("ES384"), json!({ "jwk": w.stranger.jwk() }));
    expect(
        "a stranger's embedded key",
        &by(&w.stranger, &embedded),
        Err(Denial::Signature),
    );
    let rs256 = w.rsa.sign("RS256", &w.rsa.header("RS384").to_string(), &body);
    expect("RS256 called RS384", &rs256, Err(Denial::Signature));
    let ps384 = w.rsa.sign("PS384", &w.rsa.header("RS384").to_string(), &body);
    expect("PS384 called RS384", &ps384, Err(Denial::Signature));
    let p256 = w.p256.sign("ES256", &w.p256.header("ES384").to_string(), &body);
    expect("a key on another curve", &p256, Err(Denial::KeyKind));

    // Signed with the public key as a shared secret, in several spellings of it.
    let jwk = w.rsa.jwk();
    for secret in [jwk.to_string(), jwk["n"].as_str().unwrap().to_owned()] {
        for (alg, hash) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            for named in [alg, "RS384"] {
                let message = format!(
                    "{}.{}",
                    base64url(w.rsa.header(named).to_string()),
                    base64url(&body)
                );
                let tag = hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), message.as_bytes());
                let denial = if named == alg {
                    Denial::Algorithm
                } else {
                    Denial::Signature
                };
                expect(named, &format!("{message}.{}", base64url(tag)), Err(denial));
            }
        }
    }

    let good = by(&w.ec, &w.ec.header("ES384"));
    let [h, c, s] = <[&str; 3]>::try_from(good.split('.').collect::<Vec<_>>()).unwrap();
    let other_claims = base64url(changed(claims(), json!({ "jti": "two" })).to_string());
    expect(
        "other claims",
        &format!("{h}.{other_claims}.{s}"),
        Err(Denial::Signature),
    );
    for (what, token, denial) in [
        ("no signature", format!("{h}.{c}."), Denial::Malformed),
        ("two parts", format!("{h}.{c}"), Denial::Malformed),
        ("one part", h.to_owned(), Denial::Malformed),
        ("nothing", String::new(), Denial::Malformed),
        ("four parts", format!("{good}.{s}"), Denial::Malformed),
        (
            "five parts, like JWE",
            format!("{good}.{s}.{s}"),
            Denial::Malformed,
        ),
        ("a stop at the end", format!("{good}."), Denial::Malformed),
        ("a stop at the start", format!(".{good}"), Denial::Malformed),
        ("stops only", "..".to_owned(), Denial::Malformed),
        ("padding", format!("{good}="), Denial::Malformed),
        ("a blank", format!("{good} "), Denial::Malformed),
        (
            "standard base64",
            good.replace(['-', '_'], "+"),
            Denial::Malformed,
        ),
        (
            "a short signature",
            format!("{h}.{c}.{}", &s[..s.len() - 4]),
            Denial::Signature,
        ),
        (
            "zeros",
            format!("{h}.{c}.{}", base64url([0; 96])),
            Denial::Signature,
        ),
        (
            "too long",
            format!("{h}.{c}.{}", "A".repeat(8 << 10)),
            Denial::TooLong,
        ),
        (
            "a number for a header",
            format!("{}.{c}.{s}", base64url("1")),
            Denial::Header,
        ),
        (
            "a list for a header",
            format!("{}.{c}.{s}", base64url(r#"["ES384","ec+/=","JWT"]"#)),
            Denial::Header,
        ),
        (
            "not UTF-8",
            format!("{}.{c}.{s}", base64url([b'{', 0xFF, b'}'])),
            Denial::Header,
        ),
        (
            "rest after the header",
            format!("{}.{c}.{s}", base64url(format!("{header}x"))),
            Denial::Header,
        ),
        (
            "a list for claims",
            format!("{h}.{}.{s}", base64url("[]")),
            Denial::Claims,
        ),
        (
            "deep claims",
            format!("{h}.{}.{s}", base64url("[".repeat(2000))),
            Denial::Claims,
        ),
    ] {
        expect(what, &token, Err(denial));
    }
    let twice = format!(r#"{{"alg":"none",{}"#, &header[1..]);
    expect(
        "alg twice",
        &w.ec.sign("ES384", &twice, &body),
        Err(Denial::Header),
    );
    let twice = format!(r#"{{"kid":"rsa",{}"#, &header[1..]);
    expect(
        "kid twice",
        &w.ec.sign("ES384", &twice, &body),
        Err(Denial::Header),
    );
    let twice = format!(r#"{{"exp":9999999999,{}"#, &body[1..]);
    expect(
        "exp twice",
        &w.ec.sign("ES384", &header, &twice),
        Err(Denial::Claims),
    );
    let huge = body.replace(&format!("{}", NOW + 300), "1e400");
    expect(
        "exp 1e400",
        &w.ec.sign("ES384", &header, &huge),
        Err(Denial::Claims),
    );
}

/// The last character of a part has spare bits; only zeros there are one spelling.
#[test]
fn only_the_canonical_spelling_of_a_part_is_read() {
    let w = &*WORLD;
    let token = w
        .rsa
        .sign("RS384", &w.rsa.header("RS384").to_string(), &claims().to_string());
    expect("as it was signed", &token, Ok(()));
    // 256 bytes end in a character with four spare bits.
    let last = token.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    let other = format!("{}{next}", &token[..token.len() - 1]);
    expect("with spare bits", &other, Err(Denial::Malformed));
}

/// Which keys of a set are used (R-104, SC-12): a bad one costs only itself, a doubled name costs both.
#[test]
fn keys_that_are_not_used() {
    let w = &*WORLD;
    let used = |keys: Value| {
        let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        set.len()
    };
    let but = |changes: Value| changed(w.ec.jwk(), changes);
    assert_eq!(
        used(json!([w.ec.jwk(), w.rsa.jwk(), w.p256.jwk(), w.ed.jwk()])),
        4
    );
    assert_eq!(
        used(json!([but(
            json!({ "use": null, "key_ops": ["verify"], "alg": "ES384" })
        )])),
        1
    );
    for (what, bad) in [
        ("no kid", but(json!({ "kid": null }))),
        ("empty kid", but(json!({ "kid": "" }))),
        ("kid a number", but(json!({ "kid": 1 }))),
        ("for encryption", but(json!({ "use": "enc" }))),
        ("for signing only", but(json!({ "key_ops": ["sign"] }))),
        ("another curve named", but(json!({ "crv": "P-256" }))),
        ("unknown curve", but(json!({ "crv": "P-521" }))),
        ("no x", but(json!({ "x": null }))),
        ("short y", but(json!({ "y": "AAAA" }))),
        ("alg of another kind", but(json!({ "alg": "RS384" }))),
        ("alg symmetric", but(json!({ "alg": "HS256" }))),
        ("secret", json!({ "kty": "oct", "kid": "s", "k": "c2VjcmV0" })),
        (
            "RSA of 1024 bits",
            changed(w.rsa.jwk(), json!({ "n": base64url([0xFF; 128]) })),
        ),
        (
            "RSA of 2047 bits",
            changed(w.rsa.jwk(), json!({ "n": base64url([0x7F; 256]) })),
        ),
        (
            "RSA of 1024 bits behind zeros",
            changed(
                w.rsa.jwk(),
                json!({ "n": base64url([vec![0; 128], vec![0xFF; 128]].concat()) }),
            ),
        ),
        (
            "RSA too large",
            changed(w.rsa.jwk(), json!({ "n": base64url([0xFF; 1025]) })),
        ),
        ("RSA with padding", changed(w.rsa.jwk(), json!({ "e": "AQAB==" }))),
        ("a text", json!("key")),
        ("null", Value::Null),
    ] {
        assert_eq!(used(json!([bad, w.p256.jwk()])), 1, "{what}");
    }
    assert_eq!(
        used(json!([w.ec.jwk(), w.ec.jwk(), w.rsa.jwk()])),
        1,
        "one name twice"
    );
    let bad_twin = json!({ "kty": "oct", "kid": w.ec.kid });
    assert_eq!(used(json!([w.ec.jwk(), bad_twin])), 0, "a twin that is unusable");
    for no_set in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"keys":{}}"#,
        "<html>",
        r#"{"keys":[]"#,
    ] {
        assert!(KeySet::parse(no_set.as_bytes()).is_err(), "{no_set}");
    }
    assert_eq!(KeySet::parse(br#"{"keys":[]}"#).map(|s| s.len()), Ok(0));
    let many = json!({ "keys": vec![w.ec.jwk(); 101] }).to_string();
    assert!(KeySet::parse(many.as_bytes()).is_err());
}

proptest! {
    /// Whatever is sent: no panic, and nothing but the honest token passes.
    #[test]
    fn any_text_is_refused(text in "\\PC{0,200}") {
        prop_assert!(judged(&text, &WORLD.clients, NOW).is_err());
    }

    /// R-110.
    #[test]
    fn one_changed_character_is_refused(at in 0_usize..10_000, to in "[A-Za-z0-9_.=-]") {
        let good = with_claims(json!({}));
        let at = at % good.len();
        let changed = format!("{}{to}{}", &good[..at], &good[at + 1..]);
        prop_assert_eq!(judged(&changed, &WORLD.clients, NOW).is_ok(), changed == good);
    }

    #[test]
    fn any_three_parts_of_json_are_refused(header in "\\PC{0,40}", claims in "\\PC{0,40}") {
        let text = format!("{}.{}.{}", base64url(header), base64url(claims), base64url("x"));
        prop_assert!(judged(&text, &WORLD.clients, NOW).is_err());
    }

    /// Whatever its times, a token that passes is within its life and the leeway.
    #[test]
    fn what_passes_is_current(exp in -4000_i64..8000, iat in -4000_i64..8000, nbf in proptest::option::of(-4000_i64..8000)) {
        let mut changes = json!({ "exp": NOW + exp, "iat": NOW + iat });
        if let Some(nbf) = nbf {
            changes["nbf"] = json!(NOW + nbf);
        }
        let fits = exp > -60 && iat <= 60 && nbf.is_none_or(|n| n <= 60) && exp > iat && exp - iat <= 3600;
        prop_assert_eq!(judged(&with_claims(changes), &WORLD.clients, NOW).is_ok(), fits);
    }
}

/// P-20: ids of cards derive from this name, so two clients or organisations never share one.
#[test]
fn callers_have_names_of_their_own() {
    let named = |issuer: Option<&str>, tenant: Option<&str>| {
        let caller = super::Caller {
            client: issuer.map(|i| std::sync::Arc::new(Client::new("ehr", i))),
            tenant: tenant.map(str::to_owned),
        };
        caller.key()
    };
    let names = [
        named(None, None),
        named(Some(ISSUER), None),
        named(Some(ISSUER), Some("north")),
        named(Some(ISSUER), Some("south")),
        named(Some(OTHER), Some("north")),
    ];
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert_eq!(names[0], "");
}
