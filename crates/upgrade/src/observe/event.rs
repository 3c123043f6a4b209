//! One event for every handshake, accepted or refused, and one count.
//!
//! Never in them: keys, credentials, cookies, queries, and the subprotocols offered, since browsers put tokens there.

#![cfg_attr(not(all(feature = "metrics", feature = "tracing")), allow(unused_variables, clippy::unused_self))]
// Without a driver there are no clients, and no connection that breaks.
#![cfg_attr(not(driver), allow(dead_code))]

use std::io;

use websocket_upgrade_proto as proto;

#[cfg(feature = "tracing")]
use proto::error::Reason;
use proto::server::{Deviation, Request, RequestError};

use super::handshake_info::HandshakeInfo;
use crate::client::error::ConnectError;
#[cfg(feature = "tracing")]
use crate::client::reason::ConnectReason;
use crate::settings::Settings;

/// The target of every event, whatever file it comes from: filters name it.
#[cfg(feature = "tracing")]
const TARGET: &str = "websocket_upgrade::event";

/// Server: a request that is accepted. Whether that is an event shows when the answer is sent.
#[derive(Debug)]
pub struct Acceptance {
    info: HandshakeInfo,
    /// What the event shows of the request, if anyone listens.
    #[cfg(feature = "tracing")]
    seen: Option<Box<Seen>>,
}

#[cfg(feature = "tracing")]
#[derive(Debug)]
struct Seen {
    path: String,
    authority: String,
    subprotocols_offered: usize,
    tolerated: Option<Deviation>,
}

impl Acceptance {
    pub(crate) fn new(request: &Request<'_>, tolerated: Option<Deviation>, info: &HandshakeInfo) -> Self {
        Self {
            info: *info,
            #[cfg(feature = "tracing")]
            seen: tracing::enabled!(target: TARGET, tracing::Level::DEBUG).then(|| {
                Box::new(Seen {
                    path: request.target().path().to_owned(),
                    authority: request.authority().to_owned(),
                    subprotocols_offered: request.subprotocols().count(),
                    tolerated,
                })
            }),
        }
    }

    /// The answer has been sent.
    pub fn sent(&self, settings: &Settings) {
        #[cfg(feature = "metrics")]
        super::count::count("accepted", "", settings.subprotocol(), &self.info);
        #[cfg(feature = "tracing")]
        {
            let seen = self.seen.as_deref();
            tracing::debug!(
                target: TARGET,
                role = "server",
                http_version = self.info.version(),
                path = seen.map(|seen| &*seen.path),
                authority = seen.map(|seen| &*seen.authority),
                subprotocols_offered = seen.map(|seen| seen.subprotocols_offered),
                subprotocol = settings.subprotocol(),
                extensions = settings.extensions().as_str(),
                tolerated = seen.and_then(|seen| seen.tolerated).map(tracing::field::display),
                "accepted"
            );
        }
    }

    /// The connection broke before the answer was sent.
    pub fn broken(&self, error: &io::Error) {
        broken(error, &self.info);
    }

