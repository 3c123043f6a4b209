//! Checks the packages that are published: they can be published together, with all files that they need and no others.

use std::process::Command;

use crate::command::{no_problems, own_cargo, run, run_reading};
use crate::tree::workspace;

/// The packages, each with the file that its crate begins in.
const PUBLISHED: [(&str, &str); 6] = [
    ("websocket-upgrade-proto", "src/lib.rs"),
    ("websocket-upgrade-rustls", "src/lib.rs"),
    ("websocket-upgrade", "src/lib.rs"),
    ("websocket-upgrade-h3", "src/lib.rs"),
    ("websocket-upgrade-conformance", "src/lib.rs"),
    ("wsupgrade", "src/main.rs"),
];

/// The files that each package must have, besides its first one.
const NEEDED: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Folders that must not be in a package, because their files need packages that are not published.
const UNWANTED: [&str; 2] = ["tests/", "vectors/"];

/// Runs `cargo publish` without the upload. It makes and unpacks each package, and builds it from its own files; the
/// last package uses the others.
pub(crate) fn check() -> Result<(), String> {
    for (package, first) in PUBLISHED {
        let mut list = Command::new(own_cargo());
        list.args(["package", "--list", "--allow-dirty", "--package", package]);
        let files = run_reading("files of a package", &mut list, |line| Some(line.to_owned()))?;
        no_problems(&format!("the package {package}"), &problems(&files, first))?;
    }
    let mut publish = Command::new(own_cargo());
    // The check must work before a commit too, so it uses the files of the working tree. With all features, it also
    // finds a build script that is not in the package.
    publish.args(["publish", "--dry-run", "--allow-dirty", "--all-features"]);
    publish.args(PUBLISHED.iter().flat_map(|(package, _)| ["--package", package]));
    // Dependencies that are already built in this folder are reused, if they are built in the same way: the profile is
    // that of the workspace, which a package that stands alone does not know.
    publish.args(["--config", "profile.dev.debug='line-tables-only'"]);
    publish.args(["--config", "profile.dev.package.'*'.debug=false"]);
    run("packages", publish.env("CARGO_TARGET_DIR", workspace().join("target")))
}

fn problems(files: &[String], first: &str) -> Vec<String> {
    let missing = NEEDED.iter().chain([&first]).filter(|needed| !files.iter().any(|file| file == *needed));
    let missing = missing.map(|file| format!("{file} is missing"));
    let unwanted = files.iter().filter(|file| UNWANTED.iter().any(|folder| file.starts_with(folder)));
    missing.chain(unwanted.map(|file| format!("{file} can't be used from a package"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_and_what_is_too_much() {
        let needed = NEEDED.map(str::to_owned);
        assert!(problems(&needed, "README.md").is_empty());
        assert_eq!(problems(&needed, "src/lib.rs"), ["src/lib.rs is missing"]);
        assert_eq!(problems(&needed[1..], "README.md"), ["Cargo.toml is missing"]);
        let too_much = [&needed[..], &["tests/a.rs".to_owned()]].concat();
        assert_eq!(problems(&too_much, "README.md"), ["tests/a.rs can't be used from a package"]);
    }
}
