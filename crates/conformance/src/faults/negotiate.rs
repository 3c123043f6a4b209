//! What the server agrees to: a subprotocol, and permessage-deflate.

use super::choice::{Choice, Manner};
use super::fault::Fault;
use crate::judge::{Extension, Judgement, Sent, response};

/// The subprotocols that the server speaks.
const SUBPROTOCOLS: [&str; 2] = ["chat", "superchat"];

const DEFLATE: &str = "permessage-deflate";

/// Returns the value of `Sec-WebSocket-Protocol` in the answer.
pub(super) fn subprotocol(sent: &Sent, manner: Manner) -> Option<String> {
    let speaks = |offer: &&String| match manner.fault {
        Some(Fault::SubprotocolPrefix) => SUBPROTOCOLS.iter().any(|own| offer.starts_with(own)),
        Some(Fault::SubprotocolCaseFolded) => SUBPROTOCOLS.iter().any(|own| own.eq_ignore_ascii_case(offer)),
        _ => SUBPROTOCOLS.contains(&offer.as_str()),
    };
    match manner.fault {
        _ if manner.chooses(Choice::NoSubprotocols) => None,
        Some(Fault::SubprotocolUnasked) => Some(SUBPROTOCOLS[0].to_owned()),
        Some(Fault::SubprotocolListEchoed) => {
            (!sent.subprotocols.is_empty()).then(|| sent.subprotocols.join(", "))
        }
        Some(Fault::SubprotocolPrefix | Fault::SubprotocolCaseFolded) => {
            sent.subprotocols.iter().find(speaks).map(|_| SUBPROTOCOLS[0].to_owned())
        }
        _ => sent.subprotocols.iter().find(speaks).cloned(),
    }
}

/// What is answered to the offers of extensions.
pub(super) enum Extensions {
    /// No extension is in use.
    None,
    /// These are.
    Agreed(String),
    /// The request is refused, which is a fault.
    Refused,
}

/// Answers the first offer of permessage-deflate that is legal.
pub(super) fn extensions(request: &Judgement, manner: Manner) -> Extensions {
    let sent = request.sent();
    match manner.fault {
        _ if manner.chooses(Choice::NoExtensions) => return Extensions::None,
        Some(Fault::ExtensionUnasked) => return Extensions::Agreed(DEFLATE.to_owned()),
        Some(Fault::ExtensionsEchoed) if !sent.extensions.is_empty() => {
            let all: Vec<String> = sent.extensions.iter().map(Extension::to_string).collect();
            return Extensions::Agreed(all.join(", "));
        }
        Some(Fault::QuotedCommaSplits) if has_deflate_anywhere(request) => {
            return Extensions::Agreed(DEFLATE.to_owned());
        }
        _ => {}
    }
    let offers = sent.extensions.iter().filter(|offer| offer.name == DEFLATE);
    for offer in offers {
        let answer = answer(offer, manner);
        let mut alone = sent.clone();
        alone.extensions = vec![offer.clone()];
        if is_accepted(&answer, &alone, manner) {
            return Extensions::Agreed(answer);
        }
        match manner.fault {
            Some(Fault::InvalidOfferIsFatal) => return Extensions::Refused,
            Some(Fault::FallbackIgnored) => return Extensions::None,
            _ => {}
        }
    }
    Extensions::None
}

/// Writes the answer to an offer: what it asks for, and nothing more, unless the server chooses to.
fn answer(offer: &Extension, manner: Manner) -> String {
    let has = |name: &str| offer.params.iter().any(|(other, _)| other == name);
    let value = |name: &str| {
        let param = offer.params.iter().find(|(other, _)| other == name);
        param.and_then(|(_, value)| value.clone())
    };
    let mut answer = DEFLATE.to_owned();
    for name in ["server_no_context_takeover", "client_no_context_takeover"] {
        if has(name) || manner.chooses(Choice::ContextNotKept) {
            answer = format!("{answer}; {name}");
        }
    }
    let quote = if manner.chooses(Choice::ParametersQuoted) { "\"" } else { "" };
    let small = |asked: Option<String>| match asked.as_deref() {
        Some("8") => "8".to_owned(),
        _ if manner.chooses(Choice::SmallWindows) => "9".to_owned(),
        asked => asked.unwrap_or("15").to_owned(),
    };
    let asked = has("server_max_window_bits") && !manner.has(Fault::ServerWindowUnanswered);
    if asked || manner.chooses(Choice::SmallWindows) {
        let bits = small(value("server_max_window_bits"));
        answer = format!("{answer}; server_max_window_bits={quote}{bits}{quote}");
    }
    if has("client_max_window_bits") && manner.chooses(Choice::SmallWindows) {
        let bits = small(value("client_max_window_bits"));
        answer = format!("{answer}; client_max_window_bits={bits}");
    }
    if manner.has(Fault::ClientWindowUnasked) {
        answer.push_str("; client_max_window_bits=15");
    }
    answer
}

/// Returns whether the server accepts an offer: if the answer is a legal response to this offer alone, unless a fault
/// looks less closely.
fn is_accepted(answer: &str, offer: &Sent, manner: Manner) -> bool {
    let passed_over = match manner.fault {
        Some(Fault::ServerWindowUnanswered | Fault::ClientWindowUnasked) => return true,
        Some(Fault::DuplicateParametersTaken) => "request/deflate-repeated",
        Some(Fault::UnknownParametersTaken) => "request/deflate-parameters",
        Some(Fault::ParameterValuesUnchecked) => "request/deflate-values",
        _ => "",
    };
    let list = offer.extensions.iter().map(Extension::to_string).collect::<Vec<_>>().join(", ");
    let head = format!("GET / HTTP/1.1\r\nSec-WebSocket-Extensions: {list}\r\n\r\n");
    let judgement = crate::judge::request(head.as_bytes());
    let mut wrong = judgement.broken().map(|verdict| verdict.rule.id).filter(|id| id.contains("/deflate-"));
    let legal = wrong.all(|id| id == passed_over);
    let head = format!("HTTP/1.1 101 \r\nSec-WebSocket-Extensions: {answer}\r\n\r\n");
    let agreed = response(head.as_bytes(), offer).agreed;
    legal && (agreed.deflate.is_some() || !passed_over.is_empty())
}

/// Returns whether a piece between commas is permessage-deflate, as one that does not know quotes sees it.
fn has_deflate_anywhere(request: &Judgement) -> bool {
    let lines = request.fields.iter().filter(|field| field.is("Sec-WebSocket-Extensions"));
    let mut pieces = lines.flat_map(|field| field.value.split(|&byte| byte == b','));
    pieces.any(|piece| {
        let text = String::from_utf8_lossy(piece);
        text.split(';').next().is_some_and(|name| name.trim_matches([' ', '\t', '"']) == DEFLATE)
    })
}
