//! Reads what a server answers: the head of the final response, and a refusal's body.

use super::body;
use crate::judge::{self, Judgement, Sent};
use crate::wire::{Arrival, Connection};

/// What a server has answered.
pub(super) enum Answer {
    /// A 101, valid or not. What was received behind it is left in the connection.
    Accepted(Box<Judgement>),
    /// Another final response.
    Responded(Box<Response>),
    /// No answer at all.
    Nothing(Arrival),
    /// Bytes that are no response, or not a whole head.
    Garbage(String),
}

/// A final response that is not a 101.
pub(super) struct Response {
    pub(super) judgement: Judgement,
    /// Whether its body is whole; otherwise what is wrong.
    pub(super) body: Result<(), String>,
}

/// Reads interim responses and the final one.
pub(super) async fn read(connection: &mut Connection, sent: &Sent) -> Answer {
    loop {
        let judgements = judge::responses(connection.received(), sent);
        let length = judgements.iter().map(|judgement| judgement.len).sum();
        if let Some(last) = judgements.into_iter().next_back().filter(|last| last.whole) {
            let Some(status) = last.status else {
                return Answer::Garbage(format!("bytes that are no response: {}", first_broken(&last)));
            };
            connection.consume(length);
            if status == 101 {
                return Answer::Accepted(Box::new(last));
            }
            let body = body::read(connection, last.body).await;
            return Answer::Responded(Box::new(Response { judgement: last, body }));
        }
        let arrival = connection.receive().await;
        if arrival == Arrival::More {
            continue;
        }
        let rest = connection.received();
        if rest.is_empty() {
            return Answer::Nothing(arrival);
        }
        let start = rest.get(..60).unwrap_or(rest).escape_ascii();
        return Answer::Garbage(format!("no whole head of a response, but \"{start}\" and then {arrival}"));
    }
}

/// Describes the first rule that is broken and matters.
pub(super) fn first_broken(judgement: &Judgement) -> String {
    let broken = judgement.broken().find(|verdict| verdict.rule.severity == crate::case::Severity::Must);
    broken.map_or_else(
        || "no rule is broken".to_owned(),
        |verdict| {
            let evidence = match &verdict.finding {
                judge::Finding::Broken { evidence, .. } => evidence.as_str(),
                _ => "",
            };
            format!("{} ({}): {evidence}", verdict.rule.id, verdict.rule.section)
        },
    )
}
