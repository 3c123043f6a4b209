//! Lets a client judge a response.

use websocket_upgrade_proto::client::{
    Body, BodyState, Event, Handshake, Request, ResponseError, Truncation,
};
use websocket_upgrade_proto::permessage_deflate::Agreement;

use super::Text;

/// The result of a response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    More,
    Accepted(Accepted),
    Refused { status: u16, body: Text, truncation: Option<Truncation> },
    Failed(ResponseError),
}

/// An accepting response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) subprotocol: Option<String>,
    pub(crate) extensions: String,
    pub(crate) deflate: Option<Agreement>,
    /// The offset of the leftover bytes.
    pub(crate) head_end: usize,
}

/// A verdict, and the statuses of the interim responses before it.
pub(crate) type Seen = (Verdict, Vec<u16>);

/// Delivers a response to a request with the sample nonce, up to each of these ends, until there is a verdict.
pub(crate) fn deliver(
    bytes: &[u8],
    ends: impl IntoIterator<Item = usize>,
    then_close: bool,
    request: Request<'_, '_>,
) -> Seen {
    let handshake = Handshake::new(request, b"the sample nonce");
    let mut session =
        Session { handshake, dropped: 0, buffer: Vec::new(), interim: Vec::new(), refusal: None };
    let mut start = 0;
    for end in ends {
        let verdict = session.receive(&bytes[start..end]);
        if verdict != Verdict::More {
            return (verdict, session.interim);
        }
        start = end;
    }
    let verdict = if then_close { session.close() } else { Verdict::More };
    (verdict, session.interim)
}

struct Session<'p> {
    handshake: Handshake<'p, 'p>,
    /// The number of consumed bytes, and the rest.
    dropped: usize,
    buffer: Vec<u8>,
    interim: Vec<u16>,
    refusal: Option<Refusal>,
}

struct Refusal {
    status: u16,
    body: Body,
    kept: Vec<u8>,
}

impl Session<'_> {
    fn receive(&mut self, bytes: &[u8]) -> Verdict {
        self.buffer.extend_from_slice(bytes);
        if let Some(refusal) = &mut self.refusal {
            return refusal.read(&std::mem::take(&mut self.buffer));
        }
        loop {
            let done = match self.handshake.receive(&mut self.buffer) {
                Ok(Event::NeedMore) => return Verdict::More,
                Ok(Event::Interim { head }) => {
                    self.interim.push(head.status());
                    head.head_len()
                }
                Ok(Event::Accepted { settings, head }) => {
                    return Verdict::Accepted(Accepted {
                        subprotocol: settings.subprotocol().map(str::to_owned),
                        extensions: settings.extensions().as_str().to_owned(),
                        deflate: settings.permessage_deflate(),
                        head_end: self.dropped + head.head_len(),
                    });
                }
                Ok(Event::Refused { head, body }) => {
                    let (status, len) = (head.status(), head.head_len());
                    let refusal = self.refusal.insert(Refusal { status, body, kept: Vec::new() });
                    self.buffer.drain(..len);
                    return refusal.read(&std::mem::take(&mut self.buffer));
                }
                Err(error) => return Verdict::Failed(error),
            };
            self.buffer.drain(..done);
            self.dropped += done;
        }
    }

    fn close(&mut self) -> Verdict {
        match &mut self.refusal {
            Some(refusal) => {
                refusal.body.close(true);
                refusal.verdict()
            }
            None => Verdict::Failed(Handshake::closed()),
        }
    }
}

impl Refusal {
    fn read(&mut self, mut input: &[u8]) -> Verdict {
        while !input.is_empty() && self.body.state() == BodyState::More {
            let (data, done) = self.body.read(input);
            assert!(done > 0, "the body takes nothing and does not end");
            self.kept.extend_from_slice(data);
            input = &input[done..];
        }
        self.verdict()
    }

    fn verdict(&self) -> Verdict {
        let truncation = self.body.truncation();
        match self.body.state() {
            BodyState::More => return Verdict::More,
            BodyState::Complete => assert_eq!(truncation, None),
            BodyState::Truncated => assert_ne!(truncation, None),
        }
        Verdict::Refused { status: self.status, body: Text(self.kept.clone()), truncation }
    }
}
