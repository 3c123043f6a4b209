//! One side of an HTTP/2 connection: what came, what may be sent, and what the peer did wrong.
//!
//! It sends whatever it is told to, valid or not. It answers SETTINGS and PING, and gives back what it has read of the
//! windows, so that a peer is never held up by us unless a case says so.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::frame::{self, Frame};
use super::hpack::{Line, Tables};
use crate::case::Deliver;
use crate::case::http2::{ENABLE_CONNECT_PROTOCOL, INITIAL_WINDOW_SIZE, kind_name};
use crate::wire::{self, Arrival};

/// The largest frame that the suite allows a peer (RFC 9113 §6.5.2).
const FRAME: usize = 16_384;

/// The initial windows of both sides (RFC 9113 §6.9.2).
const WINDOW: i64 = 65_535;

/// The largest window (RFC 9113 §6.9.1).
const LARGEST_WINDOW: i64 = 0x7fff_ffff;

/// A connection to a peer.
#[expect(clippy::struct_excessive_bools, reason = "these are facts that do not depend on each other")]
pub(crate) struct Connection {
    wire: wire::Connection,
    output: Vec<u8>,
    write_failed: bool,
    pub(crate) tables: Tables,
    /// Whether SETTINGS are acknowledged.
    pub(crate) acknowledges: bool,
    pub(crate) streams: BTreeMap<u32, Stream>,
    /// The peer's settings, as they came; `None` before its first SETTINGS.
    settings: Option<Vec<(u16, u32)>>,
    /// How many of our SETTINGS are not acknowledged.
    unacknowledged: u32,
    /// The answers to PING.
    pub(crate) pongs: Vec<Vec<u8>>,
    /// The last GOAWAY: stream and code.
    pub(crate) go_away: Option<(u32, u32)>,
    /// What the peer did against the specification, whatever the case is about.
    pub(crate) broken: Vec<String>,
    /// What cannot be read on: everything behind it is ignored.
    unreadable: bool,
    send_window: i64,
    receive_window: i64,
    /// The initial window of streams that the peer wants, and ours.
    peers_initial: i64,
    our_initial: i64,
    /// A field block that is not complete.
    block: Option<Block>,
    pushes: bool,
}

/// What is known of a stream.
#[derive(Default)]
pub(crate) struct Stream {
    pub(crate) heads: Vec<Head>,
    /// Bytes that came in DATA frames and were not taken yet.
    pub(crate) data: Vec<u8>,
    /// How many bytes came in DATA frames.
    pub(crate) received: usize,
    /// How many DATA and HEADERS frames came.
    pub(crate) frames: usize,
    /// How many of them came before the last answer to a PING.
    pub(crate) before_pong: usize,
    pub(crate) ended: bool,
    pub(crate) reset: Option<u32>,
    pub(crate) we_ended: bool,
    send_window: i64,
    receive_window: i64,
}

/// A field section as it came.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) lines: Vec<Line>,
}

struct Block {
    stream: u32,
    end: bool,
    bytes: Vec<u8>,
    /// It is of a `PUSH_PROMISE`.
    promised: bool,
}

impl Head {
    /// Returns the value of the first line with a name.
    pub(crate) fn value(&self, name: &str) -> Option<&[u8]> {
        self.lines.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| &value[..])
    }

    /// Returns the status of a response, or 0.
    pub(crate) fn status(&self) -> u16 {
        let status = self.value(":status").and_then(|value| std::str::from_utf8(value).ok());
        status.and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// Returns whether another response follows this one. None follows a 101, which HTTP/2 does not have.
    pub(crate) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status()) && self.status() != 101
    }
}

impl Stream {
    /// Returns the first head that is not of an interim response.
    pub(crate) fn final_head(&self) -> Option<&Head> {
        self.heads.iter().find(|head| !head.is_interim())
    }

    /// Returns whether nothing more can come.
    pub(crate) fn is_over(&self) -> bool {
        self.ended || self.reset.is_some()
    }
}

