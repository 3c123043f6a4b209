//! One handshake between a client and a server with any options.
//!
//! - Both agree on the same settings, or the client learns why the server refuses.
//! - Everything that is agreed was offered by the client, is supported by the server, and is within what both codecs
//!   can do. A client that can't compress with the window that the server allows does not compress.

use websocket_upgrade_proto::client::{self, Body, BodyState, Event, Handshake};
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::origin::{OriginPolicy, Origins};
use websocket_upgrade_proto::permessage_deflate::{Codec, NAME, PermessageDeflate};
use websocket_upgrade_proto::server::{self, Accepted, RequestError};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{ExtraFields, Limits};

use crate::deflate::{Side, check_both, check_within, codec, configured};
use crate::{Input, Text, encode};

/// Checks one input. It has a byte each for the codec and the wishes of both sides. Then, separated by NUL, come a
/// URI, and for client and server each: subprotocols, names of extensions, origins and field lines.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let Some((&[codecs @ .., client_wishes, server_wishes], text)) = input.bytes.split_first_chunk::<4>()
    else {
        return;
    };
    let Ok(text) = str::from_utf8(text) else { return };
    let parts: Vec<&str> = text.split('\0').collect();
    let part = |place: usize| parts.get(place).copied().unwrap_or_default();
    let Ok(uri) = Uri::parse(part(0)) else { return };
    let codecs = codecs.map(codec);
    let deflate = [configured(codecs[0], client_wishes), configured(codecs[1], server_wishes)];
    let compresses = [input.chooses(0), input.chooses(1)];
    let plain = [names(part(3)), names(part(4))];
    let offered = extensions(&plain[0], &deflate[0], compresses[0]);
    let supported = extensions(&plain[1], &deflate[1], compresses[1]);

    let mut client = client::Options::new();
    client.limits = unlimited();
    client.extensions = &offered;
    client.origin = Some(part(5)).filter(|origin| !origin.is_empty());
    let mut server = server::Options::new();
    server.limits = unlimited();
    server.extensions = &supported;
    server.require_subprotocol = input.chooses(2);
    let (Ok(theirs), Ok(ours)) = (Subprotocols::parse(part(1)), Subprotocols::parse(part(2))) else { return };
    (client.subprotocols, server.subprotocols) = (theirs, ours);
    let Ok(origins) = Origins::parse(part(6)) else { return };
    server.origins = match (input.chooses(3), input.chooses(4)) {
        (false, false) => OriginPolicy::DangerAny,
        (false, true) => OriginPolicy::List(origins),
        (true, known) => OriginPolicy::Same { secure: known.then_some(input.chooses(5)), authority: None },
    };
    let lines = [part(7), part(8)].map(|lines| ExtraFields::from_lines(lines.as_bytes()));
    let [Ok(theirs), Ok(ours)] = lines else { return };
    (client.fields, server.fields) = (theirs, ours);
    let Ok(request) = client::Request::new(&uri, &client) else { return };
    shake_hands(Handshake::new(request, b"the sample nonce"), &client, &server, &codecs);
}

fn unlimited() -> Limits {
    let mut limits = Limits::new();
    (limits.head, limits.target, limits.fields) = (usize::MAX, usize::MAX, usize::MAX);
    limits
}

/// Returns plain extensions, without permessage-deflate.
fn names(list: &str) -> Vec<Plain<&str>> {
    let names = list.split(',').map(str::trim).filter(|&name| name != NAME);
    names.filter_map(|name| Plain::new(name).ok()).collect()
}

fn extensions<'e>(
    plain: &'e [Plain<&'e str>],
    deflate: &'e PermessageDeflate,
    compresses: bool,
) -> Vec<&'e dyn Extension> {
    let others = plain.iter().map(|plain| plain as &dyn Extension);
    compresses.then_some(deflate as &dyn Extension).into_iter().chain(others).collect()
}

/// Takes the request to the server, and the answer to the client.
fn shake_hands(
    mut handshake: Handshake<'_, '_>,
    client: &client::Options<'_, '_>,
    server: &server::Options<'_, '_>,
    codecs: &[Codec; 2],
) {
    let head = encode(|dst| handshake.encode_h1(dst));
    let request = server::read(&head, &mut Scan::default(), &server.limits);
    let request = match request.map(|request| request.expect("a whole request")) {
        Ok(request) => request,
        Err(error) => return check_refused(&mut handshake, &error),
    };
    match request.accept(server) {
        Ok(accepted) => check_accepted(&mut handshake, &accepted, client, server, codecs),
        Err(error) => check_refused(&mut handshake, &error),
    }
}

fn check_accepted(
    handshake: &mut Handshake<'_, '_>,
    accepted: &Accepted<'_, '_>,
    client: &client::Options<'_, '_>,
    server: &server::Options<'_, '_>,
    codecs: &[Codec; 2],
) {
    let agreed = accepted.settings().permessage_deflate();
    let mut answer = encode(|dst| accepted.encode_h1(dst));
    let mut start = 0;
    let settings = loop {
        match handshake.receive(&mut answer[start..]) {
            Ok(Event::Interim { head }) => start += head.head_len(),
            Ok(Event::Accepted { settings, .. }) => break settings,
            other => panic!("{other:?}"),
        }
    };
    let (subprotocol, extensions) = (settings.subprotocol(), settings.extensions());
    assert_eq!(subprotocol, accepted.settings().subprotocol());
    assert_eq!(extensions.as_str(), accepted.settings().extensions().as_str());
    if let Some(name) = subprotocol {
        let has = |list: &Subprotocols<'_>| list.iter().any(|known| known == name);
        assert!(has(&client.subprotocols) && has(&server.subprotocols), "{name}: not shared");
    }
    for member in extensions.iter() {
        let has = |list: &[&dyn Extension]| list.iter().any(|known| known.name() == member.name());
        assert!(has(client.extensions) && has(server.extensions), "{}: not shared", member.name());
    }
    check_both(settings.permessage_deflate(), agreed);
    let sides = [(settings.permessage_deflate(), Side::Client), (agreed, Side::Server)];
    for ((agreed, side), codec) in sides.into_iter().zip(codecs) {
        if let Some(agreed) = agreed {
            check_within(&agreed, codec, side);
        }
    }
}

/// Checks that the client reads the status and body that the server meant.
fn check_refused(handshake: &mut Handshake<'_, '_>, error: &RequestError) {
    let rejection = error.rejection();
    let mut answer = encode(|dst| rejection.encode_h1(dst));
    let after = answer.clone();
    match handshake.receive(&mut answer) {
        Ok(Event::Refused { head, body }) => {
            assert_eq!(head.status(), rejection.status());
            let (text, state) = read(body, &after[head.head_len()..]);
            assert_eq!(Text(text), Text(format!("{error}\n").into_bytes()));
            assert_eq!(state, BodyState::Complete, "{error}");
        }
        other => panic!("{error}: {other:?}"),
    }
}

fn read(mut body: Body, mut bytes: &[u8]) -> (Vec<u8>, BodyState) {
    let mut text = Vec::new();
    while body.state() == BodyState::More && !bytes.is_empty() {
        let (data, done) = body.read(bytes);
        text.extend_from_slice(data);
        bytes = &bytes[done..];
    }
    (text, body.state())
}
