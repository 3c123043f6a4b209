//! Running what a command is made of.

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;
use std::{env, io};

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
    timed(what, command, |command| command.status().map(|status| (status, Vec::new())))
}

/// As [`run`], but what the command prints is shown only if it fails.
pub(crate) fn run_quietly(what: &str, command: &mut Command) -> Result<(), String> {
    timed(what, command, |command| {
        command.output().map(|output| (output.status, [output.stdout, output.stderr].concat()))
    })
}

fn timed(
    what: &str,
    command: &mut Command,
    run: impl FnOnce(&mut Command) -> io::Result<(ExitStatus, Vec<u8>)>,
) -> Result<(), String> {
    let line = describe(command);
    println!("\n== {what}: {line}");
    let started = Instant::now();
    let (status, printed) = run(command.current_dir(workspace()))
        .map_err(|error| format!("{what}: could not start {line}: {error}"))?;
    if !status.success() {
        return Err(format!("{}{what}: failed ({status})", String::from_utf8_lossy(&printed)));
    }
    println!("== {what}: ok, {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// A command's name without its folder, and its arguments.
fn describe(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = [name].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Whether a program is there and answers to an argument that does nothing.
pub(crate) fn has(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

/// The project's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
