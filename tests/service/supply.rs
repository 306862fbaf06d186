//! What this is built from (SC-25): locked, from one registry, and checked by a gate that does not change it.

use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// SC-25: every package but ours has a version, a digest and one source; none comes from a branch or a folder.
#[test]
fn every_dependency_is_locked_with_its_digest() {
    let lock: toml::Table = toml::from_str(&read("Cargo.lock")).unwrap();
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100);
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    for package in packages {
        let name = text(package, "name").unwrap();
        if name == env!("CARGO_PKG_NAME") {
            continue;
        }
        let source = text(package, "source");
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        assert_eq!(source.as_deref(), Some(registry), "{name}");
        let digest = text(package, "checksum").unwrap_or_default();
        assert!(digest.len() == 64, "{name}: {digest}");
    }
}

/// SC-25: neither the manifest nor the gate lets anything else in, and `unsafe` is forbidden.
#[test]
fn the_gate_builds_what_is_locked() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for table in ["dependencies", "dev-dependencies"] {
        for (name, wanted) in manifest[table].as_table().unwrap() {
            for elsewhere in ["git", "path", "registry"] {
                assert!(wanted.get(elsewhere).is_none(), "{name}: {elsewhere}");
            }
        }
    }
    let gate = read(".ci/test") + &read(".ci/run");
    let builds = gate
        .lines()
        .filter(|l| l.contains("cargo test") || l.contains("cargo clippy --"));
    let builds: Vec<&str> = builds.filter(|l| !l.trim_start().starts_with('#')).collect();
    assert!(builds.len() >= 3, "{builds:?}");
    for line in builds {
        assert!(line.contains("--locked"), "{line}");
    }
}
