//! What can go wrong: a refusal, a peer that breaks the protocol, IO and time are kept apart.

mod connect;
mod handle;
mod part;
mod reason;
mod refused;
mod retry;
#[cfg(feature = "serde")]
mod serialize;

pub use connect::ConnectError;
pub use handle::HandleError;
pub(crate) use part::Part;
pub use reason::{ConnectReason, RedirectProblem};
pub use refused::Refused;
pub use retry::Retry;
