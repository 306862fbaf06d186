//! The knowledge and the example requests are compiled into the binary: a new file among them calls for a new build.

fn main() {
    println!("cargo::rerun-if-changed=cards");
    println!("cargo::rerun-if-changed=fixtures/hooks");
    println!("cargo::rerun-if-changed=build.rs");
}
