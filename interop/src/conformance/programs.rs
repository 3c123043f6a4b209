//! The servers and clients in Rust: one program, built by cargo.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The program of the package `subjects`, and the versions of its libraries.
pub(crate) struct Programs {
    subjects: PathBuf,
    metadata: Value,
}

impl Programs {
    /// Builds the program.
    pub(crate) fn build() -> Result<Self, String> {
        println!("building the servers and clients in Rust: cargo build --package subjects");
        // With the features that the tests use, so that cargo compiles nothing twice: those of an example are the same.
        let messages = cargo(&[
            "build",
            "--workspace",
            "--all-features",
            "--example",
            "upgrade",
            "--bin",
            "subjects",
            "--message-format=json-render-diagnostics",
        ])?;
        let subjects =
            messages.lines().find_map(executable).ok_or("cargo has built no program `subjects`")?;
        let metadata = cargo(&["metadata", "--format-version", "1"])?;
        let metadata = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
        Ok(Self { subjects, metadata })
    }

    /// Returns the command of the program. It ignores the proxies of the environment.
    pub(crate) fn subjects(&self) -> Command {
        Command::new(&self.subjects)
    }

    /// Returns name and version of a library that the program uses.
    pub(crate) fn version(&self, library: &str) -> Result<String, String> {
        let packages = self.metadata["packages"].as_array().ok_or("cargo lists no packages")?;
        let found = packages.iter().filter(|package| package["name"] == library);
        // Another version may be there for another crate, and the newest is ours.
        let version =
            found.filter_map(|package| package["version"].as_str()).max_by_key(|version| numbers(version));
        Ok(format!("{library} {}", version.ok_or_else(|| format!("cargo lists no {library}"))?))
    }
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|number| number.parse().unwrap_or_default()).collect()
}

fn cargo(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo can't be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo {} has failed ({})", arguments.join(" "), output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// Returns the program of a message of cargo, if it is this one.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["name"] == "subjects" && message["target"]["kind"][0] == "bin";
    message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
}
