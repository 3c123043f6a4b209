//! Whether the client has offered what a case is about.

use crate::case::{ClientExchange, Deflate, Offered};
use crate::judge::{Extension, Sent};

/// Returns why a case is not run against a client that has sent this request, if there is a reason.
pub(super) fn missing(exchange: &ClientExchange, sent: &Sent) -> Option<String> {
    // A client may leave out what can't be offered.
    let mut wanted = exchange.offer.subprotocols.iter().filter(|name| is_token(name));
    if !wanted.all(|name| sent.subprotocols.contains(name)) {
        return Some("the client does not offer the subprotocols that it is asked for".to_owned());
    }
    let offers: Vec<_> = sent.extensions.iter().filter(|offer| offer.name == DEFLATE).collect();
    if exchange.offer.deflate != Deflate::No && offers.is_empty() {
        return Some(format!("the client does not offer {DEFLATE}"));
    }
    let condition = exchange.offered.iter().find(|condition| !holds(condition, &offers))?;
    Some(if condition.present {
        format!("the client does not offer {DEFLATE} with {condition}")
    } else if condition.name == DEFLATE {
        format!("the client always offers {DEFLATE}")
    } else {
        format!("the client offers {DEFLATE} with {}", condition.name)
    })
}

/// `token = 1*tchar` (RFC 9110 §5.6.2).
fn is_token(name: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_tchar)
}

const DEFLATE: &str = "permessage-deflate";

fn holds(condition: &Offered, offers: &[&Extension]) -> bool {
    let Offered { name, value, present } = condition;
    let any = if name == DEFLATE {
        !offers.is_empty()
    } else {
        let mut params = offers.iter().flat_map(|offer| &offer.params);
        params.any(|(other, given)| other == name && (value.is_none() || value == given))
    };
    any == *present
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Exchange, parse};

    fn exchange(keys: &str) -> ClientExchange {
        let text = format!(
            "role = 'client'\nhttp = '1.1'\n[[case]]\nid = 'client/a/b'\nsection = 'RFC 1 §1'\nseverity = 'MUST'\n\
             why = 'x'\nexpect = 'failed'\n{keys}"
        );
        match parse("test", &text).map(|mut cases| cases.pop().map(|case| case.exchange)) {
            Ok(Some(Exchange::Client(exchange))) => *exchange,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn conditions_on_offers() {
        let sent = Sent::with_key("dGhlIHNhbXBsZSBub25jZQ==").subprotocols(&["a", "b"]).extensions(
            "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
        );
        for (keys, reason) in [
            ("", None),
            ("offer = { subprotocols = ['b'], deflate = true }", None),
            ("offer = { subprotocols = ['c'] }", Some("the subprotocols")),
            ("offer = { subprotocols = ['a b', \"a\\r\\nb\"] }", None),
            ("offered = ['client_max_window_bits', 'server_max_window_bits=10']", None),
            ("offered = ['no client_no_context_takeover']", None),
            (
                "offered = ['server_max_window_bits=12']",
                Some("not offer permessage-deflate with server_max_window_bits=12"),
            ),
            (
                "offered = ['no client_max_window_bits']",
                Some("offers permessage-deflate with client_max_window_bits"),
            ),
            ("offered = ['no permessage-deflate']", Some("always offers")),
        ] {
            let missing = missing(&exchange(keys), &sent);
            let fits = match (&missing, reason) {
                (None, None) => true,
                (Some(missing), Some(reason)) => missing.contains(reason),
                _ => false,
            };
            assert!(fits, "{keys}: {missing:?}");
        }
        let plain = Sent::with_key("dGhlIHNhbXBsZSBub25jZQ==");
        assert!(missing(&exchange("offer = { deflate = '' }"), &plain).is_some());
        assert!(missing(&exchange("offered = ['no permessage-deflate']"), &plain).is_none());
    }
}
