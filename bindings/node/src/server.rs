//! The server's side: judges a request that Node.js has parsed, and makes the answer.

use napi::{Env, JsString, Result};
use napi_derive::napi;
use websocket_upgrade_proto as proto;

use proto::ExtraFields;
use proto::server::{Accepted, Bootstrap, Entrance, Rejection, Request, RequestError, Target};

use crate::config::{Config, lines, wrong};
use crate::settings::{Extension, Settings, extension};
use crate::text::{Joined, latin1, text, written};

/// The checked options of a server.
#[napi]
pub struct Server {
    pub(crate) config: Config,
}

/// The answer to send, and the settings or the error.
#[napi(object, object_from_js = false)]
pub struct Verdict<'env> {
    /// The whole answer over HTTP/1.1, with one character per byte. Over HTTP/2 the members below are used.
    pub answer: Option<JsString<'env>>,
    /// The status and the fields, names and values in turn: over HTTP/2, and of a rejection.
    pub status: Option<u16>,
    pub fields: Option<Vec<JsString<'env>>>,
    /// The agreed settings, if the request is accepted.
    pub settings: Option<Settings>,
    /// The body of a rejection, what is wrong, and the core's name for it.
    pub body: Option<JsString<'env>>,
    pub message: Option<String>,
    pub reason: Option<String>,
    /// Whether the request is not an upgrade and could be answered as plain HTTP.
    pub not_upgrade: Option<bool>,
}

/// What a valid request asks for.
#[napi(object, object_from_js = false)]
pub struct Asked {
    pub origin: Option<String>,
    pub authority: String,
    pub target: String,
    pub protocols: Vec<String>,
    pub extensions: Vec<Extension>,
}

#[napi]
impl Server {
    /// Checks the options, given as JSON.
    #[napi(constructor)]
    pub fn new(options: String) -> Result<Self> {
        Ok(Self { config: Config::parse(&options)? })
    }

    /// Judges a request of HTTP/1. `request` is one string of `count` parts with U+001F between them: method, target,
    /// names and values.
    #[napi]
    pub fn judge<'env>(
        &self,
        env: &'env Env,
        request: JsString<'env>,
        count: u32,
        minor_version: u8,
        secure: Option<bool>,
    ) -> Result<Verdict<'env>> {
        let joined = Joined::new(request)?;
        with_upgrade(&joined, count, minor_version, |request| self.decide(env, request, secure))
    }

    /// Judges an extended CONNECT. The first parts are `:method`, `:protocol`, `:scheme`, `:authority` and `:path`;
    /// each is an equals sign and the value, or empty if it was not sent. Names and values follow.
    #[napi]
    pub fn judge_connect<'env>(
        &self,
        env: &'env Env,
        request: JsString<'env>,
        count: u32,
        secure: Option<bool>,
    ) -> Result<Verdict<'env>> {
        let joined = Joined::new(request)?;
        with_connect(&joined, count, |request| self.decide(env, request, secure))
    }

    pub(crate) fn decide<'env>(
        &self,
        env: &'env Env,
        request: std::result::Result<Request<'_>, RequestError>,
        secure: Option<bool>,
    ) -> Result<Verdict<'env>> {
        let extensions = self.config.extensions();
        let options = self.config.server(&extensions, secure);
        match request.and_then(|request| request.accept(&options)) {
            Ok(accepted) => accept(env, &accepted),
            Err(error) => reject_with(env, &error.rejection(), error.bootstrap(), Some(&error)),
        }
    }
}

/// Returns what a valid request asks for.
#[napi]
pub fn asked(request: JsString<'_>, count: u32, minor_version: u8) -> Result<Option<Asked>> {
    let joined = Joined::new(request)?;
    Ok(with_upgrade(&joined, count, minor_version, |request| {
        request.ok().map(|request| Asked::from(&request))
    }))
}

/// As `asked`, for an extended CONNECT.
#[napi]
pub fn asked_connect(request: JsString<'_>, count: u32) -> Result<Option<Asked>> {
    let joined = Joined::new(request)?;
    Ok(with_connect(&joined, count, |request| request.ok().map(|request| Asked::from(&request))))
}

