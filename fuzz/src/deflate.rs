//! Offers and responses of permessage-deflate, with any parameters and any codec.
//!
//! - A server answers the first offer that it can, and declines an offer only for a reason that RFC 7692 gives.
//! - The answer is legal for that offer, rule by rule, and within what the server's codec can do.
//! - A client accepts a response only if it is legal for one of its offers and its codec can inflate it. It keeps to
//!   every hint of the offers that the response may answer, and does not compress if its codec can't make the window.
//! - The agreement, written for a codec, reads back as the same.

use websocket_upgrade_proto::client::{self, Event, Handshake};
use websocket_upgrade_proto::extension::{Extension, Params};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::{
    Agreement, ClientMaxWindowBits, Codec, NAME, Offer, PermessageDeflate, Response, WindowBits,
};
use websocket_upgrade_proto::server::{Entrance, Options, Request, Target};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{Limits, server};

use crate::{Input, fields_with_offers};

/// Checks one input. The choices select the codec. Then come a byte of wishes, and lines of parameters with LF between
/// them. A server gets all lines as offers; for a client, the first line is the response, and the others are its
/// offers.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let Some((&wishes, text)) = input.bytes.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let codec = codec(input.choices);
    let deflate = configured(codec, wishes);
    let lines: Vec<&str> = text.split('\n').filter(|line| Params::parse(line).is_some()).collect();
    check_server(&codec, deflate, &lines);
    if let Some((response, offers)) = lines.split_first() {
        check_client(&codec, deflate, response, offers);
    }
}

/// Makes a codec of any ability: three bits for each window, one for each context.
pub(crate) fn codec(choices: u8) -> Codec {
    let mut codec = Codec::FULL;
    codec.min_compress_window_bits = bits(choices);
    codec.max_inflate_window_bits = bits(!(choices >> 3));
    codec.keeps_compress_context = choices & 0x40 == 0;
    codec.keeps_inflate_context = choices & 0x80 == 0;
    codec
}

/// Adds wishes of the application: three bits for each window, one for each context.
pub(crate) fn configured(codec: Codec, wishes: u8) -> PermessageDeflate {
    let mut deflate = PermessageDeflate::new(codec)
        .server_max_window_bits(bits(!wishes))
        .client_max_window_bits(bits(!(wishes >> 3)));
    if wishes & 0x40 != 0 {
        deflate = deflate.server_no_context_takeover();
    }
    if wishes & 0x80 != 0 {
        deflate = deflate.client_no_context_takeover();
    }
    deflate
}

fn bits(choice: u8) -> WindowBits {
    WindowBits::new(8 + (choice & 7)).expect("8 to 15")
}

/// Checks a server that gets all of these offers.
fn check_server(codec: &Codec, deflate: PermessageDeflate, offers: &[&str]) {
    let list: Vec<String> = offers.iter().map(|params| element(params)).collect();
    let list = list.join(", ");
    let fields = fields_with_offers((!offers.is_empty()).then_some(list.as_bytes()).into_iter());
    let fields = fields.as_slice();
    let entrance = Entrance::Upgrade { method: "GET", target: Target::parse("/chat"), minor_version: 1 };
    let request = Request::from_fields(&entrance, &fields).expect("a legal request");
    let mut options = Options::new();
    let extensions: [&dyn Extension; 1] = [&deflate];
    options.extensions = &extensions;
    options.limits.offers = usize::MAX;
    let accepted = request.accept(&options).expect("an offer fails nothing");

    let mut read = offers.iter().filter_map(|params| Offer::parse(params));
    let answered = read.find(|offer| can_answer(codec, offer));
    let extensions = accepted.settings().extensions();
    let response = extensions.iter().next().map(|member| {
        Response::from_params(member.params()).expect("what is answered has the form of a response")
    });
    let (Some(offer), Some(response)) = (answered, response) else {
        assert_eq!((answered, response), (None, None), "{list}: declined or answered without a reason");
        return;
    };
    assert_eq!(broken_rule(&response, &offer), None, "{list}: {response:?}");
    let agreed = accepted.settings().permessage_deflate().expect("it is in use");
    check_within(&agreed, codec, Side::Server);
    check_written(&agreed);
}

