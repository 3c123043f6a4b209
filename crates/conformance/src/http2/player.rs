//! Plays the steps of a case on a connection, and says how a stream has ended.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::{Connection, Head as Received, Stream};
use super::echo;
use super::frame::{self, Frame};
use super::hpack::{self, Line};
use super::message::{self, request_base, response_base};
use crate::case::http2::{Action, Base, End, Event, Head, Step};
use crate::case::{Deliver, Role};
use crate::proof::Early;
use crate::text::{self, Names};

/// How long nothing has to come so that it counts as silence.
const QUIET: Duration = Duration::from_millis(200);

/// A connection, and what a case needs to send on it.
pub(crate) struct Player {
    pub(crate) connection: Connection,
    pub(crate) names: Names,
    /// The case's stream.
    pub(crate) stream: u32,
    /// Who is tested.
    pub(crate) role: Role,
    /// Whether the names have the key of a client.
    pub(crate) has_key: bool,
    /// What the steps have said in DATA, by stream.
    pub(crate) said: BTreeMap<u32, Vec<u8>>,
    /// Field lines that are added to the base of a WebSocket, as texts.
    pub(crate) fields: Vec<String>,
    /// Whether the connection is to be reset when it is dropped.
    pub(crate) is_reset: bool,
    /// How many PINGs were sent.
    pings: u64,
}

impl Player {
    pub(crate) fn new(connection: Connection, names: Names, role: Role) -> Self {
        Self {
            connection,
            names,
            stream: 1,
            role,
            has_key: false,
            said: BTreeMap::new(),
            fields: Vec::new(),
            is_reset: false,
            pings: 0,
        }
    }

    /// Plays steps. Those that send are only queued: they go out with the next one that waits, or the next flush.
    ///
    /// # Errors
    ///
    /// What was waited for and did not come, or what is wrong with the case.
    pub(crate) async fn play(&mut self, steps: &[Step]) -> Result<(), String> {
        for step in steps {
            let stream = step.stream.unwrap_or(self.stream);
            if let Action::Await(event) = step.action {
                self.connection.flush().await;
                self.wait(event, stream).await?;
            } else {
                Box::pin(self.act(&step.action, stream)).await?;
            }
        }
        Ok(())
    }

    async fn act(&mut self, action: &Action, stream: u32) -> Result<(), String> {
        match action {
            Action::Head(head) => return self.head(head, stream).await,
            Action::Data { bytes, end, pad, split } => {
                let bytes = self.bytes(bytes)?;
                self.said.entry(stream).or_default().extend(&bytes);
                let size = split.unwrap_or(16_384).max(1);
                let mut chunks = bytes.chunks(size).peekable();
                if chunks.peek().is_none() {
                    self.connection.queue(&Frame::data(stream, &[], *end, *pad));
                }
                while let Some(chunk) = chunks.next() {
                    let end = *end && chunks.peek().is_none();
                    self.connection.queue(&Frame::data(stream, chunk, end, *pad));
                }
            }
            Action::Trailers { lines, open } => {
                let tables = &mut self.connection.tables;
                let frame = message::trailers(lines, *open, stream, tables, &self.names);
                self.connection.queue(&frame.map_err(|error| error.to_string())?);
            }
            Action::Reset(code) => self.connection.queue(&Frame::reset(stream, code.0)),
            Action::Window(by) => self.connection.queue(&Frame::window_update(stream, *by)),
            Action::Settings(settings) => {
                let settings: Vec<_> = settings.iter().map(|setting| (setting.0, setting.1)).collect();
                self.connection.queue(&Frame::settings(&settings));
            }
            Action::Ping(bytes) => {
                let bytes = self.bytes(bytes)?;
                self.connection.queue(&Frame::new(frame::PING, 0, 0, bytes));
            }
            Action::GoAway { code, last } => self.connection.queue(&Frame::go_away(*last, code.0)),
            Action::Frame { kind, flags, payload, times } => {
                let frame = Frame::new(kind.0, *flags, stream, self.bytes(payload)?);
                for _ in 0..*times {
                    self.connection.queue(&frame);
                }
            }
            Action::Raw(bytes) => {
                let bytes = self.bytes(bytes)?;
                self.connection.queue_raw(&bytes);
            }
            Action::Disconnect { reset } => {
                self.connection.flush().await;
                if *reset {
                    self.is_reset = true;
                    self.connection.wire().reset();
                } else {
                    self.connection.wire().half_close().await;
                }
            }
            Action::Await(_) => {}
        }
        Ok(())
    }

    /// Queues a head, and what stands between its frames.
    pub(crate) async fn head(&mut self, head: &Head, stream: u32) -> Result<(), String> {
        if head.base == Base::Silence {
            return Ok(());
        }
        let base = self.base(head)?;
        let framed = message::framed(head, base, stream, &mut self.connection.tables, &self.names);
        let framed = framed.map_err(|error| error.to_string())?;
        self.connection.queue(&framed.first);
        Box::pin(self.play(&head.between)).await?;
        for frame in &framed.rest {
            self.connection.queue(frame);
        }
        Ok(())
    }

    /// Writes what is queued.
    pub(crate) async fn send(&mut self, how: &Deliver) {
        self.connection.flush_as(how).await;
    }

    /// Returns the lines of a head, as they are sent.
    pub(crate) fn lines(&self, head: &Head) -> Result<Vec<Line>, String> {
        message::lines(head, self.base(head)?, &self.names).map_err(|error| error.to_string())
    }

    fn base(&self, head: &Head) -> Result<Vec<Line>, String> {
        if self.role == Role::Client {
            let accept = self.has_key.then_some(self.names.accept.as_str());
            return Ok(response_base(head, accept));
        }
        let mut lines = request_base(head.base, &self.names);
        if matches!(head.base, Base::Websocket | Base::Get) {
            for text in &self.fields {
                let (name, value) = hpack::line(&self.bytes(text)?);
                lines.push((name.to_ascii_lowercase(), value));
            }
        }
        Ok(lines)
    }

