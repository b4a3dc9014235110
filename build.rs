//! The shipped scenarios are embedded: rebuild when one is added, changed or removed.
#![allow(clippy::print_stdout)]

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
}
