//! A request that arrives on a server's stream.

use std::io;
use std::task::{Context, Poll, ready};

use websocket_upgrade_proto as proto;

use proto::head::Scan;

use super::reads::Reads;
use super::stream::Stream;
use crate::head::append;
use crate::observe::handshake_info::HandshakeInfo;

/// A request that arrives on a server's stream.
pub(super) struct Reading {
    pub(super) info: HandshakeInfo,
    /// Empty while nothing is kept: a head that arrives whole is judged where it was read to.
    received: Vec<u8>,
    scan: Scan,
    reads: Reads,
}

impl Reading {
    pub(super) fn new(info: HandshakeInfo, reads: Reads) -> Self {
        Self { info, received: Vec::new(), scan: Scan::default(), reads }
    }

    /// Reads until `judge` has a result for all bytes received. The result is `None` at the end of the stream.
    pub(super) fn poll<R, S: Stream<R>, T>(
        &mut self,
        io: &mut S,
        context: &mut Context<'_>,
        mut judge: impl FnMut(&[u8], &mut Scan, &HandshakeInfo) -> Option<T>,
    ) -> Poll<io::Result<Option<T>>> {
        let Self { info, received, scan, reads } = self;
        loop {
            let mut judged = None;
            let mut take = |bytes: &mut [u8]| {
                if bytes.is_empty() {
                    return true;
                }
                info.note_bytes();
                if received.is_empty() {
                    judged = judge(bytes, scan, info);
                    if judged.is_none() {
                        append(received, bytes);
                    }
                } else {
                    append(received, bytes);
                    judged = judge(received, scan, info);
                }
                false
            };
            let ended = ready!(reads.poll(context, |context| io.poll_read_some(context, &mut take)))?;
            if ended || judged.is_some() {
                return Poll::Ready(Ok(judged));
            }
        }
    }

    /// Whether nothing has arrived but empty lines.
    pub(super) fn is_blank(&self) -> bool {
        self.received.trim_ascii().is_empty()
    }
}
