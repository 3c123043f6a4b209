//! Our own two ends: the examples `echo` and `connect`.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Where the two programs are.
pub(crate) struct Examples {
    /// The server.
    pub(crate) echo: PathBuf,
    /// The client.
    pub(crate) connect: PathBuf,
}

impl Examples {
    /// Builds them; cargo says where it puts them.
    pub(crate) fn build() -> Result<Self, String> {
        let arguments =
            ["build", "--package", "websocket-upgrade", "--example", "echo", "--example", "connect"];
        println!("building our own ends: cargo {}", arguments.join(" "));
        let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(arguments)
            .arg("--message-format=json-render-diagnostics")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cargo can't be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("our own examples can't be built ({})", output.status));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let executable = |name| {
            let path = messages.lines().find_map(|message| executable(message, name));
            path.ok_or_else(|| format!("cargo has built no example {name}"))
        };
        Ok(Self { echo: executable("echo")?, connect: executable("connect")? })
    }
}

/// The program of a message that says that this example was built.
fn executable(message: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["name"] == name && message["target"]["kind"][0] == "example";
    message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
}
