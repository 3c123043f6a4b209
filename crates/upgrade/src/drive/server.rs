//! The server's side of the driver: one request, on a stream that is there.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::server::RequestError;

use super::at_once::at_once;
use super::deadline::{Deadline, DeadlinePassed};
use super::reading::Reading;
use super::reads::Reads;
use super::stream::{Runtime, Sending, Stream, read, send};
use crate::head::{RequestHead, USUAL};
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::accept::Accepted;
use crate::server::answer::{AcceptedRequest, Answer};
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
pub(crate) fn accept<R: Runtime, S: Stream<R>>(
    mut io: S,
    options: &ServerOptions,
    info: HandshakeInfo,
    deadline: impl FnOnce() -> Deadline<R::Sleep>,
) -> impl Future<Output = Result<Upgraded<S, RequestHead>, HandleError>> {
    at_once(move |context| {
        let mut reading = Reading::new(info, Reads::one());
        let attempt = match poll_answered(&mut reading, &mut io, options, context) {
            Poll::Ready(Ok(Some(Answered::Sent(established)))) => return Ok(Ok(established.on(io))),
            attempt => attempt.map(Box::new),
        };
        let mut deadline = deadline();
        Err(Box::pin(async move {
            let read = match attempt {
                Poll::Ready(read) => Ok(*read),
                Poll::Pending => {
                    let poll = poll_fn(|context| poll_answered(&mut reading, &mut io, options, context));
                    deadline.within(poll).await
                }
            };
            match read {
                Ok(Ok(Some(Answered::Sent(established)))) => Ok(established.on(io)),
                // Boxed so that a connection that waits does not hold the state of a refusal.
                read => Box::pin(conclude(io, read, reading, options, deadline)).await,
            }
        }))
    })
}

/// A request that has been answered, or is being answered.
enum Answered {
    /// The answer that accepts has been sent.
    Sent(Established),
    /// A part of the answer that accepts is still to be sent.
    Unsent(Box<(Answer, RequestHead, Bytes)>),
    /// The answer that refuses is still to be sent.
    Refused(Box<Answer>),
}

/// The connection is established.
struct Established {
    settings: Settings,
    head: RequestHead,
    read_buf: Bytes,
}

impl Established {
    /// Handed over with its stream.
    fn on<S>(self, io: S) -> Upgraded<S, RequestHead> {
        Upgraded::on_server(io, self.read_buf, self.settings, self.head)
    }
}

/// Reads a request, and makes the first attempt to send an answer that accepts it: usually the stream takes it at
/// once.
fn poll_answered<R: Runtime, S: Stream<R>>(
    reading: &mut Reading,
    io: &mut S,
    options: &ServerOptions,
    context: &mut Context<'_>,
) -> Poll<io::Result<Option<Answered>>> {
    let mut buffer = [0; USUAL];
    let read = reading.poll(io, context, |received, scan, info| {
        Answer::to_bytes(received, scan, options, info, &mut buffer)
    });
    let AcceptedRequest { accepted: Accepted { answer, settings, acceptance }, head, read_buf } =
        match ready!(read)? {
            Some(Ok(accepted)) => accepted,
            Some(Err(refusal)) => return Poll::Ready(Ok(Some(Answered::Refused(refusal)))),
            None => return Poll::Ready(Ok(None)),
        };
    let mut sending = Sending { left: answer.bytes(&buffer), sent: false };
    Poll::Ready(Ok(Some(match sending.poll(io, context)? {
        Poll::Ready(()) => {
            acceptance.sent(&settings);
            Answered::Sent(Established { settings, head, read_buf })
        }
        Poll::Pending => {
            let answer = Answer { bytes: sending.left.to_vec(), outcome: Ok((settings, acceptance)) };
            Answered::Unsent(Box::new((answer, head, read_buf)))
        }
    })))
}

/// What has been read: `None` at the end of the stream.
pub(super) type Read<T> = Result<io::Result<Option<T>>, DeadlinePassed>;

/// Concludes a handshake by what has been read.
async fn conclude<R: Runtime, S: Stream<R>>(
    mut io: S,
    read: Read<Answered>,
    reading: Reading,
    options: &ServerOptions,
    mut deadline: Deadline<R::Sleep>,
) -> Result<Upgraded<S, RequestHead>, HandleError> {
    match whole(&mut io, read, &reading, options, &mut deadline).await? {
        Answered::Sent(established) => Ok(established.on(io)),
        Answered::Unsent(unsent) => {
            let (mut answer, head, read_buf) = *unsent;
            let settings = settle(&mut io, &mut answer, options, &mut deadline).await?;
            Ok(Established { settings, head, read_buf }.on(io))
        }
        Answered::Refused(mut answer) => {
            settle(&mut io, &mut answer, options, &mut deadline).await?;
            // A refusal's outcome is an error.
            Err(HandleError::Closed)
        }
    }
}

/// What has been read, if it is a whole head. A client that has not got that far is answered here.
pub(super) async fn whole<R: Runtime, S: Stream<R>, T>(
    io: &mut S,
    read: Read<T>,
    reading: &Reading,
    options: &ServerOptions,
    deadline: &mut Deadline<R::Sleep>,
) -> Result<T, HandleError> {
    match read {
        Ok(Ok(Some(judged))) => Ok(judged),
        Ok(Ok(None)) if reading.is_blank() => Err(HandleError::Closed),
        Ok(Ok(None)) => {
            let mut answer = Answer::refuse(RequestError::closed(), &reading.info);
            Box::pin(settle(io, &mut answer, options, deadline)).await?;
            Err(HandleError::Closed)
        }
        Ok(Err(error)) => {
            event::broken(&error, &reading.info);
            Err(HandleError::Io(error))
        }
        Err(DeadlinePassed) => {
            let error = RequestError::deadline();
            send_without_waiting(io, &Answer::refuse(error, &reading.info).bytes);
            Err(HandleError::Rejected(error))
        }
    }
}

/// Sends an answer, and takes the settings from it; a rejection's connection is closed in stages (RFC 9112 §9.6), or
/// a reset could erase the answer before the client has read it.
pub(super) async fn settle<R: Runtime, S: Stream<R>>(
    io: &mut S,
    Answer { bytes, outcome }: &mut Answer,
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
            match read(&mut reads, io, |bytes| bytes.len()).await? {
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
        if !matches!(io.poll_read_some(&mut context, &mut |bytes| bytes.len()), Poll::Ready(Ok(1..))) {
            return;
        }
    }
}
