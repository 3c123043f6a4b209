//! What the server supports, as its answers to some good requests show.

use super::answer::Answer;
use super::peer::{Peer, with_cause};
use crate::case::{Case, Message, Need};
use crate::judge::Judgement;
use crate::wire::Arrival;

/// What the server supports.
#[derive(Debug)]
pub(super) struct Abilities {
    /// Whether there is a connection at all; otherwise why not.
    pub(super) reached: Result<(), String>,
    /// A subprotocol that it agrees to.
    pub(super) subprotocol: Option<String>,
    /// Whether it refuses requests that offer no subprotocol that it knows.
    pub(super) needs_subprotocol: bool,
    /// Whether it agrees to permessage-deflate.
    pub(super) deflate: bool,
    /// Whether it refuses requests from other origins.
    pub(super) origin: bool,
}

enum Probed {
    Accepted(Box<Judgement>),
    Refused,
    Silent,
    Unclear,
}

impl Abilities {
    /// Asks the server.
    pub(super) async fn of(peer: &Peer, subprotocols: &[String]) -> Self {
        let mut abilities = Self {
            reached: Ok(()),
            subprotocol: None,
            needs_subprotocol: false,
            deflate: false,
            origin: false,
        };
        let offers = [
            format!("Sec-WebSocket-Protocol: {}", subprotocols.join(", ")),
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits".to_owned(),
        ];
        let offers = if subprotocols.is_empty() { &offers[1..] } else { &offers[..] };
        match probed(peer, offers).await {
            Ok(Probed::Accepted(judgement)) => {
                abilities.subprotocol = judgement.agreed.subprotocol;
                abilities.deflate = judgement.agreed.deflate.is_some();
            }
            // It may not like what is offered. If it says nothing at all, there is nothing to wait for in each case.
            Ok(Probed::Silent) if matches!(probed(peer, &[]).await, Ok(Probed::Silent)) => {
                abilities.reached = Err("no answer, but silence, to a good request".to_owned());
                return abilities;
            }
            Ok(_) => {}
            Err(problem) => {
                abilities.reached = Err(problem);
                return abilities;
            }
        }
        let mut usual = Vec::new();
        if let Some(subprotocol) = &abilities.subprotocol
            && matches!(probed(peer, &usual).await, Ok(Probed::Refused))
        {
            abilities.needs_subprotocol = true;
            usual.push(format!("Sec-WebSocket-Protocol: {subprotocol}"));
        }
        let foreign = [&usual[..], &["Origin: http://other.example".to_owned()]].concat();
        if let (Ok(Probed::Refused), Ok(Probed::Accepted(_))) =
            (probed(peer, &foreign).await, probed(peer, &usual).await)
        {
            abilities.origin = true;
        }
        abilities
    }

    /// Returns why a case is skipped, if it is.
    pub(super) fn lacked(&self, case: &Case, secure: bool, intrusive: bool) -> Option<String> {
        if case.intrusive && !intrusive {
            return Some("intrusive cases were not asked for".to_owned());
        }
        let lacks = |need: &&Need| match need {
            Need::Subprotocol => self.subprotocol.is_none(),
            Need::Deflate => !self.deflate,
            Need::Origin => !self.origin,
            Need::Tls => !secure,
            Need::Plain => secure,
        };
        // Nothing is known about the abilities of a server that is not reached.
        case.needs
            .iter()
            .find(lacks)
            .filter(|_| self.reached.is_ok())
            .map(|need| format!("the case needs {need}"))
    }
}

/// Sends a good request with further field lines.
async fn probed(peer: &Peer, add: &[String]) -> Result<Probed, String> {
    let message = Message { add: add.to_vec(), ..Message::default() };
    let request = peer.request(&message, &peer.names(None)).map_err(|error| error.to_string())?;
    let exchanged = peer.exchange(&request, None).await.map_err(|error| with_cause(&error))?;
    Ok(match exchanged.answer {
        Answer::Accepted(judgement) if judgement.is_valid() => Probed::Accepted(judgement),
        Answer::Responded(response) if matches!(response.judgement.status, Some(400..=499)) => {
            Probed::Refused
        }
        Answer::Nothing(Arrival::Silence) => Probed::Silent,
        _ => Probed::Unclear,
    })
}
