//! The client under test: a command that is run once a case, or a closure.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::attempt::{Attempt, VARIABLES};
use super::output::{end_of, one_line};

/// How long the output of a command is waited for once it has ended. Something that it has started may keep it open.
const LAST_OUTPUT: Duration = Duration::from_millis(200);

type Ending = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send>>;

/// The client under test.
#[derive(Clone)]
pub(crate) enum Subject {
    Command(Vec<OsString>),
    Closure(Arc<dyn Fn(Attempt) -> Ending + Send + Sync>),
}

/// How a client has ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// With 0, or `Ok`.
    Good,
    /// In another way, with what it says.
    Error(String),
}

/// A client that is running. It is stopped when this is dropped, with everything that it has started.
pub(crate) struct Running {
    state: State,
    group: Option<Group>,
}

enum State {
    Running(JoinHandle<Ended>),
    Ended(End),
}

struct Ended {
    end: End,
    /// Whether something that it has started still runs.
    leaves_something: bool,
}

impl Subject {
    /// Runs the client once.
    pub(crate) fn start(&self, attempt: Attempt) -> Running {
        match self {
            Self::Closure(closure) => {
                let ending = closure(attempt);
                let task = tokio::spawn(async {
                    let end = ending.await.map_or_else(|error| End::Error(chain(&*error)), |()| End::Good);
                    Ended { end, leaves_something: false }
                });
                Running { state: State::Running(task), group: None }
            }
            Self::Command(words) => match spawn(words, &attempt) {
                Ok(child) => {
                    let group = child.id().map(Group);
                    Running { state: State::Running(tokio::spawn(ended(child))), group }
                }
                Err(error) => {
                    let end = End::Error(format!("the command can't be run: {error}"));
                    Running { state: State::Ended(end), group: None }
                }
            },
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(words) => {
                let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
                f.write_str(&words.join(" "))
            }
            Self::Closure(_) => f.write_str("a client in this process"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("it ended without an error"),
            Self::Error(error) => write!(f, "it ended with an error: {error}"),
        }
    }
}

impl Running {
    /// Waits until the client has ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: it can be called again.
    pub(crate) async fn ended(&mut self) -> End {
        let task = match &mut self.state {
            State::Ended(end) => return end.clone(),
            State::Running(task) => task,
        };
        let Ended { end, leaves_something } = task.await.unwrap_or_else(|error| {
            let end = if error.is_panic() { "it panicked" } else { "it was stopped" };
            Ended { end: End::Error(end.to_owned()), leaves_something: true }
        });
        if !leaves_something {
            self.group = None;
        }
        self.state = State::Ended(end.clone());
        end
    }

    /// Returns how the client has ended, if that was waited for.
    pub(super) fn end(&self) -> Option<&End> {
        match &self.state {
            State::Ended(end) => Some(end),
            State::Running(_) => None,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let State::Running(task) = &self.state {
            task.abort();
        }
        if let Some(group) = &self.group {
            group.kill();
        }
    }
}

fn spawn(words: &[OsString], attempt: &Attempt) -> io::Result<Child> {
    let url = &attempt.url;
    let mut words = words.iter().map(|word| match word.to_str() {
        Some(word) => word.replace("{url}", url).into(),
        None => word.clone(),
    });
    let program = words.next().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is empty"))?;
    let mut command = Command::new(program);
    for name in VARIABLES {
        command.env_remove(name);
    }
    // The suite listens on this machine, which no proxy reaches.
    let direct = ["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1,localhost".to_owned()));
    command.args(words).envs(attempt.variables()).envs(direct);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

/// Waits for the end of a command, and of its output.
async fn ended(mut child: Child) -> Ended {
    let out = tokio::spawn(end_of(child.stdout.take()));
    let err = tokio::spawn(end_of(child.stderr.take()));
    let status = child.wait().await;
    let stop = [out.abort_handle(), err.abort_handle()];
    let output =
        timeout(LAST_OUTPUT, async { [err.await.unwrap_or_default(), out.await.unwrap_or_default()] });
    let output = output.await;
    stop.iter().for_each(tokio::task::AbortHandle::abort);
    let leaves_something = output.is_err();
    let end = match status {
        Ok(status) if status.success() => End::Good,
        Ok(status) => End::Error(said(status, &output.unwrap_or_default())),
        Err(error) => End::Error(format!("its end can't be waited for: {error}")),
    };
    Ended { end, leaves_something }
}

fn said(status: ExitStatus, output: &[Vec<u8>; 2]) -> String {
    let mut text = status.to_string();
    for part in output.iter().map(|part| one_line(part)).filter(|part| !part.is_empty()) {
        text.push_str(": ");
        text.push_str(&part);
    }
    text
}

/// An error with its sources, as one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    one_line(text.as_bytes())
}

/// A command and everything that it has started, which is a group of processes.
struct Group(u32);

impl Group {
    #[cfg(unix)]
    fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(self.0).ok().and_then(Pid::from_raw) {
            // It fails if all of them have ended.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// The command itself is killed when it is dropped.
    #[cfg(not(unix))]
    fn kill(&self) {}
}
