//! What a server concludes from a request, and what it answers. There is no IO here: the drivers bring the streams.

pub(crate) mod accept;
#[cfg(driver)]
pub(crate) mod accessors;
#[cfg(driver)]
pub(crate) mod answer;
pub(crate) mod error;
pub(crate) mod forwarded;
#[cfg(feature = "tokio")]
pub(crate) mod gate;
pub(crate) mod options;
pub(crate) mod origins;
#[cfg(feature = "internals")]
pub(crate) mod parsed;
pub(crate) mod refusal;
pub(crate) mod rejected;
pub(crate) mod rejection;
pub(crate) mod respond;
