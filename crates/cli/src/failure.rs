//! Why a command has failed: one line for the reason, one for what to do, and the exit code.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use crate::exit::Exit;
use crate::output::{BAD, HINT, OneLine, painted};

/// Why a command has failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Whether everything that there is to say has been shown.
    told: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string(), hint: None, told: false }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file that the command line names can't be used.
    pub(crate) fn file(path: &std::path::Path, error: &io::Error) -> Self {
        let failure = Self::usage(format_args!("{}: {}", path.display(), plain(error)));
        match error.kind() {
            ErrorKind::NotFound => failure.hint("there is no such file: check the path"),
            ErrorKind::PermissionDenied => failure.hint("check who may read the file"),
            _ => failure,
        }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Marks the failure as shown already.
    pub(crate) fn told(mut self) -> Self {
        self.told = true;
        self
    }

    /// Shows it on standard error, and returns the exit code.
    pub(crate) fn show(&self) -> ExitCode {
        if !self.told {
            let mut stderr = anstream::stderr().lock();
            // Without standard error nobody can be told.
            let _ = writeln!(stderr, "{} {}", painted(BAD, "error:"), OneLine(&self.message));
            if let Some(hint) = &self.hint {
                let _ = writeln!(stderr, "{} {}", painted(HINT, "hint:"), OneLine(hint));
            }
        }
        self.exit.into()
    }
}

/// An error of standard output or of the system.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let failure = Self::new(Exit::Local, plain(&error));
        // The reader of a pipe has seen enough, as with `| head`.
        if error.kind() == ErrorKind::BrokenPipe { failure.told() } else { failure }
    }
}

/// An error without the number that the system has for it.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" (os error ").unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).to_owned()
}
