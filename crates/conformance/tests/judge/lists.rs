//! `extensions.json`, `subprotocols.json` and `deflate.json`: the lists, and permessage-deflate's parameters.

use vectors::{DeflateCase, MemberExpect};
use websocket_upgrade_conformance::judge::{self, Judgement};
use websocket_upgrade_proto::client::Options;
use websocket_upgrade_proto::extension::Extension;
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::server;

use crate::core::{answer, conclusion, no_limits, no_policy, with_handshake};
use crate::differences::compare;
use crate::requests::both;
use crate::responses::concluded;

/// A legal request with these lines at its end.
fn request(name: &str, lines: &[&[u8]]) -> Vec<u8> {
    let head =
        b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    with_lines(head, name, lines)
}

/// A response that accepts it.
fn response(name: &str, lines: &[&[u8]]) -> Vec<u8> {
    let head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    with_lines(head, name, lines)
}

fn with_lines(head: &[u8], name: &str, lines: &[&[u8]]) -> Vec<u8> {
    let mut bytes = head.to_vec();
    for line in lines {
        bytes.extend_from_slice(&[name.as_bytes(), b": ", line, b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
const SUBPROTOCOLS: &str = "Sec-WebSocket-Protocol";

#[test]
fn extensions() {
    let cases = vectors::extensions();
    compare(
        "extensions.json",
        cases.iter().map(|case| {
            let lines: Vec<&[u8]> = case.lines.iter().map(|line| &**line).collect();
            let judgement = judge::request(&request(EXTENSIONS, &lines));
            let members = judgement.is_valid().then(|| members(&judgement));
            (&*case.name, format!("{members:?}"), format!("{:?}", case.members))
        }),
    );
}

fn members(judgement: &Judgement) -> Vec<MemberExpect> {
    let offers = judgement.sent().extensions;
    offers.into_iter().map(|offer| MemberExpect { name: offer.name, params: offer.params }).collect()
}

#[test]
fn subprotocols() {
    let cases = vectors::subprotocols();
    compare(
        "subprotocols.json",
        cases.iter().map(|case| {
            let lines: Vec<&[u8]> = case.offer.iter().map(|line| &**line).collect();
            let (judge, core) = both(&request(SUBPROTOCOLS, &lines));
            (&*case.name, judge, core)
        }),
    );
}

#[test]
fn deflate() {
    let cases = vectors::deflate();
    let judged = cases.iter().map(|case| match case {
        DeflateCase::Server { name, config, offer, .. } => {
            let extension = config.build();
            let extensions: [&dyn Extension; 1] = [&extension];
            let mut options = no_policy();
            options.extensions = &extensions;
            let bytes = request(EXTENSIONS, &[offer.as_bytes()]);
            let read = server::read(&bytes, &mut Scan::default(), &no_limits());
            let answered = answer(read.map(|request| request.expect("whole")), &options);
            let agreed = answered.fields.iter().find(|(name, _)| name == EXTENSIONS).map(|(_, value)| value);
            let lines: Vec<&[u8]> = agreed.iter().map(|value| value.as_bytes()).collect();
            let sent = judge::request(&bytes).sent();
            let judgement = judge::response(&response(EXTENSIONS, &lines), &sent);
            let broken: Vec<&str> = judgement.broken().map(|verdict| verdict.rule.id).collect();
            // What a core answers must keep every rule; whether it had to accept is up to it.
            (&**name, format!("{broken:?}, {}", judgement.agreed.deflate.is_some()), {
                let none: Vec<&str> = Vec::new();
                format!("{none:?}, {}", agreed.is_some())
            })
        }
        DeflateCase::Client { name, config, response: value, .. } => {
            let extension = config.build();
            let extensions: [&dyn Extension; 1] = [&extension];
            let mut options = Options::new();
            options.extensions = &extensions;
            let bytes = response(EXTENSIONS, &[value.as_bytes()]);
            let (judge, core) = with_handshake(&options, |handshake, request| {
                let sent = judge::request(request).sent();
                (concluded(&bytes, &sent), conclusion(handshake, &bytes))
            });
            (&**name, judge, core)
        }
    });
    compare("deflate.json", judged);
}
