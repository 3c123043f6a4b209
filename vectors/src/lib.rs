//! The shared table of cases (`vectors/*.json`, described in `vectors/README.md`), as types.
//!
//! Reading a malformed file panics, since the files are only for tests.

use serde::Deserialize;
use serde::de::DeserializeOwned;

mod bytes;
mod config;

pub use bytes::Bytes;
pub use config::{ClientConfig, CodecConfig, Extensions, Policy, PolicyName, ServerConfig};

/// A case of `requests.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// What the client sends.
    pub request: Bytes,
    /// The server's options.
    #[serde(default)]
    pub server: ServerConfig,
    /// `syntax` if an HTTP parser judges it before us.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// The expected result.
    pub expect: ServerExpect,
}

/// A case of `connects.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The pseudo-header fields, instead of a request line.
    pub pseudo: PseudoFields,
    /// The field lines.
    pub fields: Vec<(String, Bytes)>,
    /// The server's options.
    #[serde(default)]
    pub server: ServerConfig,
    /// `syntax` if an HTTP library judges it before us, or its types can't hold it.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// The expected result.
    pub expect: ServerExpect,
}

/// The pseudo-header fields of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PseudoFields {
    /// `:method`.
    #[serde(rename = ":method")]
    pub method: String,
    /// `:protocol`.
    #[serde(default, rename = ":protocol")]
    pub protocol: Option<String>,
    /// `:scheme`.
    #[serde(default, rename = ":scheme")]
    pub scheme: Option<String>,
    /// `:authority`.
    #[serde(default, rename = ":authority")]
    pub authority: Option<String>,
    /// `:path`.
    #[serde(default, rename = ":path")]
    pub path: Option<String>,
}

/// Which entrances a case is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Entrances that read bytes.
    Syntax,
}

/// The expected result of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerExpect {
    /// A 101, or a 200 to an extended CONNECT.
    Accept(AcceptExpect),
    /// A rejection.
    Reject(RejectExpect),
    /// Not an upgrade.
    NotUpgrade(NotUpgradeExpect),
    /// More bytes are needed.
    More,
}

/// The expected agreement.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcceptExpect {
    /// The subprotocol in use.
    pub subprotocol: Option<String>,
    /// The extensions in use.
    pub extensions: Option<String>,
    /// Bytes after the head.
    pub leftover: Bytes,
    /// Field lines of the answer.
    pub fields: std::collections::BTreeMap<String, String>,
    /// Interim responses before it.
    pub interim: Vec<u16>,
}

/// How a request is rejected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectExpect {
    /// The status.
    pub status: u16,
    /// A text in the body.
    #[serde(default)]
    pub names: String,
    /// Field lines of the answer.
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
}

/// The expected answer to a request that is not an upgrade, if it is answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotUpgradeExpect {
    /// The status; absent: 426, or 400 over HTTP/2 and 3.
    #[serde(default)]
    pub status: Option<u16>,
    /// A text in the body.
    #[serde(default)]
    pub names: String,
}

/// The expected text of an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesExpect {
    /// A text in it.
    #[serde(default)]
    pub names: String,
}

/// A case of `responses.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// What the server sends.
    pub response: Bytes,
    /// The client's options.
    #[serde(default)]
    pub client: ClientConfig,
    /// What the server does after the bytes.
    #[serde(default)]
    pub then: Option<Then>,
    /// The expected result.
    pub expect: ClientExpect,
}

/// A case of `connect_responses.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectResponseCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// What the server sends, in order.
    pub responses: Vec<ConnectResponse>,
    /// The client's options.
    #[serde(default)]
    pub client: ClientConfig,
    /// `syntax` if an HTTP library judges it before us, or its types can't hold it.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// The expected result.
    pub expect: ClientExpect,
}

/// The head of a response over HTTP/2 or 3.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectResponse {
    /// `:status`.
    pub status: u16,
    /// The field lines.
    pub fields: Vec<(String, Bytes)>,
}

/// What a server does after its bytes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// It closes the connection.
    Close,
}

/// The expected result of a response.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientExpect {
    /// Established.
    Accept(AcceptExpect),
    /// The server has refused.
    Refuse(RefuseExpect),
    /// The protocol is broken.
    Fail(NamesExpect),
    /// More bytes are needed.
    More,
}

/// The expected refusal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefuseExpect {
    /// The status.
    pub status: u16,
    /// The kept part of the body.
    #[serde(default)]
    pub body: Bytes,
    /// Whether the body was longer.
    #[serde(default)]
    pub truncated: bool,
    /// A text in the reason for that.
    #[serde(default)]
    pub names: String,
    /// Interim responses before it.
    #[serde(default)]
    pub interim: Vec<u16>,
}

/// A case of `extensions.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionsCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The field's lines.
    pub lines: Vec<Bytes>,
    /// The members, if the list is legal.
    #[serde(default)]
    pub members: Option<Vec<MemberExpect>>,
    /// Whether the list is illegal.
    #[serde(default)]
    pub error: bool,
}

/// A member of a list of extensions.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct MemberExpect {
    /// Its name.
    pub name: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Vec<(String, Option<String>)>,
}

