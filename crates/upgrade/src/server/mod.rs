//! What a server says, and what it concludes from a request. No IO: the drivers bring the streams.

pub(crate) mod options;

#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
pub(crate) mod answer;
pub(crate) mod forwarded;
#[cfg(feature = "tokio")]
pub(crate) mod gate;
pub(crate) mod origins;
pub(crate) mod rejection;

pub(crate) mod error;