/// Checks a client that makes these offers, or the derived one, and gets this response.
fn check_client(codec: &Codec, mut deflate: PermessageDeflate, response: &str, offers: &[&str]) {
    for params in offers {
        if let Some(Ok(more)) = Offer::parse(params).map(|offer| deflate.with_offer(offer)) {
            deflate = more;
        }
    }
    let extensions: [&dyn Extension; 1] = [&deflate];
    let mut options = client::Options::new();
    options.extensions = &extensions;
    options.limits.head = usize::MAX;
    let uri = Uri::parse("ws://server.example.com/chat").expect("a URI");
    let mut handshake =
        Handshake::new(client::Request::new(&uri, &options).expect("one name"), b"the sample nonce");

    let mut head = [0; 2048];
    let len = handshake.encode_h1(&mut head).expect("a short request");
    let request = server::read(&head[..len], &mut Scan::default(), &Limits::new());
    let request = request.expect("a legal request").expect("a whole request");
    let made = request.extensions().map(|member| Offer::from_params(member.params()).expect("a legal offer"));
    let made: Vec<Offer> = made.collect();

    let legal = Params::parse(response).and_then(Response::from_params).filter(|response| {
        codec_takes(codec, response) && made.iter().any(|offer| can_be_for(response, offer))
    });
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: {}\r\n\r\n",
        element(response)
    )
    .into_bytes();
    match (handshake.receive(&mut answer), legal) {
        (Ok(Event::Accepted { settings, .. }), Some(response)) => {
            let agreed = settings.permessage_deflate().expect("it is in use");
            assert_eq!(agreed.server_no_context_takeover, response.server_no_context_takeover);
            assert_eq!(agreed.server_max_window_bits, response.server_max_window_bits.unwrap_or_default());
            let (takeover, bits) = kept(&response, &made);
            assert_eq!(agreed.client_no_context_takeover, takeover);
            assert_eq!(agreed.client_max_window_bits, bits);
            check_within(&agreed, codec, Side::Client);
            check_written(&agreed);
        }
        (Err(_), None) => {}
        (verdict, legal) => panic!("{response}: {verdict:?}, {legal:?}"),
    }
}

fn element(params: &str) -> String {
    if params.trim_matches([' ', '\t']).is_empty() { NAME.to_owned() } else { format!("{NAME}; {params}") }
}

/// Returns whether the codec could keep some answer to an offer. If not, a server may decline a well-formed offer.
fn can_answer(codec: &Codec, offer: &Offer) -> bool {
    let can_compress = offer.server_max_window_bits.is_none_or(|bits| bits >= codec.min_compress_window_bits);
    let can_ask = offer.client_max_window_bits != ClientMaxWindowBits::Absent;
    can_compress && (can_ask || codec.max_inflate_window_bits == WindowBits::MAX)
}

/// Returns the rule of RFC 7692 §7.1 that a response to an offer breaks, if any.
fn broken_rule(response: &Response, offer: &Offer) -> Option<&'static str> {
    if offer.server_no_context_takeover && !response.server_no_context_takeover {
        return Some("§7.1.1.1: who accepts the offer answers the parameter");
    }
    let is_within = |asked| response.server_max_window_bits.is_some_and(|bits| bits <= asked);
    if !offer.server_max_window_bits.is_none_or(is_within) {
        return Some("§7.1.2.1: who accepts the offer answers it with the same value or a smaller one");
    }
    match (offer.client_max_window_bits, response.client_max_window_bits) {
        (ClientMaxWindowBits::Absent, Some(_)) => Some("§7.1.2.2: not offered, not answered"),
        (ClientMaxWindowBits::Value(hint), Some(bits)) if bits > hint => {
            Some("§7.1.2.2: no answer is larger than the hint")
        }
        _ => None,
    }
}

