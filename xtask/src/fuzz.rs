//! Builds and runs the fuzz targets, with the flags for libFuzzer. It does not need cargo-fuzz.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, iter, thread};

use crate::command::{cargo, has, own_cargo, run, run_quietly};
use crate::gaps::Gaps;
use crate::toolchain::{apt_install, first};
use crate::tree::workspace;

const MANIFEST: &str = "fuzz/Cargo.toml";

/// The compiler flags for the coverage that the fuzzer follows, and for the address sanitizer.
const FLAGS: [&str; 9] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Zsanitizer=address",
    "-Ccodegen-units=1",
    "--cfg",
    "fuzzing",
];

/// Fuzzes one target for this many seconds, or until something is found.
pub(crate) fn one(target: &str, seconds: Option<u32>) -> Result<(), String> {
    let targets = targets()?;
    if !targets.iter().any(|known| known == target) {
        return Err(format!("fuzz: no target {target:?}, there are {targets:?}"));
    }
    prepare()?;
    start(target, seconds)
}

/// Fuzzes every target for this many seconds.
pub(crate) fn all(seconds: u32, may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    let missing = || Err("libFuzzer needs a C++ compiler, and there is no c++".to_owned());
    let compiler = |may_install| {
        if may_install && !has("c++", "--version") {
            apt_install(&["g++"])?;
        }
        if has("c++", "--version") { Ok(()) } else { missing() }
    };
    if let Err(reason) = first(&[&compiler], may_install) {
        gaps.add("fuzz targets", reason);
        return Ok(());
    }
    let lints = ["clippy", "--manifest-path", MANIFEST, "--all-targets", "--", "--deny", "warnings"];
    cargo("lints of the fuzz targets", &lints)?;
    prepare()?;
    at_the_same_time(&targets()?, |target| start(target, Some(seconds)))
}

/// Fuzzes as many targets at the same time as there are processors: each uses one. Returns the first error when all
/// have ended.
fn at_the_same_time(
    targets: &[String],
    start: impl Fn(&str) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let one_by_one = || {
        let targets = iter::from_fn(|| targets.get(next.fetch_add(1, Ordering::Relaxed)));
        targets.map(|target| start(target)).fold(Ok(()), Result::and)
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(one_by_one)).collect();
        let ended =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.fold(Ok(()), Result::and)
    })
}

/// Returns the names of the targets. Each target is a file.
fn targets() -> Result<Vec<String>, String> {
    let folder = workspace().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("fuzz: {}: {error}", folder.display()))?;
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut targets: Vec<String> = entries.filter_map(|entry| stem(entry.ok()?.path())).collect();
    targets.sort();
    Ok(targets)
}

/// Writes the vectors as seeds, and builds the targets.
fn prepare() -> Result<(), String> {
    cargo("seeds", &["run", "--manifest-path", MANIFEST, "--example", "seeds"])?;
    let mut build = Command::new(own_cargo());
    // With `--target`, the flags do not apply to build scripts. `RUSTC_BOOTSTRAP` lets a stable compiler accept them.
    build.args(["build", "--manifest-path", MANIFEST, "--release", "--bins", "--target", &host()?]);
    build.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env("RUSTC_BOOTSTRAP", "1");
    run("fuzz targets", build.env("CARGO_TARGET_DIR", "fuzz/target"))
}

fn start(target: &str, seconds: Option<u32>) -> Result<(), String> {
    let folder = workspace().join("fuzz");
    let program: PathBuf =
        [&folder, Path::new("target"), Path::new(&host()?), Path::new("release"), Path::new(target)]
            .iter()
            .collect();
    let artifacts = folder.join("artifacts").join(target);
    fs::create_dir_all(&artifacts).map_err(|error| format!("fuzz: {}: {error}", artifacts.display()))?;
    let mut fuzzer = Command::new(program);
    fuzzer.arg(folder.join("corpus").join(target)).arg(format!("-artifact_prefix={}/", artifacts.display()));
    let what = format!("fuzz target {target}");
    match seconds {
        Some(seconds) => run_quietly(&what, fuzzer.arg(format!("-max_total_time={seconds}"))),
        None => run(&what, &mut fuzzer),
    }
}

/// Returns the target of this machine.
fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what its host is".into())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn every_target_is_fuzzed_once_and_an_error_is_kept() {
        let targets: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let fuzzed = Mutex::new(Vec::new());
        let fuzz = |target: &str| {
            fuzzed.lock().expect("no panic").push(target.to_owned());
            if target == "3" { Err("found".to_owned()) } else { Ok(()) }
        };
        assert_eq!(at_the_same_time(&targets, fuzz), Err("found".to_owned()));
        let mut fuzzed = fuzzed.into_inner().expect("no panic");
        fuzzed.sort_by_key(|target| target.parse::<u32>().ok());
        assert_eq!(fuzzed, targets);
        assert_eq!(at_the_same_time(&targets, |_| Ok(())), Ok(()));
    }
}
