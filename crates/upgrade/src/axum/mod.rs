//! The extractor for axum 0.8: HTTP/1.1 upgrades and HTTP/2 extended CONNECT.
//!
//! A route takes it with `any`: the request is a GET over HTTP/1.1 and a CONNECT over HTTP/2. What is no valid request
//! is answered by [`Rejected`], which says why; `Option<Upgrade>` lets plain HTTP through.
//!
//! ```
//! use std::sync::Arc;
//! use axum::{Router, extract::State, response::Response, routing::any};
//! use websocket_upgrade::{ServerOptions, axum::Upgrade};
//!
//! async fn chat(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
//!     upgrade.options(options).on_upgrade(|upgraded| async move {
//!         println!("{:?}", upgraded.settings);
//!         let stream = upgraded.into_stream(); // AsyncRead + AsyncWrite
//!         # drop(stream);
//!     })
//! }
//!
//! let options = ServerOptions::new().subprotocol("chat")?.header("X-Served-By", "axum")?;
//! let app: Router = Router::new().route("/chat", any(chat)).with_state(Arc::new(options));
//! # drop(app);
//! # Ok::<(), websocket_upgrade::OptionsError>(())
//! ```

use std::sync::Arc;

use http::Request;
use http::request::Parts;

use crate::caller::Caller;
use crate::hyper::{HandshakeRequest, Rejected, Stream, Upgrading, judge, spawn, take_upgrade};
use crate::options::ServerOptions;
use crate::rejection::Rejection;
use crate::upgraded::Upgraded;
use ::axum::body::Body;
use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use ::axum::response::{IntoResponse, Response};
use ::hyper::upgrade::OnUpgrade;

/// A valid request to upgrade: accept it with [`Upgrade::on_upgrade`], or return any other response.
#[derive(Debug)]
#[must_use = "the client waits for an answer"]
pub struct Upgrade {
    request: HandshakeRequest,
    /// What hyper has left for it.
    pending: Option<OnUpgrade>,
    /// Nothing is made for the defaults.
    options: Option<Arc<ServerOptions>>,
}

impl Upgrade {
    /// What is supported and wanted; the defaults are those of [`ServerOptions::new`].
    pub fn options(mut self, options: impl Into<Arc<ServerOptions>>) -> Self {
        self.options = Some(options.into());
        self
    }

    /// The request: path, query, headers, origin, what is offered, the other side's address. Of its extensions, only
    /// `:protocol` is there: axum's own extractors have the others.
    pub fn request(&self) -> &HandshakeRequest {
        &self.request
    }

    /// The response to return. If the options allow the request it accepts, and `callback` is called with the connection
    /// once it has been sent, in a task of its own; otherwise it says why not.
    pub fn on_upgrade<C, F>(self, callback: C) -> Response
    where
        C: FnOnce(Upgraded<Stream>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        match self.accept() {
            Ok((response, upgrading)) => {
                spawn(upgrading, callback);
                response
            }
            Err(rejected) => rejected.into_response(),
        }
    }

    /// The response to return, and the connection that comes of it: for those who spawn tasks themselves, or want to
    /// know why not.
    ///
    /// # Errors
    ///
    /// [`Rejected`]: the options don't allow the request, or the connection can't be upgraded.
    pub fn accept(self) -> Result<(Response, Upgrading), Rejected> {
        let Self { request, pending, options } = self;
        let (response, upgrading) = match options {
            Some(options) => request.accept(&options, pending)?,
            None => request.accept(&ServerOptions::new(), pending)?,
        };
        // There is nothing in an answer that accepts.
        Ok((response.map(|_| Body::empty()), upgrading))
    }

    /// The response that rejects the request with an answer of the application's own.
    pub fn reject(self, rejection: &Rejection) -> Response {
        self.request.reject(rejection).map(Body::from)
    }

    /// Of a request's head, which other extractors may still need.
    fn take(parts: &mut Parts) -> Result<Self, Rejected> {
        let placeholder = Request::new(()).into_parts().0;
        let mut request = Request::from_parts(std::mem::replace(parts, placeholder), ());
        let caller = Caller::of_request(&request, None);
        let upgrade = match judge(&request) {
            Ok(_) => Ok(HandshakeRequest::copy(&request, caller)),
            Err(error) => Err(Rejected::request(error, request.version(), caller)),
        };
        let upgrade = upgrade.map(|handshake| Self {
            request: handshake,
            pending: take_upgrade(request.extensions_mut()),
            options: None,
        });
        *parts = request.into_parts().0;
        upgrade
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejected> {
        Self::take(parts)
    }
}

/// `None` is a request that asks for something else than WebSocket.
impl<S: Sync> OptionalFromRequestParts<S> for Upgrade {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejected> {
        match Self::take(parts) {
            Ok(upgrade) => Ok(Some(upgrade)),
            Err(rejected) if rejected.is_not_upgrade() => Ok(None),
            Err(rejected) => Err(rejected),
        }
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        self.into_http().map(Body::from)
    }
}
