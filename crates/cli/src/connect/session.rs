//! A session on an established connection.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Sink;
use tokio::signal::ctrl_c;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use websocket_upgrade::{ClientStream, ReplayStream, ResponseHead, Upgraded};
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, Options, Role, WebSocket, WebSocketError};

use super::input::Input;
use super::screen::{Close, Event, Screen, is_good};
use crate::exit::Exit;
use crate::failure::Failure;

/// The frame codec: yawc, which does permessage-deflate with window sizes.
pub(super) type Codec = WebSocket<ReplayStream<ClientStream>>;

/// How long the other side has for its answer to a close.
const CLOSING: Duration = Duration::from_secs(2);

/// Most bytes of a message that is received.
const MESSAGE: usize = 64 * 1024 * 1024;

/// What both sides agreed on.
#[derive(Debug)]
pub(super) struct Agreed {
    subprotocol: Option<String>,
    extensions: String,
    /// Extensions that the codec does not know.
    unknown: bool,
}

/// Hands an established connection over to the codec.
pub(super) trait HandOver: Sized {
    fn of(upgraded: Upgraded<ClientStream, ResponseHead>) -> Result<(Self, Agreed), Failure>;
}

impl HandOver for Codec {
    fn of(upgraded: Upgraded<ClientStream, ResponseHead>) -> Result<(Self, Agreed), Failure> {
        let deflate = upgraded.settings.permessage_deflate();
        let extensions = upgraded.settings.extensions().as_str().to_owned();
        let others = extensions.split(',').filter(|member| !member.trim().is_empty()).count();
        let agreed = Agreed {
            subprotocol: upgraded.settings.subprotocol().map(str::to_owned),
            unknown: others > usize::from(deflate.is_some()),
            extensions,
        };
        let mut options = Options::default().with_utf8().with_limits(MESSAGE, 2 * MESSAGE);
        if let Some(deflate) = deflate {
            options = options.with_balanced_compression();
            if deflate.must_not_compress {
                options = options.with_compression_threshold(usize::MAX);
            }
        }
        let (stream, deflate) = (upgraded.into_stream(), deflate.map(|agreed| agreed.to_string()));
        let socket = Self::from_stream_with_extensions(stream, Role::Client, deflate.as_deref(), options)
            .map_err(|error| Failure::new(Exit::Invalid, error))?;
        Ok((socket, agreed))
    }
}

pub(super) struct Session {
    socket: Codec,
    screen: Screen,
    input: mpsc::Receiver<Input>,
    /// How long the next answer is waited for at the end of the input.
    wait: Duration,
    verbose: bool,
    /// The end of the time for everything.
    until: Option<Instant>,
    /// The frame that is to be sent next.
    outgoing: Option<Frame>,
    unflushed: bool,
    /// Messages that were sent, and those that were received.
    counts: [u64; 2],
    pinged: Option<Instant>,
    phase: Phase,
}

/// How far a session is.
#[derive(Debug)]
enum Phase {
    Open,
    /// The input has ended, and answers are waited for until then.
    Ended(Instant),
    /// A close frame was sent. The exit code is that of an answered close.
    Closing {
        until: Instant,
        exit: Exit,
    },
}

/// What happens next.
enum Next {
    Frame(Frame),
    Input(Option<Input>),
    Failed(WebSocketError),
}

impl Session {
    pub(super) fn new(
        socket: Codec,
        screen: Screen,
        input: mpsc::Receiver<Input>,
        wait: Duration,
        verbose: bool,
        until: Option<Instant>,
    ) -> Self {
        Self {
            socket,
            screen,
            input,
            wait,
            verbose,
            until,
            outgoing: None,
            unflushed: false,
            counts: [0; 2],
            pinged: None,
            phase: Phase::Open,
        }
    }

    /// Runs the session up to its end.
    pub(super) async fn run(mut self, url: &str, agreed: &Agreed) -> Result<Exit, Failure> {
        let done = self.talk(url, agreed).await;
        self.screen.settle();
        done
    }

