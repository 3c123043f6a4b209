//! The client's side: builds the request, and judges the received bytes.

use std::collections::HashMap;

use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use websocket_upgrade_proto as proto;

use proto::client::{Body, BodyState, Event, Handshake, Progress, Request, ResponseError};
use proto::field::Field;
use proto::head::ResponseHead;
use proto::proxy;
use proto::uri::Uri;

use crate::config::{Config, wrong};
use crate::settings::Settings;
use crate::text::{encoded, latin1};

/// A handshake over HTTP/1.1.
#[napi]
pub struct Client {
    url: String,
    config: Config,
    progress: Progress,
    /// Received bytes that are not consumed yet, from the start of a head until the head is read.
    received: Vec<u8>,
    interim: Vec<u16>,
    refusal: Option<Refusal>,
}

/// A final response other than 101.
struct Refusal {
    head: Head,
    body: Body,
    kept: Vec<u8>,
}

#[derive(Clone)]
struct Head {
    status: u16,
    reason: String,
    fields: Vec<String>,
}

/// The server that the request is for.
#[napi(object, object_from_js = false)]
pub struct Place {
    pub secure: bool,
    /// The host; an IPv6 address has no brackets.
    pub host: String,
    pub port: u16,
    /// The value of `Host`.
    pub authority: String,
    pub target: String,
}

/// The state after the bytes received so far: `more`, `body`, `accepted`, `refused`, or `failed`.
///
/// `body` means that the head of a refusal was read, and more of its body may come.
#[napi(object, object_from_js = false)]
pub struct ClientEvent {
    pub kind: &'static str,
    /// How many of the bytes given last come after the head.
    pub rest: u32,
    /// The status of the final response, its reason phrase, and its fields: names and values in turn.
    pub status: Option<u16>,
    pub status_message: Option<String>,
    pub fields: Option<Vec<String>>,
    /// The statuses of the interim responses before it.
    pub interim: Option<Vec<u16>>,
    pub settings: Option<Settings>,
    /// The part of a refusal's body that is kept, and whether there was more.
    pub body: Option<Buffer>,
    pub truncated: Option<bool>,
    /// Why the body was cut.
    pub truncation: Option<String>,
    /// What is wrong with a response, and the core's name for it.
    pub message: Option<String>,
    pub reason: Option<String>,
}

#[napi]
impl Client {
    /// Makes a request to a URL, with the options as JSON. The nonce is new and random, unless one is given.
    #[napi(constructor)]
    pub fn new(url: String, options: String, nonce: Option<Uint8Array>) -> Result<Self> {
        let config = Config::parse(&options)?;
        let mut random = [0; 16];
        match nonce {
            Some(nonce) if nonce.len() == random.len() => random.copy_from_slice(&nonce),
            Some(_) => return Err(wrong(&"a nonce has 16 bytes")),
            None => getrandom::fill(&mut random).map_err(|error| Error::from_reason(error.to_string()))?,
        }
        let progress = Progress::new(&random);
        with_request(&url, &config, |_| ())?;
        Ok(Self { url, config, progress, received: Vec::new(), interim: Vec::new(), refusal: None })
    }

    /// Returns the server that the request is for.
    #[napi(getter)]
    pub fn place(&self) -> Result<Place> {
        let uri = Uri::parse(&self.url).map_err(|error| wrong(&error))?;
        Ok(Place {
            secure: uri.secure(),
            host: uri.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port(),
            authority: uri.authority().to_string(),
            target: uri.target().to_string(),
        })
    }

