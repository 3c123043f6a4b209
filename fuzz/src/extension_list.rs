//! A list of extension offers, the server's answer, and the client's check of it.
//!
//! - An offer fails the handshake only if it breaks the grammar.
//! - A client that has made the offers accepts the server's answer, and both understand it alike.
//! - Of two extensions that need the same bit, at most one is in use.

use websocket_upgrade_proto::client::{self, Event, Handshake};
use websocket_upgrade_proto::extension::{
    Announced, Extension, Illegal, OfferWriter, ParamWriter, Params, Plain, Rsv,
};
use websocket_upgrade_proto::permessage_deflate::{self, Agreement, Codec, Offer, PermessageDeflate};
use websocket_upgrade_proto::server::{Entrance, Options, Request, RequestReason, Target};
use websocket_upgrade_proto::uri::Uri;

use crate::{Input, deflate, fields_with_offers};

/// Checks one input: the field's lines, with LF between them.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let fields = fields_with_offers(input.bytes.split(|&byte| byte == b'\n'));
    let fields = fields.as_slice();
    let entrance = Entrance::Upgrade { method: "GET", target: Target::parse("/chat"), minor_version: 1 };
    let request = match Request::from_fields(&entrance, &fields) {
        Ok(request) => request,
        Err(error) => {
            assert!(matches!(error.reason(), RequestReason::Syntax(_)), "{error}");
            return;
        }
    };

    let deflate = deflate::configured(Codec::ZLIB, input.choices);
    let plain = Plain::new("x-test").expect("a token");
    let mut options = Options::new();
    let extensions: [&dyn Extension; 3] = [&deflate, &plain, &Rival];
    options.extensions = &extensions;
    let accepted = match request.accept(&options) {
        Ok(accepted) => accepted,
        Err(error) => {
            assert_eq!(error.reason(), RequestReason::ExtensionsMalformed, "{error}");
            return;
        }
    };
    let in_use = accepted.settings().extensions();
    assert!(!(in_use.contains(permessage_deflate::NAME) && in_use.contains(RIVAL)), "RSV1 used twice");
    let agreed = accepted.settings().permessage_deflate();
    let mut answer = [0; 1024];
    let len = accepted.encode_h1(&mut answer).expect("the answer is short");
    check_client(&request, &mut answer[..len], in_use.as_str(), agreed);
}

/// Checks that a client with these offers accepts the answer, and reads from it what the server meant.
fn check_client(request: &Request<'_>, answer: &mut [u8], in_use: &str, agreed: Option<Agreement>) {
    let offers = offers(request);
    let refs: Vec<&dyn Extension> = offers.iter().map(|extension| &**extension).collect();
    let mut options = client::Options::new();
    options.extensions = &refs;
    let uri = Uri::parse("ws://server.example.com/chat").expect("a URI");
    let request = client::Request::new(&uri, &options).expect("names that differ");
    let mut handshake = Handshake::new(request, b"the sample nonce");
    match handshake.receive(answer) {
        Ok(Event::Accepted { settings, .. }) => {
            assert_eq!(settings.extensions().as_str(), in_use);
            deflate::check_both(settings.permessage_deflate(), agreed);
        }
        other => panic!("{in_use}: {other:?}"),
    }
}

/// Returns the offers of a request, as a client's extensions.
fn offers(request: &Request<'_>) -> Vec<Box<dyn Extension>> {
    let mut names: Vec<&str> = Vec::new();
    for member in request.extensions() {
        if !names.contains(&member.name()) {
            names.push(member.name());
        }
    }
    let extension = |name: &str| -> Box<dyn Extension> {
        if name != permessage_deflate::NAME {
            return Box::new(Plain::new(name.to_owned()).expect("a token"));
        }
        let offers = request.extensions().filter(|member| member.name() == name);
        Box::new(Deflate::new(offers.filter_map(|member| Offer::from_params(member.params()))))
    };
    names.into_iter().map(extension).collect()
}

/// permessage-deflate with any number of offers.
struct Deflate(Vec<PermessageDeflate>);

impl Deflate {
    fn new(offers: impl Iterator<Item = Offer>) -> Self {
        let one = |offer| PermessageDeflate::new(Codec::FULL).with_offer(offer).expect("every window");
        Self(offers.map(one).collect())
    }
}

impl Extension for Deflate {
    fn name(&self) -> &str {
        permessage_deflate::NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        self.0.iter().for_each(|deflate| deflate.offer(offers));
    }

    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal> {
        self.0.iter().find_map(|deflate| deflate.verify(response).ok()).ok_or(Illegal)
    }

    fn answer(&self, _: Params<'_>, _: &mut ParamWriter<'_, '_>) -> bool {
        false
    }
}

const RIVAL: &str = "x-rival";

/// Another extension that needs RSV1.
struct Rival;

impl Extension for Rival {
    fn name(&self) -> &'static str {
        RIVAL
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        offers.offer();
    }

    fn verify(&self, _: Params<'_>) -> Result<Announced, Illegal> {
        Err(Illegal)
    }

    fn answer(&self, offer: Params<'_>, _: &mut ParamWriter<'_, '_>) -> bool {
        offer.is_empty()
    }
}
