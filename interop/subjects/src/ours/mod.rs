//! This project's own servers and clients.

pub(crate) mod axum;
pub(crate) mod hyper;
pub(crate) mod smol;
pub(crate) mod threads;
pub(crate) mod tokio;
