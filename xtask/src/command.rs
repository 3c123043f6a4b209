//! Running what a command is made of.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs cargo in the workspace's folder, says what it does, and how long it took.
pub(crate) fn cargo(what: &str, arguments: &[&str]) -> Result<(), String> {
    cargo_with(what, arguments, &[])
}

/// As [`cargo`], with environment variables.
pub(crate) fn cargo_with(what: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(what, Command::new(cargo).args(arguments).envs(variables.iter().copied()))
}

/// Runs a command in the workspace's folder, says what it does, and how long it took.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<(), String> {
    let line: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    println!("\n== {what}: {}", line.join(" "));
    let started = Instant::now();
    let status = command.current_dir(workspace()).status();
    let status = status.map_err(|error| format!("{what}: could not start {command:?}: {error}"))?;
    if !status.success() {
        return Err(format!("{what}: failed ({status})"));
    }
    println!("== {what}: ok, {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// Whether `cargo NAME` is installed.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    let output = Command::new("cargo").args([name, "--version"]).output();
    output.is_ok_and(|output| output.status.success())
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
