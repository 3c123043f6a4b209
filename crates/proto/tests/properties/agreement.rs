//! Runs our client against our server: both agree on the same settings, or both refuse.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use websocket_upgrade_proto::client;
use websocket_upgrade_proto::extension::{
    Announced, Extension, Illegal, OfferWriter, ParamWriter, Params, Plain, Rsv,
};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::{
    Agreement, ClientMaxWindowBits, Codec, Hints, Offer, PermessageDeflate, Response, WindowBits,
};
use websocket_upgrade_proto::server;
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;

use crate::common::client::{Verdict as Seen, deliver as connect};
use crate::common::server::{Verdict as Served, deliver as serve};
use crate::{config, ends, splits};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_agree_or_both_refuse(
        (offered, supported, required) in (subprotocols(), subprotocols(), any::<bool>()),
        (wanted, spoken) in (extensions(), extensions()),
        (there, back) in (splits(), splits()),
        leftover in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let (offered, supported) = (offered.join(","), supported.join(", "));
        let (wanted_refs, spoken_refs) = (refs(&wanted), refs(&spoken));
        let mut client = client::Options::new();
        client.subprotocols = Subprotocols::parse(&offered).expect("names");
        client.extensions = &wanted_refs;
        let mut server = server::Options::new();
        server.subprotocols = Subprotocols::parse(&supported).expect("names");
        server.require_subprotocol = required;
        server.extensions = &spoken_refs;
        exchange(&client, &server, [&there, &back], &leftover, [&wanted, &spoken])?;
    }

    #[test]
    fn a_response_to_any_offer_is_within_both_codecs(codec in codec(), deflate in deflate(), offer in offer()) {
        if let Some(response) = deflate.respond(&offer) {
            answers(&response, &offer)?;
            // A client that has made only this offer accepts the response. If its codec can't compress with it, it
            // does not compress.
            if let Ok(client) = PermessageDeflate::new(codec).with_offer(offer) {
                let text = params(&response);
                let verified = client.verify(Params::parse(&text).expect("our own writing"));
                let unable = response.client_max_window_bits.is_some_and(|bits| bits < codec.min_compress_window_bits);
                let silent = verified.map(|kept| Hints::from(kept).must_not_compress);
                prop_assert_eq!(silent, Ok(unable), "{:?} to {:?}", response, offer);
            }
        }
    }
}

/// Runs one handshake, with both directions in pieces.
fn exchange(
    client: &client::Options<'_, '_>,
    server: &server::Options<'_, '_>,
    splits: [&[Index]; 2],
    leftover: &[u8],
    extensions: [&[Extended]; 2],
) -> Result<(), TestCaseError> {
    let uri = Uri::parse("ws://server.example.com/chat").expect("a URI");
    let request = client::Request::new(&uri, client).expect("legal options");
    let mut bytes = vec![0; 4096];
    let key = websocket_upgrade_proto::Key::from_nonce(b"the sample nonce");
    let len = request.encode_h1(&key, &mut bytes).expect("a short request");
    bytes.truncate(len);
    bytes.extend_from_slice(leftover);

    match serve(&bytes, ends(splits[0], bytes.len()), server) {
        Served::Accepted(accepted) => {
            prop_assert_eq!(accepted.head_len, len);
            let mut answer = accepted.answer.0.clone();
            answer.extend_from_slice(leftover);
            let (seen, interim) = connect(&answer, ends(splits[1], answer.len()), false, request);
            prop_assert_eq!(interim, Vec::<u16>::new());
            match seen {
                Seen::Accepted(seen) => {
                    prop_assert_eq!(seen.head_end, accepted.answer.0.len());
                    prop_assert_eq!(seen.subprotocol, accepted.subprotocol);
                    prop_assert_eq!(seen.extensions, accepted.extensions);
                    prop_assert_eq!(seen.deflate.is_some(), accepted.deflate.is_some());
                    if let (Some(ours), Some(theirs)) = (seen.deflate, accepted.deflate) {
                        compatible(&ours, &theirs)?;
                        within(&ours, codec_of(extensions[0]), true)?;
                        within(&theirs, codec_of(extensions[1]), false)?;
                    }
                }
                seen => prop_assert!(false, "{seen:?}"),
            }
        }
        Served::Rejected { answer, error } => {
            let (seen, _) = connect(&answer.0, ends(splits[1], answer.0.len()), false, request);
            let status = error.rejection().status();
            let body = format!("{error}\n");
            match seen {
                Seen::Refused { status: seen, body: text, truncation: None } => {
                    prop_assert_eq!(seen, status);
                    prop_assert_eq!(text.0, body.into_bytes());
                }
                seen => prop_assert!(false, "{seen:?}"),
            }
        }
        Served::More => prop_assert!(false, "a whole request is not enough"),
    }
    bootstrap(request, server)
}

