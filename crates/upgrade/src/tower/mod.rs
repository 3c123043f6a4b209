//! A layer for tower services on hyper 1. It calls a handler for upgrade requests, and passes every other request to
//! the service unchanged.
//!
//! The handler runs in its own task, spawned on tokio. Rejections are ordinary responses of the service, with
//! [`Rejected`](crate::Rejected) in their extensions, for layers around this one.
//!
//! ```
//! use std::convert::Infallible;
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{Layer, service_fn};
//! use websocket_upgrade::tower::{Decision, HandshakeRequest, UpgradeLayer};
//! use websocket_upgrade::{Rejection, ServerOptions};
//!
//! let layer = UpgradeLayer::new(|upgraded, request: HandshakeRequest| async move {
//!     println!("{}: {:?}", request.path(), upgraded.settings);
//!     let stream = upgraded.into_stream(); // AsyncRead + AsyncWrite
//!     # drop(stream);
//! })
//! .options(ServerOptions::new().subprotocol("chat")?)
//! .when(|head| head.uri.path().starts_with("/chat"))
//! .decide(|request| async move {
//!     match request.query() {
//!         Some("guest") => Decision::Accept,
//!         _ => Decision::Reject(Rejection::forbidden()),
//!     }
//! });
//! let http = service_fn(|_: Request<Full<Bytes>>| async {
//!     Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("plain HTTP\n")))
//! });
//! let service = layer.layer(http);
//! # drop(service);
//! # Ok::<(), websocket_upgrade::OptionsError>(())
//! ```
//!
//! # What becomes of a request
//!
//! | a request for WebSocket | over HTTP/1.1 | over HTTP/2 | counted |
//! |---|---|---|---|
//! | accepted | 101, then the handler is called | 200, then the handler is called | `accepted` once it is sent; `broken` if the connection breaks before |
//! | invalid, refused by the options, or [`Decision::Reject`] | the rejection, with `Connection: close` | the rejection, and the stream ends | `rejected`, once |
//! | [`Decision::FallThrough`], or excluded by [`when`](UpgradeLayer::when) | the service's response, with `Connection: close` unless it is a 101 | the service's response | by the service |
//! | the decision panics, or is dropped because the client is gone | no response | no response | `rejected` |
//! | a layer around this one returns another response | with [`RefusalLayer`] around that layer: `Connection: close`, and the handler is not called | with [`RefusalLayer`]: the handler is not called | `rejected` |
//!
//! A panic of the handler ends only its own task.

mod future;
mod layer;
mod refusal;
mod rules;
mod service;

pub use crate::hyper::HandshakeRequest;
pub use future::UpgradeFuture;
pub use layer::UpgradeLayer;
pub use refusal::{RefusalFuture, RefusalLayer, RefusalService};
pub use rules::Decision;
pub use service::UpgradeService;
