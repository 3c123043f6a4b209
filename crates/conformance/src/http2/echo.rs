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
pub(crate) async fn echoes(
    connection: &mut Connection,
    id: u32,
    tested: Role,
    early: &Early,
) -> Result<(), String> {
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

/// Sends a message, whatever becomes of it.
pub(crate) async fn say(connection: &mut Connection, id: u32, tested: Role) {
    let mut channel = StreamChannel::new(connection, id);
    // Who does not take it says so in another way.
    let _ = Socket::new(&mut channel, part(tested), None).send_text(MESSAGE).await;
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
pub(crate) async fn echoed(
    connection: &mut Connection,
    id: u32,
    tested: Role,
    text: &[u8],
) -> Result<(), String> {
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

/// Closes the WebSocket, and waits for the peer's close frame and the end of the stream. Where the suite is the
/// server, it ends the stream first (RFC 6455 §7.1.1), and a client may then drop it.
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
    let is_client = tested == Role::Client;
    if is_client {
        connection.queue(&super::frame::Frame::data(id, &[], true, None));
        connection.flush().await;
    }
    let is_over = |on: &Connection| on.is(id, |stream| stream.ended || is_client && stream.is_over());
    if connection.until(is_over).await {
        Ok(())
    } else {
        Err("no END_STREAM behind the close frames".to_owned())
    }
}
