//! The parts of a command: runs cargo and other programs, and reports problems.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Instant;
use std::{env, io};

use crate::tree::workspace;
use crate::{beside, output};

/// Runs cargo in the workspace's folder. Prints what it runs, and how long it took.
pub(crate) fn cargo(what: &str, arguments: &[&str]) -> Result<(), String> {
    cargo_with(what, arguments, &[])
}

/// As [`cargo`], with environment variables.
pub(crate) fn cargo_with(what: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    run(what, Command::new(own_cargo()).args(arguments).envs(variables.iter().copied()))
}

/// Runs `cargo test`. It is an error if no test was run, so that a filter does not miss a renamed test unnoticed.
pub(crate) fn cargo_test(what: &str, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(own_cargo());
    let passed = run_reading(what, command.arg("test").args(arguments), passed)?;
    at_least_one(what, arguments, &passed)
}

fn at_least_one(what: &str, arguments: &[&str], passed: &[usize]) -> Result<(), String> {
    match passed.iter().sum() {
        0usize => Err(format!("{what}: no test was run, {arguments:?} fits none")),
        _ => Ok(()),
    }
}

/// Returns the cargo that runs this program.
pub(crate) fn own_cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// Returns how many tests have passed, from the last line of a test program.
fn passed(line: &str) -> Option<usize> {
    line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse().ok()
}

/// Runs this program again, with `CARGO_INCREMENTAL=0` for every cargo below it. `None` if the variable is set
/// already.
///
/// What cargo keeps for the next change of a crate is a third of the build, and a run of all checks does not use it.
pub(crate) fn again_without_incremental() -> Option<ExitCode> {
    const INCREMENTAL: &str = "CARGO_INCREMENTAL";
    if env::var_os(INCREMENTAL).is_some() {
        return None;
    }
    let myself = env::current_exe().ok()?;
    let status = Command::new(myself).args(env::args_os().skip(1)).env(INCREMENTAL, "0").status().ok()?;
    Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a command in the workspace's folder. Prints the command, and how long it took.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<(), String> {
    timed(what, command, |command| beside::start(command)?.wait().map(|status| (status, Vec::new())))
}

/// As [`run`], but shows the output of the command only if it fails.
pub(crate) fn run_quietly(what: &str, command: &mut Command) -> Result<(), String> {
    timed(what, command, |command| {
        let child = beside::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        child.wait_with_output().map(|output| (output.status, [output.stdout, output.stderr].concat()))
    })
}

/// As [`run`], and returns what `find` returns for the lines of output.
pub(crate) fn run_reading<T>(
    what: &str,
    command: &mut Command,
    find: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let mut found = Vec::new();
    let mut read = |line: &[u8]| found.extend(find(String::from_utf8_lossy(line).trim_end()));
    timed(what, command, |command| {
        if output::is_kept() {
            let before = output::kept()?;
            let status = beside::start(command)?.wait()?;
            output::kept_since(before)?.split(|byte| *byte == b'\n').for_each(&mut read);
            return Ok((status, Vec::new()));
        }
        let mut child = beside::start(command.stdout(Stdio::piped()))?;
        let mut lines = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let (mut line, mut out) = (Vec::new(), io::stdout());
        while lines.read_until(b'\n', &mut line)? > 0 {
            out.write_all(&line)?;
            read(&line);
            line.clear();
        }
        child.wait().map(|status| (status, Vec::new()))
    })?;
    Ok(found)
}

fn timed(
    what: &str,
    command: &mut Command,
    run: impl FnOnce(&mut Command) -> io::Result<(ExitStatus, Vec<u8>)>,
) -> Result<(), String> {
    let line = describe(command);
    output::say(&format!("\n== {what}: {line}"));
    let started = Instant::now();
    let done = run(command.current_dir(workspace()));
    beside::ended();
    let (status, printed) = done.map_err(|error| format!("{what}: could not start {line}: {error}"))?;
    if !status.success() {
        return Err(format!("{}{what}: failed ({status})", String::from_utf8_lossy(&printed)));
    }
    output::say(&format!("== {what}: ok, {:.1} s", started.elapsed().as_secs_f32()));
    Ok(())
}

/// Returns a command's name without its folder, and its arguments.
fn describe(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = [name].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Returns an error that lists the problems of a check, if there are any.
pub(crate) fn no_problems(what: &str, problems: &[String]) -> Result<(), String> {
    if problems.is_empty() { Ok(()) } else { Err(format!("{what}:\n  {}", problems.join("\n  "))) }
}

/// Returns whether a program is installed. `argument` must make it do nothing, and succeed.
pub(crate) fn has(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_passed_are_counted() {
        assert_eq!(passed("test result: ok. 12 passed; 0 failed; 0 ignored"), Some(12));
        assert_eq!(passed("test result: FAILED. 12 passed; 1 failed"), None);
        assert_eq!(passed("running 12 tests"), None);
    }

    #[test]
    fn a_filter_that_fits_no_test_is_an_error() {
        let error = at_least_one("memory", &["--exact", "no_such_test"], &[0, 0]).expect_err("no test");
        assert!(error.contains("no test was run, [\"--exact\", \"no_such_test\"]"), "{error}");
        assert_eq!(at_least_one("memory", &[], &[0, 1]), Ok(()));
        assert!(at_least_one("memory", &[], &[]).is_err());
    }
}
