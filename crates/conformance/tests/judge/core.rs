//! The core's own judgement, as text. Its options have no policy: what they refuse is not about the request alone.

use websocket_upgrade_conformance::judge::{Deflate, Sent};
use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::client::{self, Event, Handshake, ResponseError};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::origin::OriginPolicy;
use websocket_upgrade_proto::server::{self, Request, RequestError};
use websocket_upgrade_proto::settings::Settings;
use websocket_upgrade_proto::uri::Uri;

/// Limits that no vector exceeds.
pub(crate) fn no_limits() -> Limits {
    let mut limits = Limits::new();
    (limits.head, limits.target, limits.fields) = (1 << 30, 1 << 30, 1 << 30);
    (limits.offers, limits.interim) = (1 << 30, 1 << 30);
    limits
}

/// Options of a server that accepts every legal request.
pub(crate) fn no_policy() -> server::Options<'static, 'static> {
    let mut options = server::Options::new();
    options.origins = OriginPolicy::DangerAny;
    options.limits = no_limits();
    options
}

/// The status that the core answers, and the values of those fields that the judge says are due.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
}

impl Answer {
    /// Shows the answer: the status, and each of the wanted fields as it has it.
    pub(crate) fn show(&self, wanted: &[(&str, String)]) -> String {
        let shown = wanted.iter().map(|(name, value)| {
            let lines = self.fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            let mut members = lines.flat_map(|(_, value)| value.split(',').map(str::trim));
            let has = members.any(|member| member.eq_ignore_ascii_case(value));
            format!("{}{name}: {value}", if has { "" } else { "no " })
        });
        show(self.status, shown)
    }
}

/// Shows a status and fields.
pub(crate) fn show(status: u16, fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.collect();
    format!("{status} {}", fields.join(", "))
}

/// Answers a request, read from bytes. `None` if more bytes are needed.
pub(crate) fn answer_bytes(bytes: &[u8]) -> Option<Answer> {
    match server::read(bytes, &mut Scan::default(), &no_limits()) {
        Ok(None) => None,
        Ok(Some(request)) => Some(answer(Ok(request), &no_policy())),
        Err(error) => Some(answer(Err(error), &no_policy())),
    }
}

pub(crate) fn answer(
    request: Result<Request<'_>, RequestError>,
    options: &server::Options<'_, '_>,
) -> Answer {
    let mut fields = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = match request.and_then(|request| request.accept(options)) {
        Ok(accepted) => {
            accepted.for_each_field(|name, value| fields.push((name.to_owned(), text(value))));
            accepted.status()
        }
        Err(error) => {
            let rejection = error.rejection();
            rejection.for_each_field(|name, value| fields.push((name.to_owned(), text(value))));
            rejection.status()
        }
    };
    Answer { status, fields }
}

/// The client whose responses are judged.
pub(crate) const URL: &str = "ws://server.example.com/chat";
pub(crate) const NONCE: &[u8; 16] = b"the sample nonce";

/// Runs a test with the client's handshake and its request as bytes.
pub(crate) fn with_handshake<T>(
    options: &client::Options<'_, '_>,
    test: impl FnOnce(Handshake<'_, '_>, &[u8]) -> T,
) -> T {
    let options = without_limits(options);
    let uri = Uri::parse(URL).expect("a URI");
    let request = client::Request::new(&uri, &options).expect("legal options");
    let handshake = Handshake::new(request, NONCE);
    let mut bytes = [0; 4096];
    let len = handshake.encode_h1(&mut bytes).expect("a short request");
    test(handshake, &bytes[..len])
}

pub(crate) fn without_limits<'p, 'o>(options: &client::Options<'p, 'o>) -> client::Options<'p, 'o> {
    let mut options = *options;
    options.limits = no_limits();
    options
}

/// Shows the core's conclusion from all bytes of a server.
pub(crate) fn conclusion(mut handshake: Handshake<'_, '_>, bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    loop {
        let done = match handshake.receive(&mut bytes) {
            Ok(Event::NeedMore) => return "unfinished".to_owned(),
            Ok(Event::Interim { head }) => head.head_len(),
            Ok(Event::Accepted { settings, .. }) => return established(&settings),
            Ok(Event::Refused { head, .. }) => return format!("refused with {}", head.status()),
            Err(error) => return failed(&error),
        };
        bytes.drain(..done);
    }
}

pub(crate) fn failed(_: &ResponseError) -> String {
    "failed".to_owned()
}

pub(crate) fn established(settings: &Settings<'_>) -> String {
    let deflate = settings.permessage_deflate().map(|agreed| Deflate {
        server_no_context_takeover: agreed.server_no_context_takeover,
        client_no_context_takeover: agreed.client_no_context_takeover,
        server_max_window_bits: agreed.server_max_window_bits.get(),
        client_max_window_bits: agreed.client_max_window_bits.get(),
    });
    let extensions = Sent::connect().extensions(settings.extensions().as_str()).extensions;
    show_established(settings.subprotocol(), &extensions, deflate)
}

pub(crate) fn show_established(
    subprotocol: Option<&str>,
    extensions: &[websocket_upgrade_conformance::judge::Extension],
    deflate: Option<Deflate>,
) -> String {
    let extensions: Vec<String> = extensions.iter().map(ToString::to_string).collect();
    format!("established, {subprotocol:?}, {extensions:?}, {deflate:?}")
}