    async fn talk(&mut self, url: &str, agreed: &Agreed) -> Result<Exit, Failure> {
        let (subprotocol, extensions) = (agreed.subprotocol.as_deref(), agreed.extensions.as_str());
        self.screen.show(Event::Open { url, subprotocol, extensions }, false)?;
        if agreed.unknown {
            let note =
                "note: frames are shown as they are, without the extensions that this tool does not know";
            self.screen.show(Event::Note(note), false)?;
        }
        // One for the whole session, so that no signal is lost between two events.
        let mut interrupted = pin!(ctrl_c());
        loop {
            let wake = match self.phase {
                Phase::Open => None,
                Phase::Ended(until) | Phase::Closing { until, .. } => Some(until),
            };
            let wake = wake.into_iter().chain(self.until).min();
            let woken = async {
                match wake {
                    Some(wake) => sleep_until(wake).await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                biased;
                _ = &mut interrupted => {
                    interrupted.set(ctrl_c());
                    Some(Next::Input(Some(Input::Interrupt)))
                }
                next = poll_fn(|context| self.poll_next(context)) => Some(next),
                () = woken => None,
            };
            let done = match next {
                Some(Next::Frame(frame)) => self.receive(&frame).await?,
                Some(Next::Input(input)) => self.take(input.unwrap_or(Input::End))?,
                Some(Next::Failed(error)) => Some(self.broken(&error)?),
                None => self.woken()?,
            };
            if let Some(exit) = done {
                return Ok(exit);
            }
        }
    }

    /// Reads and writes at the same time: a server that echoes may not read on before its answers are read.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        if let Poll::Ready(read) = self.socket.poll_next_frame(context) {
            return Poll::Ready(read.map_or_else(Next::Failed, Next::Frame));
        }
        if let Poll::Ready(Err(error)) = self.poll_write(context) {
            return Poll::Ready(Next::Failed(error));
        }
        if self.outgoing.is_some() || !matches!(self.phase, Phase::Open) {
            return Poll::Pending;
        }
        self.input.poll_recv(context).map(Next::Input)
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        let mut socket = Pin::new(&mut self.socket);
        if self.outgoing.is_some()
            && socket.as_mut().poll_ready(context)?.is_ready()
            && let Some(frame) = self.outgoing.take()
        {
            socket.as_mut().start_send(frame)?;
            self.unflushed = true;
        }
        if self.unflushed && socket.poll_flush(context)?.is_ready() {
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Takes what the user wants. Returns how the session ends, if it does.
    fn take(&mut self, input: Input) -> Result<Option<Exit>, Failure> {
        match input {
            Input::Text(text) => self.send_message(Frame::text(text)),
            Input::Binary(bytes) => self.send_message(Frame::binary(bytes)),
            Input::Ping(payload) => {
                self.pinged = Some(Instant::now());
                self.outgoing = Some(Frame::ping(payload));
            }
            Input::Close { code, reason } => self.close(code, &reason, Exit::Success),
            Input::Show(text) => self.screen.show(Event::Note(&text), false)?,
            Input::NotText(line) => {
                return Err(Failure::new(Exit::Local, format_args!("line {line} of the input is not UTF-8"))
                    .hint("a text message is UTF-8; --binary sends bytes as they are"));
            }
            Input::Broken(why) => return Err(Failure::new(Exit::Local, why)),
            Input::End => {
                self.phase = Phase::Ended(Instant::now() + self.wait);
                self.close_if_answered();
            }
            // The second time nothing is waited for.
            Input::Interrupt if matches!(self.phase, Phase::Closing { .. }) => {
                return Ok(Some(Exit::Interrupted));
            }
            Input::Interrupt => self.close(1001, "", Exit::Interrupted),
        }
        Ok(None)
    }

    fn send_message(&mut self, frame: Frame) {
        self.counts[0] += 1;
        self.outgoing = Some(frame);
    }

    fn close(&mut self, code: u16, reason: &str, exit: Exit) {
        self.outgoing = Some(Frame::close(CloseCode::from(code), reason));
        self.phase = Phase::Closing { until: Instant::now() + CLOSING, exit };
    }

    /// Closes when the input has ended and each message has an answer.
    fn close_if_answered(&mut self) {
        let [sent, received] = self.counts;
        if matches!(self.phase, Phase::Ended(_)) && received >= sent {
            self.close(1000, "", Exit::Success);
        }
    }

    /// A time is over.
    fn woken(&mut self) -> Result<Option<Exit>, Failure> {
        if self.until.is_some_and(|until| until <= Instant::now()) {
            return Err(Failure::new(Exit::Timeout, "the time of -m is over"));
        }
        if let Phase::Closing { exit, .. } = self.phase {
            // The server does not answer the close. That it is closed is all that was wanted.
            return Ok(Some(exit));
        }
        self.close(1000, "", Exit::Success);
        Ok(None)
    }

    async fn receive(&mut self, frame: &Frame) -> Result<Option<Exit>, Failure> {
        let payload = frame.payload();
        match frame.opcode() {
            OpCode::Text => self.receive_message(Event::Text(&String::from_utf8_lossy(payload)))?,
            OpCode::Binary => self.receive_message(Event::Binary(payload))?,
            OpCode::Ping => self.screen.show(Event::Ping(payload), !self.verbose)?,
            OpCode::Pong => {
                let ms = self.pinged.take().map(|pinged| pinged.elapsed().as_secs_f64() * 1000.0);
                self.screen.show(Event::Pong { payload, ms }, ms.is_none() && !self.verbose)?;
            }
            OpCode::Close => return self.closed(payload).await.map(Some),
            // The codec puts messages together.
            OpCode::Continuation => {}
        }
        Ok(None)
    }

    fn receive_message(&mut self, event: Event<'_>) -> Result<(), Failure> {
        self.screen.show(event, false)?;
        self.counts[1] += 1;
        if let Phase::Ended(until) = &mut self.phase {
            *until = Instant::now() + self.wait;
        }
        self.close_if_answered();
        Ok(())
    }

    /// The server has sent a close frame.
    async fn closed(&mut self, payload: &Bytes) -> Result<Exit, Failure> {
        let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
        let closing = match self.phase {
            Phase::Closing { exit, .. } => Some(exit),
            _ => None,
        };
        self.screen.show(Event::Closed { code, reason: &reason }, closing.is_some() && !self.verbose)?;
        if let Some(exit) = closing {
            return Ok(exit);
        }
        // The codec has its answer ready. It is sent, and the stream is closed.
        let answered = poll_fn(|context| self.socket.poll_next_frame(context).map(drop));
        // The server may not wait for it.
        let _ = tokio::time::timeout(CLOSING, answered).await;
        if is_good(code) {
            return Ok(Exit::Success);
        }
        let close = Close { code, reason: &reason };
        Err(Failure::new(Exit::Closed, format_args!("the server has closed the connection: {close}")))
    }

    /// The connection is of no use any more.
    fn broken(&mut self, error: &WebSocketError) -> Result<Exit, Failure> {
        if let Phase::Closing { exit, .. } = self.phase {
            // The server has left without an answer to the close.
            if error.is_closed() || error.is_io_error() {
                return Ok(exit);
            }
        }
        Err(match error.as_io_error() {
            Some(error) => Failure::new(
                Exit::Closed,
                format_args!("the connection broke: {}", crate::failure::plain(error)),
            ),
            None if error.is_closed() => {
                Failure::new(Exit::Closed, "the server has ended the connection without a close frame")
            }
            None => {
                Failure::new(Exit::Invalid, format_args!("the server breaks the WebSocket protocol: {error}"))
            }
        })
    }
}
