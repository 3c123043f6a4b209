//! Runs the cases for clients.
//!
//! For each case the suite listens on a port of its own on this machine, runs the client once with its URL, judges the
//! client's request, and answers as the case says. An established WebSocket is proven: what came with the head is
//! echoed first, then messages of the suite, compressed if that was agreed.
//!
//! ```no_run
//! # async fn example() {
//! use websocket_upgrade_conformance::client::ClientSuite;
//!
//! let report = ClientSuite::command(["my-client", "{url}"]).jobs(4).run().await;
//! println!("{report}");
//! assert!(report.holds());
//! # }
//! ```
//!
//! # What a client under test does
//!
//! It opens a WebSocket to the URL, echoes every text and binary message until the server closes, and answers the
//! close. Then a command exits with 0, and a closure returns `Ok`. If the handshake fails, a command exits with
//! another code, and a closure returns `Err`. [`Attempt`] says what it is asked to offer.
//!
//! # Rules that look at more than the head of a request
//!
//! | rule | |
//! |---|---|
//! | `exchange/host-of-url` | `Host` is the authority of the URL |
//! | `exchange/key-fresh` | a second connection has another key |
//! | `exchange/key-unknown` | the key is none of those in specifications and examples |
//! | `exchange/no-fragment` | the target has no fragment |
//! | `exchange/no-injection` | no text that the client is asked for makes a field of its own, or a second request |
//! | `exchange/no-repeated-fields` | no field that has one value stands in several lines |
//! | `exchange/nothing-before-response` | nothing is sent behind the request until there is a response |
//! | `exchange/server-name` | the TLS handshake has the name of the server |
//! | `exchange/subprotocols-in-order` | the subprotocols are offered in the order that was asked for |
//! | `exchange/target-of-url` | the target is path and query of the URL |

mod attempt;
mod exchange;
mod offered;
mod output;
mod rules;
mod subject;
mod suite;
mod verdict;

pub use attempt::Attempt;
pub use suite::ClientSuite;

pub(crate) use exchange::Setting;
pub(crate) use subject::{End, Running};
