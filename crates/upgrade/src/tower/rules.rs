//! What a layer does with a request: the conditions, the options and the decision that it was given.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::Request;
use http::request::Parts;

use crate::hyper::{HandshakeRequest, Pending, asks_for_connection, judge, take_upgrade};
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::options::ServerOptions;
use crate::server::rejected::Rejected;
use crate::server::rejection::Rejection;

/// What to do with a request that the layer's options allow.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision {
    /// Accept it with the layer's options.
    Accept,
    /// Accept it with these options, if they allow it too.
    AcceptWith(Arc<ServerOptions>),
    /// Reject it with the application's own answer.
    Reject(Rejection),
    /// Pass the request to the service, unchanged.
    FallThrough,
}

type When = dyn Fn(&Parts) -> bool + Send + Sync;
type Decide = dyn Fn(HandshakeRequest) -> Pin<Box<dyn Future<Output = Decision> + Send>> + Send + Sync;

/// What is the same for all handlers.
#[derive(Clone, Default)]
pub(super) struct Rules {
    pub(super) options: Arc<ServerOptions>,
    pub(super) when: Option<Arc<When>>,
    pub(super) decide: Option<Arc<Decide>>,
}

/// Where a request goes.
pub(super) enum Way {
    /// To the service, as it came; `true` if its connection is closed unless it is upgraded there.
    On(Parts, bool),
    /// No further.
    Rejected(Rejected),
    /// To a decision, with what hyper has left in it.
    Valid(HandshakeRequest, Option<Pending>),
}

impl Rules {
    /// Where a request with this head goes.
    pub(super) fn way(&self, head: Parts) -> Way {
        if self.when.as_ref().is_some_and(|holds| !holds(&head)) {
            let request = Request::from_parts(head, ());
            let closes = asks_for_connection(&request);
            return Way::On(request.into_parts().0, closes);
        }
        let mut request = Request::from_parts(head, ());
        let info = HandshakeInfo::of_request(&request, None);
        match judge(&request) {
            Ok(_) => {
                let pending = take_upgrade(request.extensions_mut());
                Way::Valid(HandshakeRequest::new(request, info), pending)
            }
            Err(error) if error.is_not_upgrade() => Way::On(request.into_parts().0, false),
            Err(error) => Way::Rejected(Rejected::request(error, request.version(), info)),
        }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("options", &self.options)
            .field("when", &self.when.is_some())
            .field("decide", &self.decide.is_some())
            .finish()
    }
}
