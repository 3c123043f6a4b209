//! Feeds arbitrary bytes in arbitrary pieces: there is no panic, and one verdict.

use proptest::prelude::*;
use proptest::sample::Index;
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::head::{
    HeadError, RequestHead, ResponseHead, Scan, read_request, read_response,
};
use websocket_upgrade_proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{Limits, client, server};

use crate::common::{self, client::Verdict as Seen, server::Verdict as Served};
use crate::{config, ends, splits};

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com:80\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Origin: http://server.example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Extensions: x-test, permessage-deflate; client_max_window_bits=\"10\"\r\n\r\n\x81\x00";

const ACCEPTED: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\nConnection: Upgrade,\r\n keep-alive\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-test, permessage-deflate\r\n\r\n\x81\x00";

const REFUSED: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello";

const CHUNKED: &[u8] = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nX-Note: a\r\n b\r\n\r\n\
    5;a=b\r\nhello\r\n1\n!\n0\r\nX-Sum: 1\r\n\r\n";

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_server_gives_one_verdict(
        bytes in prop_oneof![mutated(&[REQUEST]), pieces()],
        limits in limits(),
        splits in splits(),
    ) {
        let plain = Plain::new("x-test").expect("a token");
        let deflate = PermessageDeflate::new(Codec::ZLIB);
        let extensions: [&dyn Extension; 2] = [&plain, &deflate];
        let mut options = server::Options::new();
        options.subprotocols = Subprotocols::parse("superchat, chat").expect("names");
        options.extensions = &extensions;
        options.limits = limits;
        let whole = common::server::deliver(&bytes, [bytes.len()], &options);
        let parts = common::server::deliver(&bytes, ends(&splits, bytes.len()), &options);
        prop_assert_eq!(&parts, &whole);
        let single = common::server::deliver(&bytes, 0..=bytes.len(), &options);
        prop_assert_eq!(&single, &whole);
        if let Served::Rejected { answer, .. } = whole {
            let answer = String::from_utf8(answer.0).expect("ASCII");
            prop_assert!(answer.starts_with("HTTP/1.1 ") && answer.contains("\r\nConnection: close"));
        }
    }

    #[test]
    fn a_client_gives_one_verdict(
        bytes in prop_oneof![mutated(&[ACCEPTED, REFUSED, CHUNKED]), pieces()],
        limits in limits(),
        splits in splits(),
        closes in any::<bool>(),
    ) {
        let plain = Plain::new("x-test").expect("a token");
        let deflate = PermessageDeflate::new(Codec::ZLIB);
        let extensions: [&dyn Extension; 2] = [&plain, &deflate];
        let mut options = client::Options::new();
        options.subprotocols = Subprotocols::parse("superchat, chat").expect("names");
        options.extensions = &extensions;
        options.limits = limits;
        let uri = Uri::parse("ws://server.example.com/").expect("a URI");
        let request = client::Request::new(&uri, &options).expect("legal options");
        let whole = common::client::deliver(&bytes, [bytes.len()], closes, request);
        let parts = common::client::deliver(&bytes, ends(&splits, bytes.len()), closes, request);
        prop_assert_eq!(&parts, &whole);
        let single = common::client::deliver(&bytes, 0..=bytes.len(), closes, request);
        prop_assert_eq!(&single, &whole);
        if closes {
            prop_assert_ne!(whole.0, Seen::More);
        }
    }

    /// A reader that gets other bytes than before must still give a verdict.
    #[test]
    fn a_scan_of_other_bytes_ends_with_a_verdict(
        first in prop_oneof![mutated(&[REQUEST, ACCEPTED, CHUNKED]), pieces()],
        second in prop_oneof![mutated(&[REQUEST, ACCEPTED, CHUNKED]), pieces()],
        limits in limits(),
        splits in splits(),
    ) {
        let (mut scan, mut crossed) = (Scan::default(), Scan::default());
        let _ = read_request(&first, &mut scan, &limits);
        let _ = read_response(&mut first.clone(), &mut crossed, &limits);
        let fresh = in_short(read_request(&second, &mut Scan::default(), &limits), RequestHead::head_len);
        for scan in [&mut scan, &mut crossed] {
            let mut last = Ok(None);
            for end in ends(&splits, second.len()) {
                last = in_short(read_request(&second[..end], scan, &limits), RequestHead::head_len);
                if last != Ok(None) {
                    break;
                }
            }
            if let Ok(Some(_)) = last {
                prop_assert_eq!(&last, &fresh);
            } else if last == Ok(None) {
                // No more bytes have arrived.
                let again = in_short(read_request(&second, scan, &limits), RequestHead::head_len);
                prop_assert_eq!(again, fresh);
            }
        }

        let (mut scan, mut crossed) = (Scan::default(), Scan::default());
        let _ = read_response(&mut first.clone(), &mut scan, &limits);
        let _ = read_request(&first, &mut crossed, &limits);
        let fresh =
            in_short(read_response(&mut second.clone(), &mut Scan::default(), &limits), ResponseHead::head_len);
        for scan in [&mut scan, &mut crossed] {
            let mut buf = second.clone();
            let mut last = Ok(None);
            for end in ends(&splits, buf.len()).into_iter().chain([buf.len()]) {
                last = in_short(read_response(&mut buf[..end], scan, &limits), ResponseHead::head_len);
                if last != Ok(None) {
                    break;
                }
            }
            prop_assert!(last != Ok(None) || fresh == Ok(None), "more bytes for ever: {:?}", fresh);
        }
    }

    #[test]
    fn parsers_of_text_do_not_panic(text in "(wss?://)?\\PC{0,40}", authority in "\\PC{0,20}") {
        let _ = Uri::parse(&text);
        let _ = Subprotocols::parse(&text);
        let _ = websocket_upgrade_proto::origin::Origins::parse(&text);
        let _ = websocket_upgrade_proto::extension::Params::parse(&text);
        let _ = websocket_upgrade_proto::origin::OriginPolicy::default().allows(text.as_bytes(), &authority);
    }
}

