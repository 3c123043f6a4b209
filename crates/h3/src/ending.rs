//! What is done in the background for a stream that is dropped.
//!
//! If this side was ended with FIN, the connection is kept until the peer has received everything: with the last user
//! of a connection QUIC discards what has not arrived. What still comes is read for a moment, since a peer that is
//! told to stop may give up the whole stream, and with it our end.

use std::sync::Arc;
use std::time::Duration;

use http3::error::Code;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::codes;
use crate::frames::receiving::Receiving;
use crate::frames::sending::Sending;

/// What is kept while a stream lives: its slot, and the task that drives its connection.
pub(crate) type Hold = Arc<dyn Send + Sync>;

/// The time that the peer has to receive the end of a stream.
const LINGER: Duration = Duration::from_secs(10);

/// The time in which the peer's own end is awaited, before it is told to stop.
const MOMENT: Duration = Duration::from_secs(1);

/// Bytes that are read and discarded in that time at the most: one window.
const DISCARDED: usize = 64 * 1024;

/// Ends a stream that is about to be dropped, and keeps `hold` until the peer has received the end. A peer that goes on
/// sending is stopped with the code.
pub(crate) fn end(sending: &Sending, receiving: &mut Receiving, code: Code, hold: Hold) {
    // Where there is no runtime, nothing can be awaited.
    if let (true, Ok(runtime)) = (sending.is_finished(), Handle::try_current()) {
        let (stopped, receiving) = (sending.stopped(), receiving.take());
        runtime.spawn(async move {
            let linger = async {
                if let Some(mut receiving) = receiving {
                    let _ = timeout(MOMENT, discard(&mut receiving)).await;
                    // It fails only if the stream has ended.
                    let _ = receiving.stop(codes::to_varint(code));
                }
                stopped.await;
            };
            let _ = timeout(LINGER, linger).await;
            drop(hold);
        });
    }
    // Dropped, the halves cancel what has not ended.
}

async fn discard(receiving: &mut quinn::RecvStream) {
    let mut left = DISCARDED;
    while let Ok(Some(chunk)) = receiving.read_chunk(left, true).await {
        left = left.saturating_sub(chunk.bytes.len());
        if left == 0 {
            break;
        }
    }
}
