//! Runs our client against our server: the client accepts what the server answers.

use websocket_upgrade_proto::client::{Event, Handshake, Options};
use websocket_upgrade_proto::extension::{
    Announced, Extension, Illegal, OfferWriter, ParamWriter, Params, Plain, Rsv,
};
use websocket_upgrade_proto::permessage_deflate::{self, Codec, Offer, PermessageDeflate};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{Key, client, server};

use crate::common::server::Accepted;
use crate::report::{Outcome, same};

/// Checks that a client with the offers of this request accepts the answer, and reads from it what the server meant.
pub(crate) fn check(request: &server::Request<'_>, accepted: &Accepted) -> Outcome {
    let Some(key) = request.key() else {
        // The key is missing and tolerated. Our client always sends one, and requires an accept value.
        return Ok(());
    };
    let nonce = nonce(&key);
    if Key::from_nonce(&nonce) != key {
        // Its padding bits are not zero. Our client would never send such a key.
        return Ok(());
    }
    let mut offered: Vec<&str> = Vec::new();
    for name in request.subprotocols() {
        if !offered.contains(&name) {
            offered.push(name);
        }
    }
    let subprotocols = offered.join(",");
    let offers = Offers::of(request);
    let refs: Vec<&dyn Extension> = offers.0.iter().map(|extension| &**extension).collect();
    let mut options = Options::new();
    options.subprotocols = Subprotocols::parse(&subprotocols).map_err(|error| error.to_string())?;
    options.extensions = &refs;

    let uri = Uri::parse("ws://server.example.com/").map_err(|error| error.to_string())?;
    let request = client::Request::new(&uri, &options).map_err(|error| error.to_string())?;
    let mut handshake = Handshake::new(request, &nonce);
    let mut answer = accepted.answer.0.clone();
    let mut rest = answer.as_mut_slice();
    loop {
        match handshake.receive(rest) {
            Ok(Event::Interim { head }) => {
                let len = head.head_len();
                rest = &mut rest[len..];
            }
            Ok(Event::Accepted { settings, .. }) => {
                same("the client's subprotocol", &settings.subprotocol(), &accepted.subprotocol.as_deref())?;
                return same(
                    "the client's extensions",
                    &settings.extensions().as_str(),
                    &accepted.extensions.as_str(),
                );
            }
            Ok(event) => return Err(format!("our client's check: {event:?}")),
            Err(error) => return Err(format!("our client's check: {error}")),
        }
    }
}

/// Decodes base64.
fn nonce(key: &Key) -> [u8; 16] {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => 0,
    };
    // 22 digits are 132 bits; the last four are padding.
    let digits = key.as_bytes().iter().take(21);
    let bits = digits.fold(0_u128, |bits, &byte| bits << 6 | u128::from(digit(byte)));
    (bits << 2 | u128::from(digit(key.as_bytes()[21])) >> 4).to_be_bytes()
}

/// The offers of a request, as extensions of a client.
struct Offers(Vec<Box<dyn Extension>>);

impl Offers {
    fn of(request: &server::Request<'_>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        let mut offers: Vec<Box<dyn Extension>> = Vec::new();
        for name in request.extensions().map(|member| member.name()) {
            if names.contains(&name) {
                continue;
            }
            names.push(name);
            if name == permessage_deflate::NAME {
                let offers_of_it = request.extensions().filter(|member| member.name() == name);
                let legal: Vec<Offer> =
                    offers_of_it.filter_map(|member| Offer::from_params(member.params())).collect();
                offers.push(Box::new(Deflate::new(&legal)));
            } else {
                offers.push(Box::new(Plain::new(name.to_owned()).expect("a token")));
            }
        }
        Self(offers)
    }
}

/// permessage-deflate with any number of offers.
struct Deflate(Vec<PermessageDeflate>);

impl Deflate {
    fn new(offers: &[Offer]) -> Self {
        let with =
            |deflate: PermessageDeflate, offer: &Offer| deflate.with_offer(*offer).expect("four at most");
        let four = |offers: &[Offer]| offers.iter().fold(PermessageDeflate::new(Codec::FULL), with);
        Self(offers.chunks(PermessageDeflate::MAX_OFFERS).map(four).collect())
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

#[test]
fn the_sample_nonce_is_decoded() {
    assert_eq!(&nonce(&Key::from_nonce(b"the sample nonce")), b"the sample nonce");
    assert_eq!(nonce(&Key::from_nonce(&[0xFF; 16])), [0xFF; 16]);
}
