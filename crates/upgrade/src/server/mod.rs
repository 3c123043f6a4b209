//! What a server concludes from a request, and what it answers. There is no IO here: the drivers bring the streams.

pub(crate) mod options;

#[cfg(driver)]
pub(crate) mod answer;
#[cfg(driver)]
pub(crate) mod forwarded;
#[cfg(feature = "tokio")]
pub(crate) mod gate;
pub(crate) mod origins;
#[cfg(driver)]
pub(crate) mod refusal;
pub(crate) mod rejection;

pub(crate) mod error;
