//! The flags of all commands that connect to a server, and what the library makes of them.

mod advice;
mod extensions;
mod files;
mod flags;
mod headers;
mod options;
#[cfg(unix)]
mod unix;
mod url;

pub(crate) use advice::failure;
pub(crate) use extensions::read as read_extensions;
pub(crate) use flags::{Flags, Seconds, seconds};
pub(crate) use headers::is_secret;
pub(crate) use options::Target;