/// Makes a rejection of the application: the status, fields as pairs, and the body.
#[napi]
pub fn reject<'env>(
    env: &'env Env,
    status: u16,
    headers: Vec<Vec<String>>,
    body: &[u8],
    extended_connect: bool,
) -> Result<Verdict<'env>> {
    let pairs: Vec<(String, String)> = headers
        .into_iter()
        .filter_map(|pair| <[String; 2]>::try_from(pair).ok())
        .map(|[name, value]| (name, value))
        .collect();
    let lines = lines(&pairs)?;
    let fields = ExtraFields::from_lines(&lines).map_err(|error| wrong(&error))?;
    let bootstrap = bootstrap(extended_connect);
    let rejection = Rejection::new(status).map_err(|error| wrong(&error))?;
    let rejection = rejection.with_body(body).with_fields(fields).over(bootstrap);
    reject_with(env, &rejection, bootstrap, None)
}

/// Makes the 503 for a request that was not decided in time.
#[napi]
pub fn unavailable(env: &Env, retry_after: u32, extended_connect: bool) -> Result<Verdict<'_>> {
    let bootstrap = bootstrap(extended_connect);
    let rejection = Rejection::unavailable(retry_after).over(bootstrap);
    reject_with(env, &rejection, bootstrap, rejection.error())
}

fn bootstrap(extended_connect: bool) -> Bootstrap {
    if extended_connect { Bootstrap::ExtendedConnect } else { Bootstrap::Upgrade }
}

fn with_upgrade<T>(
    joined: &Joined,
    count: u32,
    minor_version: u8,
    then: impl FnOnce(std::result::Result<Request<'_>, RequestError>) -> T,
) -> T {
    let ([method, target], fields) = joined.parts(count);
    let (method, target, fields) = (text(method), text(target), fields.as_slice());
    let entrance = Entrance::Upgrade { method: &method, target: Target::parse(&target), minor_version };
    then(Request::from_fields(&entrance, &fields))
}

fn with_connect<T>(
    joined: &Joined,
    count: u32,
    then: impl FnOnce(std::result::Result<Request<'_>, RequestError>) -> T,
) -> T {
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

fn accept<'env>(env: &'env Env, accepted: &Accepted<'_, '_>) -> Result<Verdict<'env>> {
    let mut verdict = Verdict::empty();
    verdict.settings = Some(Settings::from(accepted.settings()));
    if accepted.bootstrap() == Bootstrap::Upgrade {
        verdict.answer = Some(written(env, |dst| accepted.encode_h1(dst))?);
    } else {
        verdict.status = Some(accepted.status());
        verdict.fields = Some(listed(env, |each| accepted.for_each_field(each))?);
    }
    Ok(verdict)
}

fn reject_with<'env>(
    env: &'env Env,
    rejection: &Rejection<'_>,
    bootstrap: Bootstrap,
    error: Option<&RequestError>,
) -> Result<Verdict<'env>> {
    let mut verdict = Verdict::empty();
    verdict.status = Some(rejection.status());
    verdict.fields = Some(listed(env, |each| rejection.for_each_field(each))?);
    verdict.body = Some(written(env, |dst| rejection.encode_body(dst))?);
    if bootstrap == Bootstrap::Upgrade {
        verdict.answer = Some(written(env, |dst| rejection.encode_h1(dst))?);
    }
    verdict.message = error.map(ToString::to_string);
    verdict.reason = error.map(|error| format!("{:?}", error.reason()));
    verdict.not_upgrade = error.map(RequestError::is_not_upgrade);
    Ok(verdict)
}

/// Lists names and values in turn.
fn listed(env: &Env, for_each: impl FnOnce(&mut dyn FnMut(&str, &[u8]))) -> Result<Vec<JsString<'_>>> {
    let mut fields = Vec::new();
    for_each(&mut |name, value| {
        fields.push(env.create_string_latin1(name));
        fields.push(env.create_string_latin1(value));
    });
    fields.into_iter().collect()
}

impl Verdict<'_> {
    fn empty() -> Self {
        Self {
            answer: None,
            status: None,
            fields: None,
            settings: None,
            body: None,
            message: None,
            reason: None,
            not_upgrade: None,
        }
    }
}
