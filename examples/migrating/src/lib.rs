//! Both sides of `docs/migrating.md`: each module has the code before and after. The document quotes them, and the
//! tests run every server against every client.

pub mod axum;
pub mod fastwebsockets;
pub mod tungstenite;

/// The result of all functions here.
pub type Result<T = (), E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
