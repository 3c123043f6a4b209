//! The client's side: builds the request, and judges the received bytes.
#![forbid(unsafe_code)]

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use websocket_upgrade_proto as proto;

use proto::client::{Body, BodyState, Event, Handshake, Progress, Request, ResponseError, ResponseReason};
use proto::field::Field;
use proto::head::{ResponseHead, Syntax};
use proto::proxy;
use proto::uri::Uri;

use crate::config::{Config, wrong};
use crate::output::{Kind, Output};
use crate::settings::Settings;
use crate::text::{latin1, write};

/// A handshake over HTTP/1.1.
pub(crate) struct Client {
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

/// The server that a request is for.
#[derive(Serialize)]
struct Place {
    secure: bool,
    /// The host; an IPv6 address has no brackets.
    host: String,
    port: u16,
    /// The value of `Host`.
    authority: String,
    target: String,
}

/// A client's number, and where its request goes. The request itself is in the bytes of the output.
#[derive(Serialize)]
struct Started {
    client: usize,
    place: Place,
}

/// The state after the bytes received so far: `more`, `body`, `accepted`, `refused`, or `failed`.
///
/// `body` means that the head of a refusal was read, and more of its body may come. When it is complete, the part that
/// is kept is in the bytes of the output.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientEvent {
    pub(crate) kind: &'static str,
    /// How many of the bytes given last come after the head.
    rest: usize,
    /// The status of the final response, its reason phrase, and its fields: names and values in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    /// The statuses of the interim responses before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interim: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<Settings>,
    /// Whether there was more of a refusal's body, and why it was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncation: Option<String>,
    /// What is wrong with a response, and the core's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Whether the connection ended before the head was complete.
    is_closed: bool,
}

impl Client {
    /// Makes a request to a URL, with the options as JSON and a random nonce.
    pub(crate) fn new(nonce: &[u8], url: &str, options: &[u8]) -> Result<Self, String> {
        let config = Config::parse(options)?;
        let nonce = nonce.try_into().map_err(|_| wrong(&"a nonce has 16 bytes"))?;
        let progress = Progress::new(nonce);
        let url = url.to_owned();
        Ok(Self { url, config, progress, received: Vec::new(), interim: Vec::new(), refusal: None })
    }

    /// Writes the request, and where it goes.
    pub(crate) fn describe(&self, client: usize, output: &mut Output) -> Result<(), String> {
        let uri = Uri::parse(&self.url).map_err(|error| wrong(&error))?;
        let place = Place {
            secure: uri.secure(),
            host: uri.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port(),
            authority: uri.authority().to_string(),
            target: uri.target().to_string(),
        };
        with_request(&self.url, &self.config, |request| {
            write(&mut output.bytes, |dst| self.progress.encode_h1(&request, dst));
        })?;
        output.json(&Started { client, place });
        Ok(())
    }

    /// Returns the names of all environment variables that concern proxies.
    pub(crate) fn environment() -> BTreeSet<&'static str> {
        let variables = [proxy::variables(true, false), proxy::variables(false, false), &proxy::EXCEPTIONS];
        variables.concat().into_iter().chain([proxy::CGI]).collect()
    }

    /// Returns the name of the variable that sets a proxy for the URL, if `environment` has one.
    pub(crate) fn proxy_variable(
        &self,
        environment: &HashMap<String, String>,
    ) -> Result<Option<&'static str>, String> {
        let uri = Uri::parse(&self.url).map_err(|error| wrong(&error))?;
        let except = proxy::EXCEPTIONS.iter().find_map(|&name| environment.get(name));
        if except.is_some_and(|list| proxy::is_excepted(list, &uri)) {
            return Ok(None);
        }
        let variables = proxy::variables(uri.secure(), environment.contains_key(proxy::CGI)).iter();
        let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        Ok(variables.copied().find(|name| is_set(name)))
    }

    /// Takes the next bytes. Do not call it after the final event.
    pub(crate) fn receive(&mut self, bytes: &[u8], output: &mut Output) -> Result<Kind, String> {
        let event = self.event(bytes, output)?;
        Ok(output.json(&event))
    }

    fn event(&mut self, bytes: &[u8], output: &mut Output) -> Result<ClientEvent, String> {
        if self.refusal.is_some() {
            return Ok(self.read_body(bytes, output));
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
                    event.rest = rest;
                    event.settings = Some(settings);
                    return Ok(event);
                }
                Step::Refused { head, body, len } => {
                    let received = std::mem::take(&mut self.received);
                    self.refusal = Some(Refusal { head, body, kept: Vec::new() });
                    return Ok(self.read_body(received.get(len..).unwrap_or_default(), output));
                }
                Step::Failed(error) => return Ok(ClientEvent::failed(&error)),
            }
        }
    }

    /// Ends the handshake, because the server has closed its side or no time is left.
    pub(crate) fn close(&mut self, by_peer: bool, output: &mut Output) -> Kind {
        let event = match &mut self.refusal {
            Some(refusal) => {
                refusal.body.close(by_peer);
                self.read_body(b"", output)
            }
            None => ClientEvent::failed(&Handshake::closed()),
        };
        output.json(&event)
    }

    fn read_body(&mut self, mut bytes: &[u8], output: &mut Output) -> ClientEvent {
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
        output.bytes.extend_from_slice(&refusal.kept);
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
) -> Result<T, String> {
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
        Self { kind, ..Self::default() }
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
        event.reason = Some(error.reason().label());
        event.is_closed = error.reason() == ResponseReason::Syntax(Syntax::Closed);
        event
    }
}
