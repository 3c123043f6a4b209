//! The options of a case, and their conversion to those of the library.

use serde::Deserialize;
use websocket_upgrade_proto::authority::Authorities;
use websocket_upgrade_proto::extension::{
    Announced, Extension, Illegal, OfferWriter, ParamWriter, Params, Plain, Rsv,
};
use websocket_upgrade_proto::origin::{OriginPolicy, Origins};
use websocket_upgrade_proto::permessage_deflate::{Codec, Offer, PermessageDeflate, WindowBits};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::{ExtraFields, Limits, client, server};

/// The options of a server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// The subprotocols that it supports.
    pub subprotocols: Vec<String>,
    /// Whether it requires a subprotocol.
    pub require_subprotocol: bool,
    /// The extensions that it supports.
    pub extensions: Vec<ExtensionConfig>,
    /// The origins that it accepts.
    pub origins: Policy,
    /// Whether requests come over TLS.
    pub secure: Option<bool>,
    /// The authorities that it answers for.
    pub authorities: Option<Vec<String>>,
    /// Whether a request over HTTP/1.1 may have no key.
    pub danger_no_key: bool,
    /// Its limits.
    pub limits: LimitsConfig,
    /// The fields that it adds to the answer.
    pub headers: Vec<(String, String)>,
}

/// The options of a client.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientConfig {
    /// The subprotocols that it offers.
    pub subprotocols: Vec<String>,
    /// The extensions that it offers.
    pub extensions: Vec<ExtensionConfig>,
    /// Its limits.
    pub limits: LimitsConfig,
}

/// Limits other than the defaults.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    head: Option<usize>,
    target: Option<usize>,
    fields: Option<usize>,
    offers: Option<usize>,
    interim: Option<usize>,
    refusal_body: Option<usize>,
    refusal_overhead: Option<usize>,
}

impl From<LimitsConfig> for Limits {
    fn from(config: LimitsConfig) -> Self {
        let mut limits = Self::new();
        let set = |limit: &mut usize, value: Option<usize>| *limit = value.unwrap_or(*limit);
        set(&mut limits.head, config.head);
        set(&mut limits.target, config.target);
        set(&mut limits.fields, config.fields);
        set(&mut limits.offers, config.offers);
        set(&mut limits.interim, config.interim);
        set(&mut limits.refusal_body, config.refusal_body);
        set(&mut limits.refusal_overhead, config.refusal_overhead);
        limits
    }
}

/// An origin policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Policy {
    /// `same` or `any`.
    Named(PolicyName),
    /// The same origin as an authority that a trusted proxy reports.
    SameAs {
        /// The authority.
        same_as: String,
    },
    /// A list.
    List(Vec<String>),
}

/// An origin policy with a name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyName {
    /// The same origin.
    Same,
    /// Every origin.
    Any,
}

impl Default for Policy {
    fn default() -> Self {
        Self::Named(PolicyName::Same)
    }
}

impl Policy {
    /// Runs a test with this policy.
    pub fn with<T>(&self, secure: Option<bool>, test: impl FnOnce(OriginPolicy<'_>) -> T) -> T {
        match self {
            Self::Named(PolicyName::Same) => test(OriginPolicy::Same { secure, authority: None }),
            Self::SameAs { same_as } => test(OriginPolicy::Same { secure, authority: Some(same_as) }),
            Self::Named(PolicyName::Any) => test(OriginPolicy::DangerAny),
            Self::List(origins) => {
                let list = origins.join(" ");
                test(OriginPolicy::List(Origins::parse(&list).expect("origins of a case")))
            }
        }
    }
}

/// An extension.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ExtensionConfig {
    /// A plain name.
    Plain(String),
    /// A name that needs reserved bits: 1, 2 or 3.
    Rsv {
        /// The name.
        name: String,
        /// The bit.
        rsv: u8,
    },
    /// permessage-deflate.
    Deflate {
        /// Its parameters.
        deflate: CodecConfig,
    },
}

impl ExtensionConfig {
    /// Converts it to an extension of the library.
    pub fn build(&self) -> Box<dyn Extension> {
        match self {
            Self::Plain(name) => Box::new(Plain::new(name.clone()).expect("a token")),
            Self::Rsv { name, rsv } => {
                let rsv = match rsv {
                    1 => Rsv::RSV1,
                    2 => Rsv::RSV2,
                    3 => Rsv::RSV3,
                    _ => panic!("there is no RSV{rsv}"),
                };
                Box::new(WithRsv { plain: Plain::new(name.clone()).expect("a token"), rsv })
            }
            Self::Deflate { deflate } => Box::new(deflate.build()),
        }
    }
}

