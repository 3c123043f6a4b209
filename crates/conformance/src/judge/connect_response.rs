//! The rules of a response to an extended CONNECT over HTTP/2, in the order in which a client judges them.

use super::agreed;
use super::fields;
use super::framing;
use super::pseudo;
use super::rule::Consequence::{Fail, None as Pass};
use super::rule::{Finding, Rule};
use super::subject::Subject;

/// A client resets the stream if one is broken that says so.
#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    Rule::must("connect-response/field-name", "RFC 9113 §8.2.1", "Every field name is a token.", Fail, fields::names),
    Rule::must("connect-response/lower-case", "RFC 9113 §8.2", "Every field name is in lower case.", Fail, fields::lower_case),
    Rule::must("connect-response/field-value", "RFC 9113 §8.2.1", "No field's value has a control character other than HTAB.", Fail, fields::values),
    Rule::must("connect-response/padding", "RFC 9113 §8.2.1", "No field's value begins or ends with white space.", Fail, fields::not_padded),
    Rule::must("connect-response/pseudo-first", "RFC 9113 §8.3", "All pseudo-header fields stand before the other fields.", Fail, pseudo::first),
    Rule::must("connect-response/pseudo-once", "RFC 9113 §8.3", "No pseudo-header field is repeated.", Fail, pseudo::once),
    Rule::must("connect-response/pseudo-known", "RFC 9113 §8.3.2", "There is no other pseudo-header field than :status.", Fail, pseudo::known_in_response),
    Rule::must("connect-response/connection-specific", "RFC 9113 §8.2.2", "There is no connection-specific field.", Fail, fields::none_of_a_connection_nor_te),
    Rule::must("connect-response/status", "RFC 9113 §8.3.2", "There is a :status of three digits.", Fail, pseudo::status),
    Rule::must("connect-response/status-101", "RFC 9113 §8.6", "The status is not 101, which HTTP/1.1 alone has.", Fail, pseudo::status_not_101),
    Rule::must("connect-response/framing", "RFC 9110 §8.6", "An accepting response has no Content-Length.", Pass, no_framing),
    Rule::robust("connect-response/accept-absent", "RFC 8441 §5", "There is no Sec-WebSocket-Accept unless there was a key.", Pass, accept_absent),
    Rule::must("connect-response/extensions", "RFC 6455 §9.1", "Sec-WebSocket-Extensions is a list of extensions with parameters that are tokens.", Fail, agreed::extensions),
    Rule::must("connect-response/extensions-once", "RFC 6455 §11.3.2", "There is one line of Sec-WebSocket-Extensions.", Pass, agreed::extensions_once),
    Rule::must("connect-response/extensions-offered", "RFC 6455 §4.1", "Every extension is one that was offered.", Fail, agreed::extensions_offered),
    Rule::must("connect-response/extensions-unique", "RFC 6455 §9.1", "No extension is in use twice.", Fail, agreed::extensions_unique),
    Rule::must("connect-response/extensions-compression", "RFC 7692 §5", "At most one extension for compression is in use: they share a reserved bit.", Fail, agreed::one_compression),
    Rule::must("connect-response/deflate-parameters", "RFC 7692 §7.1", "A response of permessage-deflate has only the four parameters of the extension.", Fail, agreed::deflate_parameters),
    Rule::must("connect-response/deflate-repeated", "RFC 7692 §7.1", "No parameter of permessage-deflate is repeated.", Fail, agreed::deflate_repeated),
    Rule::must("connect-response/deflate-values", "RFC 7692 §7.1", "The parameters of permessage-deflate have the values of a response: none, or a window of 8 to 15 bits.", Fail, agreed::deflate_values),
    Rule::must("connect-response/deflate-server-context", "RFC 7692 §7.1.1.1", "If server_no_context_takeover was asked for, the response has it.", Fail, agreed::deflate_server_context),
    Rule::must("connect-response/deflate-server-window", "RFC 7692 §7.1.2.1", "If server_max_window_bits was asked for, the response has it, and it is not larger.", Fail, agreed::deflate_server_window),
    Rule::must("connect-response/deflate-client-window", "RFC 7692 §7.1.2.2", "client_max_window_bits is in the response only if the offer has it.", Fail, agreed::deflate_client_window),
    Rule::must("connect-response/deflate-offer", "RFC 7692 §5", "The response of permessage-deflate answers one of the offers in all respects.", Fail, agreed::deflate_offer),
    Rule::must("connect-response/subprotocol-once", "RFC 6455 §11.3.4", "There is at most one line of Sec-WebSocket-Protocol.", Fail, agreed::subprotocol_once),
    Rule::must("connect-response/subprotocol", "RFC 6455 §4.3", "Sec-WebSocket-Protocol is one token.", Fail, agreed::subprotocol_token),
    Rule::must("connect-response/subprotocol-offered", "RFC 6455 §4.1", "The subprotocol is one that was offered.", Fail, agreed::subprotocol_offered),
];

/// A 2xx to CONNECT has no body of a length (RFC 9110 §9.3.6), nor has an interim response.
fn no_framing(subject: &Subject<'_>) -> Finding {
    match subject.status() {
        Some(100..=299) => framing::no_framing(subject),
        _ => Finding::NotApplicable,
    }
}

fn accept_absent(subject: &Subject<'_>) -> Finding {
    if subject.sent.key.is_some() { Finding::NotApplicable } else { agreed::accept_absent(subject) }
}
