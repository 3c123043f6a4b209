//! Entrances of the core that the package does not use: a request as bytes, and a client over HTTP/2. They exist to
//! run all vectors through the addon.

use napi::{Env, JsString, Result};
use napi_derive::napi;
use websocket_upgrade_proto as proto;

use proto::client::{ExtendedConnect, Verdict as Judged};
use proto::head::Scan;

use crate::client::{ClientEvent, with_request};
use crate::config::Config;
use crate::server::{Server, Verdict};
use crate::settings::Settings;
use crate::text::Joined;

/// Reads a request head that arrives in pieces.
#[napi]
pub struct Reader {
    received: Vec<u8>,
    scan: Scan,
    head_len: u32,
}

#[napi]
impl Reader {
    /// Makes a reader that has received nothing.
    #[napi(constructor)]
    #[allow(clippy::new_without_default)] // JavaScript has no other way to make one
    pub fn new() -> Self {
        Self { received: Vec::new(), scan: Scan::default(), head_len: 0 }
    }

    /// Takes the next bytes. Returns `null` if more are needed.
    #[napi]
    pub fn receive<'env>(
        &mut self,
        env: &'env Env,
        server: &Server,
        bytes: &[u8],
        secure: Option<bool>,
    ) -> Result<Option<Verdict<'env>>> {
        self.received.extend_from_slice(bytes);
        match proto::server::read(&self.received, &mut self.scan, &server.config.limits()) {
            Ok(None) => Ok(None),
            Ok(Some(request)) => {
                self.head_len = u32::try_from(request.head_len()).unwrap_or(u32::MAX);
                server.decide(env, Ok(request), secure).map(Some)
            }
            Err(error) => server.decide(env, Err(error), secure).map(Some),
        }
    }

    /// Returns the length of the accepted request's head in bytes.
    #[napi(getter)]
    pub fn head_len(&self) -> u32 {
        self.head_len
    }
}

/// Judges the responses to an extended CONNECT, in order, as a client does. Each is a status and its fields: names and
/// values in one string.
#[napi]
pub fn judge_responses(
    url: String,
    options: String,
    statuses: Vec<u16>,
    fields: Vec<JsString<'_>>,
    counts: Vec<u32>,
) -> Result<ClientEvent> {
    let config = Config::parse(&options)?;
    let fields: Vec<Joined> = fields.into_iter().map(Joined::new).collect::<Result<_>>()?;
    with_request(&url, &config, |request| {
        let mut handshake = ExtendedConnect::new(request);
        let mut interim = Vec::new();
        for ((status, fields), count) in statuses.into_iter().zip(&fields).zip(counts) {
            let ([], fields) = fields.parts(count);
            let event = match handshake.receive(status, &fields.as_slice()) {
                Ok(Judged::Interim) => {
                    interim.push(status);
                    continue;
                }
                Ok(Judged::Accepted { settings }) => {
                    let mut event = ClientEvent::of("accepted");
                    event.settings = Some(Settings::from(&settings));
                    event
                }
                Ok(Judged::Refused) => ClientEvent::of("refused"),
                Err(error) => ClientEvent::failed(&error),
            };
            return ClientEvent { status: Some(status), interim: Some(interim), ..event };
        }
        ClientEvent { interim: Some(interim), ..ClientEvent::of("more") }
    })
}
