//! Responses, as a client reads them: interim ones, the final one, and the body of a refusal.
//!
//! - Everything that is agreed was offered.
//! - No more of a refusal's body is kept than the limit allows.

use websocket_upgrade_proto::client::{Body, BodyState, Event, Handshake, Options, Request, ResponseError};
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;

use crate::{Input, Text};

/// Checks one input.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let seen = arrive(&input, [input.bytes.len()]);
    with_options(&input, |options| check_seen(&input, options, seen));
}

/// Returns the result of responses that arrive up to these ends.
pub(crate) fn arrive(input: &Input<'_>, ends: impl IntoIterator<Item = usize>) -> Seen {
    with_options(input, |options| deliver(input, ends, options))
}

fn check_seen(input: &Input<'_>, options: &Options<'_, '_>, seen: Seen) {
    assert!(seen.interim.len() <= options.limits.interim, "too many interim responses");
    match seen.verdict {
        Verdict::Accepted { subprotocol, extensions, head_end } => {
            assert!(head_end <= input.bytes.len(), "a head longer than its bytes");
            let offered = |name: &String| options.subprotocols.iter().any(|offered| offered == *name);
            assert!(subprotocol.iter().all(offered), "{subprotocol:?} was not offered");
            assert!(input.chooses(2) || extensions.is_empty(), "{extensions:?} was not offered");
        }
        Verdict::Refused { body, .. } => {
            assert!(body.0.len() <= options.limits.refusal_body, "more of the body than is allowed");
        }
        Verdict::More | Verdict::Failed(_) => {}
    }
}

fn with_options<T>(input: &Input<'_>, test: impl FnOnce(&Options<'_, '_>) -> T) -> T {
    let plain = Plain::new("x-test").expect("a token");
    let deflate = PermessageDeflate::new(Codec::ZLIB);
    test(&options(input, &[&plain, &deflate]))
}

/// Makes the options. The key of the handshake is that of the RFC's sample nonce, so that the sample response matches.
fn options<'p>(input: &Input<'_>, extensions: &'p [&'p dyn Extension]) -> Options<'p, 'p> {
    let mut options = Options::new();
    if input.chooses(0) {
        options.limits.head = 256;
        options.limits.fields = 8;
        options.limits.interim = 1;
        options.limits.refusal_body = 8;
    }
    if input.chooses(1) {
        options.subprotocols = Subprotocols::parse("chat, superchat").expect("tokens");
    }
    if input.chooses(2) {
        options.extensions = extensions;
    }
    options
}

/// The result of the responses, and the statuses of the interim ones.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    verdict: Verdict,
    interim: Vec<u16>,
}

#[derive(Debug, PartialEq)]
enum Verdict {
    More,
    Accepted { subprotocol: Option<String>, extensions: String, head_end: usize },
    Refused { status: u16, body: Text, state: BodyState },
    Failed(ResponseError),
}

/// Delivers the responses up to these ends, until there is a verdict. Closes the connection at the end if this is
/// chosen.
fn deliver(input: &Input<'_>, ends: impl IntoIterator<Item = usize>, options: &Options<'_, '_>) -> Seen {
    let uri = Uri::parse("ws://server.example.com/chat").expect("a URI");
    let request = Request::new(&uri, options).expect("legal options");
    let mut client = Client {
        handshake: Handshake::new(request, b"the sample nonce"),
        buffer: Vec::new(),
        dropped: 0,
        interim: Vec::new(),
        refusal: None,
    };
    let mut start = 0;
    let mut verdict = Verdict::More;
    for end in ends {
        verdict = client.receive(&input.bytes[start..end]);
        start = end;
        if !matches!(verdict, Verdict::More) {
            break;
        }
    }
    if let (Verdict::More, true) = (&verdict, input.chooses(3)) {
        verdict = client.close(input.chooses(4));
    }
    Seen { verdict, interim: client.interim }
}

struct Client<'p> {
    handshake: Handshake<'p, 'p>,
    buffer: Vec<u8>,
    /// The number of bytes before those in the buffer.
    dropped: usize,
    interim: Vec<u16>,
    refusal: Option<Refusal>,
}

struct Refusal {
    status: u16,
    body: Body,
    kept: Vec<u8>,
}

impl Client<'_> {
    fn receive(&mut self, bytes: &[u8]) -> Verdict {
        self.buffer.extend_from_slice(bytes);
        loop {
            if let Some(refusal) = &mut self.refusal {
                refusal.read(&self.buffer);
                self.buffer.clear();
                return refusal.verdict();
            }
            let done = match self.handshake.receive(&mut self.buffer) {
                Ok(Event::NeedMore) => return Verdict::More,
                Ok(Event::Interim { head }) => {
                    self.interim.push(head.status());
                    head.head_len()
                }
                Ok(Event::Accepted { settings, head }) => {
                    return Verdict::Accepted {
                        subprotocol: settings.subprotocol().map(str::to_owned),
                        extensions: settings.extensions().as_str().to_owned(),
                        head_end: self.dropped + head.head_len(),
                    };
                }
                Ok(Event::Refused { head, body }) => {
                    self.refusal = Some(Refusal { status: head.status(), body, kept: Vec::new() });
                    head.head_len()
                }
                Err(error) => return Verdict::Failed(error),
            };
            self.buffer.drain(..done);
            self.dropped += done;
        }
    }

    fn close(&mut self, by_peer: bool) -> Verdict {
        let Some(refusal) = &mut self.refusal else {
            return Verdict::Failed(Handshake::closed());
        };
        refusal.body.close(by_peer);
        refusal.verdict()
    }
}

impl Refusal {
    fn read(&mut self, mut input: &[u8]) {
        while !input.is_empty() && self.body.state() == BodyState::More {
            let (data, done) = self.body.read(input);
            assert!(done > 0, "the body takes nothing and does not end");
            self.kept.extend_from_slice(data);
            input = &input[done..];
        }
    }

    fn verdict(&self) -> Verdict {
        match self.body.state() {
            BodyState::More => Verdict::More,
            state => Verdict::Refused { status: self.status, body: Text(self.kept.clone()), state },
        }
    }
}
