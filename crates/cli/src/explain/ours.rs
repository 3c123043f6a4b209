//! What our own core says about the same head.

use websocket_upgrade::proto::client::{self, Event, Handshake};
use websocket_upgrade::proto::extension::Extension;
use websocket_upgrade::proto::head::{self, Scan};
use websocket_upgrade::proto::origin::OriginPolicy;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::proto::subprotocol::Subprotocols;
use websocket_upgrade::proto::uri::Uri;
use websocket_upgrade::proto::{Limits, server};

use base64::Engine;

use crate::network::read_extensions;

/// What our core says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ours {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// The result, to be compared with the judge's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unfinished,
    /// The answer to a request.
    Status(u16),
    Established,
    Refused,
    Failed,
    /// More than this library takes, though no rule forbids it.
    Limit,
}

/// The answer of a server that allows any origin and does permessage-deflate.
pub(super) fn answer(head: &[u8]) -> Ours {
    let deflate = PermessageDeflate::new(Codec::FULL);
    let extensions: [&dyn Extension; 1] = [&deflate];
    let mut options = server::Options::new();
    options.extensions = &extensions;
    options.origins = OriginPolicy::DangerAny;
    let answered = match server::read(head, &mut Scan::default(), &Limits::new()) {
        Ok(None) => return Ours { kind: Kind::Unfinished, text: "waits for the rest of the head".into() },
        Ok(Some(request)) => request.accept(&options).map(|accepted| accepted.status()),
        Err(error) => Err(error),
    };
    match answered {
        Ok(status) => Ours { kind: Kind::Status(status), text: status.to_string() },
        Err(error) => {
            let status = error.rejection().status();
            if error.limit().is_some() {
                return Ours { kind: Kind::Limit, text: format!("{status} {error}") };
            }
            Ours { kind: Kind::Status(status), text: format!("{status} {error}") }
        }
    }
}

/// What a client concludes that has sent this request. `None` if the request is none of ours.
pub(super) fn verdict(responses: &[u8], request: &[u8]) -> Option<Ours> {
    let (limits, mut scan) = (Limits::new(), Scan::default());
    let request = head::read_request(request, &mut scan, &limits).ok()??;
    let all = |name: &'static str| {
        let fields = request.fields();
        fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .collect::<Vec<_>>()
    };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let key = request.fields().get("Sec-WebSocket-Key")?;
    let nonce = base64::engine::general_purpose::STANDARD.decode(key).ok()?.try_into().ok()?;
    let offers = all("Sec-WebSocket-Extensions");
    let extensions = read_extensions(offers.iter().filter_map(|field| text(field.value))).ok()?;
    let extensions: Vec<&dyn Extension> = extensions.iter().map(|extension| &**extension).collect();
    let names = all("Sec-WebSocket-Protocol");
    let names: Vec<_> = names.iter().filter_map(|field| text(field.value)).collect();
    let names = names.join(", ");
    let mut options = client::Options::new();
    options.subprotocols = Subprotocols::parse(&names).ok()?;
    options.extensions = &extensions;
    let uri = Uri::parse("ws://localhost/").ok()?;
    let request = client::Request::new(&uri, &options).ok()?;
    let mut handshake = Handshake::new(request, &nonce);
    let mut bytes = responses.to_vec();
    loop {
        let skip = match handshake.receive(&mut bytes) {
            Ok(Event::Interim { head }) => head.head_len(),
            Ok(Event::NeedMore) => {
                return Some(Ours { kind: Kind::Unfinished, text: "waits for more".into() });
            }
            Ok(Event::Accepted { .. }) => {
                return Some(Ours {
                    kind: Kind::Established,
                    text: "takes the connection as established".into(),
                });
            }
            Ok(Event::Refused { head, .. }) => {
                return Some(Ours {
                    kind: Kind::Refused,
                    text: format!("is refused with {}", head.status()),
                });
            }
            Err(error) => {
                let kind = if error.limit().is_some() { Kind::Limit } else { Kind::Failed };
                return Some(Ours { kind, text: format!("fails the connection: {error}") });
            }
        };
        bytes.drain(..skip.max(1).min(bytes.len()));
    }
}