    /// An HTTP server has lost the connection before the answer was sent.
    #[cfg(feature = "hyper")]
    pub(crate) fn lost(&self, error: &(dyn std::error::Error + 'static)) {
        #[cfg(feature = "metrics")]
        super::count::count("broken", "connection", None, &self.info);
        #[cfg(feature = "tracing")]
        tracing::debug!(
            target: TARGET,
            role = "server",
            http_version = self.info.version(),
            cause = %error,
            "the connection broke before the answer was sent"
        );
    }

    /// The application has not sent the answer, or has given the connection up.
    #[cfg(feature = "hyper")]
    pub(crate) fn given_up(&self) {
        answered_otherwise(&self.info, true);
    }
}

/// Server: a request is rejected. What was received is not shown, as it may be a secret in the wrong place; of an
/// origin or an authority, which are none, it is.
pub(crate) fn rejected(error: &RequestError, info: &HandshakeInfo) {
    #[cfg(feature = "metrics")]
    super::count::count("rejected", error.reason().label(), None, info);
    #[cfg(feature = "tracing")]
    {
        let reason = error.reason();
        let origin = matches!(reason, proto::server::RequestReason::OriginNotAllowed);
        let authority = matches!(reason, proto::server::RequestReason::AuthorityNotServed);
        tracing::info!(
            target: TARGET,
            role = "server",
            http_version = info.version(),
            status = reason.status(),
            reason = reason.label(),
            subject = reason.subject(),
            problem = reason.problem(),
            compared_with = error.compared_with().filter(|_| origin).map(tracing::field::display),
            origin = error.value().filter(|_| origin).map(tracing::field::display),
            authority = error.value().filter(|_| authority).map(tracing::field::display),
            limit = error.limit(),
            "rejected"
        );
    }
}

/// Server: the application has rejected a request, or has dropped it.
pub(crate) fn rejected_by_application(status: u16, info: &HandshakeInfo) {
    #[cfg(feature = "metrics")]
    super::count::count("rejected", "application", None, info);
    #[cfg(feature = "tracing")]
    tracing::info!(
        target: TARGET,
        role = "server",
        http_version = info.version(),
        status,
        "rejected by the application"
    );
}

/// Server: the application has neither accepted nor rejected a request, and answers it in a way of its own. Whether
/// its connection `closes` behind that is known where a layer sees to it.
#[cfg(feature = "hyper")]
pub(crate) fn answered_otherwise(info: &HandshakeInfo, closes: bool) {
    #[cfg(feature = "metrics")]
    super::count::count("rejected", "application", None, info);
    #[cfg(feature = "tracing")]
    if closes {
        tracing::info!(
            target: TARGET,
            role = "server",
            http_version = info.version(),
            "answered otherwise by the application"
        );
    } else {
        tracing::warn!(
            target: TARGET,
            role = "server",
            http_version = info.version(),
            "answered otherwise by the application: without tower::RefusalLayer the connection may stay open"
        );
    }
}

/// Server: the gate has turned a client away.
#[cfg(feature = "tokio")]
pub(crate) fn turned_away(reason: &'static str, why: impl std::fmt::Display, info: &HandshakeInfo) {
    #[cfg(feature = "metrics")]
    super::count::count("rejected", reason, None, info);
    #[cfg(feature = "tracing")]
    tracing::info!(
        target: TARGET,
        role = "server",
        http_version = info.version(),
        status = 503,
        %why,
        "turned away at the gate"
    );
}

/// Server: the first head was not complete at the gate's deadline. The HTTP server is told that the connection broke.
#[cfg(feature = "tokio")]
pub(crate) fn overdue(info: &HandshakeInfo) {
    #[cfg(feature = "metrics")]
    super::count::count("broken", "deadline", None, info);
    #[cfg(feature = "tracing")]
    tracing::info!(target: TARGET, role = "server", "no head at the gate's deadline");
}

/// Server: the connection broke before the request was read, or before the answer that accepts was sent.
pub fn broken(error: &io::Error, info: &HandshakeInfo) {
    #[cfg(feature = "metrics")]
    {
        let reason = if error.kind() == io::ErrorKind::TimedOut { "deadline" } else { "connection" };
        super::count::count("broken", reason, None, info);
    }
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, role = "server", cause = %error, "the connection broke");
}

/// Client: the connection is established.
pub fn established(settings: &Settings, interim: usize) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        target: TARGET,
        role = "client",
        subprotocol = settings.subprotocol(),
        extensions = settings.extensions().as_str(),
        interim,
        "established"
    );
}

/// Client: there is no connection.
pub fn failed(error: &ConnectError) {
    #[cfg(feature = "tracing")]
    {
        let (phase, reason) = (error.phase().name(), error.reason().label());
        match error.reason() {
            ConnectReason::Response(broken) => {
                let broken = broken.reason();
                tracing::info!(
                    target: TARGET,
                    role = "client",
                    phase,
                    reason,
                    fault = broken.label(),
                    subject = broken.subject(),
                    problem = broken.problem(),
                    "the response breaks the protocol"
                );
            }
            ConnectReason::Connect(cause)
            | ConnectReason::Proxy(cause)
            | ConnectReason::Tls(cause)
            | ConnectReason::Io(cause) => {
                tracing::info!(target: TARGET, role = "client", phase, reason, %cause, "failed");
            }
            // What is wrong with a URL or an option may show a part of it.
            _ => match error.refused() {
                Some(refused) => {
                    tracing::info!(
                        target: TARGET,
                        role = "client",
                        phase,
                        reason,
                        status = refused.status(),
                        "refused"
                    );
                }
                None => {
                    tracing::info!(target: TARGET, role = "client", phase, reason, "failed");
                }
            },
        }
    }
}