impl Connection {
    pub(crate) fn new(wire: wire::Connection) -> Self {
        Self {
            wire,
            output: Vec::new(),
            write_failed: false,
            tables: Tables::new(),
            acknowledges: true,
            streams: BTreeMap::new(),
            settings: None,
            unacknowledged: 0,
            pongs: Vec::new(),
            go_away: None,
            broken: Vec::new(),
            unreadable: false,
            send_window: WINDOW,
            receive_window: WINDOW,
            peers_initial: WINDOW,
            our_initial: WINDOW,
            block: None,
            pushes: false,
        }
    }

    /// Returns what is known of a stream.
    pub(crate) fn stream(&mut self, id: u32) -> &mut Stream {
        let (send_window, receive_window) = (self.peers_initial, self.our_initial);
        self.streams.entry(id).or_insert_with(|| Stream { send_window, receive_window, ..Stream::default() })
    }

    /// Returns whether something is so of a stream that something has come on.
    pub(crate) fn is(&self, id: u32, is_so: impl Fn(&Stream) -> bool) -> bool {
        self.streams.get(&id).is_some_and(is_so)
    }

    /// Returns whether the peer has said that it will not look at a stream of ours.
    pub(crate) fn is_left_out(&self, id: u32) -> bool {
        self.go_away.is_some_and(|(last, _)| last < id)
    }

    /// Returns whether the peer supports extended CONNECT (RFC 8441 §3).
    pub(crate) fn supports_connect(&self) -> bool {
        let settings = self.settings.iter().flatten();
        settings.rev().find(|(id, _)| *id == ENABLE_CONNECT_PROTOCOL).is_some_and(|(_, value)| *value == 1)
    }

    /// Returns whether the peer's settings have come.
    pub(crate) fn has_settings(&self) -> bool {
        self.settings.is_some()
    }

    /// Returns whether all of our settings are acknowledged.
    pub(crate) fn is_settled(&self) -> bool {
        self.settings.is_some() && self.unacknowledged == 0
    }

