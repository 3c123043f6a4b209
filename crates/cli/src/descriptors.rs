//! The limit of open files: each connection is one.

/// Raises the limit as far as the system lets a process do so itself. What is needed is not known before, and where
/// there are too few, connections fail with a reason.
#[cfg(unix)]
pub(crate) fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// There is no such limit.
#[cfg(not(unix))]
pub(crate) fn raise() {}
