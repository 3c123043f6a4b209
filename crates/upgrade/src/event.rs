//! One event for every handshake, accepted or refused.
//!
//! Never in them: keys, credentials, cookies, queries, and the subprotocols offered, since browsers put tokens there.

#![cfg_attr(not(feature = "tracing"), allow(unused_variables))]

use std::io;

use websocket_upgrade_proto as proto;

#[cfg(feature = "tracing")]
use proto::error::Reason;
use proto::server::{Request, RequestError};

use crate::error::ConnectError;
use crate::settings::Settings;

/// Server: a request is accepted.
pub(crate) fn accepted(request: &Request<'_>, settings: &Settings) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        role = "server",
        path = request.target().path(),
        authority = request.authority(),
        subprotocols_offered = request.subprotocols().count(),
        subprotocol = settings.subprotocol(),
        extensions = settings.extensions().as_str(),
        "accepted"
    );
}

/// Server: a request is rejected. What was received is not shown, as it may be a secret in the wrong place; of an
/// origin, which is none, it is.
pub(crate) fn rejected(error: &RequestError) {
    #[cfg(feature = "tracing")]
    {
        let reason = error.reason();
        let origin = matches!(reason, proto::server::RequestReason::OriginNotAllowed);
        tracing::info!(
            role = "server",
            status = reason.status(),
            subject = reason.subject(),
            problem = reason.problem(),
            compared_with = error.context().filter(|_| origin).map(tracing::field::display),
            origin = error.value().filter(|_| origin).map(tracing::field::display),
            limit = error.limit(),
            "rejected"
        );
    }
}

/// Server: the application has rejected a request, or has dropped it.
pub(crate) fn rejected_by_application(status: u16) {
    #[cfg(feature = "tracing")]
    tracing::info!(role = "server", status, "rejected by the application");
}

/// Server: the connection broke before there was a request to answer.
pub(crate) fn broken(error: &io::Error) {
    #[cfg(feature = "tracing")]
    tracing::debug!(role = "server", cause = %error, "the connection broke");
}

/// Client: the connection is established.
pub(crate) fn established(settings: &Settings, interim: usize) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        role = "client",
        subprotocol = settings.subprotocol(),
        extensions = settings.extensions().as_str(),
        interim,
        "established"
    );
}

/// Client: there is no connection.
pub(crate) fn failed(error: &ConnectError) {
    #[cfg(feature = "tracing")]
    match error {
        ConnectError::Refused(refused) => {
            tracing::info!(role = "client", status = refused.status(), "refused");
        }
        ConnectError::Response(error) => {
            let reason = error.reason();
            tracing::info!(
                role = "client",
                subject = reason.subject(),
                problem = reason.problem(),
                "the response breaks the protocol"
            );
        }
        ConnectError::Connect(cause) | ConnectError::Tls(cause) | ConnectError::Io(cause) => {
            tracing::info!(role = "client", error = %error, %cause, "failed");
        }
        // What is wrong with a URL or an option may show a part of it.
        _ => {
            tracing::info!(role = "client", error = %error, "failed");
        }
    }
}
