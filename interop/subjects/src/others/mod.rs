//! Servers and clients of other libraries, each as its documentation shows it.

pub(crate) mod axum;
pub(crate) mod fastwebsockets;
pub(crate) mod tokio_tungstenite;
pub(crate) mod tokio_websockets;