/// Runs the same handshake over HTTP/2, with the same result.
fn bootstrap(
    request: client::Request<'_, '_>,
    server: &server::Options<'_, '_>,
) -> Result<(), TestCaseError> {
    let mut connect = client::ExtendedConnect::new(request);
    let sent = connect.to_http().expect("a request of the http crate");
    let mut upgrade = vec![0; 4096];
    let key = websocket_upgrade_proto::Key::from_nonce(b"the sample nonce");
    let len = request.encode_h1(&key, &mut upgrade).expect("a short request");
    let read = server::read(&upgrade[..len], &mut Scan::default(), &server.limits);
    let upgraded = read.map(|read| read.expect("a whole request")).and_then(|read| read.accept(server));
    let read = server::Request::from_http_with_protocol(&sent, Some("websocket"));
    match read.and_then(|read| read.accept(server)) {
        Ok(accepted) => {
            let upgraded = upgraded.expect("accepted over HTTP/1.1 as well");
            let (settings, expected) = (accepted.settings(), upgraded.settings());
            prop_assert_eq!(settings.subprotocol(), expected.subprotocol());
            prop_assert_eq!(settings.extensions().as_str(), expected.extensions().as_str());
            prop_assert_eq!(accepted.accept_value(), None);
            match connect.receive_http(&accepted.to_http()) {
                Ok(client::Verdict::Accepted { settings: seen }) => {
                    prop_assert_eq!(seen.subprotocol(), settings.subprotocol());
                    prop_assert_eq!(seen.extensions().as_str(), settings.extensions().as_str());
                }
                seen => prop_assert!(false, "{seen:?}"),
            }
        }
        Err(error) => {
            let expected = upgraded.expect_err("rejected over HTTP/1.1 as well");
            prop_assert_eq!(error.reason(), expected.reason());
            let seen = connect.receive_http(&error.rejection().to_http());
            prop_assert!(matches!(seen, Ok(client::Verdict::Refused)), "{:?}", seen);
        }
    }
    Ok(())
}

/// Checks that both see the server's direction alike. For its own direction, the client may know more than the server.
fn compatible(client: &Agreement, server: &Agreement) -> Result<(), TestCaseError> {
    prop_assert_eq!(client.server_no_context_takeover, server.server_no_context_takeover);
    prop_assert_eq!(client.server_max_window_bits, server.server_max_window_bits);
    prop_assert!(client.client_no_context_takeover >= server.client_no_context_takeover);
    prop_assert!(client.client_max_window_bits <= server.client_max_window_bits);
    Ok(())
}

/// Checks that nothing is agreed that the codec of a side can't keep.
fn within(agreement: &Agreement, codec: Option<Codec>, is_client: bool) -> Result<(), TestCaseError> {
    let codec = codec.expect("who agrees on it supports it");
    let to_client = (agreement.server_no_context_takeover, agreement.server_max_window_bits);
    let to_server = (agreement.client_no_context_takeover, agreement.client_max_window_bits);
    let (own, other) = if is_client { (to_server, to_client) } else { (to_client, to_server) };
    prop_assert!(own.0 || codec.keeps_compress_context);
    // RFC 7692 §7.1.2.2: a client that offers `client_max_window_bits` may be told 8, with which zlib can't compress.
    prop_assert_eq!(agreement.must_not_compress, own.1 < codec.min_compress_window_bits);
    prop_assert!(is_client || !agreement.must_not_compress);
    prop_assert!(other.0 || codec.keeps_inflate_context);
    prop_assert!(other.1 <= codec.max_inflate_window_bits);
    Ok(())
}

/// Checks the rules of RFC 7692 §7.1 for a response to an offer, one by one.
fn answers(response: &Response, offer: &Offer) -> Result<(), TestCaseError> {
    prop_assert!(response.server_no_context_takeover || !offer.server_no_context_takeover);
    if let Some(asked) = offer.server_max_window_bits {
        prop_assert!(response.server_max_window_bits.is_some_and(|bits| bits <= asked));
    }
    match offer.client_max_window_bits {
        ClientMaxWindowBits::Absent => prop_assert_eq!(response.client_max_window_bits, None),
        ClientMaxWindowBits::NoValue => {}
        ClientMaxWindowBits::Value(hint) => {
            prop_assert!(response.client_max_window_bits.is_none_or(|bits| bits <= hint));
        }
    }
    Ok(())
}

fn params(response: &Response) -> String {
    let mut params = Vec::new();
    if response.server_no_context_takeover {
        params.push("server_no_context_takeover".to_owned());
    }
    if response.client_no_context_takeover {
        params.push("client_no_context_takeover".to_owned());
    }
    params.extend(response.server_max_window_bits.map(|bits| format!("server_max_window_bits={bits}")));
    params.extend(response.client_max_window_bits.map(|bits| format!("client_max_window_bits=\"{bits}\"")));
    params.join(";")
}