/// A case of `deflate.json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum DeflateCase {
    /// What a server answers.
    Server {
        /// What it shows.
        name: String,
        /// The rule.
        rfc: String,
        /// The server's codec and wishes.
        config: CodecConfig,
        /// What the client offers.
        offer: String,
        /// The response, if an offer is accepted.
        answer: Option<String>,
    },
    /// How a client judges a response.
    Client {
        /// What it shows.
        name: String,
        /// The rule.
        rfc: String,
        /// The client's codec, wishes and offers.
        config: CodecConfig,
        /// What the server answers.
        response: String,
        /// The agreement, if the response is legal.
        #[serde(default)]
        agreement: Option<AgreementExpect>,
        /// Whether the response is illegal.
        #[serde(default)]
        error: bool,
    },
}

/// The agreed parameters of permessage-deflate.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct AgreementExpect {
    /// §7.1.1.1.
    pub server_no_context_takeover: bool,
    /// §7.1.1.2.
    pub client_no_context_takeover: bool,
    /// §7.1.2.1.
    pub server_max_window_bits: u8,
    /// §7.1.2.2.
    pub client_max_window_bits: u8,
    /// Whether the client's codec can't compress with such a window.
    #[serde(default)]
    pub must_not_compress: bool,
}

/// A case of `subprotocols.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubprotocolsCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The field's lines.
    pub offer: Vec<Bytes>,
    /// The subprotocols that the server supports.
    pub supported: Vec<String>,
    /// Whether a subprotocol is required.
    #[serde(default)]
    pub require: bool,
    /// The expected choice.
    pub expect: SubprotocolExpect,
}

/// The expected choice of a subprotocol.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum SubprotocolExpect {
    /// This one, or none.
    Chosen(Option<String>),
    /// The request is rejected.
    Rejected {
        /// With this status.
        status: u16,
    },
}

/// A case of `uris.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UriCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The URI.
    pub uri: String,
    /// The expected parts.
    #[serde(default)]
    pub expect: Option<UriExpect>,
    /// A text in the error.
    #[serde(default)]
    pub error: Option<String>,
}

/// The parts of a URI.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UriExpect {
    /// Whether the scheme is `wss`.
    pub secure: bool,
    /// The host.
    pub host: String,
    /// The effective port.
    pub port: u16,
    /// The value of `Host`.
    pub authority: String,
    /// The request target.
    pub target: String,
    /// The value of `Authorization`.
    #[serde(default)]
    pub authorization: Option<String>,
}

/// A case of `origins.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The field's lines.
    pub origin: Vec<Bytes>,
    /// The authority that the request was sent to.
    pub authority: String,
    /// Whether the request came over TLS.
    #[serde(default)]
    pub secure: Option<bool>,
    /// The policy.
    pub policy: config::Policy,
    /// Whether the policy accepts the request.
    pub allowed: bool,
}

/// A case of `added_fields.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedFieldCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The name and the value.
    pub field: (Bytes, Bytes),
    /// The result in a client's request.
    pub client: Added,
    /// The result in a server's answer, which may accept or refuse.
    pub server: Added,
}

/// The result of adding a field.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Added {
    /// It can't be added.
    Refused,
    /// It is sent in every version of HTTP.
    Sent,
    /// It is sent over HTTP/1.1, and left out over HTTP/2 and 3.
    Http1,
}

/// A case of `rejections.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectionCase {
    /// What it shows.
    pub name: String,
    /// The rule.
    pub rfc: String,
    /// The application's status.
    pub status: u16,
    /// The field lines that it adds.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The answer, unless the rejection can't be built.
    #[serde(default)]
    pub expect: Option<AnswerExpect>,
    /// The answer over HTTP/2 and 3, if it differs.
    #[serde(default)]
    pub connect: Option<AnswerExpect>,
    /// Whether the rejection can't be built.
    #[serde(default)]
    pub error: bool,
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerExpect {
    /// Its status.
    pub status: u16,
    /// The values of all lines of these fields.
    pub fields: std::collections::BTreeMap<String, Vec<String>>,
}

macro_rules! files {
    ($($(#[$doc:meta])* $function:ident -> $case:ty, $file:literal;)*) => {
        $($(#[$doc])* pub fn $function() -> Vec<$case> { read($file, include_str!(concat!("../", $file))) })*
    };
}

files! {
    /// All cases of `requests.json`.
    requests -> RequestCase, "requests.json";
    /// All cases of `connects.json`.
    connects -> ConnectCase, "connects.json";
    /// All cases of `responses.json`.
    responses -> ResponseCase, "responses.json";
    /// All cases of `connect_responses.json`.
    connect_responses -> ConnectResponseCase, "connect_responses.json";
    /// All cases of `extensions.json`.
    extensions -> ExtensionsCase, "extensions.json";
    /// All cases of `deflate.json`.
    deflate -> DeflateCase, "deflate.json";
    /// All cases of `subprotocols.json`.
    subprotocols -> SubprotocolsCase, "subprotocols.json";
    /// All cases of `uris.json`.
    uris -> UriCase, "uris.json";
    /// All cases of `origins.json`.
    origins -> OriginCase, "origins.json";
    /// All cases of `added_fields.json`.
    added_fields -> AddedFieldCase, "added_fields.json";
    /// All cases of `rejections.json`.
    rejections -> RejectionCase, "rejections.json";
}

fn read<T: DeserializeOwned>(file: &str, text: &str) -> Vec<T> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("vectors/{file}: {error}"))
}
