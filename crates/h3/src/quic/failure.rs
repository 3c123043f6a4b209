//! Errors of QUIC for the HTTP/3 crate.

use std::sync::Arc;

use http3::quic::{ConnectionErrorIncoming, StreamErrorIncoming};
use quinn::{ConnectionError, ReadError, WriteError};

use super::unidirectional::Failure;
use crate::codes;

pub(super) fn connection(error: ConnectionError) -> ConnectionErrorIncoming {
    match error {
        ConnectionError::ApplicationClosed(close) => {
            ConnectionErrorIncoming::ApplicationClose { error_code: close.error_code.into_inner() }
        }
        ConnectionError::TimedOut => ConnectionErrorIncoming::Timeout,
        error => ConnectionErrorIncoming::Undefined(Arc::new(error)),
    }
}

/// What went wrong on the streams of the connection. What the peer did wrong closes the connection.
pub(super) fn local(failure: Failure, on: &quinn::Connection) -> ConnectionErrorIncoming {
    match failure {
        Failure::Lost(error) => connection(error),
        Failure::Broken(broken) => {
            if on.close_reason().is_none() {
                on.close(codes::to_varint(broken.code), broken.what.as_bytes());
            }
            ConnectionErrorIncoming::Undefined(Arc::new(broken))
        }
    }
}

pub(super) fn opening(error: ConnectionError) -> StreamErrorIncoming {
    StreamErrorIncoming::ConnectionErrorIncoming { connection_error: connection(error) }
}

pub(super) fn read(error: ReadError) -> StreamErrorIncoming {
    match error {
        ReadError::Reset(code) => StreamErrorIncoming::StreamTerminated { error_code: code.into_inner() },
        ReadError::ConnectionLost(error) => opening(error),
        error => StreamErrorIncoming::Unknown(Box::new(error)),
    }
}

pub(super) fn write(error: WriteError) -> StreamErrorIncoming {
    match error {
        WriteError::Stopped(code) => StreamErrorIncoming::StreamTerminated { error_code: code.into_inner() },
        WriteError::ConnectionLost(error) => opening(error),
        error => StreamErrorIncoming::Unknown(Box::new(error)),
    }
}
