//! The proof: what came early is echoed first, then messages of the suite, within what was agreed.

use std::time::Duration;

use tokio::time::timeout;

use super::noise::{noise, repeated_after};
use super::socket::{Received, Socket};
use crate::frame::{Frame, Kind};
use crate::wire::{Arrival, Channel};

/// How long a peer has to answer the close of a proven WebSocket. Nothing depends on it.
const GOODBYE: Duration = Duration::from_millis(200);

/// How much of a message is shown.
const SHOWN: usize = 40;

/// What the bytes behind a head ask for, if they are frames.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Early {
    /// The messages that are echoed, in order.
    pub messages: Vec<(Kind, Vec<u8>)>,
    /// The pings that are answered, in order.
    pub pings: Vec<Vec<u8>>,
    /// Whether a close frame stands at their end.
    pub closes: bool,
}

impl Early {
    /// Reads the frames that are sent behind a head. They are uncompressed whole messages, perhaps in several frames.
    ///
    /// # Errors
    ///
    /// If they are something else.
    pub fn read(mut bytes: &[u8]) -> Result<Self, String> {
        let mut early = Self::default();
        let mut begun = None;
        while !bytes.is_empty() {
            let (frame, length) = Frame::read(bytes)?.ok_or("a frame that is not complete")?;
            bytes = &bytes[length..];
            match frame.kind {
                _ if early.closes => return Err("a frame behind a close frame".to_owned()),
                Kind::Text | Kind::Binary if frame.rsv1 => return Err("a compressed message".to_owned()),
                Kind::Text | Kind::Binary if begun.is_some() => {
                    return Err("a message within another".to_owned());
                }
                Kind::Text | Kind::Binary => begun = Some((frame.kind, frame.payload)),
                Kind::Continuation => match &mut begun {
                    Some((_, payload)) => payload.extend(frame.payload),
                    None => return Err("a continuation of no message".to_owned()),
                },
                Kind::Ping => early.pings.push(frame.payload),
                Kind::Close => early.closes = true,
                Kind::Pong => {}
            }
            if frame.is_final && !frame.kind.is_control() {
                early.messages.extend(begun.take());
            }
        }
        if begun.is_some() {
            return Err("a message without its last frame".to_owned());
        }
        Ok(early)
    }
}

/// Proves that the WebSocket works: what came early is echoed first, then messages of the suite.
///
/// # Errors
///
/// If something else comes back. The text completes "the peer sent ...".
pub async fn proven<C: Channel>(socket: &mut Socket<'_, C>, early: &Early) -> Result<(), String> {
    let mut pongs = Vec::new();
    for (kind, payload) in &early.messages {
        echoed(socket, *kind, payload, &mut pongs).await.map_err(|error| {
            format!("{error}, in place of the echo of the message that came with the head")
        })?;
    }
    if early.closes {
        return match next(socket, &mut pongs).await? {
            Received::Close(_) | Received::End(Arrival::End) => Ok(()),
            other => Err(format!("{}, in place of a close", shown(&other))),
        };
    }
    for message in messages(socket) {
        socket.send_text(&message).await?;
        let echo = echoed(socket, Kind::Text, &message, &mut pongs).await;
        echo.map_err(|error| format!("{error}, in place of the echo of a message"))?;
    }
    if let Some(missing) = early.pings.iter().find(|ping| !pongs.contains(ping)) {
        return Err(format!("no pong for the ping \"{}\" that came with the head", missing.escape_ascii()));
    }
    goodbye(socket).await;
    Ok(())
}

/// Waits for the end of a connection whose bytes behind the head are no frames: a close frame may come, or nothing.
///
/// # Errors
///
/// If the peer sends something else: a response of HTTP, or a message.
pub async fn ended<C: Channel>(socket: &mut Socket<'_, C>, silence: Duration) -> Result<(), String> {
    loop {
        let received = timeout(silence, socket.receive()).await;
        if socket.channel().received().starts_with(b"HTTP/") {
            return Err("a response of HTTP on an established WebSocket".to_owned());
        }
        match received {
            Ok(Ok(Received::Close(_) | Received::End(_))) | Err(_) => return Ok(()),
            Ok(Ok(Received::Pong(_))) => {}
            Ok(Ok(message @ Received::Message { .. })) => {
                return Err(format!("{}, in place of a close", shown(&message)));
            }
            Ok(Err(problem)) => return Err(problem),
        }
    }
}

/// The messages of a proof. Those over permessage-deflate need what was agreed: the first refers back as far as the
/// suite's window allows, the second would be compressed by reference to more than the peer's window, the third
/// repeats the end of the second.
fn messages<C: Channel>(socket: &Socket<'_, C>) -> Vec<Vec<u8>> {
    let Some(compression) = socket.compression() else { return vec![b"the suite's own message".to_vec()] };
    let far = repeated_after(1, compression.ours().reach());
    let theirs = compression.theirs();
    let farther = if theirs.bits < 15 { repeated_after(2, theirs.too_far()) } else { noise(2, 300) };
    let again = farther[farther.len().saturating_sub(200)..].to_vec();
    vec![far, farther, again]
}

async fn echoed<C: Channel>(
    socket: &mut Socket<'_, C>,
    kind: Kind,
    payload: &[u8],
    pongs: &mut Vec<Vec<u8>>,
) -> Result<(), String> {
    let expected = Received::Message { kind, payload: payload.to_vec() };
    let received = next(socket, pongs).await?;
    if received == expected {
        return Ok(());
    }
    Err(shown(&received))
}

async fn next<C: Channel>(socket: &mut Socket<'_, C>, pongs: &mut Vec<Vec<u8>>) -> Result<Received, String> {
    loop {
        match socket.receive().await? {
            Received::Pong(payload) => pongs.push(payload),
            other => return Ok(other),
        }
    }
}

/// Closes, as a good peer does, and waits a moment for the answer.
async fn goodbye<C: Channel>(socket: &mut Socket<'_, C>) {
    if socket.send_frame(Frame::close(1000, true)).await.is_ok() {
        let _ = socket.channel().receive_within(GOODBYE).await;
    }
}

fn shown(received: &Received) -> String {
    match received {
        Received::Message { kind, payload } => {
            let what = if *kind == Kind::Text { "text" } else { "binary" };
            let start = payload.get(..SHOWN).unwrap_or(payload).escape_ascii();
            format!("a {what} message of {} bytes, \"{start}\"", payload.len())
        }
        Received::Pong(_) => "a pong".to_owned(),
        Received::Close(Some(code)) => format!("a close with the code {code}"),
        Received::Close(None) => "a close without a code".to_owned(),
        Received::End(end) => end.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Names, bytes};

    #[test]
    fn what_stands_behind_a_head() {
        let read = |text: &str| Early::read(&bytes(text, &Names::sample()).unwrap());
        let early = read("{text:a}{ping:b}{binary:c}{close:1000}").unwrap();
        assert_eq!(early.messages, [(Kind::Text, b"a".to_vec()), (Kind::Binary, b"c".to_vec())]);
        assert_eq!((early.pings, early.closes), (vec![b"b".to_vec()], true));
        let parts = read("{frame:0101 61}{ping:b}{frame:0001 62}{frame:8001 63}").unwrap();
        assert_eq!((parts.messages, parts.pings), (vec![(Kind::Text, b"abc".to_vec())], vec![b"b".to_vec()]));
        for wrong in [
            "{frame:0100}{text:a}",
            "GET / HTTP/1.1",
            "{frame:81}",
            "{frame:0100}",
            "{frame:c100}",
            "{close}{text:a}",
            "{frame:8000}",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
