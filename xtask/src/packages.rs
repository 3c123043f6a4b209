//! Checks the packages of the libraries: they can be published together, with all files that they need and no others.

use std::process::Command;

use crate::command::{no_problems, own_cargo, run, run_reading};
use crate::tree::workspace;

const LIBRARIES: [&str; 3] = ["websocket-upgrade-proto", "websocket-upgrade-rustls", "websocket-upgrade"];

/// The files that each package must have.
const NEEDED: [&str; 5] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];

/// Folders that must not be in a package, because their files need packages that are not published.
const UNWANTED: [&str; 2] = ["tests/", "vectors/"];

/// Runs `cargo publish` without the upload. It makes and unpacks each package, and builds it from its own files; the
/// last package uses the others.
pub(crate) fn check() -> Result<(), String> {
    for library in LIBRARIES {
        let mut list = Command::new(own_cargo());
        list.args(["package", "--list", "--allow-dirty", "--package", library]);
        let files = run_reading("files of a package", &mut list, |line| Some(line.to_owned()))?;
        no_problems(&format!("the package {library}"), &problems(&files))?;
    }
    let mut publish = Command::new(own_cargo());
    // The check must work before a commit too, so it uses the files of the working tree. With all features, it also
    // finds a build script that is not in the package.
    publish.args(["publish", "--dry-run", "--allow-dirty", "--all-features"]);
    publish.args(LIBRARIES.iter().flat_map(|library| ["--package", library]));
    // Dependencies that are already built in this folder are reused.
    run("packages", publish.env("CARGO_TARGET_DIR", workspace().join("target")))
}

fn problems(files: &[String]) -> Vec<String> {
    let missing = NEEDED.iter().filter(|needed| !files.iter().any(|file| file == *needed));
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
        assert!(problems(&needed).is_empty());
        assert_eq!(problems(&needed[1..]), ["Cargo.toml is missing"]);
        let too_much = [&needed[..], &["tests/a.rs".to_owned()]].concat();
        assert_eq!(problems(&too_much), ["tests/a.rs can't be used from a package"]);
    }
}