    /// Returns the name of the variable that sets a proxy for the URL, if `environment` has one.
    #[napi]
    pub fn proxy_variable(&self, environment: HashMap<String, String>) -> Result<Option<&'static str>> {
        let uri = Uri::parse(&self.url).map_err(|error| wrong(&error))?;
        let except = proxy::EXCEPTIONS.iter().find_map(|&name| environment.get(name));
        if except.is_some_and(|list| proxy::is_excepted(list, &uri)) {
            return Ok(None);
        }
        let variables = proxy::variables(uri.secure(), environment.contains_key("REQUEST_METHOD")).iter();
        let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        Ok(variables.copied().find(|name| is_set(name)))
    }

    /// Returns the bytes of the request.
    #[napi]
    pub fn request(&self) -> Result<Buffer> {
        let encode = |request: Request<'_, '_>| encoded(1024, |dst| self.progress.encode_h1(&request, dst));
        with_request(&self.url, &self.config, encode).map(Buffer::from)
    }

    /// Takes the next bytes. Do not call it after the final event.
    #[napi]
    pub fn receive(&mut self, bytes: &[u8]) -> Result<ClientEvent> {
        if self.refusal.is_some() {
            return Ok(self.read_body(bytes));
        }
        self.received.extend_from_slice(bytes);
        loop {
            let (url, config, received) = (&self.url, &self.config, &mut self.received);
            let progress = &mut self.progress;
            let step = with_request(url, config, |request| step(&request, progress, received))?;
            match step {
                Step::More => return Ok(ClientEvent::of("more")),
                Step::Interim { status, len } => {
                    self.interim.push(status);
                    self.received.drain(..len.min(self.received.len()));
                }
                Step::Accepted { settings, head, len } => {
                    let rest = self.received.len().saturating_sub(len);
                    self.received = Vec::new();
                    let mut event = ClientEvent::of("accepted").with_head(&head, &self.interim);
                    event.rest = u32::try_from(rest).unwrap_or(u32::MAX);
                    event.settings = Some(settings);
                    return Ok(event);
                }
                Step::Refused { head, body, len } => {
                    let received = std::mem::take(&mut self.received);
                    self.refusal = Some(Refusal { head, body, kept: Vec::new() });
                    return Ok(self.read_body(received.get(len..).unwrap_or_default()));
                }
                Step::Failed(error) => return Ok(ClientEvent::failed(&error)),
            }
        }
    }

    /// Ends the handshake, because the server has closed its side or no time is left.
    #[napi]
    pub fn close(&mut self, by_peer: bool) -> ClientEvent {
        match &mut self.refusal {
            Some(refusal) => {
                refusal.body.close(by_peer);
                self.read_body(b"")
            }
            None => ClientEvent::failed(&Handshake::closed()),
        }
    }

    fn read_body(&mut self, mut bytes: &[u8]) -> ClientEvent {
        let Some(refusal) = &mut self.refusal else {
            return ClientEvent::of("more");
        };
        while refusal.body.state() == BodyState::More && !bytes.is_empty() {
            let (piece, done) = refusal.body.read(bytes);
            refusal.kept.extend_from_slice(piece);
            bytes = bytes.get(done..).unwrap_or_default();
        }
        if refusal.body.state() == BodyState::More {
            return ClientEvent::of("body");
        }
        let truncation = refusal.body.truncation();
        let mut event = ClientEvent::of("refused").with_head(&refusal.head, &self.interim);
        event.body = Some(std::mem::take(&mut refusal.kept).into());
        event.truncated = Some(truncation.is_some());
        event.truncation = truncation.map(|truncation| truncation.to_string());
        event
    }
}

/// The result of reading the bytes, without what it borrows.
enum Step {
    More,
    Interim { status: u16, len: usize },
    Accepted { settings: Settings, head: Head, len: usize },
    Refused { head: Head, body: Body, len: usize },
    Failed(ResponseError),
}

fn step(request: &Request<'_, '_>, progress: &mut Progress, received: &mut [u8]) -> Step {
    match progress.receive(request, received) {
        Ok(Event::NeedMore) => Step::More,
        Ok(Event::Interim { head }) => Step::Interim { status: head.status(), len: head.head_len() },
        Ok(Event::Accepted { settings, head }) => Step::Accepted {
            settings: Settings::from(&settings),
            head: Head::from(&head),
            len: head.head_len(),
        },
        Ok(Event::Refused { head, body }) => {
            Step::Refused { head: Head::from(&head), body, len: head.head_len() }
        }
        Err(error) => Step::Failed(error),
    }
}

pub(crate) fn with_request<T>(
    url: &str,
    config: &Config,
    then: impl FnOnce(Request<'_, '_>) -> T,
) -> Result<T> {
    let uri = Uri::parse(url).map_err(|error| wrong(&error))?;
    let extensions = config.extensions();
    let request = Request::new(&uri, &config.client(&extensions)).map_err(|error| wrong(&error))?;
    Ok(then(request))
}

impl From<&ResponseHead<'_>> for Head {
    fn from(head: &ResponseHead<'_>) -> Self {
        let pair = |Field { name, value }: Field<'_>| [latin1(name), latin1(value)];
        let fields = head.fields().iter().flat_map(pair).collect();
        Self { status: head.status(), reason: latin1(head.reason()), fields }
    }
}

impl ClientEvent {
    pub(crate) fn of(kind: &'static str) -> Self {
        Self {
            kind,
            rest: 0,
            status: None,
            status_message: None,
            fields: None,
            interim: None,
            settings: None,
            body: None,
            truncated: None,
            truncation: None,
            message: None,
            reason: None,
        }
    }

    fn with_head(mut self, head: &Head, interim: &[u16]) -> Self {
        let Head { status, reason, fields } = head.clone();
        self.status = Some(status);
        self.status_message = Some(reason);
        self.fields = Some(fields);
        self.interim = Some(interim.to_vec());
        self
    }

    pub(crate) fn failed(error: &ResponseError) -> Self {
        let mut event = Self::of("failed");
        event.message = Some(error.to_string());
        event.reason = Some(format!("{:?}", error.reason()));
        event
    }
}
