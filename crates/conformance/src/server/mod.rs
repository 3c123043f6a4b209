//! Runs the cases for servers over HTTP/1.1.
//!
//! Each case is one exchange on a connection of its own: the suite sends a request, reads the answer, and holds it
//! against what the case expects. An acceptance has to keep every rule of the [judge](crate::judge), and is proven: the
//! server under test echoes messages. A refusal has to be a whole response.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use websocket_upgrade_conformance::server::ServerSuite;
//!
//! let report = ServerSuite::new("ws://127.0.0.1:9001/")?.jobs(8).run().await;
//! println!("{report}");
//! assert!(report.holds());
//! # Ok(())
//! # }
//! ```

mod abilities;
mod answer;
mod body;
mod expected;
mod peer;
mod runner;
mod suite;

pub use suite::{ServerSuite, SuiteError};