    fn bytes(&self, text: &str) -> Result<Vec<u8>, String> {
        text::bytes(text, &self.names).map_err(|error| error.to_string())
    }

    async fn wait(&mut self, event: Event, id: u32) -> Result<(), String> {
        let connection = &mut self.connection;
        let came = match event {
            Event::Head => connection.until(|on| on.is(id, |stream| stream.final_head().is_some())).await,
            Event::Accepted => {
                let accepts = |status| (200..300).contains(&status);
                let is_final = |on: &Connection| {
                    on.is(id, |stream| stream.final_head().is_some() || stream.is_over()) || on.is_over()
                };
                connection.until(is_final).await
                    && connection.stream(id).final_head().is_some_and(|head| accepts(head.status()))
            }
            Event::Request => connection.until(|on| on.is(id, |stream| !stream.heads.is_empty())).await,
            Event::Answer => {
                let is_whole = |on: &Connection| {
                    on.is(id, |stream| stream.final_head().is_some() && stream.is_over()) || on.is_over()
                };
                connection.until(is_whole).await && connection.stream(id).final_head().is_some()
            }
            Event::Settings => connection.until(Connection::is_settled).await,
            Event::Pong => connection.until(|on| !on.pongs.is_empty()).await,
            Event::Data => connection.until(|on| on.is(id, |stream| stream.received > 0)).await,
            Event::End => connection.until(|on| on.is(id, |stream| stream.ended)).await,
            Event::Reset => connection.until(|on| on.is(id, |stream| stream.reset.is_some())).await,
            Event::GoAway => connection.until(|on| on.go_away.is_some()).await,
            Event::Close => return echo::close(connection, id, self.role).await,
            Event::Echoed => {
                let said = self.said.remove(&id).unwrap_or_default();
                return echo::echoes(connection, id, self.role, &Early::read(&said)?).await;
            }
            Event::Echo => return echo::echo(connection, id, self.role).await,
            Event::LargeEcho => return echo::large_echo(connection, id, self.role).await,
            Event::Quiet => {
                let before = connection.stream(id).frames;
                connection.idle(QUIET).await;
                connection.stream(id).frames == before
            }
            Event::Gone => return self.is_gone(id).await,
        };
        if came { Ok(()) } else { Err(format!("waited for {event:?} on stream {id}; {}", self.state(id))) }
    }

    /// Waits until a PING is answered.
    pub(crate) async fn is_alive(&mut self) -> Result<(), String> {
        self.pings += 1;
        let payload = (0x7773_0000 + self.pings).to_be_bytes();
        self.connection.queue(&Frame::new(frame::PING, 0, 0, payload));
        if self.connection.until(|on| on.pongs.iter().any(|pong| *pong == payload)).await {
            return Ok(());
        }
        Err(format!("a PING is not answered; {}", self.state(self.stream)))
    }

    /// Checks that nothing comes on a stream any more, and that the connection works.
    pub(crate) async fn is_gone(&mut self, id: u32) -> Result<(), String> {
        self.is_alive().await?;
        self.connection.idle(QUIET).await;
        let stream = self.connection.stream(id);
        if stream.frames == stream.before_pong && !self.connection.is_over() {
            return Ok(());
        }
        Err(format!("something came on a stream that is reset; {}", self.state(id)))
    }

    /// Waits for the answer on a stream.
    pub(crate) async fn answer(&mut self, id: u32, tunnel: bool) -> End {
        let accepts = |status: u16| tunnel && (200..300).contains(&status);
        let is_over = |on: &Connection| {
            on.is_over()
                || on.is_left_out(id)
                || on.is(id, |stream| {
                    stream.is_over() || stream.final_head().is_some_and(|head| accepts(head.status()))
                })
        };
        self.connection.until(is_over).await;
        let stream = self.connection.stream(id);
        let whole = stream.is_over();
        match stream.final_head().map(Received::status) {
            Some(status) if accepts(status) => End::Accepted,
            // A connection error cuts off a response, and says more than it.
            Some(status) if whole || !self.connection.is_over() => End::Responded { status, whole },
            _ => self.end(id),
        }
    }

    /// Waits for the end of a stream.
    pub(crate) async fn ending(&mut self, id: u32) -> End {
        self.connection.until(|on| on.is_over() || on.is(id, Stream::is_over)).await;
        self.end(id)
    }

    /// Returns how a stream has ended so far.
    pub(crate) fn end(&mut self, id: u32) -> End {
        let left_out = self.connection.is_left_out(id);
        let stream = self.connection.stream(id);
        match (stream.reset, stream.ended, self.connection.go_away) {
            (Some(code), ..) => End::Reset(code),
            (None, true, _) => End::Ended,
            (None, false, Some((_, code))) if code != 0 || left_out => End::GoAway(code),
            _ if self.connection.is_closed() => End::Closed,
            _ => End::Silent,
        }
    }

    /// Says what is known of a stream.
    pub(crate) fn state(&mut self, id: u32) -> String {
        let heads: Vec<_> =
            self.connection.stream(id).heads.iter().map(|head| head.status().to_string()).collect();
        let status = match self.role {
            Role::Server if !heads.is_empty() => format!(", status {}", heads.join(", ")),
            _ => String::new(),
        };
        let mut state = format!("stream {id}: {}{status}", self.end(id).describe());
        if self.connection.is_closed() {
            state.push_str(", the connection is closed");
        } else if self.connection.wire().deadline() <= Instant::now() {
            state.push_str(", the time is up");
        }
        state
    }
}
