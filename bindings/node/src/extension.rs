//! The extensions of the options, in the form of the core.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use serde::Deserialize;
use websocket_upgrade_proto::extension::{
    Announced, Extension, Illegal, Member, OfferWriter, ParamWriter, Params, Rsv,
};
use websocket_upgrade_proto::permessage_deflate::{
    self, ClientMaxWindowBits, Codec, Offer, PermessageDeflate, WindowBits,
};

use crate::text::shown;

/// An extension, as the options describe it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Named {
    name: String,
    #[serde(default)]
    params: BTreeMap<String, Param>,
    #[serde(default)]
    rsv: Option<u8>,
    #[serde(default)]
    codec: CodecConfig,
    /// permessage-deflate: the client's offers. They replace the derived offer.
    #[serde(default)]
    offers: Vec<BTreeMap<String, Param>>,
}

/// The value of a parameter; `true` stands for no value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Param {
    Flag(bool),
    Number(u32),
    Token(String),
}

/// What the codec can do with permessage-deflate. The default is zlib.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct CodecConfig {
    min_compress_window_bits: Option<u8>,
    max_inflate_window_bits: Option<u8>,
    keeps_compress_context: Option<bool>,
    keeps_inflate_context: Option<bool>,
}

/// Adds the extensions of a list. Those of the same name are alternatives, in order of preference.
pub(crate) fn add_list(list: &str, extensions: &mut Vec<Box<dyn Extension>>) -> Result<(), String> {
    let members: Vec<Member<'_>> = Member::parse_list(list)
        .ok_or_else(|| format!("extensions{}: not a list as RFC 6455 section 9.1 has it", shown(list)))?
        .collect();
    for (place, member) in members.iter().enumerate() {
        let is_same = |other: &&Member<'_>| other.name() == member.name();
        if members.iter().take(place).any(|earlier| is_same(&earlier)) {
            continue;
        }
        let all = members.iter().filter(is_same).map(Member::params);
        extensions.push(if member.name() == permessage_deflate::NAME {
            Box::new(offering(PermessageDeflate::new(Codec::ZLIB), all)?)
        } else {
            let sets = all.map(|params| params.into_iter().map(owned).collect()).collect();
            Box::new(Exact { name: member.name().to_owned(), rsv: Rsv::NONE, sets })
        });
    }
    Ok(())
}

impl Named {
    /// Makes an extension without parameters.
    pub(crate) fn plain(name: &str) -> Self {
        let (params, codec) = (BTreeMap::new(), CodecConfig::default());
        Self { name: name.to_owned(), params, rsv: None, codec, offers: Vec::new() }
    }

    pub(crate) fn build(&self) -> Result<Box<dyn Extension>, String> {
        let name = &self.name;
        if name == permessage_deflate::NAME {
            return Ok(Box::new(self.deflate()?));
        }
        let rsv = match self.rsv {
            None => Rsv::NONE,
            Some(1) => Rsv::RSV1,
            Some(2) => Rsv::RSV2,
            Some(3) => Rsv::RSV3,
            Some(bit) => return Err(format!("extension{}: there is no RSV{bit}", shown(name))),
        };
        // The core's grammar decides whether name and parameters are legal: reading them must return what was written.
        let written = format!("{name}{}", text(&self.params));
        let mut read = Member::parse_list(&written).into_iter().flatten();
        let member = match (read.next(), read.next()) {
            (Some(member), None) if member.to_string() == written && member.name() == name => member,
            _ => return Err(format!("extension{}: name and parameters must be tokens", shown(name))),
        };
        let set = member.params().into_iter().map(owned).collect();
        Ok(Box::new(Exact { name: name.clone(), rsv, sets: vec![set] }))
    }