/// A plain extension that needs a reserved bit.
struct WithRsv {
    plain: Plain<String>,
    rsv: Rsv,
}

impl Extension for WithRsv {
    fn name(&self) -> &str {
        self.plain.name()
    }

    fn rsv(&self) -> Rsv {
        self.rsv
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        self.plain.offer(offers);
    }

    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal> {
        self.plain.verify(response)
    }

    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool {
        self.plain.answer(offer, response)
    }
}

/// The codec of permessage-deflate and the wishes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodecConfig {
    codec: CodecName,
    #[serde(default)]
    server_no_context_takeover: bool,
    #[serde(default)]
    client_no_context_takeover: bool,
    #[serde(default)]
    server_max_window_bits: Option<u8>,
    #[serde(default)]
    client_max_window_bits: Option<u8>,
    #[serde(default)]
    offers: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CodecName {
    Full,
    Zlib,
    Fixed,
    Stateless,
    Small,
}

impl CodecConfig {
    /// Converts it to the library's extension.
    pub fn build(&self) -> PermessageDeflate {
        let bits = |bits| WindowBits::new(bits).expect("8 to 15");
        let codec = match self.codec {
            CodecName::Full => Codec::FULL,
            CodecName::Zlib => Codec::ZLIB,
            CodecName::Fixed => Codec::FIXED_WINDOW,
            CodecName::Stateless => Codec::FULL.without_context(),
            CodecName::Small => {
                let mut codec = Codec::FULL;
                codec.max_inflate_window_bits = bits(10);
                codec
            }
        };
        let mut deflate = PermessageDeflate::new(codec);
        if self.server_no_context_takeover {
            deflate = deflate.server_no_context_takeover();
        }
        if self.client_no_context_takeover {
            deflate = deflate.client_no_context_takeover();
        }
        if let Some(most) = self.server_max_window_bits {
            deflate = deflate.server_max_window_bits(bits(most));
        }
        if let Some(most) = self.client_max_window_bits {
            deflate = deflate.client_max_window_bits(bits(most));
        }
        for offer in &self.offers {
            let offer = Offer::parse(offer).expect("a legal offer");
            deflate = deflate.with_offer(offer).expect("an offer that the codec can keep");
        }
        deflate
    }
}

/// The extensions of a case, converted.
pub struct Extensions(Vec<Box<dyn Extension>>);

impl Extensions {
    fn new(configs: &[ExtensionConfig]) -> Self {
        Self(configs.iter().map(ExtensionConfig::build).collect())
    }

    fn refs(&self) -> Vec<&dyn Extension> {
        self.0.iter().map(|extension| &**extension).collect()
    }
}

impl std::fmt::Debug for Extensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|extension| extension.name())).finish()
    }
}

impl ServerConfig {
    /// Returns the limits.
    pub fn limits(&self) -> Limits {
        self.limits.into()
    }

    /// Runs a test with these options.
    pub fn with<T>(&self, test: impl FnOnce(&server::Options<'_, '_>) -> T) -> T {
        let subprotocols = self.subprotocols.join(", ");
        let extensions = Extensions::new(&self.extensions);
        let extensions = extensions.refs();
        let lines: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let authorities = self.authorities.as_ref().map(|authorities| authorities.join(" "));
        self.origins.with(self.secure, |origins| {
            let mut options = server::Options::new();
            options.subprotocols = Subprotocols::parse(&subprotocols).expect("subprotocols of a case");
            options.require_subprotocol = self.require_subprotocol;
            options.extensions = &extensions;
            options.origins = origins;
            options.secure = self.secure;
            options.authorities =
                authorities.as_deref().map(|list| Authorities::parse(list).expect("authorities of a case"));
            options.danger_no_key = self.danger_no_key;
            options.fields = ExtraFields::from_lines(lines.as_bytes()).expect("headers of a case");
            options.limits = self.limits();
            test(&options)
        })
    }
}

impl ClientConfig {
    /// Returns the limits.
    pub fn limits(&self) -> Limits {
        self.limits.into()
    }

    /// Runs a test with these options.
    pub fn with<T>(&self, test: impl FnOnce(&client::Options<'_, '_>) -> T) -> T {
        let subprotocols = self.subprotocols.join(", ");
        let extensions = Extensions::new(&self.extensions);
        let extensions = extensions.refs();
        let mut options = client::Options::new();
        options.subprotocols = Subprotocols::parse(&subprotocols).expect("subprotocols of a case");
        options.extensions = &extensions;
        options.limits = self.limits();
        test(&options)
    }
}
