//! The exit codes of all commands, one for each kind of failure.

use std::fmt::Write;
use std::process::ExitCode;

/// How a command has ended. Scripts rely on the numbers: never give a number another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything went well.
    Success = 0,
    /// A failure of this machine, such as a file that can't be written.
    Local = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The name of the host has no address.
    Resolve = 3,
    /// No address of the host answers.
    Connect = 4,
    /// There is no way through the proxy.
    Proxy = 5,
    /// The TLS handshake has failed.
    Tls = 6,
    /// The time is over.
    Timeout = 7,
    /// The server has refused the request.
    Refused = 8,
    /// A head, a frame or a response breaks a rule.
    Invalid = 9,
    /// The connection has ended too early.
    Closed = 10,
    /// A case of the conformance suite has failed.
    Conformance = 11,
    /// The user has pressed Ctrl-C: 128 and the number of the signal, as shells have it.
    Interrupted = 130,
}

impl Exit {
    /// Every exit code with its meaning, as the help shows it.
    const TABLE: [(Self, &'static str); 13] = [
        (Self::Success, "everything went well"),
        (Self::Local, "a failure of this machine, such as a file that can't be written"),
        (Self::Usage, "the command line is wrong: an unknown flag, a bad URL or header, a missing file"),
        (Self::Resolve, "the name of the host has no address"),
        (Self::Connect, "no address of the host answers, or the connection is refused"),
        (Self::Proxy, "the proxy can't be reached, or does not let the connection through"),
        (Self::Tls, "the TLS handshake has failed, for example because of a certificate"),
        (Self::Timeout, "the time is over"),
        (Self::Refused, "the server has refused the request, or redirects it and -L is not given"),
        (Self::Invalid, "the response, the head to be explained, or a frame breaks a rule"),
        (Self::Closed, "the connection has ended too early, or with another close code than 1000"),
        (Self::Conformance, "a case of the conformance suite has failed"),
        (Self::Interrupted, "interrupted by Ctrl-C"),
    ];

    /// Returns the table as text, two spaces before each line.
    pub(crate) fn table() -> String {
        Self::TABLE.iter().fold(String::from("Exit codes:\n"), |mut text, (exit, meaning)| {
            // A string takes any text.
            let _ = writeln!(text, "  {:>3}  {meaning}", *exit as u8);
            text
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_same_table() {
        let readme = include_str!("../README.md");
        for (exit, meaning) in Exit::TABLE {
            let row = format!("| {} | {meaning} |", exit as u8);
            assert!(readme.contains(&row), "no row {row:?}");
        }
    }
}
