//! A server that is tested over HTTP/2, and the results of its cases.

use std::time::Instant;

use tokio_rustls::TlsConnector;

use super::server::{Peer, Support, run, support};
use crate::case::http2::Http2Exchange;
use crate::case::{Case, Need};
use crate::report::{CaseResult, Outcome};
use crate::wire::{Bounds, Target};

/// A server that is tested over HTTP/2.
pub(crate) struct Http2Server(Peer);

impl Http2Server {
    /// Over TLS the connector offers `h2` alone. `fields` are lines that every usual request has, as texts.
    pub(crate) fn new(
        target: Target,
        tls: Option<TlsConnector>,
        bounds: Bounds,
        fields: Vec<String>,
    ) -> Self {
        Self(Peer { target, tls, bounds, fields, support: Support::default() })
    }

    /// Finds out what the server supports.
    pub(crate) async fn find_out(mut self, subprotocols: &[String]) -> Self {
        self.0.support = support(&self.0, subprotocols).await;
        if self.0.support.needs_subprotocol {
            // A good request of this server offers one.
            self.0.fields.push("sec-websocket-protocol: {subprotocol}".to_owned());
        }
        self
    }

    /// Runs a case.
    pub(crate) async fn outcome(&self, case: &Case, exchange: &Http2Exchange, intrusive: bool) -> Outcome {
        let start = Instant::now();
        if let Some(reason) = self.unsuitable(case, exchange, intrusive) {
            return Outcome::new(case, CaseResult::skipped(reason));
        }
        let (result, wire) = run(exchange, &self.0).await;
        let result = match result {
            Ok(()) => CaseResult::Passed,
            Err(got) => CaseResult::failed(exchange.keys.expected(), got),
        };
        Outcome::new(case, result).with_wire(wire, start.elapsed())
    }

    /// Returns why a case is skipped, if it is.
    fn unsuitable(&self, case: &Case, exchange: &Http2Exchange, intrusive: bool) -> Option<String> {
        let (support, secure) = (&self.0.support, self.0.target.secure);
        if case.intrusive && !intrusive {
            return Some("intrusive cases were not asked for".to_owned());
        }
        if let Err(problem) = &support.http2 {
            return Some(format!("the server does not speak HTTP/2: {problem}"));
        }
        if !exchange.keys.any_server && !support.connect {
            return Some("the server does not offer extended CONNECT".to_owned());
        }
        let lacks = |need: &&Need| match need {
            Need::Subprotocol => support.subprotocol.is_none(),
            Need::Deflate => !support.deflate,
            Need::Origin => !support.origin,
            Need::Tls => !secure,
            Need::Plain => secure,
        };
        case.needs.iter().find(lacks).map(|need| format!("the case needs {need}"))
    }
}
