//! permessage-deflate (RFC 7692 §7.1): which parameters are legal, and which response answers which offer.
//!
//! | parameter | value in an offer | value in a response | a response to an offer that has it |
//! |---|---|---|---|
//! | `server_no_context_takeover` | none | none | has it |
//! | `client_no_context_takeover` | none | none | may have it |
//! | `server_max_window_bits` | 8 to 15 | 8 to 15 | has it, and it is not larger |
//! | `client_max_window_bits` | none, or 8 to 15 | 8 to 15 | may have it, a larger one too; otherwise must not |

use serde::{Deserialize, Serialize};

use super::extension::Extension;

/// The name of the extension.
pub(super) const NAME: &str = "permessage-deflate";

const SERVER_CONTEXT: &str = "server_no_context_takeover";
const CLIENT_CONTEXT: &str = "client_no_context_takeover";
const SERVER_WINDOW: &str = "server_max_window_bits";
const CLIENT_WINDOW: &str = "client_max_window_bits";

/// What both sides agreed on for permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deflate {
    /// The server forgets its window after each message.
    pub server_no_context_takeover: bool,
    /// The client forgets its window after each message.
    pub client_no_context_takeover: bool,
    /// The largest window of the server, as a power of two.
    pub server_max_window_bits: u8,
    /// The largest window of the client, as a power of two.
    pub client_max_window_bits: u8,
}

/// In which message the parameters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Offer,
    Response,
}

/// Returns the first parameter that the extension does not define.
pub(super) fn unknown(extension: &Extension) -> Option<&str> {
    let known = [SERVER_CONTEXT, CLIENT_CONTEXT, SERVER_WINDOW, CLIENT_WINDOW];
    extension.params.iter().map(|(name, _)| &**name).find(|name| !known.contains(name))
}

/// Returns the first parameter that comes a second time.
pub(super) fn repeated(extension: &Extension) -> Option<&str> {
    let mut seen = Vec::new();
    extension.params.iter().map(|(name, _)| &**name).find(|name| {
        let again = seen.contains(name);
        seen.push(name);
        again
    })
}

/// Returns the first parameter whose value is not legal on this side.
pub(super) fn wrong_value(extension: &Extension, side: Side) -> Option<&str> {
    let wrong = |name: &str, value: Option<&str>| match (name, value) {
        (SERVER_CONTEXT | CLIENT_CONTEXT, value) => value.is_some(),
        (CLIENT_WINDOW, None) => side == Side::Response,
        (SERVER_WINDOW | CLIENT_WINDOW, value) => window(value).is_none(),
        _ => false,
    };
    let mut params = extension.params.iter();
    params.find(|(name, value)| wrong(name, value.as_deref())).map(|(name, _)| &**name)
}

fn is_legal(extension: &Extension, side: Side) -> bool {
    unknown(extension).is_none() && repeated(extension).is_none() && wrong_value(extension, side).is_none()
}

/// Returns the offers that a server may accept.
pub(super) fn offers(extensions: &[Extension]) -> Vec<&Extension> {
    let offers = extensions.iter().filter(|extension| extension.name == NAME);
    offers.filter(|offer| is_legal(offer, Side::Offer)).collect()
}

/// Whether a response keeps the window that the offer asks the server to forget (§7.1.1.1).
pub(super) fn keeps_server_context(response: &Extension, offer: &Extension) -> bool {
    !has(offer, SERVER_CONTEXT) || has(response, SERVER_CONTEXT)
}

/// Whether the server's window is not larger than the offer asks for (§7.1.2.1).
pub(super) fn keeps_server_window(response: &Extension, offer: &Extension) -> bool {
    !has(offer, SERVER_WINDOW)
        || has(response, SERVER_WINDOW) && value(response, SERVER_WINDOW) <= value(offer, SERVER_WINDOW)
}

/// Whether the client's window is limited only if the offer allows it (§7.1.2.2). The value of an offer is a hint: the
/// client keeps to it, even if the response has a larger one.
pub(super) fn limits_client_window(response: &Extension, offer: &Extension) -> bool {
    !has(response, CLIENT_WINDOW) || has(offer, CLIENT_WINDOW)
}

