//! The shared table of cases (`vectors/*.json`, described in `vectors/README.md`), as types.
//!
//! Reading panics on a file that breaks the format: these are tests' data.

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
    /// `syntax` if an HTTP parser decides it before us.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// What must come of it.
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
    /// What stands in the place of a request line.
    pub pseudo: PseudoFields,
    /// The field lines.
    pub fields: Vec<(String, Bytes)>,
    /// The server's options.
    #[serde(default)]
    pub server: ServerConfig,
    /// `syntax` if an HTTP library decides it before us, or its types can't say it.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// What must come of it.
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
    /// Those that read bytes.
    Syntax,
}

/// What a server makes of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerExpect {
    /// A 101, or a 200 to an extended CONNECT.
    Accept(AcceptExpect),
    /// A rejection.
    Reject(RejectExpect),
    /// Not an upgrade.
    NotUpgrade(NotUpgradeExpect),
    /// Nothing yet.
    More,
}

/// What is agreed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcceptExpect {
    /// The subprotocol in use.
    pub subprotocol: Option<String>,
    /// The extensions in use.
    pub extensions: Option<String>,
    /// Bytes behind the head.
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
    /// What the body says.
    #[serde(default)]
    pub names: String,
    /// Field lines of the answer.
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
}

/// How what is not an upgrade is answered where an answer is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotUpgradeExpect {
    /// The status; absent: 426, or 400 over HTTP/2 and 3.
    #[serde(default)]
    pub status: Option<u16>,
    /// What the body says.
    #[serde(default)]
    pub names: String,
}

/// What an error's text contains.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesExpect {
    /// The words.
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
    /// What follows.
    #[serde(default)]
    pub then: Option<Then>,
    /// What must come of it.
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
    /// `syntax` if an HTTP library decides it before us, or its types can't say it.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// What must come of it.
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

/// What a server does behind its bytes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// It closes the connection.
    Close,
}

/// What a client makes of a response.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientExpect {
    /// Established.
    Accept(AcceptExpect),
    /// The server said no.
    Refuse(RefuseExpect),
    /// The protocol is broken.
    Fail(NamesExpect),
    /// Nothing yet.
    More,
}

/// A refusal, as a client sees it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefuseExpect {
    /// The status.
    pub status: u16,
    /// What is kept of the body.
    #[serde(default)]
    pub body: Bytes,
    /// Whether that is not all of it.
    #[serde(default)]
    pub truncated: bool,
    /// A word of the reason why.
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
    /// Whether it is not.
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
    /// What a client makes of a response.
    Client {
        /// What it shows.
        name: String,
        /// The rule.
        rfc: String,
        /// The client's codec, wishes and offers.
        config: CodecConfig,
        /// What the server answers.
        response: String,
        /// What is agreed, if the response is legal.
        #[serde(default)]
        agreement: Option<AgreementExpect>,
        /// Whether it is not.
        #[serde(default)]
        error: bool,
    },
}

/// What permessage-deflate is agreed to be.
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
    /// What the server speaks.
    pub supported: Vec<String>,
    /// Whether it insists.
    #[serde(default)]
    pub require: bool,
    /// What is chosen.
    pub expect: SubprotocolExpect,
}

/// What is chosen of the subprotocols.
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
    /// What it means.
    #[serde(default)]
    pub expect: Option<UriExpect>,
    /// What is wrong with it.
    #[serde(default)]
    pub error: Option<String>,
}

/// What a URI means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UriExpect {
    /// TLS or not.
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
    /// Whom the request was sent to.
    pub authority: String,
    /// Whether over TLS.
    #[serde(default)]
    pub secure: Option<bool>,
    /// The policy.
    pub policy: config::Policy,
    /// Whether it lets the request pass.
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
    /// Its name and value.
    pub field: (Bytes, Bytes),
    /// In a client's request.
    pub client: Added,
    /// In a server's answer, whether it accepts or rejects.
    pub server: Added,
}

/// What becomes of a field that an application adds.
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
    /// The status that the application wants.
    pub status: u16,
    /// The field lines that it adds.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The answer, unless there is none.
    #[serde(default)]
    pub expect: Option<AnswerExpect>,
    /// The answer over HTTP/2 and 3, where it is another one.
    #[serde(default)]
    pub connect: Option<AnswerExpect>,
    /// Whether it can't be built.
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
