//! What happened at which time: all attempts of a handshake, with their bytes.

use std::time::{Duration, Instant, SystemTime};

use websocket_upgrade::{ClientEvent, Phase};
use websocket_upgrade_conformance::judge::{self, Judgement, Sent, Start};

/// The events of a connection, with their times.
#[derive(Debug)]
pub(super) struct Recording {
    begun: Instant,
    attempts: Vec<Attempt>,
}

/// One request, its way and its responses. Times are since the beginning of everything.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Without user information and query.
    pub(super) url: String,
    /// The time of the clock at the beginning.
    pub(super) at: SystemTime,
    pub(super) begun: Duration,
    pub(super) ended: Duration,
    /// The phases, each with the time at which it began.
    phases: Vec<(Phase, Duration)>,
    pub(super) request: Option<Message>,
    sent: Option<Duration>,
    /// What was received, with the times.
    received: Vec<(Duration, usize)>,
    pub(super) bytes: Vec<u8>,
    pub(super) responses: Vec<Vec<(String, Vec<u8>)>>,
}

/// A head as it was sent.
#[derive(Debug)]
pub(super) enum Message {
    /// Over HTTP/1.1.
    Bytes(Vec<u8>),
    /// Over HTTP/2: the fields, pseudo-header fields first.
    Fields(Vec<(String, Vec<u8>)>),
}

impl Message {
    /// The fields, in order. Over HTTP/2 the pseudo-header fields are among them.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self {
            Self::Bytes(bytes) => fields_of(&judge::request(bytes)),
            Self::Fields(fields) => fields.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        }
    }

    /// The values of all lines of a field.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let fields = self.fields().into_iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        fields.map(|(_, value)| value).collect()
    }
}

/// The fields of a head, as text.
pub(super) fn fields_of(judgement: &Judgement) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    judgement.fields.iter().map(|field| (text(&field.name), text(&field.value))).collect()
}

/// A part of an attempt with its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) name: &'static str,
    pub(super) begin: Duration,
    pub(super) end: Duration,
}

impl Default for Recording {
    fn default() -> Self {
        Self::new()
    }
}

impl Recording {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), attempts: Vec::new() }
    }

    pub(super) fn note(&mut self, event: ClientEvent<'_>) {
        let now = self.begun.elapsed();
        if let ClientEvent::Attempt(url) = event {
            let begun = self.attempts.last().map_or(Duration::ZERO, |_| now);
            if let Some(last) = self.attempts.last_mut() {
                last.ended = now;
            }
            self.attempts.push(Attempt::new(url, begun));
            return;
        }
        let Some(attempt) = self.attempts.last_mut() else { return };
        match event {
            ClientEvent::Phase(phase) => attempt.phases.push((phase, now)),
            // A request over HTTP/1.1 may follow one over HTTP/2 that was not possible.
            ClientEvent::Request(bytes) => attempt.request = Some(Message::Bytes(bytes.to_vec())),
            ClientEvent::Http2Request { uri, headers } => {
                let mut fields = vec![
                    (":method".to_owned(), b"CONNECT".to_vec()),
                    (":protocol".to_owned(), b"websocket".to_vec()),
                    (":scheme".to_owned(), uri.scheme_str().unwrap_or_default().into()),
                    (
                        ":authority".to_owned(),
                        uri.authority().map(http::uri::Authority::as_str).unwrap_or_default().into(),
                    ),
                    (
                        ":path".to_owned(),
                        uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default().into(),
                    ),
                ];
                fields.extend(pairs(headers));
                attempt.request = Some(Message::Fields(fields));
            }
            ClientEvent::Http2Response { status, headers } => {
                let mut fields = vec![(":status".to_owned(), status.as_str().into())];
                fields.extend(pairs(headers));
                attempt.responses.push(fields);
                attempt.received.push((now, 0));
            }
            ClientEvent::Sent => attempt.sent = Some(now),
            ClientEvent::Received(bytes) => {
                attempt.bytes.extend_from_slice(bytes);
                attempt.received.push((now, attempt.bytes.len()));
            }
            _ => {}
        }
    }

    /// The attempts, of which the last one has ended now.
    pub(super) fn finish(mut self) -> Vec<Attempt> {
        if let Some(last) = self.attempts.last_mut() {
            last.ended = self.begun.elapsed();
        }
        self.attempts
    }
}

fn pairs(headers: &http::HeaderMap) -> impl Iterator<Item = (String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
}

impl Attempt {
    fn new(url: &str, begun: Duration) -> Self {
        Self {
            url: url.to_owned(),
            at: SystemTime::now(),
            begun,
            ended: begun,
            phases: Vec::new(),
            request: None,
            sent: None,
            received: Vec::new(),
            bytes: Vec::new(),
            responses: Vec::new(),
        }
    }

