//! The limit of open files. Each connection is a file, on both sides.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit for this process and those that it starts, so that there can be `connections` at a time.
pub(crate) fn allow(connections: usize) -> Result<(), String> {
    // A few more are open anyway.
    let files = connections as u64 + 100;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= files) {
        return Ok(());
    }
    if let Some(maximum) = maximum.filter(|maximum| *maximum < files) {
        return Err(format!("the system allows {maximum} open files, and {files} are needed"));
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum }).map_err(|error| error.to_string())
}