/// Returns whether a response may answer an offer. A client's hint may be ignored (§7.1.2.2).
fn can_be_for(response: &Response, offer: &Offer) -> bool {
    let mut unhinted = *offer;
    if let ClientMaxWindowBits::Value(_) = offer.client_max_window_bits {
        unhinted.client_max_window_bits = ClientMaxWindowBits::NoValue;
    }
    broken_rule(response, &unhinted).is_none()
}

/// Returns what a client keeps to in its direction: the response, and the hints of every offer that it may answer.
fn kept(response: &Response, made: &[Offer]) -> (bool, WindowBits) {
    let mut kept = (response.client_no_context_takeover, response.client_max_window_bits.unwrap_or_default());
    for offer in made.iter().filter(|offer| can_be_for(response, offer)) {
        kept.0 |= offer.client_no_context_takeover;
        if let ClientMaxWindowBits::Value(hint) = offer.client_max_window_bits {
            kept.1 = kept.1.min(hint);
        }
    }
    kept
}

/// Returns whether a client can do what a response asks of it. It need not compress.
fn codec_takes(codec: &Codec, response: &Response) -> bool {
    response.server_max_window_bits.unwrap_or_default() <= codec.max_inflate_window_bits
        && (response.server_no_context_takeover || codec.keeps_inflate_context)
}

/// The side of a codec.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Client,
    Server,
}

/// Checks that the codec can do what is agreed.
pub(crate) fn check_within(agreed: &Agreement, codec: &Codec, side: Side) {
    let of_server = (agreed.server_max_window_bits, agreed.server_no_context_takeover);
    let of_client = (agreed.client_max_window_bits, agreed.client_no_context_takeover);
    let (own, other) = match side {
        Side::Client => (of_client, of_server),
        Side::Server => (of_server, of_client),
    };
    let unable = own.0 < codec.min_compress_window_bits;
    assert_eq!(
        agreed.must_not_compress,
        unable && matches!(side, Side::Client),
        "{agreed}: whether to compress"
    );
    assert!(!unable || agreed.must_not_compress, "{agreed}: can't compress so");
    assert!(own.1 || codec.keeps_compress_context, "{agreed}: can't keep what it compresses with");
    assert!(other.0 <= codec.max_inflate_window_bits, "{agreed}: can't inflate so");
    assert!(other.1 || codec.keeps_inflate_context, "{agreed}: can't keep what it inflates with");
}

/// Checks that the agreement, as written for a codec, says the same.
fn check_written(agreed: &Agreement) {
    let written = agreed.to_string();
    let params = written.strip_prefix(NAME).expect("the name comes first").trim_start_matches(';');
    let read = Response::from_params(Params::parse(params).expect("tokens")).expect("a legal response");
    assert_eq!(read.server_no_context_takeover, agreed.server_no_context_takeover);
    assert_eq!(read.client_no_context_takeover, agreed.client_no_context_takeover);
    assert_eq!(read.server_max_window_bits.unwrap_or_default(), agreed.server_max_window_bits);
    assert_eq!(read.client_max_window_bits.unwrap_or_default(), agreed.client_max_window_bits);
}

/// Checks that both sides understand the agreement alike.
pub(crate) fn check_both(client: Option<Agreement>, server: Option<Agreement>) {
    let (Some(client), Some(server)) = (client, server) else {
        assert_eq!(client, server, "one side alone has agreed");
        return;
    };
    assert_eq!(client.server_no_context_takeover, server.server_no_context_takeover);
    assert_eq!(client.server_max_window_bits, server.server_max_window_bits);
    // A client may use less than it is allowed to: it keeps what it has announced in any of its offers.
    assert!(client.client_no_context_takeover >= server.client_no_context_takeover);
    assert!(client.client_max_window_bits <= server.client_max_window_bits);
}
