//! The extensions that flags offer.

use std::sync::Arc;

use websocket_upgrade::ClientOptions;
use websocket_upgrade::proto::extension::{
    Announced, Extension, Illegal, Member, OfferWriter, ParamWriter, Params,
};
use websocket_upgrade::proto::permessage_deflate::{self, Codec, Offer, PermessageDeflate};

use crate::failure::Failure;

/// What browsers offer.
const BROWSERS: &str = "client_max_window_bits";

/// Adds the extensions of `--extension`, and the compression of `--compress` in front of them.
pub(super) fn add(
    options: ClientOptions,
    offers: &[String],
    compress: bool,
) -> Result<ClientOptions, Failure> {
    let compress = compress.then(|| format!("{}; {BROWSERS}", permessage_deflate::NAME));
    let offers = compress.iter().chain(offers).map(String::as_str);
    read(offers)?
        .into_iter()
        .try_fold(options, ClientOptions::custom_extension)
        .map_err(|error| Failure::usage(format_args!("--extension: {error}")))
}

/// Reads lists of offers, as they stand in `Sec-WebSocket-Extensions`. Several offers of an extension are in the order
/// of preference.
pub(crate) fn read<'o>(offers: impl Iterator<Item = &'o str>) -> Result<Vec<Arc<dyn Extension>>, Failure> {
    let mut deflate = Deflate::default();
    let mut others: Vec<Other> = Vec::new();
    for offer in offers {
        let members = Member::parse_list(offer).ok_or_else(|| {
            Failure::usage(format_args!("--extension {offer:?}: not a list of extensions"))
                .hint("write a name and perhaps parameters: --extension \"x-test; a=b\"")
        })?;
        for member in members {
            let text = member.to_string();
            let params = text.get(member.name().len()..).unwrap_or_default().trim_start_matches([';', ' ']);
            if member.name() == permessage_deflate::NAME {
                deflate.offer(params)?;
            } else if let Some(other) = others.iter_mut().find(|other| other.name == member.name()) {
                other.offers.push(params.to_owned());
            } else {
                others.push(Other { name: member.name().to_owned(), offers: vec![params.to_owned()] });
            }
        }
    }
    let deflate = deflate.0.map(|deflate| Arc::new(deflate) as Arc<dyn Extension>);
    let others = others.into_iter().map(|other| Arc::new(other) as Arc<dyn Extension>);
    Ok(deflate.into_iter().chain(others).collect())
}

/// permessage-deflate, if it is offered.
#[derive(Default)]
struct Deflate(Option<PermessageDeflate>);

impl Deflate {
    fn offer(&mut self, params: &str) -> Result<(), Failure> {
        let failed = |what: String| Failure::usage(format_args!("permessage-deflate; {params}: {what}"));
        let offer = Offer::parse(params).ok_or_else(|| {
            failed("not parameters of an offer".into()).hint(
                "the parameters are client_max_window_bits[=9..15], server_max_window_bits=8..15, \
                    client_no_context_takeover and server_no_context_takeover",
            )
        })?;
        // yawc compresses with zlib.
        let deflate = self.0.unwrap_or(const { PermessageDeflate::new(Codec::ZLIB) });
        self.0 = Some(deflate.with_offer(offer).map_err(|error| failed(error.to_string()))?);
        Ok(())
    }
}

/// An extension that the tool does not know. It is offered as the user has written it, and any answer is accepted.
#[derive(Debug)]
struct Other {
    name: String,
    /// The parameters of each offer. Their grammar has been checked.
    offers: Vec<String>,
}

impl Extension for Other {
    fn name(&self) -> &str {
        &self.name
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        for params in &self.offers {
            let mut offer = offers.offer();
            for param in Params::parse(params).unwrap_or_default() {
                match param.value() {
                    None => offer.flag(param.name()),
                    Some(value) => offer.token(param.name(), &value.to_string()),
                }
            }
        }
    }

    fn verify(&self, _: Params<'_>) -> Result<Announced, Illegal> {
        Ok(Announced::default())
    }

    fn answer(&self, _: Params<'_>, _: &mut ParamWriter<'_, '_>) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_that_can_not_be_made_says_why() {
        for (offer, message) in [
            ("x;;", "--extension \"x;;\": not a list of extensions"),
            ("permessage-deflate; x=1", "permessage-deflate; x=1: not parameters of an offer"),
        ] {
            let failed = add(ClientOptions::new(), &[offer.to_owned()], false);
            assert_eq!(failed.map(drop).map_err(|failure| failure.message), Err(message.to_owned()));
        }
    }
}