/// An extension of either side.
#[derive(Clone, Debug)]
enum Extended {
    Plain(Plain<&'static str>),
    /// An extension that needs the bit of permessage-deflate.
    Rsv1(Plain<&'static str>),
    Deflate(Codec, PermessageDeflate),
}

impl Extended {
    fn inner(&self) -> &dyn Extension {
        match self {
            Self::Plain(plain) | Self::Rsv1(plain) => plain,
            Self::Deflate(_, deflate) => deflate,
        }
    }
}

impl Extension for Extended {
    fn name(&self) -> &str {
        self.inner().name()
    }

    fn rsv(&self) -> Rsv {
        if matches!(self, Self::Rsv1(_)) { Rsv::RSV1 } else { self.inner().rsv() }
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        self.inner().offer(offers);
    }

    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal> {
        self.inner().verify(response)
    }

    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool {
        self.inner().answer(offer, response)
    }
}

fn refs(extensions: &[Extended]) -> Vec<&dyn Extension> {
    extensions.iter().map(|extension| extension as &dyn Extension).collect()
}

fn codec_of(extensions: &[Extended]) -> Option<Codec> {
    extensions.iter().find_map(|extension| match extension {
        Extended::Deflate(codec, _) => Some(*codec),
        _ => None,
    })
}

fn subprotocols() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(vec!["chat", "superchat", "v1.chat", "Chat", "*"], 0..5).prop_shuffle()
}

fn extensions() -> impl Strategy<Value = Vec<Extended>> {
    let deflate = (codec(), wishes(), prop::collection::vec(offer(), 0..6));
    deflate.prop_flat_map(|(codec, wishes, offers)| {
        // An offer that the codec can't keep is refused here.
        let with = |deflate: PermessageDeflate, offer: &Offer| deflate.with_offer(*offer).unwrap_or(deflate);
        let deflate = offers.iter().fold(wishes.of(codec), with);
        let plain = |name| Plain::new(name).expect("a token");
        let all = vec![
            Extended::Plain(plain("x-test")),
            Extended::Plain(plain("X-Test")),
            Extended::Rsv1(plain("x-deflate")),
            Extended::Deflate(codec, deflate),
        ];
        subsequence(all, 0..=4).prop_shuffle()
    })
}

fn codec() -> impl Strategy<Value = Codec> {
    let any = (bits(), bits(), any::<bool>(), any::<bool>()).prop_map(|(least, most, compress, inflate)| {
        let mut codec = Codec::FULL;
        codec.min_compress_window_bits = least;
        codec.max_inflate_window_bits = most;
        codec.keeps_compress_context = compress;
        codec.keeps_inflate_context = inflate;
        codec
    });
    let named = prop::sample::select(vec![
        Codec::FULL,
        Codec::ZLIB,
        Codec::FIXED_WINDOW,
        Codec::FULL.without_context(),
        Codec::FIXED_WINDOW.without_context(),
    ]);
    prop_oneof![named, any]
}

#[derive(Clone, Debug)]
struct Wishes(bool, bool, Option<WindowBits>, Option<WindowBits>);

impl Wishes {
    fn of(&self, codec: Codec) -> PermessageDeflate {
        let mut deflate = PermessageDeflate::new(codec);
        if self.0 {
            deflate = deflate.server_no_context_takeover();
        }
        if self.1 {
            deflate = deflate.client_no_context_takeover();
        }
        if let Some(bits) = self.2 {
            deflate = deflate.server_max_window_bits(bits);
        }
        if let Some(bits) = self.3 {
            deflate = deflate.client_max_window_bits(bits);
        }
        deflate
    }
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let some_bits = || prop::option::of(bits());
    (any::<bool>(), any::<bool>(), some_bits(), some_bits()).prop_map(|(a, b, c, d)| Wishes(a, b, c, d))
}

fn deflate() -> impl Strategy<Value = PermessageDeflate> {
    (codec(), wishes()).prop_map(|(codec, wishes)| wishes.of(codec))
}

fn offer() -> impl Strategy<Value = Offer> {
    let client = prop_oneof![
        Just(ClientMaxWindowBits::Absent),
        Just(ClientMaxWindowBits::NoValue),
        bits().prop_map(ClientMaxWindowBits::Value),
    ];
    (any::<bool>(), any::<bool>(), prop::option::of(bits()), client).prop_map(
        |(server, own, bits, client)| Offer {
            server_no_context_takeover: server,
            client_no_context_takeover: own,
            server_max_window_bits: bits,
            client_max_window_bits: client,
        },
    )
}

fn bits() -> impl Strategy<Value = WindowBits> {
    (8_u8..=15).prop_map(|bits| WindowBits::new(bits).expect("8 to 15"))
}
