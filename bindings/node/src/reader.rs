//! Entrances of the core that the package does not use: a request as bytes, and a client over HTTP/2. They exist to
//! run all vectors.
#![forbid(unsafe_code)]

use serde::Deserialize;
use websocket_upgrade_proto as proto;

use proto::client::{ExtendedConnect, Verdict as Judged};
use proto::head::Scan;

use crate::client::{ClientEvent, with_request};
use crate::config::Config;
use crate::output::{Kind, Output};
use crate::server::decide;
use crate::settings::Settings;
use crate::text::Joined;

/// Reads a request head that arrives in pieces.
#[derive(Default)]
pub(crate) struct Reader {
    received: Vec<u8>,
    scan: Scan,
}

impl Reader {
    /// Takes the next bytes. There is no result if more are needed.
    pub(crate) fn receive(
        &mut self,
        config: &Config,
        bytes: &[u8],
        secure: Option<bool>,
        output: &mut Output,
    ) -> Kind {
        self.received.extend_from_slice(bytes);
        match proto::server::read(&self.received, &mut self.scan, &config.limits()) {
            Ok(None) => Kind::None,
            Ok(Some(request)) => {
                let len = request.head_len();
                let kind = decide(config, Ok(request), secure, output);
                if kind == Kind::Bytes {
                    // No answer contains this byte.
                    output.bytes.push(0);
                    output.bytes.extend_from_slice(len.to_string().as_bytes());
                }
                kind
            }
            Err(error) => decide(config, Err(error), secure, output),
        }
    }
}

/// A response to an extended CONNECT: its status, and names and values in one string.
#[derive(Deserialize)]
pub(crate) struct Response {
    status: u16,
    fields: String,
    count: u32,
}

/// Judges the responses to an extended CONNECT, in order, as a client does.
pub(crate) fn judge_responses(
    url: &str,
    options: &[u8],
    responses: &[Response],
    output: &mut Output,
) -> Result<Kind, String> {
    let config = Config::parse(options)?;
    let event = with_request(url, &config, |request| {
        let mut handshake = ExtendedConnect::new(request);
        let mut interim = Vec::new();
        for Response { status, fields, count } in responses {
            let fields = crate::text::bytes(fields).unwrap_or_default();
            let ([], fields) = Joined(&fields).parts(*count);
            let mut event = match handshake.receive(*status, &fields.as_slice()) {
                Ok(Judged::Interim) => {
                    interim.push(*status);
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
            event.status = Some(*status);
            event.interim = Some(interim);
            return event;
        }
        let mut event = ClientEvent::of("more");
        event.interim = Some(interim);
        event
    })?;
    Ok(output.json(&event))
}
