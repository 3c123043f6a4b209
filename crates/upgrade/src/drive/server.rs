//! The server's side of the driver: one request, on a stream that is there.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::head::Scan;
use proto::server::RequestError;

use super::deadline::Deadline;
use super::reads::Reads;
use super::stream::{Runtime, Sending, Stream, read, send};
use crate::head::{RequestHead, append};
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::answer::Answer;
use crate::server::error::HandleError;
use crate::server::options::ServerOptions;
use crate::settings::Settings;
use crate::upgraded::{Socket, Upgraded};

/// Server: answers a request that an HTTP server has parsed.
pub(crate) async fn handle_upgrade_request<R: Runtime, B, S: Stream<R>>(
    request: &http::Request<B>,
    socket: Socket<S>,
    options: &ServerOptions,
    mut deadline: Deadline<R::Sleep>,
) -> Result<Upgraded<S>, HandleError> {
    let Socket { mut io, read_buf } = socket;
    let mut answer = Answer::to_http(request, options);
    let settings = settle(&mut io, &mut answer, options, &mut deadline).await?;
    Ok(Upgraded::on_server(io, read_buf, settings, ()))
}

/// Server: reads a request and answers it.
pub(crate) async fn accept<R: Runtime, S: Stream<R>>(
    mut io: S,
    options: &ServerOptions,
    mut info: HandshakeInfo,
    mut deadline: Deadline<R::Sleep>,
) -> Result<Upgraded<S, RequestHead>, HandleError> {
    let (mut received, mut scan) = (Vec::new(), Scan::default());
    let judge = |received: &[u8], info: &HandshakeInfo| Answer::to_bytes(received, &mut scan, options, info);
    let mut answer = read_head(&mut io, &mut received, options, &mut info, &mut deadline, judge).await?;
    let settings = settle(&mut io, &mut answer, options, &mut deadline).await?;
    let (head, rest) = received.split_at(answer.head_len.min(received.len()));
    let (head, read_buf) = (RequestHead::new(head), Bytes::copy_from_slice(rest));
    Ok(Upgraded::on_server(io, read_buf, settings, head))
}

/// Reads until there is enough to judge. A client that does not get that far is answered here.
pub(super) async fn read_head<R: Runtime, S: Stream<R>, T>(
    io: &mut S,
    received: &mut Vec<u8>,
    options: &ServerOptions,
    info: &mut HandshakeInfo,
    deadline: &mut Deadline<R::Sleep>,
    mut judge: impl FnMut(&[u8], &HandshakeInfo) -> Option<T>,
) -> Result<T, HandleError> {
    let reading = async {
        let mut reads = Reads::default();
        loop {
            let arrived = read(&mut reads, io, |bytes| {
                append(received, bytes);
                bytes.len()
            });
            if arrived.await? == 0 {
                return Ok(None);
            }
            info.note_bytes();
            if let Some(judged) = judge(received, info) {
                return Ok(Some(judged));
            }
        }
    };
    match deadline.within(reading).await {
        Ok(Ok(Some(judged))) => Ok(judged),
        Ok(Ok(None)) if received.trim_ascii().is_empty() => Err(HandleError::Closed),
        Ok(Ok(None)) => {
            let mut answer = Answer::refuse(RequestError::closed(), info);
            Box::pin(settle(io, &mut answer, options, deadline)).await?;
            Err(HandleError::Closed)
        }
        Ok(Err(error)) => {
            event::broken(&error, info);
            Err(HandleError::Io(error))
        }
        Err(_) => {
            let error = RequestError::deadline();
            send_without_waiting(io, &Answer::refuse(error, info).bytes);
            Err(HandleError::Rejected(error))
        }
    }
}

/// Sends an answer, and takes the settings from it; a rejection's connection is closed in stages (RFC 9112 §9.6), or
/// a reset could erase the answer before the client has read it.
pub(super) async fn settle<R: Runtime, S: Stream<R>>(
    io: &mut S,
    Answer { bytes, outcome, .. }: &mut Answer,
    options: &ServerOptions,
    deadline: &mut Deadline<R::Sleep>,
) -> Result<Settings, HandleError> {
    match outcome {
        Ok((settings, acceptance)) => {
            let sent = deadline.within(send(io, bytes)).await;
            match sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(()) => {
                    acceptance.sent(settings);
                    Ok(std::mem::take(settings))
                }
                Err(error) => {
                    acceptance.broken(&error);
                    Err(HandleError::Io(error))
                }
            }
        }
        Err(error) => {
            // Boxed so that a connection that waits does not hold the state of a refusal. The result is ignored: the
            // request was refused whether or not the client received the answer.
            let _ = Box::pin(refuse(io, bytes, options.discarded(), deadline)).await;
            Err(HandleError::Rejected(*error))
        }
    }
}

/// Sends a refusal, ends the sending side, and discards what still comes until the client closes.
///
/// It fails if the answer can't be sent. Once the answer is sent, it does not matter how the client closes.
pub(crate) async fn refuse<R: Runtime, S: Stream<R>>(
    io: &mut S,
    bytes: &[u8],
    discarded: usize,
    deadline: &mut Deadline<R::Sleep>,
) -> io::Result<()> {
    let sent = deadline.within(send(io, bytes)).await;
    sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    let leave = async {
        poll_fn(|context| io.poll_end(context)).await?;
        let (mut reads, mut left) = (Reads::default(), discarded);
        loop {
            match read(&mut reads, io, <[u8]>::len).await? {
                0 => return Ok(()),
                len if len >= left => return Ok(()),
                len => left -= len,
            }
        }
    };
    let _: Result<io::Result<()>, _> = deadline.within(leave).await;
    Ok(())
}

/// Tries once to send an answer for which no time is left.
pub(super) fn send_without_waiting<R, S: Stream<R>>(io: &mut S, bytes: &[u8]) {
    /// Reads of bytes that have arrived already, so that closing does not reset the connection.
    const READS: usize = 16;
    let mut context = Context::from_waker(Waker::noop());
    io.hurry();
    let mut sending = Sending { left: bytes, sent: false };
    if !matches!(sending.poll(io, &mut context), Poll::Ready(Ok(()))) {
        return;
    }
    let _ = io.poll_end(&mut context);
    for _ in 0..READS {
        if !matches!(io.poll_read_some(&mut context, &mut <[u8]>::len), Poll::Ready(Ok(1..))) {
            return;
        }
    }
}
