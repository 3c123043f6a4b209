//! Reads what a server answers: the head of the final response, and a refusal's body.

use super::body;
use crate::judge::{self, Conclusion, Judgement, Sent};
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

/// The largest head that is read.
const HEAD: usize = 64 * 1024;

/// The most interim responses that are passed over.
const INTERIM: usize = 50;

/// Reads interim responses and the final one.
pub(super) async fn read(connection: &mut Connection, sent: &Sent) -> Answer {
    let mut interim = 0;
    loop {
        let judgement = judge::response(connection.received(), sent);
        if judgement.whole {
            let Some(status) = judgement.status else {
                return Answer::Garbage(format!("bytes that are no response: {}", first_broken(&judgement)));
            };
            connection.consume(judgement.len);
            if judgement.conclusion() == Conclusion::Interim {
                interim += 1;
                if interim > INTERIM {
                    return Answer::Garbage(format!("more than {INTERIM} interim responses"));
                }
                continue;
            }
            if status == 101 {
                return Answer::Accepted(Box::new(judgement));
            }
            let body = body::read(connection, judgement.body).await;
            return Answer::Responded(Box::new(Response { judgement, body }));
        }
        if connection.received().len() > HEAD {
            return Answer::Garbage(format!("a head of more than {HEAD} bytes"));
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