    fn deflate(&self) -> Result<PermessageDeflate, String> {
        let wrong =
            |params: &str| format!("permessage-deflate{params}: not parameters of RFC 7692 section 7.1");
        let params = text(&self.params);
        let wanted = Offer::parse(params.trim_start_matches("; ")).ok_or_else(|| wrong(&params))?;
        let mut deflate = PermessageDeflate::new(self.codec.build()?);
        if wanted.server_no_context_takeover {
            deflate = deflate.server_no_context_takeover();
        }
        if wanted.client_no_context_takeover {
            deflate = deflate.client_no_context_takeover();
        }
        if let Some(bits) = wanted.server_max_window_bits {
            deflate = deflate.server_max_window_bits(bits);
        }
        if let ClientMaxWindowBits::Value(bits) = wanted.client_max_window_bits {
            deflate = deflate.client_max_window_bits(bits);
        }
        let offers: Vec<String> = self.offers.iter().map(text).collect();
        for offer in &offers {
            let params = Params::parse(offer.trim_start_matches("; ")).ok_or_else(|| wrong(offer))?;
            deflate = offering(deflate, [params])?;
        }
        Ok(deflate)
    }
}

impl CodecConfig {
    fn build(&self) -> Result<Codec, String> {
        let bits = |bits: Option<u8>, default| match bits {
            None => Ok(default),
            Some(bits) => WindowBits::new(bits)
                .ok_or_else(|| format!("codec: a window of {bits} bits, expected 8 to 15")),
        };
        let mut codec = Codec::ZLIB;
        codec.min_compress_window_bits = bits(self.min_compress_window_bits, codec.min_compress_window_bits)?;
        codec.max_inflate_window_bits = bits(self.max_inflate_window_bits, codec.max_inflate_window_bits)?;
        codec.keeps_compress_context = self.keeps_compress_context.unwrap_or(true);
        codec.keeps_inflate_context = self.keeps_inflate_context.unwrap_or(true);
        Ok(codec)
    }
}

fn offering<'a>(
    deflate: PermessageDeflate,
    offers: impl IntoIterator<Item = Params<'a>>,
) -> Result<PermessageDeflate, String> {
    offers.into_iter().try_fold(deflate, |deflate, params| {
        let offer = Offer::from_params(params).ok_or_else(|| {
            "permessage-deflate: an offer that RFC 7692 section 7.1 does not allow".to_owned()
        })?;
        deflate.with_offer(offer).map_err(|error| format!("permessage-deflate: {error}"))
    })
}

/// Writes parameters as they follow the name. A parameter that is `false` is left out.
fn text(params: &BTreeMap<String, Param>) -> String {
    let mut text = String::new();
    for (name, value) in params {
        match value {
            Param::Flag(false) => {}
            Param::Flag(true) => text.extend(["; ", name]),
            Param::Number(number) => text.extend(["; ", name, "=", &number.to_string()]),
            Param::Token(token) => text.extend(["; ", name, "=", token]),
        }
    }
    text
}

type Owned = (String, Option<String>);

fn owned(param: websocket_upgrade_proto::extension::Param<'_>) -> Owned {
    (param.name().to_owned(), param.value().map(|value| value.to_string()))
}

/// An extension whose parameters have no meaning here. Both sides must write the same ones, in any order.
///
/// | | client | server |
/// |---|---|---|
/// | writes | every set, in order | the set of the accepted offer |
/// | accepts | a response with the parameters of one of the sets | an offer with the parameters of one of the sets |
struct Exact {
    name: String,
    rsv: Rsv,
    sets: Vec<Vec<Owned>>,
}

impl Exact {
    fn set(&self, params: Params<'_>) -> Option<&[Owned]> {
        let mut others: Vec<Owned> = params.into_iter().map(owned).collect();
        others.sort_unstable();
        let is_same = |set: &&Vec<Owned>| {
            let mut own = (*set).clone();
            own.sort_unstable();
            own == others
        };
        self.sets.iter().find(is_same).map(Vec::as_slice)
    }
}

fn write(set: &[Owned], out: &mut ParamWriter<'_, '_>) {
    for (name, value) in set {
        match value {
            Some(value) => out.token(name, value),
            None => out.flag(name),
        }
    }
}

impl Extension for Exact {
    fn name(&self) -> &str {
        &self.name
    }

    fn rsv(&self) -> Rsv {
        self.rsv
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        for set in &self.sets {
            write(set, &mut offers.offer());
        }
    }

    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal> {
        self.set(response).map(|_| Announced::default()).ok_or(Illegal)
    }

    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool {
        let Some(set) = self.set(offer) else { return false };
        write(set, response);
        true
    }
}