/// Whether a response is a legal answer to an offer.
pub(super) fn answers(response: &Extension, offer: &Extension) -> bool {
    keeps_server_context(response, offer)
        && keeps_server_window(response, offer)
        && limits_client_window(response, offer)
}

/// Returns what a legal response agrees on: its own parameters, and the client's hints. A client can't know which of
/// its offers was accepted, so it keeps the hints of all that the response answers.
pub(super) fn agreement(response: &Extension, extensions: &[Extension]) -> Option<Deflate> {
    let mut accepted = offers(extensions);
    accepted.retain(|offer| answers(response, offer));
    if accepted.is_empty() || !is_legal(response, Side::Response) {
        return None;
    }
    let bits = |extension, name| value(extension, name).unwrap_or(15);
    let all = || accepted.iter().copied().chain([response]);
    Some(Deflate {
        server_no_context_takeover: has(response, SERVER_CONTEXT),
        client_no_context_takeover: all().any(|extension| has(extension, CLIENT_CONTEXT)),
        server_max_window_bits: bits(response, SERVER_WINDOW),
        client_max_window_bits: all().map(|extension| bits(extension, CLIENT_WINDOW)).min()?,
    })
}

/// Returns whether the extension has a parameter.
fn has(extension: &Extension, name: &str) -> bool {
    extension.params.iter().any(|(other, _)| other == name)
}

/// Returns the value of a parameter, if it has one that is a window.
fn value(extension: &Extension, name: &str) -> Option<u8> {
    extension.params.iter().find(|(other, _)| other == name).and_then(|(_, value)| window(value.as_deref()))
}

/// A decimal number of 8 to 15 without leading zeros.
fn window(value: Option<&str>) -> Option<u8> {
    (8..=15).find(|bits| value == Some(bits.to_string().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::extension::parse;

    fn list(text: &str) -> Vec<Extension> {
        parse([text.as_bytes()]).expect("a list")
    }

    #[test]
    fn responses_to_one_offer() {
        for (offer, response, agreed) in [
            ("", "", Some((false, false, 15, 15))),
            ("", "; server_no_context_takeover; client_no_context_takeover", Some((true, true, 15, 15))),
            ("; server_no_context_takeover", "", None),
            ("; client_no_context_takeover", "", Some((false, true, 15, 15))),
            ("", "; server_max_window_bits=9", Some((false, false, 9, 15))),
            ("; server_max_window_bits=10", "; server_max_window_bits=\"10\"", Some((false, false, 10, 15))),
            ("; server_max_window_bits=10", "; server_max_window_bits=11", None),
            ("; server_max_window_bits=10", "", None),
            ("", "; client_max_window_bits=10", None),
            ("; client_max_window_bits", "; client_max_window_bits=10", Some((false, false, 15, 10))),
            ("; client_max_window_bits=9", "; client_max_window_bits=10", Some((false, false, 15, 9))),
            ("; client_max_window_bits=9", "", Some((false, false, 15, 9))),
            ("; client_max_window_bits", "; client_max_window_bits", None),
            ("; server_max_window_bits", "", None),
            ("; server_max_window_bits=08", "; server_max_window_bits=8", None),
            ("; a", "", None),
            ("", "; a", None),
            ("", "; server_no_context_takeover=1", None),
            ("", "; server_no_context_takeover; server_no_context_takeover", None),
        ] {
            let (offers, responses) = (list(&format!("{NAME}{offer}")), list(&format!("{NAME}{response}")));
            let given = agreement(&responses[0], &offers).map(|agreed| {
                let Deflate { server_no_context_takeover, client_no_context_takeover, .. } = agreed;
                let windows = (agreed.server_max_window_bits, agreed.client_max_window_bits);
                (server_no_context_takeover, client_no_context_takeover, windows.0, windows.1)
            });
            assert_eq!(given, agreed, "{offer} -> {response}");
        }
    }
}
