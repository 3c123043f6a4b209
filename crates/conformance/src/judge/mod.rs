//! An independent judge of the opening handshake: every rule of the specifications that concerns a head is one entry
//! of a table, and all of them are evaluated, not only the first that is broken.
//!
//! It shares no code with the library that it is held against. It is not fast, and reads no stream: it takes the bytes
//! of a head, or the fields of one over HTTP/2, and says of each rule whether it is kept.
//!
//! ```
//! use websocket_upgrade_conformance::judge;
//!
//! let head = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n";
//! let judgement = judge::request(head);
//! let broken: Vec<_> = judgement.broken().map(|verdict| verdict.rule.id).collect();
//! assert_eq!(broken, ["request/version-13"]);
//! assert_eq!(judgement.due().map(|due| due.status), Some(426));
//!
//! let sent = judgement.sent();
//! let answer = judge::response(b"HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n\r\n", &sent);
//! assert!(answer.broken().any(|verdict| verdict.rule.id == "refusal/version-list"));
//! ```

mod agreed;
mod body;
mod connect;
mod connect_response;
mod deflate;
mod extension;
mod fields;
mod framing;
mod grammar;
mod head;
mod judgement;
mod offers;
mod pseudo;
mod refusal;
mod request;
mod response;
mod rule;
mod rules;
mod sent;
mod subject;
mod syntax;

pub use agreed::Agreed;
pub use body::Body;
pub use deflate::Deflate;
pub use extension::Extension;
pub use head::{Field, Part, Start};
pub use judgement::{Conclusion, Due, Judgement, connect, connect_response, request, response, responses};
pub use rule::{Consequence, Finding, Rule, Verdict};
pub use rules::{rule, rules};
pub use sent::Sent;
