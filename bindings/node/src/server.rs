//! The server's side: judges a request that Node.js has parsed, and makes the answer.
#![forbid(unsafe_code)]

use serde::Serialize;
use websocket_upgrade_proto as proto;

use proto::ExtraFields;
use proto::server::{Accepted, Bootstrap, Entrance, Rejection, Request, RequestError, Target};

use crate::config::{Config, lines, wrong};
use crate::output::{Kind, Output};
use crate::settings::{Extension, Settings, extension};
use crate::text::{Joined, latin1, text, write};

/// A request, or what is wrong with it.
pub(crate) type Outcome<'a> = Result<Request<'a>, RequestError>;

/// The answer to send, and the settings or the error. The whole answer over HTTP/1.1 is in the bytes of the output.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    status: u16,
    /// Names and values in turn.
    fields: Vec<String>,
    /// The agreed settings, if the request is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings>,
    /// The body of a rejection, over HTTP/1.1 the end of the answer. What is wrong, and the core's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Whether the request is not an upgrade and could be answered as plain HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_upgrade: Option<bool>,
}

/// What a valid request asks for.
#[derive(Serialize)]
struct Asked {
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    authority: String,
    target: String,
    protocols: Vec<String>,
    extensions: Vec<Extension>,
}

/// Judges a request by the options. An answer over HTTP/1.1 that accepts has no JSON if the settings are usual ones.
pub(crate) fn decide(
    config: &Config,
    request: Outcome<'_>,
    secure: Option<bool>,
    output: &mut Output,
) -> Kind {
    let extensions = config.extensions();
    let options = config.server(&extensions, secure);
    match request.and_then(|request| request.accept(&options)) {
        Ok(accepted) => accept(&accepted, output),
        Err(error) => reject_with(&error.rejection(), error.bootstrap(), Some(&error), output),
    }
}

/// Says what a valid request asks for.
pub(crate) fn asked(request: Outcome<'_>, output: &mut Output) -> Kind {
    request.map_or(Kind::None, |request| output.json(&Asked::from(&request)))
}

/// Makes a rejection of the application: the status, fields as pairs, and the body.
pub(crate) fn reject(
    status: u32,
    pairs: &[(String, String)],
    body: &[u8],
    extended_connect: bool,
    output: &mut Output,
) -> Result<Kind, String> {
    let lines = lines(pairs)?;
    let fields = ExtraFields::from_lines(&lines).map_err(|error| wrong(&error))?;
    let bootstrap = bootstrap(extended_connect);
    let status = u16::try_from(status).unwrap_or(u16::MAX);
    let rejection = Rejection::new(status).map_err(|error| wrong(&error))?;
    let rejection = rejection.with_body(body).with_fields(fields).over(bootstrap);
    Ok(reject_with(&rejection, bootstrap, None, output))
}

/// Makes the 503 for a request that was not decided in time.
pub(crate) fn unavailable(retry_after: u32, extended_connect: bool, output: &mut Output) -> Kind {
    let bootstrap = bootstrap(extended_connect);
    let rejection = Rejection::unavailable(retry_after).over(bootstrap);
    reject_with(&rejection, bootstrap, rejection.error(), output)
}

fn bootstrap(extended_connect: bool) -> Bootstrap {
    if extended_connect { Bootstrap::ExtendedConnect } else { Bootstrap::Upgrade }
}

/// Reads a request of HTTP/1: method, target, names and values.
pub(crate) fn with_upgrade<T>(
    joined: &Joined<'_>,
    count: u32,
    minor_version: u32,
    then: impl FnOnce(Outcome<'_>) -> T,
) -> T {
    let ([method, target], fields) = joined.parts(count);
    let (method, target, fields) = (text(method), text(target), fields.as_slice());
    let minor_version = u8::try_from(minor_version).unwrap_or_default();
    let entrance = Entrance::Upgrade { method: &method, target: Target::parse(&target), minor_version };
    then(Request::from_fields(&entrance, &fields))
}

/// Reads an extended CONNECT: `:method`, `:protocol`, `:scheme`, `:authority` and `:path`, each an equals sign and the
/// value, or empty if it was not sent; then names and values.
pub(crate) fn with_connect<T>(joined: &Joined<'_>, count: u32, then: impl FnOnce(Outcome<'_>) -> T) -> T {
    let (pseudo, fields) = joined.parts::<5>(count);
    let pseudo = pseudo.map(|value| value.strip_prefix(b"=").map(text));
    let [method, protocol, scheme, authority, path] = pseudo.each_ref().map(Option::as_deref);
    let fields = fields.as_slice();
    let method = method.unwrap_or_default();
    let entrance = Entrance::ExtendedConnect { method, protocol, scheme, authority, path };
    then(Request::from_fields(&entrance, &fields))
}

impl From<&Request<'_>> for Asked {
    fn from(request: &Request<'_>) -> Self {
        Self {
            origin: request.origin().map(latin1),
            authority: request.authority().to_owned(),
            target: request.target().path_and_query().to_owned(),
            protocols: request.subprotocols().map(str::to_owned).collect(),
            extensions: request.extensions().map(extension).collect(),
        }
    }
}

fn accept(accepted: &Accepted<'_, '_>, output: &mut Output) -> Kind {
    if accepted.bootstrap() == Bootstrap::Upgrade {
        write(&mut output.bytes, |dst| accepted.encode_h1(dst));
        match Settings::word(accepted.settings()) {
            Some(word) => output.settings = word,
            None => {
                output.json(&Settings::from(accepted.settings()));
            }
        }
        return Kind::Bytes;
    }
    let settings = Settings::from(accepted.settings());
    let fields = listed(|each| accepted.for_each_field(each));
    output.json(&Verdict {
        status: accepted.status(),
        fields,
        settings: Some(settings),
        ..Verdict::default()
    })
}

fn reject_with(
    rejection: &Rejection<'_>,
    bootstrap: Bootstrap,
    error: Option<&RequestError>,
    output: &mut Output,
) -> Kind {
    let body = (bootstrap == Bootstrap::ExtendedConnect).then(|| {
        write(&mut output.bytes, |dst| rejection.encode_body(dst));
        latin1(&output.bytes)
    });
    let verdict = Verdict {
        status: rejection.status(),
        fields: listed(|each| rejection.for_each_field(each)),
        settings: None,
        body,
        message: error.map(ToString::to_string),
        reason: error.map(|error| error.reason().label()),
        not_upgrade: error.map(RequestError::is_not_upgrade),
    };
    output.bytes.clear();
    if bootstrap == Bootstrap::Upgrade {
        write(&mut output.bytes, |dst| rejection.encode_h1(dst));
    }
    output.json(&verdict)
}

/// Lists names and values in turn.
fn listed(for_each: impl FnOnce(&mut dyn FnMut(&str, &[u8]))) -> Vec<String> {
    let mut fields = Vec::new();
    for_each(&mut |name, value| fields.extend([name.to_owned(), latin1(value)]));
    fields
}
