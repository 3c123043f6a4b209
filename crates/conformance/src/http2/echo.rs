//! WebSocket on a stream: echoes, and the end.

use super::connection::Connection;
use super::stream::StreamChannel;
use crate::case::Role;
use crate::frame::{Frame, Kind};
use crate::proof::{Compression, Early, Part, Received, Socket, proven};

/// The message of an echo.
const MESSAGE: &[u8] = b"the suite's own message";

/// The length of a message that is larger than the initial windows.
const LARGE: usize = 160_000;

fn part(tested: Role) -> Part {
    match tested {
        Role::Server => Part::Client,
        Role::Client => Part::Server,
    }
}

/// Proves that the WebSocket on a stream works, and closes it.
///
/// # Errors
///
/// What else came.
pub(crate) async fn prove(
    connection: &mut Connection,
    id: u32,
    tested: Role,
    early: &Early,
    compression: Option<Compression>,
) -> Result<(), String> {
    let mut channel = StreamChannel::new(connection, id);
    proven(&mut Socket::new(&mut channel, part(tested), compression), early).await
}

/// Waits for the echoes of messages that were sent with the head.
///
/// # Errors
///
/// What else came.
pub(crate) async fn echoes(connection: &mut Connection, id: u32, tested: Role, early: &Early) -> Result<(), String> {
    for (_, payload) in &early.messages {
        echoed(connection, id, tested, payload).await?;
    }
    Ok(())
}

/// Sends a message, and waits for its echo. The WebSocket goes on.
///
/// # Errors
///
/// What else came.
pub(crate) async fn echo(connection: &mut Connection, id: u32, tested: Role) -> Result<(), String> {
    let mut channel = StreamChannel::new(connection, id);
    Socket::new(&mut channel, part(tested), None).send_text(MESSAGE).await?;
    echoed(connection, id, tested, MESSAGE).await
}

/// As [`echo`], with a message that is larger than the windows of both sides.
///
/// # Errors
///
/// What else came.
pub(crate) async fn large_echo(connection: &mut Connection, id: u32, tested: Role) -> Result<(), String> {
    let message = b"0123456789abcdef".repeat(LARGE / 16);
    let mut channel = StreamChannel::new(connection, id);
    Socket::new(&mut channel, part(tested), None).send_text(&message).await?;
    echoed(connection, id, tested, &message).await
}

/// Waits for one echo.
///
/// # Errors
///
/// What else came.
pub(crate) async fn echoed(connection: &mut Connection, id: u32, tested: Role, text: &[u8]) -> Result<(), String> {
    let mut channel = StreamChannel::new(connection, id);
    let mut socket = Socket::new(&mut channel, part(tested), None);
    loop {
        return match socket.receive().await? {
            Received::Pong(_) => continue,
            Received::Message { payload, .. } if payload == text => Ok(()),
            Received::Message { payload, .. } => {
                let start = payload.get(..40).unwrap_or(&payload).escape_ascii();
                let expected = text.get(..40).unwrap_or(text).escape_ascii();
                Err(format!("a message \"{start}\" in place of the echo of \"{expected}\""))
            }
            Received::Close(_) => Err("a close frame in place of an echo".to_owned()),
            Received::End(end) => Err(format!("{end} in place of an echo on stream {id}")),
        };
    }
}

/// Closes the WebSocket, and waits for the peer's close frame. A client waits for the end of the stream too: the
/// server ends it first (RFC 6455 §7.1.1).
///
/// # Errors
///
/// What else came.
pub(crate) async fn close(connection: &mut Connection, id: u32, tested: Role) -> Result<(), String> {
    let mut channel = StreamChannel::new(connection, id);
    let mut socket = Socket::new(&mut channel, part(tested), None);
    socket.send_frame(Frame::close(1000, true)).await?;
    loop {
        match socket.receive().await? {
            Received::Close(_) => break,
            Received::Pong(_) | Received::Message { kind: Kind::Text | Kind::Binary, .. } => {}
            Received::Message { .. } => return Err("a frame of no message".to_owned()),
            Received::End(end) => return Err(format!("{end} in place of a close frame")),
        }
    }
    if tested == Role::Client {
        connection.queue(&super::frame::Frame::data(id, &[], true, None));
        connection.flush().await;
    }
    if connection.until(|on| on.is(id, |stream| stream.ended)).await {
        return Ok(());
    }
    Err("no END_STREAM behind the close frames".to_owned())
}
