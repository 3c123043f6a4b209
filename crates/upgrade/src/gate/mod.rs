//! The gate limits how many handshakes are under way, in total and from one peer, and ends them for a shutdown.
//!
//! A handshake that waits costs memory, and the client decides how long it waits. So the gate counts handshakes. Above
//! a limit it answers 503 with `Retry-After` (RFC 9110 §15.6.4, §10.2.3) and a text that names the limit, until an
//! earlier handshake has ended. After [`drain`](Gate::drain) it lets no handshake begin, and reports when all have
//! ended.
//!
//! The gate does not limit established connections or accepted sockets. A handshake is no longer counted once it is
//! answered.
//!
//! On the raw driver, [`Gate::accept`] and [`Gate::receive`] answer 503 themselves. In front of an HTTP server,
//! [`Gate::admit`] keeps the deadline from the connection to the end of its first head, and `Gate::layer` (feature
//! `tower`) counts the handshakes among the requests:
//!
//! | | raw driver | HTTP server |
//! |---|---|---|
//! | counted | from the call to the end of the answer | from `admit` to the first head, and from a valid request to its response |
//! | above a limit | 503 at once, before anything is read | `admit`: the same, if the caller calls `answer`; the layer: 503 |
//! | no head at the deadline | 408 | closed without 408: hyper sends nothing when a read fails, and its `auto` builder has no timer while it detects the version |
//! | a refusal | closed in stages (RFC 9112 §9.6) | closed by the HTTP server |
//! | while draining | 503 | plain HTTP is served, handshakes get 503 |
//!
//! ```no_run
//! use websocket_upgrade::ServerOptions;
//! use websocket_upgrade::gate::{Gate, GateOptions};
//!
//! # async fn serve(listener: tokio::net::TcpListener) {
//! let gate = Gate::new(GateOptions::new().total(5000).per_peer(20));
//! loop {
//!     let Ok((socket, peer)) = listener.accept().await else {
//!         // All file descriptors are in use, for example. One is free again soon.
//!         tokio::time::sleep(std::time::Duration::from_millis(100)).await;
//!         continue;
//!     };
//!     let gate = gate.clone();
//!     tokio::spawn(async move {
//!         match gate.accept(socket, peer.ip(), &ServerOptions::new()).await {
//!             Ok(upgraded) => tokio::select! {
//!                 () = gate.draining() => {} // say goodbye, and close
//!                 () = talk(upgraded) => {}
//!             },
//!             Err(error) => eprintln!("{peer}: {error:#}"),
//!         }
//!     });
//! }
//! # }
//! # async fn talk<T>(_: T) {}
//! ```

mod accept;
mod admitted;
#[cfg(feature = "tower")]
mod layer;

pub use admitted::{Admitted, FirstHead, NotAdmitted};
#[cfg(feature = "tower")]
pub use layer::{FirstHeadService, GateFuture, GateLayer, GateService};

pub use crate::server::gate::{Gate, GateOptions, Permit, TurnedAway};
