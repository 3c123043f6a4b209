//! Error codes of HTTP/3 (RFC 9114 §8.1, RFC 9204 §6) as IO errors: who has ended what, and why.

use std::io::{self, ErrorKind as E};

use http3::error::Code;
use quinn::{ConnectionError, ReadError, VarInt, WriteError};
use websocket_upgrade::internals::Explained;

/// The code as QUIC sends it.
pub(crate) fn to_varint(code: Code) -> VarInt {
    // No code of HTTP/3 is too large.
    VarInt::from_u64(code.value()).unwrap_or(VarInt::MAX)
}

/// The error of a stream that the peer has reset (`RESET_STREAM`).
pub(crate) fn reset(code: VarInt) -> io::Error {
    let code = Code::from(code.into_inner());
    match code {
        Code::H3_REQUEST_REJECTED => ended(E::ConnectionRefused, "the peer has refused the stream", code),
        _ => ended(E::ConnectionReset, "the peer has reset the stream", code),
    }
}

/// The error of a stream on which the peer reads no more (`STOP_SENDING`). Reading is not affected.
pub(crate) fn stopped(code: VarInt) -> io::Error {
    let code = Code::from(code.into_inner());
    match code {
        Code::H3_NO_ERROR => ended(E::BrokenPipe, "the peer reads no more from the stream", code),
        Code::H3_REQUEST_REJECTED => ended(E::ConnectionRefused, "the peer has refused the stream", code),
        _ => ended(E::ConnectionReset, "the peer has stopped reading from the stream", code),
    }
}

/// The error of a stream that was reset here, because the peer broke HTTP/3 on it.
pub(crate) fn broken_stream(code: Code, what: &'static str) -> io::Error {
    let text = format!("the stream was reset, as the peer broke HTTP/3: {what}");
    ended(E::InvalidData, &text, code)
}

/// The error of a connection that was closed here, because the peer broke HTTP/3.
pub(crate) fn broken_connection(code: Code, what: &str) -> io::Error {
    let text = format!("the HTTP/3 connection was closed, as the peer broke HTTP/3: {what}");
    ended(E::InvalidData, &text, code)
}

/// The error of a request on a connection that the server is closing (GOAWAY, RFC 9114 §5.2).
pub(crate) fn going_away() -> io::Error {
    Explained::error(E::ConnectionAborted, "the peer is closing the HTTP/3 connection (GOAWAY)")
}

/// The error of a connection that has ended.
pub(crate) fn closed(error: &ConnectionError) -> io::Error {
    let cause = error.clone();
    match error {
        ConnectionError::ApplicationClosed(close) => {
            let code = Code::from(close.error_code.into_inner());
            let what = match code {
                Code::H3_NO_ERROR => "the peer has closed the HTTP/3 connection",
                _ => "the peer has closed the HTTP/3 connection because of an error",
            };
            Explained::of_cause(E::ConnectionAborted, shown(what, code), cause)
        }
        ConnectionError::LocallyClosed => {
            Explained::error(E::ConnectionAborted, "the HTTP/3 connection has been closed")
        }
        ConnectionError::TimedOut => {
            Explained::error(E::TimedOut, "the QUIC connection was lost: the peer answers no more")
        }
        ConnectionError::Reset => {
            Explained::error(E::ConnectionReset, "the peer has forgotten the QUIC connection")
        }
        ConnectionError::VersionMismatch => {
            Explained::error(E::Unsupported, "the peer speaks no version of QUIC that we know")
        }
        ConnectionError::ConnectionClosed(_) => {
            Explained::of_cause(E::ConnectionAborted, "the peer has closed the QUIC connection", cause)
        }
        ConnectionError::TransportError(_) => {
            let what = "the QUIC connection was closed, as the peer broke QUIC";
            Explained::of_cause(E::InvalidData, what, cause)
        }
        ConnectionError::CidsExhausted => {
            Explained::of_cause(E::Other, "the QUIC connection can't be opened", cause)
        }
    }
}

/// The error of reading.
pub(crate) fn read(error: &ReadError) -> io::Error {
    match error {
        ReadError::Reset(code) => reset(*code),
        ReadError::ConnectionLost(error) => closed(error),
        error => io::Error::other(error.clone()),
    }
}

/// The error of writing.
pub(crate) fn write(error: &WriteError) -> io::Error {
    match error {
        WriteError::Stopped(code) => stopped(*code),
        WriteError::ConnectionLost(error) => closed(error),
        WriteError::ClosedStream => finished(),
        error @ WriteError::ZeroRttRejected => io::Error::other(error.clone()),
    }
}

/// The error of writing behind the end.
pub(crate) fn finished() -> io::Error {
    io::Error::new(E::BrokenPipe, "the stream has been ended")
}

/// Returns the code that an error of this module shows.
pub(crate) fn code(error: &io::Error) -> Option<Code> {
    Explained::inside(error)?.cause::<Coded>().map(|coded| coded.0)
}

fn ended(kind: E, what: &str, code: Code) -> io::Error {
    Explained::of_cause(kind, shown(what, code), Coded(code))
}

fn shown(what: &str, code: Code) -> String {
    match description(code) {
        "" => format!("{what} ({code})"),
        description => format!("{what} ({code}: {description})"),
    }
}

/// A code as a cause, for programs.
#[derive(Debug)]
struct Coded(Code);

impl std::fmt::Display for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:#x})", self.0, self.0.value())
    }
}

impl std::error::Error for Coded {}

/// What a code means, in few words.
fn description(code: Code) -> &'static str {
    match code {
        Code::H3_NO_ERROR => "no error",
        Code::H3_GENERAL_PROTOCOL_ERROR => "protocol error",
        Code::H3_INTERNAL_ERROR => "internal error",
        Code::H3_STREAM_CREATION_ERROR => "stream not accepted",
        Code::H3_CLOSED_CRITICAL_STREAM => "a stream was closed that must stay open",
        Code::H3_FRAME_UNEXPECTED => "frame not permitted here",
        Code::H3_FRAME_ERROR => "frame of a wrong size or layout",
        Code::H3_EXCESSIVE_LOAD => "too much load",
        Code::H3_ID_ERROR => "wrong identifier",
        Code::H3_SETTINGS_ERROR => "wrong settings",
        Code::H3_MISSING_SETTINGS => "no settings",
        Code::H3_REQUEST_REJECTED => "request not processed",
        Code::H3_REQUEST_CANCELLED => "request cancelled",
        Code::H3_REQUEST_INCOMPLETE => "request incomplete",
        Code::H3_MESSAGE_ERROR => "malformed message",
        Code::H3_CONNECT_ERROR => "the connection behind a CONNECT was lost",
        Code::H3_VERSION_FALLBACK => "HTTP/1.1 required",
        Code::QPACK_DECOMPRESSION_FAILED => "field section can't be decoded",
        Code::QPACK_ENCODER_STREAM_ERROR => "wrong instruction of an encoder",
        Code::QPACK_DECODER_STREAM_ERROR => "wrong instruction of a decoder",
        _ => "",
    }
}
