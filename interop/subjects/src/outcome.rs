//! How a server or client ends.

use std::error::Error;

/// The result of a server or client.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;