/// Returns the result of a reading without what it borrows.
fn in_short<T>(
    read: Result<Option<T>, HeadError>,
    len: impl FnOnce(&T) -> usize,
) -> Result<Option<usize>, HeadError> {
    read.map(|head| head.map(|head| len(&head)))
}

/// The default limits, or small ones.
fn limits() -> impl Strategy<Value = Limits> {
    let tight = (0_usize..600, 0_usize..40, 0_usize..12, 0_usize..3, 0_usize..10, 0_usize..40, 0_usize..3);
    let tight = tight.prop_map(|(head, target, fields, offers, refusal_body, refusal_overhead, interim)| {
        let mut limits = Limits::new();
        limits.head = head;
        limits.target = target;
        limits.fields = fields;
        limits.offers = offers;
        limits.refusal_body = refusal_body;
        limits.refusal_overhead = refusal_overhead;
        limits.interim = interim;
        limits
    });
    prop_oneof![Just(Limits::new()), tight]
}

/// A legal message with a few bytes changed, removed or added.
fn mutated(messages: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), 0..4, byte());
    let changes = prop::collection::vec(change, 0..4);
    (prop::sample::select(messages), changes).prop_map(|(message, changes)| {
        let mut bytes = message.to_vec();
        for (place, kind, byte) in changes {
            let at = place.index(bytes.len().max(1));
            match kind {
                0 => bytes.insert(at, byte),
                1 => drop(bytes.splice(at..bytes.len().min(at + 1), [byte])),
                2 => drop(bytes.splice(at..bytes.len().min(at + 1), [])),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

/// A byte; those with a meaning are more frequent.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![prop::sample::select(b"\r\n \t:;,=\"\\/0159aAfFzZ\0\x7F\x80".to_vec()), any::<u8>()]
}

/// A head made of meaningful pieces only.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"GET "[..],
        b"/",
        b"/chat HTTP/1.1\r\n",
        b"HTTP/1.1 ",
        b"101 Switching Protocols\r\n",
        b"HTTP/1.1 404 No\r\n",
        b"HTTP/1.1 100\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: ",
        b"3",
        b"Host: a\r\n",
        b"Upgrade: websocket\r\n",
        b"Connection: Upgrade\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"Sec-WebSocket-Version: 13\r\n",
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
        b"Sec-WebSocket-Extensions: ",
        b"Sec-WebSocket-Protocol: ",
        b"chat",
        b"x-test",
        b", ",
        b"; ",
        b"=",
        b"\"",
        b"\\",
        b": ",
        b" ",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n ",
        b"\r\n\r\n",
        b"\0",
        b"\xFF",
    ]);
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}