    /// Whether the request has been sent. It is made before there is a connection.
    pub(super) fn was_sent(&self) -> bool {
        self.sent.is_some()
    }

    /// Whether the request went over HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self.request, Some(Message::Fields(_)))
    }

    /// The request target.
    pub(super) fn target(&self) -> Option<String> {
        match self.request.as_ref()? {
            Message::Fields(_) => self.request.as_ref()?.values(":path").into_iter().next(),
            Message::Bytes(bytes) => match judge::request(bytes).start {
                Start::Request { target, .. } => Some(target.text()),
                _ => None,
            },
        }
    }

    /// What the judge says of the request that was sent.
    fn sent(&self) -> Sent {
        match &self.request {
            Some(Message::Bytes(bytes)) => judge::request(bytes).sent(),
            Some(Message::Fields(fields)) => judge::connect(fields).sent(),
            None => Sent::default(),
        }
    }

    /// The judgement of each response, the interim ones first. Empty if there is none.
    pub(super) fn judgements(&self) -> Vec<Judgement> {
        let sent = self.sent();
        if self.responses.is_empty() {
            if self.bytes.is_empty() { Vec::new() } else { judge::responses(&self.bytes, &sent) }
        } else {
            self.responses.iter().map(|fields| judge::connect_response(fields, &sent)).collect()
        }
    }

    /// The heads of the responses over HTTP/1.1, and the bytes behind the last one.
    pub(super) fn heads(&self, judgements: &[Judgement]) -> (Vec<&[u8]>, &[u8]) {
        let mut rest = &*self.bytes;
        let heads = judgements
            .iter()
            .map(|judgement| {
                let len = if judgement.whole { judgement.len } else { rest.len() };
                let (head, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
                rest = behind;
                head
            })
            .collect();
        (heads, rest)
    }

    /// The parts of the attempt: its phases, of which the handshake is split where the request was sent.
    pub(super) fn spans(&self) -> Vec<Span> {
        let ends = self.phases.iter().skip(1).map(|(_, begin)| *begin).chain([self.ended]);
        let mut spans = Vec::new();
        for ((phase, begin), end) in self.phases.iter().copied().zip(ends) {
            if phase != Phase::Handshake {
                spans.push(Span { name: phase.name(), begin, end });
                continue;
            }
            let sent = self.sent.filter(|sent| (begin..=end).contains(sent));
            match sent {
                None => spans.push(Span { name: "request", begin, end }),
                Some(sent) => {
                    let mut times = self.received.iter().map(|(at, _)| *at);
                    let last = times.rfind(|at| (sent..=end).contains(at));
                    spans.push(Span { name: "request", begin, end: sent });
                    spans.push(Span { name: "response", begin: sent, end: last.unwrap_or(end) });
                }
            }
        }
        spans
    }

    /// The status of the final response, or the last one.
    pub(super) fn status(&self) -> Option<u16> {
        self.judgements().last().and_then(|judgement| judgement.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_and_bytes_become_spans() {
        let mut recording = Recording::new();
        for event in [
            ClientEvent::Phase(Phase::Connect),
            ClientEvent::Attempt("ws://a.example/"),
            ClientEvent::Phase(Phase::Resolve),
            ClientEvent::Phase(Phase::Connect),
            ClientEvent::Request(b"GET / HTTP/1.1\r\n\r\n"),
            ClientEvent::Phase(Phase::Handshake),
            ClientEvent::Sent,
            ClientEvent::Received(b"HTTP/1.1 302 "),
            ClientEvent::Received(b"Found\r\nLocation: /x\r\n\r\nbody"),
            ClientEvent::Attempt("ws://a.example/x"),
            ClientEvent::Phase(Phase::Connect),
        ] {
            recording.note(event);
        }
        let attempts = recording.finish();
        let [first, second] = &attempts[..] else { panic!("{attempts:?}") };
        let names = |attempt: &Attempt| attempt.spans().iter().map(|span| span.name).collect::<Vec<_>>();
        assert_eq!(names(first), ["resolve", "connect", "request", "response"]);
        assert_eq!(names(second), ["connect"]);
        for pair in first.spans().windows(2) {
            assert_eq!(pair[0].end, pair[1].begin);
        }
        assert!(first.begun <= first.ended && first.ended <= second.begun);
        let judgements = first.judgements();
        let (heads, behind) = first.heads(&judgements);
        assert_eq!((heads.len(), behind, first.status()), (1, &b"body"[..], Some(302)));
        assert!(second.judgements().is_empty() && second.status().is_none());
    }
}
