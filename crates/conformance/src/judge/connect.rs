//! The rules of an extended CONNECT over HTTP/2 (RFC 8441 §4, §5), in the order in which a server judges them.

use super::fields;
use super::framing;
use super::offers;
use super::pseudo;
use super::rule::Consequence::{Answer, None as Pass};
use super::rule::{Finding, Rule};
use super::subject::Subject;

/// A server answers with the consequence of the first rule that is broken. It may reset the stream with
/// `PROTOCOL_ERROR` where a request is malformed (RFC 9113 §8.1.1).
#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    Rule::must("connect/method", "RFC 8441 §4", "The method is CONNECT.", Answer(400), pseudo::method),
    Rule::must("connect/protocol-present", "RFC 8441 §4", "There is a :protocol pseudo-header field.", Answer(400), pseudo::protocol_present),
    Rule::must("connect/path-characters", "RFC 9113 §8.3.1", "The path consists of visible ASCII characters, without a fragment.", Answer(400), pseudo::path_characters),
    Rule::must("connect/field-name", "RFC 9113 §8.2.1", "Every field name is a token.", Answer(400), fields::names),
    Rule::must("connect/lower-case", "RFC 9113 §8.2", "Every field name is in lower case.", Answer(400), fields::lower_case),
    Rule::must("connect/field-value", "RFC 9113 §8.2.1", "No field's value has a control character other than HTAB.", Answer(400), fields::values),
    Rule::must("connect/padding", "RFC 9113 §8.2.1", "No field's value begins or ends with white space.", Answer(400), fields::not_padded),
    Rule::must("connect/pseudo-first", "RFC 9113 §8.3", "All pseudo-header fields stand before the other fields.", Answer(400), pseudo::first),
    Rule::must("connect/pseudo-once", "RFC 9113 §8.3", "No pseudo-header field is repeated.", Answer(400), pseudo::once),
    Rule::must("connect/pseudo-known", "RFC 9113 §8.3", "There are no other pseudo-header fields than those of an extended CONNECT.", Answer(400), pseudo::known_in_request),
    Rule::must("connect/connection-specific", "RFC 9113 §8.2.2", "There is no connection-specific field.", Answer(400), fields::none_of_a_connection),
    Rule::must("connect/te", "RFC 9113 §8.2.2", "TE has no other value than trailers.", Answer(400), fields::te_trailers),
    Rule::must("connect/authority-present", "RFC 8441 §5", "There is an :authority pseudo-header field.", Answer(400), pseudo::authority_present),
    Rule::must("connect/authority", "RFC 9113 §8.3.1", "The authority is a host and perhaps a port, without user information.", Answer(400), pseudo::authority_form),
    Rule::must("connect/scheme-present", "RFC 8441 §4", "There is a :scheme pseudo-header field.", Answer(400), pseudo::scheme_present),
    Rule::must("connect/path-present", "RFC 8441 §4", "There is a :path pseudo-header field.", Answer(400), pseudo::path_present),
    Rule::must("connect/path", "RFC 9113 §8.3.1", "The path begins with a slash.", Answer(400), pseudo::path_slash),
    Rule::must("connect/host-once", "RFC 9110 §7.2", "There is at most one line of Host.", Answer(400), pseudo::host_once),
    Rule::must("connect/host", "RFC 9110 §7.2", "Host is a host, and perhaps a port.", Answer(400), pseudo::host),
    Rule::must("connect/host-same", "RFC 9113 §8.3.1", "Host names the same host and port as :authority.", Answer(400), pseudo::host_same),
    Rule::must("connect/content-length", "RFC 9113 §8.1.1", "Content-Length is one number.", Answer(400), framing::content_length),
    Rule::must("connect/protocol", "RFC 8441 §5", "The protocol is websocket.", Answer(501), pseudo::protocol),
    Rule::must("connect/scheme", "RFC 8441 §5", "The scheme is http or https.", Answer(400), pseudo::scheme),
    Rule::robust("connect/body", "RFC 8441 §5", "Content-Length announces no body: the stream carries frames.", Answer(400), fields::no_content),
    Rule::must("connect/version-present", "RFC 8441 §5", "There is a Sec-WebSocket-Version field.", Answer(400), offers::version_present),
    Rule::must("connect/version-once", "RFC 6455 §11.3.5", "There is one line of Sec-WebSocket-Version.", Answer(400), offers::version_once),
    Rule::must("connect/version", "RFC 6455 §4.3", "Sec-WebSocket-Version is a number up to 255 without leading zeros.", Answer(400), offers::version),
    Rule::must("connect/version-13", "RFC 6455 §4.1", "Sec-WebSocket-Version is 13.", Answer(400), offers::version_13),
    Rule::robust("connect/key-absent", "RFC 8441 §5", "There is no Sec-WebSocket-Key, which :protocol replaces.", Pass, key_absent),
    Rule::must("connect/origin-once", "RFC 6454 §7.3", "There is at most one line of Origin.", Answer(403), offers::origin_once),
    Rule::must("connect/origin", "RFC 6454 §7.1", "Origin is a list of origins with spaces between, or null.", Pass, offers::origin),
    Rule::must("connect/subprotocols", "RFC 6455 §4.1", "Sec-WebSocket-Protocol is a list of tokens.", Answer(400), offers::subprotocols),
    Rule::must("connect/subprotocols-unique", "RFC 6455 §4.1", "No subprotocol is offered twice.", Pass, offers::subprotocols_unique),
    Rule::must("connect/extensions", "RFC 6455 §9.1", "Sec-WebSocket-Extensions is a list of extensions with parameters that are tokens.", Answer(400), offers::extensions),
    Rule::robust("connect/deflate-parameters", "RFC 7692 §7.1", "An offer of permessage-deflate has only the four parameters of the extension.", Pass, offers::deflate_parameters),
    Rule::robust("connect/deflate-repeated", "RFC 7692 §7.1", "No parameter of an offer of permessage-deflate is repeated.", Pass, offers::deflate_repeated),
    Rule::robust("connect/deflate-values", "RFC 7692 §7.1", "The parameters of permessage-deflate have the values of an offer: none, or a window of 8 to 15 bits.", Pass, offers::deflate_values),
];

fn key_absent(subject: &Subject<'_>) -> Finding {
    offers::absent(subject, "Sec-WebSocket-Key")
}
