//! Child processes with their output line by line and a deadline. None survives this process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::children;

/// A running program. Dropping it kills it.
pub(crate) struct Process {
    what: String,
    child: Child,
    lines: Receiver<Line>,
    deadline: Instant,
    errors: Vec<String>,
}

enum Line {
    Output(String),
    Error(String),
}

impl Process {
    /// Starts a program. Everything that it is waited for must happen before the deadline.
    pub(crate) fn start(command: &mut Command, deadline: Instant) -> Result<Self, String> {
        let what = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = children::start(command);
        let mut child = child.map_err(|error| format!("{what} can't be started: {error}"))?;
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            forward(output, Line::Output, sender.clone());
        }
        if let Some(errors) = child.stderr.take() {
            forward(errors, Line::Error, sender);
        }
        Ok(Self { what, child, lines, deadline, errors: Vec::new() })
    }

    /// Returns the rest of the first line of output that begins with `prefix`.
    pub(crate) fn wait_for(&mut self, prefix: &str) -> Result<String, String> {
        while let Some(line) = self.next_line()? {
            if let Some(rest) = line.strip_prefix(prefix) {
                return Ok(rest.to_owned());
            }
        }
        Err(self.failure(&format!("ended without saying {prefix:?}")))
    }

    /// Waits until a condition holds that its output does not show.
    pub(crate) fn wait_until(&mut self, can: impl Fn() -> bool) -> Result<(), String> {
        while !can() {
            if Instant::now() >= self.deadline {
                return Err(self.failure("not ready in time"));
            }
            loop {
                match self.lines.recv_timeout(TICK) {
                    Ok(Line::Error(line)) => self.errors.push(line),
                    Ok(Line::Output(_)) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(self.failure("ended before it was ready"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits until the program ends with success, and returns its lines of output.
    pub(crate) fn finish(mut self) -> Result<Vec<String>, String> {
        let mut output = Vec::new();
        while let Some(line) = self.next_line()? {
            output.push(line);
        }
        self.wait()?;
        Ok(output)
    }

    /// Returns its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends. Returns whether it succeeded, its lines of output, and those of its standard error.
    pub(crate) fn end(mut self) -> Result<(bool, Vec<String>, Vec<String>), String> {
        let mut output = Vec::new();
        while let Some(line) = self.next_line()? {
            output.push(line);
        }
        let well = self.wait().is_ok();
        Ok((well, output, std::mem::take(&mut self.errors)))
    }

    /// Tells it to end, and does not wait.
    pub(crate) fn terminate(&self) -> Result<(), String> {
        let sent = kill_process(Pid::from_child(&self.child), Signal::TERM);
        sent.map_err(|error| format!("{} can't be told to end: {error}", self.what))
    }

    /// Waits until it ends with success.
    pub(crate) fn wait(&mut self) -> Result<(), String> {
        while self.next_line()?.is_some() {}
        // It has closed both its outputs, so it has ended or is ending.
        children::forget(&self.child);
        let status = self.child.wait().map_err(|error| self.failure(&error.to_string()))?;
        if status.success() { Ok(()) } else { Err(self.failure(&status.to_string())) }
    }

    /// Returns an error if it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            // It says how it has ended.
            Ok(Some(_)) => {
                let how = self.complaints();
                Err(format!("{}: {how}", self.what))
            }
            Err(error) => Err(self.failure(&error.to_string())),
        }
    }

    /// Returns what it has written to its standard error so far, and how it has ended, if it has.
    pub(crate) fn complaints(&mut self) -> String {
        for line in self.lines.try_iter() {
            if let Line::Error(line) = line {
                self.errors.push(line);
            }
        }
        if let Ok(Some(status)) = self.child.try_wait() {
            children::forget(&self.child);
            self.errors.push(format!("ended: {status}"));
        }
        self.errors.join("\n")
    }

    /// Waits for a line of its standard error that contains `part`, and returns the line.
    pub(crate) fn wait_for_complaint(&mut self, part: &str) -> Result<String, String> {
        loop {
            if let Some(line) = self.errors.iter().find(|line| line.contains(part)) {
                return Ok(line.clone());
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(Line::Error(line)) => self.errors.push(line),
                Ok(Line::Output(_)) => {}
                Err(_) => return Err(self.failure(&format!("has not complained about {part:?}"))),
            }
        }
    }

    /// Returns the next line of output, or `None` if there will be no more.
    fn next_line(&mut self) -> Result<Option<String>, String> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(Line::Output(line)) => return Ok(Some(line)),
                Ok(Line::Error(line)) => self.errors.push(line),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => return Err(self.failure("not done in time")),
            }
        }
    }

    fn failure(&self, problem: &str) -> String {
        [&[format!("{}: {problem}", self.what)], self.errors.as_slice()].concat().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has already ended.
        let _ = self.child.kill();
        children::forget(&self.child);
        let _ = self.child.wait();
        // Programs that it has started end later, and then close the outputs that they share with it.
        let deadline = Instant::now() + LAST_WORDS;
        while self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
    }
}

/// Runs a step of an installation, without a deadline, and prints the step.
pub(crate) fn run_to_end(command: &mut Command) -> Result<(), String> {
    println!("  {}", format!("{command:?}").replace('"', ""));
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{program} has failed ({})\n{}", output.status, String::from_utf8_lossy(&said).trim_end()))
}

/// The time for the programs that it has started to end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The interval at which a condition is checked.
const TICK: Duration = Duration::from_millis(5);

fn forward(pipe: impl Read + Send + 'static, line: fn(String) -> Line, sender: Sender<Line>) {
    thread::spawn(move || {
        for text in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line(text)).is_err() {
                return;
            }
        }
    });
}
