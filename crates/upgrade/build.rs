//! Names the sets of features that many files ask for.

use std::env;

/// A name, and the features of which each is enough.
const NAMES: [(&str, &[&str]); 4] = [
    // What all drivers share.
    ("driver", &["blocking", "futures", "tokio"]),
    // What the drivers share that connect to a host.
    ("dials", &["async-io", "blocking", "connect"]),
    // What those of them share that connect straight to it: through no proxy, by no other's connector.
    ("dials_directly", &["async-io", "blocking"]),
    // What reads a response with a parser of HTTP that is not the core: h2's or hyper's.
    ("parsed_heads", &["http2", "proxy"]),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (name, features) in NAMES {
        println!("cargo::rustc-check-cfg=cfg({name})");
        if features.iter().any(|feature| is_enabled(feature)) {
            println!("cargo::rustc-cfg={name}");
        }
    }
}

fn is_enabled(feature: &str) -> bool {
    let name = feature.to_uppercase().replace('-', "_");
    env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
}
