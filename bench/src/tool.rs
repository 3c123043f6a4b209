//! Measures the command-line tool: its start-up time in ratio to a program that does nothing, and its size.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use serde_json::{Value, json};

use crate::table::{Markdown, grouped, number, ratio};

/// How often each program is started. They take turns, so that both see the same noise.
const STARTS: usize = 200;

/// A program that does nothing.
const NOTHING: &str = "/bin/true";

/// Measures the tool that was built beside this program. Returns a table, and the figures.
pub(crate) fn measure() -> Result<(String, Value), String> {
    let tool = env::current_exe().map_err(text)?.with_file_name("wsupgrade");
    if !tool.exists() {
        return Err(format!("{}: not built: `cargo xtask bench tool` builds it", tool.display()));
    }
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..STARTS {
        times[0].push(start(&tool)?);
        times[1].push(start(Path::new(NOTHING))?);
    }
    let [tool_time, nothing_time] = times.map(median);
    let (size, stripped) = (size(&tool)?, stripped(&tool));
    let mut table = Markdown::new(&["wsupgrade", "median of 200", "ratio"]);
    let millis = |time: f64| format!("{:.2} ms", time * 1e3);
    table.push(&["`--version`".into(), millis(tool_time), ratio(Some(tool_time), Some(nothing_time))]);
    table.push(&[format!("`{NOTHING}`"), millis(nothing_time), ratio(Some(1.0), Some(1.0))]);
    let shown = match stripped {
        Some(stripped) => {
            format!("{} bytes, stripped {} bytes", grouped(number(size)), grouped(number(stripped)))
        }
        None => format!("{} bytes; there is no program `strip`", grouped(number(size))),
    };
    let figures = json!({
        "start_seconds": tool_time,
        "nothing_seconds": nothing_time,
        "bytes": size,
        "stripped_bytes": stripped,
    });
    Ok((format!("{table}\nSize: {shown}\n"), figures))
}

/// Starts a program, and waits for its end.
fn start(program: &Path) -> Result<Duration, String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status().map_err(|error| format!("{}: {error}", program.display()))?;
    let took = began.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{}: {status}", program.display())) }
}

/// Returns the median in seconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

fn size(file: &Path) -> Result<u64, String> {
    fs::metadata(file).map(|data| data.len()).map_err(|error| format!("{}: {error}", file.display()))
}

/// Returns the size without symbols, if the program `strip` is installed.
fn stripped(tool: &Path) -> Option<u64> {
    let copy = tool.with_file_name("wsupgrade.stripped");
    let status = Command::new("strip").arg("-o").arg(&copy).arg(tool).status().ok()?;
    let size = if status.success() { size(&copy).ok() } else { None };
    // The next run writes it again.
    let _ = fs::remove_file(copy);
    size
}

// It takes the error by value, for `map_err`.
#[allow(clippy::needless_pass_by_value)]
fn text(error: std::io::Error) -> String {
    error.to_string()
}
