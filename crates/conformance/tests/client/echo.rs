//! An echo on an established WebSocket.

use std::error::Error;

use websocket_upgrade::Settings;
use websocket_upgrade_conformance::frame::{Frame, Kind};
use websocket_upgrade_conformance::proof::{Compression, Direction, Part, Received, Socket};
use websocket_upgrade_conformance::wire::Channel;

pub(super) type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Echoes every message until the server closes, and answers the close.
pub(super) async fn echo<C: Channel>(channel: &mut C, settings: &Settings) -> Result {
    let must_not_compress = settings.permessage_deflate().is_some_and(|agreed| agreed.must_not_compress);
    let mut socket = Socket::new(channel, Part::Client, compression(settings));
    loop {
        match socket.receive().await? {
            Received::Message { kind: Kind::Text, payload } if !must_not_compress => {
                socket.send_text(&payload).await?;
            }
            Received::Message { kind, payload } => socket.send_frame(Frame::new(kind, payload, true)).await?,
            Received::Close(code) => {
                let close = code.map_or(Frame::new(Kind::Close, "", true), |code| Frame::close(code, true));
                socket.send_frame(close).await?;
                return Ok(());
            }
            Received::Pong(_) => {}
            Received::End(end) => return Err(format!("{end} without a close").into()),
        }
    }
}

fn compression(settings: &Settings) -> Option<Compression> {
    let agreed = settings.permessage_deflate()?;
    let client = Direction {
        bits: agreed.client_max_window_bits.get(),
        no_context: agreed.client_no_context_takeover,
    };
    let server = Direction {
        bits: agreed.server_max_window_bits.get(),
        no_context: agreed.server_no_context_takeover,
    };
    Some(Compression::new(client, server))
}
