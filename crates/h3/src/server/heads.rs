//! Heads that are being read, in parallel: each with a deadline of its own, and in a task of its own unless it is
//! there already.

use std::sync::Arc;
use std::task::{Context, Waker};

use http::Version;
use http3::error::Code;
use tokio::sync::mpsc::OwnedPermit;
use websocket_upgrade::HandleError;
use websocket_upgrade::gate::{Permit, TurnedAway};
use websocket_upgrade::internals::server::{
    HandshakeInfo, ParsedRequest, broken, deadline, info, limits, refuse, time, turn_away,
};
use websocket_upgrade_proto::server::RequestError;

use super::answer::Unanswered;
use super::incoming::Incoming;
use super::shared::{Shared, User};
use crate::exchange::{Exchange, HeadError};

/// A request whose head is whole, or why there is none. The client has been answered then.
pub(super) type Next = Result<Incoming, HandleError>;

/// Requests of a connection that are read, or wait for the application. Further ones are not accepted: they wait in
/// QUIC, where the windows of their streams bound them. They are as many as a client may open at first, so that its
/// slow heads don't block its other requests.
pub(super) const HEADS: usize = 100;

/// Reads the head of a request, and puts the request where there is room for it.
pub(super) fn read(exchange: Exchange, room: OwnedPermit<Next>, shared: Arc<Shared>, user: User) {
    let mut reading = Box::pin(async move {
        let next = receive(exchange, shared, user).await;
        room.send(next);
    });
    // Most heads come in one piece, which is here already.
    if reading.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        tokio::spawn(reading);
    }
}

async fn receive(exchange: Exchange, shared: Arc<Shared>, user: User) -> Next {
    let (info, deadline) = (info(&shared.options, shared.peer.ip()), deadline(time(&shared.options)));
    let mut unanswered = Unanswered { exchange, deadline, permit: None, shared, user };
    match enter(&unanswered.shared) {
        Ok(permit) => unanswered.permit = permit,
        // Plain HTTP is served, so it is not known yet.
        Err(TurnedAway::Draining) => {}
        Err(why) => return Err(turned_away(unanswered, why, &info).await),
    }
    let limits = *limits(&unanswered.shared.options);
    let read = unanswered.deadline.within(unanswered.exchange.request_head(&limits)).await;
    let (mut head, protocol) = match read {
        Ok(Ok(head)) => head,
        Ok(Err(error)) => return Err(no_head(unanswered, error, info).await),
        Err(_) => {
            let error = RequestError::deadline();
            unanswered.answer_without_waiting(refuse(error, Version::HTTP_3, info).into_http());
            return Err(HandleError::Rejected(error));
        }
    };
    head.extensions_mut().insert(unanswered.shared.peer);
    let request = match ParsedRequest::new(head, protocol, &limits, info) {
        Ok(request) => request,
        Err(rejected) => return Err(unanswered.refuse(rejected).await),
    };
    if !request.is_upgrade() {
        unanswered.permit = None;
    } else if unanswered.permit.is_none() {
        match enter(&unanswered.shared) {
            Ok(permit) => unanswered.permit = permit,
            Err(why) => return Err(turned_away(unanswered, why, &info).await),
        }
    }
    Ok(Incoming::new(request, unanswered))
}

/// The gate's permit, if there is a gate.
fn enter(shared: &Shared) -> Result<Option<Permit>, TurnedAway> {
    shared.gate.as_ref().map(|gate| gate.enter(shared.peer.ip())).transpose()
}

/// 503.
async fn turned_away(unanswered: Unanswered, why: TurnedAway, info: &HandshakeInfo) -> HandleError {
    if let Some(gate) = &unanswered.shared.gate {
        let response = turn_away(why, gate, Version::HTTP_3, info);
        // The result is ignored: the client is turned away whether or not it received the answer.
        let _ = unanswered.answer(response).await;
    }
    HandleError::TurnedAway(why)
}

/// There is no head. The client is answered if HTTP has an answer for that.
async fn no_head(mut unanswered: Unanswered, error: HeadError, info: HandshakeInfo) -> HandleError {
    let code = match &error {
        HeadError::TooLarge => {
            let error = RequestError::too_large(limits(&unanswered.shared.options));
            return unanswered.refuse(refuse(error, Version::HTTP_3, info)).await;
        }
        HeadError::Malformed(code, _) => *code,
        HeadError::Incomplete => Code::H3_REQUEST_INCOMPLETE,
        HeadError::Connection(_) => Code::H3_REQUEST_CANCELLED,
    };
    // RFC 9114 §4.1, §4.1.2.
    unanswered.exchange.reset(code);
    unanswered.exchange.stop(code);
    let error = error.into_io();
    broken(&error, &info);
    HandleError::Io(error)
}