    /// Returns whether the peer has ended the connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.wire.end().is_some() || self.unreadable
    }

    /// Returns whether the peer has ended the connection, or says that it will because of an error.
    pub(crate) fn is_over(&self) -> bool {
        self.is_closed() || self.go_away.is_some_and(|(_, code)| code != 0)
    }

    /// Returns when the exchange must be over.
    pub(crate) fn deadline(&self) -> Instant {
        self.wire.deadline()
    }

    /// Returns the connection that carries this one.
    pub(crate) fn wire(&mut self) -> &mut wire::Connection {
        &mut self.wire
    }

    /// Returns the connection that carries this one.
    pub(crate) fn into_wire(self) -> wire::Connection {
        self.wire
    }

    /// Adds bytes to the next write.
    pub(crate) fn queue_raw(&mut self, bytes: &[u8]) {
        self.output.extend(bytes);
    }

    /// Adds a frame to the next write, and remembers what it changes.
    pub(crate) fn queue(&mut self, frame: &Frame) {
        match frame.kind {
            frame::SETTINGS if !frame.has(frame::ACK) && frame.stream == 0 => {
                self.unacknowledged += 1;
                for (id, value) in frame.settings_in() {
                    match id {
                        INITIAL_WINDOW_SIZE => self.change_our_initial(value.into()),
                        2 => self.pushes = value == 1,
                        _ => {}
                    }
                }
            }
            frame::DATA => {
                let length = i64::try_from(frame.payload.len()).unwrap_or(i64::MAX);
                self.send_window -= length;
                let stream = self.stream(frame.stream);
                stream.send_window -= length;
                stream.we_ended |= frame.has(frame::END_STREAM);
            }
            frame::HEADERS => self.stream(frame.stream).we_ended |= frame.has(frame::END_STREAM),
            frame::WINDOW_UPDATE => {
                let by = i64::from(frame.number_at(0).unwrap_or_default());
                match frame.stream {
                    0 => self.receive_window += by,
                    id => self.stream(id).receive_window += by,
                }
            }
            _ => {}
        }
        frame.encode(&mut self.output);
    }

    /// Writes what is queued. A failure is only noted: what the peer has said before can still be read.
    pub(crate) async fn flush(&mut self) {
        self.flush_as(&Deliver::Whole).await;
    }

    /// Writes what is queued, delivered in some way.
    pub(crate) async fn flush_as(&mut self, how: &Deliver) {
        let output = std::mem::take(&mut self.output);
        if !self.write_failed && !output.is_empty() {
            self.write_failed = !self.wire.deliver(&output, how).await;
        }
    }

    /// Reads until something is so. Returns `false` if the deadline or the end of the connection comes before.
    pub(crate) async fn until(&mut self, is_so: impl Fn(&Self) -> bool) -> bool {
        let deadline = self.wire.deadline();
        self.until_time(deadline, is_so).await
    }

    /// Reads for a while, or until the connection ends.
    pub(crate) async fn idle(&mut self, time: Duration) {
        self.until_time(Instant::now() + time, |_| false).await;
    }

    /// Reads until something is so, or a time comes.
    pub(crate) async fn until_time(&mut self, time: Instant, is_so: impl Fn(&Self) -> bool) -> bool {
        loop {
            self.process();
            if !self.output.is_empty() {
                self.flush().await;
                continue;
            }
            if is_so(self) {
                return true;
            }
            if self.is_closed() || self.wire.receive_until(time).await != Arrival::More {
                self.process();
                return is_so(self);
            }
        }
    }

    /// Returns how much may be sent on a stream.
    pub(crate) fn room(&self, id: u32) -> usize {
        let stream = self.streams.get(&id).map_or(self.peers_initial, |stream| stream.send_window);
        let room = self.send_window.min(stream);
        usize::try_from(room).unwrap_or_default()
    }

    /// Takes in all frames that are complete.
    fn process(&mut self) {
        while !self.unreadable {
            match Frame::read(self.wire.received(), FRAME) {
                Ok(Some((frame, length))) => {
                    self.wire.consume(length);
                    self.take(&frame);
                }
                Ok(None) => break,
                Err(large) => {
                    let kind = kind_name(large.kind);
                    self.breaks(format!(
                        "a {kind} frame of {} bytes, above SETTINGS_MAX_FRAME_SIZE",
                        large.length
                    ));
                    self.unreadable = true;
                }
            }
        }
    }

    fn breaks(&mut self, what: impl Into<String>) {
        if self.broken.len() < 8 {
            self.broken.push(what.into());
        }
    }

    fn take(&mut self, frame: &Frame) {
        if self.settings.is_none() && frame.kind != frame::SETTINGS {
            self.breaks(format!("{} as the first frame, not SETTINGS", kind_name(frame.kind)));
            self.settings = Some(Vec::new());
        }
        if self
            .block
            .as_ref()
            .is_some_and(|block| frame.kind != frame::CONTINUATION || frame.stream != block.stream)
        {
            self.breaks(format!("{} within a field block", kind_name(frame.kind)));
            self.block = None;
        }
        match frame.kind {
            frame::DATA => self.take_data(frame),
            frame::HEADERS | frame::CONTINUATION | frame::PUSH_PROMISE => self.take_fields(frame),
            frame::RST_STREAM => {
                let code = frame.number_at(0).unwrap_or_default();
                let stream = self.stream(frame.stream);
                let again = stream.reset.replace(code);
                stream.reset = again.or(stream.reset);
            }
            frame::SETTINGS => self.take_settings(frame),
            frame::PING if frame.has(frame::ACK) => {
                self.pongs.push(frame.payload.clone());
                self.streams.values_mut().for_each(|stream| stream.before_pong = stream.frames);
            }
            frame::PING => self.queue(&Frame::new(frame::PING, frame::ACK, 0, frame.payload.clone())),
            frame::GOAWAY => {
                let (last, code) =
                    (frame.number_at(0).unwrap_or_default(), frame.number_at(4).unwrap_or_default());
                // An error counts, also behind the announcement of a graceful end.
                self.go_away = Some(self.go_away.filter(|(_, code)| *code != 0).unwrap_or((last, code)));
            }
            frame::WINDOW_UPDATE => {
                let by = i64::from(frame.number_at(0).unwrap_or_default() & 0x7fff_ffff);
                let window = match frame.stream {
                    0 => &mut self.send_window,
                    id => &mut self.stream(id).send_window,
                };
                *window += by;
                if *window > LARGEST_WINDOW {
                    self.breaks("a WINDOW_UPDATE that makes a window larger than 2^31-1");
                }
                if by == 0 {
                    self.breaks("a WINDOW_UPDATE of 0");
                }
            }
            _ => {}
        }
    }

    fn take_data(&mut self, frame: &Frame) {
        let id = frame.stream;
        let length = i64::try_from(frame.payload.len()).unwrap_or(i64::MAX);
        let Some(content) = frame.content() else {
            self.breaks("a DATA frame with more padding than payload");
            return;
        };
        self.receive_window -= length;
        let connection_window = self.receive_window;
        let stream = self.stream(id);
        stream.receive_window -= length;
        let exceeded = length > 0 && (stream.receive_window < 0 || connection_window < 0);
        let misplaced = stream.heads.is_empty();
        let closed = stream.is_over();
        stream.frames += 1;
        stream.ended |= frame.has(frame::END_STREAM);
        if !closed {
            stream.received += content.len();
            stream.data.extend(content);
        }
        if exceeded {
            self.breaks(format!("DATA on stream {id} beyond the flow-control window"));
        }
        if misplaced {
            self.breaks(format!("DATA on stream {id} before HEADERS"));
        }
        if closed {
            self.breaks(format!("DATA on stream {id} after its end"));
        }
        if length > 0 {
            let by = u32::try_from(length).unwrap_or(0);
            self.queue(&Frame::window_update(0, by));
            if !frame.has(frame::END_STREAM) && !closed {
                self.queue(&Frame::window_update(id, by));
            }
        }
    }

    fn take_fields(&mut self, frame: &Frame) {
        let promised = frame.kind == frame::PUSH_PROMISE;
        if promised && !self.pushes {
            self.breaks("a PUSH_PROMISE although pushes are not enabled");
        }
        let mut block = match self.block.take() {
            Some(block) => block,
            None if frame.kind == frame::CONTINUATION => {
                self.breaks("a CONTINUATION without a field block to continue");
                return;
            }
            None => {
                let end = frame.has(frame::END_STREAM) && !promised;
                Block { stream: frame.stream, end, bytes: Vec::new(), promised }
            }
        };
        let Some(content) = frame.content() else {
            self.breaks("a HEADERS frame with more padding than payload");
            return;
        };
        block.bytes.extend(if promised { content.get(4..).unwrap_or_default() } else { content });
        if !frame.has(frame::END_HEADERS) {
            self.block = Some(block);
            return;
        }
        let lines = match self.tables.decode(&block.bytes) {
            Ok(lines) => lines,
            Err(error) => {
                self.breaks(format!("a field block that can't be decoded: {error}"));
                Vec::new()
            }
        };
        if block.promised {
            return;
        }
        let stream = self.stream(block.stream);
        let closed = stream.is_over();
        stream.frames += 1;
        stream.ended |= block.end;
        stream.heads.push(Head { lines });
        if closed {
            self.breaks(format!("HEADERS on stream {} after its end", block.stream));
        }
    }

    fn take_settings(&mut self, frame: &Frame) {
        if frame.has(frame::ACK) {
            match self.unacknowledged.checked_sub(1) {
                Some(rest) => self.unacknowledged = rest,
                None => self.breaks("an acknowledgement of settings that were not sent"),
            }
            if !frame.payload.is_empty() {
                self.breaks("an acknowledgement of settings with a payload");
            }
            return;
        }
        for (id, value) in frame.settings_in() {
            if id == INITIAL_WINDOW_SIZE {
                let by = i64::from(value) - self.peers_initial;
                self.peers_initial += by;
                self.streams.values_mut().for_each(|stream| stream.send_window += by);
            }
        }
        self.settings.get_or_insert_default().extend(frame.settings_in());
        if self.acknowledges {
            self.queue(&Frame::new(frame::SETTINGS, frame::ACK, 0, []));
        }
    }

    fn change_our_initial(&mut self, value: i64) {
        let by = value - self.our_initial;
        self.our_initial = value;
        self.streams.values_mut().for_each(|stream| stream.receive_window += by);
    }
}
